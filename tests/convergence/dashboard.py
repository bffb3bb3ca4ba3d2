"""The hands of a person at the dashboard: what they decide, and what of it is judged.

They decide by what the pages show, so late, of what has changed meanwhile, and while runs
are under way. What is refused because it was settled otherwise is passed over.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sync.choices.approving import plan_approve
from sync.choices.choosing import conflict_resolve
from sync.choices.deleting import removal_decide
from sync.choices.pairing import match_accept, match_refuse
from sync.choices.undoing import undo_request
from sync.choices.undoscope import UndoScope, can_undo, fields_written
from sync.engine.undo_records import Created
from sync.models import PendingDelete, SyncRecord
from sync.services import RunActive
from synclog.models import LogEntry, SyncRun
from tests.convergence.model import Human
from tests.convergence.mortal import Fate
from tests.convergence.town import Town
from tests.convergence.vendors import LEFT, SIDES, Side

NAMES = {key: name for name, key in LEFT.items()}


@dataclass
class Dashboard:
    """One person at the pages of a town's sync."""

    town: Town
    told: set[int] = field(default_factory=set)  # entries of undos that are known

    def resolve(self, pick: int, winner: Side) -> SyncRun | None:
        """Choose which side's value wins in one conflict."""
        record = self._one_of(pick, SyncRecord.List.CONFLICT)
        conflicts = (record.detail.get("conflicts") or []) if record else []
        if record is None or not conflicts:
            return None
        number = pick % len(conflicts)
        human = self._human(record)
        run = None
        with suppress(ConfigError):
            run = conflict_resolve(record=record, winners={number: winner}, actor=None)
            name = NAMES.get(conflicts[number]["left"])
            if human is not None and name in human.fields:
                human.fields[name].is_decided = True
        return run

    def match(self, pick: int) -> SyncRun | None:
        """Say of somebody under review who they are: it is always right."""
        record = self._one_of(pick, SyncRecord.List.REVIEW)
        candidates = (record.detail.get("candidates") or []) if record else []
        if record is None or not candidates:
            return None
        human = self._human(record)
        with suppress(ConfigError):
            for each in candidates:  # to refuse is to keep apart from all of them
                if human is not None and human is self._who(each["record"]):
                    pk = each["record"]
                    return match_accept(record=record, candidate=pk, actor=None)
            return match_refuse(record=record, actor=None)
        return None

    def remove(self, pick: int, way: str) -> SyncRun | None:
        """Say what becomes of somebody whose other record is gone."""
        asked = PendingDelete.objects.filter(sync=self.town.world.sync)
        pending = list(asked.select_related("link").order_by("pk"))
        if not pending:
            return None
        link = pending[pick % len(pending)].link
        record = SyncRecord.objects.filter(left=link.left_id, right=link.right_id)
        return self._remove(record.get(), way)

    def _remove(self, record: SyncRecord, way: str) -> SyncRun | None:
        human = self._human(record)
        with suppress(ConfigError):
            run = removal_decide(record=record, way=way, actor=None)
            if human is not None:
                human.may_go = True
            return run
        return None

    def undo(self, pick: int, created: Created, fate: Fate | None) -> bool:
        """Undo one of the last runs: test it, approve the plan, carry it out.

        Returns whether there was something to approve.
        """
        runs = SyncRun.objects.filter(sync=self.town.world.sync, mode="live")
        found = [run for run in runs.order_by("-pk")[:6] if can_undo(run)]
        if not found:
            return False
        with suppress(ConfigError, RunActive):
            chosen = found[pick % len(found)]
            test = undo_request(
                run=chosen, actor=None, scope=UndoScope(created=created)
            )
            self.town.carry_out(test)
            test.refresh_from_db()
            if test.plan is None:
                return False
            run = plan_approve(plan=test.plan, actor=None)
            self._expect_to_go(chosen, created)
            self.town.carry_out(run, fate)
            return True
        return False

    def observe(self) -> None:
        """Note what undos have put back, once each."""
        entries = LogEntry.objects.filter(
            run__sync=self.town.world.sync,
            run__mode="live",
            run__trigger=SyncRun.Trigger.UNDO,
        )
        for entry in entries.exclude(pk__in=self.told).order_by("pk"):
            self.told.add(entry.pk)
            human = self._of_entry(entry)
            for change in entry.changes if human is not None else ():
                name = NAMES.get(change["left"])
                if change.get("action") == "write" and name in human.fields:
                    history = human.fields[name]
                    history.put_back(change["side"], str(change["after"] or ""))

    def _expect_to_go(self, run: SyncRun, created: Created) -> None:
        """Whom a run created may go again, and who it archived may come back."""
        entries = LogEntry.objects.filter(run=run)
        whole = entries.exclude(outcome=LogEntry.Outcome.UPDATE)
        records = [
            entry
            for entry in entries
            if entry in whole or (entry.side and not fields_written(entry))
        ]
        for human in filter(None, map(self._of_entry, records)):
            human.was_deleted |= created != "leave"
            human.may_go |= created == "delete"

    def _one_of(self, pick: int, name: str) -> SyncRecord | None:
        found = SyncRecord.objects.filter(sync=self.town.world.sync, list=name)
        records = list(found.select_related("left", "right").order_by("pk"))
        return records[pick % len(records)] if records else None

    def _human(self, record: SyncRecord) -> Human | None:
        rows = {"left": record.left, "right": record.right}
        ids = {side: row.remote_id for side, row in rows.items() if row is not None}
        return self._by_ids(ids)

    def _of_entry(self, entry: LogEntry) -> Human | None:
        return self._by_ids({"left": entry.left_id, "right": entry.right_id})

    def _who(self, row: int) -> Human | None:
        remote_id = RemoteRecord.objects.get(pk=row).remote_id
        return self._by_ids(dict.fromkeys(SIDES, remote_id))

    def _by_ids(self, ids: dict[str, str]) -> Human | None:
        """Return whose record one of these is, wherever it is now."""
        for side, remote_id in ids.items():
            for human in self.town.humans:
                if remote_id and human.records.get(side) == remote_id:
                    return human
        return None
