"""Some of many rows, evenly spread over all of them, by their keys alone."""

from __future__ import annotations

from typing import TypeVar, cast

from django.db.models import F, Model, QuerySet

MIXER = 40_503  # an odd number near 65,536 by the golden ratio
Row = TypeVar("Row", bound=Model)


def spread(rows: QuerySet[Row], step: int) -> QuerySet[Row]:
    """Return about one in `step` rows, the same ones each time; all of them for 1.

    By mixed keys, since what follows one another is often alike, or so each time.
    """
    if step <= 1:
        return rows
    turn = (F("pk") * MIXER / 256) % step
    # the stubs lose the model of a queryset that has an alias
    return cast("QuerySet[Row]", rows.alias(turn=turn).filter(turn=0))
