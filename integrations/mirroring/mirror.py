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
from django.db.models import F, QuerySet

from crosswalk.clock import now
from integrations.connectors.base import Record
from integrations.fields.catalogue import object_spec_of
from integrations.mirroring.forgotten import forgotten_id, parents_forgotten
from integrations.mirroring.mirrormerge import MirrorMerge, Written
from integrations.models import Connection, RecordKey, RemoteRecord
from integrations.operations.telling import Move, moves_tell


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the reading of one object type stands on a connection.

    `modified`: newest remote modified time read, none of the future; `seen_at`: when (our clock) it was
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
    added to what is read again. A remote clock that runs ahead may be put back, and
    what is edited then has earlier times: so the cursor never passes our own clock. Who
    seems to be of the future is read again by each poll until that is over.
    """
    ended_at = now()
    modified = newest
    if was_listing and newest is not None:
        modified = newest - (ended_at - started_at)
    if before.modified is not None and not was_listing:
        modified = max(before.modified, newest or before.modified)
    if modified is not None:
        modified = min(modified, started_at)
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
    notices: Mapping[str, str] | None = None,
) -> list[RemoteRecord]:
    """Merge freshly read records into the mirror; return the rows that changed.

    A record listed twice on a page is taken once, in its newest form. `notices` names
    the deliveries, by record, that had them read.
    """
    read_at = read_at or now()
    fresh: dict[str, Record] = {}
    for record in records:
        seen = fresh.get(record.id)
        if seen is None or _is_newer(record, seen):
            fresh[record.id] = record
    with transaction.atomic(savepoint=False):
        _drop_forgotten(connection, object_type, fresh)
        merge = MirrorMerge(
            connection,
            object_type,
            fresh,
            read_at=read_at,
            polled_at=cursor_get(connection, object_type).polled_at,
            listing=listing,
            notices=notices,
        )
        for record in fresh.values():
            merge.take(record)
        return merge.save()


def record_store(
    connection: Connection, object_type: str, record: Record
) -> RemoteRecord:
    """Merge one record read on its own; return its row."""
    records_store(connection, object_type, [record])
    hidden = forgotten_id(connection, object_type, record.id)
    return RemoteRecord.objects.get(
        connection=connection,
        object_type=object_type,
        remote_id__in=[record.id, hidden],
    )


def _drop_forgotten(
    connection: Connection, object_type: str, fresh: dict[str, Record]
) -> None:
    """Drop what hangs under people who are to be forgotten."""
    spec = object_spec_of(connection, object_type)
    parent = spec.parent or spec.about
    if not parent:
        return
    ids = {record.parent_id for record in fresh.values()} - {""}
    gone = parents_forgotten(connection, parent, ids)
    for key in [key for key, record in fresh.items() if record.parent_id in gone]:
        del fresh[key]


def records_written(
    connection: Connection, object_type: str, writes: Sequence[Written]
) -> dict[str, RemoteRecord]:
    """Store what writes left behind; return the rows by remote id."""
    ids = [each.remote_id for each in writes]
    with transaction.atomic(savepoint=False):
        merge = MirrorMerge(
            connection,
            object_type,
            ids,
            read_at=now(),
            polled_at=cursor_get(connection, object_type).polled_at,
        )
        for each in writes:
            merge.take_written(each)
        merge.save()
    return merge.rows


def record_written(
    connection: Connection,
    object_type: str,
    *,
    remote_id: str,
    written: Mapping[str, Any],
    answer: Record | None,
) -> RemoteRecord:
    """Store what one write left behind; return the row."""
    left = Written(remote_id, written, answer)
    return records_written(connection, object_type, [left])[remote_id]


def record_archived(row: RemoteRecord, excluded: str) -> RemoteRecord:
    """Remember that a record was put aside by us, and why it takes no more part."""
    if row.excluded != excluded:
        row.excluded = excluded
        row.version += 1
        row.save(update_fields=["excluded", "version"])
    return row


def record_gone(row: RemoteRecord, proof: str = "read") -> RemoteRecord:
    """Remember that a record no longer exists at the remote, and how that was learned
    (`RemoteRecord.Proof`). Its values stay: they tell whom it was about.

    Idempotent, but for a record whose absence was in doubt: a sure proof ends that.
    """
    if row.gone_at is not None:
        return _proved(row, proof)
    with transaction.atomic():
        row.gone_at, row.gone_proof = now(), proof
        row.version += 1
        row.save(update_fields=["gone_at", "gone_proof", "version"])
        RecordKey.objects.filter(record=row).delete()
        if proof != RemoteRecord.Proof.OURS:
            move = Move(row, "deleted")
            moves_tell(row.connection, row.object_type, [move])
    return row


def _proved(row: RemoteRecord, proof: str) -> RemoteRecord:
    """Note a sure proof where there was none, as a new version: what was left undone
    in doubt is decided again."""
    unsure = RemoteRecord.UNSURE_PROOFS
    if row.gone_proof in unsure and proof not in unsure:
        row.gone_proof = proof
        row.version += 1
        row.save(update_fields=["gone_proof", "version"])
    return row


def absence_proved(rows: QuerySet[RemoteRecord]) -> None:
    """Note that a complete listing lacks those of some records that a read alone did not
    find: now they are gone for sure."""
    doubtful = rows.filter(
        gone_at__isnull=False, gone_proof__in=RemoteRecord.UNSURE_PROOFS
    )
    doubtful.update(gone_proof=RemoteRecord.Proof.LISTING, version=F("version") + 1)


def _is_newer(one: Record, other: Record) -> bool:
    if one.modified_at is None or other.modified_at is None:
        return True
    return one.modified_at >= other.modified_at


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
