"""Before the first write: count what a run would do, and stop it if that is too much.

A run that applies an approved plan is not guarded: a person has seen what it does.
Decided in steps that a kill or the end of a slice does not lose.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import transaction

from crosswalk.errors import CrosswalkError
from sync.context import RunContext
from sync.deciding.flooding import flood_of, flood_words
from sync.deciding.lately import replaced_lately, updates_lately
from sync.deciding.units import Place, Source, dirty_links, living_links
from sync.engine.guards import FEWEST, Flood, Guards, Tally, Trip, change_trip, may_trip
from sync.models import Intent, Sync
from sync.policy import spec_at
from sync.setup.saving import sync_pause
from synclog.models import SyncRun

WHAT_NOW = "Test the sync, look at the plan, and approve it if this is what you want."


class GuardTripped(CrosswalkError):
    """A run would change more than its guards allow; nothing was written."""

    code = "guard"


def guard(context: RunContext, object_type: str, source: Source) -> None:
    """Raise GuardTripped when the run would do too much; then the sync is paused."""
    run = context.run
    is_asked_for = source.scope == "records" and run.trigger != SyncRun.Trigger.WEBHOOK
    if run.plan_id or is_asked_for:
        return
    guards = Guards.of(context.sync.guards)
    _guard_changes(context, object_type, source, guards)
    flood = flood_of(context, source, guards)
    if flood is not None:
        name = context.policies[object_type].side(flood.side).name
        _stop(context, flood_words(flood, name, _noun(context, object_type, flood)))


def _noun(context: RunContext, object_type: str, flood: Flood) -> str:
    """Return what is created: people, or what hangs under them by its name there."""
    if not context.policies[object_type].parent:
        return "people"
    return spec_at(context.sync, flood.side, object_type).label_plural.lower()


def _guard_changes(
    context: RunContext, object_type: str, source: Source, guards: Guards
) -> None:
    pairs = living_links(context.sync, object_type).count()
    touched = _touched(context, source, pairs) if pairs >= FEWEST else 0
    lately = updates_lately(context.sync, object_type).count() if touched else 0
    if not may_trip(guards, pairs, touched + lately):
        return
    before = replaced_lately(context.sync, object_type) if lately else {}
    trip = change_trip(guards, _tally(context, source, Tally(pairs, before=before)))
    if trip is not None:
        name = context.policies[object_type].side(trip.side).name
        key = trip.label, trip.side
        _stop(context, _change_words(trip, name, len(before.get(key, ()))))


def _touched(context: RunContext, source: Source, pairs: int) -> int:
    """Return how many pairs may have to be written at the most."""
    if context.run.checkpoint.get("decided_by") != context.sync.decided_by:
        return pairs
    return dirty_links(context.sync, source.object_type).count()


def _tally(context: RunContext, source: Source, tally: Tally) -> Tally:
    """Return what deciding all pairs comes to; goes on where it was cut off."""
    states: dict[str, Any] = context.run.checkpoint.setdefault("guard", {})
    state = states.setdefault(source.object_type, {"after": 0, "fields": []})
    tally.overwritten = Counter(
        {(label, side): count for label, side, count in state["fields"]}
    )
    for place, units in source.chunks(Place("links", state["after"])):
        if place.stage != "links":
            break
        context.keep_going()
        for unit in units:
            tally.add(unit.decision, unit.key)
        fields = [[*key, count] for key, count in tally.overwritten.items()]
        state.update(after=place.after, fields=fields)
        context.save()
    return tally


def _change_words(trip: Trip, name: str, lately: int) -> str:
    return (
        f"{trip.label} would be replaced at {name} for {trip.count:,} of "
        f"{trip.pairs:,} linked people ({trip.percent} %{_within(lately)}). This sync "
        f"asks above {trip.limit} %."
    )


def _within(lately: int) -> str:
    return f", {lately:,} of them in the last hour" if lately else ""


def _stop(context: RunContext, what: str) -> None:
    """Pause the sync and end the run. One that read anew may have written before."""
    done = Intent.objects.filter(run=context.run, state=Intent.State.DONE)
    written = "Nothing more was written." if done.exists() else "Nothing was written."
    reason = f"{what} {written} {WHAT_NOW}"
    with transaction.atomic():
        if context.sync.state == Sync.State.LIVE:
            sync_pause(sync=context.sync, actor=None, reason=reason)
    raise GuardTripped(reason)
