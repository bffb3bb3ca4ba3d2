"""Jobs: what the queue executes, and what is due. django-q2 carries ids only.

Every job takes an id, claims its row and returns at once when it is taken: being
called twice, late or never is harmless (docs/decisions/0003).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django_q.models import OrmQ
from django_q.tasks import async_task

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from crosswalk.leases import due
from crosswalk.logcontext import log_about
from integrations.access.revoke import abandoned_discard, revocations_retry
from integrations.fields.fieldreading import catalogue_refresh_by_id, catalogues_due
from integrations.operations.polling import watch_poll, watches_due
from integrations.sandboxed import sandbox_webhook_set
from sync.alerting.due import alerts_due
from sync.alerting.sending import delivery_send
from sync.alerting.watching import watch_work
from sync.inbox.lifecycle import lifecycle_take, lifecycle_waits
from sync.inbox.waiting import inbox_syncs, inbox_waits
from sync.inbox.watched import watched_pairs, watched_take
from sync.models import Sync, WorkerPulse
from sync.running.execution import run_slice
from sync.running.lanes import step_aside
from sync.running.pruning import prune
from sync.running.reconciling import LATER, reconciliations_due
from sync.running.regained import syncs_regained
from sync.services import RunActive, run_active, run_request
from sync.setup.schedules import next_moment
from synclog.models import SyncRun

logger = logging.getLogger(__name__)
PRUNE_SECONDS = 3600
REGAINED_SECONDS = 5.0  # how often it is asked whose connection is well again
CATALOGUE_SECONDS = 1800  # how often it is asked whose fields are due
INBOX_SECONDS = 2.0
RE_ENQUEUE_SECONDS = 5.0  # a due run is handed to the queue at most this often


def run_enqueue(run_id: int) -> None:
    """Wake a worker for a run once the row is really there."""
    transaction.on_commit(lambda: _enqueue("sync.jobs.work_run", run_id))


def inbox_enqueue() -> None:
    """Wake a worker for what has arrived."""
    transaction.on_commit(lambda: _enqueue("sync.jobs.drain_inbox"))


def _enqueue(job: str, *args: int) -> None:
    try:
        async_task(job, *args)
    except Exception:  # the broker is down: the sweeper finds the row
        logger.exception("The queue could not be told of %s %s", job, args)


def work_run(run_id: int) -> str:
    """Work on a run for a slice, and ask for the next one."""
    WorkerPulse.beat()  # a worker busy with slices is not a stalled one
    with log_about(run=run_id):
        return _work(run_id)


def _work(run_id: int) -> str:
    run = run_slice(run_id)
    if run is None:
        return f"run {run_id}: not to be had"
    if run.state == SyncRun.State.QUEUED:
        run_enqueue((step_aside(run) or run).pk)
    elif not run.is_active and run.mode == SyncRun.Mode.LIVE:
        follow_up(run)
    return f"run {run_id}: {run.state}"


def follow_up(run: SyncRun) -> None:
    """After a live run: take up at once what has arrived or changed meanwhile."""
    sync = run.sync
    if sync.state != Sync.State.LIVE or run.state == SyncRun.State.CANCELLED:
        return
    if run.plan_id:
        for connection in (sync.left, sync.right):
            sandbox_webhook_set(connection)
        request_quietly(sync, SyncRun.Trigger.SCHEDULE)
    elif active := run_active(sync, run.mode):  # it stood aside for this one
        run_enqueue(active.pk)
    elif inbox_waits(sync):  # a notice that came while this run held the sync
        inbox_enqueue()


def request_quietly(sync: Sync, trigger: str) -> bool:
    """Ask for a run of what has changed, unless one is under way."""
    try:
        run = run_request(
            sync=sync, mode=SyncRun.Mode.LIVE, trigger=trigger, scope="dirty"
        )
    except RunActive:
        return False
    except ConfigError as error:
        logger.warning("Sync %s cannot run: %s", sync.pk, error.message)
        return False
    run_enqueue(run.pk)
    return True


def drain_inbox() -> str:
    """Start a run for each live sync with waiting deliveries, and work on it."""
    worked = 0
    lifecycle_take()
    for sync in inbox_syncs():
        try:
            run = run_request(
                sync=sync,
                mode=SyncRun.Mode.LIVE,
                trigger=SyncRun.Trigger.WEBHOOK,
                scope="dirty",
            )
        except (RunActive, ConfigError):
            continue  # the deliveries stay; the next tick comes back for them
        work_run(run.pk)
        worked += 1
    return f"{worked} syncs, {watched_take()} of triggers"


def tick() -> None:
    """Hand over what is due. Called every second by the supervisor, cheap when idle."""
    _enqueue_due()
    _polls_due()
    if cache.add("regained-tick", 1, timeout=REGAINED_SECONDS):
        for sync in syncs_regained():
            request_quietly(sync, SyncRun.Trigger.SCHEDULE)
    for run in reconciliations_due():
        run_enqueue(run.pk)
    _watches_due()
    alerts_due(_watch_enqueue, _delivery_enqueue)
    is_due = bool(inbox_syncs()) or lifecycle_waits() or bool(watched_pairs())
    if is_due and cache.add("inbox-tick", 1, timeout=INBOX_SECONDS):
        _enqueue("sync.jobs.drain_inbox")
    if cache.add("prune-tick", 1, timeout=PRUNE_SECONDS):
        _enqueue("sync.jobs.prune_terms")
    if cache.add("catalogue-tick", 1, timeout=CATALOGUE_SECONDS):
        for pk in catalogues_due().values_list("pk", flat=True):
            _enqueue("sync.jobs.read_catalogue", pk)


def _watch_enqueue(watch_id: int) -> None:
    _enqueue("sync.jobs.watch", watch_id)


def _delivery_enqueue(delivery_id: int) -> None:
    _enqueue("sync.jobs.send_alert", delivery_id)


def watch(watch_id: int) -> str:
    """Look whether a workspace is in trouble, or out of it; send what that makes."""
    made = watch_work(watch_id)
    for delivery in made or ():
        delivery_enqueue(delivery.pk)
    return f"watch {watch_id}: {'busy' if made is None else len(made)}"


def delivery_enqueue(delivery_id: int) -> None:
    """Wake a worker for a message once its row is really there."""
    transaction.on_commit(lambda: _delivery_enqueue(delivery_id))


def send_alert(delivery_id: int) -> str:
    """Try to send a message of an alert."""
    row = delivery_send(delivery_id)
    return f"delivery {delivery_id}: {row.state if row else 'not due'}"


def prune_terms() -> str:
    """Delete what is past its term; revoke what a vendor would not hear of before."""
    gone = revocations_retry() + abandoned_discard()
    slice_ = prune()
    if not slice_.is_done:  # others of the queue come in between
        _enqueue("sync.jobs.prune_terms")
    return f"{slice_.gone} rows, {gone} grants"


def read_catalogue(connection_id: int) -> str:
    """Read the own fields of a connection's account: one or two calls a day."""
    problems = catalogue_refresh_by_id(connection_id, lane="poll")
    return f"fields of connection {connection_id}: {' '.join(problems) or 'read'}"


