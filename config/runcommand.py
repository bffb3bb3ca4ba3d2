"""Runs worked out in the process of a command, and what it says of them."""

from __future__ import annotations

import sys
import time
from typing import Any

from config.commandline import BUSY, FAILED, OK, SCHEMA, WAITING, JsonCommand
from crosswalk.clock import iso, now
from sync.models import Sync
from sync.running.execution import run_slice
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


def run_say(
    command: JsonCommand, run: SyncRun, outcome: str, seconds: float, *, as_json: bool
) -> None:
    """Print what a run came to, and exit with its code unless all is well."""
    answer = report(run, run.sync, outcome, round(seconds, 3))
    if as_json:
        command.say_json(answer)
    else:
        command.stdout.write(sentence(answer, run))
    if EXIT[outcome] != OK:
        sys.exit(EXIT[outcome])


def run_work_out(run: SyncRun, wait: float) -> tuple[SyncRun, str]:
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
