"""The decide phase of a test run: the plan of the whole run, stored, not applied."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from crosswalk.bulk import rows_insert
from crosswalk.clock import now
from crosswalk.errors import CrosswalkError
from integrations.connectors.base import Step
from integrations.mirroring.keys import first_email
from integrations.models import Connection
from integrations.quotas.budget import windows
from sync.applying.removing import removal_steps
from sync.applying.undolooks import is_looked_at
from sync.applying.writing import unit_source, units_expected
from sync.context import SIDES, RunContext
from sync.deciding.duplicates import duplicates_count
from sync.deciding.replacing import replacing_steps
from sync.deciding.units import Place, Unit, links_until, with_failure
from sync.engine.types import PRECEDENCE
from sync.models import Plan, PlannedChange, Sync
from sync.policy import object_spec, record_of, remote_type, side_connection
from sync.reading.childreading import children_read
from sync.remembering.written import changes_json, detail_json, main_side

# a record is read before it is removed (sync/applying/removalguard.py), and before an
# undo writes to it (undolooks.py there)
LOOKS = 1
TO_COME = "to come"  # in the place of the id of a parent who is not made yet
CALL_SECONDS = 0.25  # what one call takes when nothing else holds it back


def plan_make(context: RunContext) -> None:
    """Decide every unit and store the plan. Goes on where it was cut off."""
    run = context.run
    plan = _plan(context)
    for object_type in context.policies:
        if not children_read(context, object_type):
            continue
        states = run.checkpoint.setdefault("plan", {})
        state = states.setdefault(object_type, {})
        until = state.get("links_until", links_until(context.sync, object_type))
        source = unit_source(context, object_type, until)
        if not state:
            state.update(stage="links", after=0, links_until=until)
            run.total_units += units_expected(context, object_type, source)
        for place, units in source.chunks(Place(state["stage"], state["after"])):
            context.keep_going()
            chosen = _sample(run.checkpoint, units)
            with transaction.atomic():
                _store(context, plan, chosen)
                run.done_units += len(chosen)
                state.update(stage=place.stage, after=place.after)
                context.save()
            if len(chosen) < len(units):
                break
    if run.undo_of_id is None:
        run.checkpoint["duplicates"] = duplicates_count(context.sync)
    _ready(context, plan)


def _plan(context: RunContext) -> Plan:
    run = context.run
    if run.plan is not None:
        return run.plan
    read = run.checkpoint.get("read", {})
    started = [datetime.fromisoformat(r["started_at"]) for r in read.values()]
    run.plan = Plan.objects.create(
        workspace_id=run.workspace_id,
        sync=context.sync,
        read_at=min(started, default=now()),
    )
    run.save(update_fields=["plan"])
    return run.plan


def _sample(checkpoint: dict[str, Any], units: list[Unit]) -> list[Unit]:
    """Return as many of a chunk's units as a sample run still wants."""
    left = checkpoint.get("sample")
    if left is None:
        return units
    chosen = units[:left]
    checkpoint["sample"] = left - len(chosen)
    return chosen


def _store(context: RunContext, plan: Plan, units: list[Unit]) -> None:
    changes = []
    for unit in units:
        calls = _calls(context, unit)
        outcome = unit.decision.outcome
        plan.counts[outcome] = plan.counts.get(outcome, 0) + 1
        for side, count in calls.items():
            name = context.side_name(side)
            plan.calls[name] = plan.calls.get(name, 0) + count
            row = plan.by_side.setdefault(side, {})
            row[outcome] = row.get(outcome, 0) + 1
        if outcome != "unchanged":
            changes.append(_change(context, plan, unit, sum(calls.values())))
    rows_insert(changes)
    plan.save(update_fields=["counts", "calls", "by_side"])


