"""Undo from the pages: of a run, a person, a field; and what it has left aside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from crosswalk.errors import CrosswalkError
from sync.choices.releasing import create_again, fields_release
from sync.choices.shown import shown_read
from sync.choices.undoing import WHOLE, undo_request
from sync.choices.undoscope import UndoScope, scope_read, written_entries
from sync.engine.undo_records import CREATED
from sync.jobs import run_enqueue
from sync.services import RunActive
from sync.views.parts import decision_started, run_here
from synclog.models import LogEntry, SyncRun
from workspaces.access import WorkspaceRequest, workspace_editor

CREATED_WORDS = {
    "leave": ("Leave them", "They stay where they are, and in step"),
    "archive": (
        "Archive them",
        "Put aside as their system does it; they can come back",
    ),
    "delete": ("Delete them", "Gone for good at their system"),
}


def undo_test_request(
    request: WorkspaceRequest, run: SyncRun, scope: UndoScope = WHOLE
) -> SyncRun | None:
    """Ask for the test of an undo; None, said in a message, when it cannot be."""
    try:
        test = undo_request(run=run, actor=request.user, scope=scope)
    except RunActive as error:
        messages.info(request, f"{error.message} Try again when it has ended.")
        return None
    except CrosswalkError as error:
        messages.error(request, error.message)
        return None
    run_enqueue(test.pk)
    return test


def undo_name(run: SyncRun) -> str:
    """Return what a test would undo: "run 12", "Anna Berg in run 12"."""
    scope, name = scope_read(run.undo), f"run {run.undo_of_id}"
    entry = LogEntry.objects.filter(run=run.undo_of_id, pk=scope.entry or 0).first()
    if entry is None:
        return name
    label = entry.label or "a person"
    field = next(
        (
            f"{change['label']} of "
            for change in entry.changes
            if (change["left"], change["right"]) == scope.field
        ),
        "",
    )
    return f"{field}{label} in {name}"


def undo_choices(run: SyncRun) -> list[dict[str, Any]]:
    """Return what may become of the people that an undone run created; none if none."""
    scope = scope_read(run.undo)
    if run.undo_of is None or scope.field is not None:
        return []
    entries = written_entries(run.undo_of, scope)
    if not entries.filter(outcome=LogEntry.Outcome.CREATE).exists():
        return []
    return [
        {
            "value": value,
            "words": CREATED_WORDS[value][0],
            "note": CREATED_WORDS[value][1],
            "is_chosen": value == scope.created,
        }
        for value in CREATED
    ]


def undo_chosen(request: WorkspaceRequest, test: SyncRun) -> UndoScope:
    """Return the scope of a test with the choice about created people just made."""
    scope, sent = scope_read(test.undo), request.POST.get("created", "")
    chosen = next((each for each in CREATED if each == sent), scope.created)
    return replace(scope, created=chosen)


@workspace_editor
@require_POST
def entry_undo(
    request: WorkspaceRequest, workspace: str, run: int, pk: int
) -> HttpResponse:
    """Show what undoing one person of a run, or one field of theirs, would change."""
    of_run = run_here(request, run)
    entry = get_object_or_404(LogEntry, run=of_run, workspace=request.workspace, pk=pk)
    keys = (request.POST.get("left", ""), request.POST.get("right", ""))
    scope = UndoScope(entry=entry.pk, field=keys if all(keys) else None)
    test = undo_test_request(request, of_run, scope)
    if test is None:
        return redirect("sync:entry_detail", workspace, run, pk)
    return redirect("sync:plan", workspace, test.pk)


@workspace_editor
@require_POST
def release(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Let fields of a person flow again that an undo holds apart."""
    shown = shown_read(request.POST.getlist("field")[:200])
    return decision_started(
        request, fields_release, pk, stamps=list(shown), shown=shown
    )


@workspace_editor
@require_POST
def again(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Create a person again whose creation was undone."""
    return decision_started(request, create_again, pk)
