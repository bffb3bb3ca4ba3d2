"""Drift: what a complete listing found that neither notice nor poll had told of.

`SyncRun.drift`: {"left": {"change": 2, "create": 0, "delete": 1, "who": [[kind, label,
remote id], …]}}. A change that the next poll would have told of is none, nor one whose
notice is waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.connectors.base import Record
from integrations.models import Connection, RemoteRecord
from mapping.convert import Side
from sync.models import InboxEvent
from synclog.models import SyncRun

CHANGE, CREATE, DELETE = "change", "create", "delete"
KINDS = (CHANGE, CREATE, DELETE)
MOST_NAMED = 50
_UNREAD = object()
Drifted = tuple[str, str, str]  # kind, label, remote id


@dataclass(slots=True)
class DriftWatch:
    """What was known of a page's records before the page is stored."""

    connection: Connection
    object_type: str
    records: Sequence[Record]
    told_from: datetime | None  # the next poll tells of what changed from here on
    _known: Mapping[str, dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        rows = RemoteRecord.objects.filter(
            connection=self.connection,
            object_type=self.object_type,
            remote_id__in=[record.id for record in self.records],
        )
        self._known = dict(rows.values_list("remote_id", "values"))

    def changes(self, records: Iterable[Record]) -> list[Drifted]:
        """Return what of a page nobody had told of."""
        if self.told_from is None:
            return []  # a first listing tells of everybody
        late = [record for record in records if self._is_untold(record)]
        waiting = _announced(self.connection, self.object_type, [r.id for r in late])
        return [
            (CHANGE if record.id in self._known else CREATE, record.label, record.id)
            for record in late
            if record.id not in waiting
        ]

    def _is_untold(self, record: Record) -> bool:
        if (
            self.told_from
            and record.modified_at
            and record.modified_at >= self.told_from
        ):
            return False
        known = self._known.get(record.id)
        if known is None:
            return True
        before = (known.get(key, _UNREAD) for key in record.values)
        pairs = zip(before, record.values.values(), strict=True)
        return any(was is not _UNREAD and was != now for was, now in pairs)


def delete_drift(connection: Connection, row: RemoteRecord) -> list[Drifted]:
    """Return a record that a listing lacked and a read did not find, unless its
    notice is waiting."""
    if row.remote_id in _announced(connection, row.object_type, [row.remote_id]):
        return []
    return [(DELETE, row.label, row.remote_id)]


def _announced(
    connection: Connection, object_type: str, ids: Sequence[str]
) -> set[str]:
    waiting = InboxEvent.objects.filter(
        connection=connection,
        object_type=object_type,
        record_id__in=ids,
        next_at__isnull=False,
    )
    return set(waiting.values_list("record_id", flat=True)) if ids else set()


def drift_add(run: SyncRun, side: Side, found: Iterable[Drifted]) -> None:
    """Add to what a run reports; saved with its checkpoint."""
    report = run.drift.setdefault(side, {**dict.fromkeys(KINDS, 0), "who": []})
    for kind, label, remote_id in found:
        report[kind] += 1
        if len(report["who"]) < MOST_NAMED:
            report["who"].append([kind, label, remote_id])
