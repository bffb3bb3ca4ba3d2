"""Needs attention: several people decided alike, in one run a sync."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from crosswalk.errors import ConfigError, CrosswalkError
from sync import selectors
from sync.choices.choosing import WINNERS, conflicts_resolve
from sync.choices.deleting import removals_decide
from sync.choices.pairing import matches_decide
from sync.choices.shown import Shown, shown_read
from sync.engine.removal import WAYS
from sync.jobs import run_enqueue
from sync.models import Sync, SyncRecord
from sync.views.parts import attention_url
from sync.views.queue import run_told
from sync.words import people
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest, workspace_editor

MOST = 100  # people that one press of a button decides
MATCHES = {"same": True, "apart": False}


@workspace_editor
@require_POST
def several(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Decide the people who were ticked alike; one that is settled stops none of the
    other syncs."""
    way, back = request.POST.get("way", ""), attention_url(workspace, _kind(request))
    shown = shown_read(request.POST.getlist("record")[:MOST])
    found = selectors.record_list(request.workspace).filter(
        pk__in=[int(pk) for pk in shown if pk.isdecimal() and len(pk) < 19]
    )
    chosen: dict[Sync, list[SyncRecord]] = defaultdict(list)
    for record in found.order_by("pk"):
        chosen[record.sync].append(record)
    if not chosen:
        messages.error(request, "Tick somebody first, by the box beside their name.")
    for sync, records in chosen.items():
        try:
            run = _decided(request, sync, records, way, shown)
        except CrosswalkError as error:
            messages.error(request, f"{sync.name}: {error.message}")
            continue
        run_enqueue(run.pk)
        run_told(request, run, people(len(records)))
    return redirect(back)


def _kind(request: WorkspaceRequest) -> str:
    way = request.POST.get("way", "")
    if way in WINNERS:
        return "conflicts"
    return "matches" if way in MATCHES else "deletes"


def _decided(
    request: WorkspaceRequest,
    sync: Sync,
    records: Sequence[SyncRecord],
    way: str,
    shown: Shown,
) -> SyncRun:
    asked: dict[str, Any] = {"sync": sync, "actor": request.user}
    if way in WINNERS:
        return conflicts_resolve(**asked, records=records, winner=way, shown=shown)
    if way in MATCHES:
        is_same = MATCHES[way]
        return matches_decide(**asked, records=records, is_same=is_same, shown=shown)
    if way in WAYS:
        lefts = [record.left_id or 0 for record in records]
        stamps = frozenset(shown.values())
        return removals_decide(**asked, way=way, lefts=lefts, shown=stamps)
    raise ConfigError("Choose what is to become of them.")