def sweep() -> str:
    """The same from a django-q2 schedule, for workers without a supervisor."""
    tick()
    return "swept"


def _enqueue_due() -> None:
    for run_id, next_at in due(SyncRun).values_list("pk", "next_at"):
        # of its moment: a run that came back to wait a little is due anew
        key = f"run-tick-{run_id}-{next_at.timestamp() if next_at else 0:.3f}"
        if cache.add(key, 1, timeout=RE_ENQUEUE_SECONDS):
            _enqueue("sync.jobs.work_run", run_id)


def poll_watch(watch_id: int) -> str:
    """Read what triggers wait for, for a slice."""
    watch = watch_poll(watch_id)
    return f"watch {watch_id}: {watch.error or 'read' if watch else 'not to be had'}"


def _watches_due() -> None:
    for watch in watches_due():
        moment = watch.next_at.timestamp() if watch.next_at else 0
        key = f"watch-tick-{watch.pk}-{moment:.3f}"
        if cache.add(key, 1, timeout=RE_ENQUEUE_SECONDS):
            _enqueue("sync.jobs.poll_watch", watch.pk)


def _polls_due() -> None:
    """Ask for the poll of each live sync whose time has come; missed ones run once."""
    moment = now()
    slots = Q(next_poll_at__lte=moment) | Q(next_poll_at__gt=moment + LATER)
    waiting = Sync.objects.filter(slots, state=Sync.State.LIVE)
    for sync in waiting.select_related("workspace"):
        if not _is_due(sync, moment):
            continue
        following = next_moment(sync.schedule, sync.workspace.time_zone, moment)
        taken = Sync.objects.filter(pk=sync.pk, next_poll_at=sync.next_poll_at).update(
            next_poll_at=following
        )
        if not taken or request_quietly(sync, SyncRun.Trigger.SCHEDULE):
            continue
        if run_active(sync, SyncRun.Mode.LIVE):  # the slot comes when that has ended
            again = min(following or moment + LATER, moment + LATER)
            Sync.objects.filter(pk=sync.pk, next_poll_at=following).update(
                next_poll_at=again
            )


def _is_due(sync: Sync, moment: datetime) -> bool:
    """Whether the time of a sync's poll has come, or was set by a clock that has since
    been put back: no slot of “every N minutes” is further off than N minutes."""
    slot = sync.next_poll_at
    if slot is None or slot <= moment:
        return slot is not None
    if not isinstance(sync.schedule, dict) or "every_minutes" not in sync.schedule:
        return False
    furthest = moment + timedelta(minutes=sync.schedule["every_minutes"])
    return slot > furthest + LATER  # another host's clock may be a little ahead


# --- the worker's pulse ---------------------------------------------------------------


def heartbeat_enqueue() -> None:
    """Send a beat through the queue: only a living worker can write it down."""
    if settings.REDIS_URL or OrmQ.objects.count() < 1000:  # a stalled worker's queue
        async_task("sync.jobs.beat")  # a broker that is down must be heard of


def beat() -> str:
    """Write down that a worker of this host works."""
    WorkerPulse.beat()
    return "alive"


def heartbeat_age() -> float | None:
    """Return seconds since a worker last showed life, None when it never did."""
    pulse = WorkerPulse.objects.order_by("-at").first()
    return (now() - pulse.at).total_seconds() if pulse else None


def worker_pids() -> list[int]:
    """Return the workers that showed life within the last minute."""
    recent = WorkerPulse.objects.filter(at__gte=now() - timedelta(minutes=1))
    return sorted(recent.values_list("pid", flat=True))
