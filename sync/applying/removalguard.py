"""Before something is removed: how much it is, and how it looks at that very moment.

Unlike the guard on mass changes this does not stop the run: only its removals wait for
a person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from crosswalk.clock import now
from sync.context import SIDES, RunContext
from sync.deciding.merging import gone_rows
from sync.deciding.units import Place, Unit, UnitSource, dirty_links, living_links
from sync.engine.guards import FEW_REMOVALS, Guards, removals_trip
from sync.models import RecordLink, Sync
from sync.reading.pages import read_row
from synclog.models import LogEntry, SyncRun

# a mass delete that is told of one by one is one all the same
WINDOW = timedelta(hours=1)
FRESH = timedelta(minutes=5)  # who was read within this run and that time is known
BY_PERSON = (SyncRun.Trigger.RETRY, SyncRun.Trigger.GO_LIVE, SyncRun.Trigger.UNDO)


def removals_held(context: RunContext, source: UnitSource) -> bool:
    """Return whether the removals of a run wait for a person. Goes on where it was
    cut off."""
    if context.run.plan_id or context.run.trigger in BY_PERSON:
        return False
    guards = Guards.of(context.sync.guards)
    pairs = living_links(context.sync, source.object_type).count()
    recent = _recent(context.sync, source.object_type)
    most = recent + _candidates(context, source)
    if most < FEW_REMOVALS or not removals_trip(guards, pairs, most):
        return False
    return removals_trip(guards, pairs, recent + _count(context, source))


def looked_at(context: RunContext, source: UnitSource, unit: Unit) -> Unit:
    """Return a unit that is to be removed as decided from how its record is now.

    What is removed cannot be fetched back: an edit nobody has told of yet is asked
    about. Costs one call, unless the record has just been read.
    """
    removal, link = unit.decision.remove, unit.link
    if removal is None or link is None:
        return unit
    row = link.left if removal.side == "left" else link.right
    if row.read_at >= max(context.run.started_at or now(), now() - FRESH):
        return unit
    context.keep_going()
    context.expect_calls(removal.side, 1)
    session = context.sessions[removal.side]
    read_row(session, row)
    context.save()
    fresh = RecordLink.objects.select_related("left", "right").get(pk=link.pk)
    (again,) = source.decide_links([fresh])
    return again


def _recent(sync: Sync, object_type: str) -> int:
    """Return how many were removed lately without a person having seen them."""
    runs = SyncRun.objects.filter(sync=sync, plan=None).exclude(trigger__in=BY_PERSON)
    entries = LogEntry.objects.filter(
        run__in=runs.filter(finished_at__gte=now() - WINDOW),
        object_type=object_type,
        outcome=LogEntry.Outcome.DELETE,
    )
    return entries.count()


def _candidates(context: RunContext, source: UnitSource) -> int:
    """Return how many pairs may be removed at the most, without deciding them."""
    policy = source.policy
    sync, kind = context.sync, source.object_type
    leaving = policy.leaving == "archive"
    if leaving:
        is_settled = context.run.checkpoint.get("decided_by") == sync.decided_by
        links = dirty_links(sync, kind) if is_settled else living_links(sync, kind)
        return links.count()
    if policy.delete not in ("archive", "mirror"):
        return 0
    links = RecordLink.objects.filter(sync=sync, object_type=kind, tombstone="")
    return sum(
        links.filter(**{f"{side}__in": gone_rows(sync, kind, side)}).count()
        for side in SIDES
    )


def _count(context: RunContext, source: UnitSource) -> int:
    states: dict[str, Any] = context.run.checkpoint.setdefault("hold", {})
    state = states.setdefault(source.object_type, {"after": 0, "count": 0})
    for place, units in source.chunks(Place("links", state["after"])):
        if place.stage != "links":
            break
        context.keep_going()
        state["count"] += sum(unit.decision.remove is not None for unit in units)
        state["after"] = place.after
        context.save()
    return int(state["count"])
