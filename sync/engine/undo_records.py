"""Undo of whole records: those a run created, and those it removed. Pure.

A created record goes only if nobody but us has touched it since; then its link is
tombstoned, so that it is not created again. A deleted record is gone for good; one that
was archived is taken into use again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from mapping.convert import FieldRule, Side, is_empty
from sync.engine.types import Base, Decision, Policy, Removal, Snapshot
from sync.engine.undo import EDITED, UNDONE, Written, has_same, is_as_left

Created = Literal["leave", "archive", "delete"]
CREATED: tuple[Created, ...] = ("leave", "archive", "delete")
# how a link says that its record is to be brought back, as a person has asked
AGAIN = "again"
RESTING = frozenset({UNDONE, AGAIN})  # tombstones of creates that were undone
SET_ASIDE = RESTING | {"archived", "tagged"}  # tombstones of what may come back
_DONE = {"archive": "archived", "delete": "deleted"}


def undo_created(
    side: Side,
    left: Snapshot,
    right: Snapshot,
    base: Base,
    written: Sequence[Written],
    policy: Policy,
    *,
    how: Created,
    can: Collection[str],
) -> Decision:
    """Return what undoing the create of a linked pair's record comes to.

    `can`: the operations that its system offers.
    """
    name = policy.side(side).name
    if how == "leave":
        reason = f"The run created this person at {name}. They stay, unless you choose otherwise."
        return Decision("excluded", reason, "created", left, right)
    if how not in can:
        reason = f"{name} cannot {how} people, so they stay."
        return Decision("excluded", reason, "cannot_remove", left, right)
    record = left if side == "left" else right
    if record.excluded:
        reason = f"Already put aside at {name}."
        return Decision("excluded", reason, "as_before", left, right)
    if _edited(record, side, base, written, policy):
        reason = f"Edited at {name} since it was created: left as it is."
        return Decision("excluded", reason, EDITED, left, right)
    reason = f"Created by that run and not edited since, so it is {_DONE[how]}."
    return Decision("delete", reason, UNDONE, left, right, remove=Removal(side, how))


def _edited(
    record: Snapshot,
    side: Side,
    base: Base,
    written: Sequence[Written],
    policy: Policy,
) -> bool:
    """Whether anybody but us has changed a record since a run created it.

    Its modified time tells, where its system said which one our last write left; but
    some tell no more than seconds. So mapped fields must also read as we last wrote
    them, where the time tells nothing as that run did; and no other may have changed.
    """
    if record.is_touched:
        return True
    rules = {
        rule.key(side): rule
        for rule in policy.rules
        if rule.write != "never" and rule.gathers != side
    }
    rows = {
        row[side]: row
        for row in written
        if row.get("action") == "write" and row.get("side") == side
    }
    known = rules.keys() | rows.keys()
    return bool(record.field_times.keys() - known) or any(
        _field_edited(record, side, key, rules.get(key), rows.get(key), base, policy)
        for key in known & record.values.keys()
    )


def _field_edited(
    record: Snapshot,
    side: Side,
    key: str,
    rule: FieldRule | None,
    row: Written | None,
    base: Base,
    policy: Policy,
) -> bool:
    now = record.values[key]
    if rule is None:
        return row is not None and bool(now != row["after"])
    if row is not None and is_as_left(rule, side, now, row, base, policy):
        return False
    stored = base.get(rule.stamp)
    if stored is None or record.is_touched is None:
        return row is not None or not is_empty(now)  # whose it is cannot be told
    ours = stored.left if side == "left" else stored.right
    return not has_same(rule, side, now, ours, policy)


def undo_removed(
    side: Side,
    left: Snapshot,
    right: Snapshot,
    tombstone: str,
    policy: Policy,
    *,
    can: Collection[str],
) -> Decision:
    """Return what undoing a removal comes to: archived records come back."""
    name = policy.side(side).name
    record = left if side == "left" else right
    if record.is_gone:
        reason = (
            f"It was deleted at {name}, and a deleted record cannot be brought back."
        )
        return Decision("excluded", reason, "deleted", left, right)
    if tombstone not in SET_ASIDE:
        reason = f"It is in use at {name} again."
        return Decision("excluded", reason, "as_before", left, right)
    if "restore" not in can:
        reason = f"{name} lets nobody but a person bring it back."
        return Decision("excluded", reason, "cannot_restore", left, right)
    return restored(side, left, right, policy)


def restored(side: Side, left: Snapshot, right: Snapshot, policy: Policy) -> Decision:
    """Return the decision that takes an archived record into use again."""
    reason = f"Taken into use again at {policy.side(side).name}."
    removal = Removal(side, "restore")
    return Decision("update", reason, UNDONE, left, right, remove=removal)


def tombstoned(
    tombstone: str, side: Side, left: Snapshot, right: Snapshot, policy: Policy
) -> Decision | None:
    """Return what is decided of a pair whose create was undone; None of all others.

    It rests until a person asks to have it created again.
    """
    if tombstone not in RESTING:
        return None
    record = left if side == "left" else right
    if tombstone == UNDONE or record.is_gone:
        reason = f"Its creation at {policy.side(side).name} was undone."
        return Decision("excluded", reason, UNDONE, left, right)
    return restored(side, left, right, policy)
