"""Canary: the first people of a plan are written, then a person looks at them.

The people are chosen and written down in the checkpoint before anything of them is
written, so that a run which is taken up again goes on with these and with nobody else.
However the run ends, the sync rests with it: in the same transaction, so that nothing
of the rest can flow before somebody says so (sync/choices/goingon.py).
"""

from __future__ import annotations

from typing import Any

from sync.context import RunContext
from sync.deciding.units import Unit
from sync.models import Plan, PlannedChange
from sync.setup.resting import KEY
from synclog.models import SyncRun

WRITING = ("create", "update", "delete")


def canary_of(plan: Plan, wanted: int) -> dict[str, Any] | None:
    """Return the checkpoint of a run that writes the first people of a plan.

    None when the plan writes no more than these: then it is carried out whole.
    """
    if wanted <= 0:
        return None
    left = PlannedChange.objects.filter(plan=plan, approved_in__isnull=True)
    # whether there are more is all that is asked: a plan may have a hundred thousand
    writes = left.filter(outcome__in=WRITING).order_by()[: wanted + 1].count()
    return {"most": wanted, "units": []} if wanted < writes else None


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
