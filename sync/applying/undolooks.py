"""Before an undo writes: how a record looks at that very moment.

An undo spares what people have edited since. What they edit while it waits for its
approval, or in the seconds in which a list does not show it yet, only a read can say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from crosswalk.errors import CrosswalkError
from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.choices.undoing import UndoSource
from sync.context import SIDES, RunContext
from sync.deciding.units import Unit
from sync.policy import record_of
from sync.reading.pages import read_row

TOGETHER = 20  # that are read before they are written: minutes must not lie between


def undone_units(
    context: RunContext, source: UndoSource, units: Sequence[Unit]
) -> Iterator[list[Unit]]:
    """Yield a few units at a time, decided by how their records are now.

    Costs a call for each record, unless its write begins with a read anyway.
    """
    for start in range(0, len(units), TOGETHER):
        some = units[start : start + TOGETHER]
        yield [_looked_at(context, source, unit) for unit in some]


def _looked_at(context: RunContext, source: UndoSource, unit: Unit) -> Unit:
    sides = [side for side in SIDES if is_looked_at(context, unit, side)]
    for side in sides:
        row = unit.row(side)
        assert row is not None  # noqa: S101
        context.keep_going()
        context.expect_calls(side, 1)
        read_row(context.sessions[side], row)
        context.save()
    return source.again(unit) if sides else unit


def is_looked_at(context: RunContext, unit: Unit, side: Side) -> bool:
    """Whether an undo reads a record before it writes or removes it."""
    decision, row = unit.decision, unit.row(side)
    if row is None or decision.create_side:
        return False
    if decision.remove is not None:
        return decision.remove.side == side
    values = decision.writes(side)
    if not values or context.policies[unit.object_type].side(side).replaces:
        return False  # what takes another's place is looked for anyhow
    return not _reads_first(context, row, side, values)


def _reads_first(
    context: RunContext, row: RemoteRecord, side: Side, values: dict[str, Any]
) -> bool:
    connector = context.sessions[side].connector
    try:
        steps = connector.steps(row.object_type, record_of(row), values)
    except CrosswalkError:
        return True  # it cannot be written: the applier says why, of this unit alone
    return not steps or not steps[0].writes
