"""The intake: what concurrent requests want stored, written in one transaction.

A commit costs the same for one delivery as for twenty (on SQLite a writer's lock, on
both databases a flush to disk). So one of the waiting requests writes for all that are
there, while the others wait; each is answered only after the commit that holds its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db import connection as db_connection
from django.db.models import F, Q

from crosswalk.clock import now
from integrations.models import Connection
from sync.inbox.gathered import parents_due
from sync.models import HookCount, InboxEvent

logger = logging.getLogger(__name__)
SEEN = timedelta(seconds=10)  # how exactly it is known when one was last heard of
UNTAKEN = Q(next_at__isnull=False, lease_owner="", attempts=0)
Key = tuple[int, str, str, bool]


@dataclass(frozen=True, slots=True)
class Count:
    """One delivery that is counted and not stored."""

    slug: str
    outcome: str
    event_type: str = ""
    words: str = ""


@dataclass(slots=True)
class Parcel:
    """What one request wants written."""

    events: Sequence[InboxEvent] = ()
    counts: Sequence[Count] = ()
    seen: Sequence[int] = ()  # connections that were heard of
    error: Exception | None = None
    is_done: bool = False
    gate: threading.Lock = field(default_factory=threading.Lock)


class Intake:
    """Takes parcels from many threads and writes them together.

    `wake` is called after a commit that brought events.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: list[Parcel] = []
        self._is_busy = False

    def put(self, parcel: Parcel) -> None:
        """Return when the parcel is committed; raise what kept it from being so."""
        parcel.gate.acquire()
        with self._lock:
            self._waiting.append(parcel)
            leads, self._is_busy = not self._is_busy, True
        if not leads:
            parcel.gate.acquire()  # until it is written, or it is our turn to write
        if not parcel.is_done:
            self._lead(parcel)
        if parcel.error is not None:
            raise parcel.error

    def _lead(self, own: Parcel) -> None:
        """Write all that waits, own parcel included, and hand on to the next."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        try:
            batch_write(batch)
        finally:
            for parcel in batch:
                parcel.is_done = True
                if parcel is not own:
                    parcel.gate.release()
            with self._lock:
                self._is_busy = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].gate.release()
        if any(parcel.events and parcel.error is None for parcel in batch):
            self._wake()


def batch_write(batch: Sequence[Parcel]) -> None:
    """Write parcels in one transaction; those that cannot be written get `error`."""
    try:
        with transaction.atomic():
            _write(batch)
    except (OperationalError, InterfaceError) as error:  # the database is away
        logger.warning("Deliveries could not be stored: %s", error)
        db_connection.close_if_unusable_or_obsolete()
        for parcel in batch:
            parcel.error = error
    except DatabaseError as error:
        if len(batch) == 1:
            logger.warning("A delivery could not be stored: %s", error)
            batch[0].error = error
            return
        for parcel in batch:  # one of them spoils it for the others
            batch_write([parcel])
    except Exception as error:
        for parcel in batch:
            parcel.error = error
        raise


def _write(batch: Sequence[Parcel]) -> None:
    events = [event for parcel in batch for event in parcel.events]
    if events:
        # a delivery id seen before is the vendor's retry: taken once
        InboxEvent.objects.bulk_create(coalesce(events), ignore_conflicts=True)
        parents_due(events)
    seen = {pk for parcel in batch for pk in parcel.seen}
    if seen:
        Connection.objects.filter(pk__in=seen).update(webhook_seen_at=now())
    counts: dict[tuple[str, str], list[Count]] = {}
    for count in (each for parcel in batch for each in parcel.counts):
        counts.setdefault((count.slug, count.outcome), []).append(count)
    for found in counts.values():
        count_up(found[-1], len(found))


# --- deliveries without an id -----------------------------------------------------------


def coalesce(events: Sequence[InboxEvent]) -> list[InboxEvent]:
    """Return the events to insert: one that nobody has taken yet is told of once.

    Only for deliveries without an id of the vendor's. What was taken may have been
    read before this change, so it is never joined.
    """
    kept = [event for event in events if event.delivery_id]
    fresh: dict[Key, InboxEvent] = {}
    for event in (event for event in events if not event.delivery_id):
        earlier = fresh.get(_key(event))
        event.repeats = earlier.repeats + 1 if earlier else 0
        fresh[_key(event)] = event
    if not fresh:
        return kept
    waiting = InboxEvent.objects.filter(
        UNTAKEN,
        delivery_id__isnull=True,
        connection_id__in={event.connection_id for event in fresh.values()},
        record_id__in={event.record_id for event in fresh.values()},
    ).only("connection_id", "object_type", "record_id", "is_delete")
    for row in waiting:
        newer = fresh.get(_key(row))
        if newer is not None and _join(row.pk, newer):
            del fresh[_key(row)]
    return [*kept, *fresh.values()]


def _key(event: InboxEvent) -> Key:
    return (
        event.connection_id,
        event.object_type,
        event.record_id,
        event.is_delete,
    )


def _join(pk: int, event: InboxEvent) -> bool:
    """Bring a waiting event up to date; False when somebody has just taken it."""
    return bool(
        InboxEvent.objects.filter(UNTAKEN, pk=pk).update(
            event_type=event.event_type,
            is_late=event.is_late,
            body=event.body,
            values=event.values,
            received_at=now(),
            repeats=F("repeats") + event.repeats + 1,
        )
    )


# --- deliveries that are counted and not stored -----------------------------------------


def count_up(count: Count, times: int = 1) -> None:
    """Count deliveries of a day that were not stored, and note the last one."""
    moment = now()
    key: dict[str, Any] = {
        "day": moment.date(),
        "slug": count.slug[:40],
        "outcome": count.outcome[:40],
    }
    HookCount.objects.get_or_create(**key)
    HookCount.objects.filter(**key).update(
        count=F("count") + times,
        last_at=moment,
        last_type=count.event_type[:60],
        last_words=count.words[:200],
    )


class Waker:
    """Wakes a worker at most every so often: at once, and once more for the rest."""

    def __init__(self, wake: Callable[[], None], seconds: float) -> None:
        self._wake = wake
        self._seconds = seconds
        self._lock = threading.Lock()
        self._woken_at = -seconds
        self._timer: threading.Timer | None = None

    def __call__(self) -> None:
        """Wake now, or see to it that somebody is woken when it is time again."""
        moment = time.monotonic()
        with self._lock:
            wait = self._woken_at + self._seconds - moment
            if wait > 0:
                if self._timer is None:
                    self._timer = threading.Timer(wait, self._later)
                    self._timer.daemon = True
                    self._timer.start()
                return
            self._woken_at = moment
        self._wake()

    def _later(self) -> None:
        with self._lock:
            self._timer = None
            self._woken_at = time.monotonic()
        try:
            self._wake()
        finally:
            db_connection.close()
