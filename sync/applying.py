"""Applying decisions: an intent per call that writes, a few calls at a time.

Intents are saved, calls are made (in threads, nothing but HTTP), and each is settled as
soon as it is over, together with whatever else is by then; the same transaction saves
the intents of the calls that come next. A kill loses no more than the calls in flight,
and each of those has an open intent that says: look first (sync/recovery.py).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Sequence

from django.db import transaction

from crosswalk.bulk import rows_create, rows_update
from crosswalk.errors import (
    AuthError,
    CrosswalkError,
    DuplicateRefused,
    MappingError,
    NameTaken,
    OutcomeUnknown,
    RateLimited,
    RemoteNotFound,
    RemoteRejected,
    TransientError,
)
from integrations.connectors.base import Step, StepResult
from integrations.mirror import record_gone
from integrations.models import RemoteRecord
from mapping.checks import is_custom
from mapping.convert import Side
from sync.begun import note_drop, note_put
from sync.childlooks import resolve_child
from sync.collisions import Collision, resolve
from sync.context import RunCancelled, RunContext, SliceOver
from sync.engine.types import Decision
from sync.intents import SETTLED, intent_fill, intent_make
from sync.linking import LinkBook
from sync.looping import link_freeze
from sync.models import Intent
from sync.policy import record_of, remote_type
from sync.preparing import Preparer
from sync.remember import Ledger, base_agreed, link_make
from sync.removing import removal_said
from sync.settling import answered, remember
from sync.units import Unit, with_failure
from sync.work import Siblings, Work

logger = logging.getLogger(__name__)
TRIES = 3  # of one step, when its failure may pass


class Applier:
    """Applies the decisions of one chunk of units."""

    def __init__(self, context: RunContext, ledger: Ledger) -> None:
        self.context = context
        self.ledger = ledger
        self.preparer = Preparer(context)
        self.siblings = Siblings()
        self.stop: Exception | None = None  # why no further call is started

    def apply(self, units: Sequence[Unit]) -> None:
        """Apply a chunk. What can be settled without a call is settled first."""
        work = [Work(unit) for unit in units if unit.decision.needs_calls]
        with transaction.atomic():
            self._settle_quietly(u for u in units if not u.decision.needs_calls)
            self._save()
        self.go_through(work)

    def _settle_quietly(self, units: Iterable[Unit]) -> None:
        """Remember units that need no call: their links, bases and lists."""
        units = list(units)
        book = LinkBook(self.context.sync, units)
        for unit in units:
            decision = unit.decision
            is_pair = unit.left is not None and unit.right is not None
            is_new = is_pair and not unit.link
            if is_pair:
                link = book.link(unit, decision.link_how or "matched")
                has_agreed = base_agreed(link, decision)
                if link_freeze(link, decision) or has_agreed:
                    book.moved(link)
            self.ledger.add(unit, always=is_new, error=_refusal(decision))
        book.save()

    # --- calls side by side ----------------------------------------------------------

    def go_through(self, work: Sequence[Work]) -> None:
        """Take units through their calls, a few at a time.

        When the run has to stop, what is under way is settled first.
        """
        self.preparer.prepare(work)
        callers = self.context.callers
        waiting = deque(item for item in work if item.is_open)
        if len(waiting) < len(work):
            with transaction.atomic():
                self._keep([item for item in work if not item.is_open])
        landed: list[Work] = []
        while landed or (waiting and not self.stop):
            refused = [item for item in landed if item.error is not None]
            if refused:
                landed = [item for item in landed if item.error is None]
                self._settle(landed)
                self._settle_all_refused(refused)
                waiting.extendleft(item for item in [*landed, *refused] if item.is_open)
                landed = []
            self._turn(landed, waiting)
            landed = callers.landed()
        if self.stop:
            raise self.stop

    def _turn(self, done: Sequence[Work], waiting: deque[Work]) -> None:
        """Settle calls that succeeded, and start as many others as there is room for."""
        with transaction.atomic():
            self._settle_done(done)
            waiting.extendleft(item for item in done if item.is_open)
            if waiting and not self.stop:
                self.stop = self._reason_to_stop()
            room = 0 if self.stop else self.context.callers.free
            starting = self.siblings.next_of(waiting, room)
            self._open_intents(starting)
            self._keep(list(dict.fromkeys([*done, *starting])))
        for item in starting:
            self.context.callers.start(self._call, item)

    def _reason_to_stop(self) -> Exception | None:
        try:
            self.context.keep_going()
        except (SliceOver, RunCancelled) as stop:
            return stop
        return None

    def _keep(self, works: Sequence[Work]) -> None:
        """Log the units that are through, note the others; in the caller's transaction.

        So a unit is at any moment untouched, noted as begun, or logged.
        """
        for work in works:
            if work.is_open:
                decision = work.whole or work.unit.decision
                note_put(self.context.run, work.unit, decision, work.done)
            elif not work.is_closed:
                note_drop(self.context.run, work.unit.key)
                self._close(work)
                work.is_closed = True
                self.siblings.leave(work)
        self._save()

    def _save(self) -> None:
        self.ledger.save()
        self.context.save()

    def _open_intents(self, works: Sequence[Work]) -> None:
        for work in works:
            work.result = None
            work.intent = intent_make(self.context, work)
        rows_create([work.intent for work in works if work.intent])

    def _call(self, work: Work) -> None:
        """Make the call of a unit's next step. Runs in a thread: HTTP only."""
        side, step = work.queue[0]
        row = work.target(side, step)
        connector = self.context.sessions[side].connector
        try:
            work.result = connector.perform(
                remote_type(self.context.sync, side, work.unit.object_type),
                step,
                record_of(row, work.facts.get(side)) if row else None,
            )
        except Exception as error:  # settled in the main thread
            work.error = error

    # --- settling --------------------------------------------------------------------

    def _settle(self, works: Sequence[Work]) -> None:
        """Settle calls that succeeded, in a transaction of their own."""
        if works:
            with transaction.atomic():
                self._settle_done(works)
                self._keep(works)

    def _settle_done(self, works: Sequence[Work]) -> None:
        calls = [answered(work) for work in works]
        remember(self.context, calls)
        for call in calls:
            work, step, result = call.work, call.step, call.result
            self.context.expect_calls(call.side, step.calls)
            work.tries = 0
            work.done.append(
                {
                    "side": call.side,
                    "label": step.label,
                    "fields": list(step.fields),
                    "request_id": result.request_id,
                    **removal_said(work.unit, work.unit.decision.remove),
                }
            )
            if work.intent is not None:
                intent_fill(work.intent, Intent.State.DONE, remote_id=result.record_id)
        rows_update([work.intent for work in works if work.intent], SETTLED)

    def _settle_all_refused(self, works: Sequence[Work]) -> None:
        """Settle calls that did not simply succeed; note what the run waits for."""
        stops = [stop for work in works if (stop := self._settle_refused(work))]
        with transaction.atomic():
            self._keep(works)
        if stops:
            self.stop = stops[-1]

    def _settle_refused(self, work: Work) -> CrosswalkError | None:
        """Settle a call that did not simply succeed; return what the run waits for."""
        error, work.error = work.error, None
        if isinstance(error, RateLimited | AuthError):
            self._intent_close(work, Intent.State.ABANDONED, error)
            return error
        if not isinstance(error, CrosswalkError):
            self._intent_close(work, Intent.State.FAILED, error)
            work.error = error
            return None
        try:
            self._settle_error(work, error)
        except (TransientError, AuthError) as stop:
            return stop  # from looking: the open intent is looked at again later
        except CrosswalkError as worse:
            if not isinstance(error, OutcomeUnknown):
                self._intent_close(work, Intent.State.FAILED, worse)
            work.error = worse
        return None

    def _intent_close(
        self, work: Work, state: Intent.State, error: Exception | None
    ) -> None:
        if work.intent is not None:
            intent_fill(work.intent, state, error)
            work.intent.save(update_fields=SETTLED)

    def _settle_error(self, work: Work, error: CrosswalkError) -> None:
        """Decide what a refused or lost call means for its unit."""
        side, step = work.queue[0]
        row = work.target(side, step)
        creating = row is None
        lost = isinstance(error, OutcomeUnknown) or getattr(error, "status", 0) == 422
        if creating and (lost or isinstance(error, DuplicateRefused | NameTaken)):
            self._settle_collision(work, side, step, error)
            return
        is_removal = work.unit.decision.takes_away or work.is_cleanup(side, step)
        if isinstance(error, RemoteNotFound) and is_removal:
            work.result = StepResult(None)  # somebody was faster
            self._settle([work])
            return
        self._intent_close(work, Intent.State.FAILED, error)
        if isinstance(error, RemoteNotFound) and row is not None:
            record_gone(row, RemoteRecord.Proof.WRITE)
            row.refresh_from_db()
            self._gone(work, side)
        elif isinstance(error, TransientError) and work.tries + 1 < TRIES:
            work.tries += 1
        else:
            work.error = error

    def _gone(self, work: Work, side: Side) -> None:
        name = self.context.policies[work.unit.object_type].side(side).name
        work.queue.clear()
        work.whole = None
        old = work.unit.decision
        reason = f"Deleted at {name} just now: the next run decides what follows."
        work.unit.decision = Decision(
            "excluded", reason, "gone", old.left, old.right, link_how=old.link_how
        )

    def _settle_collision(
        self, work: Work, side: Side, step: Step, error: CrosswalkError
    ) -> None:
        """A create met somebody, or may have been done: look, then go on (§4.4)."""
        is_child = bool(self.context.policies[work.unit.object_type].parent)
        look = resolve_child if is_child else resolve
        found = look(self.context, work.unit, side, step, error)
        if found.verdict == Collision.OURS and found.record is not None:
            work.result = StepResult(found.record, found.record.id)
            self._settle([work])
            return
        self._intent_close(work, Intent.State.FAILED, error)
        if found.verdict == Collision.RENAME:
            work.name_attempt += 1
            self.preparer.prepare([work])
        elif found.verdict == Collision.AGAIN and work.tries + 1 < TRIES:
            work.tries += 1
        elif found.verdict in {Collision.LINK, Collision.REVIEW}:
            work.queue.clear()
            if found.unit is not None:
                work.unit = found.unit
            if found.verdict == Collision.LINK:
                work.done = []
                self._prepare_again(work)
        else:
            work.error = error

    def _prepare_again(self, work: Work) -> None:
        """Go on with a pair that a refused create has brought together."""
        if work.unit.decision.needs_calls:
            self.preparer.prepare([work])
            with transaction.atomic():
                link_make(self.context.sync, work.unit, "found")
                self._keep([work])

    # --- ending ----------------------------------------------------------------------

    def _close(self, work: Work) -> None:
        """Give a unit its outcome."""
        error = work.error
        if error is None:
            self._close_done(work)
            return
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
        self.ledger.add(work.unit, steps=work.done, error=error, is_bug=is_bug)

    def _close_done(self, work: Work) -> None:
        unit = work.unit
        if work.whole is not None:
            unit.decision = work.whole
        elif not unit.decision.needs_calls and not work.done:
            self._settle_quietly([unit])
            return
        # what is decided of one field does not hide what was written of the others
        error = _refusal(unit.decision)
        self.ledger.add(unit, steps=work.done, error=error, always=True)


def _refusal(decision: Decision) -> MappingError | None:
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
