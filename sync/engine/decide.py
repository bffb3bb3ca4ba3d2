"""Deciding one unit: a linked pair, a pair to be linked, or a record on its own.

Pure: takes snapshots, the policy and the verdict of matching; returns a Decision.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from mapping.convert import FieldRule, Side, convert, is_empty, misfit, other
from mapping.kinds import fit
from sync.engine.append import merge_append
from sync.engine.match import Verdict
from sync.engine.merge import merge_field
from sync.engine.sets import merge_lists
from sync.engine.types import Base, Choices, Decision, FieldChange, Policy, Snapshot

NO_CHOICES: Choices = MappingProxyType({})


def decide_pair(
    left: Snapshot,
    right: Snapshot,
    base: Base,
    policy: Policy,
    *,
    link_how: str = "",
    link_why: str = "",
    choices: Choices = NO_CHOICES,
) -> Decision:
    """Decide a pair. `link_how` is set when it is only now to be linked."""
    shut_out = _pair_excluded(left, right, policy)
    if shut_out:
        return Decision("excluded", *shut_out, left, right, link_how=link_how)
    changes = tuple(
        change
        for rule in policy.rules
        if rule.write != "never"
        for change in _merged(rule, left, right, base, policy, choices)
    )
    decision = Decision(
        "unchanged",
        "Already the same on both sides.",
        "same",
        left,
        right,
        changes,
        link_how=link_how,
    )
    return _with_outcome(decision, link_why)


def _merged(
    rule: FieldRule,
    left: Snapshot,
    right: Snapshot,
    base: Base,
    policy: Policy,
    choices: Choices,
) -> tuple[FieldChange, ...]:
    """Return what is to happen to one field map, each kind of it by its own rules."""
    stored = base.get(rule.stamp)
    chosen = choices.get((rule.left, rule.right))
    if rule.is_list:
        return merge_lists(rule, left, right, stored, policy, chosen)
    if rule.write == "append":
        return merge_append(rule, left, right, stored, policy, chosen)
    return (merge_field(rule, left, right, stored, policy, chosen),)


def _with_outcome(decision: Decision, link_why: str) -> Decision:
    actions = {change.action for change in decision.changes}
    matched = (("matched", link_why),) if link_why else (("linked", "Linked before."),)
    trace = (*matched, *((c.rule.label("left"), c.reason) for c in decision.changes))
    decision = replace(decision, trace=trace)
    if "refuse" in actions:
        return _refused(decision)
    if "conflict" in actions:
        first = next(c for c in decision.changes if c.action == "conflict")
        return replace(
            decision,
            outcome="conflict",
            reason=first.reason,
            reason_code=first.reason_code,
        )
    if "write" in actions:
        reasons = list(
            dict.fromkeys(c.reason for c in decision.changes if c.action == "write")
        )
        first = next(c for c in decision.changes if c.action == "write")
        return replace(
            decision,
            outcome="update",
            reason=" ".join(reasons[:2]),
            reason_code=first.reason_code,
        )
    apart = sum(c.reason_code == "held_apart" for c in decision.changes)
    if apart:
        words = "one field is" if apart == 1 else f"{apart} fields are"
        reason = f"In sync; {words} held apart since an undo."
        decision = replace(decision, reason=reason, reason_code="held_apart")
    if decision.link_how:
        return replace(
            decision, outcome="link", reason=link_why, reason_code=decision.link_how
        )
    return decision


def _refused(decision: Decision) -> Decision:
    """Return a decision of which a field cannot be written: the unit fails.

    The other fields of a pair are written all the same: each is as right as it would be
    without the one that waits, visibly, for somebody to set it right.
    """
    refused = [c for c in decision.changes if c.action == "refuse"]
    reason = refused[0].reason
    if len(refused) > 1:
        reason += f" {len(refused) - 1} more of its fields cannot be written either."
    if decision.sides_written:
        reason += " Its other fields are written."
    return replace(
        decision,
        outcome="failed",
        reason=reason,
        reason_code=refused[0].reason_code,
    )


def _pair_excluded(
    left: Snapshot, right: Snapshot, policy: Policy
) -> tuple[str, str] | None:
    sides: tuple[tuple[Side, Snapshot], ...] = (("left", left), ("right", right))
    for side, record in sides:
        if record.is_gone:
            return (
                f"Deleted at {policy.side(side).name}. This sync ignores deletes, so the "
                "other side stays as it is.",
                "gone",
            )
    for side, record in sides:
        if record.excluded:
            return _exclusion(side, record, policy)
    for side, record in sides:
        # a condition on what was not read puts no pair asunder
        if policy.side(side).scope(record).standing == "out":
            return _out_of_scope(side, record, policy)
    return None


def _out_of_scope(side: Side, record: Snapshot, policy: Policy) -> tuple[str, str]:
    here = policy.side(side)
    return f"Left out at {here.name}. {here.scope(record).reason}", "filtered"


def _exclusion(side: Side, record: Snapshot, policy: Policy) -> tuple[str, str]:
    text = policy.side(side).exclusions.get(record.excluded, record.excluded)
    return text, record.excluded


def decide_single(
    record: Snapshot, side: Side, verdict: Verdict, policy: Policy
) -> Decision:
    """Decide a record that no other is linked to."""
    decision = _single(record, side, verdict, policy)
    known: dict[str, Snapshot] = {side: record}
    return replace(
        decision,
        left=known.get("left"),
        right=known.get("right"),
        trace=decision.trace or (("matched", verdict.why),),
    )


def _single(record: Snapshot, side: Side, verdict: Verdict, policy: Policy) -> Decision:
    here, there = policy.side(side), policy.side(other(side))
    if record.is_gone:
        return Decision("excluded", f"Deleted at {here.name}.", "gone")
    if record.excluded:
        return Decision("excluded", *_exclusion(side, record, policy))
    if policy.since and record.created_at and record.created_at < policy.since:
        return Decision("excluded", "Older than this sync looks back.", "history")
    if here.scope(record).standing != "in":
        return Decision("excluded", *_out_of_scope(side, record, policy))
    if verdict.kind == "review":
        return Decision(
            "review", verdict.why, verdict.code, candidates=verdict.candidates
        )
    if not policy.flows(other(side)):
        return Decision(
            "excluded", f"Only flows from {there.name} to {here.name}.", "one_way"
        )
    return _create(record, side, policy)


def _create(record: Snapshot, side: Side, policy: Policy) -> Decision:
    to = other(side)
    there = policy.side(to)
    changes = tuple(
        change
        for rule in policy.rules
        if (change := _create_field(rule, record, side, policy)) is not None
    )
    refused = tuple(change for change in changes if change.action == "refuse")
    if refused:
        # A person is created whole or not at all: nothing takes a create back, and what
        # a system does with somebody new (a welcome message) it does once.
        return _refused(Decision("failed", "", "", changes=refused))
    if not any(change.reason_code == "create" for change in changes):
        return Decision("excluded", "None of its mapped fields has a value.", "empty")
    written = {change.rule.key(to): change.after for change in changes}
    if there.create_needs and not any(written.get(key) for key in there.create_needs):
        return Decision("excluded", there.create_needs_text, "create_needs")
    name = policy.side(side).name
    return Decision(
        "create",
        f"In {name} only.",
        f"only_{side}",
        changes=changes,
        create_side=to,
        trace=(
            ("matched", f"Nobody at {there.name} fits."),
            *((c.rule.label(side), f"→ {c.rule.label(to)}") for c in changes),
        ),
    )


def _create_field(
    rule: FieldRule, record: Snapshot, side: Side, policy: Policy
) -> FieldChange | None:
    to = other(side)
    if not rule.flows(to) or not rule.writable(to, creating=True):
        return None
    where = policy.side(to).name
    source = rule.value(side, record.values)
    value = convert(rule, source, to=to, countries=policy.countries)
    problem = misfit(rule, source, to=to, countries=policy.countries, where=where)
    code, reason = "create", f"New at {where}."
    if is_empty(value) and not problem:
        value = fit(rule.type(to), rule.options(to), rule.default.get(to)).value
        code, reason = "default", f"New at {where}; empty here, so the default."
    elif rule.fixed:
        code = "constant"
    if is_empty(value) and not problem:
        return None
    return FieldChange(
        rule,
        "refuse" if problem else "write",
        problem or reason,
        "mapping" if problem else code,
        to,
        None,
        value,
        source if side == "left" else None,
        source if side == "right" else None,
    )
