"""Which of two records or values is the newer one, where that can be told. Pure."""

from __future__ import annotations

from datetime import datetime

from mapping.convert import Side
from sync.engine.types import Snapshot


def newer_record(left: Snapshot, right: Snapshot) -> Side | None:
    """Without a base: the records' own modified times; equal or missing asks.

    Equal to the second is equal: some vendors tell no more than seconds.
    """
    one, two = left.modified_at, right.modified_at
    if one is None or two is None:
        return None
    one, two = one.replace(microsecond=0), two.replace(microsecond=0)
    if one == two:
        return None
    return "left" if one > two else "right"


def newer_change(
    left: Snapshot, left_key: str, right: Snapshot, right_key: str
) -> Side | None:
    """With a base: when we first saw each change; overlapping intervals ask."""
    one, two = _interval(left, left_key), _interval(right, right_key)
    if one is None or two is None:
        return None
    if one[0] >= two[1]:
        return "left"
    return "right" if two[0] >= one[1] else None


def _interval(record: Snapshot, key: str) -> tuple[datetime, datetime] | None:
    times = record.field_times.get(key)
    if not times:
        return None
    return datetime.fromisoformat(times[0]), datetime.fromisoformat(times[1])
