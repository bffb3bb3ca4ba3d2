"""Guards: what a run may do by itself, and when it has to ask first. Pure.

A mapping turned the wrong way round or a list emptied by mistake looks to a sync like
many honest edits. So a run counts what it is about to overwrite before its first
write, and stops when that is more than people usually change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from mapping.convert import Side
from sync.engine.types import Decision

FEWEST = 20  # linked pairs below which a percentage says nothing
FEWEST_CREATES = 50  # new people that are no flood, however few are there
MOST_CANARY = 1000  # people looked at one by one: more are not looked at


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits of one run, in percent of the linked pairs, of creates in percent of the
    people known on that side. 0 lets nothing through, 100 everything. Fewer than
    FEW_REMOVALS removals always pass."""

    max_delete_percent: int = 5
    max_change_percent: int = 40
    max_create_percent: int = 20
    canary: int = 0  # people that a go-live writes before it asks; 0: all

    @classmethod
    def of(cls, chosen: Mapping[str, Any]) -> Guards:
        """Return the guards of a sync's choices; what is not chosen is as usual."""
        return cls(**chosen)


@dataclass(slots=True)
class Tally:
    """What a run would do to the pairs that were linked before it.

    `before`: of which units runs just before it have replaced a field already.
    """

    pairs: int
    overwritten: Counter[tuple[str, Side]] = field(default_factory=Counter)
    before: Mapping[tuple[str, Side], Set[str]] = field(default_factory=dict)

    def add(self, decision: Decision, unit: str = "") -> None:
        """Count one linked pair: a value that is replaced counts, a filled gap or
        an item added to a list not; of a unit a field counts once."""
        for change in decision.changes:
            if change.replaces and change.side:
                key = change.rule.label(change.side), change.side
                self.overwritten[key] += unit not in self.before.get(key, ())

    def total(self) -> Counter[tuple[str, Side]]:
        """Return on how many pairs a field is replaced, with those before."""
        found = Counter(
            {key: len(self.before.get(key, ())) for key in self.overwritten}
        )
        found.update(self.overwritten)
        return found


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


@dataclass(frozen=True, slots=True)
class Flood:
    """Too many people who would be created on a side, of those known there."""

    side: Side
    count: int
    known: int
    limit: int
    before: int = 0  # of them, whom the last hour has created already


def may_trip(guards: Guards, pairs: int, touched: int) -> bool:
    """Whether so many touched pairs of all could pass the limit at all."""
    return pairs >= FEWEST and touched * 100 > guards.max_change_percent * pairs


def change_trip(guards: Guards, tally: Tally) -> Trip | None:
    """Return the worst field that would be overwritten on too many pairs."""
    if not tally.overwritten:
        return None
    (label, side), count = max(
        tally.total().items(), key=lambda item: (item[1], item[0])
    )
    if not may_trip(guards, tally.pairs, count):
        return None
    return Trip(label, side, count, tally.pairs, guards.max_change_percent)


def may_flood(guards: Guards, known: int, creates: int) -> bool:
    """Whether so many creates are too many beside the people known on a side."""
    limit = guards.max_create_percent
    return creates >= FEWEST_CREATES and limit < 100 and creates * 100 > limit * known


def create_flood(
    guards: Guards, known: Mapping[Side, int], creates: Mapping[Side, int]
) -> Flood | None:
    """Return the side on which too many people would be created, the worse of two."""
    floods = [
        Flood(side, count, known[side], guards.max_create_percent)
        for side, count in creates.items()
        if may_flood(guards, known[side], count)
    ]
    return max(floods, key=lambda flood: flood.count, default=None)


# --- what is removed ------------------------------------------------------------------

FEW_REMOVALS = 5  # as many go without asking, whatever their share
FEWEST_LISTED = 20  # records below which a shorter listing says nothing


def removals_trip(guards: Guards, pairs: int, removals: int) -> bool:
    """Whether so many removals of all linked pairs have to wait for a person."""
    most = guards.max_delete_percent
    return removals >= FEW_REMOVALS and removals * 100 > most * pairs


def listing_trip(known: int, listed: int) -> bool:
    """Whether a listing shows so few of the known records that it is not believed."""
    return known >= FEWEST_LISTED and listed * 2 < known
