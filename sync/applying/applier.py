"""Applying decisions: an intent per call that writes, a few calls at a time.

Intents are saved, calls are made (in threads, nothing but HTTP), and each is settled as
soon as it is over, together with whatever else is by then; the same transaction saves
the intents of the calls that come next. A kill loses no more than the calls in flight,
and each of those has an open intent that says: look first (sync/applying/recovery.py).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from django.db import transaction

from crosswalk.bulk import rows_create, rows_update
from sync.applying.begun import note_drop, note_put
from sync.applying.ending import end_failed, refusal
from sync.applying.intents import SETTLED, intent_fill, intent_make
from sync.applying.preparing import Preparer
from sync.applying.recovery import unresolved
from sync.applying.refusals import Refusals
from sync.applying.removing import removal_said
from sync.applying.settling import answered, remember
from sync.applying.work import Siblings, Work
from sync.context import RunCancelled, RunContext, SliceOver
from sync.deciding.replacing import old_looked_for
from sync.deciding.units import Unit
from sync.models import Intent
from sync.policy import record_of, remote_type
from sync.remembering.bases import base_agreed
from sync.remembering.ledger import Ledger
from sync.remembering.linking import LinkBook
from sync.remembering.looping import link_freeze


class Applier:
    """Applies the decisions of one chunk of units."""

    def __init__(self, context: RunContext, ledger: Ledger) -> None:
        self.context = context
        self.ledger = ledger
        self.preparer = Preparer(context)
        self.refusals = Refusals(context, self.preparer, self._settle, self._keep)
        self.siblings = Siblings()
        self.stop: Exception | None = None  # why no further call is started

    def apply(self, units: Sequence[Unit]) -> None:
        """Apply a chunk. What can be settled without a call is settled first."""
        work = [
            Work(unit, error=unresolved(self.context, unit.key))
            for unit in units
            if unit.decision.needs_calls
        ]
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
            self.ledger.add(unit, always=is_new, error=refusal(decision))
        book.save()

    # --- calls side by side ----------------------------------------------------------

    def go_through(self, work: Sequence[Work]) -> None:
        """Take units through their calls, a few at a time.

        When the run has to stop, what is under way is settled first.
        """
        self.preparer.prepare(work)
        waiting = deque(item for item in work if item.is_open)
        if len(waiting) < len(work):
            with transaction.atomic():
                self._keep([item for item in work if not item.is_open])
        try:
            self._side_by_side(waiting)
        finally:
            self._announce(())
        if self.stop:
            raise self.stop

    def _side_by_side(self, waiting: deque[Work]) -> None:
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
            landed = self.context.callers.landed()

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
        self._announce(starting)
        for item in starting:
            self.context.callers.start(self._call, item)

    def _announce(self, starting: Sequence[Work]) -> None:
        """Say at both sides how many calls start now: their slots need not be freed."""
        sides = Counter(work.queue[0][0] for work in starting)
        for side, session in self.context.sessions.items():
            session.api.gate.more_to_come(sides[side])

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
        row, old = work.target(side, step), work.replaces(side, step)
        session = self.context.sessions[side]
        with session.api.watch.recording() as calls:
            try:
                if old is not None:
                    old_looked_for(session.connector, old)
                work.result = session.connector.perform(
                    remote_type(self.context.sync, side, work.unit.object_type),
                    step,
                    record_of(row, work.facts.get(side)) if row else None,
                )
            except Exception as error:  # settled in the main thread
                work.error = error
        work.calls += [{"side": side, **call} for call in calls]

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
            if work.queue and call.shows_edit(self.context):
                self.refusals.moved(work, call.side)
        rows_update([work.intent for work in works if work.intent], SETTLED)

    def _settle_all_refused(self, works: Sequence[Work]) -> None:
        """Settle calls that did not simply succeed; note what the run waits for."""
        stops = [stop for work in works if (stop := self.refusals.settle(work))]
        with transaction.atomic():
            self._keep(works)
        if stops:
            self.stop = stops[-1]

    # --- ending ----------------------------------------------------------------------

    def _close(self, work: Work) -> None:
        """Give a unit its outcome."""
        if work.error is None:
            self._close_done(work)
        else:
            end_failed(work, work.error, self.ledger)

    def _close_done(self, work: Work) -> None:
        unit = work.unit
        if work.whole is not None:
            unit.decision = work.whole
        elif not unit.decision.needs_calls and not work.done:
            self._settle_quietly([unit])
            return
        # what is decided of one field does not hide what was written of the others
        error = refusal(unit.decision)
        self.ledger.add(
            unit, steps=work.done, error=error, always=True, calls=work.calls
        )
