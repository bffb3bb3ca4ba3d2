"""Slots: no more calls under way at once than a vendor allows, in all processes.

A slot is a row that one call holds from before it is sent until its answer is there:
two small statements a call, only for vendors that limit this. Within a process it goes
from call to call without a statement, for a short while (then others have their chance):
to whoever waits for one, or to those that work which has many calls to make says will
start at once. A slot of a killed process is free again when the vendor must be through
with its call.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from crosswalk.bulk import rows_change
from crosswalk.leases import owner_is_dead, owner_name
from integrations.access.tokens import borrowed_database
from integrations.models import CallSlot
from integrations.quotas.quota import URGENT_LANES

LONGEST_CALL = timedelta(seconds=120)  # of a process that says nothing more
AFTERLIFE = timedelta(seconds=5)  # of a call whose process is dead
HAND_ON_SECONDS = 2.0  # that a slot may go from call to call of one process


@dataclass(slots=True)
class Waiter:
    """A thread that waits for a slot; `name` is set when it is handed one."""

    woken: threading.Event = field(default_factory=threading.Event)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A slot in our hands: its row, and when it was taken from the database."""

    key: int
    since: float


class Slots:
    """The slots of one quota subject, as one lane may use them. For several threads."""

    def __init__(
        self, subject: str, count: int, lane: str, clock: Callable[[], float]
    ) -> None:
        self.subject = subject
        self.count = count
        # one is left to work that somebody waits for
        self.usable = count if lane in URGENT_LANES else max(1, count - 1)
        self.clock = clock
        self.owner = owner_name()
        self._held: dict[str, Held] = {}
        self._known: deque[int] = deque()  # rows we have given back: likely free
        self._queue: deque[Waiter] = deque()
        self._spare: deque[str] = deque()  # held by no call
        self._kept = 0  # spare ones at most
        self._lock = threading.Lock()

    def take(self) -> str:
        """Return the name under which a slot is held, "" when none is free."""
        with self._lock:
            if self._spare:
                return self._spare.popleft()
        moment = self.clock()
        at = datetime.fromtimestamp(moment, UTC)
        name = f"{self.owner}-{uuid4().hex[:8]}"
        with borrowed_database():
            taken = self._take_known(name, at) or self._take_any(name, at)
        if taken is None:
            return ""
        self._held[name] = Held(taken, moment)
        return name

    def wait(self, seconds: float, sleep: Callable[..., None]) -> str:
        """Wait that long to be handed a slot; return its name, "" when none came."""
        waiter = Waiter()
        with self._lock:
            self._queue.append(waiter)
        try:
            sleep(seconds, waiter.woken)
        finally:
            with self._lock:
                if not waiter.name:
                    self._queue.remove(waiter)
        return waiter.name

    def keep(self, most: int) -> None:
        """Keep up to so many slots of calls that end for calls that start at once.

        Whoever says so says 0 in the end; no slot lies idle in between.
        """
        with self._lock:
            self._kept = most
            over = [self._spare.pop() for _ in range(len(self._spare) - most)]
        for name in over:
            self._free(name, self._held.pop(name, None))

    def give_back(self, name: str) -> None:
        """Hand a slot on, or free it; nothing when somebody else holds it by now."""
        held = self._held.get(name)
        if held is None or not self._handed_on(name, held):
            self._free(name, self._held.pop(name, None))

    def _handed_on(self, name: str, held: Held) -> bool:
        """Give a slot to who has waited longest, or keep it, if it is ours still."""
        if not 0 <= self.clock() - held.since < HAND_ON_SECONDS:
            return False
        with self._lock:
            if self._queue:
                waiter = self._queue.popleft()
                waiter.name = name
                waiter.woken.set()
                return True
            if len(self._spare) < self._kept:
                self._spare.append(name)
                return True
        return False

    def _free(self, name: str, held: Held | None) -> None:
        with borrowed_database():
            nobody = {"owner": "", "taken_at": None}
            is_freed = rows_change(CallSlot, nobody, subject=self.subject, owner=name)
        if is_freed and held is not None:
            self._known.append(held.key)

    def _take_known(self, name: str, moment: datetime) -> int | None:
        """Take a slot of our own again, if nobody else has it: one statement."""
        try:
            key = self._known.popleft()
        except IndexError:
            return None
        holder = {"owner": name, "taken_at": moment}
        return key if rows_change(CallSlot, holder, pk=key, owner="") else None

    def _take_any(self, name: str, moment: datetime) -> int | None:
        free = (row for row in self._rows() if is_free(row, moment))
        return next((row.pk for row in free if self._grab(row, name, moment)), None)

    def _rows(self) -> list[CallSlot]:
        """Return the slots that this lane may use, made as needed."""
        found = CallSlot.objects.filter(subject=self.subject, number__lte=self.usable)
        rows = list(found.order_by("number"))
        if len(rows) < self.usable:
            wanted = [
                CallSlot(subject=self.subject, number=number)
                for number in range(1, self.count + 1)
            ]
            CallSlot.objects.bulk_create(wanted, ignore_conflicts=True)
            rows = list(found.order_by("number"))
        return rows

    @staticmethod
    def _grab(row: CallSlot, name: str, moment: datetime) -> bool:
        as_seen = CallSlot.objects.filter(pk=row.pk, owner=row.owner)
        return bool(as_seen.update(owner=name, taken_at=moment))


def is_free(row: CallSlot, moment: datetime) -> bool:
    """Return whether a slot may be taken: given back, or left by a dead process."""
    if not row.owner or row.taken_at is None:
        return True
    held = moment - row.taken_at
    if held >= LONGEST_CALL:
        return True
    holder = row.owner.rsplit("-", 1)[0]
    return held >= AFTERLIFE and owner_is_dead(holder)
