"""Trying again all people who fail of one cause, or showing first what that would do."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from crosswalk.errors import ConfigError
from sync.failing import Cause, failing_of
from sync.services import records_run, run_request, sync_must_flow
from synclog.models import SyncRun

MOST = 200  # each is read by a call of its own; more are cheaper to list
MOST_SHOWN = 10_000  # that one preview is about


def cause_retry(*, cause: Cause, actor: AbstractBaseUser | None) -> SyncRun:
    """Ask for a run of all who fail of a cause.

    Raises ConfigError when nobody does any more, or the sync is switched off.
    """
    sync_must_flow(cause.sync)
    targets = _targets(cause)
    if len(targets) > MOST:  # whoever is not in sync is decided again anyway
        return run_request(
            sync=cause.sync,
            mode=SyncRun.Mode.LIVE,
            trigger=SyncRun.Trigger.MANUAL,
            scope="dirty",
            actor=actor,
        )
    return records_run(sync=cause.sync, targets=targets, actor=actor)


def cause_preview(*, cause: Cause, actor: AbstractBaseUser | None) -> SyncRun:
    """Ask for a test of just those who fail of a cause: its plan can be approved.

    Few are read anew, each by itself; of many only what changed since is read. Raises
    ConfigError when nobody fails of it any more.
    """
    targets = _targets(cause)
    is_few = len(targets) <= MOST
    trigger = SyncRun.Trigger.RETRY if is_few else SyncRun.Trigger.MANUAL
    return run_request(
        sync=cause.sync,
        mode=SyncRun.Mode.TEST,
        trigger=trigger,
        scope="records",
        targets=targets,
        actor=actor,
    )


def is_preview(run: SyncRun) -> bool:
    """Whether a test is about some people only, and its approval about no others.

    That of an undo is not: it goes by its own rules.
    """
    is_test = run.mode == SyncRun.Mode.TEST and run.undo_of_id is None
    return is_test and (run.scope == "records" or is_sample(run))


def is_sample(run: SyncRun) -> bool:
    """Whether a test is about the first few people of all."""
    return run.checkpoint.get("sample") is not None


def _targets(cause: Cause) -> list[int]:
    pairs = failing_of(cause).order_by("pk").values_list("left_id", "right_id")
    targets = [pk for pair in pairs[:MOST_SHOWN] for pk in pair if pk]
    if not targets:
        raise ConfigError("Nobody fails of this any more.")
    return targets
