"""From stored rows to the engine's plain data: policies and snapshots."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from integrations.catalogue import object_spec_of, own_fields
from integrations.connectors.base import ObjectSpec, Record
from integrations.models import Connection, RemoteRecord
from integrations.registry import spec as connector_spec
from mapping.checks import is_lost
from mapping.convert import Side, rules_build
from mapping.models import Mapping
from sync.engine.scope import fields_in
from sync.engine.types import Base, BaseValue, Policy, SideFacts, Snapshot
from sync.models import Sync


def policy_build(sync: Sync, mapping: Mapping) -> Policy:
    """Return the policy of one object type from its published mapping."""
    left = object_spec(sync.left, mapping.object_type)
    right = object_spec(sync.right, mapping.object_type)
    version = mapping.published
    return Policy(
        rules=rules_build(
            _in_force(sync, left, right, version.lines if version else []),
            {f.key: f for f in left.fields},
            {f.key: f for f in right.fields},
        ),
        left=_facts(sync.left, left, sync, "left"),
        right=_facts(sync.right, right, sync, "right"),
        direction=version.direction if version else mapping.direction,
        match=tuple(sync.match),
        first_merge=sync.first_merge,
        conflict=sync.conflict,
        since=_since(sync),
        delete=sync.delete_policy,
        leaving=sync.leaving,
    )


def _in_force(
    sync: Sync, left: ObjectSpec, right: ObjectSpec, lines: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the lines of a mapping, those with a lost field at rest.

    The account has that field no more: nothing flows by it, what was read of it and
    its base stay, and the mapping's page says so (mapping.checks.is_lost).
    """
    left_complete = own_fields(sync.left, left.key).is_complete
    right_complete = own_fields(sync.right, right.key).is_complete
    return [
        {**line, "write": "never"}
        if is_lost(line["left"], left, is_complete=left_complete)
        or is_lost(line["right"], right, is_complete=right_complete)
        else line
        for line in lines
    ]


def object_spec(connection: Connection, object_type: str) -> ObjectSpec:
    """Return the facts of an object type, with the account's own fields."""
    return object_spec_of(connection, object_type)


def system_spec(connection: Connection, object_type: str) -> ObjectSpec:
    """Return what is the same for every account of a connection's system. No query."""
    return connector_spec(connection.kind).object(object_type)


def side_connection(sync: Sync, side: str) -> Connection:
    """Return the connection of a side."""
    return sync.left if side == "left" else sync.right


def system_name(sync: Sync, side: Side) -> str:
    """Return what people call the system of a side.

    Two connections of one kind are told apart by their own names.
    """
    connection = side_connection(sync, side)
    if sync.left.kind == sync.right.kind:
        return connection.name
    return connector_spec(connection.kind).label


def snapshot(row: RemoteRecord) -> Snapshot:
    """Return a stored record as the engine sees it."""
    return Snapshot(
        pk=row.pk,
        remote_id=row.remote_id,
        values=row.values,
        version=row.version,
        label=row.label,
        excluded=row.excluded,
        is_gone=row.gone_at is not None,
        # our own writes make nobody's value the newer one
        modified_at=row.edited_at or row.modified_at,
        created_at=row.remote_created_at,
        field_times=row.field_times,
        facts=row.facts,
    )


def record_of(row: RemoteRecord, facts: dict[str, Any] | None = None) -> Record:
    """Return a stored record as connectors know it."""
    return Record(
        id=row.remote_id,
        values=row.values,
        via="detail",
        modified_at=row.modified_at,
        created_at=row.remote_created_at,
        excluded=row.excluded,
        label=row.label,
        facts={**row.facts, **(facts or {})},
        parent_id=row.parent_id,
    )


def base_read(data: dict[str, Any]) -> Base:
    """Return a link's stored base as the engine sees it."""
    return {
        stamp: BaseValue(
            entry["left"],
            entry["right"],
            entry.get("unconfirmed", ""),
            entry.get("apart", False),
        )
        for stamp, entry in data.items()
    }


def mapped_keys(policy: Policy, side: Side) -> set[str]:
    """Return the field keys of a side that mapping and filter need to have read."""
    mapped = {
        rule.key(side)
        for rule in policy.rules
        if rule.write != "never" and rule.fixed != side
    }
    return mapped | fields_in(policy.side(side).filter)


def policy_stamp(sync: Sync) -> str:
    """Return what all choices that decide about records come down to.

    A sync whose stamp is another than when all its records were decided looks at all
    of them again, not only at those that changed.
    """
    mappings = Mapping.objects.filter(sync=sync).order_by("object_type")
    choices = [
        [sync.match, sync.first_merge, sync.conflict, sync.delete_policy, sync.leaving],
        [sync.history, sync.filters, sync.left.country, sync.right.country],
        [[each.object_type, each.published_id] for each in mappings],
    ]
    text = json.dumps(choices, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _facts(
    connection: Connection, spec: ObjectSpec, sync: Sync, side: Side
) -> SideFacts:
    return SideFacts(
        name=system_name(sync, side),
        country=connection.country,
        create_needs=spec.create_needs,
        create_needs_text=spec.create_needs_text,
        exclusions=spec.exclusions,
        filter=sync.filters.get(spec.key, {}).get(side, {}),
        types={field.key: field.type for field in spec.fields},
        labels={field.key: field.label for field in spec.fields},
    )


def _since(sync: Sync) -> datetime | None:
    """Return the moment from which unlinked records count (history choice)."""
    if isinstance(sync.history, dict) and sync.history.get("since"):
        day = datetime.fromisoformat(str(sync.history["since"]))
        return datetime.combine(day.date(), time.min, tzinfo=UTC)
    if sync.history == "new":
        return sync.went_live_at or sync.created_at
    return None
