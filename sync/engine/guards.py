"""Guards: what a run may do by itself, and when it has to ask first. Pure.

A mapping turned the wrong way round or a list emptied by mistake looks to a sync like
many honest edits. So a run counts what it is about to overwrite before its first
write, and stops when that is more than people usually change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mapping.convert import Side
from sync.engine.types import Decision

FEWEST = 20  # linked pairs below which a percentage says nothing


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits of one run, in percent of the linked pairs. 0 lets nothing through,
    100 everything."""

    max_delete_percent: int = 5
    max_change_percent: int = 40
    canary: int = 0  # people that a go-live writes before it asks; 0: all

    @classmethod
    def of(cls, chosen: Mapping[str, Any]) -> Guards:
        """Return the guards of a sync's choices; what is not chosen is as usual."""
        return cls(**chosen)


@dataclass(slots=True)
class Tally:
    """What a run would do to the pairs that were linked before it."""

    pairs: int
    overwritten: Counter[tuple[str, Side]] = field(default_factory=Counter)

    def add(self, decision: Decision) -> None:
        """Count one linked pair: a value that is replaced counts, a filled gap or
        an item added to a list not."""
        for change in decision.changes:
            if change.replaces and change.side:
                self.overwritten[change.rule.label(change.side), change.side] += 1


@dataclass(frozen=True, slots=True)
class Trip:
    """A limit that a run would pass: which field, on which side, on how many."""

    label: str
    side: Side
    count: int
    pairs: int
    limit: int

    @property
    def percent(self) -> int:
        """Return the share of the pairs, rounded down, 1 at least."""
        return max(1, self.count * 100 // self.pairs)


def may_trip(guards: Guards, pairs: int, touched: int) -> bool:
    """Whether so many touched pairs of all could pass the limit at all."""
    return pairs >= FEWEST and touched * 100 > guards.max_change_percent * pairs


def change_trip(guards: Guards, tally: Tally) -> Trip | None:
    """Return the worst field that would be overwritten on too many pairs."""
    if not tally.overwritten:
        return None
    (label, side), count = max(
        tally.overwritten.items(), key=lambda item: (item[1], item[0])
    )
    if not may_trip(guards, tally.pairs, count):
        return None
    return Trip(label, side, count, tally.pairs, guards.max_change_percent)
