"""Applying decisions: an intent per call that writes, a few calls at a time.

Each round: intents are saved, calls are made (in threads, nothing but HTTP), each is
settled before the next round begins. A kill loses no more than the calls in flight,
and each of those has an open intent that says: look first (sync/recovery.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import connection as db_connection
from django.db import transaction

from crosswalk.clock import now
from crosswalk.errors import (
    AuthError,
    CrosswalkError,
    DuplicateRefused,
    MappingError,
    NameTaken,
    OutcomeUnknown,
    RateLimited,
    RemoteNotFound,
    TransientError,
)
from integrations.connectors.base import Step, StepResult
from integrations.keys import UNIQUE, unique_key
from integrations.mirror import record_gone, record_written
from integrations.models import RecordKey, RemoteRecord
from mapping.convert import Side, other
from sync.begun import note_drop, note_put, sent_values
from sync.collisions import Collision, resolve
from sync.context import SIDES, RunContext
from sync.engine.types import Decision, Removal
from sync.models import Intent
from sync.policy import object_spec, record_of, side_connection
from sync.remember import Ledger, base_agreed, base_written, link_make
from sync.removing import removal_steps, removed
from sync.units import Unit, with_failure

logger = logging.getLogger(__name__)
TRIES = 3  # of one step, when its failure may pass


@dataclass
class Work:
    """A unit on its way through its calls."""

    unit: Unit
    queue: list[tuple[Side, Step]] = field(default_factory=list)
    total: int = 0
    done: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0
    name_attempt: int = 0
    intent: Intent | None = None
    result: StepResult | None = None
    error: Exception | None = None
    facts: dict[Side, dict[str, Any]] = field(default_factory=dict)
    # with what was done of it before a kill, when `unit` has only the rest
    whole: Decision | None = None
    is_closed: bool = False

    @property
    def is_open(self) -> bool:
        return bool(self.queue) and self.error is None


class Applier:
    """Applies the decisions of one chunk of units."""

    def __init__(self, context: RunContext, ledger: Ledger) -> None:
        self.context = context
        self.ledger = ledger
        self.names: set[tuple[int, str]] = set()

    def apply(self, units: Sequence[Unit]) -> None:
        """Apply a chunk. What can be settled without a call is settled first."""
        work = [Work(unit) for unit in units if self._writes(unit)]
        with transaction.atomic():
            for unit in units:
                if not self._writes(unit):
                    self._settle_quietly(unit)
            self._save()
        self.go_through(work)

    def go_through(self, work: Sequence[Work]) -> None:
        """Take units through their calls, a few at a time."""
        for item in work:
            self._prepare(item)
        waiting = list(work)
        while waiting:
            size = settings.SYNC_CONCURRENCY
            batch, waiting = waiting[:size], waiting[size:]
            self._run_through(batch)

    @staticmethod
    def _writes(unit: Unit) -> bool:
        return unit.decision.needs_calls

    def _settle_quietly(self, unit: Unit) -> None:
        decision = unit.decision
        is_new = unit.left is not None and unit.right is not None and not unit.link
        if unit.left and unit.right:
            link = unit.link or link_make(
                self.context.sync, unit, decision.link_how or "matched"
            )
            if base_agreed(link, decision):
                link.save(update_fields=["base"])
        self.ledger.add(unit, always=is_new, error=_refusal(decision))

    # --- preparing -------------------------------------------------------------------

    def _prepare(self, work: Work) -> None:
        """Turn a decision into the calls it needs."""
        try:
            work.queue = self._steps(work)
        except CrosswalkError as error:
            work.error = error
        work.total = len(work.queue)

    def _steps(self, work: Work) -> list[tuple[Side, Step]]:
        unit = work.unit
        if unit.decision.create_side:
            return self._create_steps(work, unit.decision.create_side)
        if unit.decision.remove:
            return self._removal_steps(unit, unit.decision.remove)
        found: list[tuple[Side, Step]] = []
        for side in SIDES:
            values = unit.decision.writes(side)
            row = unit.row(side)
            if values and row is not None:
                connector = self.context.sessions[side].connector
                work.facts[side] = self._facts(row)
                before = record_of(row, work.facts[side])
                steps = connector.steps(unit.object_type, before, values)
                found += [(side, step) for step in steps]
        return found

    def _create_steps(self, work: Work, side: Side) -> list[tuple[Side, Step]]:
        unit = work.unit
        values = unit.decision.writes(side)
        name = self._free_name(work, side, values)
        if name:
            spec = object_spec(
                side_connection(self.context.sync, side), unit.object_type
            )
            values[spec.match_fields["name"][0]] = name
        connector = self.context.sessions[side].connector
        steps = connector.steps(unit.object_type, None, values)
        return [(side, step) for step in steps]

    def _removal_steps(self, unit: Unit, removal: Removal) -> list[tuple[Side, Step]]:
        connector = self.context.sessions[removal.side].connector
        steps = removal_steps(connector, unit, removal)
        return [(removal.side, step) for step in steps]

    def _free_name(self, work: Work, side: Side, values: dict[str, Any]) -> str:
        """Return a unique name the mirror does not hold, "" where none is needed."""
        connection = side_connection(self.context.sync, side)
        connector = self.context.sessions[side].connector
        while True:
            name = connector.unique_name(
                work.unit.object_type, values, work.name_attempt
            )
            if not name:
                return ""
            key = unique_key(name)
            held = RecordKey.objects.filter(
                connection=connection,
                object_type=work.unit.object_type,
                kind=UNIQUE,
                value=key,
            )
            if (connection.pk, key) not in self.names and not held.exists():
                self.names.add((connection.pk, key))
                return name
            work.name_attempt += 1

    def _facts(self, row: RemoteRecord) -> dict[str, Any]:
        """Say which keys of a record others share: it can't be named by those."""
        shared = []
        for kind in ("email", "phone"):
            mine = RecordKey.objects.filter(record=row, kind=kind).values("value")
            same = RecordKey.objects.filter(
                connection_id=row.connection_id,
                object_type=row.object_type,
                kind=kind,
                value__in=mine,
            ).exclude(record=row)
            if same.exists():
                shared.append(kind)
        return {"ambiguous_keys": shared}

    # --- rounds ----------------------------------------------------------------------

    def _run_through(self, batch: list[Work]) -> None:
        """Take a few units through all their calls, one call each at a time."""
        with transaction.atomic():
            self._keep([work for work in batch if not work.is_open])
        while active := [work for work in batch if work.is_open]:
            self.context.keep_going()
            self._round(active)

    def _round(self, active: list[Work]) -> None:
        """Make one call of each unit. What succeeded is settled first, as one."""
        with transaction.atomic():
            for work in active:
                self._open_intent(work)
            self._keep(active)
        in_threads(self._call, active)
        refused = [work for work in active if work.error is not None]
        with transaction.atomic():
            for work in active:
                if work.error is None:
                    self._settle_done(work)
            self._keep([work for work in active if work not in refused])
        stops = [stop for work in refused if (stop := self._settle_refused(work))]
        with transaction.atomic():
            self._keep(refused)
        if stops:
            raise stops[-1]

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
        self._save()

    def _save(self) -> None:
        self.ledger.save()
        self.context.save()

    def _open_intent(self, work: Work) -> None:
        side, step = work.queue[0]
        work.result = None
        work.intent = None
        if not step.writes:
            return
        unit = work.unit
        row = unit.row(side)
        work.intent = Intent.objects.create(
            run=self.context.run,
            sync=self.context.sync,
            connection=side_connection(self.context.sync, side),
            object_type=unit.object_type,
            unit=unit.key,
            side=side,
            record=row,
            source=unit.row(other(side)) if row is None else None,
            kind=step.kind,
            removes=unit.decision.remove.how if unit.decision.remove else "",
            step=work.total - len(work.queue) + 1,
            steps=work.total,
            values=self._sent(work, side, step),
        )

    def _sent(self, work: Work, side: Side, step: Step) -> dict[str, Any]:
        """Return what a call sends, by field: enough to tell whether it was done."""
        sent = sent_values(self.context, work.unit, side, step.body)
        if work.unit.row(side) is None:
            return sent
        return {key: sent[key] for key in step.fields if key in sent}

    def _call(self, work: Work) -> None:
        """Make the call of a unit's next step. Runs in a thread: HTTP only."""
        side, step = work.queue[0]
        row = work.unit.row(side)
        connector = self.context.sessions[side].connector
        try:
            work.result = connector.perform(
                work.unit.object_type,
                step,
                record_of(row, work.facts.get(side)) if row else None,
            )
        except Exception as error:  # settled in the main thread
            work.error = error

    # --- settling --------------------------------------------------------------------

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

    def _settle_done(self, work: Work) -> None:
        side, step = work.queue.pop(0)
        result = work.result
        assert result is not None  # noqa: S101
        self.context.expect_calls(side, step.calls)
        work.tries = 0
        with transaction.atomic():
            self._remember(work, side, step, result)
            self._intent_close(work, Intent.State.DONE, remote_id=result.record_id)
        work.done.append(
            {
                "side": side,
                "label": step.label,
                "fields": list(step.fields),
                "request_id": result.request_id,
            }
        )

    def _remember(self, work: Work, side: Side, step: Step, result: StepResult) -> None:
        """Store what a call left behind: the record, the link at once, the base."""
        unit, sync = work.unit, self.context.sync
        decision = unit.decision
        if decision.remove:
            removed(unit, decision.remove, result)
            return
        sent = decision.writes(side)
        written = {key: sent[key] for key in step.fields if key in sent}
        row = unit.row(side)
        remote_id = result.record_id or (row.remote_id if row else "")
        stored = record_written(
            side_connection(sync, side),
            unit.object_type,
            remote_id=remote_id,
            written=written,
            answer=result.record,
        )
        if side == "left":
            unit.left = stored
        else:
            unit.right = stored
        if not step.writes:
            return  # linked by its first write: after a stop it is planned again
        how = "created" if decision.create_side else decision.link_how or "matched"
        link = unit.link or link_make(sync, unit, how)
        base_agreed(link, decision)
        reported = result.record.values if result.record else {}
        base_written(link, decision.changes, side, written, reported)
        link.save(update_fields=["base"])

    def _intent_close(
        self,
        work: Work,
        state: Intent.State,
        error: Exception | None = None,
        remote_id: str = "",
    ) -> None:
        if work.intent is None:
            return
        work.intent.state = state
        work.intent.remote_id = remote_id
        work.intent.settled_at = now()
        if error is not None:
            work.intent.error_code = getattr(error, "code", "bug")
        work.intent.save(
            update_fields=["state", "remote_id", "settled_at", "error_code"]
        )

    def _settle_error(self, work: Work, error: CrosswalkError) -> None:
        """Decide what a refused or lost call means for its unit."""
        side, step = work.queue[0]
        row = work.unit.row(side)
        creating = row is None
        lost = isinstance(error, OutcomeUnknown) or getattr(error, "status", 0) == 422
        if creating and (lost or isinstance(error, DuplicateRefused | NameTaken)):
            self._settle_collision(work, side, step, error)
            return
        if isinstance(error, RemoteNotFound) and work.unit.decision.remove:
            work.result = StepResult(None)  # somebody was faster
            with transaction.atomic():
                self._settle_done(work)
                self._keep([work])
            return
        self._intent_close(work, Intent.State.FAILED, error)
        if isinstance(error, RemoteNotFound) and row is not None:
            record_gone(row)
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
        work.unit.decision = replace(
            work.unit.decision,
            outcome="excluded",
            reason=f"Deleted at {name}. This sync ignores deletes, so the other side "
            "stays as it is.",
            reason_code="gone",
            changes=(),
            create_side=None,
        )

    def _settle_collision(
        self, work: Work, side: Side, step: Step, error: CrosswalkError
    ) -> None:
        """A create met somebody, or may have been done: look, then go on (§4.4)."""
        found = resolve(self.context, work.unit, side, step, error)
        if found.verdict == Collision.OURS and found.record is not None:
            work.result = StepResult(found.record, found.record.id)
            with transaction.atomic():
                self._settle_done(work)
                self._keep([work])
            return
        self._intent_close(work, Intent.State.FAILED, error)
        if found.verdict == Collision.RENAME:
            work.name_attempt += 1
            self._prepare(work)
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
        if self._writes(work.unit):
            self._prepare(work)
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
        work.unit.decision = with_failure(decision, error.message, error.code)
        self.ledger.add(work.unit, steps=work.done, error=error, is_bug=is_bug)

    def _close_done(self, work: Work) -> None:
        unit = work.unit
        if work.whole is not None:
            unit.decision = work.whole
        elif not self._writes(unit) and not work.done:
            self._settle_quietly(unit)
            return
        # what is decided of one field does not hide what was written of the others
        error = _refusal(unit.decision)
        self.ledger.add(unit, steps=work.done, error=error, always=True)


def _refusal(decision: Decision) -> MappingError | None:
    """Return why a unit fails though no call was refused: a value that fits nowhere."""
    if decision.outcome != "failed":
        return None
    return MappingError(decision.reason, field_map="")


def in_threads(call: Callable[[Work], None], items: Sequence[Work]) -> None:
    """Make one call for each item, side by side when there are several."""
    if settings.SYNC_CONCURRENCY == 1 or len(items) == 1:
        for item in items:
            call(item)
        return
    with ThreadPoolExecutor(max_workers=len(items)) as pool:
        list(pool.map(lambda item: _closing(call, item), items))


def _closing(call: Callable[[Work], None], item: Work) -> None:
    try:
        call(item)
    finally:
        db_connection.close()  # a thread's own, opened for a token at most
