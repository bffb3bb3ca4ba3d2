"""People to try a mapping on: real ones, as last read of both systems. No call."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from integrations.models import RecordKey, RemoteRecord
from mapping.fieldrule import Side
from mapping.models import Mapping
from mapping.pairings import pairing
from mapping.preview import Person, shown

TRIED = 200  # people a mapping is tried on


def people_of(mapping: Mapping) -> QuerySet[RemoteRecord]:
    """Return the left records a mapping can be tried on, in a lasting order.

    A record that has no partner yet is shown alone.
    """
    return RemoteRecord.objects.filter(
        connection=mapping.sync.left,
        object_type=_type(mapping, "left"),
        gone_at__isnull=True,
        excluded="",
    ).order_by("pk")


def _type(mapping: Mapping, side: Side) -> str:
    """Return what the mapping's object type is on a side: a comment may be a note."""
    sync = mapping.sync
    return pairing(sync.left.kind, sync.right.kind, mapping.object_type).type(side)


def person_find(
    mapping: Mapping,
    *,
    after: int | None = None,
    before: int | None = None,
    query: str = "",
    at_random: bool = False,
) -> RemoteRecord | None:
    """Return the person after or before another one (round the end), by name or e-mail,
    or any; None when there is nobody."""
    people = people_of(mapping)
    if query:
        return people.filter(_called(mapping, query)).first()
    if at_random:
        count = people.count()
        return people[random.randrange(count)] if count else None  # noqa: S311
    if after is not None:
        return people.filter(pk__gt=after).first() or people.first()
    if before is not None:
        return people.filter(pk__lt=before).last() or people.last()
    return people.exclude(label="").first() or people.first()


def _called(mapping: Mapping, query: str) -> Q:
    keys = RecordKey.objects.filter(
        connection=mapping.sync.left,
        object_type=_type(mapping, "left"),
        kind="email",
        value__startswith=query.strip().casefold(),
    )
    return Q(label__icontains=query.strip()) | Q(pk__in=keys.values("record_id"))


def person_json(mapping: Mapping, row: RemoteRecord | None) -> dict[str, Any] | None:
    """Return a person as the editor shows them, with their place among all."""
    if row is None:
        return None
    person = persons(mapping, [row])[0]
    people = people_of(mapping)
    return {
        "id": row.pk,
        "label": person.label,
        "place": people.filter(pk__lte=row.pk).count(),
        "count": people.count(),
        "left": {"values": {key: shown(v) for key, v in person.left.items()}},
        "right": {"values": {key: shown(v) for key, v in person.right.items()}},
    }


def persons(mapping: Mapping, rows: Iterable[RemoteRecord]) -> list[Person]:
    """Return people with what both sides have of them, as far as they are linked."""
    rows = list(rows)
    links = mapping.sync.links.filter(
        object_type=mapping.object_type, left__in=rows
    ).select_related("right")
    partners = {link.left_id: link.right.values for link in links}
    partners |= _likely(mapping, [row.pk for row in rows if row.pk not in partners])
    return [
        Person(
            row.label or row.remote_id, dict(row.values), dict(partners.get(row.pk, {}))
        )
        for row in rows
    ]


def _likely(mapping: Mapping, pks: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return what the right side has of people who are not linked yet, by left pk.

    Those who alone share an e-mail: enough to show values side by side.
    """
    mine = RecordKey.objects.filter(record__in=pks, kind="email")
    emails = dict(mine.values_list("value", "record_id"))
    theirs = RecordKey.objects.filter(
        connection=mapping.sync.right,
        object_type=_type(mapping, "right"),
        kind="email",
        value__in=emails,
    ).select_related("record")
    holders: dict[str, list[RemoteRecord]] = defaultdict(list)
    for key in theirs:
        holders[key.value].append(key.record)
    return {
        emails[email]: records[0].values
        for email, records in holders.items()
        if len(records) == 1
    }


def tried_on(mapping: Mapping) -> list[Person]:
    """Return the people that warnings are counted on: a spread of all there are."""
    people = people_of(mapping)
    count = people.count()
    if count <= TRIED:
        return persons(mapping, people)
    keys = list(people.values_list("pk", flat=True))
    step = count / TRIED
    chosen = [keys[int(number * step)] for number in range(TRIED)]
    return persons(mapping, people.filter(pk__in=chosen))
