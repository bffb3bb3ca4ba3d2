"""crosswalk_sync NAME --test|--live: one run in this process, under the same lease."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management.base import CommandParser

from config.commandline import (
    BUSY,
    FAILED,
    OK,
    SCHEMA,
    WAITING,
    JsonCommand,
    UsageError,
    sync_by_name,
)
from crosswalk.clock import iso, now
from sync.execution import run_slice
from sync.models import Plan, Sync
from sync.services import RunActive, plan_approve, run_active, run_request
from synclog.models import SyncRun

LOOK_SECONDS = 0.25  # how often to look whether another's run has ended
A_WHOLE_RUN = 10.0**9
EXIT = {
    "completed": OK,
    "queued": OK,
    "completed_with_failures": FAILED,
    "failed": FAILED,
    "cancelled": FAILED,
    "busy": BUSY,
    "waiting": WAITING,
}


class Command(JsonCommand):
    help = "Test a sync (writes nothing) or run it live, and say what happened."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="the sync")
        mode = parser.add_mutually_exclusive_group(required=True)
        mode.add_argument("--test", action="store_true", help="plan, write nothing")
        mode.add_argument("--live", action="store_true", help="plan and apply")
        parser.add_argument("--plan", type=int, help="apply the plan of this test run")
        parser.add_argument("--sample", type=int, help="test only the first N people")
        parser.add_argument(
            "--wait", type=float, default=60.0, help="seconds to wait (60)"
        )
        parser.add_argument(
            "--enqueue", action="store_true", help="hand it to the workers"
        )

    def work(self, options: dict[str, Any]) -> None:
        sync = sync_by_name(options["name"], options["workspace"])
        _check(sync, options)
        started = time.monotonic()
        run, outcome = self._run(sync, options)
        seconds = round(time.monotonic() - started, 3)
        answer = report(run, sync, outcome, seconds)
        if options["as_json"]:
            self.say_json(answer)
        else:
            self.stdout.write(sentence(answer, run))
        if EXIT[outcome] != OK:
            sys.exit(EXIT[outcome])

    def _run(self, sync: Sync, options: dict[str, Any]) -> tuple[SyncRun, str]:
        mode = SyncRun.Mode.TEST if options["test"] else SyncRun.Mode.LIVE
        active = _wait_for_others(sync, mode, options["wait"])
        if active is not None and active.is_held:
            return active, "queued" if options["enqueue"] else "busy"
        run = active or _request(sync, mode, options)
        if options["enqueue"]:
            return run, "queued"
        return _work_out(run, options["wait"])


def _check(sync: Sync, options: dict[str, Any]) -> None:
    if options["live"] and sync.state == Sync.State.PAUSED:
        raise UsageError(
            f"“{sync.name}” is paused. Resume it first; a test is possible meanwhile."
        )
    if options["test"] and options["plan"]:
        raise UsageError("--plan goes with --live.")
    if options["sample"] is not None and (options["live"] or options["sample"] < 1):
        raise UsageError("--sample is a number of people, and goes with --test.")
    if options["wait"] < 0:
        raise UsageError("--wait is a number of seconds.")


def _wait_for_others(sync: Sync, mode: str, seconds: float) -> SyncRun | None:
    """Return the active run to go on with, or the one that is still held.

    None when there is none, or it ended meanwhile.
    """
    until = time.monotonic() + seconds
    while True:
        active = run_active(sync, mode)
        if active is None or not active.is_held or time.monotonic() >= until:
            return active
        time.sleep(LOOK_SECONDS)


def _request(sync: Sync, mode: str, options: dict[str, Any]) -> SyncRun:
    try:
        if options["plan"]:
            return plan_approve(
                plan=_plan(sync, options["plan"]), actor=None, go_live=False
            )
        return run_request(
            sync=sync,
            mode=mode,
            trigger=SyncRun.Trigger.COMMAND,
            sample=options["sample"],
        )
    except RunActive as error:
        return error.run


def _plan(sync: Sync, run_id: int) -> Plan:
    """Return the plan of a test run: people know it by the run's number."""
    run = SyncRun.objects.filter(sync=sync, pk=run_id, mode=SyncRun.Mode.TEST).first()
    if run is None or run.plan is None:
        raise UsageError(f"“{sync.name}” has no test run {run_id}.", path="--plan")
    return run.plan


def _work_out(run: SyncRun, wait: float) -> tuple[SyncRun, str]:
    """Work until the run ends, sleeping out waits of at most `wait` seconds."""
    while True:
        worked = run_slice(run.pk, seconds=A_WHOLE_RUN)
        run = worked or SyncRun.objects.get(pk=run.pk)
        if not run.is_active:
            return run, str(run.state)
        if worked is None and run.is_held:
            time.sleep(LOOK_SECONDS)  # a worker was faster: it is the same run
            continue
        pause = (run.next_at - now()).total_seconds() if run.next_at else 0.0
        if pause > wait + 1:
            return run, "waiting"
        time.sleep(max(pause, 0.0) + 0.01)


def report(run: SyncRun, sync: Sync, outcome: str, seconds: float) -> dict[str, Any]:
    """Return what happened in the form of design §7."""
    names = (sync.left.name, sync.right.name)
    waiting = outcome == "waiting"
    return {
        "schema": SCHEMA,
        "run": run.pk,
        "mode": run.mode,
        "outcome": outcome,
        "resume_at": iso(run.next_at) if waiting else None,
        "reason": run.reason,
        "counts": {key: run.counts.get(key, 0) for key in COUNTS},
        "by_side": {
            side: {key: run.by_side.get(side, {}).get(key, 0) for key in COUNTS}
            for side in ("left", "right")
        },
        "calls": {name: run.calls.get(name, 0) for name in names},
        "minimum_calls": {name: run.minimum_calls.get(name, 0) for name in names},
        "seconds": seconds,
    }


COUNTS = (
    "create",
    "update",
    "delete",
    "link",
    "unchanged",
    "excluded",
    "review",
    "conflict",
    "failed",
)


def sentence(answer: dict[str, Any], run: SyncRun) -> str:
    """Return what happened as a person reads it at a terminal."""
    counts = ", ".join(f"{n} {key}" for key, n in answer["counts"].items() if n)
    calls = ", ".join(f"{n} {name}" for name, n in answer["calls"].items())
    lines = [f"Run {run.pk} ({run.mode}): {answer['outcome'].replace('_', ' ')}."]
    if answer["reason"]:
        lines.append(answer["reason"])
    if answer["resume_at"]:
        lines.append(f"It goes on at {answer['resume_at']}.")
    lines += [f"People: {counts or 'none'}.", f"Calls: {calls}."]
    return "\n".join(lines)
