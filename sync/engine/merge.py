"""Merging one field of a pair: three-way by its base, else by the first-merge rule.

Design §4 rules 1, 2 and 5. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mapping.convert import (
    FieldRule,
    Side,
    convert,
    is_empty,
    misfit,
    other,
    same_but_form,
    same_meaning,
)
from sync.engine.newer import newer_change, newer_record
from sync.engine.types import BaseValue, Changing, Choice, FieldChange, Policy, Snapshot

UNREAD = object()


def merge_field(
    rule: FieldRule,
    left: Snapshot,
    right: Snapshot,
    base: BaseValue | None,
    policy: Policy,
    chosen: Choice | None = None,
) -> FieldChange:
    """Return what is to happen to one field of a pair.

    `chosen`: what a person decided of a conflict; it counts while both values are
    those that the person saw.
    """
    left_now = rule.value("left", left.values, UNREAD)
    right_now = rule.value("right", right.values, UNREAD)
    if left_now is UNREAD or right_now is UNREAD:
        return FieldChange(rule, "unread", "Not read on both sides.", "unread")
    merge = Merge(rule, left, right, left_now, right_now, policy, chosen)
    if merge.is_chosen():
        return merge.by_person()
    return merge.first() if base is None else merge.three_way(base)


class Merge:
    """The values at hand while one field is decided."""

    def __init__(
        self,
        rule: FieldRule,
        left: Snapshot,
        right: Snapshot,
        left_now: Any,
        right_now: Any,
        policy: Policy,
        chosen: Choice | None,
    ) -> None:
        self.rule = rule
        self.chosen = chosen
        self.records: Mapping[Side, Snapshot] = {"left": left, "right": right}
        self.now: Mapping[Side, Any] = {"left": left_now, "right": right_now}
        self.policy = policy
        self._change = Changing(rule, self.now)

    # --- outcomes ---------------------------------------------------------------

    def name(self, side: Side) -> str:
        return self.policy.side(side).name

    def agree(self) -> FieldChange:
        return self._change("agree", "Already the same on both sides.", "same")

    def write(self, winner: Side, reason: str, code: str) -> FieldChange:
        """Write the winner's value to the other side, as far as the rules let it."""
        to = other(winner)
        rule = self.rule
        if not (rule.flows(to) and self.policy.flows(to)):
            return self._change(
                "keep", f"This field does not flow to {self.name(to)}.", "one_way"
            )
        if not rule.writable(to, creating=self.policy.side(to).replaces):
            return self._change(
                "keep",
                f"{self.name(to)} does not let this field be changed.",
                "read_only",
            )
        if rule.write == "on_create":
            return self._change(
                "keep", "Only written when a person is new.", "on_create"
            )
        if rule.write == "if_empty" and not is_empty(self.now[to]):
            return self._change(
                "keep",
                f"{self.name(to)} already has a value; only filled if empty.",
                "if_empty",
            )
        value = convert(rule, self.now[winner], to=to, countries=self.policy.countries)
        if is_empty(value):
            return self._change(
                "keep", "An empty value never erases one.", "empty_keeps"
            )
        problem = misfit(
            rule,
            self.now[winner],
            to=to,
            countries=self.policy.countries,
            where=self.name(to),
        )
        if problem:
            return self._change("refuse", problem, "mapping", to)
        return self._change("write", reason, code, to, value)

    def conflict(self, reason: str, code: str) -> FieldChange:
        return self._change("conflict", reason, code)

    # --- deciding -----------------------------------------------------------------

    def is_chosen(self) -> bool:
        """Whether a person chose between just these two values."""
        seen = self.chosen and (self.chosen.left, self.chosen.right)
        return seen == (self.now["left"], self.now["right"]) and not self.is_same()

    def by_person(self) -> FieldChange:
        """Decide as a person chose."""
        assert self.chosen is not None  # noqa: S101
        winner = self.chosen.winner
        return self.write(winner, f"You chose {self.name(winner)}.", "chosen")

    def is_same(self) -> bool:
        return same_meaning(
            self.rule, self.now["left"], self.now["right"], self.policy.countries
        )

    def _only_source(self) -> Side | None:
        """Return the side values may only come from, None when both may."""
        to_left = self.rule.flows("left") and self.policy.flows("left")
        to_right = self.rule.flows("right") and self.policy.flows("right")
        if to_left == to_right:
            return None
        return "left" if to_right else "right"

    def first(self) -> FieldChange:
        """Decide without a base (design §4.5)."""
        if self.is_same():
            return self.agree()
        for side in ("left", "right"):
            filled: Side = side
            if is_empty(self.now[other(filled)]):
                return self.write(
                    filled,
                    f"Empty at {self.name(other(filled))}, filled from {self.name(filled)}.",
                    "fill_empty",
                )
        source = self._only_source()
        if source:
            return self.write(
                source, f"This field only flows from {self.name(source)}.", "one_way"
            )
        choice = self.policy.first_merge
        if choice == "non_empty":
            choice = self.rule.conflict or self.policy.conflict
        return self._choose(choice, self._newer_record, "first merge")

    def three_way(self, base: BaseValue) -> FieldChange:
        """Decide by what each side had when last in agreement (design §4.2)."""
        changed = {side: self.has_changed(side, base) for side in ("left", "right")}
        if not changed["left"] and not changed["right"]:
            if self._is_confirmed(base):
                return self._change("agree", "Stored in its own form.", "confirmed")
            if base.apart:
                return self._change(
                    "same",
                    "Held apart since it was undone, until somebody edits it.",
                    "held_apart",
                )
            return self._change("same", "Unchanged since the last time.", "unchanged")
        if self.is_same():
            return self.agree()
        if not changed["right"]:
            return self.write(
                "left", f"Changed at {self.name('left')}.", "changed_left"
            )
        if not changed["left"]:
            return self.write(
                "right", f"Changed at {self.name('right')}.", "changed_right"
            )
        source = self._only_source()
        if source:
            return self.write(
                source, f"This field only flows from {self.name(source)}.", "one_way"
            )
        return self._choose(
            self.rule.conflict or self.policy.conflict,
            self._newer_change,
            "changed on both",
        )

    def has_changed(self, side: Any, base: BaseValue) -> bool:
        was = base.left if side == "left" else base.right
        current = self.now[side]
        if current == was or (is_empty(current) and is_empty(was)):
            return False
        if is_empty(current):
            return False  # emptied: empty never erases, so nothing is to flow
        if base.unconfirmed == side:
            # the vendor stored our value in its own form
            left = self.now["left"] if side == "left" else base.left
            right = self.now["right"] if side == "right" else base.right
            same = same_meaning(self.rule, left, right, self.policy.countries)
            return not (same or same_but_form(was, current))
        return True

    def _is_confirmed(self, base: BaseValue) -> bool:
        """Whether a read shows the form in which a vendor stored what we sent."""
        if base.unconfirmed not in {"left", "right"}:
            return False
        left, right = self.now["left"], self.now["right"]
        was, current = (
            (base.left, left) if base.unconfirmed == "left" else (base.right, right)
        )
        return current != was and not is_empty(left) and not is_empty(right)

    def _choose(self, choice: str, newer: Any, what: str) -> FieldChange:
        if choice in {"left", "right"}:
            winner: Side = "left" if choice == "left" else "right"
            return self.write(
                winner,
                f"{self.name(winner)} wins, as this sync says.",
                f"{choice}_wins",
            )
        if choice == "newest":
            found: Side | None = newer()
            if found:
                return self.write(found, f"Newer at {self.name(found)}.", "newest")
            return self.conflict(
                "Two different values, and which is newer cannot be told.",
                "newest_unknown",
            )
        return self.conflict("Two different values: you choose.", "ask")

    def _newer_record(self) -> Side | None:
        return newer_record(self.records["left"], self.records["right"])

    def _newer_change(self) -> Side | None:
        left, right = self.records["left"], self.records["right"]
        return newer_change(left, self.rule.left, right, self.rule.right)
