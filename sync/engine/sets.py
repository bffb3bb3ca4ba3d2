"""Merging lists as sets: what was added or removed on either side, item by item. Pure.

| since the base                  | what happens                                   |
| ------------------------------- | ---------------------------------------------- |
| added on one side               | added on the other                             |
| removed on one side             | removed on the other, unless the rule appends  |
| different items on both sides   | they unite: lists have no conflict             |
| an item that does not fit there | it alone stays behind, and the sentence says so |

Without a base nobody knows what was removed: the lists unite, or the side chosen for the
first merge replaces the other (docs/decisions/0020).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mapping.convert import FieldRule, Side, misfit_sentence, other
from mapping.kinds import Fitted, item_key
from mapping.lists import carried, items_of_side, text_or_list
from sync.engine.newer import newer_record
from sync.engine.types import BaseValue, Choice, FieldChange, Policy, Snapshot

_UNREAD = object()
SIDES: tuple[Side, Side] = ("left", "right")
SHOWN = 3  # items that a reason names
Items = Mapping[str, str]  # what an item is known by → as it is written


def merge_lists(
    rule: FieldRule,
    left: Snapshot,
    right: Snapshot,
    base: BaseValue | None,
    policy: Policy,
    chosen: Choice | None = None,
) -> tuple[FieldChange, ...]:
    """Return what is to happen to one list of a pair: a write per side at the most,
    a refusal per side whose field cannot hold an item, else one change that writes
    nothing."""
    now = {
        "left": rule.value("left", left.values, _UNREAD),
        "right": rule.value("right", right.values, _UNREAD),
    }
    if _UNREAD in now.values():
        return (FieldChange(rule, "unread", "Not read on both sides.", "unread"),)
    merge = _Merge(rule, policy, now["left"], now["right"], base)
    if base is not None:
        return merge.three_way()
    return merge.first({"left": left, "right": right}, chosen)


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
) -> tuple[list[str], list[str]]:
    """Return the base of two lists as they are now: what both sides have come to terms
    with. It follows from what is there, so a write that was done in part is no lie.

    Known on both sides: in both lists; in the base before, while one side still has it;
    or `sent` (side, before, after) to the side, even if its system did not keep it.
    """
    relation = Relation(rule)
    now: dict[Side, Items] = {
        "left": items_known(rule, "left", left),
        "right": items_known(rule, "right", right),
    }
    old = _base_items(rule, now, base)
    given: dict[str, str] = {}
    if sent is not None:
        to, before, after = sent
        had = items_known(rule, to, before)
        wanted = items_known(rule, to, after)
        given = {key: item for key, item in wanted.items() if key not in had}

    def known(side: Side) -> list[str]:
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
        return list({**kept, **both}.values())

    return known("left"), known("right")


def _base_items(
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


@dataclass(slots=True)
class Wanted:
    """What is to become of one side's list."""

    items: dict[str, str]
    added: list[str]
    removed: list[str]
    problems: list[str]

    @property
    def differs(self) -> bool:
        return bool(self.added or self.removed)


