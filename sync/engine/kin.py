"""Deciding what hangs under a linked pair: notes, tasks, appointments. Pure.

Children have no keys of their own. Two of them are the same when they hang under the
same pair of parents and mean the same; of several alike, as many as both sides have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mapping.convert import FieldRule, Side, convert, meaning, other
from sync.engine.decide import decide_pair, decide_single
from sync.engine.match import NOBODY
from sync.engine.removal import NO_FATE, UNLINKED, Fate, gone_decide
from sync.engine.types import Base, Choices, Decision, Policy, Removal, Snapshot

PARENT = "parent"  # the reason code of what is left out with its parent
ALIKE = "Under the same {noun}, and it says the same."
ONLY = "The only one of the same {noun}."


@dataclass(frozen=True, slots=True)
class Family:
    """The pair of parents that children hang under; an id is "" until it is made.

    `shut` says why its children stay out, "" when they take part.
    """

    left: str = ""
    right: str = ""
    name: str = ""  # by which people know the parent
    shut: str = ""

    def parent(self, side: Side) -> str:
        """Return the remote id of the parent on a side."""
        return self.left if side == "left" else self.right


def pair_off(
    left: Sequence[Snapshot], right: Sequence[Snapshot], policy: Policy
) -> dict[int, int]:
    """Return who is whose counterpart in one family: left pk → right pk.

    Children that say the same are interchangeable: the oldest go together, and what
    one side has more of has no counterpart.
    """
    rules = _telling(policy)
    waiting: dict[Any, list[int]] = defaultdict(list)
    for record in reversed(_by_age(right)):
        if key := _said(record, rules, "right", policy):
            waiting[key].append(record.pk)
    found = {}
    for record in _by_age(left):
        key = _said(record, rules, "left", policy)
        if key and waiting.get(key):
            found[record.pk] = waiting[key].pop()
    return found


def _by_age(records: Sequence[Snapshot]) -> list[Snapshot]:
    """Return those that take part, the oldest first."""
    known = [r for r in records if not r.excluded and not r.is_gone]

    def age(record: Snapshot) -> tuple[float, int]:
        return (record.created_at.timestamp() if record.created_at else 0, record.pk)

    return sorted(known, key=age)


def _telling(policy: Policy) -> list[FieldRule]:
    """Return the field maps by which children are told apart: what none can lack."""
    needs = {"left": policy.left.create_needs, "right": policy.right.create_needs}
    return [
        rule
        for rule in policy.rules
        if rule.write != "never"
        and (rule.left in needs["left"] or rule.right in needs["right"])
    ]


def _said(
    record: Snapshot, rules: Sequence[FieldRule], side: Side, policy: Policy
) -> tuple[Any, ...]:
    """Return what a child says, comparable across; () when it says nothing."""
    if policy.is_single:
        return ("the only one",)
    said = []
    for rule in rules:
        value = rule.value(side, record.values)
        if side == "left":
            value = convert(rule, value, to="right", countries=policy.countries)
        said.append(meaning(rule.right_type, value))
    return tuple(said) if said and None not in said else ()


def decide_children(
    left: Snapshot,
    right: Snapshot,
    base: Base,
    policy: Policy,
    family: Family,
    *,
    is_new: bool = False,
    choices: Choices | None = None,
    fate: Fate = NO_FATE,
) -> Decision:
    """Decide a pair of children; `is_new` when it is only now to be linked."""
    if family.shut and not (left.is_gone and right.is_gone):
        return Decision("excluded", *_shut(family, policy), left, right)
    apart = gone_decide(left, right, base, policy, fate)
    if apart is not None:
        return apart
    how = {"link_how": "same text", "link_why": _alike(policy)} if is_new else {}
    return decide_pair(
        left, right, base, policy, choices=choices or {}, fate=fate, **how
    )


def decide_over(left: Snapshot, right: Snapshot, policy: Policy) -> Decision:
    """Decide a pair whose parents are no pair any more: each is a child by itself."""
    reason = f"It hangs under two who are not the same {policy.parent} any more."
    return Decision("excluded", f"{reason} No longer linked.", UNLINKED, left, right)


def decide_moved(decision: Decision, policy: Policy) -> Decision:
    """Decide a pair of which one was moved to somebody else: what it says now is never
    written to whom it hung under before. Only a new record can follow it there."""
    written = decision.sides_written
    if not written or (len(written) == 1 and policy.side(written[0]).replaces):
        return decision
    reason = (
        f"At {policy.left.name} it is another {policy.parent}'s than at "
        f"{policy.right.name}, so neither is written to the other."
    )
    return Decision("excluded", reason, PARENT, decision.left, decision.right)


def decide_child(
    record: Snapshot, side: Side, policy: Policy, family: Family
) -> Decision:
    """Decide a child that has no counterpart: it is made across, or says why not."""
    there = policy.side(other(side))
    decision = decide_single(record, side, NOBODY, policy)
    if decision.outcome != "create":
        return decision
    if family.shut:
        return _alone(decision, "excluded", *_shut(family, policy))
    if there.cannot_create:
        return _alone(decision, "excluded", there.cannot_create, "cannot_create")
    return decision


def decide_leftover(record: Snapshot, side: Side, policy: Policy) -> Decision:
    """Decide what an edit has put another in the place of, and could not take away."""
    name = policy.side(side).name
    left, right = (record, None) if side == "left" else (None, record)
    return Decision(
        "delete",
        f"An edit put a new one in its place; the old one at {name} goes.",
        "replaced",
        left,
        right,
        remove=Removal(side, "delete"),
    )


def _alone(decision: Decision, outcome: Any, reason: str, code: str) -> Decision:
    return replace(
        decision,
        outcome=outcome,
        reason=reason,
        reason_code=code,
        changes=(),
        create_side=None,
        trace=(("parent", reason),),
    )


def _shut(family: Family, policy: Policy) -> tuple[str, str]:
    return f"Its {policy.parent} is not in sync: {family.shut}", PARENT


def _alike(policy: Policy) -> str:
    words = ONLY if policy.is_single else ALIKE
    return words.format(noun=policy.parent)
