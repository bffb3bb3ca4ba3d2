"""What polls and notices of the last hour did by themselves, for the guards.

A mass change that is told of in portions is one all the same: an import at a vendor, or
a wrong bulk edit, comes by many runs of which none does much. What a person approved
counts as seen, and everything before it.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from django.db.models import QuerySet

from crosswalk.clock import now
from mapping.convert import Side, is_empty
from sync.context import SIDES
from sync.models import Sync
from synclog.models import LogEntry, SyncRun

# a mass change that is told of one by one is one all the same
WINDOW = timedelta(hours=1)
BY_ITSELF = (
    SyncRun.Trigger.SCHEDULE,
    SyncRun.Trigger.WEBHOOK,
    SyncRun.Trigger.RECONCILE,
)
Units = dict[tuple[str, Side], set[str]]  # (label, side) → units


def updates_lately(sync: Sync, object_type: str) -> QuerySet[LogEntry]:
    """Return the entries of units that were updated."""
    return _entries(sync, object_type).filter(outcome=LogEntry.Outcome.UPDATE)


def replaced_lately(sync: Sync, object_type: str) -> Units:
    """Return of which units a value was written over, by field and side."""
    found: Units = defaultdict(set)
    rows = updates_lately(sync, object_type).values_list("unit", "changes")
    for unit, changes in rows.iterator():
        for change in changes:
            for side in SIDES:
                is_write = change["action"] == "write" and change["side"] == side
                if is_write and not is_empty(change["before"]):
                    found[change["label"], side].add(unit)
    return found


def created_lately(sync: Sync, object_type: str) -> dict[Side, int]:
    """Return how many were created, by side."""
    entries = _entries(sync, object_type).filter(outcome=LogEntry.Outcome.CREATE)
    return {side: entries.filter(side=side).count() for side in SIDES}


def _entries(sync: Sync, object_type: str) -> QuerySet[LogEntry]:
    """Return what runs did since somebody last approved a plan, an hour at the most.

    Runs of everybody are left out: each is guarded as a whole.
    """
    runs = SyncRun.objects.filter(sync=sync, mode=SyncRun.Mode.LIVE)
    seen = runs.filter(plan__isnull=False).order_by("-pk").values_list("pk", flat=True)
    mine = runs.filter(
        trigger__in=BY_ITSELF,
        created_at__gte=now() - WINDOW,
        pk__gt=seen.first() or 0,
    ).exclude(scope="all")
    return LogEntry.objects.filter(run__in=mine, object_type=object_type)
