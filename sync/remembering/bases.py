"""Bases: what both sides of a pair had of each field when last in agreement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mapping.convert import Side
from sync.engine.relations import lists_agreed
from sync.engine.types import BaseValue, Decision, FieldChange
from sync.engine.undo import UNDONE
from sync.models import RecordLink


def base_agreed(link: RecordLink, decision: Decision) -> bool:
    """Take fields that mean the same on both sides into the base; True if it moved."""
    moved = False
    for change in decision.changes:
        if change.action != "agree":
            continue
        entry = agreed_entry(change, link.base.get(change.rule.stamp))
        if link.base.get(change.rule.stamp) != entry:
            link.base[change.rule.stamp] = entry
            moved = True
    return moved


def base_common(
    one: Mapping[str, Any], two: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return the base of a pair made of one record each of two pairs: the fields on
    which both had agreed alike."""
    return {stamp: entry for stamp, entry in one.items() if two.get(stamp) == entry}


def base_written(
    link: RecordLink,
    changes: Iterable[FieldChange],
    side: Side,
    written: Mapping[str, Any],
    reported: Mapping[str, Any],
) -> None:
    """Advance the base of the fields that one step has written (design §4.3)."""
    for change in changes:
        key = change.rule.key(side)
        if change.action != "write" or change.side != side or key not in written:
            continue
        old = link.base.get(change.rule.stamp)
        entry = base_entry(change, reported.get(key, written[key]), old)
        if key not in reported:
            entry["unconfirmed"] = side
        if change.reason_code == UNDONE:
            entry["apart"] = True
        link.base[change.rule.stamp] = entry


def agreed_entry(change: FieldChange, old: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the base of a field that needs no write; of lists what both have."""
    if not change.rule.is_list:
        return {"left": change.left, "right": change.right}
    left, right = lists_agreed(change.rule, change.left, change.right, _value_of(old))
    return {"left": left, "right": right}


def base_entry(
    change: FieldChange, now: Any, old: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what both sides have once a change is written and reads `now`.

    `old` is the entry before it. What somebody adds to a list while it is written is
    none of it, and a text that is still to be written on the other side stays news.
    """
    entry = {"left": change.left, "right": change.right}
    side = change.side
    if side is None:
        return entry
    entry[side] = now
    if change.pending:
        entry[side] = (old or {}).get(side)
    if change.rule.is_list and change.reason_code != UNDONE:
        sent = (side, change.before, change.after)
        entry["left"], entry["right"] = lists_agreed(
            change.rule, entry["left"], entry["right"], _value_of(old), sent=sent
        )
    return entry


def _value_of(entry: Mapping[str, Any] | None) -> BaseValue | None:
    if entry is None:
        return None
    return BaseValue(entry["left"], entry["right"], entry.get("unconfirmed", ""))
