"""A run under way: its row, its two open sessions, its deadline and its accounts."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from crosswalk.bulk import rows_change, values_at
from crosswalk.leases import Heartbeat, renewal
from integrations.access.tokens import borrowed_database
from integrations.callwatch import times_add
from integrations.fields.fieldreading import catalogue_read
from integrations.models import Connection
from integrations.quotas.sharing import Party
from integrations.quotas.subjects import sharers
from integrations.services import connection_check
from integrations.session import Session, connection_session
from mapping.checks import is_custom
from mapping.convert import Side
from mapping.models import Mapping
from mapping.selectors import published_lines
from sync.calling import Callers
from sync.engine.types import Policy
from sync.models import Sync
from sync.policy import policy_build, policy_stamp, side_connection
from synclog.models import SyncRun

ROUND_SECONDS = 5.0  # that a slice may go on to end the calls it has begun
LONGEST_WAIT = 15.0  # in place; a longer one gives the worker back
LOOK_SECONDS = 1.0  # between two looks whether a person has stopped the run
SIDES: tuple[Side, Side] = ("left", "right")
# which part of the quota a trigger may use
LANES: dict[str, str] = {
    SyncRun.Trigger.WEBHOOK: "webhook",
    SyncRun.Trigger.MANUAL: "person",
    SyncRun.Trigger.RETRY: "person",
    SyncRun.Trigger.UNDO: "person",
    SyncRun.Trigger.COMMAND: "person",
    SyncRun.Trigger.GO_LIVE: "backfill",
    SyncRun.Trigger.SCHEDULE: "poll",
    SyncRun.Trigger.RECONCILE: "poll",
}


def lane_of(run: SyncRun) -> str:
    """Return a run's lane: webhook, person, poll or backfill.

    A live run over everybody, or one that applies a plan, may be of any size: it is a
    backfill, whoever asked for it. A test only reads, and a person waits for it.
    """
    is_whole = run.scope == "all" or run.plan_id is not None
    if run.mode == SyncRun.Mode.LIVE and is_whole:
        return "backfill"
    return LANES.get(str(run.trigger), "poll")


class SliceOver(Exception):
    """The slice's time is up, or a person paused the run: save the checkpoint, give the lease back, go on later."""


class LeaseLost(Exception):
    """Somebody else took the run: stop before the next write."""


class SyncBusy(Exception):
    """The process of a run that was stopped has calls under way: wait for it."""


class RunCancelled(Exception):
    """A person stopped the run."""


# what a slice saves of a run; the lease's columns are not among them
SAVED = (
    "attempts",
    "checkpoint",
    "phase",
    "counts",
    "by_side",
    "calls",
    "minimum_calls",
    "operations",
    "call_times",
    "drift",
    "total_units",
    "done_units",
    "reason",
    "reason_code",
)


@dataclass
class RunContext:
    """What the phases of a run share."""

    run: SyncRun
    sync: Sync
    sessions: dict[Side, Session]
    policies: dict[str, Policy]
    rules: str  # the stamp of all that decides, as the policies have it
    deadline: float
    heartbeat: Heartbeat
    callers: Callers[Any]  # who make the calls that write
    _flushed: dict[Side, Counter[str]] = field(
        default_factory=lambda: {"left": Counter(), "right": Counter()}
    )

    def side_name(self, side: Side) -> str:
        """Return the name of the connection of a side."""
        return side_connection(self.sync, side).name

    def keep_going(self) -> None:
        """Raise when the run must stop here: time up, lease lost, cancelled, paused."""
        if self.heartbeat.lost:
            raise LeaseLost
        if time.monotonic() > self.deadline:
            raise SliceOver
        told = told_by_person(self.run)
        if told == SyncRun.State.CANCELLED:
            raise RunCancelled
        if told:
            raise SliceOver

    def expect_calls(self, side: Side, count: int) -> None:
        """Count calls that the work cannot do without (`minimum_calls`)."""
        name = self.side_name(side)
        self.run.minimum_calls[name] = self.run.minimum_calls.get(name, 0) + count

    def count_calls(self) -> None:
        """Bring what the sessions have sent since the last time onto the run."""
        for side, session in self.sessions.items():
            sent = Counter(session.api.calls)
            fresh = sent - self._flushed[side]
            self._flushed[side] = sent
            name = self.side_name(side)
            self.run.calls[name] = self.run.calls.get(name, 0) + fresh.total()
            for operation, count in fresh.items():
                key = f"{name}: {operation}"
                self.run.operations[key] = self.run.operations.get(key, 0) + count
            times_add(self.run.call_times, name, session.api.watch.taken())

    def count_found(self, side: Side, operation: str) -> None:
        """Count a call that a killed process made and could not write down."""
        name = self.side_name(side)
        self.run.calls[name] = self.run.calls.get(name, 0) + 1
        key = f"{name}: {operation}"
        self.run.operations[key] = self.run.operations.get(key, 0) + 1
        self.expect_calls(side, 1)

    def save(self) -> None:
        """Save checkpoint and accounts, or raise LeaseLost and save nothing.

        Inside a transaction this is the fence: what a process settles after its lease
        was taken over is rolled back. Whoever gets on keeps the lease.
        """
        self.count_calls()
        self.run.attempts = 1  # there is progress: a kill counts from here
        moment = time.monotonic()
        changes = {name: getattr(self.run, name) for name in SAVED} | renewal()
        owner = self.run.lease_owner
        if not rows_change(SyncRun, changes, pk=self.run.pk, lease_owner=owner):
            raise LeaseLost
        transaction.on_commit(lambda: self.heartbeat.renewed(moment))


