"""Around going live: the backup before it, and going on after the first people."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from crosswalk.errors import CrosswalkError
from sync.choices.canary import canary_of
from sync.choices.goingon import canary_go_on
from sync.choices.retrying import is_preview
from sync.engine.guards import Guards
from sync.models import Plan, Setup
from sync.setup.backup import backup_name, backup_open
from sync.setup.pictures import picture
from sync.setup.sentences import choices_of, sync_sentence
from sync.setup.wizard import SIDES, side_system
from sync.views.parts import run_started, sync_here
from sync.views.setuppage import steps_of
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest, workspace_editor

FIRST = 10  # people that one can look at, one by one, before all are written


def going_context(run: SyncRun, plan: Plan) -> dict[str, Any]:
    """Return the way of a set-up that ends here, what going live will do, and after how
    many people it may stop and ask."""
    sync = run.sync
    is_some = run.undo_of_id is not None or is_preview(run)
    if is_some or plan.state != Plan.State.READY:
        return {"setup": None, "sentence": "", "first_choices": []}
    found = Setup.objects.filter(sync=sync, finished_at=None).first()
    systems = [side_system(found, side) for side in SIDES] if found else []
    return {
        "setup": found,
        "steps": steps_of(found, "test", (systems[0], systems[1])) if found else [],
        "sentence": sync_sentence(choices_of(sync)),
        **_first(run, plan),
    }


def _first(run: SyncRun, plan: Plan) -> dict[str, Any]:
    """Return how many people an approval may write before it asks; 0 is all."""
    usual = Guards.of(run.sync.guards).canary
    offered = sorted({FIRST, usual} - {0})
    choices = [n for n in offered if canary_of(plan, n)]
    if not choices:
        return {"first_choices": []}
    shown = [
        (n, "The first one" if n == 1 else f"The first {n:,}", picture("canary"))
        for n in choices
    ]
    return {
        "first_choices": shown,
        "first": usual if usual in choices else 0,
        "all_picture": picture("all"),
    }


@workspace_editor
@require_POST
def backup(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponseBase:
    """Send what both sides have in the mapped fields; it goes into the audit trail."""
    sync = sync_here(request, pk)
    try:
        parts = backup_open(sync=sync, actor=request.user)
    except CrosswalkError as error:
        messages.error(request, error.message)
        return redirect("sync:sync_detail", workspace, sync.pk)
    name = backup_name(sync)
    return StreamingHttpResponse(
        parts,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


@workspace_editor
@require_POST
def go_on(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Carry out the rest of the plan whose first people were written."""
    sync = sync_here(request, pk)
    back = reverse("sync:sync_detail", args=[workspace, sync.pk])
    seen = request.POST.get("seen", "")
    return run_started(request, canary_go_on, back=back, sync=sync, seen=seen)
