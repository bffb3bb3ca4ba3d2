"""People who asked to be forgotten: an empty row under a keyed hash of their id.

Their systems may still list them. What arrives of them finds that row and is dropped,
without anybody being able to tell from it who it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from crosswalk.clock import now
from crosswalk.crypto import keyed_hash
from integrations.models import Connection, RemoteRecord

PREFIX = "forgotten:"
FORGOTTEN = "forgotten"  # RemoteRecord.excluded of such a row


def forgotten_id(connection: Connection, object_type: str, remote_id: str) -> str:
    """Return the remote id that a forgotten record has instead of its own."""
    return PREFIX + keyed_hash(f"{connection.pk}:{object_type}:{remote_id}")


def parents_forgotten(
    connection: Connection, object_type: str, ids: Iterable[str]
) -> set[str]:
    """Return those of some parents' ids that are to be forgotten, in one query."""
    hashes = {forgotten_id(connection, object_type, each): each for each in ids}
    rows = RemoteRecord.objects.filter(
        connection=connection, object_type=object_type, remote_id__in=hashes
    )
    return {hashes[each] for each in rows.values_list("remote_id", flat=True)}


def record_forget(row: RemoteRecord) -> None:
    """Empty a row and hide whose it was. Idempotent."""
    if row.excluded == FORGOTTEN:
        return
    row.remote_id = forgotten_id(row.connection, row.object_type, row.remote_id)
    row.excluded = FORGOTTEN
    row.label = row.parent_id = ""
    row.values, row.facts, row.field_times = {}, {}, {}
    row.modified_at = row.edited_at = row.remote_created_at = None
    row.detail_modified_at = row.written_at = row.stale_through = None
    row.gone_at, row.gone_proof = now(), RemoteRecord.Proof.OURS
    row.version += 1
    row.save()
