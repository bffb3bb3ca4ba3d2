"""People to try a mapping on: real ones, as last read of both systems. No call."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from crosswalk.spread import spread
from integrations.models import RecordKey, RemoteRecord
from mapping.fieldrule import Side
from mapping.models import Mapping
from mapping.pairings import pairing
from mapping.preview import Person, shown

TRIED = 200  # people that a mapping is tried on, about
FEW = 2_000  # people who are counted one by one


def people_of(mapping: Mapping) -> QuerySet[RemoteRecord]:
    """Return the left records a mapping can be tried on, in a lasting order.

    A record that has no partner yet is shown alone.
    """
    return _known(mapping).filter(gone_at__isnull=True, excluded="")


def _known(mapping: Mapping) -> QuerySet[RemoteRecord]:
    """Return all left records, whether or not they take part."""
    kind = _type(mapping, "left")
    rows = RemoteRecord.objects.filter(connection=mapping.sync.left, object_type=kind)
    return rows.order_by("pk")


def _counted(mapping: Mapping) -> QuerySet[RemoteRecord]:
    """Return what people are counted among: of many all that are known.

    That an index alone tells; who of them takes part stands in each one's row.
    """
    is_many = _known(mapping)[: FEW + 1].count() > FEW
    return _known(mapping) if is_many else people_of(mapping)


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
        return _anybody(mapping)
    if after is not None:
        return people.filter(pk__gt=after).first() or people.first()
    if before is not None:
        return people.filter(pk__lt=before).last() or people.last()
    return people.exclude(label="").first() or people.first()


def _anybody(mapping: Mapping) -> RemoteRecord | None:
    """Return a person by chance."""
    keys = _known(mapping).values_list("pk", flat=True)
    count = keys.count()
    if not count:
        return None
    start = keys[random.randrange(count)]  # noqa: S311 - by an index alone
    people = people_of(mapping)
    return people.filter(pk__gte=start).first() or people.first()


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
    counted = _counted(mapping)
    return {
        "id": row.pk,
        "label": person.label,
        "place": counted.filter(pk__lte=row.pk).count(),
        "count": counted.count(),
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
    step = _known(mapping).count() // TRIED
    return persons(mapping, spread(people_of(mapping), step)[: 2 * TRIED])
