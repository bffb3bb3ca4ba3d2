"""One person in a run: what was done, field by field, and why."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from sync import runstory, selectors
from sync.activity import SIDES
from sync.advice import Advice, advice
from sync.models import SyncRecord
from sync.pauses import pauses_on
from sync.policy import side_connection, system_name
from sync.releasing import fields_apart, is_undone
from sync.services import unit_retry
from sync.undoscope import UndoScope, fields_written, written_entries
from sync.views.needs import system_of
from sync.views.parts import (
    mapping_url,
    record_here,
    record_url,
    run_here,
    run_started,
)
from sync.views.runs import still_failing
from synclog.models import LogEntry, SyncRun
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member


@workspace_member
@require_GET
def entry_detail(
    request: WorkspaceRequest, workspace: str, run: int, pk: int
) -> HttpResponse:
    """Show what a run did to one person, field by field, and why."""
    of_run = run_here(request, run)
    entry = get_object_or_404(LogEntry, run=of_run, workspace=request.workspace, pk=pk)
    record = selectors.units_of(of_run.sync_id, [entry]).get(entry.unit)
    said = _entry_advice(of_run, entry)
    context = {
        "run": of_run,
        "run_name": runstory.short_name(of_run),
        "entry": entry,
        "name": entry.label or "A person without a name",
        "lead": runstory.entry_lead(entry, of_run),
        "record": record,
        "failing": still_failing(record),
        "paused": pauses_on(record).exists() if record else False,
        "sides": _sides(of_run, entry),
        "left": system_name(of_run.sync, "left"),
        "right": system_name(of_run.sync, "right"),
        "changes_title": "What was to change"
        if said and not entry.steps
        else "What changed",
        "changes": _changes(of_run, entry, "write"),
        "others": _changes(of_run, entry, "keep", "conflict", "refuse"),
        "trace": [{"what": runstory.trace_words(s), "why": w} for s, w in entry.trace],
        "steps": _steps(of_run, entry),
        "advice": said,
        "map_url": mapping_url(workspace, of_run.sync_id, entry.object_type)
        if said and said.action == "map"
        else "",
        **undo_context(of_run, entry, record),
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/entry_detail.html", context)


def undo_context(
    run: SyncRun, entry: LogEntry, record: SyncRecord | None
) -> dict[str, Any]:
    """Return what of a person can be undone, and what an undo has left aside."""
    is_over = run.mode == SyncRun.Mode.LIVE and not run.is_active
    undoable = is_over and written_entries(run, UndoScope(entry.pk)).exists()
    is_update = undoable and entry.outcome != LogEntry.Outcome.CREATE
    return {
        "can_undo": undoable,
        "can_undo_fields": is_update and len(fields_written(entry)) > 1,
        "apart": fields_apart(record) if record else [],
        "is_undone": is_undone(record) if record else False,
    }


def _sides(run: SyncRun, entry: LogEntry) -> list[dict[str, str]]:
    ids = {"left": entry.left_id, "right": entry.right_id}
    return [
        {
            "side": side,
            "label": system_name(run.sync, side),
            "id": ids[side],
            "url": record_url(side_connection(run.sync, side), ids[side]),
        }
        for side in SIDES
    ]


def _changes(run: SyncRun, entry: LogEntry, *actions: str) -> list[dict[str, Any]]:
    return [
        {**change, "system": system_of(run.sync, change.get("side"))}
        for change in entry.changes
        if change.get("action") in actions
    ]


def _steps(run: SyncRun, entry: LogEntry) -> list[dict[str, Any]]:
    return [
        {**step, "system": system_of(run.sync, step.get("side"))}
        for step in entry.steps
    ]


def _entry_advice(run: SyncRun, entry: LogEntry) -> Advice | None:
    if entry.outcome != LogEntry.Outcome.FAILED:
        return None
    system = system_of(run.sync, entry.side)
    return advice(entry.error_code, system, entry.error_message)


@workspace_editor
@require_POST
def retry(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Try one person again, from today's data."""
    record = record_here(request, pk)
    back = reverse("sync:attention", args=[workspace])
    return run_started(request, unit_retry, back=back, record=record)
