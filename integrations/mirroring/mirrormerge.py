"""Merging a batch of reads or writes into the rows of the mirror, and saving them.

What `integrations/mirroring/mirror.py` promises is kept here, for many records in few statements.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crosswalk.bulk import (
    rows_create,
    rows_delete,
    rows_update,
    rows_where,
    values_insert,
)
from integrations.connectors.base import Record
from integrations.connectors.operations import Change
from integrations.fields.catalogue import object_spec_of
from integrations.mirroring.forgotten import FORGOTTEN, forgotten_id
from integrations.mirroring.keys import record_keys
from integrations.models import Connection, RecordKey, RemoteRecord
from integrations.operations.telling import Move, moves_tell

_UNREAD = object()
Key = tuple[int, str, str]  # record, kind, value


@dataclass(frozen=True, slots=True)
class Written:
    """What one write sent of a record, by field, and what was answered.

    Written fields take the answer's value, or what was sent when the answer does
    not report them; every other reported field is a fresh read (design §4.3).
    """

    remote_id: str
    written: Mapping[str, Any]
    answer: Record | None

    def record(self) -> Record:
        """Return the record as it stands after the write."""
        answer = self.answer
        reported = dict(answer.values) if answer else {}
        sent = {key: reported.get(key, value) for key, value in self.written.items()}
        return Record(
            id=self.remote_id,
            values={**reported, **sent},
            via="write",
            modified_at=answer.modified_at if answer else None,
            created_at=answer.created_at if answer else None,
            excluded=answer.excluded if answer else "",
            label=answer.label if answer else "",
            facts=answer.facts if answer else {},
            parent_id=answer.parent_id if answer else "",
        )


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
    "stale_through",
    "version",
    "written_at",
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


class MirrorMerge:
    """One batch of records being merged into rows; saved together."""

    def __init__(
        self,
        connection: Connection,
        object_type: str,
        remote_ids: Collection[str],
        *,
        read_at: datetime,
        polled_at: datetime | None,
        listing: int = 0,
        notices: Mapping[str, str] | None = None,
    ) -> None:
        self.connection = connection
        self.object_type = object_type
        self.spec = object_spec_of(connection, object_type)
        self.read_at = read_at
        self.polled_at = polled_at
        self.listing = listing
        fields = self.spec.fields
        # what every row of a list shows; own fields are not told of by every one
        standard = [f for f in fields if not f.is_custom]
        self.listed = {f.key for f in standard if not f.is_detail_only}
        self.only_detail = {f.key for f in fields if f.is_detail_only}
        self.names = {f.key for f in fields if f.type == "name"}
        self.matched = {key for keys in self.spec.match_fields.values() for key in keys}
        hidden = {forgotten_id(connection, object_type, i): i for i in remote_ids}
        self.rows = {
            hidden.get(row.remote_id, row.remote_id): row
            for row in self._stored([*remote_ids, *hidden])
        }
        self.made: list[RemoteRecord] = []
        # by remote id: a batch may bring a record more than once
        self.changed: dict[str, RemoteRecord] = {}  # content or what is known about it
        self.news: dict[str, RemoteRecord] = {}  # of these, whose content changed
        # of these, whose match keys may be others now
        self.renamed: list[RemoteRecord] = []
        self.seen: list[int] = []  # just as they were
        # what somebody may want to be told of: nobody, of most object types
        self.moves: list[Move] | None = (
            [] if connection.watched.get(object_type) else None
        )
        self.notices = notices or {}

    def _stored(self, remote_ids: Collection[str]) -> list[RemoteRecord]:
        """Return the rows there are, locked in one order: no two batches wait for
        each other."""
        return rows_where(
            RemoteRecord,
            {"remote_id": remote_ids},
            locked=True,
            connection=self.connection,
            object_type=self.object_type,
        )

    def take(self, record: Record) -> None:
        """Merge one record into its row, or make the row."""
        row = self.rows.get(record.id)
        if row is not None and row.excluded == FORGOTTEN:
            return
        if row is None:
            self.rows[record.id] = row = self._row(record)
            self.made.append(row)
            self._moved(row, "created")
        elif row._state.adding:  # made by this very batch
            self._merge(record, row)
        elif row.gone_at is not None and record.via in {"list", "webhook"}:
            return  # lists lag behind deletes: only a read of its own brings it back
        elif _is_stale(record, row):
            if self.listing and row.seen_listing != self.listing:
                row.seen_listing = self.listing
                self.changed[record.id] = row
        else:
            known = _known(row)
            if self._merge(record, row):
                self.news[record.id] = row
            if _known(row) == known:
                self.seen.append(row.pk)
            else:
                self.changed[record.id] = row

    def take_written(self, write: Written) -> None:
        """Merge what a write left behind: our own write is nobody's edit.

        Whatever else its answer shows may be: somebody's edit may ride along.
        """
        record = write.record()
        told = len(self.moves or ())
        self.take(record)
        self._keep_foreign(told, write)
        row = self.rows[record.id]
        if row.excluded == FORGOTTEN:
            return
        row.written_at = record.modified_at
        for key in write.written:
            row.field_times.pop(key, None)
        if record.modified_at is None and row.modified_at is not None:
            row.stale_through = row.modified_at
        if row.pk is not None:
            self.changed[record.id] = row

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
        changed, is_renamed = False, row.gone_at is not None
        former: dict[str, Any] = {}
        self._forget_doubtful(record, row)
        before = max(filter(None, (row.read_at, self.polled_at)))
        for key, value in record.values.items():
            was = row.values.get(key, _UNREAD)
            if was == value and was is not _UNREAD:
                continue
            changed = True
            is_renamed = is_renamed or key in self.matched
            row.values[key] = value
            if was is not _UNREAD:
                former[key] = was
                row.field_times[key] = [
                    min(before, self.read_at).isoformat(),
                    self.read_at.isoformat(),
                ]
        if row.gone_at is not None:
            row.gone_at, row.gone_proof, changed = None, "", True  # it is back
        if record.via != "write" and row.excluded != record.excluded:
            row.excluded, changed = record.excluded, True
        if record.parent_id and record.parent_id != row.parent_id:
            # whose it is belongs to what it says
            changed = changed or bool(row.parent_id)
            row.parent_id = record.parent_id
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
        if is_renamed and not row._state.adding:
            self.renamed.append(row)
        if former:
            self._moved(row, "updated", former)
        return changed

    def _moved(
        self, row: RemoteRecord, change: Change, former: dict[str, Any] | None = None
    ) -> None:
        if self.moves is not None:
            notice = self.notices.get(row.remote_id, "")
            self.moves.append(Move(row, change, former or {}, notice))

    def _keep_foreign(self, told: int, write: Written) -> None:
        """Leave of what was just noted only what our own write did not write."""
        for move in (self.moves or [])[told:]:
            self.moves.remove(move)  # type: ignore[union-attr]
            kept = {k: v for k, v in move.before.items() if k not in write.written}
            if move.change == "updated" and kept:
                self._moved(move.row, "updated", kept)

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
        return record.via == "write" and self.only_detail <= record.values.keys()

    def save(self) -> list[RemoteRecord]:
        """Write all rows and their keys; return those whose content changed."""
        news = list(self.news.values())
        rows_create(self.made)
        rows_update(list(self.changed.values()), MERGED)
        seen: dict[str, Any] = {"read_at": self.read_at}
        if self.listing:
            seen["seen_listing"] = self.listing
        if self.seen:
            RemoteRecord.objects.filter(pk__in=self.seen).update(**seen)
        renamed = list(dict.fromkeys(self.renamed))
        self._save_keys([*self.made, *renamed], self._keys_held(renamed))
        if self.moves:
            moves_tell(self.connection, self.object_type, self.moves)
        return [*self.made, *news]

    def _keys_held(self, rows: Sequence[RemoteRecord]) -> dict[Key, int]:
        """Return the stored keys of rows: (record, kind, value) → their own."""
        held = rows_where(RecordKey, {"record": [row.pk for row in rows]})
        return {(key.record_id, key.kind, key.value): key.pk for key in held}

    def _save_keys(self, rows: Sequence[RemoteRecord], held: dict[Key, int]) -> None:
        """Make the keys of rows what their values say: most stay as they are."""
        country = self.connection.country
        wanted = {
            (row.pk, kind, value)
            for row in rows
            for kind, value in record_keys(self.spec, row.values, country)
        }
        gone = [pk for key, pk in held.items() if key not in wanted]
        rows_delete(RecordKey, gone)
        place = (self.connection.pk, self.object_type)
        values_insert(
            RecordKey,
            ("record", "kind", "value", "connection", "object_type"),
            ((*key, *place) for key in wanted - held.keys()),
        )


def _is_stale(record: Record, row: RemoteRecord) -> bool:
    """Whether a read is older than what is stored (search lags behind writes)."""
    if record.via not in {"list", "webhook"} or record.modified_at is None:
        return False
    if row.stale_through and record.modified_at <= row.stale_through:
        return True
    return row.modified_at is not None and record.modified_at < row.modified_at
