"""Settling calls that succeeded: what they left behind, for several units at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from integrations.connectors.base import Step, StepResult
from integrations.mirroring.mirror import records_written
from integrations.mirroring.mirrormerge import Written
from mapping.convert import Side
from sync.applying.removing import removed
from sync.applying.work import Work
from sync.context import RunContext
from sync.deciding.replacing import leftover_gone, replaced
from sync.deciding.units import Unit
from sync.policy import field_meaning, object_spec, remote_type, side_connection
from sync.reading.childlistings import parent_created
from sync.remembering.bases import base_agreed, base_written
from sync.remembering.linking import LinkBook
from sync.remembering.looping import writes_note


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that succeeded, with what was answered."""

    work: Work
    side: Side
    step: Step
    result: StepResult
    is_create: bool

    @property
    def unit(self) -> Unit:
        return self.work.unit

    def written(self) -> Written:
        """Return what the call sent and brought back."""
        row = self.work.target(self.side, self.step)
        sent = self.unit.decision.writes(self.side)
        return Written(
            self.result.record_id or (row.remote_id if row else ""),
            {key: sent[key] for key in self.step.fields if key in sent},
            self.result.record,
        )

    def shows_edit(self, context: RunContext) -> bool:
        """Whether a read showed that a person has just changed what is to be written."""
        decision, row = self.unit.decision, self.unit.row(self.side)
        seen = decision.left if self.side == "left" else decision.right
        if self.step.writes or row is None or seen is None or decision.create_side:
            return False
        spec = object_spec(row.connection, row.object_type)
        country = context.policies[self.unit.object_type].side(self.side).country
        for key, wanted in decision.writes(self.side).items():
            before, now, then = (
                field_meaning(spec, key, value, country)
                for value in (seen.values.get(key), row.values.get(key), wanted)
            )
            if key in seen.values and now not in (before, then):
                return True
        return False


Pairs = Sequence[tuple[Answered, Written]]


def answered(work: Work) -> Answered:
    """Take the next call of a unit as done; return it with its answer."""
    side, step = work.queue.pop(0)
    assert work.result is not None  # noqa: S101
    is_create = work.target(side, step) is None
    return Answered(work, side, step, work.result, is_create)


def remember(context: RunContext, calls: Sequence[Answered]) -> None:
    """Store what calls left behind: the records, the links at once, the bases.

    Call in the transaction that settles their intents.
    """
    writes: dict[tuple[Side, str], list[tuple[Answered, Written]]] = defaultdict(list)
    for call in calls:
        if call.unit.decision.remove:
            removed(call.unit, call.unit.decision.remove, call.result)
        elif call.work.is_cleanup(call.side, call.step):
            leftover_gone(call.work.old[call.side])
        else:
            kind = remote_type(context.sync, call.side, call.unit.object_type)
            writes[call.side, kind].append((call, call.written()))
    for place, pairs in writes.items():
        _records(context, *place, pairs)
    _links(context, [pair for pairs in writes.values() for pair in pairs])


def _records(context: RunContext, side: Side, kind: str, pairs: Pairs) -> None:
    connection = side_connection(context.sync, side)
    rows = records_written(connection, kind, [written for _, written in pairs])
    for call, written in pairs:
        stored = rows[written.remote_id]
        if side == "left":
            call.unit.left = stored
        else:
            call.unit.right = stored
        if not call.step.writes:
            continue
        if side in call.work.old:
            replaced(call.unit.link, side, call.work.old[side], stored)
        elif call.is_create and not call.unit.kin:
            parent_created(context, stored, call.unit.object_type)


def _links(context: RunContext, pairs: Pairs) -> None:
    """Link each pair by its first write, and bring its base up to date.

    A step that only reads links nobody: after a stop its unit is planned again.
    """
    pairs = [(call, written) for call, written in pairs if call.step.writes]
    book = LinkBook(context.sync, [call.unit for call, _ in pairs])
    for call, written in pairs:
        unit, decision = call.unit, call.unit.decision
        if unit.link is not None:  # what has just come about cannot have flipped yet
            policy = context.policies[unit.object_type]
            writes_note(unit.link, decision.changes, call.side, written.written, policy)
        how = "created" if decision.create_side else decision.link_how or "matched"
        link = book.link(unit, how)
        base_agreed(link, decision)
        answer = call.result.record
        reported = answer.values if answer else {}
        base_written(link, decision.changes, call.side, written.written, reported)
        book.moved(link)
    book.save()
