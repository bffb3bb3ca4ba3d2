"""Lists of two sides: which items stand for each other, and what both have agreed on.

Pure. Merging them is in sets.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mapping.convert import FieldRule, Side, other
from mapping.kinds import Fitted, item_key
from mapping.lists import carried, items_of_side, text_or_list
from sync.engine.types import BaseValue

SIDES: tuple[Side, Side] = ("left", "right")
Items = Mapping[str, str]  # what an item is known by → as it is written


class Relation:
    """Which items of the two sides stand for each other."""

    def __init__(self, rule: FieldRule) -> None:
        self.rule = rule
        self._found: dict[tuple[Side, str], Fitted] = {}

    def carried(self, item: str, to: Side) -> Fitted:
        """Return an item of the other side as `to` writes it."""
        if (to, item) not in self._found:
            self._found[to, item] = carried(self.rule, item, to)
        return self._found[to, item]

    def key(self, item: str, to: Side) -> str:
        """Return what an item is known by on the other side, "" if not carried."""
        found = self.carried(item, to)
        return "" if found.problem or not found.value else item_key(found.value)

    def is_in(self, item: str, side: Side, there: Items) -> bool:
        """Whether an item of a side has its like among the items of the other."""
        if self.key(item, other(side)) in there:
            return True
        mine = item_key(item)
        return any(self.key(each, side) == mine for each in there.values())


def items_known(rule: FieldRule, side: Side, value: Any) -> dict[str, str]:
    """Return the items of a side's value by what each is known by."""
    return {item_key(item): item for item in items_of_side(rule, side, value)}


def lists_agreed(
    rule: FieldRule,
    left: Any,
    right: Any,
    base: BaseValue | None,
    *,
    sent: tuple[Side, Any, Any] | None = None,
) -> tuple[Any, Any]:
    """Return the base of two lists as they are now: what both sides have come to terms
    with, in each side's own form. It follows from what is there, so a write that was done in part is no lie.

    Known on both sides: in both lists; in the base before, while one side still has it;
    or `sent` (side, before, after) to the side, even if its system did not keep it.
    """
    relation = Relation(rule)
    now: dict[Side, Items] = {
        "left": items_known(rule, "left", left),
        "right": items_known(rule, "right", right),
    }
    old = base_items(rule, now, base)
    given: dict[str, str] = {}
    if sent is not None:
        to, before, after = sent
        had = items_known(rule, to, before)
        wanted = items_known(rule, to, after)
        given = {key: item for key, item in wanted.items() if key not in had}

    def known(side: Side) -> Any:
        there = now[other(side)]
        if sent is not None and side != sent[0]:
            there = {**there, **given}
        both = {
            key: item
            for key, item in now[side].items()
            if relation.is_in(item, side, there)
            or (sent is not None and side == sent[0] and key in given)
        }
        kept = {
            key: item
            for key, item in old[side].items()
            if key in now[side] or relation.is_in(item, side, now[other(side)])
        }
        return text_or_list(rule, side, list({**kept, **both}.values()))

    return known("left"), known("right")


def base_items(
    rule: FieldRule, now: Mapping[Side, Items], base: BaseValue | None
) -> dict[Side, dict[str, str]]:
    """Return the items of a base by side.

    What was sent and never read back may have been stored otherwise: an item of it that
    is not there was not removed by anybody.
    """
    if base is None:
        return {"left": {}, "right": {}}
    found: dict[Side, dict[str, str]] = {
        "left": items_known(rule, "left", base.left),
        "right": items_known(rule, "right", base.right),
    }
    for side in SIDES:
        if base.unconfirmed == side:
            here = now[side]
            found[side] = {key: i for key, i in found[side].items() if key in here}
    return found
