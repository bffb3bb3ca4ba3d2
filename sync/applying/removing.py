"""Deleting and archiving records: the calls it takes, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from integrations.connectors.base import Connector, Step, StepResult
from integrations.mirroring.mirror import record_archived, record_gone, record_written
from integrations.models import RemoteRecord
from sync.deciding.units import Unit
from sync.engine.removal import ARCHIVED, DELETED, TAGGED
from sync.engine.types import Decision, Removal
from sync.engine.undo import UNDONE
from sync.models import Intent, RecordLink
from sync.policy import record_of
from sync.remembering.links import link_bury, link_revive

RESTORE = "restore"


def removal_steps(connector: Connector, unit: Unit, removal: Removal) -> Sequence[Step]:
    """Return the calls of a removal, none when the record is gone already."""
    row = unit.row(removal.side)
    if row is None or row.gone_at is not None:
        return []
    if removal.how == "delete":
        return connector.delete_steps(row.object_type, record_of(row))
    if removal.how == RESTORE:
        return connector.restore_steps(row.object_type, record_of(row))
    return connector.archive_steps(row.object_type, record_of(row))


def removed(unit: Unit, removal: Removal, result: StepResult) -> None:
    """Store that a record was removed, and bury its link; or that it was restored.

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
        if removal.how == "delete":
            unit.decision = _only_archived(unit)
    elif removal.how == "delete":
        row.refresh_from_db()
        row = record_gone(row, RemoteRecord.Proof.OURS)
    if removal.side == "left":
        unit.left = row
    else:
        unit.right = row
    if unit.link is None:
        return
    if removal.how == RESTORE:
        link_revive(unit.link)
        return
    is_undo = unit.decision.reason_code == UNDONE
    link_bury(unit.link, UNDONE if is_undo else tombstone_of(row), removal.side)


def removal_said(unit: Unit, removal: Removal | None) -> dict[str, str]:
    """Return what the log keeps of how a record was removed, nothing for a write."""
    row = unit.row(removal.side) if removal else None
    if row is None:
        return {}
    return {"removed": DELETED if row.gone_at else ARCHIVED}


def tombstone_of(row: RemoteRecord | None) -> str:
    """Return what is left of a record that was removed: deleted, archived or tagged."""
    if row is None or row.gone_at is not None:
        return DELETED
    return ARCHIVED if row.excluded else TAGGED


def _only_archived(unit: Unit) -> Decision:
    """Return a decision that says what its system made of a delete."""
    said = "It cannot be deleted there, because it has transactions: it was archived."
    decision = unit.decision
    return replace(
        decision,
        reason=f"{decision.reason} {said}",
        trace=(*decision.trace, ("archived", said)),
    )


def was_removed(intent: Intent, row: RemoteRecord | None) -> bool:
    """Whether a read made after a kill shows that a removal was done.

    A tag is no proof of ours: tagging, or taking it off, again does no harm.
    """
    if intent.removes == RESTORE:
        return False
    return row is None or row.gone_at is not None or bool(row.excluded)


def removal_found(intent: Intent, row: RemoteRecord | None) -> None:
    """Bury the link of a removal whose answer nobody got."""
    link = RecordLink.objects.filter(
        **{f"{intent.side}_id": intent.record_id}, sync_id=intent.sync_id
    ).first()
    if link is not None:
        is_undo = intent.run.undo_of_id is not None
        link_bury(link, UNDONE if is_undo else tombstone_of(row), intent.side)
