"""Pages of long lists by key: the thousandth costs no more than the first.

A page is named by its edge: `o<key>` begins after that key, `n<key>` ends before it,
"" is the first. The order is newest first, by the primary key, or by a moment and it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
)
from django.db.models.sql.where import WhereNode

from crosswalk.prefix import Unindexed

Row = TypeVar("Row", bound=Model)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MANY = 2_000  # rows that go one way: more are not ordered where that can be spared
NEAR = 1_000  # the first rows of a list, among which many ways have a page
_THAN = {"n": (GreaterThan, GreaterThanOrEqual), "o": (LessThan, LessThanOrEqual)}
_EDGE = re.compile(r"([on])(?:(\d{1,18})_)?(\d{1,18})")


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    """Some rows of a list, and the edges of the pages beside it ("" where none is)."""

    rows: Sequence[Row]
    newer: str
    older: str

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def keyset_page(
    found: QuerySet[Row],
    edge: str,
    size: int,
    *,
    moment: str = "",
    ways: Sequence[Q] = (),
    few: Sequence[Q] = (),
    near: QuerySet[Row] | None = None,
) -> KeysetPage[Row]:
    """Return the page of a list that an edge names; the first for one it cannot read.

    `moment` names a column that comes before the primary key in the order; `ways` are
    conditions of which one must hold, each asked for itself by an index of its own.
    `few` are such ways that few rows go: all of these are read and ordered here, because
    a database that orders them itself may walk the whole list for the order's sake.
    `near` is the same list as the index of its order has it. Where a way goes very many
    rows, a page of them is looked for among its first before all of them are ordered.
    First the keys are read, which an index holds, then their rows.
    """
    names = [moment, "pk"] if moment else ["pk"]
    way, key = _read(edge, is_timed=bool(moment))
    is_back = way == "n" and key is not None
    # as many as a page has and one more, which says whether there are others beyond
    ordered = found.order_by(*(name if is_back else f"-{name}" for name in names))
    by_ways = bool(ways or few)
    beside = _beside(ordered, names, way, key, by_ways).values_list(*names)
    found_keys = {key for each in few for key in beside.filter(each).order_by()}
    first = _First[Row](names, size)
    if near is not None:
        order = near.order_by(*ordered.query.order_by)
        first.near = _beside(order, names, way, key, by_ways=False)
    for each in ways if by_ways else [Q()]:
        found_keys.update(first.of(beside, each))
    keys = sorted(found_keys, reverse=not is_back)
    has_more, keys = len(keys) > size, keys[:size]
    if is_back:
        keys.reverse()
    by_key = _whole(found).in_bulk([each[-1] for each in keys])
    rows = [by_key[each[-1]] for each in keys if each[-1] in by_key]
    has_newer = has_more if is_back else key is not None
    has_older = True if is_back else has_more
    return KeysetPage(
        rows,
        newer=_edge("n", keys[0]) if keys and has_newer else "",
        older=_edge("o", keys[-1]) if keys and has_older else "",
    )


@dataclass(slots=True)
class _First(Generic[Row]):
    """The first keys of a way: as many as a page has, and one more."""

    names: Sequence[str]
    size: int
    near: QuerySet[Row] | None = None
    _keys: list[Any] | None = None

    def of(self, beside: QuerySet[Row, Any], way: Q) -> Iterable[tuple[Any, ...]]:
        found = beside.filter(way)
        if self.near is not None and found.order_by()[MANY : MANY + 1].exists():
            among = _whole(self.near).filter(way, pk__in=self._nearest(self.near))
            keys = list(among.values_list(*self.names)[: self.size + 1])
            if len(keys) > self.size:
                return keys
        return found[: self.size + 1]

    def _nearest(self, near: QuerySet[Row]) -> list[Any]:
        if self._keys is None:
            self._keys = list(near.values_list("pk", flat=True)[:NEAR])
        return self._keys


def _whole(found: QuerySet[Row]) -> QuerySet[Row]:
    """Return the rows of a list to be read by their keys alone.

    Its conditions held when the keys were read; asked for again, SQLite looks for the
    rows in an index of the workspace and passes all of it: a quarter second of a million.
    """
    whole = found.all()
    whole.query.where = WhereNode()
    return whole


def _beside(
    found: QuerySet[Row],
    names: Sequence[str],
    way: str,
    key: tuple[Any, ...] | None,
    by_ways: bool,
) -> QuerySet[Row]:
    if key is None:
        return found
    than = "gt" if way == "n" else "lt"
    if len(names) == 1:
        return found.filter(**{f"pk__{than}": key[-1]})
    # the index of a way also holds the moment, and is the one to be used
    at = Unindexed(F(names[0])) if by_ways else F(names[0])
    further, until = _THAN[way]
    # the last condition, which says nothing new, lets an index begin at the place
    return found.filter(
        Q(further(at, key[0])) | Q(Exact(at, key[0]), **{f"pk__{than}": key[1]}),
        until(at, key[0]),
    )


def _read(edge: str, *, is_timed: bool) -> tuple[str, tuple[Any, ...] | None]:
    found = _EDGE.fullmatch(edge)
    if found is None or bool(found[2]) is not is_timed:
        return "", None
    if not is_timed:
        return found[1], (int(found[3]),)
    try:
        return found[1], (EPOCH + timedelta(microseconds=int(found[2])), int(found[3]))
    except OverflowError:
        return "", None


def _edge(way: str, key: Sequence[Any]) -> str:
    if len(key) == 1:
        return f"{way}{key[0]}"
    return f"{way}{(key[0] - EPOCH) // timedelta(microseconds=1)}_{key[1]}"
