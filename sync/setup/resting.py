"""A sync that rests after the first people of a plan, until somebody has looked at them."""

from __future__ import annotations

from sync.models import Sync
from sync.setup.saving import sync_pause
from synclog.models import SyncRun

NOT_THROUGH = (
    "The first run of its plan was stopped before it was through. Test again and approve "
    "what that shows, or resume to have everything done that differs."
)
KEY = "canary"  # of a run's checkpoint: how many it may write, and who they are


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


def go_live_rest(run: SyncRun) -> None:
    """Pause the sync whose first import was stopped, in the transaction that ends it.

    Else the next poll would carry out the rest, as it knows nobody who is left out.
    """
    is_stopped = run.state == SyncRun.State.CANCELLED and run.plan_id is not None
    sync = run.sync
    if run.mode != SyncRun.Mode.LIVE or not is_stopped or was_whole_once(sync):
        return
    sync.refresh_from_db()
    if sync.state == Sync.State.LIVE:
        sync_pause(sync=sync, actor=None, reason=NOT_THROUGH)


def was_whole_once(sync: Sync) -> bool:
    """Whether a sync has looked at everybody once, or carried out a whole plan."""
    if sync.decided_by:
        return True
    done = (SyncRun.State.COMPLETED, SyncRun.State.COMPLETED_WITH_FAILURES)
    plans = SyncRun.objects.filter(
        sync=sync, mode=SyncRun.Mode.LIVE, state__in=done, plan__isnull=False
    )
    return plans.exclude(checkpoint__has_key="canary").exists()


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
