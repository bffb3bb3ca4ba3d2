"""The ledger of a run: what became of its units, as log entries, lists and counts."""

from __future__ import annotations

from typing import Any

from crosswalk.bulk import rows_create, rows_insert
from crosswalk.errors import CrosswalkError
from crosswalk.redact import redact_text
from integrations.mirroring.keys import first_email
from sync.deciding.units import Unit
from sync.engine.trace import trace_rows
from sync.engine.types import Decision
from sync.models import Sync, SyncRecord
from sync.policy import names_of, object_spec, side_connection
from sync.remembering.lists import lists_save
from sync.remembering.tombs import tombs_settle
from sync.remembering.written import changes_json, main_side
from synclog.models import Exchange, LogEntry, SyncRun
from synclog.searching import search_key


class Ledger:
    """Collects what a chunk's units came to, and saves it in few statements."""

    def __init__(self, run: SyncRun, sync: Sync) -> None:
        self.run = run
        self.sync = sync
        self._names = names_of(sync)
        self._has_questions = sync.pending_deletes.exists()
        self._entries: list[LogEntry] = []
        self._units: list[tuple[Unit, CrosswalkError | None]] = []
        self._untouched: list[Unit] = []
        self._exchanges: list[Exchange] = []

    def add(
        self,
        unit: Unit,
        *,
        steps: list[dict[str, Any]] | None = None,
        error: CrosswalkError | None = None,
        is_bug: bool = False,
        always: bool = False,
        calls: list[dict[str, Any]] | None = None,
    ) -> None:
        """Note what became of one unit. Untouched units are only counted."""
        outcome = unit.decision.outcome
        if self.run.undo_of_id is not None and outcome == "excluded":
            # spared by an undo: logged, and in whatever list it was
            self._entries.append(self._entry(unit, steps or [], error, is_bug))
            self.run.done_units += 1
            return
        self._units.append((unit, error))
        touched = outcome in {"create", "update", "delete", "link", "failed"}
        if touched or always:
            entry = self._entry(unit, steps or [], error, is_bug)
            self._entries.append(entry)
            if calls:
                self._exchanges.append(Exchange(entry=entry, calls=calls))
        else:
            self._untouched.append(unit)

    def _entry(
        self,
        unit: Unit,
        steps: list[dict[str, Any]],
        error: CrosswalkError | None,
        is_bug: bool,
    ) -> LogEntry:
        decision = unit.decision
        return LogEntry(
            workspace_id=self.run.workspace_id,
            run=self.run,
            object_type=unit.object_type,
            unit=unit.key,
            left_id=unit.left.remote_id if unit.left else "",
            right_id=unit.right.remote_id if unit.right else "",
            label=unit.label[:200],
            email=(email := self._email(unit)[:254]),
            name_key=search_key(unit.label)[:200],
            email_key=search_key(email)[:254],
            outcome=decision.outcome,
            side=main_side(decision),
            reason=decision.reason[:400],
            reason_code=decision.reason_code,
            changes=changes_json(decision),
            trace=self._trace(decision),
            steps=steps,
            error_code=error.code if error else "",
            error_message=redact_text(error.message) if error else "",
            error_detail=redact_text(error.detail)[:2000] if error else "",
            is_bug=is_bug,
        )

    def _trace(self, decision: Decision) -> list[list[str]]:
        """Return how a unit was decided; an undo's fields are all there is to it."""
        is_undo = self.run.undo_of_id is not None
        rows = decision.trace if is_undo else trace_rows(decision, self._names)
        return [list(row) for row in rows]

    def _email(self, unit: Unit) -> str:
        for side, row in (("left", unit.left), ("right", unit.right)):
            if row is not None:
                connection = side_connection(self.sync, side)
                spec = object_spec(connection, row.object_type)
                found = first_email(spec, row.values)
                if found:
                    return found
        return ""

    def save(self) -> None:
        """Save entries and lists, and count. Call in the transaction of the checkpoint.

        Untouched units have no entry: the checkpoint keeps their count, and until their
        chunk is done their names, so that none is counted twice after a kill.
        """
        rows_create(self._entries)
        for exchange in self._exchanges:
            exchange.entry_id = exchange.entry.pk
        rows_insert(self._exchanges)
        by_unit = {entry.unit: entry for entry in self._entries}
        lists_save(self.sync, self._units, by_unit)
        units = [unit for unit, _ in self._units]
        tombs_settle(self.sync, units, has_questions=self._has_questions)
        if self.run.undo_of_id is not None:
            self._look_again()
        checkpoint = self.run.checkpoint
        tally = checkpoint.setdefault("tally", {})
        for unit in self._untouched:
            outcome = str(unit.decision.outcome)
            tally[outcome] = tally.get(outcome, 0) + 1
        names = checkpoint.setdefault("untouched", [])
        names += [unit.key for unit in self._untouched]
        self.run.done_units += len(self._units)
        self._entries, self._units, self._untouched = [], [], []
        self._exchanges = []

    def _look_again(self) -> None:
        """Have the next poll decide undone units: other fields of theirs may wait."""
        left = [unit.left.pk for unit, _ in self._units if unit.left]
        SyncRecord.objects.filter(sync=self.sync, left_id__in=left).update(
            left_version=0, right_version=0
        )
