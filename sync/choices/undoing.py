"""Undo of a run: a plan made from the log, tested, approved and applied like any other.

The units are those that the run wrote, or one of them. What was edited since is spared
and listed; what becomes of people whom the run created is chosen each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.choices.undoscope import UndoScope, fields_written, written_entries
from sync.context import SIDES
from sync.deciding.matching import Verdicts
from sync.deciding.replacing import in_place_of
from sync.deciding.units import CHUNK, Place, Unit
from sync.engine.types import Decision, Policy
from sync.engine.undo import undo_pair
from sync.engine.undo_records import undo_created, undo_removed
from sync.models import RecordLink, Sync
from sync.policy import base_read, remote_type, side_connection, snapshot, spec_at
from sync.services import run_request
from synclog.models import LogEntry, SyncRun
from workspaces.services import audit

STAGE = "undo"
WHOLE = UndoScope()


def undo_request(
    *, run: SyncRun, actor: AbstractBaseUser | None, scope: UndoScope = WHOLE
) -> SyncRun:
    """Ask for the test of an undo: what putting back a run's writes would change.

    Raises ConfigError when nothing of the scope was written or the run is under way,
    RunActive when a test of the sync is.
    """
    if run.mode != SyncRun.Mode.LIVE or run.is_active:
        raise ConfigError("Only a live run that has ended can be undone.")
    entries = written_entries(run, scope)
    if not entries.exists():
        what = "This run" if scope.entry is None else "This run, for that person,"
        raise ConfigError(f"{what} wrote nothing, so there is nothing to undo.")
    if scope.field and not any(scope.field in fields_written(e) for e in entries):
        raise ConfigError("This run did not write that field of the person.")
    test = run_request(
        sync=run.sync,
        mode=SyncRun.Mode.TEST,
        trigger=SyncRun.Trigger.UNDO,
        scope="records",
        undo_of=run,
        undo=scope.stored(),
        actor=actor,
    )
    audit(
        workspace=run.workspace,
        actor=actor,
        action="run.undo_tested",
        subject=str(run.pk),
        data={"test": test.pk, **scope.stored()},
    )
    return test


@dataclass(slots=True)
class UndoSource:
    """Yields the units of a run's log, decided as its undo. See units.UnitSource.

    `chosen`: the units that a person approved, None for all.
    """

    sync: Sync
    object_type: str
    policy: Policy
    undone: SyncRun
    what: UndoScope = WHOLE
    chosen: QuerySet[Any] | None = None
    scope: str = "records"
    # nobody is matched anew
    verdicts: Verdicts = field(default_factory=lambda: {"left": {}, "right": {}})

    def chunks(self, place: Place) -> Iterator[tuple[Place, list[Unit]]]:
        """Yield (place after the chunk, its units), from a place on."""
        after = place.after if place.stage == STAGE else 0
        entries = written_entries(self.undone, self.what)
        entries = entries.filter(object_type=self.object_type)
        if self.chosen is not None:
            entries = entries.filter(unit__in=self.chosen)
        while True:
            found = list(entries.filter(pk__gt=after).order_by("pk")[:CHUNK])
            if not found:
                return
            after = found[-1].pk
            yield Place(STAGE, after), self._units(found)

    def again(self, unit: Unit) -> Unit:
        """Return a unit decided anew, by how its records are now."""
        entry = written_entries(self.undone, self.what).filter(
            object_type=self.object_type, unit=unit.key
        )
        (decided,) = self._units(list(entry[:1])) or [unit]
        return decided

    def _units(self, entries: list[LogEntry]) -> list[Unit]:
        links = RecordLink.objects.filter(
            sync=self.sync,
            object_type=self.object_type,
            left__remote_id__in=[entry.left_id for entry in entries],
        ).select_related("left", "right")
        pairs = {(link.left.remote_id, link.right.remote_id): link for link in links}
        units = []
        for entry in entries:
            link = pairs.get((entry.left_id, entry.right_id)) or self._replaced(entry)
            if link is not None:
                units.append(self._pair(entry, link))
            elif (row := self._alone(entry)) is not None:
                units.append(row)
        return units

    def _replaced(self, entry: LogEntry) -> RecordLink | None:
        """Return the link of a pair of which an edit has replaced a record since."""
        ids: dict[Side, str] = {"left": entry.left_id, "right": entry.right_id}
        for side in SIDES:
            if self.policy.side(side).replaces:
                kind = remote_type(self.sync, side, self.object_type)
                connection = side_connection(self.sync, side)
                ids[side] = in_place_of(connection, kind, ids[side])
        if (ids["left"], ids["right"]) == (entry.left_id, entry.right_id):
            return None
        links = RecordLink.objects.filter(
            sync=self.sync,
            object_type=self.object_type,
            left__remote_id=ids["left"],
            right__remote_id=ids["right"],
        )
        return links.select_related("left", "right").first()

    def _pair(self, entry: LogEntry, link: RecordLink) -> Unit:
        decision = self._decide(entry, link)
        # under the name of its entry: that is how a person approved it
        return Unit(
            self.object_type, link.left, link.right, link, decision, key=entry.unit
        )

    def _decide(self, entry: LogEntry, link: RecordLink) -> Decision:
        left, right = snapshot(link.left), snapshot(link.right)
        side: Side = "left" if entry.side == "left" else "right"
        if entry.outcome == LogEntry.Outcome.DELETE or _is_restore(entry):
            return self._decide_removed(entry, link, side)
        if left.is_gone or right.is_gone:
            reason = "Deleted since, so there is nothing to put back."
            return Decision("excluded", reason, "gone", left, right)
        base, written = base_read(link.base), self.what.written(entry)
        if entry.outcome == LogEntry.Outcome.CREATE and self.what.field is None:
            return undo_created(
                side,
                left,
                right,
                base,
                written,
                self.policy,
                how=self.what.created,
                can=self._can(side),
            )
        return undo_pair(left, right, base, written, self.policy)

    def _decide_removed(
        self, entry: LogEntry, link: RecordLink, side: Side
    ) -> Decision:
        left, right = snapshot(link.left), snapshot(link.right)
        if _is_restore(entry):
            return Decision(
                "excluded",
                "Taken into use again, and stays so.",
                "restored",
                left,
                right,
            )
        return undo_removed(
            side, left, right, link.tombstone, self.policy, can=self._can(side)
        )

    def _can(self, side: Side) -> frozenset[str]:
        return spec_at(self.sync, side, self.object_type).operations

    def _alone(self, entry: LogEntry) -> Unit | None:
        """Return the unit of an entry whose pair is no longer linked."""
        for side, remote_id in (("left", entry.left_id), ("right", entry.right_id)):
            row = RemoteRecord.objects.filter(
                connection=side_connection(self.sync, side),
                object_type=remote_type(self.sync, side, self.object_type),
                remote_id=remote_id,
            ).first()
            if row is None:
                continue
            reason = "No longer linked, so it stays as it is."
            left, right = (row, None) if side == "left" else (None, row)
            decision = Decision("excluded", reason, "not_linked")
            return Unit(self.object_type, left, right, None, decision, key=entry.unit)
        return None


def _is_restore(entry: LogEntry) -> bool:
    """Whether an entry brought an archived record back."""
    return entry.outcome == LogEntry.Outcome.UPDATE and not fields_written(entry)
