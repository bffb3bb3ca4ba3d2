"""After a canary: the rest of the plan whose first people were written."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from sync.choices.shown import canary_stamp, must_be_as_shown
from sync.models import PlannedChange, Sync
from sync.policy import policy_stamp
from sync.services import run_request
from sync.setup.resting import KEY
from sync.setup.saving import next_poll_after, tell
from synclog.models import SyncRun
from workspaces.services import audit


@transaction.atomic
def canary_go_on(
    *, sync: Sync, actor: AbstractBaseUser | None, seen: str | None = None
) -> SyncRun:
    """Carry out the rest of the plan; the sync is live again if it was before.

    Whoever changed since the test is planned again, as in any approved plan. Raises
    ConfigError when the sync does not rest, or rests after others than were shown
    (`seen`), or goes by other rules by now.
    """
    sync = Sync.objects.select_for_update().get(pk=sync.pk)
    first = sync.canary
    if first is None or first.plan is None:
        raise ConfigError(f"Nothing of “{sync.name}” waits for this any more.")
    must_be_as_shown(seen, canary_stamp(first))
    # without a stamp it ended before it began: then the approval is all there is
    if first.checkpoint.get("decided_by", policy_stamp(sync)) != policy_stamp(sync):
        raise ConfigError(
            "Rules or fields have changed since, so the rest would not be what was "
            "approved. Test again, and approve what that shows."
        )
    run = run_request(
        sync=sync,
        mode=SyncRun.Mode.LIVE,
        trigger=first.trigger,
        scope="records",
        plan=first.plan,
        actor=actor,
    )
    written = first.checkpoint.get(KEY, {}).get("units", [])
    rest = PlannedChange.objects.filter(approved_in=first).exclude(unit__in=written)
    rest.update(approved_in=run)
    _wake(sync, actor)
    audit(
        workspace=sync.workspace,
        actor=actor,
        action="plan.gone_on",
        subject=sync.name,
        data={"first": first.pk, "run": run.pk},
    )
    return run


def _wake(sync: Sync, actor: AbstractBaseUser | None) -> None:
    """Rest no more: live again, if it was live before."""
    sync.canary = None
    if sync.state == Sync.State.PAUSED:
        sync.state = Sync.State.LIVE
        sync.paused_reason = ""
        sync.next_poll_at = next_poll_after(sync, now())
        tell(sync, "sync.resumed", actor, {})
    sync.save()
