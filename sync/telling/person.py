"""One person: their records in all systems, and how they stand in each sync."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crosswalk.errors import ConfigError, CrosswalkError
from integrations import registry
from integrations.access.permissions import is_covered
from integrations.mirroring.mirror import records_store
from integrations.models import Connection, RemoteRecord
from integrations.session import connection_session
from mapping.models import Mapping
from sync import selectors
from sync.models import Sync
from sync.policy import names_of, remote_type, side_connection
from sync.reading.pages import read_one
from sync.telling.contacts import clusters_of, connections_of, people_rows
from sync.telling.explaining import SIDES, Explanation, explain, unit_key
from synclog.models import LogEntry
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Place:
    """A record of the person, and whose it is."""

    connection: Connection
    row: RemoteRecord
    name: str
    side: str  # the dot it is shown with: of the first sync that uses it


@dataclass(frozen=True, slots=True)
class InSync:
    """The person in one sync: as a run would decide now, or why that can't be said."""

    sync: Sync
    key: str
    names: dict[Any, str]
    found: Explanation | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """All that is known of somebody."""

    label: str
    places: Sequence[Place]
    syncs: Sequence[InSync]

    @property
    def rows(self) -> list[RemoteRecord]:
        return [each.row for each in self.places]


def person_get(workspace: Workspace, pk: int) -> Person | None:
    """Return who a record is, None when the workspace has no such person."""
    known = connections_of(workspace)
    row = people_rows(known).filter(pk=pk).first()
    if row is None:
        return None
    members = clusters_of(workspace, [row.pk])[row.pk]
    rows = list(people_rows(known).filter(pk__in=members).order_by("pk"))
    syncs = _syncs(workspace, rows)
    return Person(
        label=next((each.label for each in rows if each.label), ""),
        places=[_place(each, known[each.connection_id], syncs) for each in rows],
        syncs=[_in_sync(sync, rows) for sync in syncs],
    )


def _syncs(workspace: Workspace, rows: Sequence[RemoteRecord]) -> list[Sync]:
    """Return the syncs that this person could be in."""
    used = {row.connection_id for row in rows}
    return [
        sync
        for sync in selectors.sync_list(workspace)
        if sync.left_id in used or sync.right_id in used
    ]


def _place(row: RemoteRecord, connection: Connection, syncs: Sequence[Sync]) -> Place:
    for sync in syncs:
        for side in SIDES:
            if side_connection(sync, side).pk == connection.pk:
                return Place(connection, row, names_of(sync)[side], side)
    return Place(connection, row, connection.name, "left")


def _in_sync(sync: Sync, rows: Sequence[RemoteRecord]) -> InSync:
    side, row = next(
        (side, row)
        for side in SIDES
        for row in rows
        if row.connection_id == side_connection(sync, side).pk
    )
    key = unit_key(side, row.pk)
    try:
        return InSync(sync, key, names_of(sync), explain(sync, key))
    except ConfigError as error:  # nothing mapped yet, a system that is gone
        return InSync(sync, key, names_of(sync), None, error.message)


def person_refresh(workspace: Workspace, person: Person) -> tuple[int, list[str]]:
    """Read the person anew where they are known, with what hangs under them.

    One call a record, and one more for each kind that is listed by person. Returns how
    many records were read, and why others were not. Nothing is decided or written.
    """
    read, problems = 0, []
    for place in person.places:
        try:
            read += _read(workspace, place)
        except CrosswalkError as error:
            problems.append(error.message)
    return read, problems


def _read(workspace: Workspace, place: Place) -> int:
    connection, row = place.connection, place.row
    with connection_session(connection, lane="person") as session:
        found = read_one(session, connection, row.object_type, row.remote_id)
        if found is None or found.gone_at is not None:
            return 1
        read = 1
        kinds = _children(workspace, connection, row.object_type)
        for kind in [*kinds, *_told_of(connection, row.object_type)]:
            records = session.connector.children(kind, row.remote_id)
            records_store(connection, kind, records)
            read += len(records)
    return read


def _children(
    workspace: Workspace, connection: Connection, object_type: str
) -> list[str]:
    """Return the kinds in use that a system lists by person."""
    system = registry.spec(connection.kind)
    used = set()
    for mapping in Mapping.objects.filter(
        sync__workspace=workspace, published__isnull=False
    ).select_related("sync__left", "sync__right"):
        for side in SIDES:
            if side_connection(mapping.sync, side).pk == connection.pk:
                used.add(remote_type(mapping.sync, side, mapping.object_type))
    return [
        each.key
        for each in system.objects
        if each.key in used and each.parent == object_type and each.listing == "parent"
    ]


def _told_of(connection: Connection, object_type: str) -> list[str]:
    """Return the kinds that tell of somebody, which the connection may read.

    Of a token whose permissions nobody names it is tried.
    """
    have = {str(scope).lower() for scope in connection.grant.scopes}
    return [
        each.key
        for each in registry.spec(connection.kind).watched
        if each.about == object_type
        and (not have or all(is_covered(s.lower(), have) for s in each.scopes))
    ]


def entries_of(workspace: Workspace, person: Person, most: int) -> list[LogEntry]:
    """Return what runs did to somebody, the newest first; by ids, each by an index."""
    pks: set[int] = set()
    types = {row.object_type for row in person.rows}
    for side in SIDES:
        for row in person.rows:
            entries = LogEntry.objects.filter(
                workspace=workspace,
                **{f"{side}_id": row.remote_id},
                **{f"run__sync__{side}": row.connection_id},
                object_type__in=types,
            )
            pks |= set(
                entries.order_by("-at", "-pk").values_list("pk", flat=True)[:most]
            )
    found = LogEntry.objects.filter(pk__in=pks).select_related(
        *("run__sync__left__grant", "run__sync__right__grant", "run__requested_by"),
        "run__sync__workspace",
    )
    return list(found.order_by("-at", "-pk")[:most])
