"""Before the first write: count whom a run would create, and see whether that is a flood.

A sync that never finished a whole run has no measure: its first run creates whoever is
missing, and that is what it is for (docs/decisions/0017). Counted in steps that a kill
or the end of a slice does not lose, and only where so many may be created at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import F, QuerySet

from integrations.models import RemoteRecord
from mapping.convert import Side, other
from sync.context import SIDES, RunContext
from sync.deciding.lately import created_lately
from sync.deciding.matching import unlinked
from sync.deciding.units import Place, Source, UnitSource
from sync.engine.guards import (
    FEWEST_CREATES,
    Flood,
    Guards,
    create_flood,
    may_flood,
)
from sync.models import RecordLink, SyncRecord
from sync.policy import remote_type, side_connection
from sync.setup.resting import was_whole_once
from synclog.models import SyncRun


def flood_of(context: RunContext, source: Source, guards: Guards) -> Flood | None:
    """Return the side on which a run would create too many people, None when none."""
    fresh = {other(side): _fresh(context, source, side) for side in SIDES}
    fresh = {side: rows for side, rows in fresh.items() if rows.exists()}
    if not fresh or not _has_measure(context, source.object_type):
        return None
    before = created_lately(context.sync, source.object_type)
    fresh = {to: rows for to, rows in fresh.items() if _are_many(rows, before[to])}
    if not fresh:
        return None
    # what has just been created is known by now, and is no measure
    known = {side: _known(context, source, side) - before[side] for side in SIDES}
    if not any(
        may_flood(guards, known[to], rows.count() + before[to])
        for to, rows in fresh.items()
    ):
        return None
    creates = _creates(context, source)
    total = {side: count + before[side] for side, count in creates.items() if count}
    flood = create_flood(guards, known, total)
    return replace(flood, before=before[flood.side]) if flood else None


def flood_words(flood: Flood, name: str, noun: str = "people") -> str:
    """Return where a run would create how many."""
    within = f" ({flood.before:,} of them in the last hour)" if flood.before else ""
    return (
        f"{flood.count:,} {noun} would be created at {name}{within}, where "
        f"{flood.known:,} are known. This sync asks above {flood.limit} %."
    )


def _has_measure(context: RunContext, object_type: str) -> bool:
    """Whether it is known how many of a type there usually are: of what hangs under
    people and was switched on later, only once a run has carried some to its end."""
    sync = context.sync
    if not was_whole_once(sync):
        return False
    if not context.policies[object_type].parent:
        return True
    whole = (SyncRun.State.COMPLETED, SyncRun.State.COMPLETED_WITH_FAILURES)
    runs = SyncRun.objects.filter(sync=sync, mode=SyncRun.Mode.LIVE, state__in=whole)
    last = runs.order_by("-pk").values_list("finished_at", flat=True).first()
    links = RecordLink.objects.filter(sync=sync, object_type=object_type)
    return last is not None and links.filter(created_at__lt=last).exists()


def _fresh(
    context: RunContext, source: Source, side: Side
) -> QuerySet[RemoteRecord, RemoteRecord]:
    """Return the unlinked people of a side who may have to be created across.

    Whoever was left out before stays out while neither they nor the rules change.
    """
    if isinstance(source, UnitSource):
        rows = source.loose_rows(side)
    else:
        rows = unlinked(context.sync, side, source.object_type)
    if context.run.checkpoint.get("decided_by") != context.sync.decided_by:
        return rows
    left_out = SyncRecord.objects.filter(
        sync=context.sync,
        list=SyncRecord.List.EXCLUDED,
        **{f"{side}_version": F(f"{side}__version"), f"{side}__isnull": False},
    )
    return rows.exclude(pk__in=left_out.values(f"{side}_id"))


def _are_many(rows: QuerySet[RemoteRecord, RemoteRecord], before: int) -> bool:
    """Whether there are enough for a flood, without counting them all."""
    few = FEWEST_CREATES - before
    return few <= 0 or len(rows.values_list("pk", flat=True)[:few]) == few


def _known(context: RunContext, source: Source, side: Side) -> int:
    return RemoteRecord.objects.filter(
        connection=side_connection(context.sync, side),
        object_type=remote_type(context.sync, side, source.object_type),
        gone_at__isnull=True,
    ).count()


def _creates(context: RunContext, source: Source) -> dict[Side, int]:
    """Return how many people deciding all unlinked ones would create, by side."""
    states: dict[str, Any] = context.run.checkpoint.setdefault("flood", {})
    state = states.setdefault(
        source.object_type,
        {"stage": "left", "after": 0, "creates": {"left": 0, "right": 0}},
    )
    for place, units in source.chunks(Place(state["stage"], state["after"])):
        context.keep_going()
        for unit in units:
            if unit.decision.create_side:
                state["creates"][unit.decision.create_side] += 1
        state.update(stage=place.stage, after=place.after)
        context.save()
    creates: dict[Side, int] = state["creates"]
    return creates
