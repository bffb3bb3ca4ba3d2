"""Undo of a run: a plan made from the log, tested, approved and applied like any other.

The units are those that the run wrote. What was edited since is spared and listed;
people whom the run created stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sync.engine.types import Decision, Policy, Snapshot
from sync.engine.undo import undo_pair
from sync.matching import Verdicts
from sync.models import RecordLink, Sync
from sync.policy import base_read, snapshot
from sync.services import run_request
from sync.units import CHUNK, Place, Unit
from synclog.models import LogEntry, SyncRun
from workspaces.services import audit

WRITTEN = (
    LogEntry.Outcome.UPDATE,
    LogEntry.Outcome.CREATE,
    LogEntry.Outcome.CONFLICT,  # of one field: others may have been written
    LogEntry.Outcome.FAILED,  # after some of its calls
)
STAGE = "undo"


def undo_request(*, run: SyncRun, actor: AbstractBaseUser | None) -> SyncRun:
    """Ask for the test of an undo: what putting back a run's writes would change.

    Raises ConfigError when the run wrote nothing or is under way, RunActive when a
    test of the sync is.
    """
    if run.mode != SyncRun.Mode.LIVE or run.is_active:
        raise ConfigError("Only a live run that has ended can be undone.")
    if not written_entries(run).exists():
        raise ConfigError("This run wrote nothing, so there is nothing to undo.")
    test = run_request(
        sync=run.sync,
        mode=SyncRun.Mode.TEST,
        trigger=SyncRun.Trigger.UNDO,
        scope="records",
        undo_of=run,
        actor=actor,
    )
    audit(
        workspace=run.workspace,
        actor=actor,
        action="run.undo_tested",
        subject=str(run.pk),
        data={"test": test.pk},
    )
    return test


def can_undo(run: SyncRun) -> bool:
    """Whether a run has written something that may be put back."""
    is_over = run.mode == SyncRun.Mode.LIVE and not run.is_active
    return is_over and written_entries(run).exists()


def written_entries(run: SyncRun) -> QuerySet[LogEntry]:
    """Return the log entries of a run that may have written something."""
    return LogEntry.objects.filter(run=run, outcome__in=WRITTEN).exclude(side="")


@dataclass(slots=True)
class UndoSource:
    """Yields the units of a run's log, decided as its undo. See units.UnitSource."""

    sync: Sync
    object_type: str
    policy: Policy
    undone: SyncRun
    scope: str = "records"
    # nobody is matched anew
    verdicts: Verdicts = field(default_factory=lambda: {"left": {}, "right": {}})

    def chunks(self, place: Place) -> Iterator[tuple[Place, list[Unit]]]:
        """Yield (place after the chunk, its units), from a place on."""
        after = place.after if place.stage == STAGE else 0
        entries = written_entries(self.undone).filter(object_type=self.object_type)
        while True:
            found = list(entries.filter(pk__gt=after).order_by("pk")[:CHUNK])
            if not found:
                return
            after = found[-1].pk
            yield Place(STAGE, after), self._units(found)

    def _units(self, entries: list[LogEntry]) -> list[Unit]:
        links = RecordLink.objects.filter(
            sync=self.sync,
            object_type=self.object_type,
            left__remote_id__in=[entry.left_id for entry in entries],
        ).select_related("left", "right")
        pairs = {(link.left.remote_id, link.right.remote_id): link for link in links}
        units = []
        for entry in entries:
            link = pairs.get((entry.left_id, entry.right_id))
            if link is not None:
                units.append(self._pair(entry, link))
            elif (row := self._alone(entry)) is not None:
                units.append(row)
        return units

    def _pair(self, entry: LogEntry, link: RecordLink) -> Unit:
        left, right = snapshot(link.left), snapshot(link.right)
        decision = self._decide(entry, link, left, right)
        return Unit(self.object_type, link.left, link.right, link, decision)

    def _decide(
        self, entry: LogEntry, link: RecordLink, left: Snapshot, right: Snapshot
    ) -> Decision:
        gone = next((each for each in (link.left, link.right) if each.gone_at), None)
        if gone is not None:
            reason = "Deleted since, so there is nothing to put back."
            return Decision("excluded", reason, "gone", left, right)
        if entry.outcome == LogEntry.Outcome.CREATE:
            name = self.policy.side("left" if entry.side == "left" else "right").name
            reason = (
                f"The run created this person at {name}. They stay: delete them there "
                "if you want them gone."
            )
            return Decision("excluded", reason, "created", left, right)
        return undo_pair(left, right, base_read(link.base), entry.changes, self.policy)

    def _alone(self, entry: LogEntry) -> Unit | None:
        """Return the unit of an entry whose pair is no longer linked."""
        for side, remote_id in (("left", entry.left_id), ("right", entry.right_id)):
            connection = self.sync.left if side == "left" else self.sync.right
            row = RemoteRecord.objects.filter(
                connection=connection,
                object_type=self.object_type,
                remote_id=remote_id,
            ).first()
            if row is None:
                continue
            reason = "No longer linked, so it stays as it is."
            left, right = (row, None) if side == "left" else (None, row)
            decision = Decision("excluded", reason, "not_linked")
            return Unit(self.object_type, left, right, None, decision)
        return None
