"""Reading the other side of what notices tell of, before anything is written there.

A notice tells of one record at one side. What people have done at the other since its
last poll, only a read can say: somebody may have entered the same person by hand, or
edited the very field that is about to be written (docs/decisions/0075).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.models import F, Q

from crosswalk.clock import now
from integrations.models import RemoteRecord
from mapping.convert import FieldRule, Side, other
from sync.context import SIDES, RunContext
from sync.deciding.childunits import ChildSource
from sync.deciding.families import Families
from sync.deciding.matching import unlinked
from sync.deciding.units import Place, Unit, UnitSource, links_until
from sync.engine.types import FieldChange, Policy
from sync.models import Sync, SyncRecord
from sync.reading.childreading import BY_NOTICE
from sync.reading.pages import listable, read_changes, read_row, read_state

FEW = 20  # children that are read one by one; a notice brings hardly more than one
READ_ACROSS = "across"  # in the checkpoint: records that were read here


def read_across(context: RunContext) -> None:
    """Bring a side up to date where the run may create or write over something.

    Costs nothing where the run has listed that side, one call else: the record itself,
    or the list of what has changed when several are to be written. Such a list tells of
    others, too, whom the run then writes at the other side: so that is looked at again.
    It ends: a side is listed once.
    """
    while _lists_a_side(context):
        pass
    if context.run.checkpoint.get(BY_NOTICE):
        _read_children(context)


def _lists_a_side(context: RunContext) -> bool:
    """Read at each side what must be; whether that listed what has changed at one."""
    was_listed = False
    for side, object_type in listable(context):
        state = read_state(context, side, object_type)
        if state.get("whole"):
            continue
        if state or _is_due(context, side, object_type):
            read_changes(context, side, object_type)
            was_listed = True
    return was_listed


def _is_due(context: RunContext, side: Side, object_type: str) -> bool:
    """Whether to list what has changed at a side. A single record that is to be written
    there is read by itself, which is cheaper."""
    if _has_newcomers(context.sync, object_type, other(side)):
        return True
    if not context.run.checkpoint.get(BY_NOTICE):
        return False
    if context.run.scope == "all":
        return True
    rows = list(islice(_to_be_written(context, side, object_type), 2))
    if len(rows) == 1:
        _read(context, side, rows[0])
    return len(rows) > 1


def _read_children(context: RunContext) -> None:
    """Read what hangs under people and is about to be changed because of a notice.

    Nothing lists it by account. Where a new record takes the place of the old one, that
    is looked for anyhow (sync/deciding/replacing.py).
    """
    for object_type, policy in context.policies.items():
        for side in SIDES if policy.parent else ():
            if policy.side(side).replaces:
                continue
            rows = islice(_to_be_written(context, side, object_type), FEW)
            for row in list(rows):
                _read(context, side, row)


def _read(context: RunContext, side: Side, row: RemoteRecord) -> None:
    """Read a record, once a run however often it is begun anew."""
    done = context.run.checkpoint.setdefault(READ_ACROSS, [])
    if row.pk in done:
        return
    context.keep_going()
    context.expect_calls(side, 1)
    read_row(context.sessions[side], row)
    done.append(row.pk)
    context.save()


def _has_newcomers(sync: Sync, object_type: str, side: Side) -> bool:
    """Whether a side has unlinked records that were not decided as they are now.

    One that failed and is due again counts too: somebody may have made it by hand.
    """
    due = Q(list=SyncRecord.List.FAILING) & ~Q(retry_at__gt=now())
    decided = SyncRecord.objects.exclude(due).filter(
        **{f"{side}_version": F(f"{side}__version"), f"{side}__isnull": False},
        sync=sync,
    )
    newcomers = unlinked(sync, side, object_type).filter(excluded="")
    return newcomers.exclude(pk__in=decided.values(f"{side}_id")).exists()


def _to_be_written(
    context: RunContext, side: Side, object_type: str
) -> Iterator[RemoteRecord]:
    """Yield the records of a side in which the run may write over an edit."""
    policy = context.policies[object_type]
    source = _pairs_of(context, object_type, policy)
    for place, units in source.chunks(Place("links")):
        if place.stage != "links":
            return
        for unit in units:
            row = unit.row(side)
            if row is not None and _risks_edit(unit, side, policy):
                yield row


def _pairs_of(context: RunContext, object_type: str, policy: Policy) -> UnitSource:
    """Return the units of a run, of which the linked pairs are right already."""
    run = context.run
    given: dict[str, Any] = {
        "sync": context.sync,
        "object_type": object_type,
        "policy": policy,
        "verdicts": {"left": {}, "right": {}},
        "links_until": links_until(context.sync, object_type),
        "scope": run.scope,
        "targets": {side: list(run.targets or []) for side in SIDES},
    }
    if policy.parent:
        return ChildSource(**given, families=Families(context.sync, policy.parent))
    return UnitSource(**given)


def _risks_edit(unit: Unit, side: Side, policy: Policy) -> bool:
    return any(
        change.action == "write" and change.side == side and _protects(change, policy)
        for change in unit.decision.changes
    )


def _protects(change: FieldChange, policy: Policy) -> bool:
    """Whether an edit at the side that is written would have a say."""
    rule: FieldRule = change.rule
    if change.side is None or rule.write != "always" or rule.is_list:
        return True
    loses = (rule.conflict or policy.conflict) == other(change.side)
    return rule.direction == "both" and not loses
