"""crosswalk_undo RUN: put back what a run wrote, but for what was edited since."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import CommandParser

from config.commandline import JsonCommand, UsageError
from config.runcommand import run_say, run_work_out
from crosswalk.errors import ConfigError
from sync.choices.approving import plan_approve
from sync.choices.undoing import undo_request
from sync.choices.undoscope import UndoScope, fields_written
from sync.engine.undo_records import CREATED
from sync.models import Sync
from sync.services import RunActive
from synclog.models import LogEntry, SyncRun


class Command(JsonCommand):
    help = "Undo a live run: restore what it wrote, sparing what was edited since."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("run", type=int, help="the number of the run")
        parser.add_argument(
            "--record", type=int, metavar="ENTRY", help="only this entry of its log"
        )
        parser.add_argument(
            "--field",
            metavar="KEY",
            help="only this field of the entry, of either side",
        )
        parser.add_argument(
            "--created",
            choices=CREATED,
            default="leave",
            help="what becomes of people it created (leave)",
        )
        parser.add_argument("--test", action="store_true", help="plan, write nothing")
        parser.add_argument(
            "--wait", type=float, default=60.0, help="seconds to wait (60)"
        )

    def work(self, options: dict[str, Any]) -> None:
        started = time.monotonic()
        undone = _run(options["run"], options["workspace"])
        run, outcome = _undo(undone, options)
        seconds = time.monotonic() - started
        run_say(self, run, outcome, seconds, as_json=options["as_json"])


def _run(pk: int, workspace: str) -> SyncRun:
    runs = SyncRun.objects.select_related("sync", "workspace").filter(pk=pk)
    if workspace:
        runs = runs.filter(workspace__slug=workspace)
    found = runs.first()
    if found is None:
        raise UsageError(f"There is no run {pk}.", path="run")
    if found.sync.state == Sync.State.PAUSED:
        raise UsageError(f"“{found.sync.name}” is paused. Resume it first.")
    return found


def _scope(undone: SyncRun, options: dict[str, Any]) -> UndoScope:
    """Return how much is to be undone. Raises UsageError for what is not there."""
    entry_id, key = options["record"], options["field"]
    if key and not entry_id:
        raise UsageError("--field goes with --record.", path="--field")
    if entry_id is None:
        return UndoScope(created=options["created"])
    entry = LogEntry.objects.filter(run=undone, pk=entry_id).first()
    if entry is None:
        message = f"Run {undone.pk} has no log entry {entry_id}."
        raise UsageError(message, path="--record")
    found = next((keys for keys in fields_written(entry) if key in keys), None)
    if key and found is None:
        known = ", ".join(f"{left} or {right}" for left, right in fields_written(entry))
        message = f"It did not write “{key}”. It wrote: {known or 'no field'}."
        raise UsageError(message, path="--field")
    return UndoScope(entry.pk, found if key else None, options["created"])


def _undo(undone: SyncRun, options: dict[str, Any]) -> tuple[SyncRun, str]:
    """Return the test of an undo, or the run that carried it out, and its outcome."""
    try:
        test = undo_request(run=undone, actor=None, scope=_scope(undone, options))
        planned, outcome = run_work_out(test, options["wait"])
        if options["test"] or outcome != "completed" or planned.plan is None:
            return planned, outcome
        run = plan_approve(plan=planned.plan, actor=None, go_live=False)
    except RunActive as error:
        return error.run, "busy"
    except ConfigError as error:
        raise UsageError(error.message, path="run") from error
    return run_work_out(run, options["wait"])
