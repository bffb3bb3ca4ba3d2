"""Records left alone, and those that flip to and fro: the buttons of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from crosswalk.errors import CrosswalkError
from sync.engine.holds import PAUSED
from sync.holding import loop_release, record_pause, record_release
from sync.jobs import run_enqueue
from sync.models import SyncRecord
from sync.services import RunActive
from sync.views.parts import record_here
from synclog.models import SyncRun
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
    return _freed(request, record_release, record, paused_url(record))


@workspace_editor
@require_POST
def loop(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Free a person whose field flipped to and fro; one side may win once."""
    back = reverse("sync:attention", args=[workspace])
    winner = request.POST.get("winner", "")
    return _freed(request, loop_release, record_here(request, pk), back, winner=winner)


def _freed(
    request: WorkspaceRequest,
    free: Callable[..., SyncRun | None],
    record: SyncRecord,
    back: str,
    **how: Any,
) -> HttpResponse:
    """Free a record and go to the run that takes it up, if there is one at once."""
    try:
        run = free(record=record, actor=request.user, **how)
    except RunActive as error:
        messages.info(
            request,
            f"Run {error.run.pk} is still under way. Try again when it has ended.",
        )
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
