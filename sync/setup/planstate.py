"""Whether a plan still says what would happen: a change of the rules outdates it."""

from __future__ import annotations

from sync.models import Plan, Sync
from sync.policy import policy_stamp
from synclog.models import SyncRun

RULES = "decided_by"  # in the checkpoint of a run: the stamp of the rules it goes by


def plans_outdate(*, sync: Sync) -> None:
    """Let every plan go that nobody approved: it was made by other rules."""
    Plan.objects.filter(sync=sync, state=Plan.State.READY).update(
        state=Plan.State.EXPIRED
    )


def plan_checked(plan: Plan) -> Plan:
    """Return a plan with its state as of now: other rules than its test's end it."""
    if plan.state != Plan.State.READY:
        return plan
    sync = Sync.objects.select_related("left", "right").get(pk=plan.sync_id)
    made_by = rules_of(plan)
    if made_by is not None and made_by != policy_stamp(sync):
        plan.state = Plan.State.EXPIRED
        plan.save(update_fields=["state"])
    return plan


def rules_of(plan: Plan) -> str | None:
    """Return the stamp of the rules by which a plan was made; None when its test is
    not known any more."""
    tests = SyncRun.objects.filter(plan=plan, mode=SyncRun.Mode.TEST)
    checkpoint = tests.values_list("checkpoint", flat=True).first()
    return checkpoint.get(RULES) if checkpoint else None
