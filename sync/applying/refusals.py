"""Calls that did not simply succeed: what a refused or lost one means for its unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction

from crosswalk.errors import (
    AuthError,
    CrosswalkError,
    DuplicateRefused,
    NameTaken,
    OutcomeUnknown,
    RateLimited,
    RemoteNotFound,
    TransientError,
)
from integrations.connectors.base import Step, StepResult
from integrations.mirroring.mirror import record_gone
from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.applying.childlooks import parent_is_gone, resolve_child
from sync.applying.collisions import Collision, resolve
from sync.applying.intents import intent_close
from sync.applying.preparing import Preparer
from sync.applying.recovery import was_written
from sync.applying.work import Work
from sync.context import RunContext
from sync.deciding.replacing import OldIsGone
from sync.engine.types import Decision
from sync.models import Intent
from sync.reading.pages import read_row
from sync.remembering.links import link_make
from sync.remembering.lists import MOVED

TRIES = 3  # of one step, when its failure may pass
NAMES = 5  # that are tried for one create, when each is taken
Settle = Callable[[Sequence[Work]], None]


class Refusals:
    """Settles refused calls of a run. `settle_done` and `keep` are the applier's: they
    settle calls that turn out to be done, and log or note units."""

    def __init__(
        self, context: RunContext, preparer: Preparer, settle_done: Settle, keep: Settle
    ) -> None:
        self.context = context
        self.preparer = preparer
        self._settle_done = settle_done
        self._keep = keep

    def settle(self, work: Work) -> CrosswalkError | None:
        """Settle a call that did not simply succeed; return what the run waits for."""
        error, work.error = work.error, None
        if isinstance(error, RateLimited | AuthError):
            intent_close(work.intent, Intent.State.ABANDONED, error)
            return error
        if not isinstance(error, CrosswalkError):
            intent_close(work.intent, Intent.State.FAILED, error)
            work.error = error
            return None
        try:
            self._settle_error(work, error)
        except (TransientError, AuthError) as stop:
            return stop  # from looking: the open intent is looked at again later
        except CrosswalkError as worse:
            if not isinstance(error, OutcomeUnknown):
                intent_close(work.intent, Intent.State.FAILED, worse)
            work.error = worse
        return None

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
            self._settle_done([work])
            return
        if isinstance(error, OldIsGone):
            intent_close(work.intent, Intent.State.ABANDONED, error)
            record_gone(work.old[side], RemoteRecord.Proof.READ)
            self._gone(work, side)
            return
        is_last = work.tries + 1 >= TRIES
        in_doubt = isinstance(error, OutcomeUnknown)
        in_doubt |= is_last and isinstance(error, TransientError)
        if in_doubt and self._is_done(work):
            work.result = StepResult(None)
            self._settle_done([work])
            return
        is_gone = isinstance(error, RemoteNotFound)
        if is_gone and creating and parent_is_gone(self.context, work.unit, side):
            intent_close(work.intent, Intent.State.FAILED, error)
            self._gone(work, side)
            return
        intent_close(work.intent, Intent.State.FAILED, error)
        if is_gone and row is not None:
            record_gone(row, RemoteRecord.Proof.WRITE)
            row.refresh_from_db()
            self._gone(work, side)
        elif isinstance(error, TransientError) and not is_last:
            work.tries += 1
        else:
            work.error = error

    def _is_done(self, work: Work) -> bool:
        """Look whether a change was made of which no answer tells.

        What it wrote would else be taken for an edit of a person: after an undo it
        would flow to the other side.
        """
        side, step = work.queue[0]
        row = work.target(side, step)
        if row is None or work.intent is None or work.intent.removes:
            return False
        seen = read_row(self.context.sessions[side], row)
        return was_written(work.intent, seen)

    def moved(self, work: Work, side: Side) -> None:
        """Leave a unit of which a read just showed an edit that a call would undo."""
        self._leave(work, side, "Changed", MOVED)

    def _gone(self, work: Work, side: Side) -> None:
        self._leave(work, side, "Deleted", "gone")

    def _leave(self, work: Work, side: Side, what: str, code: str) -> None:
        name = self.context.policies[work.unit.object_type].side(side).name
        work.queue.clear()
        work.whole = None
        old = work.unit.decision
        reason = f"{what} at {name} just now: the next run decides what follows."
        work.unit.decision = Decision(
            "excluded", reason, code, old.left, old.right, link_how=old.link_how
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
            self._settle_done([work])
            return
        intent_close(work.intent, Intent.State.FAILED, error)
        if found.verdict == Collision.RENAME and work.name_attempt + 1 < NAMES:
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
