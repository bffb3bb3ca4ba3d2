"""Settling calls that succeeded: what they left behind, for several units at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from integrations.connectors.base import Step, StepResult
from integrations.mirror import records_written
from integrations.mirrormerge import Written
from mapping.convert import Side
from sync.linking import LinkBook
from sync.models import Sync
from sync.policy import side_connection
from sync.remember import base_agreed, base_written
from sync.removing import removed
from sync.units import Unit


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that succeeded, with what was answered."""

    unit: Unit
    side: Side
    step: Step
    result: StepResult

    def written(self) -> Written:
        """Return what the call sent and brought back."""
        row = self.unit.row(self.side)
        sent = self.unit.decision.writes(self.side)
        return Written(
            self.result.record_id or (row.remote_id if row else ""),
            {key: sent[key] for key in self.step.fields if key in sent},
            self.result.record,
        )


def remember(sync: Sync, calls: Sequence[Answered]) -> None:
    """Store what calls left behind: the records, the links at once, the bases.

    Call in the transaction that settles their intents.
    """
    writes: dict[tuple[Side, str], list[tuple[Answered, Written]]] = defaultdict(list)
    for call in calls:
        if call.unit.decision.remove:
            removed(call.unit, call.unit.decision.remove, call.result)
        else:
            place = call.side, call.unit.object_type
            writes[place].append((call, call.written()))
    for place, pairs in writes.items():
        _records(sync, *place, pairs)
    _links(sync, [pair for pairs in writes.values() for pair in pairs])


def _records(
    sync: Sync, side: Side, object_type: str, pairs: Sequence[tuple[Answered, Written]]
) -> None:
    rows = records_written(
        side_connection(sync, side), object_type, [written for _, written in pairs]
    )
    for call, written in pairs:
        if side == "left":
            call.unit.left = rows[written.remote_id]
        else:
            call.unit.right = rows[written.remote_id]


def _links(sync: Sync, pairs: Sequence[tuple[Answered, Written]]) -> None:
    """Link each pair by its first write, and bring its base up to date.

    A step that only reads links nobody: after a stop its unit is planned again.
    """
    pairs = [(call, written) for call, written in pairs if call.step.writes]
    book = LinkBook(sync, [call.unit for call, _ in pairs])
    for call, written in pairs:
        decision = call.unit.decision
        how = "created" if decision.create_side else decision.link_how or "matched"
        link = book.link(call.unit, how)
        base_agreed(link, decision)
        answer = call.result.record
        reported = answer.values if answer else {}
        base_written(link, decision.changes, call.side, written.written, reported)
        book.moved(link)
    book.save()
