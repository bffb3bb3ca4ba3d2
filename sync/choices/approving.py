"""Approving a plan: all of it, or a selection; the rest stays planned.

A change says which run it was approved for; the run carries out just those.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from sync.choices.canary import canary_of
from sync.choices.retrying import is_preview
from sync.engine.guards import Guards
from sync.models import Plan, PlannedChange, Sync
from sync.services import run_request
from sync.setup.planstate import plan_checked
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from workspaces.services import audit

READY = ("create", "update", "delete", "link")  # what an approval carries out
OUT_OF_DATE = "This test is out of date. Test again: it takes a few calls at most."
NOTHING_LEFT = (
    "None of the people you chose is left to approve: a run has them already, or they "
    "wait for a decision. Choose others."
)


@transaction.atomic
def plan_approve(
    *,
    plan: Plan,
    actor: AbstractBaseUser | None,
    go_live: bool = True,
    only: Collection[str] | None = None,
    outcomes: Collection[str] | None = None,
    first: int | None = None,
) -> SyncRun:
    """Approve a plan: the sync goes live and a run applies that very plan.

    `only` (units) or `outcomes` choose some of its changes: the run applies just
    these, the rest stays planned and the sync as it is. The plans of an undo and of
    some people only (scope "records", a sample) leave the sync live or not, too. `first`: of a
    whole plan write only so many people and then ask (sync/choices/canary.py); 0 all,
    None as the sync's guard says. Raises ConfigError when the plan is out of date or
    nothing that was chosen is left, RunActive while another run is under way.
    """
    locked = plan_checked(Plan.objects.select_for_update().get(pk=plan.pk))
    if locked.state != Plan.State.READY:
        raise ConfigError(OUT_OF_DATE)
    test = _test_of(locked)
    is_of_some = test is not None and is_preview(test)
    is_chosen = only is not None or outcomes is not None
    is_part = is_chosen or is_of_some
    chosen = changes_left(locked)
    if is_chosen:
        chosen = chosen.filter(Q(unit__in=only or ()) | Q(outcome__in=outcomes or ()))
    if is_part:
        chosen = _that_can_be(chosen)
    undone = test.undo_of if test else None
    is_whole = undone is None and not is_part
    canary = _canary(locked, first) if is_whole else None
    trigger = SyncRun.Trigger.GO_LIVE if go_live else SyncRun.Trigger.COMMAND
    run = run_request(
        sync=locked.sync,
        mode=SyncRun.Mode.LIVE,
        trigger=SyncRun.Trigger.UNDO if undone else trigger,
        scope="records",
        plan=locked,
        undo_of=undone,
        undo=test.undo if test else None,
        canary=canary,
        actor=actor,
    )
    counts = dict(chosen.order_by().values_list("outcome").annotate(Count("pk")))
    chosen.update(approved_in=run)
    if not is_part or ((undone or is_of_some) and not left_counts(locked)):
        _close(locked, actor)
    if go_live and is_whole:
        sync_go_live(sync=locked.sync, actor=actor, tested=True)
    audit(
        workspace=locked.workspace,
        actor=actor,
        action="plan.approved",
        subject=locked.sync.name,
        data={"plan": locked.pk, "counts": counts, "is_part": is_part},
    )
    return run


def _that_can_be(chosen: QuerySet[PlannedChange]) -> QuerySet[PlannedChange]:
    """Return those of some changes that can be carried out; ConfigError if none."""
    found = chosen.filter(outcome__in=READY)
    if not found.exists():
        raise ConfigError(NOTHING_LEFT)
    return found


def _canary(plan: Plan, first: int | None) -> dict[str, Any] | None:
    """Return how a run of the whole plan begins; the rest of another plan is given up."""
    usual = Guards.of(plan.sync.guards).canary
    Sync.objects.filter(pk=plan.sync_id).update(canary=None)
    return canary_of(plan, usual if first is None else first)


def _close(plan: Plan, actor: AbstractBaseUser | None) -> None:
    plan.state = Plan.State.APPROVED
    plan.approved_by_id = actor.pk if actor else None
    plan.approved_at = now()
    plan.save(update_fields=["state", "approved_by", "approved_at"])


def _test_of(plan: Plan) -> SyncRun | None:
    """Return the test that made a plan."""
    tests = SyncRun.objects.filter(plan=plan, mode=SyncRun.Mode.TEST)
    return tests.select_related("undo_of").first()


def changes_left(plan: Plan) -> QuerySet[PlannedChange]:
    """Return the changes of a plan that nobody has approved yet."""
    return PlannedChange.objects.filter(plan=plan, approved_in__isnull=True)


def left_counts(plan: Plan) -> dict[str, int]:
    """Return outcome → changes that can still be approved, in one query."""
    left = changes_left(plan).filter(outcome__in=READY).order_by()
    return dict(left.values_list("outcome").annotate(Count("pk")))


def approved_changes(run: SyncRun) -> QuerySet[PlannedChange]:
    """Return the changes that a run was approved for."""
    return PlannedChange.objects.filter(approved_in=run)


def unchanged_count(run: SyncRun) -> int:
    """Return the units that a plan found unchanged, which are no changes of it.

    They count for the run that carries the plan out to its end, not for a selection.
    """
    plan = run.plan
    if plan is None or plan.state == Plan.State.READY:
        return 0
    return int(plan.counts.get("unchanged", 0))
