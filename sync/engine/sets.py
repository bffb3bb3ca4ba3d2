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
from mapping.kinds import item_key
from mapping.lists import text_or_list
from sync.engine.newer import newer_record
from sync.engine.relations import (
    SIDES,
    Items,
    Relation,
    base_items,
    items_known,
    lists_agreed,
)
from sync.engine.types import BaseValue, Changing, Choice, FieldChange, Policy, Snapshot

_UNREAD = object()
SHOWN = 3  # items that a reason names


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
    one = rule.value("left", left.values, _UNREAD)
    two = rule.value("right", right.values, _UNREAD)
    if one is _UNREAD or two is _UNREAD:
        return (FieldChange(rule, "unread", "Not read on both sides.", "unread"),)
    if base is not None and (base.left, base.right) == (one, two):
        return (_untouched(rule, base),)  # most pairs, at most times
    merge = _Merge(rule, policy, one, two, base)
    if base is not None:
        return merge.three_way()
    return merge.first({"left": left, "right": right}, chosen)


def _untouched(rule: FieldRule, base: BaseValue) -> FieldChange:
    """Return that both lists are as they were when they last agreed."""
    reason, code = "Unchanged since the last time.", "unchanged"
    if base.apart:
        reason = "Held apart since it was undone, until somebody edits it."
        code = "held_apart"
    return FieldChange(rule, "same", reason, code, left=base.left, right=base.right)


@dataclass(slots=True)
class Wanted:
    """What is to become of one side's list."""

    items: dict[str, str]
    added: list[str]  # as they are written where they come from
    removed: list[str]  # as they were written here
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
        self._change = Changing(rule, self.values)
        self.now: dict[Side, dict[str, str]] = {
            side: items_known(rule, side, self.values[side]) for side in SIDES
        }
        self.base = base_items(rule, self.now, base)
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
            gone = set() if winner is None else self._only_on(to)
            wanted[to] = self._wanted(to, self.now[other(to)], gone)
        return self._changes(wanted, waits=winner is not None)

    def _only_on(self, side: Side) -> set[str]:
        """Return a side's items that the other could have, and has not."""
        there = self.now[other(side)]
        return {
            key
            for key, item in self.now[side].items()
            if self.relation.key(item, other(side))
            and not self.relation.is_in(item, side, there)
        }

    def _winner(
        self, records: Mapping[Side, Snapshot], chosen: Choice | None
    ) -> Side | str | None:
        """Return whose list wins, "ask", or None where they unite.

        Lists that are only ever added to unite: the loser's own items could not go, and
        would cross over at the next run.
        """
        if self.rule.write == "append":
            return None
        if chosen and (chosen.left, chosen.right) == tuple(self.values.values()):
            return chosen.winner
        if not self.now["left"] or not self.now["right"]:
            return None
        if not any(self._only_on(side) for side in SIDES):
            return None
        choice = self.policy.first_merge
        if choice == "newest":
            both_ways = all(self._flows(side) for side in SIDES)
            unknown = "ask" if both_ways else None
            return newer_record(records["left"], records["right"]) or unknown
        return choice if choice in SIDES else None

    def _flows(self, to: Side) -> bool:
        return self.rule.flows(to) and self.policy.flows(to)

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
                wanted.added.append(item)
        if self.rule.write != "append":
            wanted.removed = [wanted.items.pop(key) for key in sorted(gone)]
        return wanted

    # --- outcomes -----------------------------------------------------------------

    def _changes(
        self, wanted: Mapping[Side, Wanted], *, waits: bool = False
    ) -> tuple[FieldChange, ...]:
        """Return what becomes of both lists; `waits`: without a base until written."""
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
            writes = any(change.action == "write" for change in found)
            rest = () if writes or self._is_settled() else (self._rest(),)
            return (*rest, *found)
        if kept and (waits or self._is_settled()):
            return (kept[0],)
        return (self._rest(),)

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
        return all(
            items_known(self.rule, side, now).keys() == self.base[side].keys()
            for side, now in zip(SIDES, agreed, strict=True)
        )

    def _rest(self) -> FieldChange:
        if not self._is_settled():
            return self._change("agree", "Already the same on both sides.", "same")
        assert self.stored is not None  # noqa: S101 - it is settled
        rest = _untouched(self.rule, self.stored)
        return replace(rest, left=self.values["left"], right=self.values["right"])


def _named(items: list[str]) -> str:
    words = ", ".join(f"“{item}”" for item in items[:SHOWN])
    more = len(items) - SHOWN
    return f"{words} and {more} more" if more > 0 else words
