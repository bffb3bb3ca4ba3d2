"""Records left alone, and those that flip to and fro: the buttons of both."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from crosswalk.errors import CrosswalkError
from sync.choices.holding import loop_release, record_pause, record_release
from sync.engine.holds import PAUSED
from sync.jobs import run_enqueue
from sync.models import SyncRecord
from sync.services import RunActive
from sync.views.parts import record_here
from sync.views.queue import decision_made
from workspaces.access import WorkspaceRequest, workspace_editor


def paused_url(record: SyncRecord) -> str:
    """Return the list of the paused people of a sync."""
    sync = record.sync
    page = reverse("sync:sync_people", args=[sync.workspace.slug, sync.pk])
    return f"{page}?list=excluded&cause={PAUSED}"


@workspace_editor
@require_POST
def pause(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Leave one person alone until they are released."""
    record = record_here(request, pk)
    try:
        record_pause(
            record=record, actor=request.user, reason=request.POST.get("reason", "")
        )
    except CrosswalkError as error:
        messages.error(request, error.message)
    else:
        name = record.label or "This person"
        messages.success(request, f"{name} is paused. Nothing of them is written.")
    return redirect(paused_url(record))


@workspace_editor
@require_POST
def release(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Take a paused person up again."""
    record = record_here(request, pk)
    back = paused_url(record)
    try:
        run = record_release(record=record, actor=request.user)
    except RunActive as error:
        messages.info(request, error.words("Try again"))
        return redirect(back)
    except CrosswalkError as error:
        messages.error(request, error.message)
        return redirect(back)
    if run is None:
        name = record.label or "This person"
        messages.success(request, f"{name} is released. The next run takes them up.")
        return redirect(back)
    run_enqueue(run.pk)
    return redirect("sync:run_detail", request.workspace.slug, run.pk)


@workspace_editor
@require_POST
def loop(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Free a person whose field flipped to and fro; one side may win once."""
    winner = request.POST.get("winner", "")
    return decision_made(request, loop_release, pk, show="loops", winner=winner)
