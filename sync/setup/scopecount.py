"""How many records a filter lets in, counted on what was last read. No vendor call."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any

from django.db.models import Count, Min, QuerySet

from crosswalk.jsonkey import HeldAt
from crosswalk.spread import spread
from integrations.connectors.base import ObjectSpec
from integrations.models import Connection, RemoteRecord
from mapping.convert import is_empty
from sync.engine.scope import Filter, Standing, fields_in, scope_of

SAMPLE = 2_500  # records from which a quick count is reckoned
SHOWN = 5
LOOKED_AT = 1_000  # records that the suggestions for a value are taken from
SUGGESTED = 30
CHUNK = 2_000


@dataclass(slots=True)
class ScopeCount:
    """Who takes part by a filter, of the records of one side.

    `unread`: a field of the filter was not read of them yet, so nobody knows. `never`:
    left out by what they are, whatever the filter. `left_out`: some, with the reason.
    """

    inside: int = 0
    outside: int = 0
    unread: int = 0
    never: int = 0
    is_reckoned: bool = False  # from some of them
    left_out: list[tuple[str, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.inside + self.outside + self.unread + self.never

    @property
    def shares(self) -> list[tuple[str, float]]:
        """Return the parts of a meter."""
        off = self.outside + self.never
        return [("ok", self.inside), ("wait", self.unread), ("off", off)]


def scope_count(
    connection: Connection, spec: ObjectSpec, wanted: Filter, *, is_quick: bool = False
) -> ScopeCount:
    """Return how many of a connection's records pass a filter, in two queries.

    The database groups the records by what they hold in the filter's fields, so that
    each kind of them is judged once. `is_quick`: of many only some are looked at, evenly
    spread, and the rest is reckoned.
    """
    step = _step(connection, spec) if is_quick else 1
    rows = spread(_records(connection, spec), step)
    keys = sorted(fields_in(wanted))
    held = {f"held{number}": HeldAt("values", key) for number, key in enumerate(keys)}
    kinds = rows.order_by().values_list("excluded", *held.values())
    found, out = ScopeCount(is_reckoned=step > 1), list[tuple[int, str]]()
    types = {each.key: each.type for each in spec.fields}
    labels = {each.key: each.label for each in spec.fields}
    for excluded, *texts, count, first in kinds.annotate(
        units=Count("pk"), first=Min("pk")
    ).iterator(CHUNK):
        if excluded:
            found.never += count * step
            continue
        values = {k: json.loads(t) for k, t in zip(keys, texts, strict=True) if t}
        at = scope_of(values, wanted, types, labels)
        _add(found, at.standing, count * step)
        if at.standing == "out":
            out = nsmallest(SHOWN, [*out, (first, at.reason)])
    found.left_out = _named(out)
    return found


def _step(connection: Connection, spec: ObjectSpec) -> int:
    """Return one in how many records is looked at: all of a few."""
    known = RemoteRecord.objects.filter(connection=connection, object_type=spec.key)
    count = known.count()  # which an index alone tells
    return 1 if count <= 2 * SAMPLE else count // SAMPLE


def _named(out: list[tuple[int, str]]) -> list[tuple[str, str]]:
    """Return (label, reason) of those who are left out."""
    if not out:
        return []
    rows = RemoteRecord.objects.filter(pk__in=[pk for pk, _ in out])
    labels = dict(rows.values_list("pk", "label"))
    return [(labels.get(pk) or "No name", reason) for pk, reason in out]


def _add(found: ScopeCount, standing: Standing, count: int) -> None:
    if standing == "in":
        found.inside += count
    elif standing == "out":
        found.outside += count
    else:
        found.unread += count


def values_seen(
    connection: Connection, spec: ObjectSpec, keys: Collection[str]
) -> Mapping[str, list[str]]:
    """Return what some text or list fields hold, the commonest first, to choose from."""
    if not keys:
        return {}
    counted: dict[str, Counter[str]] = {key: Counter() for key in keys}
    for values in _records(connection, spec).values_list("values", flat=True)[
        :LOOKED_AT
    ]:
        for key, counter in counted.items():
            counter.update(_texts(values.get(key)))
    return {
        key: [text for text, _ in counter.most_common(SUGGESTED)]
        for key, counter in counted.items()
    }


def _texts(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and not is_empty(each) and len(each) <= 60:
            yield each


def _records(connection: Connection, spec: ObjectSpec) -> QuerySet[RemoteRecord]:
    return RemoteRecord.objects.filter(
        connection=connection, object_type=spec.key, gone_at__isnull=True
    )
