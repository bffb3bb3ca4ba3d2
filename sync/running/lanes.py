"""Lanes within one sync: a long run steps aside for what has just arrived.

One run of a sync is at work at a time, so nobody is written by two. A backfill may take
hours, though, and a notice must not wait for its end. So between two slices of a
backfill that is writing, a short run of just the records told of goes first; the
backfill comes back in the transaction that ends it, and has at least a slice to itself
before it steps aside again.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction

from crosswalk.clock import now
from crosswalk.leases import release
from sync.context import lane_of
from sync.inbox.waiting import inbox_waits
from sync.models import Sync
from sync.services import RunActive, behind, run_request
from sync.setup.pausing import GOES_ON
from synclog.models import SyncRun

ASIDE = "aside"
ASIDE_SECONDS = 60.0  # it looks itself whether it may go on, should nobody tell it


def step_aside(run: SyncRun) -> SyncRun | None:
    """Let what has arrived, or was decided, go before the next slice of a backfill.

    Returns the short run that goes first, None when there is no cause. Only while
    writing: before, who is on the other side is not known, and a create would be blind.
    """
    is_long = run.phase == SyncRun.Phase.WRITE and lane_of(run) == "backfill"
    if "canary" in run.checkpoint:  # nothing but its people may be written
        return None
    if not is_long or run.sync.state != Sync.State.LIVE:
        return None
    if not behind(run.sync).exists() and not inbox_waits(run.sync):
        return None
    try:
        with transaction.atomic():
            free = SyncRun.objects.filter(
                pk=run.pk, state=SyncRun.State.QUEUED, lease_owner="", is_aside=False
            )
            if not free.update(
                is_aside=True,
                state=SyncRun.State.WAITING,
                next_at=now() + timedelta(seconds=ASIDE_SECONDS),
                reason="Lets what has just arrived go first.",
                reason_code=ASIDE,
            ):
                return None
            return _decided(run.sync) or run_request(
                sync=run.sync,
                mode=SyncRun.Mode.LIVE,
                trigger=SyncRun.Trigger.WEBHOOK,
                scope="records",
            )
    except (RunActive, IntegrityError):  # another went by itself
        return None


def _decided(sync: Sync) -> SyncRun | None:
    """Have the run of what people decided first go on, if there is one."""
    first = behind(sync).first()
    if first is None:
        return None
    SyncRun.objects.filter(pk=first.pk, is_aside=True).update(
        is_aside=False, next_at=now(), **GOES_ON
    )
    first.refresh_from_db()
    return first


def come_back(run: SyncRun) -> bool:
    """Have a claimed run that stepped aside go on; False while another is under way."""
    try:
        with transaction.atomic():
            SyncRun.objects.filter(pk=run.pk).update(is_aside=False)
    except IntegrityError:
        release(run, next_at=now() + timedelta(seconds=ASIDE_SECONDS), attempts=0)
        return False
    run.is_aside = False
    return True
