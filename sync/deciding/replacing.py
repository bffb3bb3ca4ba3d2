"""Records that are not changed but replaced: a comment is added anew, the old one goes.

The new one comes first and the link moves to it in the transaction that settles it, so
nothing is lost at any moment. Until the old one is deleted it is a leftover: known by
`facts["replaced_by"]`, matched with nothing, created nowhere, deleted by the next run
whatever kept this one from it.

Before that the old one is looked for: what somebody has deleted, and no listing has shown
to be gone yet, must not come back because its text was edited elsewhere (0071).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q

from crosswalk.errors import RemoteNotFound
from integrations.connectors.base import Connector, ObjectSpec, Step
from integrations.fields.catalogue import object_spec_of
from integrations.mirroring.mirror import record_gone
from integrations.models import Connection, RemoteRecord
from mapping.convert import Side, is_empty
from sync.deciding.standins import STANDS_FOR, stand_in
from sync.models import RecordLink, SyncRecord
from sync.policy import record_of

REPLACED_BY = "replaced_by"
IS_LEFTOVER = Q(**{f"facts__{REPLACED_BY}__isnull": False})


class OldIsGone(RemoteNotFound):
    """Somebody has deleted the record that was to be replaced."""


def is_leftover(row: RemoteRecord) -> bool:
    """Whether another record has taken the place of this one."""
    return bool(row.facts.get(REPLACED_BY))


def replacing_steps(
    connector: Connector,
    spec: ObjectSpec,
    row: RemoteRecord,
    values: dict[str, Any],
    parent_id: str,
) -> Sequence[Step]:
    """Return the calls that put a new record in the place of one, and delete that.

    The new one hangs under `parent_id`, which may be another than the old one's. The
    first of them comes after a look for the old one (`old_looked_for`), a call more.
    """
    kept = {
        field.key: row.values[field.key]
        for field in spec.fields
        if "create" in field.writes and not is_empty(row.values.get(field.key))
    }
    first, *more = connector.steps(spec.key, None, {**kept, **values}, parent_id)
    looking = replace(first, calls=first.calls + 1)
    return (looking, *more, *connector.delete_steps(spec.key, record_of(row)))


def old_looked_for(connector: Connector, row: RemoteRecord) -> None:
    """Raise OldIsGone when a record that is to be replaced is not there. HTTP only."""
    try:
        connector.get(row.object_type, row.remote_id, row.parent_id)
    except RemoteNotFound as error:
        raise OldIsGone(error.message, detail=error.detail) from error


def replacing(
    connector: Connector, row: RemoteRecord, values: dict[str, Any], parent_id: str
) -> tuple[Sequence[Step], RemoteRecord]:
    """Return the calls that replace a record, and which one is deleted by them.

    Without values it is what a kill has left of that: an old one to delete, or nothing.
    """
    if values:
        spec = object_spec_of(row.connection, row.object_type)
        return replacing_steps(connector, spec, row, values, parent_id), row
    leftover = leftover_of(row)
    if leftover is None:
        return (), row
    return connector.delete_steps(row.object_type, record_of(leftover)), leftover


def leftover_of(row: RemoteRecord) -> RemoteRecord | None:
    """Return the record whose place a record has taken, if it is still there."""
    return RemoteRecord.objects.filter(
        connection=row.connection_id,
        object_type=row.object_type,
        gone_at__isnull=True,
        **{f"facts__{REPLACED_BY}": row.remote_id},
    ).first()


def in_place_of(connection: Connection, object_type: str, remote_id: str) -> str:
    """Return the id of what stands in a record's place by now; its own, if nothing."""
    rows = RemoteRecord.objects.filter(connection=connection, object_type=object_type)
    passed: set[str] = set()
    while remote_id not in passed:
        passed.add(remote_id)
        row = rows.filter(remote_id=remote_id).first()
        remote_id = (row.facts.get(REPLACED_BY) if row else "") or remote_id
    return remote_id


def replaced(
    link: RecordLink | None, side: Side, old: RemoteRecord, new: RemoteRecord
) -> None:
    """Remember that a record took another's place: the link is its from now on, and so
    are those of other syncs, for whose own records that is an edit.

    Idempotent; in the transaction that settles the create.
    """
    if old.pk == new.pk:
        return
    if STANDS_FOR in old.facts:
        stand_in(new, old.facts[STANDS_FOR])
    old.facts = {**old.facts, REPLACED_BY: new.remote_id}
    old.save(update_fields=["facts"])
    if link is not None and getattr(link, f"{side}_id") != new.pk:
        setattr(link, side, new)
        link.save(update_fields=[side])
    _taken_over("left", old, new)
    _taken_over("right", old, new)


def _taken_over(side: Side, old: RemoteRecord, new: RemoteRecord) -> None:
    """Move the links of other syncs that do not know the new record yet, their units
    with them."""
    knowing = RecordLink.objects.filter(**{side: new}).values("sync")
    links = RecordLink.objects.filter(**{side: old}).exclude(sync__in=knowing)
    for link in links:
        units = SyncRecord.objects.filter(sync=link.sync_id)
        units.filter(**{side: new}).delete()  # its own unit is now the pair's
        units.filter(**{side: old}).update(**{side: new, f"{side}_version": 0})
        setattr(link, side, new)
        link.save(update_fields=[side])


def leftover_gone(row: RemoteRecord) -> None:
    """Remember that a replaced record was deleted."""
    row.refresh_from_db()
    record_gone(row)
