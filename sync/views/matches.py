"""Who is who: what people decided of it, and who stands in a system twice."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.choices.reconsidering import (
    apart_pairs,
    apart_take_back,
    links_by_person,
    match_unlink,
)
from sync.deciding.duplicates import Group, duplicates_of
from sync.models import Sync
from sync.policy import side_connection, system_name
from sync.telling.comparing import people_shown
from sync.views.parts import record_url, run_started, sync_here
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member

PAGE = 20


@workspace_member
@require_GET
def decided(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show whom people linked and whom they keep apart."""
    links, apart = links_by_person(request.workspace), apart_pairs(request.workspace)
    is_links = request.GET.get("show") == "linked"
    number = request.GET.get("page")
    page: Page[Any]
    rows: list[tuple[Any, list[dict[str, Any]]]]
    if is_links:
        page = Paginator(links, PAGE).get_page(number)
        rows = [(row, _pair(row.sync, row.left, row.right)) for row in page]
    else:
        page = Paginator(apart, PAGE).get_page(number)
        rows = [(row, _pair(row.sync, row.one, row.two)) for row in page]
    context = {
        "is_links": is_links,
        "page": page,
        "rows": [{"row": row, "people": people} for row, people in rows],
        "links": links.count(),
        "apart": apart.count(),
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/decided.html", context)


def _pair(sync: Sync, *records: RemoteRecord) -> list[dict[str, Any]]:
    return [
        _where(sync, "left" if each.connection_id == sync.left_id else "right", each)
        for each in records
    ]


def _where(sync: Sync, side: Side, record: RemoteRecord) -> dict[str, Any]:
    """Return a record with the system it is in and its page there."""
    return {
        "side": side,
        "system": system_name(sync, side),
        "label": record.label,
        "url": record_url(side_connection(sync, side), record.remote_id),
    }


@workspace_member
@require_GET
def duplicates(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show who stands in one of a sync's systems more than once."""
    sync = sync_here(request, pk)
    found = duplicates_of(sync)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    counts = {side: sum(group.side == side for group in found) for side in _SIDES}
    context = {
        "sync": sync,
        "page": page,
        "groups": [_group(sync, group) for group in page],
        "systems": [
            {"name": system_name(sync, side), "side": side, "count": counts[side]}
            for side in _SIDES
            if counts[side]
        ],
        "total": len(found),
    }
    return render(request, "sync/duplicates.html", context)


_SIDES: tuple[Side, Side] = ("left", "right")


def _group(sync: Sync, group: Group) -> dict[str, Any]:
    columns, rows = people_shown(sync, group.side, group.object_type, group.records)
    return {
        "side": group.side,
        "system": system_name(sync, group.side),
        "columns": columns,
        "people": [
            {**_where(sync, group.side, record), "cells": cells}
            for record, cells in zip(group.records, rows, strict=True)
        ],
    }


@workspace_editor
@require_POST
def unlink(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Unlink two whom a person linked: as two people, or to be asked again."""
    return run_started(
        request,
        match_unlink,
        back=f"{_page(request)}?show=linked",
        link=get_object_or_404(links_by_person(request.workspace), pk=pk),
        is_open=request.POST.get("as") == "ask",
    )


@workspace_editor
@require_POST
def take_back(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Let two who are kept apart be matched again."""
    return run_started(
        request,
        apart_take_back,
        back=_page(request),
        apart=get_object_or_404(apart_pairs(request.workspace), pk=pk),
    )


def _page(request: WorkspaceRequest) -> str:
    return reverse("sync:match_decided", args=[request.workspace.slug])
