"""Undo: from what the log says was written, decide what to put back. Pure.

A field is put back only where it still reads as the run left it, and where the side
that its value came from has not been edited either: whoever changed something since
meant it. What is put back becomes the base of both sides as they are then, so that
nothing flows until somebody edits one of them ("held apart", design §1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mapping.convert import FieldRule, Side, is_empty, meaning, other, same_but_form
from sync.engine.types import Base, Decision, FieldChange, Policy, Snapshot

UNDONE = "undone"
EDITED = "edited_since"
_UNREAD = object()
Written = Mapping[str, Any]  # a change as the log keeps it: sync/remembering/written.py


def undo_pair(
    left: Snapshot,
    right: Snapshot,
    base: Base,
    written: Sequence[Written],
    policy: Policy,
) -> Decision:
    """Return what undoing the logged writes of one linked pair comes to."""
    if left.excluded or right.excluded:
        name = policy.side("left" if left.excluded else "right").name
        reason = f"Takes no part at {name} any more, so it stays as it is."
        return Decision("excluded", reason, "put_aside", left, right)
    rules = {(rule.left, rule.right): rule for rule in policy.rules}
    rows = [row for row in written if row.get("action") == "write" and row.get("side")]
    by_end = {(row["left"], row["right"], row["side"]): row for row in rows}
    changes = (
        _undo_field(
            rules.get((row["left"], row["right"])),
            row,
            by_end.get((row["left"], row["right"], _across(row))),
            left,
            right,
            base,
            policy,
        )
        for row in rows
    )
    known = _together([change for change in changes if change is not None])
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


def _across(row: Written) -> Side:
    """Return the side that a logged write did not go to."""
    return "right" if row["side"] == "left" else "left"


def _together(changes: Sequence[FieldChange]) -> tuple[FieldChange, ...]:
    """Return changes of which a field written on both sides goes back as a whole.

    A list that was united had a write on either side: where one stays, both do, and
    the one that goes back second finds the first one as it is by then.
    """
    put = {c.rule.stamp: c for c in changes if c.action == "write" and c.side == "left"}
    kept = {c.rule.stamp for c in changes if c.action == "keep"}
    found = []
    for change in changes:
        first = put.get(change.rule.stamp)
        if change.action == "write" and change.rule.stamp in kept:
            reason = "Its other side was edited since: left as it is."
            change = replace(
                change, action="keep", reason=reason, reason_code=EDITED, after=None
            )
        elif change.action == "write" and change.side == "right" and first is not None:
            change = replace(change, left=first.after)
        found.append(change)
    return tuple(found)


def _undo_field(
    rule: FieldRule | None,
    row: Written,
    sibling: Written | None,
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
    if has_same(rule, side, now[side], row["before"], policy):
        return kept(f"{name} already has the old value.", "as_before")
    if not is_as_left(rule, side, now[side], row, base, policy):
        return kept(f"Edited at {name} since: left as it is.", EDITED)
    there = other(side)
    theirs = sibling["after"] if sibling else row[f"{there}_value"]
    if not has_same(rule, there, now[there], theirs, policy):
        return kept(
            f"Edited at {policy.side(there).name} since: left as it is.", EDITED
        )
    if not rule.writable(side, creating=policy.side(side).replaces):
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


def is_as_left(
    rule: FieldRule,
    side: Side,
    now: Any,
    row: Written,
    base: Base,
    policy: Policy,
) -> bool:
    """Whether a field still reads as the run wrote it, in the vendor's form of it."""
    if has_same(rule, side, now, row["after"], policy):
        return True
    stored = base.get(rule.stamp)
    if stored is None or not same_but_form(row["after"], now):
        return False
    was = stored.left if side == "left" else stored.right
    return bool(now == was or stored.unconfirmed == side)


def has_same(rule: FieldRule, side: Side, one: Any, two: Any, policy: Policy) -> bool:
    """Whether two values of a field mean the same at its own system."""
    if is_empty(one) and is_empty(two):
        return True
    country = policy.countries.of(side)
    kind = rule.type(side)
    return bool(meaning(kind, one, country) == meaning(kind, two, country))
