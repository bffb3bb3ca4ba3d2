"""Needs attention: several people decided alike, in one run a sync."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from crosswalk.errors import ConfigError, CrosswalkError
from sync import selectors
from sync.choices.choosing import WINNERS, conflicts_resolve
from sync.choices.deleting import removals_decide
from sync.choices.pairing import matches_decide
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
    pks = [pk for pk in request.POST.getlist("record")[:MOST] if pk.isdecimal()]
    found = selectors.record_list(request.workspace).filter(
        pk__in=[int(pk) for pk in pks if len(pk) < 19]
    )
    chosen: dict[Sync, list[SyncRecord]] = defaultdict(list)
    for record in found.order_by("pk"):
        chosen[record.sync].append(record)
    if not chosen:
        messages.error(request, "Tick somebody first, by the box beside their name.")
    for sync, records in chosen.items():
        try:
            run = _decided(request, sync, records, way)
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
    request: WorkspaceRequest, sync: Sync, records: Sequence[SyncRecord], way: str
) -> SyncRun:
    if way in WINNERS:
        return conflicts_resolve(
            sync=sync, records=records, winner=way, actor=request.user
        )
    if way in MATCHES:
        return matches_decide(
            sync=sync, records=records, is_same=MATCHES[way], actor=request.user
        )
    if way in WAYS:
        lefts = [record.left_id for record in records if record.left_id]
        return removals_decide(sync=sync, way=way, lefts=lefts, actor=request.user)
    raise ConfigError("Choose what is to become of them.")
