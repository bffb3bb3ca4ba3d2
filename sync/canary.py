"""Canary: the first people of a plan are written, then a person looks at them.

The people are chosen and written down in the checkpoint before anything of them is
written, so that a run which is taken up again goes on with these and with nobody else.
However the run ends, the sync rests with it: in the same transaction, so that nothing
of the rest can flow before somebody says so (sync/goingon.py).
"""

from __future__ import annotations

from typing import Any

from sync.context import RunContext
from sync.models import Plan, PlannedChange, Sync
from sync.setup import sync_pause
from sync.units import Unit
from synclog.models import SyncRun

KEY = "canary"
WRITING = ("create", "update", "delete")


def canary_of(plan: Plan, wanted: int) -> dict[str, Any] | None:
    """Return the checkpoint of a run that writes the first people of a plan.

    None when the plan writes no more than these: then it is carried out whole.
    """
    left = PlannedChange.objects.filter(plan=plan, approved_in__isnull=True)
    writes = left.filter(outcome__in=WRITING).count()
    return {"most": wanted, "units": []} if 0 < wanted < writes else None


def canary_units(context: RunContext, units: list[Unit]) -> list[Unit]:
    """Return those of a chunk's units that the run may apply: all, or the chosen.

    Those chosen now are in the checkpoint, which is saved before their first intent.
    """
    canary: dict[str, Any] | None = context.run.checkpoint.get(KEY)
    if canary is None:
        return units
    chosen: list[str] = canary["units"]
    fresh = [u.key for u in units if u.decision.needs_calls and u.key not in chosen]
    chosen += fresh[: max(0, canary["most"] - len(chosen))]
    return [unit for unit in units if unit.key in chosen]


def canary_is_full(run: SyncRun) -> bool:
    """Whether everybody whom a run may write is chosen."""
    canary = run.checkpoint.get(KEY)
    return canary is not None and len(canary["units"]) >= canary["most"]


def canary_rest(run: SyncRun) -> None:
    """Let the sync of a canary rest, in the transaction that ends its run.

    A sync that is not live keeps its state: nothing flows there by itself anyway.
    """
    if KEY not in run.checkpoint:
        return
    sync = Sync.objects.select_for_update().get(pk=run.sync_id)
    sync.canary = run
    sync.save(update_fields=["canary"])
    if sync.state == Sync.State.LIVE:
        sync_pause(sync=sync, actor=None, reason=rest_words(run))


def rest_words(run: SyncRun) -> str:
    """Return what is said while a sync rests after the first people of a plan."""
    if run.state in (SyncRun.State.FAILED, SyncRun.State.CANCELLED):
        return f"Run {run.pk} was to write the first people and did not get through."
    count = len(run.checkpoint.get(KEY, {}).get("units", ()))
    if not count:
        return "Nobody had to be written first. Go on with the rest."
    if count == 1:
        return "The first one is written. Look at it, then go on."
    return f"The first {count:,} are written. Look at them, then go on."
