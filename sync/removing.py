"""Deleting and archiving records: the calls it takes, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.connectors.base import Connector, Step, StepResult
from integrations.mirror import record_archived, record_gone, record_written
from integrations.models import RemoteRecord
from sync.engine.types import Removal
from sync.engine.undo import UNDONE
from sync.models import Intent, RecordLink
from sync.policy import record_of
from sync.remember import link_bury
from sync.units import Unit

ARCHIVED, DELETED = "archived", "deleted"


def removal_steps(connector: Connector, unit: Unit, removal: Removal) -> Sequence[Step]:
    """Return the calls of a removal, none when the record is gone already."""
    row = unit.row(removal.side)
    if row is None or row.gone_at is not None:
        return []
    if removal.how == "delete":
        return connector.delete_steps(row.object_type, record_of(row))
    return connector.archive_steps(row.object_type, record_of(row))


def removed(unit: Unit, removal: Removal, result: StepResult) -> None:
    """Store that a record was removed, and bury its link.

    An answer with a record says that it was archived, whatever was asked for: Zoho
    keeps a customer who has transactions.
    """
    row = unit.row(removal.side)
    assert row is not None  # noqa: S101
    record = result.record
    if record is not None:
        row = record_written(
            row.connection,
            row.object_type,
            remote_id=row.remote_id,
            written={},
            answer=record,
        )
        row = record_archived(row, record.excluded)
    elif removal.how == "delete":
        row.refresh_from_db()
        row = record_gone(row)
    if removal.side == "left":
        unit.left = row
    else:
        unit.right = row
    if unit.link is not None:
        why = DELETED if row.gone_at else ARCHIVED
        link_bury(unit.link, UNDONE if unit.decision.reason_code == UNDONE else why)


def was_removed(intent: Intent, row: RemoteRecord | None) -> bool:
    """Whether a read made after a kill shows that a removal was done.

    A tag is no proof of ours: tagging again does no harm.
    """
    return row is None or row.gone_at is not None or bool(row.excluded)


def removal_found(intent: Intent, row: RemoteRecord | None) -> None:
    """Bury the link of a removal whose answer nobody got."""
    link = RecordLink.objects.filter(
        **{f"{intent.side}_id": intent.record_id}, sync_id=intent.sync_id
    ).first()
    if link is not None:
        is_gone = row is None or row.gone_at is not None
        link_bury(link, DELETED if is_gone else ARCHIVED)
