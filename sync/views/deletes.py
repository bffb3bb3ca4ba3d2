"""Needs attention: people who are gone on one side, and what to do on the other."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from mapping.convert import Side, other
from sync.deleting import can_archive, removal_decide, removals_decide
from sync.models import PendingDelete, Sync, SyncRecord
from sync.policy import (
    PROOFS,
    remote_type,
    side_connection,
    system_name,
    system_spec,
)
from sync.views.parts import record_here, record_url, run_started, sync_here
from workspaces.access import WorkspaceRequest, workspace_editor
from workspaces.models import Workspace

CARDS_SHOWN = 4
CARDS_A_PAGE = 20


def pending_list(workspace: Workspace) -> QuerySet[PendingDelete]:
    """Return what waits for a decision, the oldest first."""
    found = PendingDelete.objects.filter(sync__workspace=workspace)
    return found.select_related(
        "sync__left__grant", "sync__right__grant", "link__left", "link__right"
    ).order_by("pk")


def pending_context(request: WorkspaceRequest, is_alone: bool) -> dict[str, Any]:
    """Return the pending deletes as the page shows them."""
    size = CARDS_A_PAGE if is_alone else CARDS_SHOWN
    pages = Paginator(pending_list(request.workspace), size)
    page = pages.get_page(request.GET.get("page") if is_alone else 1)
    return {
        "deletes": page,
        "delete_cards": _cards(page),
        "delete_groups": _groups(request.workspace),
    }


def _cards(page: Page[PendingDelete]) -> list[dict[str, Any]]:
    lefts = [pending.link.left_id for pending in page]
    units = SyncRecord.objects.filter(left_id__in=lefts)
    by_pair = {(unit.sync_id, unit.left_id): unit for unit in units}
    return [
        _card(pending, unit)
        for pending in page
        if (unit := by_pair.get((pending.sync_id, pending.link.left_id)))
    ]


def _card(pending: PendingDelete, record: SyncRecord) -> dict[str, Any]:
    at: Side = "left" if pending.at == "left" else "right"
    here, link = other(at), pending.link
    rest, gone = (link.left, link.right) if at == "left" else (link.right, link.left)
    there = side_connection(pending.sync, at)
    return {
        "record": record,
        "pending": pending,
        "at": at,
        "name": system_name(pending.sync, at),
        "here": here,
        "here_name": system_name(pending.sync, here),
        "gone_at": gone.gone_at,
        "proof": PROOFS.get(gone.gone_proof, ""),
        "url": record_url(there, rest.remote_id),
        "can_archive": can_archive(pending.sync, record.object_type, at),
        "archived": system_spec(
            there, remote_type(pending.sync, at, record.object_type)
        ).archived
        or "archived",
    }


def _groups(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the syncs with several pending deletes, to be decided as one."""
    rows = (
        PendingDelete.objects.filter(sync__workspace=workspace)
        .values("sync", "sync__name")
        .annotate(count=Count("pk"))
        .filter(count__gt=1)
        .order_by("sync__name")
    )
    return [
        {
            "sync": row["sync"],
            "name": row["sync__name"],
            "count": row["count"],
            "can_archive": _can_all_archive(row["sync"]),
        }
        for row in rows
    ]


def _can_all_archive(sync_id: int) -> bool:
    """Whether whatever waits could be put aside where it is."""
    pending = PendingDelete.objects.filter(sync=sync_id)
    sync = Sync.objects.select_related("left", "right").get(pk=sync_id)
    kinds = pending.values_list("link__object_type", "at").distinct()
    return all(can_archive(sync, kind, at) for kind, at in kinds)


@workspace_editor
@require_POST
def decide(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Delete, archive or keep the record that is left of a pair."""
    return run_started(
        request,
        removal_decide,
        back=_back(workspace),
        record=record_here(request, pk),
        way=request.POST.get("way", ""),
    )


@workspace_editor
@require_POST
def decide_all(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Decide all pending deletes of a sync alike."""
    return run_started(
        request,
        removals_decide,
        back=_back(workspace),
        sync=sync_here(request, pk),
        way=request.POST.get("way", ""),
    )


def _back(slug: str) -> str:
    return reverse("sync:attention", args=[slug]) + "?show=deletes"
