"""People across systems, found by the beginning of a name or e-mail, a phone or an id.

Each way is one question to an index: keys that were filed when the record was read.
A person is a record with all that are linked to it, in any sync of the workspace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from django.db.models import QuerySet

from crosswalk.bulk import batches
from integrations import registry
from integrations.mirroring.lookup import people_keys
from integrations.models import Connection, RemoteRecord
from sync.models import RecordLink, Sync, SyncRecord
from sync.selectors import of_either
from synclog.models import LogEntry
from workspaces.models import Workspace

MOST = 50  # people of one answer
MOST_KEYS = 400  # keys looked at for them
MAX_WORDS = 200
STEPS = 4  # links followed from a record: a person in five systems is still one
RECENT = 200  # entries of the log looked at for people who changed lately


@dataclass(frozen=True, slots=True)
class Found:
    """One person of the list."""

    pk: int  # the record whose page it is
    label: str
    email: str
    places: tuple[tuple[str, str], ...]  # (connection's name, remote id)
    lists: tuple[str, ...]  # where they stand, in any sync
    is_gone: bool


def connections_of(workspace: Workspace) -> dict[int, Connection]:
    """Return the connections whose people are shown, by key."""
    found = Connection.objects.filter(workspace=workspace).select_related("grant")
    return {each.pk: each for each in found}


def people_search(
    workspace: Workspace, words: str, most: int = MOST, most_keys: int = MOST_KEYS
) -> tuple[list[Found], bool]:
    """Return the people who fit some words, and whether there are more of them."""
    words = normalize("NFC", " ".join(words.split()))[:MAX_WORDS]
    known = connections_of(workspace)
    if not words or not known:
        return [], False
    pks = people_keys(list(known.values()), words, most_keys)
    found = people_of(workspace, known, pks, most + 1)
    return found[:most], len(found) > most


def people_recent(workspace: Workspace) -> list[Found]:
    """Return the people whom a run touched last."""
    entries = LogEntry.objects.filter(workspace=workspace).order_by("-at", "-pk")
    units = dict.fromkeys(entries.values_list("unit", flat=True)[:RECENT])
    pks = [int(unit[1:]) for unit in units if unit[1:].isdecimal()]
    return people_of(workspace, connections_of(workspace), pks, MOST)


def _types() -> list[str]:
    """Return the object types that are people: those found by keys, under nobody."""
    return sorted(
        {
            each.key
            for kind in registry.CONNECTORS
            for each in registry.spec(kind).objects
            if each.match_fields and not each.parent
        }
    )


def people_of(
    workspace: Workspace, known: dict[int, Connection], pks: Sequence[int], most: int
) -> list[Found]:
    """Return the first people that some records are, each once, in the order given."""
    found: dict[int, Found] = {}
    # a person has a record in two systems, mostly: no more are read than are shown
    for some in batches(list(pks)[:MOST_KEYS], 2 * most):
        for each in _people(workspace, known, some):
            found.setdefault(each.pk, each)
        if len(found) >= most:
            break
    return list(found.values())[:most]


def _people(
    workspace: Workspace, known: dict[int, Connection], pks: Sequence[int]
) -> Iterator[Found]:
    clusters = clusters_of(workspace, pks)
    rows = {
        row.pk: row
        for row in people_rows(known)
        .filter(pk__in={pk for members in clusters.values() for pk in members})
        .only("connection", "remote_id", "label", "values", "gone_at")
    }
    lists = _lists(workspace, rows)
    for pk in pks:
        members = [rows[each] for each in clusters[pk] if each in rows]
        if pk in rows:
            yield _found(min(row.pk for row in members), members, known, lists)


def people_rows(known: Iterable[int]) -> QuerySet[RemoteRecord]:
    """Return the records that are people, of some connections."""
    return RemoteRecord.objects.filter(connection__in=known, object_type__in=_types())


def clusters_of(workspace: Workspace, pks: Iterable[int]) -> dict[int, set[int]]:
    """Return record → all records that are the same person, by links of any sync."""
    groups: dict[int, set[int]] = {pk: {pk} for pk in pks}
    links = RecordLink.objects.filter(sync__in=_syncs(workspace))
    asked: set[int] = set()
    for _ in range(STEPS):
        new = {pk for members in groups.values() for pk in members} - asked
        if not new:
            break
        asked |= new
        for left, right in of_either(links, new, "left", "right"):
            joined = groups.get(left, {left}) | groups.get(right, {right})
            for pk in joined:
                groups[pk] = joined
    return groups


def _syncs(workspace: Workspace) -> list[int]:
    """Return a workspace's syncs by key: beside them an index finds a record."""
    return list(Sync.objects.filter(workspace=workspace).values_list("pk", flat=True))


def _lists(workspace: Workspace, rows: dict[int, RemoteRecord]) -> dict[int, list[str]]:
    units = SyncRecord.objects.filter(sync__in=_syncs(workspace))
    found: dict[int, list[str]] = {}
    for left, right, name in of_either(units, rows, "left", "right", "list"):
        for pk in {left, right} - {None}:
            found.setdefault(pk, []).append(name)
    return found


def _found(
    head: int,
    members: list[RemoteRecord],
    known: dict[int, Connection],
    lists: dict[int, list[str]],
) -> Found:
    members.sort(key=lambda row: row.pk)
    emails = [str(row.values.get("email") or "") for row in members]
    shown = [name for row in members for name in lists.get(row.pk, ())]
    return Found(
        pk=head,
        label=next((row.label for row in members if row.label), ""),
        email=next(filter(None, emails), ""),
        places=tuple((known[row.connection_id].name, row.remote_id) for row in members),
        lists=tuple(dict.fromkeys(shown)),
        is_gone=all(row.gone_at for row in members),
    )
