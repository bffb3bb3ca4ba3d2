"""What a sync did a day: one small row instead of reading all its runs."""

from __future__ import annotations

from django.db.models import F

from crosswalk.clock import now
from sync.models import SyncDay
from synclog.models import SyncRun

WRITTEN = ("create", "update", "delete", "link")


def day_add(run: SyncRun) -> None:
    """Add an ended live run to its day."""
    if run.is_quiet:
        return
    written = sum(run.counts.get(key, 0) for key in WRITTEN)
    row, _made = SyncDay.objects.get_or_create(sync_id=run.sync_id, day=now().date())
    SyncDay.objects.filter(pk=row.pk).update(
        written=F("written") + written,
        failed=F("failed") + run.counts.get("failed", 0),
        runs=F("runs") + 1,
    )
