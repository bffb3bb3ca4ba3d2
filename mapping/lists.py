"""Lists across a field map: their items, one by one, in the form of either side. Pure.

A list is tags or several choices, or a text that holds such a list ("a, b"). Items
compare without regard to case and space, as vendors keep tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mapping.fieldrule import FieldRule, Side, other
from mapping.kinds import (
    LISTS,
    Fitted,
    fit,
    item_key,
    items_of,
    items_text,
    quoted,
)
from mapping.transforms import Setting, apply_chain, on_items, separator_in
from mapping.valuemap import value_mapped

NOWHERE = Setting()  # items are words, not numbers of some country


def items_of_side(rule: FieldRule, side: Side, value: Any) -> list[str]:
    """Return the items a side's value lists, each once, as they are written there."""
    separator = ""
    if rule.type(side) not in LISTS:
        separator = _separator(rule, side)
    elif isinstance(value, str) and value in rule.options(side):
        return [value]  # the name of an option may hold a comma
    found: dict[str, str] = {}
    for item in items_of(value, separator):
        found.setdefault(item_key(item), item)
    return list(found.values())


def _separator(rule: FieldRule, side: Side) -> str:
    """Return what parts the items of a side's text, "" for whatever usually does."""
    read = separator_in(rule.chain(other(side)), "split")
    return read or separator_in(rule.chain(side), "join")


def carried(rule: FieldRule, item: str, to: Side) -> Fitted:
    """Return an item of the other side as `to` writes it, None when it is not carried."""
    found = value_mapped(rule.value_map, item, to=to, kind="text")
    if found.problem or found.value is None:
        return Fitted(found.value, found.problem)
    value = apply_chain(on_items(rule.chain(to)), found.value, NOWHERE)
    if value is None:
        return Fitted(None)
    if rule.type(to) in LISTS:
        fitted = fit(rule.type(to), rule.options(to), [str(value)])
        return Fitted(fitted.value[0], fitted.problem) if fitted.value else fitted
    if items_of_side(rule, to, str(value)) != [str(value)]:
        return Fitted(
            value,
            f"keeps a list as one text, and {quoted(value)} has in it what parts two "
            "items",
        )
    return Fitted(str(value))


def text_or_list(rule: FieldRule, side: Side, items: Sequence[str]) -> Any:
    """Return items as a side holds them: a list or a text, None when there are none."""
    if not items:
        return None
    if rule.type(side) in LISTS:
        return list(items)
    separator = separator_in(rule.chain(side), "join")
    return items_text(items, separator or _separator(rule, side) or ",")
