"""The mirror: what was last read of each remote record, and how it is kept true.

Three states of a field (design §4.1): a read merges the keys it reports and leaves
the others. A stale row changes nothing (§4.3). Cursors move only with their page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from crosswalk.clock import now
from integrations.catalogue import object_spec_of
from integrations.connectors.base import ObjectSpec, Record
from integrations.keys import record_keys
from integrations.models import Connection, RecordKey, RemoteRecord

_UNREAD = object()


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the reading of one object type stands on a connection.

    `modified`: newest remote modified time read; `seen_at`: when (our clock) it was
    first read; `settled`: an overlap read after it found nothing newer, so nothing
    older can still appear. `listed_at`: when a complete listing last ended; `calls`:
    how many it took, told of types that are always listed whole.
    """

    modified: datetime | None = None
    seen_at: datetime | None = None
    settled: bool = False
    listed_at: datetime | None = None
    polled_at: datetime | None = None
    listing: int = 0
    calls: int = 0

    def since(self, overlap: timedelta) -> datetime | None:
        """Return the remote time from which to read again, None: everything."""
        if self.modified is None or self.listed_at is None:
            return None
        return self.modified if self.settled else self.modified - overlap


def cursor_get(connection: Connection, object_type: str) -> Cursor:
    """Return the stored cursor of an object type."""
    data = dict(connection.cursors.get(object_type, {}))
    times = ("modified", "seen_at", "listed_at", "polled_at")
    for name in times:
        data[name] = datetime.fromisoformat(data[name]) if data.get(name) else None
    return Cursor(**data)


