"""Facts of many records at once: what a connector learnt beside their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.base import Record
from integrations.models import Connection, RemoteRecord


def facts_store(
    connection: Connection, object_type: str, records: Sequence[Record]
) -> Mapping[str, Any]:
    """Merge facts into the stored records; return those now held, by remote id.

    Values, read states and versions stay: nothing was read of the records themselves.
    Records that are not stored yet are passed over.
    """
    told = {record.id: record.facts for record in records if record.id}
    rows = list(
        RemoteRecord.objects.select_for_update().filter(
            connection=connection, object_type=object_type, remote_id__in=told
        )
    )
    for row in rows:
        row.facts = {**row.facts, **told[row.remote_id]}
    RemoteRecord.objects.bulk_update(rows, ["facts"], batch_size=200)
    return {row.remote_id: row.facts for row in rows}
