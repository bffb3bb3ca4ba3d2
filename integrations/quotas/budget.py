"""Budgets: how many calls a quota subject may still make, shared by all processes.

Permits are leased from the database in small batches, so that most calls cost no
query. In *any* interval of a window's length at most its limit of calls start: a
permit may be used for a short while only, counts from when it is leased, and is
settled with the time at which its call was really made (docs/decisions/0012).
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection as db_connection
from django.db import transaction

from crosswalk.clock import pause
from crosswalk.closing import Closing
from crosswalk.errors import RateLimited
from crosswalk.leases import owner_name
from integrations import registry
from integrations.access.tokens import borrowed_database
from integrations.connectors.base import Limit, RateSnapshot
from integrations.models import BudgetWindow, Connection
from integrations.quotas.callcounts import Counted, calls_add, day_of
from integrations.quotas.quota import (
    BURST_TOLERANCE_PERCENT,
    URGENT_LANES,
    believe,
    blocked_row,
    lease_add,
    lease_settle,
    left_of,
    reserve_of,
    used_of,
    wait_of,
)
from integrations.quotas.sharing import NOBODY, Party, kept_for, spent_add
from integrations.quotas.slots import Slots
from integrations.quotas.subjects import (
    SANDBOX,
    limits_of,
    published_limit,
    reserve_percent,
    subject_of,
)
from integrations.quotas.turns import (
    is_behind,
    must_yield,
    part_of,
    queue_join,
    queue_leave,
    spread_count,
    spread_held_up,
    spread_left,
    spread_wait,
    turn_take,
    turn_wait,
)
from integrations.quotas.windows import rows_locked, save
from integrations.quotas.windows import windows as windows  # pages know it from here

BATCH = 10  # permits at most in one hand
TOGETHER = 2  # threads that wait for permits get them together
HOLD_SHARE = 1 / 20  # of the shortest window: how long permits may be used
FLUSH_SECONDS = 1.0  # between two writes of what headers say
COUNT_SECONDS = 10.0  # between two writes of the calls by operation
NAP_SECONDS = 1.0  # whoever waits looks again after this at the latest
YIELD_SECONDS = 0.25  # until somebody whom others went before looks again
SLOT_SECONDS = 0.05  # until a call under way may have ended
AT_ONCE = "at_once"  # the window of which a call under way is one
PLENTY = 50  # times as many permits as one takes, and nobody waits for those


class BudgetSpent(RateLimited):
    """Our own count says stop, before the vendor has to."""


@dataclass(slots=True)
class Permits:
    """Calls a gate may start before it asks the database again."""

    left: int = 0
    used: list[float] = field(default_factory=list)  # when each call was started
    ends: float = 0.0
    is_leased: bool = False


class BudgetGate(Closing):
    """The `http.Gate` of one connection and lane. Safe to share between threads.

    `patience` says how many seconds a call may wait for its turn at this moment; a
    longer wait raises BudgetSpent. Nobody waits with a lock or a transaction held.
    `party` says whose calls they are: those of one lane take turns, and leave a part of
    the day to each other. Who has no name has no place in the queue: a page that gave
    up would hold up those after it.
    """

    def __init__(
        self,
        connection: Connection,
        lane: str,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[..., None] = pause,
        patience: Callable[[], float] = float,
        party: Party = NOBODY,
    ) -> None:
        spec = registry.spec(connection.kind)
        self.subject = subject_of(connection)
        self.zone = connection.time_zone
        self.lane = lane
        self.label = spec.label
        self.limits = limits_of(connection)
        self.clock, self.sleep, self.patience = clock, sleep, patience
        self.connection = connection
        self.owner = owner_name()
        self.party = party
        self._percent = reserve_percent(connection)
        self._slots = (
            Slots(self.subject, spec.concurrency, lane, clock)
            if spec.concurrency
            else None
        )
        self._slot = threading.local()
        self._lock = threading.Lock()
        self._permits = Permits()
        self._batch = 1
        self._waiting = 0  # threads in before_call
        self._refusal: tuple[float, BudgetSpent] | None = None
        self._news: dict[str, tuple[float, RateSnapshot]] = {}
        self._flushed_at = 0.0
        self._known: dict[str, tuple[int, int]] = {}  # window → limit, calls left
        self._counted: Counted = Counter()
        self._written_at = clock()

    # --- the gate ---------------------------------------------------------------------

    def before_call(self, operation: str = "call") -> None:
        """Take one permit, waiting for it as long as `patience` allows.

        Raises BudgetSpent, with the time to wait, when that is not long enough.
        """
        with self._lock:
            self._waiting += 1
        try:
            while (error := self._try(operation)) is not None:
                if error.retry_after > self.patience():
                    raise error
                self._nap(error)
        except BaseException:
            self.call_ended()  # no call, no slot
            raise
        finally:
            with self._lock:
                self._waiting -= 1

    def call_ended(self) -> None:
        """Let somebody else have the slot of a call that is over."""
        name, self._slot.name = getattr(self._slot, "name", ""), ""
        if name and self._slots:
            self._slots.give_back(name)

    def more_to_come(self, calls: int) -> None:
        """Keep the slots of calls that end for so many that start at once."""
        if self._slots:
            self._slots.keep(calls)

    def after_call(self, snapshots: Sequence[RateSnapshot]) -> None:
        """Note what the headers say; write it down now only if it tightens."""
        if not snapshots:
            return
        with self._lock:
            moment = self.clock()
            tightens = False
            for snapshot in snapshots:
                self._news[snapshot.window] = (moment, snapshot)
                tightens = tightens or self._tightens(snapshot)
            if tightens and moment - self._flushed_at >= FLUSH_SECONDS:
                self._settle()

    def refused(self, error: RateLimited) -> None:
        """Stop everybody on this subject for as long as the vendor asks."""
        if isinstance(error, BudgetSpent):
            return
        with self._lock, borrowed_database(), transaction.atomic():
            rows = self._rows()
            row = blocked_row(rows, error.window)
            until = datetime.fromtimestamp(self.clock() + error.retry_after, UTC)
            if row.blocked_until is None or row.blocked_until < until:
                row.blocked_until = until
            if self.subject.endswith(SANDBOX):  # its published limits are switched on
                row.limit = min(row.limit, published_limit(self.connection, row.window))
            self._end_lease(rows)
            save(rows)

    def close(self) -> None:
        """Give unused permits back and write down what the headers said."""
        with self._lock:
            if self._permits.is_leased or self._news:
                self._settle()
            self._write_counts()

    # --- one call ---------------------------------------------------------------------

    def _nap(self, error: BudgetSpent) -> None:
        seconds = min(error.retry_after, NAP_SECONDS)
        if self._slots and error.window == AT_ONCE:
            self._slot.name = self._slots.wait(seconds, self.sleep)
        else:
            self.sleep(seconds)

    def _try(self, operation: str) -> BudgetSpent | None:
        """Take a slot and a permit; the error that says how long to wait, for none.

        No slot is held while waiting for a permit: others have permits already.
        """
        with self._lock:
            early = self._known_refusal()
        if early is not None:
            self.call_ended()  # it may have been handed a slot
            return early
        with borrowed_database():
            db_connection.ensure_connection()  # one for all that follows
            return self._ask(operation)

    def _ask(self, operation: str) -> BudgetSpent | None:
        if self._slots and not getattr(self._slot, "name", ""):
            self._slot.name = self._slots.take()
            if not self._slot.name:
                return self._error(SLOT_SECONDS, AT_ONCE)
        with self._lock:
            error = self._take(operation)
        if error is not None:
            self.call_ended()
        return error

    def _known_refusal(self) -> BudgetSpent | None:
        """Return the last refusal while it stands: other threads need not ask again."""
        if self._refusal is None or self._permits.left > 0:
            return None
        at, error = self._refusal
        passed = self.clock() - at
        if passed >= min(error.retry_after, NAP_SECONDS):
            self._refusal = None
            return None
        return self._error(error.retry_after - passed, error.window)

    def _take(self, operation: str) -> BudgetSpent | None:
        moment = self.clock()
        if self._permits.left < 1 or moment >= self._permits.ends:
            error = self._lease(moment)
            if error is not None:
                self._refusal = (moment, error)
                return error
            moment = self.clock()
        self._permits.left -= 1
        self._permits.used.append(moment)
        self._counted[day_of(moment, self.zone), operation] += 1
        return None

    def _error(self, seconds: float, window: str) -> BudgetSpent:
        return BudgetSpent(
            f"The calls that {self.label} allows are used up for now. Crosswalk goes "
            "on by itself.",
            retry_after=max(seconds, 0.01),
            window=window,
            status=0,
        )

    # --- leases -----------------------------------------------------------------------

    def _lease(self, moment: float) -> BudgetSpent | None:
        """Lease permits; the error that says how long to wait when there are none."""
        with borrowed_database(), transaction.atomic():
            rows = self._rows()
            self._end_lease(rows)
            self._learn(rows)
            error = self._grant(rows, moment)
            save(rows)
        if moment - self._written_at >= COUNT_SECONDS:
            self._write_counts()
        return error

    def _grant(self, rows: list[BudgetWindow], moment: float) -> BudgetSpent | None:
        first = rows[0]
        left = min(left_of(row, self._reserve(row), moment) for row in rows)
        if self.lane == "backfill":
            limit, reserve = self._limit(first), self._reserve(first)
            free = min(left, spread_left(first, limit, reserve, moment))
            # no more than are used at once: others would wait for what lies here
            wanted = max(1, self._waiting, min(self._batch, free // PLENTY))
            left = min(free, wanted)
        yields = must_yield(first, self.lane, moment)
        is_later = self._takes_turns and is_behind(
            first, self.lane, self.party.name, moment
        )
        if left < 1 or yields or is_later:
            error = self._spent(rows, moment, yields or is_later)
            self._wait_in(first, moment, error.retry_after, yields)
            return error
        granted = left
        if self.lane != "backfill":  # which is spread anyway
            part = part_of(first, self.lane, self.party.name, moment, left)
            granted = min(self._batch, part)
            queue_leave(first, self.party.name)
        ends = moment + min(limit.seconds for limit in self.limits) * HOLD_SHARE
        for row in rows:
            lease_add(row, self.owner, granted, ends)
            self._known[row.window] = (row.limit, row.limit - used_of(row))
        self._spread(first, granted)
        turn_take(first, self.lane)
        self._permits = Permits(granted, [], ends, is_leased=True)
        return None

    @property
    def _takes_turns(self) -> bool:
        """Whether this is one of several that take turns in their lane."""
        return self.lane != "backfill" and bool(self.party.name)

    def _wait_in(
        self, first: BudgetWindow, moment: float, seconds: float, yields: bool
    ) -> None:
        """Note that this lane, and who of it, waits so many seconds for a turn."""
        turn_wait(first, self.lane, moment, seconds, yields=yields)
        if self._takes_turns:
            queue_join(first, self.lane, self.party.name, moment, seconds)
        if self.lane != "backfill":
            return
        limit, reserve = self._limit(first), self._reserve(first)
        full = wait_of(first, limit, reserve, moment)
        spread_held_up(first, limit, moment, full)

    def _end_lease(self, rows: list[BudgetWindow]) -> None:
        """Settle what was used, free the rest, and size the next batch by it."""
        held, self._permits = self._permits, Permits()
        self._refusal = None
        if not held.is_leased:
            return
        for row in rows:
            limit = self._limit(row)
            lease_settle(row, limit, self.owner, held.used)
            if limit.resets != "sliding":
                spent_add(row, self.party, len(held.used))
        self._spread(rows[0], -held.left)
        self._batch = max(1, min(BATCH, len(held.used) * 2))

    def _spread(self, row: BudgetWindow, calls: int) -> None:
        if self.lane == "backfill" and calls:
            limit, reserve = self._limit(row), self._reserve(row)
            spread_count(row, limit, reserve, self.clock(), calls)

    def _spent(
        self, rows: list[BudgetWindow], moment: float, yields: bool
    ) -> BudgetSpent:
        """Return when there is something again: the latest of the full windows."""
        calls = 1 if self.lane in URGENT_LANES else min(self._waiting or 1, TOGETHER)
        waits = [(YIELD_SECONDS * yields, rows[0].window)]
        for row in rows:
            limit, reserve = self._limit(row), self._reserve(row)
            waits.append((wait_of(row, limit, reserve, moment, calls), row.window))
        if self.lane == "backfill":
            limit, reserve = self._limit(rows[0]), self._reserve(rows[0])
            spread = spread_wait(rows[0], limit, reserve, moment, calls)
            waits.append((spread, rows[0].window))
        return self._error(*max(waits))

    # --- what is stored ---------------------------------------------------------------

    def _settle(self) -> None:
        with borrowed_database(), transaction.atomic():
            rows = self._rows()
            self._end_lease(rows)
            self._learn(rows)
            save(rows)

    def _tightens(self, snapshot: RateSnapshot) -> bool:
        if snapshot.window not in self._known:
            return False
        limit, left = self._known[snapshot.window]
        is_day = snapshot.window == "day"
        spare = 0 if is_day else limit * BURST_TOLERANCE_PERCENT // 100
        return snapshot.limit != limit or snapshot.remaining < left - spare

    def _learn(self, rows: list[BudgetWindow]) -> None:
        for row in rows:
            if row.window in self._news:
                moment, snapshot = self._news.pop(row.window)
                believe(row, self._limit(row), snapshot, moment)
        self._news.clear()
        self._flushed_at = self.clock()

    def _rows(self) -> list[BudgetWindow]:
        return rows_locked(self.subject, self.limits, self.clock(), self.zone)

    def _limit(self, row: BudgetWindow) -> Limit:
        return next(limit for limit in self.limits if limit.window == row.window)

    def _reserve(self, row: BudgetWindow) -> int:
        limit = self._limit(row)
        reserve = reserve_of(row, limit, self.lane, self._percent)
        if limit.resets == "sliding" or self.lane in URGENT_LANES:
            return reserve
        return reserve + kept_for(row, self.party.others)

    def _write_counts(self) -> None:
        counted, self._counted = self._counted, Counter()
        self._written_at = self.clock()
        if counted:
            with borrowed_database():
                calls_add(self.connection.pk, counted)
