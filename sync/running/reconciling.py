"""The nightly comparison of everybody: when it is due, what it costs, when it is skipped.

It finds what neither a notice nor a poll has told of: deletes first of all, which no
poll can show. sync/reading/drift.py keeps what it found.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from integrations.quotas.budget import windows
from mapping.convert import Side
from sync.models import Sync
from sync.policy import remote_type, side_connection, system_name, system_spec
from sync.services import RunActive, run_request, sync_must_flow
from sync.setup.saving import next_reconcile_after
from synclog.models import SyncRun

logger = logging.getLogger(__name__)
SHARE = 0.30  # of what is left of a day's quota
LATER = timedelta(minutes=5)  # while another run is under way


def reconcile_request(*, sync: Sync, actor: AbstractBaseUser | None) -> SyncRun:
    """Ask for a comparison of everybody, now.

    Raises ConfigError when the sync is paused, RunActive when a run is under way.
    """
    sync_must_flow(sync)
    return run_request(
        sync=sync,
        mode=SyncRun.Mode.LIVE,
        trigger=SyncRun.Trigger.RECONCILE,
        scope="dirty",
        actor=actor,
    )


def reconciliations_due() -> list[SyncRun]:
    """Ask for the comparison of each live sync whose night has come; nights that were
    missed are one. Returns the runs."""
    runs = []
    due = Q(next_reconcile_at__lte=now()) | Q(next_reconcile_at=None)
    live = Sync.objects.filter(due, state=Sync.State.LIVE)
    for sync in live.select_related("workspace", "left", "right"):
        run = _reconcile(sync)
        runs += [run] if run else []
    return runs


def _reconcile(sync: Sync) -> SyncRun | None:
    """Ask for one comparison, and set the next night; None when not this time."""
    following = next_reconcile_after(sync, now())
    if sync.next_reconcile_at is None:  # never set: a sync from before, or by hand only
        if following is not None:
            _set(sync, next_reconcile_at=following)
        return None
    if not _set(sync, next_reconcile_at=following, reconcile_note=too_dear(sync)):
        return None  # another process was faster
    if sync.reconcile_note:
        logger.info("Sync %s is not compared: %s", sync.pk, sync.reconcile_note)
        return None
    try:
        return reconcile_request(sync=sync, actor=None)
    except RunActive:
        _set(sync, next_reconcile_at=now() + LATER)
    except ConfigError as error:
        _set(sync, reconcile_note=error.message[:200])
    return None


def _set(sync: Sync, **changes: object) -> bool:
    same = Sync.objects.filter(pk=sync.pk, next_reconcile_at=sync.next_reconcile_at)
    for key, value in changes.items():
        setattr(sync, key, value)
    return bool(same.update(**changes))


def too_dear(sync: Sync) -> str:
    """Return why a comparison would use too much of a day's calls, "" when not."""
    sides: tuple[Side, Side] = ("left", "right")
    for side in sides:
        connection = side_connection(sync, side)
        calls = sum(_pages(sync, side))
        day = next((w for w in windows(connection) if w["window"] == "day"), None)
        left = max(0, day["limit"] - day["used"] - day["reserve"]) if day else None
        if left is not None and calls > SHARE * left:
            name = system_name(sync, side)
            return (
                f"Skipped: it takes {calls:,} calls of {name}, more than {SHARE:.0%} "
                f"of the {left:,} left of that day."
            )
    return ""


def _pages(sync: Sync, side: Side) -> Iterator[int]:
    """Yield the calls of listing each object type of a sync on a side."""
    connection = side_connection(sync, side)
    for object_type in sync.mappings.values_list("object_type", flat=True):
        kind = remote_type(sync, side, object_type)
        spec = system_spec(connection, kind)
        known = RemoteRecord.objects.filter(
            connection=connection, object_type=kind, gone_at=None
        )
        if spec.listing == "account":
            yield max(1, math.ceil(known.count() / spec.page_size))
