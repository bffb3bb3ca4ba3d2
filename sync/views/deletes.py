"""Needs attention: people who are gone on one side, and what to do on the other."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from mapping.convert import Side, other
from sync.choices.deleting import (
    can_archive,
    pending_oldest,
    removal_decide,
    removals_decide,
)
from sync.choices.shown import removal_stamp
from sync.models import PendingDelete, Sync, SyncRecord
from sync.policy import (
    PROOFS,
    remote_type,
    side_connection,
    system_name,
    system_spec,
)
from sync.views.parts import attention_url, record_url, run_started, sync_here
from sync.views.queue import cards_joined, decision_made, queue_page
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


def pending_context(
    request: WorkspaceRequest, is_alone: bool, carried: dict[int, int]
) -> dict[str, Any]:
    """Return the pending deletes as the page shows them; `carried`: see `cards_joined`."""
    size = CARDS_A_PAGE if is_alone else CARDS_SHOWN
    found = pending_list(request.workspace)
    page = queue_page(request, found, size=size, is_alone=is_alone)
    return {
        "deletes": page,
        "delete_cards": cards_joined(_cards(page), carried),
        "delete_groups": _groups(request.workspace),
    }


def _cards(page: Page[PendingDelete]) -> list[dict[str, Any]]:
    lefts = [pending.link.left_id for pending in page]
    units = SyncRecord.objects.filter(left_id__in=lefts)
    by_pair = {(unit.sync_id, unit.left_id): unit for unit in units}
    # one sync for all its cards: what it has learned of its systems is asked once
    syncs: dict[int, Sync] = {}
    for pending in page:
        pending.sync = syncs.setdefault(pending.sync_id, pending.sync)
    for each in by_pair.values():
        if each.sync_id in syncs:
            each.sync = syncs[each.sync_id]
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
        "seen": removal_stamp(pending),
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
        .values("sync")
        .annotate(count=Count("pk"))
        .filter(count__gt=1)
        .order_by("sync__name")
    )
    totals = {row["sync"]: row["count"] for row in rows}
    syncs = Sync.objects.select_related("left", "right").in_bulk(list(totals))
    return [_group(syncs[pk], total) for pk, total in totals.items()]


def _group(sync: Sync, total: int) -> dict[str, Any]:
    """Return what one decision about a sync is about, with a stamp of each of them."""
    pending = pending_oldest(sync)
    kinds = {(each.link.object_type, each.at) for each in pending}
    return {
        "sync": sync.pk,
        "name": sync.name,
        "count": len(pending),
        "is_part": len(pending) < total,
        "seen": " ".join(map(removal_stamp, pending)),
        "can_archive": all(can_archive(sync, kind, at) for kind, at in kinds),
    }


@workspace_editor
@require_POST
def decide(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Delete, archive or keep the record that is left of a pair."""
    way = request.POST.get("way", "")
    return decision_made(request, removal_decide, pk, show="deletes", way=way)


@workspace_editor
@require_POST
def decide_all(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Decide all pending deletes of a sync alike."""
    return run_started(
        request,
        removals_decide,
        back=attention_url(workspace, "deletes"),
        sync=sync_here(request, pk),
        way=request.POST.get("way", ""),
        shown=frozenset(request.POST.get("seen", "").split()),
    )
