"""Whether a plan still says what would happen: a change of the rules outdates it."""

from __future__ import annotations

from mapping.models import MappingVersion
from sync.models import Plan, Sync


def plans_outdate(*, sync: Sync) -> None:
    """Let every plan go that nobody approved: it was made by other rules."""
    Plan.objects.filter(sync=sync, state=Plan.State.READY).update(
        state=Plan.State.EXPIRED
    )


def plan_checked(plan: Plan) -> Plan:
    """Return a plan with its state as of now: a mapping published since ends it."""
    if plan.state != Plan.State.READY:
        return plan
    newer = MappingVersion.objects.filter(
        mapping__sync=plan.sync_id, published_at__gt=plan.created_at
    )
    if newer.exists():
        plan.state = Plan.State.EXPIRED
        plan.save(update_fields=["state"])
    return plan
