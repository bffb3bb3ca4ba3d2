"""Triggers: which operations tell of a change of the mirror, and the events they write.

Every read and every write passes through the mirror, whoever made it: a delivery, a
poll, a sync, an operation. So a change is told of where it first changes the mirror, in
the same transaction; our own writes are known there as ours and are no news.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crosswalk.clock import now
from integrations.connectors.base import JSONValue
from integrations.connectors.operations import Change, Operation, Trigger
from integrations.models import Connection, RemoteRecord
from integrations.operations.declared import triggers_of
from synclog.models import Event

ALL_DETAIL = "."  # a field named so ends a group: "dndSettings." is all of them


@dataclass(frozen=True, slots=True)
class Move:
    """One change of a record in the mirror.

    `before`: field → what it was, of those that changed and were known. `notice`: the
    vendor's name of the delivery that brought it, if one did.
    """

    row: RemoteRecord
    change: Change
    before: Mapping[str, JSONValue] = field(default_factory=dict)
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a trigger says of a change beside the record itself."""

    changed: Mapping[str, Mapping[str, JSONValue]]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def moves_tell(connection: Connection, object_type: str, moves: Iterable[Move]) -> None:
    """Write the events of changes, one a trigger and cause. Inside a transaction."""
    held = connection.watched.get(object_type)
    if not held:
        return
    since = datetime.fromisoformat(held["since"])
    keys = set(held["keys"])
    triggers = [e for e in triggers_of(connection.kind, object_type) if e.key in keys]
    events = [
        event_of(connection, operation, news, told)
        for move in moves
        if (news := as_news(move, since, has_baseline=bool(held["baseline"])))
        for operation in triggers
        if (told := tells(operation.trigger, news))
    ]
    if events:
        Event.objects.bulk_create(events, ignore_conflicts=True)


def as_news(move: Move, since: datetime, *, has_baseline: bool) -> Move | None:
    """Return a change as what it is news of; None for what was there before we looked.

    A record met for the first time is new if it was made since, or, where the vendor
    tells no time, if all there was had been read. An older one is met for the first
    time where nothing is read beforehand: then a delivery says what happened to it.
    """
    if move.change != "created":
        return move
    made = move.row.remote_created_at
    if made is not None and made >= floored(since, made):
        return move
    if made is None and (has_baseline or move.notice.endswith("Create")):
        return move
    if move.notice.endswith(("Update", "Complete")):
        return Move(move.row, "updated", {}, move.notice)
    return None


def floored(since: datetime, made: datetime) -> datetime:
    """Return a moment in the precision of another: some vendors tell no seconds."""
    whole = since.replace(microsecond=0)
    return whole.replace(second=0) if not made.second else whole


def tells(trigger: Trigger | None, move: Move) -> Told | None:
    """Return what a trigger tells of a change; None when it is none of its."""
    if trigger is None or move.change not in trigger.changes:
        return None
    if move.change != "updated":
        return Told({})
    if not move.before:  # met for the first time, by a delivery that named the change
        is_named = move.notice in trigger.notices and not trigger.turns
        is_turned = trigger.turns == "true" and move.notice in trigger.notices
        return Told({}) if is_named or is_turned else None
    changed = {
        key: {"before": was, "after": move.row.values.get(key)}
        for key, was in move.before.items()
        if is_among(key, trigger.fields) and key not in trigger.but
    }
    return turned(trigger, changed) if changed else None


def is_among(key: str, fields: tuple[str, ...]) -> bool:
    """Whether a field is among those named; no names are all fields."""
    return not fields or any(
        key == each or (each.endswith(ALL_DETAIL) and key.startswith(each))
        for each in fields
    )


def turned(
    trigger: Trigger, changed: Mapping[str, Mapping[str, JSONValue]]
) -> Told | None:
    """Return what is told if the change went the way that the trigger waits for."""
    if not trigger.turns:
        return Told(changed)
    if trigger.turns == "true":
        return Told(changed) if any(e["after"] for e in changed.values()) else None
    before = {str(e) for each in changed.values() for e in each["before"] or ()}
    after = {str(e) for each in changed.values() for e in each["after"] or ()}
    added, removed = tuple(sorted(after - before)), tuple(sorted(before - after))
    return (
        Told(changed, added, removed)
        if (added, removed)[trigger.turns == "removed"]
        else None
    )


def event_of(
    connection: Connection, operation: Operation, move: Move, told: Told
) -> Event:
    """Return the event of a trigger. Its cause is one version of one record."""
    row = move.row
    return Event(
        workspace_id=connection.workspace_id,
        type=operation.key,
        cause=f"{operation.key} {connection.pk} {row.remote_id} {row.version}"[:160],
        payload=payload_of(connection, operation, move, told),
    )


def payload_of(
    connection: Connection, operation: Operation, move: Move, told: Told
) -> dict[str, Any]:
    """Return what an event carries; its schema is `schemas.event_schema`."""
    row = move.row
    return {
        "operation": operation.key,
        "connection": connection.name,
        "object_type": row.object_type,
        "id": row.remote_id,
        "parent_id": row.parent_id,
        "label": row.label,
        "change": move.change,
        "record": record_told(operation, row),
        "changed": dict(told.changed),
        "added": [*told.added],
        "removed": [*told.removed],
        "noticed_at": now().isoformat(),
    }


def record_told(operation: Operation, row: RemoteRecord) -> dict[str, JSONValue]:
    """Return the declared parts of a record, as last read; the id is always there."""
    found = {each.key: row.values.get(each.key) for each in operation.outputs}
    identity = operation.outputs[0].key
    found[identity] = found.get(identity) or row.remote_id
    for key in ("contactId",):
        if key in found and not found[key]:
            found[key] = row.parent_id or None
    return found
