"""Undo: from what the log says was written, decide what to put back. Pure.

A field is put back only where it still reads as the run left it, and where the side
that its value came from has not been edited either: whoever changed something since
meant it. What is put back becomes the base of both sides as they are then, so that
nothing flows until somebody edits one of them ("held apart", design §1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mapping.convert import FieldRule, Side, is_empty, meaning, other, same_but_form
from sync.engine.types import Base, Decision, FieldChange, Policy, Snapshot

UNDONE = "undone"
EDITED = "edited_since"
_UNREAD = object()
Written = Mapping[str, Any]  # a change as the log keeps it: sync/remember.changes_json


def undo_pair(
    left: Snapshot,
    right: Snapshot,
    base: Base,
    written: Sequence[Written],
    policy: Policy,
) -> Decision:
    """Return what undoing the logged writes of one linked pair comes to."""
    rules = {(rule.left, rule.right): rule for rule in policy.rules}
    changes = tuple(
        _undo_field(
            rules.get((row["left"], row["right"])), row, left, right, base, policy
        )
        for row in written
        if row.get("action") == "write" and row.get("side")
    )
    known = tuple(change for change in changes if change is not None)
    trace = tuple((c.rule.label(c.side or "left"), c.reason) for c in known)
    if any(change.action == "write" for change in known):
        spared = sum(change.action == "keep" for change in known)
        reason = "Put back as it was before."
        if spared:
            reason += f" {spared} of its fields were edited since and stay."
        return Decision("update", reason, UNDONE, left, right, known, trace=trace)
    if not known:
        return Decision(
            "excluded",
            "Its fields are no longer mapped, so they stay as they are.",
            "not_mapped",
            left,
            right,
        )
    first = next((c for c in known if c.reason_code == EDITED), known[0])
    return Decision(
        "excluded", first.reason, first.reason_code, left, right, known, trace=trace
    )


def _undo_field(
    rule: FieldRule | None,
    row: Written,
    left: Snapshot,
    right: Snapshot,
    base: Base,
    policy: Policy,
) -> FieldChange | None:
    if rule is None:
        return None
    side: Side = "left" if row["side"] == "left" else "right"
    now = {
        "left": rule.value("left", left.values, _UNREAD),
        "right": rule.value("right", right.values, _UNREAD),
    }
    name = policy.side(side).name

    def kept(reason: str, code: str) -> FieldChange:
        shown = {each: None if v is _UNREAD else v for each, v in now.items()}
        return FieldChange(
            rule,
            "keep",
            reason,
            code,
            side,
            shown[side],
            None,
            shown["left"],
            shown["right"],
        )

    if _UNREAD in now.values():
        return kept("It could not be read, so it stays as it is.", "unread")
    if _same(rule, side, now[side], row["before"], policy):
        return kept(f"{name} already has the old value.", "as_before")
    if not _is_as_left(rule, side, now[side], row, base, policy):
        return kept(f"Edited at {name} since: left as it is.", EDITED)
    there = other(side)
    if not _same(rule, there, now[there], row[f"{there}_value"], policy):
        return kept(
            f"Edited at {policy.side(there).name} since: left as it is.", EDITED
        )
    if not rule.writable(side, creating=False):
        return kept(f"{name} does not let this field be changed.", "read_only")
    return FieldChange(
        rule,
        "write",
        f"Put back at {name}.",
        UNDONE,
        side,
        now[side],
        row["before"],
        now["left"],
        now["right"],
    )


def _is_as_left(
    rule: FieldRule,
    side: Side,
    now: Any,
    row: Written,
    base: Base,
    policy: Policy,
) -> bool:
    """Whether a field still reads as the run wrote it, in the vendor's form of it."""
    if _same(rule, side, now, row["after"], policy):
        return True
    stored = base.get(rule.stamp)
    if stored is None or not same_but_form(row["after"], now):
        return False
    was = stored.left if side == "left" else stored.right
    return bool(now == was or stored.unconfirmed == side)


def _same(rule: FieldRule, side: Side, one: Any, two: Any, policy: Policy) -> bool:
    if is_empty(one) and is_empty(two):
        return True
    country = policy.countries.of(side)
    kind = rule.type(side)
    return bool(meaning(kind, one, country) == meaning(kind, two, country))
