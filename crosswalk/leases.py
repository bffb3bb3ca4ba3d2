"""Leases: who works on a row, until when, and when it is due again.

django-q2 wakes and executes, but hangs, repeats and loses (docs/decisions/0003).
So the record of work is a row of the domain with these columns, and the queue
carries only its id. A row is *open* while `next_at` is set; it is claimed by one
conditional UPDATE, kept by a heartbeat, and taken at once from a process of this
host that is dead. A lease and an outbox, not a second queue: keep it small.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import DatabaseError, models
from django.db import connection as db_connection
from django.db.models import F, Q

from crosswalk.clock import now
from crosswalk.closing import Closing

logger = logging.getLogger(__name__)
LEASE_SECONDS = 20.0


class Lease(models.Model):
    """Columns of a row that somebody must work on."""

    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    lease_owner = models.CharField(max_length=160, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_held(self) -> bool:
        """Whether a living process works on the row at this moment."""
        if not self.lease_owner or self.lease_until is None:
            return False
        return self.lease_until > now() and not owner_is_dead(self.lease_owner)


LeaseT = TypeVar("LeaseT", bound=Lease)


def host_name() -> str:
    """Return a name of this host as process ids are unique on it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        boot = "0"
    return f"{socket.gethostname()}@{boot}"


def _started(pid: int) -> str:
    """Return when a process started, so that a reused pid is not mistaken for it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rsplit(")", 1)[1].split()
    return "" if fields[0] in "ZX" else fields[19]


def owner_name() -> str:
    """Return a fresh owner name of this process: host|pid|start|nonce."""
    pid = os.getpid()
    return f"{host_name()}|{pid}|{_started(pid)}|{uuid.uuid4().hex[:8]}"


def owner_is_dead(owner: str) -> bool:
    """Return whether an owner is a process of this host that no longer runs."""
    host, _, rest = owner.partition("|")
    parts = rest.split("|")
    if host != host_name() or len(parts) != 3 or not parts[0].isdigit():
        return False
    if not Path("/proc/self/stat").exists():
        return False
    return _started(int(parts[0])) != parts[1]


def claim(model: type[LeaseT], pk: int, *, early: bool = False) -> LeaseT | None:
    """Take the lease of an open, due, free row; None when somebody else has it.

    `early` takes it before its time: a person asked.
    """
    moment = now()
    row = model._default_manager.filter(pk=pk).first()
    if row is None or row.next_at is None or (row.next_at > moment and not early):
        return None
    free = Q(lease_owner="") | Q(lease_until__isnull=True) | Q(lease_until__lt=moment)
    if row.lease_owner and owner_is_dead(row.lease_owner):
        free |= Q(lease_owner=row.lease_owner)
    owner = owner_name()
    taken = (
        model._default_manager.filter(pk=pk, next_at=row.next_at)
        .filter(free)
        .update(
            lease_owner=owner,
            lease_until=moment + timedelta(seconds=LEASE_SECONDS),
            heartbeat_at=moment,
            attempts=F("attempts") + 1,
        )
    )
    return model._default_manager.get(pk=pk) if taken else None


def release(row: Lease, *, next_at: datetime | None, **changes: Any) -> bool:
    """Give the row back, due again at `next_at` (None: done). False if it was lost."""
    values = {"lease_owner": "", "lease_until": None, "next_at": next_at, **changes}
    kept = (
        type(row)
        ._default_manager.filter(pk=row.pk, lease_owner=row.lease_owner)
        .update(**values)
    )
    for name, value in values.items():
        setattr(row, name, value)
    return bool(kept)


def beat(row: Lease) -> bool:
    """Renew the lease; False when it was lost to somebody else."""
    mine = type(row)._default_manager.filter(pk=row.pk, lease_owner=row.lease_owner)
    return bool(mine.update(**renewal()))


def renewal() -> dict[str, datetime]:
    """Return the columns of a lease that was renewed just now."""
    moment = now()
    until = moment + timedelta(seconds=LEASE_SECONDS)
    return {"heartbeat_at": moment, "lease_until": until}


class Heartbeat(Closing):
    """Keeps a lease alive from a thread while the main one works.

    `lost` turns true when the lease was taken away, or has run out because no beat
    got through (a database that does not answer, a process that was stopped for a
    while): stop before the next write.
    """

    def __init__(self, row: Lease, interval: float | None = None) -> None:
        self.row = row
        self.interval = interval or settings.HEARTBEAT_SECONDS
        self._taken = False
        self._beaten_at = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def lost(self) -> bool:
        """Whether the lease is somebody else's by now, or may be."""
        silent = time.monotonic() - self._beaten_at
        return self._taken or silent > max(LEASE_SECONDS, self.interval)

    def renewed(self, moment: float) -> None:
        """Learn that the lease was renewed at a moment (`time.monotonic`), with what
        was saved then: on a busy database the thread may wait long for its turn."""
        self._beaten_at = max(self._beaten_at, moment)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        """Beat no more."""
        self._stop.set()
        self._thread.join(timeout=self.interval)

    def _run(self) -> None:
        try:
            while not self._stop.wait(self.interval):
                moment = time.monotonic()
                try:
                    kept = beat(self.row)
                except DatabaseError as error:  # locked or away: the next one may do
                    logger.warning("A lease could not be renewed: %s", error)
                    db_connection.close()
                    continue
                if not kept:
                    self._taken = True
                    return
                self.renewed(moment)
        finally:
            db_connection.close()


def due(model: type[LeaseT], *, limit: int = 100) -> models.QuerySet[LeaseT]:
    """Return open rows that are due and free, oldest first.

    Rows held by a dead process of this host count as free.
    """
    moment = now()
    open_rows = model._default_manager.filter(next_at__lte=moment)
    dead = [
        owner
        for owner in open_rows.filter(lease_until__gte=moment)
        .exclude(lease_owner="")
        .values_list("lease_owner", flat=True)
        .distinct()[:limit]
        if owner_is_dead(owner)
    ]
    free = Q(lease_owner="") | Q(lease_until__isnull=True) | Q(lease_until__lt=moment)
    if dead:
        free |= Q(lease_owner__in=dead)
    return open_rows.filter(free).order_by("next_at", "pk")[:limit]


def sweep(
    model: type[LeaseT], enqueue: Callable[[int], None], *, limit: int = 100
) -> int:
    """Hand every due, free row to the queue; return how many."""
    rows = list(due(model, limit=limit).values_list("pk", flat=True))
    for pk in rows:
        enqueue(pk)
    return len(rows)
