"""The write phase of a live run: decide and apply, chunk by chunk."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.applying.applier import Applier
from sync.applying.begun import note_drop, notes, unit_of
from sync.applying.bulkfacts import facts_learn
from sync.applying.recovery import unresolved
from sync.applying.removalguard import looked_at, removals_held
from sync.applying.undolooks import undone_units
from sync.applying.work import Work
from sync.choices.approving import approved_changes, unchanged_count
from sync.choices.canary import canary_is_full, canary_units
from sync.choices.choosing import choices_of
from sync.choices.undoing import UndoSource
from sync.choices.undoscope import scope_read, written_entries
from sync.context import SIDES, RunContext
from sync.deciding.childunits import ChildSource
from sync.deciding.families import Families
from sync.deciding.fates import removals_of
from sync.deciding.guarding import guard
from sync.deciding.matching import unlinked
from sync.deciding.matchrun import verdicts_of
from sync.deciding.units import (
    Place,
    Source,
    Unit,
    UnitSource,
    links_until,
    living_links,
)
from sync.deciding.verdicts import pairs_count
from sync.engine.types import Decision
from sync.models import Intent, PlannedChange
from sync.policy import side_connection
from sync.reading.childreading import children_read
from sync.reading.gone import unlinked_part
from sync.remembering.ledger import Ledger
from sync.remembering.lists import MOVED
from sync.setup.resting import KEY as CANARY
from synclog.models import LogEntry


def write_all(context: RunContext) -> None:
    """Apply what every unit of the run needs. Goes on where it was cut off."""
    finish(context)
    for object_type in context.policies:
        if not children_read(context, object_type):
            continue
        states = context.run.checkpoint.setdefault("write", {})
        state = states.setdefault(object_type, {})
        until = state.get("links_until", links_until(context.sync, object_type))
        source = unit_source(context, object_type, until)
        if not state:
            state.update(stage="links", after=0, links_until=until)
            context.run.total_units += units_expected(context, object_type, source)
            # a canary is about its people alone
            is_canary = CANARY in context.run.checkpoint
            unchanged = 0 if is_canary else unchanged_count(context.run)
            if unchanged:
                context.run.checkpoint["tally"] = {"unchanged": unchanged}
            context.save()
        if "guarded" not in state:
            guard(context, object_type, source)
            state["guarded"] = True
        if isinstance(source, UnitSource):
            if "held" not in state:
                state["held"] = removals_held(context, source)
                context.save()
            source.fates.is_held = state["held"]
        for place, units in source.chunks(Place(state["stage"], state["after"])):
            _chunk(context, source, units)
            if canary_is_full(context.run):
                return
            state.update(stage=place.stage, after=place.after)
            context.run.checkpoint["untouched"] = []
            _count_resting(context, place.resting)
            context.save()
        unlinked_part(context.sync, object_type)


def finish(context: RunContext) -> None:
    """Finish what a kill or a wait has left half written, as it was decided."""
    applier = Applier(context, Ledger(context.run, context.sync))
    work = []
    with transaction.atomic():
        for key, note in list(notes(context.run).items()):
            if unresolved(context, key):
                continue  # it stays noted until a run can look
            found = unit_of(context, key, note)
            if found is None:
                note_drop(context.run, key)
            else:
                unit, whole = found
                work.append(Work(unit, whole=whole, done=note["steps"]))
        context.save()
    applier.go_through(work)


def _chunk(context: RunContext, source: Source, units: list[Unit]) -> None:
    """Apply a chunk; units this run has already logged were done before a kill."""
    context.keep_going()
    settled = set(
        LogEntry.objects.filter(
            run=context.run, unit__in=[unit.key for unit in units]
        ).values_list("unit", flat=True)
    )
    settled.update(context.run.checkpoint.get("untouched", ()))
    left = [unit for unit in units if unit.key not in settled]
    left = canary_units(context, left)
    if isinstance(source, UndoSource):
        for some in undone_units(context, source, left):
            _apply(context, some)
        return
    if isinstance(source, UnitSource):
        left = [looked_at(context, source, unit) for unit in left]
    _apply(context, left)


def _apply(context: RunContext, units: list[Unit]) -> None:
    _mark_moved(context, units)
    facts_learn(context, units)
    Applier(context, Ledger(context.run, context.sync)).apply(units)


def _count_resting(context: RunContext, count: int) -> None:
    """Count pairs at rest as unchanged; saved with the place that passed them over."""
    if count:
        tally = context.run.checkpoint.setdefault("tally", {})
        tally["unchanged"] = tally.get("unchanged", 0) + count
        context.run.done_units += count


def _rested_at(context: RunContext) -> datetime | None:
    """Return when the run began, if all were decided by its rules before."""
    run = context.run
    if run.mode != run.Mode.LIVE or run.plan_id is not None:
        return None
    is_settled = run.checkpoint.get("decided_by") == context.sync.decided_by
    return run.created_at if is_settled else None


def _created(context: RunContext, object_type: str) -> dict[Side, set[int]]:
    """Return the records that this run has created so far."""
    found: dict[Side, set[int]] = {}
    for side in SIDES:
        ids = Intent.objects.filter(
            run=context.run,
            object_type=object_type,
            side=side,
            record__isnull=True,
            state=Intent.State.DONE,
        ).values("remote_id")
        rows = RemoteRecord.objects.filter(
            connection=side_connection(context.sync, side),
            object_type=object_type,
            remote_id__in=ids,
        )
        found[side] = set(rows.values_list("pk", flat=True))
    return found


def _mark_moved(context: RunContext, units: list[Unit]) -> None:
    """Say of units that moved since their plan that they were planned again.

    Nobody is created or removed who was approved for something less.
    """
    if not context.run.plan_id:
        return
    planned = {
        change.unit: change
        for change in PlannedChange.objects.filter(
            plan=context.run.plan_id, unit__in=[unit.key for unit in units]
        ).only("unit", "left_version", "right_version")
    }
    for unit in units:
        change = planned.get(unit.key)
        seen = (change.left_version, change.right_version) if change else None
        if seen != tuple(row.version if row else 0 for row in (unit.left, unit.right)):
            if _is_more(unit.decision, change):
                unit.decision = _put_off(unit.decision)
                continue
            step = (
                "planned again",
                "It changed since the test: decided from today's data.",
            )
            unit.decision = replace(unit.decision, trace=(step, *unit.decision.trace))


def _is_more(decision: Decision, change: PlannedChange | None) -> bool:
    """Whether somebody would be created or removed whom nobody has approved for that."""
    planned = change.outcome if change else ""
    return decision.outcome in {"create", "delete"} and decision.outcome != planned


def _put_off(decision: Decision) -> Decision:
    done = "created" if decision.create_side else "removed"
    reason = (
        f"It changed since the test and would be {done} now. Test again to see why."
    )
    return Decision("excluded", reason, MOVED, decision.left, decision.right)


def unit_source(context: RunContext, object_type: str, until: int) -> Source:
    """Return the units a run is about: all, the changed ones, or its targets."""
    policy = context.policies[object_type]
    undone = context.run.undo_of
    if undone is not None:
        return UndoSource(
            context.sync,
            object_type,
            policy,
            undone,
            scope_read(context.run.undo),
            _approved_units(context),
        )
    source = (
        child_source(context, object_type, until)
        if policy.parent
        else _people_source(context, object_type, until)
    )
    # a person decides by the plan: it shows every removal, and passes when approved
    source.fates.is_approved = bool(context.run.plan_id)
    source.fates.chosen = removals_of(context.run)
    return source


def _people_source(context: RunContext, object_type: str, until: int) -> UnitSource:
    policy = context.policies[object_type]
    return UnitSource(
        sync=context.sync,
        object_type=object_type,
        policy=policy,
        verdicts=verdicts_of(context, object_type, _created(context, object_type)),
        links_until=until,
        scope=context.run.scope,
        rested_at=_rested_at(context),
        targets=_targets(context),
        choices=choices_of(context.run),
    )


def _approved_units(context: RunContext) -> QuerySet[Any] | None:
    """Return the units of an undo that a person approved, None for its test."""
    run = context.run
    if run.plan_id is None or run.mode != run.Mode.LIVE:
        return None
    return approved_changes(run).values("unit")


def child_source(context: RunContext, object_type: str, until: int) -> ChildSource:
    """Return the units of what hangs under people: matched within their family."""
    policy, run = context.policies[object_type], context.run
    plan = run.plan if run.mode == run.Mode.TEST else None
    return ChildSource(
        sync=context.sync,
        object_type=object_type,
        policy=policy,
        verdicts={"left": {}, "right": {}},
        links_until=until,
        scope=run.scope,
        rested_at=_rested_at(context),
        targets=_targets(context),
        choices=choices_of(run),
        families=Families(context.sync, policy.parent, plan),
    )


def _targets(context: RunContext) -> dict[Side, Any]:
    """Return the rows a run is limited to: a plan's, or those it names."""
    run = context.run
    if run.plan_id and run.mode == run.Mode.LIVE:
        planned = approved_changes(run)
        return {
            "left": planned.filter(left__isnull=False).values("left_id"),
            "right": planned.filter(right__isnull=False).values("right_id"),
        }
    return {side: list(run.targets or []) for side in SIDES}


def units_expected(context: RunContext, object_type: str, source: Source) -> int:
    """Return about how many units a run will decide, for its progress bar."""
    run = context.run
    if run.undo_of is not None:
        if run.plan_id and run.mode == run.Mode.LIVE:
            return approved_changes(run).filter(object_type=object_type).count()
        entries = written_entries(run.undo_of, scope_read(run.undo))
        return entries.filter(object_type=object_type).count()
    if CANARY in run.checkpoint:
        return int(run.checkpoint[CANARY]["most"])
    if run.plan_id and run.mode == run.Mode.LIVE:
        return approved_changes(run).filter(object_type=object_type).count()
    if run.scope != "all":
        return 0
    if isinstance(source, ChildSource):
        return source.expected()
    links = living_links(context.sync, object_type)
    pairs = pairs_count(source.verdicts)
    alone = sum(unlinked(context.sync, side, object_type).count() for side in SIDES)
    return links.count() + alone - pairs
