"""Slots: no more calls under way at once than a vendor allows, in all processes.

A slot is a row that one call holds from before it is sent until its answer is there:
two small statements a call, only for vendors that limit this. A slot of a killed
process is free again when the vendor must be through with its call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from crosswalk.bulk import rows_change
from crosswalk.leases import owner_is_dead, owner_name
from integrations.models import CallSlot
from integrations.quota import URGENT_LANES
from integrations.tokens import borrowed_database

LONGEST_CALL = timedelta(seconds=120)  # of a process that says nothing more
AFTERLIFE = timedelta(seconds=5)  # of a call whose process is dead


class Slots:
    """The slots of one quota subject, as one lane may use them."""

    def __init__(
        self, subject: str, count: int, lane: str, clock: Callable[[], float]
    ) -> None:
        self.subject = subject
        self.count = count
        # one is left to work that somebody waits for
        self.usable = count if lane in URGENT_LANES else max(1, count - 1)
        self.clock = clock
        self.owner = owner_name()
        self._held: dict[str, int] = {}  # name → row
        self._known: deque[int] = deque()  # rows we have given back: likely free

    def take(self) -> str:
        """Return the name under which a slot is held, "" when none is free."""
        with borrowed_database():
            moment = datetime.fromtimestamp(self.clock(), UTC)
            name = f"{self.owner}-{uuid4().hex[:8]}"
            taken = self._take_known(name, moment) or self._take_any(name, moment)
            if taken is None:
                return ""
            self._held[name] = taken
            return name

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

    def give_back(self, name: str) -> None:
        """Free a slot; nothing when somebody else holds it by now."""
        key = self._held.pop(name, None)
        with borrowed_database():
            nobody = {"owner": "", "taken_at": None}
            is_freed = rows_change(CallSlot, nobody, subject=self.subject, owner=name)
            if is_freed and key is not None:
                self._known.append(key)

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
