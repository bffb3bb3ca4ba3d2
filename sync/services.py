"""Runs: asking for them, stopping them, trying again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from crosswalk.clock import now
from crosswalk.errors import ConfigError, CrosswalkError
from mapping.models import Mapping
from sync.canary import KEY as CANARY
from sync.canary import canary_rest
from sync.models import Plan, Sync, SyncRecord
from synclog.models import SyncRun
from workspaces.services import audit


class RunActive(CrosswalkError):
    """Another run of the same mode is under way for this sync."""

    code = "run_active"

    def __init__(self, run: SyncRun) -> None:
        super().__init__(f"Run {run.pk} of this sync is still under way.")
        self.run = run


def run_request(
    *,
    sync: Sync,
    mode: str,
    trigger: str,
    scope: str = "all",
    targets: Iterable[int] = (),
    plan: Plan | None = None,
    sample: int | None = None,
    undo_of: SyncRun | None = None,
    undo: dict[str, Any] | None = None,
    choices: dict[str, Any] | None = None,
    canary: dict[str, Any] | None = None,
    removals: dict[str, Any] | None = None,
    actor: AbstractBaseUser | None = None,
) -> SyncRun:
    """Write down that a run is to happen; due at once.

    Raises RunActive (with the run) when one of this mode is under way, ConfigError
    when nothing is mapped or the sync may not run.
    """
    _must_be_mapped(sync)
    wanted = SyncRun(
        workspace_id=sync.workspace_id,
        sync=sync,
        mode=mode,
        trigger=trigger,
        scope=scope,
        targets=list(targets),
        plan=plan,
        undo_of=undo_of,
        undo=undo or {},
        checkpoint={
            key: value
            for key, value in (
                ("sample", sample),
                ("choices", choices),
                (CANARY, canary),
                ("removals", removals),
            )
            if value
        },
        requested_by_id=actor.pk if actor else None,
        next_at=now(),
    )
    for last in (False, False, True):
        active = run_active(sync, mode)
        if active is not None and not active.is_aside:
            raise RunActive(active)
        try:
            with transaction.atomic():
                wanted.save(force_insert=True)
            break
        except IntegrityError:  # somebody was faster: look who
            if last:
                raise
    return wanted


def run_active(sync: Sync, mode: str) -> SyncRun | None:
    """Return the run of a mode that is under way, if any.

    Of two it is the one at work: the other has stepped aside for it.
    """
    active = SyncRun.objects.filter(sync=sync, mode=mode, state__in=SyncRun.ACTIVE)
    return active.order_by("is_aside").first()


def aside_return(run: SyncRun) -> None:
    """Have the run that stepped aside for this one go on: in the transaction of its end."""
    SyncRun.objects.filter(
        sync=run.sync_id, mode=run.mode, is_aside=True, state__in=SyncRun.ACTIVE
    ).exclude(pk=run.pk).update(
        is_aside=False,
        state=SyncRun.State.QUEUED,
        next_at=now(),
        reason="",
        reason_code="",
    )


@transaction.atomic
def run_cancel(*, run: SyncRun, actor: AbstractBaseUser | None) -> bool:
    """Stop a run before its next call; False when it had already ended.

    What is written stays written and linked; the rest is not touched.
    """
    stopped = SyncRun.objects.filter(pk=run.pk, state__in=SyncRun.ACTIVE)
    held = run.is_held
    changes: dict[str, Any] = {"state": SyncRun.State.CANCELLED}
    if not held:  # nobody is at work on it: it ends here
        changes.update(next_at=None, finished_at=now(), reason="Stopped by a person.")
    done = bool(stopped.update(**changes))
    if done and not held:
        run.refresh_from_db()
        canary_rest(run)
        aside_return(run)
    if done:
        audit(
            workspace=run.workspace,
            actor=actor,
            action="run.cancelled",
            subject=str(run.pk),
        )
    return done


def unit_retry(
    *,
    record: SyncRecord,
    actor: AbstractBaseUser | None,
    also: Iterable[int] = (),
    choices: dict[str, Any] | None = None,
    removals: dict[str, Any] | None = None,
) -> SyncRun:
    """Plan and apply one unit again, from today's data.

    `also`: records beside its own; `choices`: what a person decided of its conflicts;
    `removals`: of its pending delete (sync/deleting.py).
    Raises ConfigError while the sync is paused.
    """
    if record.sync.state == Sync.State.PAUSED:
        raise ConfigError(f"“{record.sync.name}” is paused. Resume it first.")
    targets = [pk for pk in (record.left_id, record.right_id, *also) if pk]
    return run_request(
        sync=record.sync,
        mode=SyncRun.Mode.LIVE,
        trigger=SyncRun.Trigger.RETRY,
        scope="records",
        targets=targets,
        choices=choices,
        removals=removals,
        actor=actor,
    )


def _must_be_mapped(sync: Sync) -> None:
    if not Mapping.objects.filter(sync=sync, published__isnull=False).exists():
        raise ConfigError(
            f"Nothing is mapped in “{sync.name}” yet. Map its fields first."
        )