class _Merge:
    """The lists at hand while one field map is decided."""

    def __init__(
        self,
        rule: FieldRule,
        policy: Policy,
        left: Any,
        right: Any,
        base: BaseValue | None,
    ) -> None:
        self.rule, self.policy, self.stored = rule, policy, base
        self.relation = Relation(rule)
        self.values: Mapping[Side, Any] = {"left": left, "right": right}
        self.now: dict[Side, dict[str, str]] = {
            side: items_known(rule, side, self.values[side]) for side in SIDES
        }
        self.base = _base_items(rule, self.now, base)
        self.seen = {side: self._seen(side) for side in SIDES}

    def _seen(self, side: Side) -> dict[str, str]:
        """Return the items that count as being on a side.

        A field that was emptied as a whole erases nothing (design §4.1), since a field
        taken away at the vendor reads just so. A record's own tags cannot be taken away:
        there the last one goes like any other.
        """
        is_emptied = not self.now[side] and self.rule.type(side) != "tags"
        return self.base[side] if is_emptied else self.now[side]

    def name(self, side: Side) -> str:
        return self.policy.side(side).name

    # --- deciding -----------------------------------------------------------------

    def three_way(self) -> tuple[FieldChange, ...]:
        """Decide by what each side had when last in agreement."""
        wanted: dict[Side, Wanted] = {}
        for to in SIDES:
            since = self.base[other(to)]
            fresh = {k: i for k, i in self.seen[other(to)].items() if k not in since}
            wanted[to] = self._wanted(to, fresh, self._gone(to))
        return self._changes(wanted)

    def _gone(self, to: Side) -> set[str]:
        """Return the items of a side whose like was removed on the other."""
        here = other(to)
        return {
            key
            for key, item in self.seen[to].items()
            if key in self.base[to]
            and self.relation.is_in(item, to, self.base[here])
            and not self.relation.is_in(item, to, self.seen[here])
        }

    def first(
        self, records: Mapping[Side, Snapshot], chosen: Choice | None
    ) -> tuple[FieldChange, ...]:
        """Decide without a base: unite, or let the side chosen replace the other."""
        winner = self._winner(records, chosen)
        if winner == "ask":
            reason = "Two different lists: you choose."
            return (self._change("conflict", reason, "ask"),)
        wanted: dict[Side, Wanted] = {}
        for to in SIDES:
            if winner is not None and winner == to:
                continue
            gone: set[str] = set()
            if winner is not None:
                there = self.now[other(to)]
                mine = self.now[to].items()
                gone = {k for k, i in mine if not self.relation.is_in(i, to, there)}
            wanted[to] = self._wanted(to, self.now[other(to)], gone)
        return self._changes(wanted)

    def _winner(
        self, records: Mapping[Side, Snapshot], chosen: Choice | None
    ) -> Side | str | None:
        """Return whose list wins, "ask", or None where they unite."""
        if chosen and (chosen.left, chosen.right) == tuple(self.values.values()):
            return chosen.winner
        if not self.now["left"] or not self.now["right"] or self._are_alike():
            return None
        choice = self.policy.first_merge
        if choice == "newest":
            both_ways = all(self._flows(side) for side in SIDES)
            unknown = "ask" if both_ways else None
            return newer_record(records["left"], records["right"]) or unknown
        return choice if choice in SIDES else None

    def _flows(self, to: Side) -> bool:
        return self.rule.flows(to) and self.policy.flows(to)

    def _are_alike(self) -> bool:
        return all(
            self.relation.is_in(item, side, self.now[other(side)])
            for side in SIDES
            for item in self.now[side].values()
        )

    def _wanted(self, to: Side, fresh: Items, gone: set[str]) -> Wanted:
        """Return a side's list with items of the other added and its own removed."""
        wanted = Wanted(dict(self.seen[to]), [], [], [])
        for item in fresh.values():
            if self.relation.is_in(item, other(to), self.seen[to]):
                continue
            found = self.relation.carried(item, to)
            if found.problem:
                wanted.problems.append(found.problem)
            elif found.value:
                wanted.items.setdefault(item_key(found.value), found.value)
                wanted.added.append(found.value)
        if self.rule.write != "append":
            wanted.removed = [wanted.items.pop(key) for key in sorted(gone)]
        return wanted

    # --- outcomes -----------------------------------------------------------------

    def _changes(self, wanted: Mapping[Side, Wanted]) -> tuple[FieldChange, ...]:
        found: list[FieldChange] = []
        kept: list[FieldChange] = []
        for to, each in wanted.items():
            held = self._held(to) if each.differs or each.problems else None
            if held is not None:
                kept.append(held)
                continue
            if each.differs and each.items.keys() != self.now[to].keys():
                found.append(self._write(to, each))
            if each.problems:
                found.append(self._refuse(to, each.problems))
        if found:
            return tuple(found)
        return (kept[0] if kept and self._is_settled() else self._rest(),)

    def _held(self, to: Side) -> FieldChange | None:
        """Return why a side's list stays as it is, None when it may be written."""
        rule, name = self.rule, self.name(to)
        if not self._flows(to):
            return self._change(
                "keep", f"This field does not flow to {name}.", "one_way"
            )
        if not rule.writable(to, creating=False):
            reason = f"{name} does not let this field be changed."
            return self._change("keep", reason, "read_only")
        if rule.write == "on_create":
            return self._change(
                "keep", "Only written when a person is new.", "on_create"
            )
        if rule.write == "if_empty" and self.now[to]:
            reason = f"{name} already has a value; only filled if empty."
            return self._change("keep", reason, "if_empty")
        return None

    def _write(self, to: Side, wanted: Wanted) -> FieldChange:
        here = self.name(other(to))
        parts = []
        if wanted.added and self.stored is None:
            parts.append(f"Only at {here} until now: {_named(wanted.added)}.")
        elif wanted.added:
            parts.append(f"Added at {here}: {_named(wanted.added)}.")
        if wanted.removed:
            was = "Not" if self.stored is None else "Removed"
            parts.append(f"{was} at {here}: {_named(wanted.removed)}.")
        after = text_or_list(self.rule, to, list(wanted.items.values()))
        code = f"changed_{other(to)}" if self.stored else "united"
        return self._change("write", " ".join(parts), code, to, after)

    def _refuse(self, to: Side, problems: list[str]) -> FieldChange:
        problem = problems[0]
        sentence = misfit_sentence(self.rule, problem, to=to, where=self.name(to))
        if len(problems) > 1:
            sentence += f" The same for {len(problems) - 1} more of its items."
        return self._change("refuse", sentence, "mapping", to)

    def _is_settled(self) -> bool:
        """Whether the base says already what both sides have come to terms with."""
        if self.stored is None or self.stored.unconfirmed:
            return False
        agreed = lists_agreed(
            self.rule, self.values["left"], self.values["right"], self.stored
        )
        was = (self.base["left"], self.base["right"])
        return all(
            {item_key(item) for item in mine} == known.keys()
            for mine, known in zip(agreed, was, strict=True)
        )

    def _rest(self) -> FieldChange:
        if not self._is_settled():
            return self._change("agree", "Already the same on both sides.", "same")
        if self.stored and self.stored.apart:
            return self._change(
                "same",
                "Held apart since it was undone, until somebody edits it.",
                "held_apart",
            )
        return self._change("same", "Unchanged since the last time.", "unchanged")

    def _change(
        self,
        action: Any,
        reason: str,
        code: str,
        side: Side | None = None,
        after: Any = None,
    ) -> FieldChange:
        change = FieldChange(self.rule, action, reason, code, side)
        return replace(
            change,
            before=self.values[side] if side else None,
            after=after,
            left=self.values["left"],
            right=self.values["right"],
        )


def _named(items: list[str]) -> str:
    words = ", ".join(f"“{item}”" for item in items[:SHOWN])
    more = len(items) - SHOWN
    return f"{words} and {more} more" if more > 0 else words
