"""Removal: what becomes of a pair one of whose records is gone, or has left the scope.

Pure. A record only counts as gone with proof (sync/reading/absence.py, sync/inbox/draining.py). What is
removed cannot be fetched back, so whatever is doubtful is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from mapping.convert import (
    FieldRule,
    Side,
    is_empty,
    other,
    same_but_form,
    same_meaning,
)
from sync.engine.types import Base, BaseValue, Decision, Policy, Removal, Snapshot
from sync.engine.undo import UNDONE

# why a link is at rest: its tombstone
DELETED, ARCHIVED, TAGGED, KEPT, BOTH_GONE, MOVED = (
    "deleted",  # we deleted the other record
    "archived",  # we put it aside, and its system says so
    "tagged",  # we put it aside by a tag: its system treats it as before
    "kept",  # a person keeps it
    "gone",  # both were deleted by others
    "moved",  # another record has just taken the place of one that is gone
)
# why a person is asked: reason codes of the outcome "review", all begin alike
ASK, EDITED, HELD, MERGED, SURVIVOR = (
    "delete_ask",
    "delete_edited",
    "delete_guard",
    "delete_merged",
    "delete_survivor",
)
UNLINKED = "unlinked"
UNSURE = "gone_unsure"  # one “not found” is no proof: nothing is removed for it
_UNREAD = object()
Way = Literal["delete", "archive", "keep"]
WAYS: tuple[Way, ...] = ("delete", "archive", "keep")
DONE: dict[str, str] = {"delete": "deleted", "archive": "archived"}


@dataclass(frozen=True, slots=True)
class Fate:
    """What is known of a pair beside its two records."""

    tombstone: str = ""
    chosen: Way | None = None  # by a person who saw the other record as it is now
    is_held: bool = False  # more would be removed than may be without asking
    merged_into: str = ""  # the gone record's likely survivor, itself linked
    outlived: str = ""  # who was likely merged into the other record, of another pair


NO_FATE = Fate()


@dataclass(frozen=True, slots=True)
class _Gone:
    """A pair of which one record, at `side`, is gone."""

    side: Side
    left: Snapshot
    right: Snapshot
    base: Base
    policy: Policy
    fate: Fate

    @property
    def there(self) -> Side:
        return other(self.side)

    @property
    def gone(self) -> Snapshot:
        return self.left if self.side == "left" else self.right

    @property
    def rest(self) -> Snapshot:
        return self.right if self.side == "left" else self.left

    @property
    def here_name(self) -> str:
        return self.policy.side(self.side).name

    @property
    def there_name(self) -> str:
        return self.policy.side(self.there).name


def gone_decide(
    left: Snapshot, right: Snapshot, base: Base, policy: Policy, fate: Fate
) -> Decision | None:
    """Return what becomes of a pair with a record that is gone; None when none is."""
    if not left.is_gone and not right.is_gone:
        return None
    if left.is_gone and right.is_gone:
        return Decision("excluded", "Deleted on both sides.", "gone", left, right)
    pair = _Gone("left" if left.is_gone else "right", left, right, base, policy, fate)
    found = _one_gone(pair)
    how = f"At {pair.here_name}: {pair.gone.gone_how or 'a read did not find it'}."
    return replace(
        found,
        left=left,
        right=right,
        trace=(("linked", "Linked before."), ("gone", how), ("delete", found.reason)),
    )


def _one_gone(pair: _Gone) -> Decision:
    stays = _stays(pair)
    if stays is not None:
        return stays
    here, name, chosen = pair.here_name, pair.there_name, pair.fate.chosen
    if chosen in ("delete", "archive"):
        reason = f"Deleted at {here}. A person chose: {DONE[chosen]} at {name} too."
        return _removal(pair.there, chosen, reason, "chosen")
    doubt = _doubt(pair)
    if doubt is not None:
        return Decision("review", *doubt, asks=pair.there)
    if not pair.gone.is_gone_surely:
        return Decision(
            "excluded",
            f"Not found at {here}, which may be a mistake there. Once a complete "
            "listing lacks it too, as each night, it is taken as deleted.",
            UNSURE,
        )
    if pair.policy.delete == "mirror":
        reason = f"Deleted at {here}, so it is deleted at {name} too."
        return _removal(pair.there, "delete", reason, "mirrored")
    reason = f"Deleted at {here}, so it is archived at {name}."
    return _removal(pair.there, "archive", reason, "archived")


def _stays(pair: _Gone) -> Decision | None:
    """Return why the other record is left as it is, None when it may be removed."""
    policy, fate, name = pair.policy, pair.fate, pair.there_name
    gone = f"Deleted at {pair.here_name}."

    def stay(words: str, code: str) -> Decision:
        return Decision("excluded", f"{gone} {words}", code)

    if fate.tombstone == UNDONE:
        return Decision("excluded", "Undone, and not created again.", UNDONE)
    if fate.tombstone in {ARCHIVED, TAGGED}:
        return stay(f"It was archived at {name}.", ARCHIVED)
    if fate.chosen == "keep" or fate.tombstone == KEPT:
        return stay(f"You kept it at {name}.", KEPT)
    if pair.rest.excluded:
        exclusions = policy.side(pair.there).exclusions
        text = exclusions.get(pair.rest.excluded, pair.rest.excluded)
        return stay(f"It stays at {name}: {text}", "gone")
    for each, record in (("left", pair.left), ("right", pair.right)):
        scope = policy.side(each).scope(record)  # type: ignore[arg-type]
        if scope.standing == "out":
            return stay(f"It was out of the scope before: {scope.reason}", "gone")
    if not policy.flows(pair.there):
        return stay(f"Nothing flows to {name}, so it stays there.", "gone")
    if policy.delete == "ignore" and fate.chosen is None:
        return stay("This sync ignores deletes, so the other side stays.", "gone")
    return None


def _doubt(pair: _Gone) -> tuple[str, str] | None:
    """Return why a person is asked before anything is removed, and the code."""
    here, name, fate = pair.here_name, pair.there_name, pair.fate
    if fate.merged_into:
        return (
            f"Gone at {here}, probably merged into {fate.merged_into}, who is linked "
            f"to somebody else at {name}. Merge the two there, or decide here.",
            MERGED,
        )
    if fate.outlived:
        return (
            f"Deleted at {here}. At {name} they are probably all that is left of two: "
            f"{fate.outlived} was merged into them there. You decide.",
            SURVIVOR,
        )
    rule = edited_since(pair.rest, pair.there, pair.gone, pair.base, pair.policy)
    if rule is not None:
        return (
            f"Deleted at {here}, but {rule.label(pair.there)} was edited at {name} "
            "since both last agreed. You decide.",
            EDITED,
        )
    if not pair.base:
        return (
            f"Deleted at {here} before both sides ever agreed. You decide.",
            EDITED,
        )
    if fate.is_held:
        return f"Deleted at {here}, with many others at once. You decide.", HELD
    if pair.policy.delete == "ask":
        return f"Deleted at {here}. You decide what happens at {name}.", ASK
    return None


def _removal(
    side: Side, how: Literal["delete", "archive"], reason: str, code: str
) -> Decision:
    return Decision("delete", reason, code, remove=Removal(side, how))


def edited_since(
    record: Snapshot, side: Side, gone: Snapshot, base: Base, policy: Policy
) -> FieldRule | None:
    """Return a field of a record that is not as when both sides last agreed.

    A field they never agreed on counts when it says what the gone record did not.
    """
    for rule in policy.rules:
        now = (
            _UNREAD if rule.fixed == side else rule.value(side, record.values, _UNREAD)
        )
        if rule.write == "never" or now is _UNREAD:
            continue
        was = base.get(rule.stamp)
        if was is not None and _is_edited(now, was, side):
            return rule
        if was is None and _says_more(rule, now, side, gone, policy):
            return rule
    return None


def _is_edited(now: Any, was: BaseValue, side: Side) -> bool:
    before = was.left if side == "left" else was.right
    if now == before or (is_empty(now) and is_empty(before)):
        return False
    return not (was.unconfirmed == side and same_but_form(before, now))


def _says_more(
    rule: FieldRule, now: Any, side: Side, gone: Snapshot, policy: Policy
) -> bool:
    then = rule.value(other(side), gone.values)
    if is_empty(now):
        return False
    left, right = (now, then) if side == "left" else (then, now)
    return not same_meaning(rule, left, right, policy.countries)


def leave_decide(
    side: Side,
    left: Snapshot,
    right: Snapshot,
    base: Base,
    policy: Policy,
    fate: Fate,
) -> Decision | None:
    """Return what becomes of a linked pair whose record left the scope of its side.

    None when it is left as it is: that is so, too, for pairs that never agreed (they
    were outside when they were linked) and for those already put aside.
    """
    here = policy.side(side)
    reason = here.scope(left if side == "left" else right).reason
    why = f"Left the scope at {here.name}: {reason}"
    if policy.leaving == "unlink" and fate.tombstone != UNDONE:
        return Decision("excluded", f"{why} No longer linked.", UNLINKED, left, right)
    there = other(side)
    name = policy.side(there).name
    rest = right if side == "left" else left
    is_inside = policy.side(there).scope(rest).standing == "in"
    may = policy.leaving == "archive" and policy.flows(there) and is_inside
    if not may or not base or fate.tombstone or fate.chosen == "keep":
        return None
    if fate.is_held and fate.chosen is None:
        reason = f"{why} Many did at once. You decide what happens at {name}."
        return Decision("review", reason, HELD, left, right, asks=there)
    found = _removal(
        there,
        fate.chosen or "archive",
        f"{why} It is archived at {name}.",
        "left_scope",
    )
    return replace(found, left=left, right=right)
