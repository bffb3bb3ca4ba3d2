"""Runs: asking for them, stopping them, trying again."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from crosswalk.clock import now
from crosswalk.errors import ConfigError, CrosswalkError
from mapping.models import Mapping
from sync.models import Plan, Sync, SyncRecord
from sync.setup.pausing import GOES_ON, PAUSED_BY_PERSON
from sync.setup.resting import KEY as CANARY
from sync.setup.resting import canary_rest, go_live_rest
from synclog.models import SyncRun
from workspaces.services import audit

WHO = "who"  # of a run's checkpoint: what was said of who is who
BEHIND = "behind"  # of one of single records that comes after the run under way
BEHIND_SECONDS = 60.0  # it looks itself whether it may begin, should nobody tell it
MOST_BEHIND = 200  # records of such a run: each is read by a call of its own


class RunActive(CrosswalkError):
    """Another run of the same mode is under way for this sync."""

    code = "run_active"

    def __init__(self, run: SyncRun) -> None:
        super().__init__(f"Run {run.pk} of this sync is still under way.")
        self.run = run

    def words(self, then: str) -> str:
        """Return what is in the way, and when to do what was asked ("Try again")."""
        if self.run.is_paused:
            rests = (
                f"Run {self.run.pk} rests and keeps its place. Resume it or stop it."
            )
            return f"{rests} {then} when it has ended."
        return f"Run {self.run.pk} is still under way. {then} when it has ended."


def run_request(
    *,
    sync: Sync,
    mode: str,
    trigger: str,
    actor: AbstractBaseUser | None = None,
    **wanted: Any,
) -> SyncRun:
    """Write down that a run is to happen; due at once.

    `wanted`: see `_run_wanted`. Raises RunActive (with the run) when one of this mode
    is under way, ConfigError when nothing is mapped or the sync may not run.
    """
    _must_be_mapped(sync)
    run = _run_wanted(sync=sync, mode=mode, trigger=trigger, actor=actor, **wanted)
    for last in (False, False, True):
        active = run_active(sync, mode)
        if active is not None and not active.is_aside:
            raise RunActive(active)
        try:
            with transaction.atomic():
                run.save(force_insert=True)
            break
        except IntegrityError:  # somebody was faster: look who
            if last:
                raise
    return run


def _run_wanted(
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
    who: dict[str, Any] | None = None,
    actor: AbstractBaseUser | None = None,
) -> SyncRun:
    """Return a run that is not stored yet.

    `choices`, `removals`, `who`: what people decided of conflicts, pending deletes and
    of who is who (sync/choices/choosing.py, deleting.py, pairing.py).
    """
    decided = {"sample": sample, "choices": choices, CANARY: canary}
    decided |= {"removals": removals, WHO: who}
    return SyncRun(
        workspace_id=sync.workspace_id,
        sync=sync,
        mode=mode,
        trigger=trigger,
        scope=scope,
        targets=list(targets),
        plan=plan,
        undo_of=undo_of,
        undo=undo or {},
        checkpoint={key: value for key, value in decided.items() if value},
        requested_by_id=actor.pk if actor else None,
        next_at=now(),
    )


def run_active(sync: Sync, mode: str) -> SyncRun | None:
    """Return the run of a mode that is under way, if any.

    Of two it is the one at work: the other has stepped aside for it.
    """
    active = SyncRun.objects.filter(sync=sync, mode=mode, state__in=SyncRun.ACTIVE)
    return active.order_by("is_aside").first()


def behind(sync: Sync) -> QuerySet[SyncRun]:
    """Return the runs of what people decided meanwhile, which wait for the one under
    way to end, or (of a long one) for a place between two of its slices."""
    return SyncRun.objects.filter(
        sync=sync, is_aside=True, started_at=None, state__in=SyncRun.ACTIVE
    ).order_by("pk")


def _is_another_at_work(run: SyncRun) -> bool:
    others = SyncRun.objects.filter(sync=run.sync_id, mode=run.mode, is_aside=False)
    return others.filter(state__in=SyncRun.ACTIVE).exclude(pk=run.pk).exists()


def aside_return(run: SyncRun) -> None:
    """Have a run that waits for this one go on: in the transaction of its end.

    What people decided meanwhile comes before a long run that stepped aside. Of a sync
    that was paused meanwhile it is not carried out: they are asked again.
    """
    aside = SyncRun.objects.filter(
        sync=run.sync_id, mode=run.mode, is_aside=True, state__in=SyncRun.ACTIVE
    ).exclude(pk=run.pk)
    paused = Sync.objects.filter(pk=run.sync_id, state=Sync.State.PAUSED)
    if run.mode == SyncRun.Mode.LIVE and paused.exists():
        behind(run.sync).update(
            state=SyncRun.State.CANCELLED,
            next_at=None,
            finished_at=now(),
            reason="The sync was paused before this was carried out. Decide again.",
            reason_code="cancelled",
        )
    first = aside.filter(started_at=None).order_by("pk").first() or aside.first()
    if first is None or _is_another_at_work(run):
        return
    with suppress(IntegrityError), transaction.atomic():  # another went by itself
        SyncRun.objects.filter(pk=first.pk, is_aside=True).update(
            is_aside=False, next_at=now(), **GOES_ON
        )


@transaction.atomic
def run_pause(*, run: SyncRun, actor: AbstractBaseUser | None) -> bool:
    """Have a run rest before its next call until it is resumed; False when it cannot.

    It keeps its place: no other run of its sync begins meanwhile. One that ended, is
    paused already or lets another go first cannot be paused.
    """
    found = SyncRun.objects.select_for_update().filter(
        pk=run.pk, state__in=SyncRun.ACTIVE, is_paused=False, is_aside=False
    )
    stored = found.first()
    if stored is None:
        return False
    changes: dict[str, Any] = {"is_paused": True}
    if not stored.is_held:  # nobody is at work on it: it rests from now on
        changes.update(next_at=None, **PAUSED_BY_PERSON)
    found.update(**changes)
    _run_audit(run, actor, "run.paused")
    return True


@transaction.atomic
def run_resume(*, run: SyncRun, actor: AbstractBaseUser | None) -> bool:
    """Have a paused run go on where it rests; False when it is not paused."""
    paused = SyncRun.objects.filter(pk=run.pk, state__in=SyncRun.ACTIVE, is_paused=True)
    done = bool(paused.update(is_paused=False, next_at=now(), **GOES_ON))
    if done:
        _run_audit(run, actor, "run.resumed")
    return done


def _run_audit(run: SyncRun, actor: AbstractBaseUser | None, action: str) -> None:
    audit(workspace=run.workspace, actor=actor, action=action, subject=str(run.pk))


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
        go_live_rest(run)
        aside_return(run)
    if done:
        _run_audit(run, actor, "run.cancelled")
    return done


def unit_retry(
    *,
    record: SyncRecord,
    actor: AbstractBaseUser | None,
    also: Iterable[int] = (),
    **decided: Any,
) -> SyncRun:
    """Plan and apply one unit again, from today's data.

    `also`: records beside its own; `decided`, errors: see `records_run`.
    """
    targets = [*record.rows, *also]
    return records_run(sync=record.sync, targets=targets, actor=actor, **decided)


def records_run(
    *,
    sync: Sync,
    targets: Iterable[int],
    actor: AbstractBaseUser | None,
    trigger: str = SyncRun.Trigger.RETRY,
    can_wait: bool = False,
    **decided: Any,
) -> SyncRun:
    """Plan and apply the units of some records again, in one run.

    `decided`: `choices`, `removals` and `who`, see `_run_wanted`. Raises ConfigError
    while the sync is paused, RunActive while another run is under way; with `can_wait`
    it comes after that one, with what else is decided till then: see `behind`.
    """
    sync_must_flow(sync)
    wanted: dict[str, Any] = {
        "sync": sync,
        "mode": SyncRun.Mode.LIVE,
        "trigger": trigger,
        "scope": "records",
        "targets": targets,
        "actor": actor,
        **decided,
    }
    try:
        return run_request(**wanted)
    except RunActive as busy:
        if not can_wait:
            raise
        return _run_behind(busy.run, _run_wanted(**wanted))


@transaction.atomic
def _run_behind(busy: SyncRun, run: SyncRun) -> SyncRun:
    """Have a run of single records come after the one under way, or join one that does."""
    alike = behind(run.sync).filter(
        trigger=run.trigger, requested_by=run.requested_by_id, lease_owner=""
    )
    joined = alike.select_for_update().last()
    if joined is not None and len(joined.targets) + len(run.targets) <= MOST_BEHIND:
        joined.targets = list(dict.fromkeys([*joined.targets, *run.targets]))
        for name, more in run.checkpoint.items():
            joined.checkpoint[name] = joined.checkpoint.get(name, {}) | more
        joined.save(update_fields=["targets", "checkpoint"])
        return joined
    run.is_aside, run.state = True, SyncRun.State.WAITING
    run.next_at = now() + timedelta(seconds=BEHIND_SECONDS)
    run.reason = f"Comes after run {busy.pk}."
    run.reason_code = BEHIND
    run.save(force_insert=True)
    if not _is_another_at_work(run):  # it has just ended
        aside_return(busy)
        run.refresh_from_db()
    return run


def sync_must_flow(sync: Sync) -> None:
    """Raise ConfigError while a sync is paused."""
    if sync.state == Sync.State.PAUSED:
        raise ConfigError(f"“{sync.name}” is paused. Resume it first.")


def _must_be_mapped(sync: Sync) -> None:
    if not Mapping.objects.filter(sync=sync, published__isnull=False).exists():
        raise ConfigError(
            f"Nothing is mapped in “{sync.name}” yet. Map its fields first."
        )
