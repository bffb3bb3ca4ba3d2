"""Executing a run: claim it, work a slice of it, give it back or finish it.

The same code serves a worker's slice of at most 15 seconds and the command line.
Every way a slice can end is one `except` line of `_work`.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db import connection as db_connection
from django.db.models import Count

from crosswalk.clock import now
from crosswalk.errors import AuthError, CrosswalkError, RateLimited, TransientError
from crosswalk.leases import Heartbeat, claim, release
from integrations.access.grants import connection_refused
from sync.applying.recovery import recover
from sync.applying.writing import write_all
from sync.choices.pairing import who_settle
from sync.context import (
    LeaseLost,
    RunCancelled,
    RunContext,
    SliceOver,
    SyncBusy,
    run_context,
)
from sync.deciding.verdicts import verdicts_drop
from sync.engine.types import PRECEDENCE
from sync.inbox.draining import inbox_settle, inbox_take
from sync.inbox.waiting import release as release_deliveries
from sync.models import Sync
from sync.reading.across import READ_ACROSS, read_across
from sync.reading.childreading import BY_NOTICE, unread_words
from sync.reading.gone import gone_settle
from sync.reading.pages import (
    is_listed,
    read_all,
    read_targets,
    sides_forget,
    sides_read_at,
)
from sync.reading.unread import passed_over_words
from sync.running.daycounts import day_add
from sync.running.lanes import come_back
from sync.running.planning import plan_make
from sync.running.rules import RulesChanged, poll_soon, rules_keep
from sync.services import WHO, aside_return
from sync.setup.pausing import paused_how
from sync.setup.resting import canary_rest, go_live_rest
from synclog.models import Event, LogEntry, SyncRun

logger = logging.getLogger(__name__)
SLICE_SECONDS = 15.0
BUSY_SECONDS = 1.0
WRITING = ("create", "update", "delete")
MAX_ATTEMPTS = 12  # claims without any progress in between: the run is poison
TROUBLE_LADDER = (15, 30, 60, 120, 300, 600)  # seconds to wait while a side is down
STALE_SECONDS = 300  # what was read longer ago is read again, incrementally
MAX_TROUBLES = 20
MAX_AGAIN = 3  # times that what has grown old while a run was reading is read anew
AGAIN = "again"  # in the checkpoint: how often it was
BEGUN_AT = "begun_at"  # in the checkpoint: when the run began to read
# How a slice stops between two transactions. After anything else (a lost database, a
# bug, a lost lease) the checkpoint in memory may tell of what was rolled back: then it
# is thrown away, as by a kill, and the stored one holds.
STOPS = (SliceOver, SyncBusy, RunCancelled, CrosswalkError)


def run_slice(
    run_id: int, *, seconds: float = SLICE_SECONDS, early: bool = False
) -> SyncRun | None:
    """Work on a run for a slice; None when it is not to be had (taken, done, early)."""
    run = claim(SyncRun, run_id, early=early)
    if run is None:
        return None
    if run.attempts > MAX_ATTEMPTS:
        _finish(
            run,
            SyncRun.State.FAILED,
            "This run ended its worker again and again without getting on. It is parked.",
            "poison",
        )
        return run
    if run.is_aside and not come_back(run):
        return None
    started = now()
    run.started_at = run.started_at or started
    if not _start(run):
        _finish_cancelled(run)
        return run
    with Heartbeat(run) as heartbeat:
        _work(run, heartbeat, seconds)
    SyncRun.objects.filter(pk=run.pk).update(
        busy_seconds=run.busy_seconds + (now() - started).total_seconds()
    )
    run.refresh_from_db()
    return run


def _start(run: SyncRun) -> bool:
    """Say that the run is under way; False when a person has stopped it meanwhile."""
    waiting = SyncRun.objects.filter(pk=run.pk, state__in=SyncRun.ACTIVE)
    run.state = SyncRun.State.RUNNING
    return bool(waiting.update(state=run.state, started_at=run.started_at))


def _work(run: SyncRun, heartbeat: Heartbeat, seconds: float) -> None:
    try:
        with run_context(run, heartbeat, seconds=seconds) as context:
            try:
                _phases(context)
            except STOPS as stop:
                if isinstance(stop, AuthError):
                    _say_refused(context)
                _save(context)
                raise
            _save(context)
    except SliceOver:
        _give_back(run, next_at=now(), state=SyncRun.State.QUEUED)
    except SyncBusy:
        _give_back(
            run,
            next_at=now() + timedelta(seconds=BUSY_SECONDS),
            state=SyncRun.State.WAITING,
            reason="The run that was stopped is finishing its last calls.",
            reason_code="busy",
        )
    except LeaseLost:
        logger.warning("Run %s was taken over by another worker", run.pk)
    except RunCancelled:
        _finish_cancelled(run)
    except RulesChanged as error:
        _finish(run, SyncRun.State.CANCELLED, error.message, error.code)
        poll_soon(run)
    except RateLimited as error:
        _wait(run, error, error.retry_after)
    except TransientError as error:
        _trouble(run, error)
    except AuthError as error:
        _finish(run, SyncRun.State.FAILED, error.message, error.code)
    except CrosswalkError as error:
        logger.warning("Run %s failed: %s (%s)", run.pk, error.message, error.detail)
        _finish(run, SyncRun.State.FAILED, error.message, error.code)
    except (OperationalError, InterfaceError):
        # nobody's fault and nothing lost: when the lease has run out it is taken up
        logger.exception("Run %s lost its database and rests", run.pk)
        db_connection.close()
    except Exception:
        logger.exception("Run %s failed by a bug", run.pk)
        _finish(
            run,
            SyncRun.State.FAILED,
            "Crosswalk made a mistake here. It is in the log of the server.",
            "bug",
        )
    else:
        _finish_done(run)


def _save(context: RunContext) -> None:
    """Save where the run stands, unless somebody else has taken it."""
    if not context.heartbeat.lost:
        context.save()


def _say_refused(context: RunContext) -> None:
    """Mark the connection whose remote accepts us no longer."""
    for session in context.sessions.values():
        if session.api.refused is not None:
            connection_refused(
                connection=session.connection, reason=session.api.refused.message
            )


def _phases(context: RunContext) -> None:
    run = context.run
    if run.mode == SyncRun.Mode.LIVE:
        recover(context)
        if WHO in run.checkpoint:
            with transaction.atomic():
                who_settle(run)
                context.save()
    rules_keep(context)
    if run.mode == SyncRun.Mode.LIVE:
        _widen(context)
        _look_again(run)
    if run.phase == SyncRun.Phase.READ:
        _read(context)
        inbox_settle(context)
        gone_settle(context)
        run.checkpoint.pop("troubles", None)
        run.checkpoint["read_at"] = _read_since(run).isoformat()
        run.checkpoint.pop(AGAIN, None)
        is_test = run.mode == SyncRun.Mode.TEST
        run.phase = SyncRun.Phase.DECIDE if is_test else SyncRun.Phase.WRITE
        context.save()
    if run.phase == SyncRun.Phase.DECIDE:
        plan_make(context)
    elif run.phase == SyncRun.Phase.WRITE:
        write_all(context)
        if run.scope == "all":
            Sync.objects.filter(pk=run.sync_id).update(decided_by=context.rules)
    run.phase = SyncRun.Phase.DONE


def _read(context: RunContext) -> None:
    """Read what a run is about, until nothing of it has grown old meanwhile.

    While one side made the run wait, people went on editing at the other. Anew only a
    few times: where each call has to wait that long, reading would never end.
    """
    checkpoint = context.run.checkpoint
    _read_once(context)
    if context.run.mode != SyncRun.Mode.LIVE:
        return
    while _has_grown_old(context) and checkpoint.get(AGAIN, 0) < MAX_AGAIN:
        checkpoint[AGAIN] = checkpoint.get(AGAIN, 0) + 1
        sides_forget(context, before=_stale_before())
        _read_once(context)


def _read_once(context: RunContext) -> None:
    run = context.run
    run.checkpoint.setdefault(BEGUN_AT, now().isoformat())
    is_first = "read_at" not in run.checkpoint and AGAIN not in run.checkpoint
    is_notice = run.trigger == SyncRun.Trigger.WEBHOOK and is_listed(context)
    by_notice = is_notice and is_first and inbox_take(context)
    run.checkpoint[BY_NOTICE] = by_notice
    if run.trigger == SyncRun.Trigger.RETRY:
        read_targets(context)
    elif not by_notice:
        read_all(context)
    if run.mode == SyncRun.Mode.LIVE:
        read_across(context)


def _has_grown_old(context: RunContext) -> bool:
    return _read_since(context.run) < _stale_before()


def _stale_before() -> datetime:
    return now() - timedelta(seconds=STALE_SECONDS)


def _read_since(run: SyncRun) -> datetime:
    """Return when the oldest of what a run has read was read.

    What notices named counts from when the run began to read.
    """
    read = sides_read_at(run)
    if run.checkpoint.get(BY_NOTICE):
        read.append(datetime.fromisoformat(run.checkpoint[BEGUN_AT]))
    return min(read, default=now())


def _widen(context: RunContext) -> None:
    """Look at everybody when what decides has changed since that was last done."""
    run = context.run
    if run.scope == "dirty" and context.sync.decided_by != context.rules:
        run.scope = "all"
        run.save(update_fields=["scope"])


def _look_again(run: SyncRun) -> None:
    """Go on writing from what is there now when what was read has grown old.

    After a wait for quota, a night without power or many slices: else we would write
    over what people have edited since.
    """
    read_at = run.checkpoint.get("read_at")
    if run.phase != SyncRun.Phase.WRITE or read_at is None:
        return
    matched = run.checkpoint.get("match", {}).values()
    if any("done" not in each for each in matched):
        return  # else matching, too, would begin anew and never end
    read_at = max([read_at, *(each["done"] for each in matched)])
    if datetime.fromisoformat(read_at) < _stale_before():
        run.checkpoint["read"] = {}
        run.checkpoint.pop("children", None)
        run.checkpoint.pop(READ_ACROSS, None)
        for counted in ("hold", "guard", "flood"):  # what is to be done: counted anew
            run.checkpoint.pop(counted, None)
        for state in run.checkpoint.get("write", {}).values():
            state.pop("held", None)
            state.pop("guarded", None)
        run.phase = SyncRun.Phase.READ


def _wait(run: SyncRun, error: CrosswalkError, seconds: float) -> None:
    """Wait for quota: the row says until when, nobody sleeps for it."""
    _give_back(
        run,
        next_at=now() + timedelta(seconds=max(seconds, 0.2)),
        state=SyncRun.State.WAITING,
        reason=error.message[:400],
        reason_code=error.code,
    )


@transaction.atomic
def _give_back(run: SyncRun, **changes: Any) -> None:
    """Give the run back, to go on later: unless a person has stopped it meanwhile."""
    stored = SyncRun.objects.select_for_update().get(pk=run.pk)
    if stored.state == SyncRun.State.CANCELLED:
        _finish_cancelled(run)
    elif stored.is_paused:
        release(run, next_at=None, attempts=0, **paused_how(run))
    else:
        release(run, attempts=0, **changes)


def _finish_cancelled(run: SyncRun) -> None:
    _finish(run, SyncRun.State.CANCELLED, "Stopped by a person.", "cancelled")


def _trouble(run: SyncRun, error: TransientError) -> None:
    """A side is down: wait longer each time, and in the end say so."""
    troubles = run.checkpoint.get("troubles", 0) + 1
    if troubles > MAX_TROUBLES:
        _finish(run, SyncRun.State.FAILED, error.message, error.code)
        return
    run.checkpoint["troubles"] = troubles
    run.save(update_fields=["checkpoint"])
    logger.warning("Run %s waits: %s (%s)", run.pk, error.message, error.detail)
    _wait(run, error, TROUBLE_LADDER[min(troubles, len(TROUBLE_LADDER)) - 1])


def _finish_done(run: SyncRun) -> None:
    _account(run)
    run.is_quiet = run.is_quiet and not passed_over_words(run)
    unread = unread_words(run)
    failed = run.counts.get("failed", 0) or unread
    state = SyncRun.State.COMPLETED_WITH_FAILURES if failed else SyncRun.State.COMPLETED
    _finish(run, state, unread, "unread" if unread else "")


def _account(run: SyncRun) -> None:
    """Bring the counts of the log onto the run (untouched units were tallied)."""
    if run.mode == SyncRun.Mode.TEST:
        return  # a plan has counted itself
    counts = dict.fromkeys(map(str, PRECEDENCE), 0)
    counts.update(run.checkpoint.get("tally", {}))
    by_side: dict[str, dict[str, int]] = {
        side: dict.fromkeys(WRITING, 0) for side in ("left", "right")
    }
    rows = (
        LogEntry.objects.filter(run=run)
        .values_list("outcome", "side")
        .annotate(count=Count("pk"))
    )
    for outcome, side, count in rows:
        counts[outcome] = counts.get(outcome, 0) + count
        for each in ("left", "right"):
            if side in {each, "both"} and outcome in WRITING:
                by_side[each][outcome] += count
    run.counts, run.by_side = counts, by_side
    quiet = SyncRun.Trigger.SCHEDULE, SyncRun.Trigger.WEBHOOK
    touched = sum(counts[o] for o in (*WRITING, "link", "failed"))
    run.is_quiet = run.trigger in quiet and not touched


@transaction.atomic
def _finish(run: SyncRun, state: SyncRun.State, reason: str, code: str) -> None:
    if state != SyncRun.State.COMPLETED and not run.counts:
        _account(run)
    if run.phase == SyncRun.Phase.READ:  # it ended before all it took was read
        release_deliveries(run, reason)
    changes: dict[str, Any] = {
        "state": state,
        "reason": reason[:400],
        "reason_code": code,
        "finished_at": now(),
        "counts": run.counts,
        "by_side": run.by_side,
        "calls": run.calls,  # with those that came before a bug
        "operations": run.operations,
        "is_quiet": run.is_quiet,
        "is_paused": False,
    }
    if not release(run, next_at=None, **changes):
        return
    verdicts_drop(run.pk)
    moment = now()
    if run.mode == SyncRun.Mode.LIVE:
        Sync.objects.filter(pk=run.sync_id).update(polled_at=moment)
        canary_rest(run)
        go_live_rest(run)
        day_add(run)
    aside_return(run)
    if not run.is_quiet:
        Event.objects.create(
            workspace_id=run.workspace_id,
            type=f"run.{state}",
            payload={"run": run.pk, "sync": run.sync_id, "mode": run.mode},
        )
