"""The write rule “append”: texts grow by what the other side says. Pure.

Nothing that stands there is ever replaced. Lists append by only adding: see sets.py.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mapping.convert import FieldRule, Side, convert, is_empty, other
from sync.engine.merge import UNREAD, Merge, merge_field
from sync.engine.types import BaseValue, Choice, FieldChange, Policy, Snapshot

SIDES: tuple[Side, Side] = ("left", "right")
BETWEEN = {"long_text": "\n"}  # by the type that is written; on one line:
ON_ONE_LINE = "; "


def merge_append(
    rule: FieldRule,
    left: Snapshot,
    right: Snapshot,
    base: BaseValue | None,
    policy: Policy,
    chosen: Choice | None = None,
) -> tuple[FieldChange, ...]:
    """Return what is to happen to one text of a pair: a write per side at the most."""
    left_now = rule.value("left", left.values, UNREAD)
    right_now = rule.value("right", right.values, UNREAD)
    if left_now is not UNREAD and right_now is not UNREAD:
        merge = _Append(rule, left, right, left_now, right_now, policy, chosen)
        if changes := merge.appended(base):
            return changes
    return (merge_field(rule, left, right, base, policy, chosen),)


class _Append(Merge):
    """The texts at hand while one field is decided."""

    def appended(self, base: BaseValue | None) -> tuple[FieldChange, ...]:
        """Return the changes of texts that grow, () where none has something new."""
        has_news: dict[Side, bool] = {
            side: not is_empty(self.now[side])
            if base is None
            else self.has_changed(side, base)
            for side in SIDES
        }
        if self.is_same() or not any(has_news.values()):
            return ()
        found = [self._append(to) for to in SIDES if has_news[other(to)]]
        grown = [change for change in found if change.action in {"write", "refuse"}]
        if len(grown) == 2 and all(change.action == "write" for change in grown):
            return self._both(grown[0])
        return tuple(grown) or tuple(found[:1])

    def _append(self, to: Side) -> FieldChange:
        name = self.name(other(to))
        change = self.write(other(to), f"Added from {name}.", f"changed_{other(to)}")
        if change.action != "write":
            return change
        after = text_with(self.now[to], change.after, self.rule.type(to))
        if after == self.now[to]:
            return self._change(
                "agree", f"{self.name(to)} has this text already.", "same"
            )
        return replace(change, after=after)

    def _both(self, first: FieldChange) -> tuple[FieldChange, ...]:
        """Both say something new: both get the one text that holds both.

        The base of the side written first stays until the other is written too.
        """
        whole = convert(
            self.rule, first.after, to="right", countries=self.policy.countries
        )
        second = self.write("left", f"Added from {self.name('left')}.", "changed_left")
        return (
            replace(first, pending=True),
            replace(second, after=whole, left=first.after),
        )


def text_with(have: object, more: object, kind: str) -> object:
    """Return a text that says both; the longer one where it says the other already."""
    if is_empty(have):
        return more
    one, two = str(have), str(more)
    if _says(one, two):
        return have
    if _says(two, one):
        return more
    return one.rstrip() + BETWEEN.get(kind, ON_ONE_LINE) + two.lstrip()


def _says(text: str, part: str) -> bool:
    """Whether a text holds another whole, whatever its case and space."""
    whole, wanted = (" ".join(each.split()).casefold() for each in (text, part))
    return bool(re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", whole))
