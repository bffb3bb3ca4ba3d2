"""One person in a run: what was done, field by field, and why."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from sync import selectors
from sync.choices.releasing import fields_apart, is_undone
from sync.choices.undoscope import UndoScope, fields_written, written_entries
from sync.deciding.pauses import pauses_on
from sync.models import Sync, SyncRecord
from sync.policy import side_connection, system_name
from sync.services import unit_retry
from sync.telling import runstory
from sync.telling.activity import SIDES
from sync.telling.advice import Advice, advice
from sync.views.needs import system_of
from sync.views.parts import decision_started, mapping_url, record_url, run_here
from sync.views.queue import card_url
from sync.views.runs import still_failing
from synclog.models import Exchange, LogEntry, SyncRun
from synclog.terms import terms_of
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
        "decide_url": card_url(workspace, record, run) if record else "",
        "can_sync": record is not None and of_run.sync.state != Sync.State.PAUSED,
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
        "exchange": _exchange(of_run, entry),
        "kept_days": terms_of(request.workspace).request_days,
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
        {
            **change,
            "system": system_of(run.sync, change.get("side")),
            **_winner(run, change.get("side")),
        }
        for change in entry.changes
        if change.get("action") in actions
    ]


def _winner(run: SyncRun, written: str | None) -> dict[str, str]:
    """Return the side whose value won: the one that was not written to."""
    if written not in SIDES or run.undo_of_id is not None:
        return {"won": "", "won_side": ""}
    side = "right" if written == "left" else "left"
    return {"won": system_of(run.sync, side), "won_side": side}


def _steps(run: SyncRun, entry: LogEntry) -> list[dict[str, Any]]:
    return [
        {**step, "system": system_of(run.sync, step.get("side"))}
        for step in entry.steps
    ]


def _exchange(run: SyncRun, entry: LogEntry) -> list[dict[str, Any]]:
    """Return what went over the wire for an entry, as long as it is kept."""
    kept = Exchange.objects.filter(entry=entry).first()
    calls = kept.calls if kept else []
    return [{**call, "system": system_of(run.sync, call.get("side"))} for call in calls]


def _entry_advice(run: SyncRun, entry: LogEntry) -> Advice | None:
    if entry.outcome != LogEntry.Outcome.FAILED:
        return None
    system = system_of(run.sync, entry.side, entry.error_message)
    return advice(entry.error_code, system, entry.error_message)


@workspace_editor
@require_POST
def retry(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Try one person again, from today's data."""
    return decision_started(request, unit_retry, pk, can_wait=True)
