"""Loops: a field that flips back and forth because two systems answer each other. Pure.

The base ends every exchange that only differs in form (design §4.2). What it cannot end
is a rule or automation at a vendor that changes back what a sync has written, for each
of its writes is an honest edit to us. So the last writes of a field are remembered, and
a write that once more brings a value we have already written there is a flip back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mapping.convert import FieldRule, Side, meaning
from sync.engine.types import Decision, FieldChange, Policy

LOOP = "loop"
# Whoever cannot make up their mind goes back once or twice; nobody does so four times
# within an hour. A loop slower than that costs fewer calls than a poll does.
FLIPS = 4
WINDOW = timedelta(minutes=60)
KEPT = 12  # writes of a field: enough for a circle of eight values to be seen
SHOWN = 60  # characters of a value in the sentence
# a pair that is to be removed or left out is not held up by a loop
STOPPABLE = frozenset({"update", "unchanged", "conflict", "failed"})

# stamp of the field map → [side, digest of the value, ISO time], the oldest first
Writes = Mapping[str, Sequence[Sequence[str]]]


def writes_noted(
    before: Writes,
    changes: Iterable[FieldChange],
    side: Side,
    written: Collection[str],
    policy: Policy,
    moment: datetime,
) -> dict[str, list[list[str]]]:
    """Return the remembered writes of a pair with those of one call added.

    `written`: the field keys that the call wrote. What is out of the window is dropped.
    """
    noted = {stamp: _recent(writes, moment) for stamp, writes in before.items()}
    for change in changes:
        if not _is_write(change, side) or change.rule.key(side) not in written:
            continue
        line = [side, _digest(change.rule, side, change.after, policy)]
        noted.setdefault(change.rule.stamp, []).append([*line, moment.isoformat()])
    return {stamp: writes[-KEPT:] for stamp, writes in noted.items() if writes}


def loop_broken(
    decision: Decision, frozen: str, writes: Writes, policy: Policy, moment: datetime
) -> Decision:
    """Return a decision, or that its pair is to be looked at by a person.

    `frozen`: what `frozen_for` said when the pair was frozen. When that field is mapped
    in another way since, the pair is free again.
    """
    if decision.outcome not in STOPPABLE:
        return decision
    rule = next((rule for rule in policy.rules if _way(rule) == frozen), None)
    if rule is None:
        change = _looping(decision, writes, policy, moment)
        rule = change.rule if change else None
    return decision if rule is None else _stopped(decision, rule, policy)


def frozen_for(decision: Decision) -> str:
    """Return the field map that a decision freezes its pair for, "" when it does not."""
    if decision.reason_code != LOOP:
        return ""
    return next(_way(c.rule) for c in decision.changes if c.reason_code == LOOP)


def _way(rule: FieldRule) -> str:
    """Return by what way values flow through a field map: another way, another loop."""
    return f"{rule.stamp} {rule.direction} {rule.write}"


def _looping(
    decision: Decision, writes: Writes, policy: Policy, moment: datetime
) -> FieldChange | None:
    for change in decision.changes:
        side = change.side
        if side is None or not _is_write(change, side) or _is_asked_for(change):
            continue
        seen = _recent(writes.get(change.rule.stamp, ()), moment)
        line = [side, _digest(change.rule, side, change.after, policy)]
        if line in [each[:2] for each in seen] and _flips([*seen, line]) >= FLIPS:
            return change
    return None


def _is_write(change: FieldChange, side: Side) -> bool:
    return change.action == "write" and change.side == side


def _is_asked_for(change: FieldChange) -> bool:
    """Whether a person wants just this value, whatever was written before."""
    return change.reason_code == "chosen"


def _flips(writes: Sequence[Sequence[str]]) -> int:
    """Return how many writes brought a value that had been written there before."""
    return len(writes) - len({tuple(write[:2]) for write in writes})


def _recent(writes: Sequence[Sequence[str]], moment: datetime) -> list[list[str]]:
    since = (moment - WINDOW).isoformat()
    return [list(write) for write in writes if write[2] > since]


def _digest(rule: FieldRule, side: Side, value: Any, policy: Policy) -> str:
    """Return what a value means on a side, in few characters: its form may vary."""
    said = meaning(rule.type(side), value, policy.countries.of(side))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def _stopped(decision: Decision, rule: FieldRule, policy: Policy) -> Decision:
    """Return the decision of a frozen pair: nothing is written, both values shown."""
    left = rule.value("left", decision.left.values) if decision.left else None
    right = rule.value("right", decision.right.values) if decision.right else None
    reason = (
        f"{rule.label('left')} flips back and forth: {policy.left.name} says "
        f"{_shown(left)}, {policy.right.name} says {_shown(right)}. A rule or automation "
        "at one of them changes back what is written. Switch it off there, then release."
    )
    field = FieldChange(
        rule, "conflict", "It flips back and forth.", LOOP, left=left, right=right
    )
    return replace(
        decision,
        outcome="review",
        reason=reason,
        reason_code=LOOP,
        changes=(field,),
        trace=(*decision.trace[:1], (rule.label("left"), reason)),
    )


def _shown(value: Any) -> str:
    text = "nothing" if value in (None, "") else str(value)
    return f"“{text[:SHOWN]}{'…' if len(text) > SHOWN else ''}”"