def _calls(context: RunContext, unit: Unit) -> dict[Any, int]:
    """Return the calls that writing a unit takes, by side: what its steps say."""
    found: dict[Any, int] = {}
    decision = unit.decision
    for side in SIDES:
        values = decision.writes(side)
        connector = context.sessions[side].connector
        if decision.remove and decision.remove.side == side:
            steps = removal_steps(connector, unit, decision.remove)
            found[side] = LOOKS + sum(step.calls for step in steps)
        if not values:
            continue
        try:
            steps = _steps(context, unit, side, values)
            found[side] = sum(step.calls for step in steps)
            if context.run.undo_of_id and is_looked_at(context, unit, side):
                found[side] += LOOKS
        except CrosswalkError as error:
            unit.decision = with_failure(decision, error.message, error.code)
    return found


def _steps(
    context: RunContext, unit: Unit, side: Any, values: dict[str, Any]
) -> Sequence[Step]:
    """Return the calls that write values on a side, as things stand."""
    connector, row = context.sessions[side].connector, unit.row(side)
    if row is None:
        named = _named(context, unit, side, values)
        kind = remote_type(context.sync, side, unit.object_type)
        if unit.kin is None:
            return connector.steps(kind, None, named)
        return connector.steps(kind, None, named, unit.parent_id(side) or TO_COME)
    if context.policies[unit.object_type].side(side).replaces:
        spec = object_spec(row.connection, row.object_type)
        under = unit.parent_id(side)
        return replacing_steps(connector, spec, row, values, under)
    return connector.steps(row.object_type, record_of(row), values)


def _named(
    context: RunContext, unit: Unit, side: Any, values: dict[str, Any]
) -> dict[str, Any]:
    connector = context.sessions[side].connector
    kind = remote_type(context.sync, side, unit.object_type)
    name = connector.unique_name(kind, values, 0)
    if not name:
        return values
    spec = object_spec(side_connection(context.sync, side), unit.object_type)
    return {**values, spec.match_fields["name"][0]: name}


def _change(context: RunContext, plan: Plan, unit: Unit, calls: int) -> PlannedChange:
    decision = unit.decision
    return PlannedChange(
        plan=plan,
        object_type=unit.object_type,
        unit=unit.key,
        outcome=decision.outcome,
        left=unit.left,
        right=unit.right,
        left_version=unit.left.version if unit.left else 0,
        right_version=unit.right.version if unit.right else 0,
        label=unit.label[:200],
        email=_email(context, unit)[:254],
        side=main_side(decision),
        reason=decision.reason[:400],
        reason_code=decision.reason_code,
        changes=changes_json(decision),
        detail=detail_json(decision),
        trace=[list(step) for step in decision.trace],
        calls=calls,
    )


def _email(context: RunContext, unit: Unit) -> str:
    for side in SIDES:
        row = unit.row(side)
        if row is not None:
            spec = object_spec(side_connection(context.sync, side), row.object_type)
            found = first_email(spec, row.values)
            if found:
                return found
    return ""


def _ready(context: RunContext, plan: Plan) -> None:
    """Close the plan, and bring its sums onto the run."""
    run = context.run
    run.counts = {**dict.fromkeys(PRECEDENCE, 0), **plan.counts}
    run.by_side = plan.by_side
    plan.seconds = max(
        (writing_seconds(side_connection(context.sync, side), plan) for side in SIDES),
        default=0.0,
    )
    plan.state = Plan.State.READY
    plan.save(update_fields=["seconds", "state"])
    Plan.objects.filter(
        sync=context.sync, state=Plan.State.READY, pk__lt=plan.pk
    ).update(state=Plan.State.EXPIRED)
    if run.undo_of_id is None:
        drafts = Sync.objects.filter(pk=context.sync.pk, state=Sync.State.DRAFT)
        drafts.update(state=Sync.State.TESTED)


def writing_seconds(connection: Connection, plan: Plan) -> float:
    """Return about how long a connection's calls take within its limits."""
    calls = plan.calls.get(connection.name, 0)
    slowest: float = calls * CALL_SECONDS / settings.SYNC_CONCURRENCY
    for window in windows(connection):
        seconds = {"10s": 10, "minute": 60}.get(window["window"])
        room = window["limit"] - window["reserve"]
        if seconds and room > 0:
            slowest = max(slowest, calls / room * seconds)
    return slowest
