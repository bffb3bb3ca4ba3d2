"""From stored rows to the engine's plain data: policies and snapshots."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Any

from integrations.connectors.base import ObjectSpec, Record
from integrations.fields.catalogue import object_spec_of, own_fields
from integrations.models import Connection, RemoteRecord
from integrations.registry import spec as connector_spec
from mapping.checks import is_lost, line_keys
from mapping.convert import Side, meaning, rules_build
from mapping.models import Mapping, MappingVersion
from mapping.pairings import object_specs, pairing
from mapping.selectors import published_lines
from sync.engine.scope import fields_in
from sync.engine.types import Base, BaseValue, Policy, SideFacts, Snapshot
from sync.models import Sync

PROOFS = {str(value): str(label) for value, label in RemoteRecord.Proof.choices}


def policy_build(
    sync: Sync, mapping: Mapping, version: MappingVersion | None = None
) -> Policy:
    """Return the policy of one object type from its published mapping, or another
    version of it that is not in force."""
    key = mapping.object_type
    left, right = object_specs(sync.left, sync.right, key)
    version = version or mapping.published
    return Policy(
        rules=rules_build(
            _in_force(sync, left, right, version.lines if version else []),
            {f.key: f for f in left.fields},
            {f.key: f for f in right.fields},
            version.taken_up if version else {},
        ),
        left=_facts(sync.left, left, sync, "left", key),
        right=_facts(sync.right, right, sync, "right", key),
        direction=version.direction if version else mapping.direction,
        match=tuple(sync.match),
        first_merge=sync.first_merge,
        conflict=sync.conflict,
        since=_since(sync),
        # where nothing can be archived a person is asked (the page says so)
        delete="ask" if archives_in_vain(sync, left, right) else sync.delete_policy,
        leaving=sync.leaving,
        parent=left.parent or right.parent,
        is_single=bool(left.part_of or right.part_of),
    )


def archives_in_vain(sync: Sync, left: ObjectSpec, right: ObjectSpec) -> bool:
    """Whether a sync is to archive what one of its systems cannot put aside."""
    can = left.operations & right.operations
    return sync.delete_policy == "archive" and "archive" not in can


def remote_type(sync: Sync, side: str, object_type: str) -> str:
    """Return what an object type of a sync is on one side: a comment may stand in."""
    found = pairing(sync.left.kind, sync.right.kind, object_type)
    return found.left if side == "left" else found.right


def _in_force(
    sync: Sync, left: ObjectSpec, right: ObjectSpec, lines: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the lines of a mapping, those with a lost field at rest.

    The account has that field no more: nothing flows by it, what was read of it and
    its base stay, and the mapping's page says so (mapping.checks.is_lost).
    """
    lost = _lost(sync, left, right, lines)
    return [{**line, "write": "never"} if line in lost else line for line in lines]


def _lost(
    sync: Sync, left: ObjectSpec, right: ObjectSpec, lines: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the lines of a mapping of which an account has a field no more."""
    left_complete = own_fields(sync.left, left.key).is_complete
    right_complete = own_fields(sync.right, right.key).is_complete
    return [
        line
        for line, keys in ((line, line_keys(line)) for line in lines)
        if any(is_lost(key, left, is_complete=left_complete) for key in keys["left"])
        or any(is_lost(key, right, is_complete=right_complete) for key in keys["right"])
    ]


def object_spec(connection: Connection, object_type: str) -> ObjectSpec:
    """Return the facts of an object type, with the account's own fields."""
    return object_spec_of(connection, object_type)


def field_meaning(spec: ObjectSpec, key: str, value: Any, country: str) -> Any:
    """Return what a value of a field means: two that mean the same are equal."""
    field = spec.field(key)
    return meaning(field.type if field else "text", value, country)


def system_spec(connection: Connection, object_type: str) -> ObjectSpec:
    """Return what is the same for every account of a connection's system. No query."""
    return connector_spec(connection.kind).object(object_type)


def spec_at(sync: Sync, side: Side, object_type: str) -> ObjectSpec:
    """Return the facts of what an object type of a sync is on one side."""
    kind = remote_type(sync, side, object_type)
    return object_spec(side_connection(sync, side), kind)


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


def names_of(sync: Sync) -> dict[Side, str]:
    """Return what people call both systems."""
    return {"left": system_name(sync, "left"), "right": system_name(sync, "right")}


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
        gone_how=PROOFS.get(row.gone_proof, ""),
        is_gone_surely=row.gone_proof not in RemoteRecord.UNSURE_PROOFS,
        # our own writes make nobody's value the newer one
        modified_at=row.edited_at or row.modified_at,
        created_at=row.remote_created_at,
        field_times=row.field_times,
        facts=row.facts,
        is_touched=_is_touched(row),
    )


def _is_touched(row: RemoteRecord) -> bool | None:
    """Whether a record's modified time is past the one that our last write left."""
    if row.written_at is None or row.modified_at is None:
        return None
    return row.modified_at > row.written_at


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
        key for rule in policy.rules if rule.write != "never" for key in rule.keys(side)
    }
    return mapped | fields_in(policy.side(side).filter)


def policy_stamp(sync: Sync, mappings: Iterable[Mapping] | None = None) -> str:
    """Return what all choices that decide about records come down to.

    `mappings`: those of the sync, where they are at hand. A sync whose stamp is another
    than when all its records were decided looks at all of them again, not only at those
    that changed. It covers the lines at rest: a field that is back takes up what was
    edited meanwhile.
    """
    if mappings is None:
        mappings = Mapping.objects.filter(sync=sync).select_related("published")
    mappings = sorted(mappings, key=lambda each: each.object_type)
    choices = [
        [sync.match, sync.first_merge, sync.conflict, sync.delete_policy, sync.leaving],
        [_history(sync), sync.filters, sync.left.country, sync.right.country],
        [
            [each.object_type, each.published_id, *_resting(sync, each)]
            for each in mappings
        ],
    ]
    text = json.dumps(choices, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _resting(sync: Sync, mapping: Mapping) -> list[list[str]]:
    """Return the pairs of fields whose line in force rests, for one of them is lost."""
    specs = object_specs(sync.left, sync.right, mapping.object_type)
    lost = _lost(sync, *specs, published_lines(mapping))
    return [[line["left"], line["right"]] for line in lost]


def _facts(
    connection: Connection, spec: ObjectSpec, sync: Sync, side: Side, object_type: str
) -> SideFacts:
    found = pairing(sync.left.kind, sync.right.kind, object_type)
    return SideFacts(
        name=system_name(sync, side),
        country=connection.country,
        create_needs=spec.create_needs,
        create_needs_text=spec.create_needs_text,
        exclusions=spec.exclusions,
        filter=sync.filters.get(object_type, {}).get(side, {}),
        types={field.key: field.type for field in spec.fields},
        labels={field.key: field.label for field in spec.fields},
        noun=spec.label.lower(),
        cannot_create=found.no_create.get(side, ""),
        replaces="update" not in spec.operations and "create" in spec.operations,
    )


def _since(sync: Sync) -> datetime | None:
    """Return the moment from which unlinked records count (history choice)."""
    if isinstance(sync.history, dict) and sync.history.get("since"):
        day = datetime.fromisoformat(str(sync.history["since"]))
        return datetime.combine(day.date(), time.min, tzinfo=UTC)
    if sync.history == "new":
        return sync.history_since or sync.created_at
    return None


def _history(sync: Sync) -> Any:
    """Return a sync's history choice with the moment from which it counts."""
    since = _since(sync) if sync.history == "new" else None
    return [sync.history, since.isoformat()] if since else sync.history