def cursor_set(connection: Connection, object_type: str, cursor: Cursor) -> None:
    """Store a cursor, unless another process has already got further."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        stored = cursor_get(row, object_type)
        if (
            stored.polled_at
            and cursor.polled_at
            and stored.polled_at > cursor.polled_at
        ):
            return
        row.cursors[object_type] = {
            "modified": _iso(cursor.modified),
            "seen_at": _iso(cursor.seen_at),
            "settled": cursor.settled,
            "listed_at": _iso(cursor.listed_at),
            "polled_at": _iso(cursor.polled_at),
            "listing": cursor.listing,
            "calls": cursor.calls,
        }
        row.save(update_fields=["cursors"])
    connection.cursors = row.cursors


def cursor_after(
    before: Cursor,
    *,
    started_at: datetime,
    newest: datetime | None,
    overlap: timedelta,
    was_listing: bool,
) -> Cursor:
    """Return the cursor after a read that ended cleanly.

    A complete listing may have passed a record before its edit: its own duration is
    added to what is read again.
    """
    ended_at = now()
    modified = newest
    if was_listing and newest is not None:
        modified = newest - (ended_at - started_at)
    if before.modified is not None and not was_listing:
        modified = max(before.modified, newest or before.modified)
    moved = modified != before.modified
    rested = bool(before.seen_at and started_at - before.seen_at >= overlap)
    return Cursor(
        modified=modified,
        seen_at=ended_at if moved else before.seen_at,
        settled=not moved and (before.settled or rested),
        listed_at=ended_at if was_listing else before.listed_at,
        polled_at=started_at,
        listing=before.listing + (1 if was_listing else 0),
    )


def records_store(
    connection: Connection,
    object_type: str,
    records: Iterable[Record],
    *,
    read_at: datetime | None = None,
    listing: int = 0,
) -> list[RemoteRecord]:
    """Merge freshly read records into the mirror; return the rows that changed.

    A record listed twice on a page is taken once, in its newest form.
    """
    read_at = read_at or now()
    fresh: dict[str, Record] = {}
    for record in records:
        seen = fresh.get(record.id)
        if seen is None or _is_newer(record, seen):
            fresh[record.id] = record
    spec = object_spec_of(connection, object_type)
    polled_at = cursor_get(connection, object_type).polled_at
    with transaction.atomic():
        rows = {
            row.remote_id: row
            for row in RemoteRecord.objects.select_for_update().filter(
                connection=connection, object_type=object_type, remote_id__in=fresh
            )
        }
        merge = _MirrorMerge(connection, object_type, spec, read_at, polled_at, listing)
        for record in fresh.values():
            merge.take(record, rows.get(record.id))
        return merge.save()


def record_store(
    connection: Connection, object_type: str, record: Record
) -> RemoteRecord:
    """Merge one record read on its own; return its row."""
    records_store(connection, object_type, [record])
    return RemoteRecord.objects.get(
        connection=connection, object_type=object_type, remote_id=record.id
    )


def record_written(
    connection: Connection,
    object_type: str,
    *,
    remote_id: str,
    written: Mapping[str, Any],
    answer: Record | None,
) -> RemoteRecord:
    """Store what a write left behind (design §4.3); return the row.

    Written fields take the answer's value, or what was sent when the answer does
    not report them; every other reported field is a fresh read.
    """
    reported = dict(answer.values) if answer else {}
    values = {**reported, **{k: reported.get(k, v) for k, v in written.items()}}
    record = Record(
        id=remote_id,
        values=values,
        via="write",
        modified_at=answer.modified_at if answer else None,
        created_at=answer.created_at if answer else None,
        excluded=answer.excluded if answer else "",
        label=answer.label if answer else "",
        facts=answer.facts if answer else {},
        parent_id=answer.parent_id if answer else "",
    )
    with transaction.atomic():
        row = record_store(connection, object_type, record)
        row.written_at = record.modified_at
        changed = ["field_times", "written_at"]
        for key in written:  # our own write is nobody's edit
            row.field_times.pop(key, None)
        if record.modified_at is None and row.modified_at is not None:
            row.stale_through = row.modified_at
            changed.append("stale_through")
        row.save(update_fields=changed)
    return row


def record_archived(row: RemoteRecord, excluded: str) -> RemoteRecord:
    """Remember that a record was put aside by us, and why it takes no more part."""
    if row.excluded != excluded:
        row.excluded = excluded
        row.version += 1
        row.save(update_fields=["excluded", "version"])
    return row


def record_gone(row: RemoteRecord, proof: str = "read") -> RemoteRecord:
    """Remember that a record no longer exists at the remote, and how that was learned
    (`RemoteRecord.Proof`). Its values stay: they tell whom it was about."""
    if row.gone_at is None:
        row.gone_at, row.gone_proof = now(), proof
        row.version += 1
        row.save(update_fields=["gone_at", "gone_proof", "version"])
        RecordKey.objects.filter(record=row).delete()
    return row


def _is_newer(one: Record, other: Record) -> bool:
    if one.modified_at is None or other.modified_at is None:
        return True
    return one.modified_at >= other.modified_at


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


MERGED = (
    "parent_id",
    "values",
    "facts",
    "field_times",
    "label",
    "excluded",
    "modified_at",
    "edited_at",
    "remote_created_at",
    "read_at",
    "detail_modified_at",
    "seen_listing",
    "version",
    "gone_at",
    "gone_proof",
)


def _known(row: RemoteRecord) -> tuple[Any, ...]:
    """Return all that a read may change, but for when it was."""
    return (
        row.version,
        row.parent_id,
        row.label,
        row.facts,
        row.modified_at,
        row.remote_created_at,
        row.detail_modified_at,
    )


class _MirrorMerge:
    """One batch of records being merged into rows; saved together."""

    def __init__(
        self,
        connection: Connection,
        object_type: str,
        spec: ObjectSpec,
        read_at: datetime,
        polled_at: datetime | None,
        listing: int,
    ) -> None:
        self.connection = connection
        self.object_type = object_type
        self.spec = spec
        self.read_at = read_at
        self.polled_at = polled_at
        self.listing = listing
        # what every row of a list shows; own fields are not told of by every one
        standard = [f for f in spec.fields if not f.is_custom]
        self.listed = {f.key for f in standard if not f.is_detail_only}
        self.names = {f.key for f in spec.fields if f.type == "name"}
        self.made: list[RemoteRecord] = []
        self.changed: list[RemoteRecord] = []  # content or what is known about it
        self.news: list[RemoteRecord] = []  # of these, those whose content changed
        self.seen: list[int] = []  # just as they were

    def take(self, record: Record, row: RemoteRecord | None) -> None:
        """Merge one record into its row, or make the row."""
        if row is None:
            self.made.append(self._row(record))
        elif row.gone_at is not None and record.via in {"list", "webhook"}:
            return  # lists lag behind deletes: only a read of its own brings it back
        elif _is_stale(record, row):
            if self.listing and row.seen_listing != self.listing:
                row.seen_listing = self.listing
                self.changed.append(row)
        else:
            known = _known(row)
            if self._merge(record, row):
                self.news.append(row)
            if _known(row) == known:
                self.seen.append(row.pk)
            else:
                self.changed.append(row)

    def _row(self, record: Record) -> RemoteRecord:
        return RemoteRecord(
            connection=self.connection,
            object_type=self.object_type,
            remote_id=record.id,
            parent_id=record.parent_id,
            label=record.label[:200],
            values=dict(record.values),
            facts=dict(record.facts),
            excluded=record.excluded,
            modified_at=record.modified_at,
            edited_at=record.modified_at,
            remote_created_at=record.created_at,
            read_at=self.read_at,
            seen_listing=self.listing,
            detail_modified_at=record.modified_at if record.via == "detail" else None,
        )

    def _merge(self, record: Record, row: RemoteRecord) -> bool:
        changed = False
        self._forget_doubtful(record, row)
        before = max(filter(None, (row.read_at, self.polled_at)))
        for key, value in record.values.items():
            was = row.values.get(key, _UNREAD)
            if was == value and was is not _UNREAD:
                continue
            changed = True
            row.values[key] = value
            if was is not _UNREAD:
                row.field_times[key] = [
                    min(before, self.read_at).isoformat(),
                    self.read_at.isoformat(),
                ]
        if row.gone_at is not None:
            row.gone_at, row.gone_proof, changed = None, "", True  # it is back
        if record.via != "write" and row.excluded != record.excluded:
            row.excluded, changed = record.excluded, True
        row.parent_id = record.parent_id or row.parent_id
        row.label = record.label[:200] or row.label
        row.facts = {**row.facts, **record.facts}
        if record.modified_at and (
            row.modified_at is None or record.modified_at >= row.modified_at
        ):
            row.modified_at = record.modified_at
        row.remote_created_at = record.created_at or row.remote_created_at
        row.read_at = self.read_at
        if record.via == "detail" or self._is_whole(record):
            row.detail_modified_at = row.modified_at
        row.seen_listing = self.listing or row.seen_listing
        if changed:
            row.version += 1
            if record.via != "write":
                row.edited_at = record.modified_at or row.edited_at
        return changed

    def _forget_doubtful(self, record: Record, row: RemoteRecord) -> None:
        """Take as not read what a list shows of every record, but not of this one.

        Some lists lower-case names, and a connector then leaves them out: after an
        edit the stored ones may be old, and a detail read must tell.
        """
        newer = record.modified_at and (
            row.modified_at is None or record.modified_at > row.modified_at
        )
        if record.via != "list" or not newer:
            return
        doubtful = self.listed - record.values.keys()
        if doubtful <= self.names:  # else it is no row of a list, but a part of one
            for key in doubtful:
                row.values.pop(key, None)

    def _is_whole(self, record: Record) -> bool:
        """Whether a write's answer reported as much as a detail read would."""
        only_detail = {f.key for f in self.spec.fields if f.is_detail_only}
        return record.via == "write" and only_detail <= record.values.keys()

    def save(self) -> list[RemoteRecord]:
        """Write all rows and their keys; return those whose content changed."""
        RemoteRecord.objects.bulk_create(self.made)
        for row in self.changed:  # measured: several times faster than bulk_update
            row.save(update_fields=MERGED)
        seen: dict[str, Any] = {"read_at": self.read_at}
        if self.listing:
            seen["seen_listing"] = self.listing
        RemoteRecord.objects.filter(pk__in=self.seen).update(**seen)
        self._save_keys(self.made, [])
        self._save_keys(self.news, [row.pk for row in self.news])
        return [*self.made, *self.news]

    def _save_keys(self, rows: Sequence[RemoteRecord], replace: Sequence[int]) -> None:
        if replace:
            RecordKey.objects.filter(record_id__in=replace).delete()
        RecordKey.objects.bulk_create(
            RecordKey(
                record=row,
                connection=self.connection,
                object_type=self.object_type,
                kind=kind,
                value=value,
            )
            for row in rows
            for kind, value in record_keys(
                self.spec, row.values, self.connection.country
            )
        )


def _is_stale(record: Record, row: RemoteRecord) -> bool:
    """Whether a read is older than what is stored (search lags behind writes)."""
    if record.via not in {"list", "webhook"} or record.modified_at is None:
        return False
    if row.stale_through and record.modified_at <= row.stale_through:
        return True
    return row.modified_at is not None and record.modified_at < row.modified_at
