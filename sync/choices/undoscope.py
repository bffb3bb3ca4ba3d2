"""What of a run is undone: all of it, one log entry or one field of it, and what
becomes of people it created. Kept on the runs that carry the undo out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from sync.engine.undo_records import CREATED, Created
from synclog.models import LogEntry, SyncRun

WRITTEN = (
    LogEntry.Outcome.UPDATE,
    LogEntry.Outcome.CREATE,
    LogEntry.Outcome.DELETE,
    LogEntry.Outcome.CONFLICT,  # of one field: others may have been written
    LogEntry.Outcome.FAILED,  # after some of its calls
)
LEAVE: Created = "leave"
Keys = tuple[str, str]  # of a field map: (left, right)


@dataclass(frozen=True, slots=True)
class UndoScope:
    """How much of a run an undo is about."""

    entry: int | None = None  # of the log; None: the whole run
    field: Keys | None = None  # of that entry; None: all that was written of it
    created: Created = "leave"

    def stored(self) -> dict[str, Any]:
        """Return it as a run keeps it."""
        field = list(self.field) if self.field else None
        return {"entry": self.entry, "field": field, "created": self.created}

    def written(self, entry: LogEntry) -> list[dict[str, Any]]:
        """Return the field changes of an entry that are to be undone."""
        return [
            change
            for change in entry.changes
            if self.field is None or (change["left"], change["right"]) == self.field
        ]


def scope_read(data: Mapping[str, Any]) -> UndoScope:
    """Return the scope a run keeps; an empty one is the whole run."""
    created = next((each for each in CREATED if each == data.get("created")), LEAVE)
    field = data.get("field")
    return UndoScope(
        data.get("entry"), (field[0], field[1]) if field else None, created
    )


def written_entries(run: SyncRun, scope: UndoScope | None = None) -> QuerySet[LogEntry]:
    """Return the log entries of a run that may have written something."""
    entries = LogEntry.objects.filter(run=run, outcome__in=WRITTEN).exclude(side="")
    if scope is not None and scope.entry is not None:
        entries = entries.filter(pk=scope.entry)
    return entries


def can_undo(run: SyncRun) -> bool:
    """Whether a run has written something that may be put back."""
    is_over = run.mode == SyncRun.Mode.LIVE and not run.is_active
    return is_over and written_entries(run).exists()


def fields_written(entry: LogEntry) -> list[Keys]:
    """Return the field maps that an entry has written, each once."""
    found = [
        (change["left"], change["right"])
        for change in entry.changes
        if change.get("action") == "write" and change.get("side")
    ]
    return list(dict.fromkeys(found))
