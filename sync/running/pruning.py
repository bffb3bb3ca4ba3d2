"""Terms of what is stored (design §4.13): deleted in small batches, hourly.

Each batch is a transaction of its own, and between two there is a rest: a writer waits
for one batch at most, whatever there is to delete. What a slice leaves is left to the
next one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, QuerySet

from crosswalk.clock import now
from integrations.models import CallCount
from integrations.operations.running import (
    calls_cut_off,
    calls_forget,
    calls_to_forget,
)
from sync.models import (
    Delivery,
    HookCount,
    InboxEvent,
    Intent,
    Plan,
    PlannedChange,
    Sync,
    SyncDay,
)
from synclog.models import Event, Exchange, LogEntry, LogTerm, OperationCall, SyncRun
from synclog.terms import LOG_DAYS, REQUEST_DAYS
from workspaces.models import Workspace

BATCH = 200
SLICE_SECONDS = 10.0  # a task lasts 15 s at most
# between two batches, or as long as a batch took: a waiting writer of SQLite looks
# every 25 to 100 ms whether the way is free
REST_SECONDS = 0.05
INBOX_DAYS = 14
PLAN_DAYS = 7
PLANS_KEPT = 3
QUIET_HOURS = 24
# by time where an index has it: else what is left is gone through each time
ORDER: dict[type[Model], tuple[str, ...]] = {
    LogEntry: ("at", "pk"),
    Exchange: ("at", "pk"),
    # by their run or plan, which an index has
    PlannedChange: ("plan", "unit"),
    Intent: ("run", "pk"),
}


@dataclass(slots=True)
class Pruning:
    """One slice of deleting what is past its term."""

    until: float  # on the monotonic clock
    rest: Callable[[float], None] = time.sleep
    gone: int = 0
    is_done: bool = field(default=True)

    def through(self, rows: QuerySet[Any], act: Callable[[list[int]], Any]) -> None:
        """Do something with rows, a batch at a time, until none is left or time is up.

        `act` must make the rows fit no longer.
        """
        order = ORDER.get(rows.model, ("pk",))
        keys = rows.order_by(*order).values_list("pk", flat=True)
        last = 0  # what was passed by is not gone through again
        while self.is_done:
            pks = list((keys.filter(pk__gt=last) if last else keys)[:BATCH])
            if not pks:
                return
            began = time.monotonic()
            with transaction.atomic():
                act(pks)
            took = time.monotonic() - began
            self.gone += len(pks)
            self.is_done = time.monotonic() < self.until
            last = pks[-1] if order == ("pk",) else 0
            if len(pks) < BATCH:
                return
            self.rest(max(REST_SECONDS, took))

    def delete(self, rows: QuerySet[Any]) -> None:
        model = rows.model._default_manager
        # only the keys are read: what they lead to is found by them
        self.through(rows, lambda pks: model.filter(pk__in=pks).only("pk").delete())


def prune(seconds: float = SLICE_SECONDS) -> Pruning:
    """Delete what is past its term, for some seconds at most."""
    moment = now()
    log = moment - timedelta(days=LOG_DAYS)
    quiet = moment - timedelta(hours=QUIET_HOURS)
    inbox = moment - timedelta(days=INBOX_DAYS)
    slice_ = Pruning(until=time.monotonic() + seconds)
    calls_cut_off()
    for rows in (
        InboxEvent.objects.filter(next_at__isnull=True, received_at__lt=inbox),
        _ended().filter(is_quiet=True, finished_at__lt=quiet),
        Event.objects.filter(created_at__lt=log),
        HookCount.objects.filter(day__lt=log.date()),
        CallCount.objects.filter(day__lt=log.date()),
        SyncDay.objects.filter(day__lt=log.date()),
        Delivery.objects.filter(next_at__isnull=True, created_at__lt=log),
        *_plans(moment - timedelta(days=PLAN_DAYS)),
        *_log(moment),
    ):
        slice_.delete(rows)
    _values_forget(slice_, moment)
    return slice_


def _ended() -> QuerySet[SyncRun]:
    """Return the runs that are over, but for those whose sync rests with them."""
    resting = Sync.objects.exclude(canary=None).values("canary_id")
    return SyncRun.objects.exclude(state__in=SyncRun.ACTIVE).exclude(pk__in=resting)


def _log(moment: datetime) -> Iterator[QuerySet[Any]]:
    """Yield what each workspace keeps of its log no longer."""
    own = {term.workspace_id: term for term in LogTerm.objects.all()}
    for pk in Workspace.objects.values_list("pk", flat=True):
        term = own.get(pk)
        log = moment - timedelta(days=term.log_days if term else LOG_DAYS)
        calls = moment - timedelta(days=term.request_days if term else REQUEST_DAYS)
        old = _ended().filter(workspace=pk, finished_at__lt=log)
        yield Exchange.objects.filter(at__lt=calls, entry__workspace=pk)
        yield OperationCall.objects.filter(workspace=pk, created_at__lt=log)
        yield LogEntry.objects.filter(workspace=pk, at__lt=log)
        # what would go with a run goes before it: that may be a hundred thousand rows
        yield Intent.objects.filter(run__in=old)
        yield PlannedChange.objects.filter(approved_in__in=old)
        yield old.filter(*(~_has(model) for model in (LogEntry, Intent)))


def _has(model: type[LogEntry] | type[Intent]) -> Exists:
    return Exists(model.objects.filter(run=OuterRef("pk")))


def _plans(before: datetime) -> Iterator[QuerySet[Any]]:
    """Yield unapproved plans past their term with their changes, but for the last few
    of each sync."""
    unapproved = Plan.objects.exclude(
        state__in=(Plan.State.APPROVED, Plan.State.APPLIED)
    )
    kept: list[int] = []
    for sync_id in unapproved.values_list("sync_id", flat=True).distinct():
        newest = unapproved.filter(sync_id=sync_id).order_by("-pk")
        kept += newest.values_list("pk", flat=True)[:PLANS_KEPT]
    old = unapproved.filter(created_at__lt=before).exclude(pk__in=kept)
    yield PlannedChange.objects.filter(plan__in=list(old.values_list("pk", flat=True)))
    yield old.filter(~Exists(PlannedChange.objects.filter(plan=OuterRef("pk"))))


def _values_forget(slice_: Pruning, moment: datetime) -> None:
    """Forget what was written, asked and answered, where the term for that is over."""
    before = moment - timedelta(days=REQUEST_DAYS)
    intents = Intent.objects.filter(settled_at__lt=before).exclude(values={})
    written = Intent.objects.filter
    slice_.through(intents, lambda pks: written(pk__in=pks).update(values={}))
    own = dict(LogTerm.objects.values_list("workspace", "request_days"))
    for pk in Workspace.objects.values_list("pk", flat=True):
        asked = moment - timedelta(days=own.get(pk, REQUEST_DAYS))
        calls = calls_to_forget(workspace_id=pk, before=asked)
        slice_.through(calls, calls_forget)
