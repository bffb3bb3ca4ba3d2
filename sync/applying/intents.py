"""Intents: what a call is about to write, saved before it is made and settled after."""

from __future__ import annotations

from typing import Any

from crosswalk.clock import now
from integrations.connectors.base import Step
from mapping.convert import Side, other
from sync.applying.begun import sent_values
from sync.applying.work import Work
from sync.context import RunContext
from sync.models import Intent
from sync.policy import side_connection

SETTLED = ("state", "remote_id", "settled_at", "error_code")  # what settling changes


def intent_make(context: RunContext, work: Work) -> Intent | None:
    """Return the intent of a unit's next call, not saved; None when it only reads."""
    side, step = work.queue[0]
    if not step.writes:
        return None
    unit = work.unit
    row = work.target(side, step)
    removes = unit.decision.remove.how if unit.decision.remove else ""
    return Intent(
        run=context.run,
        sync=context.sync,
        connection=side_connection(context.sync, side),
        object_type=unit.object_type,
        unit=unit.key,
        side=side,
        record=row,
        source=unit.row(other(side)) if row is None else None,
        kind=step.kind,
        removes="delete" if work.is_cleanup(side, step) else removes,
        step=work.total - len(work.queue) + 1,
        steps=work.total,
        values=_sent(context, work, side, step),
    )


def _sent(context: RunContext, work: Work, side: Side, step: Step) -> dict[str, Any]:
    """Return what a call sends, by field: enough to tell whether it was done."""
    sent = sent_values(context, work.unit, side, step.body)
    if work.target(side, step) is None:
        return sent
    return {key: sent[key] for key in step.fields if key in sent}


def intent_close(
    intent: Intent | None, state: Intent.State, error: Exception | None
) -> None:
    """Save how the call of an intent ended, where there is one."""
    if intent is not None:
        intent_fill(intent, state, error)
        intent.save(update_fields=SETTLED)


def intent_fill(
    intent: Intent,
    state: Intent.State,
    error: Exception | None = None,
    remote_id: str = "",
) -> None:
    """Say in an intent how its call went. It is saved by the caller."""
    intent.state = state
    intent.remote_id = remote_id
    intent.settled_at = now()
    if error is not None:
        intent.error_code = getattr(error, "code", "bug")
