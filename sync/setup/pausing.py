"""Runs at rest: because a person paused one, or because their sync was paused."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from crosswalk.clock import now
from sync.models import Sync
from synclog.models import SyncRun

PAUSED = "paused"  # the reason code of a run that rests until a person resumes it
PAUSED_BY_PERSON: dict[str, Any] = {
    "state": SyncRun.State.WAITING,
    "reason": "Paused by a person.",
    "reason_code": PAUSED,
}
PAUSED_WITH_SYNC = {**PAUSED_BY_PERSON, "reason": "Paused with its sync."}
GOES_ON: dict[str, Any] = {
    "state": SyncRun.State.QUEUED,
    "reason": "",
    "reason_code": "",
}


def paused_how(run: SyncRun) -> dict[str, Any]:
    """Return the columns of a run that is given back because it was paused."""
    with_sync = Sync.objects.filter(pk=run.sync_id).exclude(state=Sync.State.LIVE)
    return PAUSED_WITH_SYNC if with_sync.exists() else PAUSED_BY_PERSON


def runs_rest(sync: Sync) -> None:
    """Have the live runs of a sync rest with it, each before its next call.

    What people decided meanwhile and has not begun is left: it waits for these.
    """
    begun = _live(sync).exclude(is_aside=True, started_at=None)
    begun.update(is_paused=True)
    begun.filter(is_aside=False, lease_owner="").update(
        next_at=None, **PAUSED_WITH_SYNC
    )


def runs_go_on(sync: Sync) -> None:
    """Have the runs that rest go on where they are."""
    resting = _live(sync).filter(is_paused=True)
    resting.filter(is_aside=False).update(next_at=now(), **GOES_ON)
    resting.update(is_paused=False)


def _live(sync: Sync) -> QuerySet[SyncRun]:
    return SyncRun.objects.filter(
        sync=sync, mode=SyncRun.Mode.LIVE, state__in=SyncRun.ACTIVE
    )
