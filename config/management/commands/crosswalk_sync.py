"""crosswalk_sync NAME --test|--live: one run in this process, under the same lease."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import CommandParser

from config.commandline import JsonCommand, UsageError, sync_by_name
from config.runcommand import LOOK_SECONDS, run_say, run_work_out
from sync.choices.approving import plan_approve
from sync.choices.goingon import canary_go_on
from sync.models import Plan, Sync
from sync.running.reconciling import reconcile_request
from sync.services import RunActive, run_active, run_request
from synclog.models import SyncRun


class Command(JsonCommand):
    help = "Test a sync (writes nothing) or run it live, and say what happened."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="the sync")
        mode = parser.add_mutually_exclusive_group(required=True)
        mode.add_argument("--test", action="store_true", help="plan, write nothing")
        mode.add_argument("--live", action="store_true", help="plan and apply")
        parser.add_argument("--plan", type=int, help="apply the plan of this test run")
        parser.add_argument(
            "--reconcile",
            action="store_true",
            help="list everybody, and find what nobody told of (deletes, too)",
        )
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
        seconds = time.monotonic() - started
        run_say(self, run, outcome, seconds, as_json=options["as_json"])

    def _run(self, sync: Sync, options: dict[str, Any]) -> tuple[SyncRun, str]:
        mode = SyncRun.Mode.TEST if options["test"] else SyncRun.Mode.LIVE
        active = _wait_for_others(sync, mode, options["wait"])
        if active is not None and active.is_held:
            return active, "queued" if options["enqueue"] else "busy"
        run = active or _request(sync, mode, options)
        if options["enqueue"]:
            return run, "queued"
        return run_work_out(run, options["wait"])


def _check(sync: Sync, options: dict[str, Any]) -> None:
    rests = sync.canary_id is not None
    if options["live"] and rests and not options["plan"]:
        raise UsageError(
            f"The first people of “{sync.name}” are written, and the rest waits. Look at "
            f"run {sync.canary_id}, then go on with --plan and the number of its test."
        )
    if options["live"] and sync.state == Sync.State.PAUSED and not rests:
        raise UsageError(
            f"“{sync.name}” is paused. Resume it first; a test is possible meanwhile."
        )
    if options["test"] and options["plan"]:
        raise UsageError("--plan goes with --live.")
    if options["reconcile"] and (options["test"] or options["plan"]):
        raise UsageError("--reconcile goes with --live, and without --plan.")
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
            return _carry_out(sync, _plan(sync, options["plan"]))
        if options["reconcile"]:
            return reconcile_request(sync=sync, actor=None)
        return run_request(
            sync=sync,
            mode=mode,
            trigger=SyncRun.Trigger.COMMAND,
            sample=options["sample"],
        )
    except RunActive as error:
        return error.run


def _carry_out(sync: Sync, plan: Plan) -> SyncRun:
    """Approve a plan, or go on with the rest of it after its first people."""
    if sync.canary is not None and sync.canary.plan_id == plan.pk:
        return canary_go_on(sync=sync, actor=None)
    if sync.state == Sync.State.PAUSED:
        raise UsageError(
            "The rest of another plan waits. Approve this one on its page."
        )
    return plan_approve(plan=plan, actor=None, go_live=False)


def _plan(sync: Sync, run_id: int) -> Plan:
    """Return the plan of a test run: people know it by the run's number."""
    run = SyncRun.objects.filter(sync=sync, pk=run_id, mode=SyncRun.Mode.TEST).first()
    if run is None or run.plan is None:
        raise UsageError(f"“{sync.name}” has no test run {run_id}.", path="--plan")
    return run.plan
