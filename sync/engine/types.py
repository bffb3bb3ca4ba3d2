"""What the deciding code takes and gives: plain, frozen data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from mapping.convert import Countries, FieldRule, Side, is_empty
from mapping.kinds import item_key
from mapping.lists import items_of_side
from sync.engine.scope import Scope, scope_of

Outcome = Literal[
    "create",
    "update",
    "delete",
    "link",
    "unchanged",
    "excluded",
    "review",
    "conflict",
    "failed",
]
# A unit has exactly one outcome: the first of these that applies (design §7).
PRECEDENCE: tuple[Outcome, ...] = (
    "failed",
    "conflict",
    "review",
    "delete",
    "create",
    "update",
    "link",
    "unchanged",
    "excluded",
)
LIST_OF: Mapping[str, str] = {
    "create": "in_sync",
    "update": "in_sync",
    "delete": "excluded",  # what is left of the pair, if anything
    "link": "in_sync",
    "unchanged": "in_sync",
    "excluded": "excluded",
    "review": "review",
    "conflict": "conflict",
    "failed": "failing",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One remote record as last read; a key absent from `values` was not read."""

    pk: int
    remote_id: str
    values: Mapping[str, Any]
    version: int = 1
    label: str = ""
    excluded: str = ""
    is_gone: bool = False
    gone_how: str = ""  # the proof, as half a sentence
    is_gone_surely: bool = True  # else one “not found” is all that speaks for it
    modified_at: datetime | None = None
    created_at: datetime | None = None
    field_times: Mapping[str, Sequence[str]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    # by its modified time: changed there since our own last write; None: not to be told
    is_touched: bool | None = None


@dataclass(frozen=True, slots=True)
class SideFacts:
    """What deciding needs to know of the system on one side."""

    name: str  # as people call it: "Zoho Invoice"
    country: str = ""
    create_needs: tuple[str, ...] = ()
    create_needs_text: str = ""
    exclusions: Mapping[str, str] = field(default_factory=dict)
    filter: Mapping[str, Any] = field(default_factory=dict)  # sync/engine/scope.py
    types: Mapping[str, str] = field(default_factory=dict)  # by field key
    labels: Mapping[str, str] = field(default_factory=dict)
    noun: str = ""  # what one record is called inside a sentence
    cannot_create: str = ""  # why nothing is made there, as a sentence
    replaces: bool = False  # a record is not changed there: a new one takes its place

    def scope(self, record: Snapshot) -> Scope:
        """Return whether a record of this side is what the sync is about."""
        return scope_of(record.values, self.filter, self.types, self.labels)


@dataclass(frozen=True, slots=True)
class Policy:
    """All choices of a sync that deciding depends on, for one object type."""

    rules: tuple[FieldRule, ...]
    left: SideFacts
    right: SideFacts
    direction: str = "both"
    match: tuple[str, ...] = ("email", "phone", "name")
    first_merge: str = "non_empty"
    conflict: str = "newest"
    since: datetime | None = None  # history: older unlinked records are left out
    delete: str = "ignore"  # one side is gone: ignore | archive | ask | mirror
    leaving: str = "keep"  # a pair leaves the scope: keep | unlink | archive
    parent: str = ""  # object type under which its records hang
    is_single: bool = (
        False  # there is one a parent: nothing else can be its counterpart
    )

    def side(self, side: Side) -> SideFacts:
        """Return the facts of a side."""
        return self.left if side == "left" else self.right

    @property
    def countries(self) -> Countries:
        """Return both countries."""
        return Countries(self.left.country, self.right.country)

    def flows(self, to: Side) -> bool:
        """Whether the object type flows towards a side at all."""
        return self.direction in {
            "both",
            "left_to_right" if to == "right" else "right_to_left",
        }


@dataclass(frozen=True, slots=True)
class BaseValue:
    """What both sides had of one field when last in agreement."""

    left: Any
    right: Any
    unconfirmed: str = ""  # side whose value was sent and not yet read back
    apart: bool = False  # they differ since an undo, until somebody edits one


Base = Mapping[str, BaseValue]  # by the stamp of the field map


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of two values a person chose, and what they saw when they did."""

    winner: Side
    left: Any
    right: Any


# a person's choices about one pair, by the keys of the field map: (left, right)
Choices = Mapping[tuple[str, str], Choice]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What is decided of one field map of a pair.

    `action`: "write" to `side`; "agree" (both mean the same: remember it);
    "keep" (they differ and stay so by rule); "conflict"; "unread"; "same"; "refuse"
    (the field at `side` cannot hold the value: it alone is not written, and the unit
    fails). `pending`: the same field is to be written on the other side after this.
    """

    rule: FieldRule
    action: Literal["write", "agree", "keep", "conflict", "unread", "same", "refuse"]
    reason: str
    reason_code: str
    side: Side | None = None
    before: Any = None
    after: Any = None
    left: Any = None
    right: Any = None
    pending: bool = False

    @property
    def replaces(self) -> bool:
        """Whether something that stands at its side is lost by it."""
        if self.action != "write" or self.side is None or is_empty(self.before):
            return False
        if not self.rule.is_list:
            return self.rule.write != "append"
        had = items_of_side(self.rule, self.side, self.before)
        has = items_of_side(self.rule, self.side, self.after)
        return not set(map(item_key, had)) <= set(map(item_key, has))


@dataclass(frozen=True, slots=True)
class Changing:
    """Makes what is decided of a field map, from the values that both sides have."""

    rule: FieldRule
    now: Mapping[Side, Any]

    def __call__(
        self,
        action: Any,
        reason: str,
        code: str,
        side: Side | None = None,
        after: Any = None,
    ) -> FieldChange:
        """Return a change; of one that goes to a side, with what is there before."""
        before = self.now[side] if side else None
        left, right = self.now["left"], self.now["right"]
        return FieldChange(
            self.rule, action, reason, code, side, before, after, left, right
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record of the other (or the same) side that may be the same person."""

    side: Side
    pk: int
    why: str


@dataclass(frozen=True, slots=True)
class Removal:
    """A record is to be deleted, archived as its system does it, or brought back."""

    side: Side
    how: Literal["delete", "archive", "restore"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen to one unit, and why."""

    outcome: Outcome
    reason: str
    reason_code: str
    left: Snapshot | None = None
    right: Snapshot | None = None
    changes: tuple[FieldChange, ...] = ()
    create_side: Side | None = None
    remove: Removal | None = None  # outcome "delete", or "update" where it restores
    asks: Side | None = None  # outcome "review": a removal there waits for a person
    link_how: str = ""  # set when the pair is to be linked
    candidates: tuple[Candidate, ...] = ()
    trace: tuple[tuple[str, str], ...] = ()

    def writes(self, side: Side) -> dict[str, Any]:
        """Return the field values to write on a side."""
        return {
            change.rule.key(side): change.after
            for change in self.changes
            if change.action == "write" and change.side == side
        }

    @property
    def needs_calls(self) -> bool:
        """Whether carrying it out takes calls that write."""
        return bool(self.create_side or self.remove or self.sides_written)

    @property
    def takes_away(self) -> bool:
        """Whether it removes a record, which somebody else may have done before."""
        return self.remove is not None and self.remove.how != "restore"

    @property
    def sides_written(self) -> tuple[Side, ...]:
        """Return the sides this decision writes to."""
        sides: tuple[Side, ...] = ("left", "right")
        return tuple(side for side in sides if self.writes(side))
