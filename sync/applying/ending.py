"""How units end: what is said of those that failed, by a call or by a value."""

from __future__ import annotations

import logging

from crosswalk.errors import CrosswalkError, MappingError, RemoteRejected
from mapping.checks import is_custom
from sync.applying.work import Work
from sync.deciding.units import with_failure
from sync.engine.types import Decision
from sync.remembering.ledger import Ledger

logger = logging.getLogger(__name__)


def end_failed(work: Work, error: Exception, ledger: Ledger) -> None:
    """Give a unit that stopped at an error its outcome."""
    is_bug = not isinstance(error, CrosswalkError)
    if is_bug:
        logger.error("Unit %s failed by a bug", work.unit.key, exc_info=error)
        error = CrosswalkError(
            "Crosswalk made a mistake here. It is in the log of the server.",
            detail=f"{type(error).__name__}",
            code="bug",
        )
    assert isinstance(error, CrosswalkError)  # noqa: S101
    decision = work.whole or work.unit.decision
    error.message = _naming_fields(error, work, decision)
    work.unit.decision = with_failure(decision, error.message, error.code)
    ledger.add(work.unit, steps=work.done, error=error, is_bug=is_bug, calls=work.calls)


def refusal(decision: Decision) -> MappingError | None:
    """Return why a unit fails though no call was refused: a value that fits nowhere."""
    if decision.outcome != "failed":
        return None
    return MappingError(decision.reason, field_map="")


def _naming_fields(error: CrosswalkError, work: Work, decision: Decision) -> str:
    """Return what was refused, with the account's own fields it was about.

    Systems often do not say which: of a field that is gone, Zoho says "custom_fields".
    """
    if not isinstance(error, RemoteRejected) or not work.queue:
        return error.message
    side, step = work.queue[0]
    rules = [c.rule for c in decision.changes if c.action == "write" and c.side == side]
    labels = [
        f"“{rule.label(side)}”"
        for rule in rules
        if rule.key(side) in step.fields and is_custom(rule.key(side))
    ]
    if not labels or any(label in error.message for label in labels):
        return error.message
    return (
        f"{error.message.rstrip('.')}. The call was to write {', '.join(labels)}: see "
        "whether that still is as it was there, and read the fields again."
    )