def told_by_person(run: SyncRun) -> str:
    """Return what a person has told a run meanwhile: "cancelled", "paused" or ""."""
    state, is_paused = values_at(SyncRun, run.pk, "state", "is_paused")
    if state == SyncRun.State.CANCELLED:
        return str(state)
    return "paused" if is_paused else ""


@dataclass
class Patience:
    """How long a call of a slice may wait for its turn, asked anew at each nap.

    What has begun may end a little after the slice's time; a longer wait is left to
    the run's row. A run that was stopped or lost waits no more, and calls no more.
    """

    run: SyncRun
    heartbeat: Heartbeat
    deadline: float
    _looked_at: float = 0.0

    def __call__(self) -> float:
        moment = time.monotonic()
        if self.heartbeat.lost:
            return 0.0
        if moment - self._looked_at >= LOOK_SECONDS:
            self._looked_at = moment
            with borrowed_database():
                if told_by_person(self.run):
                    self.deadline = -math.inf
        left = self.deadline + ROUND_SECONDS - moment
        return min(max(0.0, left), LONGEST_WAIT)


@contextmanager
def run_context(
    run: SyncRun, heartbeat: Heartbeat, *, seconds: float
) -> Iterator[RunContext]:
    """Open both sessions of a run for a slice of work."""
    sync = Sync.objects.select_related("left", "right").get(pk=run.sync_id)
    for side in SIDES:
        _know(run, side_connection(sync, side))
    lane = lane_of(run)
    for side in SIDES:
        _know_fields(run, sync, side, lane)
    mappings = list(_mappings(sync))
    deadline = time.monotonic() + seconds
    patience = Patience(run, heartbeat, deadline)
    opened = partial(connection_session, lane=lane, patience=patience)
    with (
        opened(sync.left, party=party_of(sync, "left")) as left,
        opened(sync.right, party=party_of(sync, "right")) as right,
        Callers[Any](settings.SYNC_CONCURRENCY) as callers,
    ):
        context = RunContext(
            run=run,
            sync=sync,
            sessions={"left": left, "right": right},
            policies=_policies(sync, mappings),
            rules=policy_stamp(sync, mappings),
            deadline=deadline,
            heartbeat=heartbeat,
            callers=callers,
        )
        try:
            yield context
        finally:
            context.count_calls()


def party_of(sync: Sync, side: Side) -> Party:
    """Return whose calls a run makes at a side: its sync's, beside those of the other
    live syncs of the account."""
    accounts = sharers(side_connection(sync, side)).values("pk")
    others = Sync.objects.filter(
        Q(left__in=accounts) | Q(right__in=accounts), state=Sync.State.LIVE
    ).exclude(pk=sync.pk)
    names = [f"sync {pk}" for pk in others.values_list("pk", flat=True)]
    return Party(f"sync {sync.pk}", names)


def _know(run: SyncRun, connection: Connection) -> None:
    """Ask once for the country and zone of an account that was never checked."""
    if connection.account_name:
        return
    for counts in (run.calls, run.minimum_calls):
        counts[connection.name] = counts.get(connection.name, 0) + 1
    connection_check(connection)


def _know_fields(run: SyncRun, sync: Sync, side: Side, lane: str) -> None:
    """Read the account's own fields once if some are mapped and none was ever read:
    how they are read and written depends on their types."""
    connection = side_connection(sync, side)
    known = set(connection.custom_fields.values_list("object_type", flat=True))
    wanted = [
        mapping.object_type
        for mapping in _mappings(sync)
        if mapping.object_type not in known
        and any(is_custom(line[side]) for line in published_lines(mapping))
    ]
    if not wanted:
        return
    with connection_session(connection, lane=lane) as session:
        catalogue_read(connection, session.connector, wanted)
    for counts in (run.calls, run.minimum_calls):
        before = counts.get(connection.name, 0)
        counts[connection.name] = before + session.calls.total()


def _policies(sync: Sync, mappings: Iterable[Mapping]) -> dict[str, Policy]:
    """Return the policies by object type: parents come before what hangs under them."""
    found = {m.object_type: policy_build(sync, m) for m in mappings}
    return dict(sorted(found.items(), key=lambda item: bool(item[1].parent)))


def _mappings(sync: Sync) -> QuerySet[Mapping]:
    found = Mapping.objects.filter(sync=sync).select_related("published")
    return found.order_by("pk")
