"""One set of rules for a run: by two it would do what nobody has seen or approved."""

from __future__ import annotations

from crosswalk.clock import now
from crosswalk.errors import CrosswalkError
from sync.context import RunContext
from sync.models import Sync
from sync.setup.planstate import RULES, rules_of
from synclog.models import SyncRun


class RulesChanged(CrosswalkError):
    """What decides about records has changed since a run, or its test, began."""

    code = "rules_changed"

    def __init__(self) -> None:
        super().__init__(
            "Rules or fields have changed since, so it ended here: the rest would not "
            "be what was meant. What is written stays. Test again to see what the new "
            "rules would do."
        )


def rules_keep(context: RunContext) -> None:
    """Have a run go by the rules it began with, or those its plan was made by.

    Asked before each slice, by the rules that this slice has loaded. Raises
    RulesChanged when they are others.
    """
    run = context.run
    begun = run.checkpoint.get(RULES)
    if begun is None and run.plan is not None:
        begun = rules_of(run.plan)
    if begun is not None and begun != context.rules:
        raise RulesChanged
    run.checkpoint[RULES] = context.rules


def poll_soon(run: SyncRun) -> None:
    """Have a sync that polls by itself go on by its new rules without waiting."""
    if run.mode == SyncRun.Mode.LIVE:
        polling = Sync.objects.filter(pk=run.sync_id, next_poll_at__isnull=False)
        polling.filter(state=Sync.State.LIVE).update(next_poll_at=now())
