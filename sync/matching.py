"""From stored match keys to the engine's population of people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet

from integrations.connectors.base import ObjectSpec
from integrations.keys import first_name
from integrations.models import Connection, RecordKey, RemoteRecord
from mapping.convert import Side
from sync.engine.match import NOBODY, Person, Population, Verdict, match_all
from sync.engine.types import Policy
from sync.models import KeptApart, RecordLink, Sync
from sync.policy import object_spec, side_connection

CHUNK = 500
Verdicts = dict[Side, dict[int, Verdict]]


def verdicts_make(
    sync: Sync,
    object_type: str,
    policy: Policy,
    *,
    without: Mapping[Side, Collection[int]] = MappingProxyType({}),
) -> Verdicts:
    """Return the verdict of every record that has no link in a sync.

    `without`: records not to be reckoned with. A run that goes on leaves out those
    that it has created itself, so that it judges as it did when it began.
    """
    links = dict(
        RecordLink.objects.filter(sync=sync, object_type=object_type).values_list(
            "left_id", "right_id"
        )
    )
    partners: dict[Side, dict[int, int]] = {
        "left": links,
        "right": {right: left for left, right in links.items()},
    }
    people = _people(sync, object_type, partners, without)
    population = Population(
        people["left"],
        people["right"],
        {"left": policy.left.name, "right": policy.right.name},
        apart=apart_pairs(sync, object_type),
    )
    left, right = match_all(population, policy.match)
    return {"left": left, "right": right}


def verdict_one(
    sync: Sync, object_type: str, policy: Policy, side: Side, row: RemoteRecord
) -> Verdict:
    """Return the verdict of one unlinked record, from those who share its keys.

    A verdict can depend on whether a partner is taken by somebody at a stronger key,
    and that on others again: two steps out for each kind of key, or until there is
    nobody new.
    """
    links = RecordLink.objects.filter(sync=sync, object_type=object_type)
    near: dict[Side, set[int]] = {"left": set(), "right": set()}
    near[side].add(row.pk)
    for _ in range(2 * len(policy.match)):
        known = sum(map(len, near.values()))
        wanted: dict[str, set[str]] = defaultdict(set)
        for kind, value in RecordKey.objects.filter(
            record_id__in=near["left"] | near["right"],
            kind__in=("email", "phone", "name"),
        ).values_list("kind", "value"):
            wanted[kind].add(value)
        for each in near:
            near[each] |= _holders(side_connection(sync, each), object_type, wanted)
        if sum(map(len, near.values())) == known:
            break
    people: dict[Side, dict[int, Person]] = {}
    for each, pks in near.items():
        mine, theirs = ("left_id", "right_id")[:: 1 if each == "left" else -1]
        linked = dict(links.filter(**{f"{mine}__in": pks}).values_list(mine, theirs))
        rows = RemoteRecord.objects.filter(pk__in=pks, gone_at__isnull=True)
        people[each] = {
            person.pk: person
            for person in _load(side_connection(sync, each), object_type, rows, linked)
        }
    names: dict[Side, str] = {"left": policy.left.name, "right": policy.right.name}
    left, right = match_all(
        Population(
            people["left"],
            people["right"],
            names,
            apart=apart_pairs(sync, object_type),
        ),
        policy.match,
    )
    return (left if side == "left" else right).get(row.pk, NOBODY)


def apart_pairs(sync: Sync, object_type: str) -> frozenset[tuple[int, int]]:
    """Return the pairs of records that people of a workspace keep apart."""
    rows = KeptApart.objects.filter(sync=sync, one__object_type=object_type)
    return frozenset(rows.values_list("one_id", "two_id"))


def unlinked(sync: Sync, side: Side, object_type: str) -> QuerySet[RemoteRecord]:
    """Return the living records of a side that no link of the sync holds."""
    linked = RecordLink.objects.filter(sync=sync, object_type=object_type)
    held = linked.values("left_id" if side == "left" else "right_id")
    return RemoteRecord.objects.filter(
        connection=side_connection(sync, side),
        object_type=object_type,
        gone_at__isnull=True,
    ).exclude(pk__in=held)


def _people(
    sync: Sync,
    object_type: str,
    partners: dict[Side, dict[int, int]],
    without: Mapping[Side, Collection[int]],
) -> dict[Side, dict[int, Person]]:
    """Return the unlinked people of both sides and the linked who share a key."""
    sides: tuple[Side, ...] = ("left", "right")
    found: dict[Side, dict[int, Person]] = {"left": {}, "right": {}}
    wanted: dict[str, set[str]] = defaultdict(set)
    for side in sides:
        for person in _load(
            side_connection(sync, side),
            object_type,
            unlinked(sync, side, object_type),
            {},
        ):
            found[side][person.pk] = person
            for kind in ("email", "phone", "name"):
                wanted[kind].update(person.keys(kind))
    for side in sides:
        if not partners[side]:
            continue
        connection = side_connection(sync, side)
        pks = _holders(connection, object_type, wanted) - found[side].keys()
        pks -= set(without.get(side, ()))
        for chunk in _chunks(pks):
            rows = RemoteRecord.objects.filter(pk__in=chunk)
            for person in _load(connection, object_type, rows, partners[side]):
                found[side][person.pk] = person
    return found


def _holders(
    connection: Connection, object_type: str, wanted: dict[str, set[str]]
) -> set[int]:
    """Return the records of a connection that hold any of the wanted keys."""
    found: set[int] = set()
    for kind, values in wanted.items():
        for chunk in _chunks(values):
            found.update(
                RecordKey.objects.filter(
                    connection=connection,
                    object_type=object_type,
                    kind=kind,
                    value__in=chunk,
                ).values_list("record_id", flat=True)
            )
    return found


def _load(
    connection: Connection,
    object_type: str,
    rows: QuerySet[RemoteRecord],
    linked: dict[int, int],
) -> Iterator[Person]:
    """Yield people from rows and their stored keys, a chunk at a time."""
    spec = object_spec(connection, object_type)
    batch: list[RemoteRecord] = []
    for row in rows.only("pk", "values", "excluded").order_by("pk").iterator(CHUNK):
        batch.append(row)
        if len(batch) == CHUNK:
            yield from _persons(spec, batch, linked)
            batch = []
    yield from _persons(spec, batch, linked)


def _persons(
    spec: ObjectSpec, rows: list[RemoteRecord], linked: dict[int, int]
) -> Iterator[Person]:
    keys: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    pks = [row.pk for row in rows]
    for pk, kind, value in RecordKey.objects.filter(record_id__in=pks).values_list(
        "record_id", "kind", "value"
    ):
        keys[pk][kind].add(value)
    for row in rows:
        mine = keys[row.pk]
        yield Person(
            pk=row.pk,
            emails=frozenset(mine["email"]),
            phones=frozenset(mine["phone"]),
            name=next(iter(mine["name"]), ""),
            first_name=first_name(spec, row.values),
            linked_to=linked.get(row.pk),
            excluded=row.excluded,
        )


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
