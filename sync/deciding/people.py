"""From stored match keys to the people that matching judges, a few thousand at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.base import ObjectSpec
from integrations.mirroring.keys import first_name, places, site
from integrations.models import RecordKey, RemoteRecord
from mapping.convert import Side
from sync.engine.likeness import COMMON
from sync.engine.people import SIDES, SOUND, STRONG, Person, Population
from sync.engine.shared import MANY
from sync.engine.types import Policy
from sync.models import KeptApart, RecordLink, Sync
from sync.policy import object_spec, side_connection

CHUNK = 500
Key = tuple[str, str]  # kind, value
Pks = Mapping[Side, Collection[int]]


@dataclass(slots=True)
class Keyring:
    """Who holds which keys, of one object type of a sync's two connections.

    `without`: records not to be reckoned with. A run that goes on leaves out those
    that it has created itself, so that it judges as it did when it began.
    """

    sync: Sync
    object_type: str
    policy: Policy
    without: Pks = field(default_factory=dict)
    _specs: dict[Side, ObjectSpec] = field(default_factory=dict)
    _apart: dict[bool, frozenset[tuple[int, int]]] = field(default_factory=dict)

    def keys_of(
        self, pks: Collection[int], kinds: Collection[str]
    ) -> dict[int, set[Key]]:
        """Return the keys of records, by pk."""
        found: dict[int, set[Key]] = defaultdict(set)
        for chunk in _chunks(pks):
            rows = RecordKey.objects.filter(record_id__in=chunk, kind__in=kinds)
            for pk, kind, value in rows.values_list("record_id", "kind", "value"):
                found[pk].add((kind, value))
        return found

    def holders(self, keys: Iterable[Key]) -> dict[Key, dict[Side, list[int]]]:
        """Return who holds each key, by side."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for kind, value in keys:
            wanted[kind].add(value)
        sides: dict[int, Side] = {
            self.sync.left_id: "left",
            self.sync.right_id: "right",
        }
        found: dict[Key, dict[Side, list[int]]] = defaultdict(
            lambda: {"left": [], "right": []}
        )
        left_out = {side: set(self.without.get(side, ())) for side in SIDES}
        for kind, values in wanted.items():
            for chunk in _chunks(values):
                rows = RecordKey.objects.filter(
                    connection__in=list(sides),
                    object_type=self.object_type,
                    kind=kind,
                    value__in=chunk,
                ).values_list("connection_id", "value", "record_id")
                for connection, value, pk in rows:
                    side = sides[connection]
                    if pk not in left_out[side]:
                        found[kind, value][side].append(pk)
        return found

    def population(
        self, pks: Pks, crowded: Collection[Key] = frozenset()
    ) -> Population:
        """Return these people, ready to be judged. Keys among `crowded` count not."""
        return Population(
            self._people("left", pks["left"]),
            self._people("right", pks["right"]),
            {"left": self.policy.left.name, "right": self.policy.right.name},
            apart=self.said(is_open=False),
            asked=self.said(is_open=True),
            crowded=frozenset(crowded),
        )

    def said(self, *, is_open: bool) -> frozenset[tuple[int, int]]:
        """Return the pairs a person keeps apart, or (open) took apart to be asked."""
        if is_open not in self._apart:
            rows = KeptApart.objects.filter(
                sync=self.sync, one__object_type=self.object_type, is_open=is_open
            )
            self._apart[is_open] = frozenset(rows.values_list("one_id", "two_id"))
        return self._apart[is_open]

    def asked_of(self, seeds: Pks) -> dict[Side, set[int]]:
        """Return whom some people were taken apart from, to be asked, by side."""
        found: dict[Side, set[int]] = {"left": set(), "right": set()}
        for one, two in self.said(is_open=True):
            for mine, theirs in ((one, two), (two, one)):
                if mine in seeds["left"]:
                    found["right"].add(theirs)
                elif mine in seeds["right"]:
                    found["left"].add(theirs)
        return found

    def _people(self, side: Side, pks: Collection[int]) -> dict[int, Person]:
        return {person.pk: person for person in self._load(side, pks)}

    def _load(self, side: Side, pks: Collection[int]) -> Iterator[Person]:
        if side not in self._specs:
            connection = side_connection(self.sync, side)
            self._specs[side] = object_spec(connection, self.object_type)
        spec = self._specs[side]
        mine, theirs = ("left_id", "right_id")[:: 1 if side == "left" else -1]
        links = RecordLink.objects.filter(sync=self.sync)
        for chunk in _chunks(pks):
            linked = dict(
                links.filter(**{f"{mine}__in": chunk}).values_list(mine, theirs)
            )
            keys = self.keys_of(chunk, (*STRONG, "name", SOUND))
            rows = RemoteRecord.objects.filter(pk__in=chunk, gone_at__isnull=True)
            for pk, values, excluded in rows.values_list("pk", "values", "excluded"):
                yield person_make(spec, pk, values, excluded, keys[pk], linked.get(pk))


def person_make(
    spec: ObjectSpec,
    pk: int,
    values: dict[str, Any],
    excluded: str,
    keys: Collection[Key],
    linked_to: int | None = None,
) -> Person:
    """Return a record as matching sees it, from its values and its match keys."""
    held: dict[str, set[str]] = defaultdict(set)
    for kind, value in keys:
        held[kind].add(value)
    where = places(spec, values)
    return Person(
        pk=pk,
        emails=frozenset(held["email"]),
        phones=frozenset(held["phone"]),
        name=next(iter(held["name"]), ""),
        first_name=first_name(spec, values),
        linked_to=linked_to,
        excluded=excluded,
        sound=next(iter(held[SOUND]), ""),
        company=where["company"],
        city=where["city"],
        postcode=where["postcode"],
        site=site(spec, values),
    )


def overcrowded(held: Mapping[Key, Mapping[Side, Collection[int]]]) -> set[Key]:
    """Return the keys that so many of one side hold that they say nothing."""
    most = {**dict.fromkeys(STRONG, MANY), SOUND: COMMON}
    return {
        (kind, value)
        for (kind, value), by_side in held.items()
        if kind in most and max(map(len, by_side.values())) > most[kind]
    }


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
