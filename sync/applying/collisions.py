"""A create that met somebody, or whose answer was lost: look, then say what now.

Design §4.4: a create is never blind, nobody is overwritten. The look is always by
the vendor's consistent read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from crosswalk.errors import CrosswalkError, DuplicateRefused, NameTaken, OutcomeUnknown
from integrations.connectors.base import Connector, MatchKind, Record, Step
from integrations.mirroring.mirror import record_store
from integrations.models import RemoteRecord
from mapping.convert import Side, other
from sync.applying.begun import sent_values
from sync.context import RunContext
from sync.deciding.matching import verdict_one
from sync.deciding.units import Unit
from sync.engine.decide import decide_pair
from sync.engine.types import Decision
from sync.policy import (
    field_meaning,
    object_spec,
    remote_type,
    side_connection,
    snapshot,
)


class Collision(Enum):
    """What to do with a create that did not simply succeed."""

    OURS = "it was done after all"
    AGAIN = "it was not done: try again"
    RENAME = "go on under another name"
    LINK = "link to the holder"
    REVIEW = "a person must look"
    FAILED = "it failed"


@dataclass(frozen=True, slots=True)
class Found:
    """The verdict on a collision, with the record or the re-decided unit."""

    verdict: Collision
    record: Record | None = None
    unit: Unit | None = None


def resolve(
    context: RunContext, unit: Unit, side: Side, step: Step, error: CrosswalkError
) -> Found:
    """Look at the remote and decide how a create goes on. Makes one or two calls."""
    connector = context.sessions[side].connector
    if isinstance(error, DuplicateRefused) and error.remote_id:
        record = connector.get(unit.object_type, error.remote_id)
        return _holder(context, unit, side, record, by_name=False)
    kind, sent = unit.object_type, sent_values(context, unit, side, step.body)
    records = look_up(context, kind, side, sent)
    ours = next((r for r in records if is_same(context, kind, side, sent, r)), None)
    if ours is not None and not isinstance(error, NameTaken):
        return Found(Collision.OURS, ours)
    if records:
        by_name = isinstance(error, NameTaken)
        return _holder(context, unit, side, records[0], by_name=by_name)
    if isinstance(error, NameTaken):
        return Found(Collision.RENAME)
    if isinstance(error, OutcomeUnknown):
        return Found(Collision.AGAIN)
    return Found(Collision.FAILED)


def look_up(
    context: RunContext, object_type: str, side: Side, sent: Mapping[str, Any]
) -> Sequence[Record]:
    """Return records that a create of these values may have made.

    By the consistent read: by the unique name where the vendor has one, else by
    e-mail, else by phone.
    """
    return next(looks(context, object_type, side, sent), ())


def looks(
    context: RunContext, object_type: str, side: Side, sent: Mapping[str, Any]
) -> Iterator[Sequence[Record]]:
    """Yield what each way of looking finds, the surest first; a call each."""
    connector: Connector = context.sessions[side].connector
    spec = object_spec(side_connection(context.sync, side), object_type)
    kinds: tuple[MatchKind, ...] = ("name", "email", "phone")
    for kind in kinds:
        for key in spec.match_fields.get(kind, ()):
            if sent.get(key):
                yield connector.find(object_type, kind, str(sent[key]))


def is_same(
    context: RunContext,
    object_type: str,
    side: Side,
    sent: Mapping[str, Any],
    record: Record,
) -> bool:
    """Whether a record is just what was sent: then it is our own create."""
    kind = remote_type(context.sync, side, object_type)
    spec = object_spec(side_connection(context.sync, side), kind)
    country = context.policies[object_type].side(side).country
    names = spec.match_fields.get("name", ())  # looked up by it, and never mapped
    mapped = {key: value for key, value in sent.items() if key not in names}
    if not mapped.keys() & record.values.keys():
        return False
    return all(
        field_meaning(spec, key, value, country)
        == field_meaning(spec, key, record.values[key], country)
        for key, value in mapped.items()
        if key in record.values
    )


def _holder(
    context: RunContext, unit: Unit, side: Side, record: Record, *, by_name: bool
) -> Found:
    """Somebody is there: link if the match rules agree, else rename or review."""
    policy = context.policies[unit.object_type]
    connection = side_connection(context.sync, side)
    holder = record_store(connection, unit.object_type, record)
    source = unit.row(other(side))
    assert source is not None  # noqa: S101 - a create has a source
    verdict = verdict_one(
        context.sync, unit.object_type, policy, other(side), source.pk
    )
    if verdict.kind == "link" and verdict.partner == holder.pk:
        return Found(Collision.LINK, unit=_pair(context, unit, side, holder, verdict))
    if verdict.kind == "none" and by_name:
        return Found(Collision.RENAME)
    there = policy.side(side).name
    why = verdict.why
    if verdict.kind == "none":
        why = f"{there} says it already has this person, but under other details."
    decision = Decision(
        "review",
        why,
        verdict.code if verdict.kind == "review" else "refused_as_duplicate",
        unit.decision.left,
        unit.decision.right,
        candidates=verdict.candidates,
        trace=(("refused", why),),
    )
    return Found(Collision.REVIEW, unit=replace(unit, decision=decision))


def _pair(
    context: RunContext, unit: Unit, side: Side, holder: RemoteRecord, verdict: Any
) -> Unit:
    left = holder if side == "left" else unit.left
    right = holder if side == "right" else unit.right
    assert left is not None  # noqa: S101
    assert right is not None  # noqa: S101
    decision = decide_pair(
        snapshot(left),
        snapshot(right),
        {},
        context.policies[unit.object_type],
        link_how=verdict.how,
        link_why=verdict.why,
    )
    return Unit(unit.object_type, left, right, None, decision, key=unit.key)
