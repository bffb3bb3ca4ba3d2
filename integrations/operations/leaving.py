"""What an operation leaves behind, put into the mirror as our own write.

So a trigger does not tell of it, and a sync sees it as any change of that side: it
compares values with what both sides agreed on, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from crosswalk.errors import RemoteNotFound
from integrations import registry
from integrations.connectors.base import Record
from integrations.connectors.operations import Operation, Row
from integrations.mirroring.mirror import record_gone, record_written
from integrations.models import RemoteRecord
from integrations.operations.noticing import row_of
from integrations.session import Session

MOST_READ = 20  # records that are read again after one call


def left_behind(
    session: Session,
    operation: Operation,
    values: Mapping[str, Any],
    rows: Sequence[Row],
) -> None:
    """Bring the mirror up to date with what a write left, where it holds such records."""
    system = registry.spec(session.connection.kind)
    if not operation.leaves or system.known(operation.object_type) is None:
        return
    ids = ids_of(operation, values)
    if operation.leaves == "gone":
        _gone(session, operation, ids)
    elif operation.leaves == "record":
        _record(session, operation, ids[0] if ids else "", rows)
    else:
        for each in ids[:MOST_READ]:
            _read_again(session, operation, each)


def ids_of(operation: Operation, values: Mapping[str, Any]) -> list[str]:
    """Return the ids of the records that an operation is about, as they were given."""
    found = values.get(operation.leaves_id) if operation.leaves_id else None
    if isinstance(found, list):
        return [str(each) for each in found]
    return [str(found)] if found else []


def _gone(session: Session, operation: Operation, ids: Sequence[str]) -> None:
    """Remember that they are gone by us; of those nobody read, where a notice of it
    would be news."""
    place = {
        "connection": session.connection,
        "object_type": operation.object_type,
    }
    with transaction.atomic():
        if operation.object_type in session.connection.watched:
            for each in ids:
                row_of(session.connection, operation.object_type, each)
        held = RemoteRecord.objects.select_for_update().filter(**place)
        for row in held.filter(remote_id__in=ids):
            record_gone(row, RemoteRecord.Proof.OURS)


def _record(
    session: Session, operation: Operation, record_id: str, rows: Sequence[Row]
) -> None:
    if not rows:
        return
    record = session.connector.left(operation.object_type, rows[0], record_id)
    if record is None or (record_id and record.id != record_id):
        return
    _store(session, operation, record)


def _read_again(session: Session, operation: Operation, record_id: str) -> None:
    """Read what the answer did not show, if the mirror holds it: nobody else asks."""
    held = RemoteRecord.objects.filter(
        connection=session.connection,
        object_type=operation.object_type,
        remote_id=record_id,
    )
    if not held.exists():
        return
    try:
        record = session.connector.get(operation.object_type, record_id)
    except RemoteNotFound:
        return
    _store(session, operation, record)


def _store(session: Session, operation: Operation, record: Record) -> None:
    record_written(
        session.connection,
        operation.object_type,
        remote_id=record.id,
        written=record.values,
        answer=record,
    )
