"""Units on their way through their calls, and which of them go side by side."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.base import Step, StepResult
from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.deciding.units import Unit
from sync.engine.types import Decision
from sync.models import Intent


@dataclass(eq=False)
class Work:
    """A unit on its way through its calls."""

    unit: Unit
    queue: list[tuple[Side, Step]] = field(default_factory=list)
    total: int = 0
    done: list[dict[str, Any]] = field(default_factory=list)
    # what went over the wire, as synclog.Exchange keeps it
    calls: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0
    name_attempt: int = 0
    intent: Intent | None = None
    result: StepResult | None = None
    error: Exception | None = None
    facts: dict[Side, dict[str, Any]] = field(default_factory=dict)
    # by side, the record that another one takes the place of, or has taken
    old: dict[Side, RemoteRecord] = field(default_factory=dict)
    # with what was done of it before a kill, when `unit` has only the rest
    whole: Decision | None = None
    is_closed: bool = False

    @property
    def parent(self) -> str:
        """Return the remote id under which the unit hangs, "" for none."""
        return self.unit.parent_id("left") or self.unit.parent_id("right")

    @property
    def is_open(self) -> bool:
        return bool(self.queue) and self.error is None

    def target(self, side: Side, step: Step) -> RemoteRecord | None:
        """Return the record that a step is about; None when it makes one."""
        if side not in self.old:
            return self.unit.row(side)
        # a record takes the old one's place; the step that writes nothing deletes that
        return None if step.fields else self.old[side]

    def replaces(self, side: Side, step: Step) -> RemoteRecord | None:
        """Return the record whose place a step takes, None when it takes none."""
        return self.old.get(side) if step.fields else None

    def is_cleanup(self, side: Side, step: Step) -> bool:
        """Whether a step deletes a record that another has taken the place of."""
        return side in self.old and not step.fields


class Siblings:
    """Of which parents a child is being written: of each just one at a time.

    Two alike that are made at once could not be told apart by a look afterwards.
    """

    def __init__(self) -> None:
        self._busy: dict[str, Work] = {}

    def next_of(self, waiting: deque[Work], room: int) -> list[Work]:
        """Take up to `room` units from those that wait whose calls may start now."""
        taken: list[Work] = []
        kept: list[Work] = []
        while waiting and len(taken) < room:
            work = waiting.popleft()
            parent = work.parent
            if parent and self._busy.setdefault(parent, work) is not work:
                kept.append(work)
            else:
                taken.append(work)
        waiting.extendleft(reversed(kept))
        return taken

    def leave(self, work: Work) -> None:
        """Let the next child of a unit's parent go, once that unit is through."""
        if self._busy.get(work.parent) is work:
            del self._busy[work.parent]
