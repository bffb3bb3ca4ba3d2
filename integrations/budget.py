"""Budgets: how many calls a quota subject may still make, shared by all processes.

Permits are leased from the database in small batches, so that most calls cost no
query. A vendor's sliding window is kept so that in *any* interval of its length at
most its limit of calls start: a permit is valid for one bucket (a twentieth of the
window) and counts for the window, that bucket and one more for the bucket's edges.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from django.db import transaction

from crosswalk.errors import RateLimited
from integrations import registry
from integrations.callcounts import Counted, calls_add, day_of
from integrations.connectors.base import Limit, RateSnapshot
from integrations.models import BudgetWindow, Connection
from integrations.quota import (
    BUCKETS,
    believe,
    blocked_row,
    count_calls,
    left_of,
    reserve_of,
    roll,
    used_of,
    wait_of,
)
from integrations.subjects import limits_of, reserve_percent, subject_of
from integrations.tokens import borrowed_database

BATCH = 10  # permits at most in one hand
FLUSH_SECONDS = 1.0  # between two writes of what headers say
COUNT_SECONDS = 10.0  # between two writes of the calls by operation


class BudgetSpent(RateLimited):
    """Our own count says stop, before the vendor has to."""


@dataclass(slots=True)
class Permits:
    """Calls a gate may start before it asks the database again."""

    left: int = 0
    used: int = 0
    stamp: float = 0.0  # the bucket they count in
    ends: float = 0.0


class BudgetGate:
    """The `http.Gate` of one connection and lane. Safe to share between threads."""

    def __init__(
        self,
        connection: Connection,
        lane: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.subject = subject_of(connection)
        self.zone = connection.time_zone
        self.lane = lane
        self.label = registry.spec(connection.kind).label
        self.limits = limits_of(connection)
        self.connection_id = connection.pk
        self.clock = clock
        self._counted: Counted = Counter()
        self._written_at = clock()
        self._percent = reserve_percent(connection)
        self._lock = threading.Lock()
        self._permits = Permits()
        self._batch = 1
        self._news: dict[str, tuple[float, RateSnapshot]] = {}
        self._flushed_at = 0.0
        self._known: dict[str, tuple[int, int]] = {}  # window → limit, calls left

    def before_call(self, operation: str = "") -> None:
        """Take one permit; raise BudgetSpent, with the time to wait, for none."""
        with self._lock:
            if self._permits.left < 1 or self.clock() >= self._permits.ends:
                self._lease()
            self._permits.left -= 1
            self._permits.used += 1
            self._counted[day_of(self.clock(), self.zone), operation or "call"] += 1

    def call_ended(self) -> None: ...

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
            self._give_back(rows)
            save(rows)

    def close(self) -> None:
        """Give unused permits back and write down what the headers said."""
        with self._lock:
            if self._permits.stamp or self._news:
                self._settle()
            self._write_counts()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _tightens(self, snapshot: RateSnapshot) -> bool:
        if snapshot.window not in self._known:
            return False
        limit, left = self._known[snapshot.window]
        return snapshot.limit != limit or snapshot.remaining < left

    def _write_counts(self) -> None:
        counted, self._counted = self._counted, Counter()
        self._written_at = self.clock()
        if counted:
            with borrowed_database():
                calls_add(self.connection_id, counted)

    def _settle(self) -> None:
        with borrowed_database(), transaction.atomic():
            rows = self._rows()
            self._give_back(rows)
            self._learn(rows)
            save(rows)

    def _lease(self) -> None:
        with borrowed_database(), transaction.atomic():
            moment = self.clock()
            rows = self._rows()
            self._give_back(rows)
            self._learn(rows)
            granted = self._grant(rows, moment)
            save(rows)
        if moment - self._written_at >= COUNT_SECONDS:
            self._write_counts()
        if not granted:
            raise self._spent(rows, moment)

    def _grant(self, rows: list[BudgetWindow], moment: float) -> int:
        left = min(left_of(row, self._reserve(row), moment) for row in rows)
        granted = max(0, min(left, self._batch))
        if granted:
            for row in rows:
                count_calls(row, self._limit(row), granted, moment)
            shortest = min(limit.seconds for limit in self.limits)
            self._permits = Permits(granted, 0, moment, moment + shortest / BUCKETS)
        for row in rows:
            self._known[row.window] = (row.limit, row.limit - used_of(row))
        return granted

    def _give_back(self, rows: list[BudgetWindow]) -> None:
        """Return what was not used, and size the next batch by what was."""
        held = self._permits
        if held.left > 0:
            for row in rows:
                count_calls(row, self._limit(row), -held.left, held.stamp)
        self._batch = max(1, min(BATCH, held.used * 2))
        self._permits = Permits()

    def _learn(self, rows: list[BudgetWindow]) -> None:
        for row in rows:
            if row.window in self._news:
                moment, snapshot = self._news.pop(row.window)
                believe(row, self._limit(row), snapshot, moment)
        self._news.clear()
        self._flushed_at = self.clock()

    def _rows(self) -> list[BudgetWindow]:
        """Return the subject's windows, locked, made and rolled on as needed."""
        moment = self.clock()
        found = {
            row.window: row
            for row in BudgetWindow.objects.select_for_update()
            .filter(subject=self.subject)
            .order_by("pk")
        }
        rows = []
        for limit in self.limits:
            row = found.get(limit.window) or window_make(self.subject, limit)
            roll(row, limit, moment, self.zone)
            rows.append(row)
        return rows

    def _limit(self, row: BudgetWindow) -> Limit:
        return next(limit for limit in self.limits if limit.window == row.window)

    def _reserve(self, row: BudgetWindow) -> int:
        return reserve_of(row, self.lane, self._percent)

    def _spent(self, rows: list[BudgetWindow], moment: float) -> BudgetSpent:
        """Return when there is something again: the latest of the full windows."""
        waits = [
            (wait_of(row, self._limit(row), self._reserve(row), moment), row.window)
            for row in rows
        ]
        seconds, window = max(waits)
        return BudgetSpent(
            f"The calls that {self.label} allows are used up for now. Crosswalk goes "
            "on by itself.",
            retry_after=max(seconds, 0.05),
            window=window,
            status=0,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """One window of a quota subject as it stands, and what work leaves to others."""

    row: BudgetWindow
    limit: Limit
    reserve: int

    @property
    def left(self) -> int:
        """Calls that Crosswalk may still make beside the reserve."""
        return max(0, self.row.limit - self.reserve - used_of(self.row))

    def shown(self) -> dict[str, Any]:
        """Return it as pages and commands show it."""
        return {
            "window": self.row.window,
            "limit": self.row.limit,
            "used": used_of(self.row),
            "reserve": self.reserve,
            "resets_at": self.row.resets_at,
        }


def standing(connection: Connection, moment: float) -> list[Standing]:
    """Return the windows of a connection's quota at a moment, shortest first."""
    subject = subject_of(connection)
    percent = reserve_percent(connection)
    found = {row.window: row for row in BudgetWindow.objects.filter(subject=subject)}
    shown = []
    for limit in limits_of(connection):
        row = found.get(limit.window) or window_new(subject, limit)
        roll(row, limit, moment, connection.time_zone)
        shown.append(Standing(row, limit, reserve_of(row, "poll", percent)))
    return shown


def windows(connection: Connection) -> list[dict[str, Any]]:
    """Return the quota as pages and commands show it: window, limit, used, reserve,
    resets_at (None for a sliding window)."""
    return [each.shown() for each in standing(connection, time.time())]


def window_new(subject: str, limit: Limit) -> BudgetWindow:
    """Return a fresh window as published, not stored."""
    return BudgetWindow(subject=subject, window=limit.window, limit=limit.calls)


def window_make(subject: str, limit: Limit) -> BudgetWindow:
    """Store a fresh window, or take the one that another process just stored."""
    row, _made = BudgetWindow.objects.select_for_update().get_or_create(
        subject=subject, window=limit.window, defaults={"limit": limit.calls}
    )
    return row


def save(rows: Iterable[BudgetWindow]) -> None:
    """Write windows back."""
    for row in rows:
        row.save(
            update_fields=[
                *("limit", "used", "buckets", "resets_at", "blocked_until"),
                "updated_at",
            ]
        )
