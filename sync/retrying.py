"""Trying again all people who fail of one cause, in one run."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from crosswalk.errors import ConfigError
from sync.models import Sync, SyncRecord
from sync.services import run_request
from synclog.models import SyncRun

MOST = 200  # each is read by a call of its own; more are cheaper to list


def cause_retry(*, sync: Sync, code: str, actor: AbstractBaseUser | None) -> SyncRun:
    """Ask for a run of all who fail of a cause.

    Raises ConfigError when nobody does any more, or the sync is switched off.
    """
    if sync.state == Sync.State.PAUSED:
        raise ConfigError(f"“{sync.name}” is paused. Resume it first.")
    failing = SyncRecord.objects.filter(
        sync=sync, list=SyncRecord.List.FAILING, reason_code=code
    ).values_list("left_id", "right_id")
    targets = [pk for pair in failing for pk in pair if pk]
    if not targets:
        raise ConfigError("Nobody fails of this any more.")
    if len(targets) > MOST:  # whoever is not in sync is decided again anyway
        return run_request(
            sync=sync,
            mode=SyncRun.Mode.LIVE,
            trigger=SyncRun.Trigger.MANUAL,
            scope="dirty",
            actor=actor,
        )
    return run_request(
        sync=sync,
        mode=SyncRun.Mode.LIVE,
        trigger=SyncRun.Trigger.RETRY,
        scope="records",
        targets=targets,
        actor=actor,
    )
