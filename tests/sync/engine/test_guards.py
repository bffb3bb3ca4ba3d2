"""Guards: how much a run may overwrite before it has to ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.convert import Side
from sync.engine.guards import (
    FEWEST,
    FEWEST_CREATES,
    Flood,
    Guards,
    Tally,
    change_trip,
    create_flood,
    may_flood,
    may_trip,
)
from sync.engine.types import Decision, FieldChange
from tests.sync.engine.pairs import rule


def overwriting(before: str | None, label: str = "Phone") -> Decision:
    change = FieldChange(
        rule(right_label=label), "write", "", "changed_left", "right", before, "new"
    )
    return Decision("update", "", "changed_left", changes=(change,))


def tally(pairs: int, *decisions: Decision) -> Tally:
    counted = Tally(pairs)
    for decision in decisions:
        counted.add(decision)
    return counted


@pytest.mark.parametrize(("count", "trips"), [(40, False), (41, True)])
def test_more_than_the_limit_trips(count: int, trips: bool) -> None:
    trip = change_trip(Guards(), tally(100, *[overwriting("old")] * count))

    assert (trip is not None) == trips


def test_it_names_the_worst_field_and_its_share() -> None:
    decisions = [overwriting("old")] * 53 + [overwriting("old", "E-mail")] * 50

    trip = change_trip(Guards(), tally(100, *decisions))

    assert trip is not None
    assert (trip.label, trip.side, trip.percent, trip.limit) == (
        "Phone",
        "right",
        53,
        40,
    )


def test_filling_a_gap_overwrites_nothing() -> None:
    assert change_trip(Guards(), tally(100, *[overwriting(None)] * 100)) is None


def test_few_pairs_are_no_percentage() -> None:
    everybody = [overwriting("old")] * (FEWEST - 1)

    assert change_trip(Guards(), tally(FEWEST - 1, *everybody)) is None


def test_nothing_at_all_may_be_overwritten_if_one_says_so() -> None:
    assert change_trip(Guards(max_change_percent=0), tally(50, overwriting("old")))
    assert not change_trip(
        Guards(max_change_percent=100), tally(50, *[overwriting("old")] * 50)
    )


@given(st.integers(0, 100), st.integers(0, 300), st.integers(0, 300))
def test_what_cannot_trip_is_never_looked_for_in_vain(
    limit: int, pairs: int, touched: int
) -> None:
    guards = Guards(max_change_percent=limit)
    counted = tally(pairs, *[overwriting("old")] * min(touched, pairs))

    if change_trip(guards, counted):
        assert may_trip(guards, pairs, touched)


def flood(known: int, creates: int, limit: int = 20) -> Flood | None:
    there: dict[Side, int] = {"left": 0, "right": known}
    new: dict[Side, int] = {"left": 0, "right": creates}
    return create_flood(Guards(max_create_percent=limit), there, new)


@pytest.mark.parametrize(("creates", "is_flood"), [(100, False), (101, True)])
def test_creating_more_than_a_share_is_a_flood(creates: int, is_flood: bool) -> None:
    assert (flood(500, creates) is not None) == is_flood


def test_a_few_new_people_are_no_flood_wherever_they_come() -> None:
    assert flood(0, FEWEST_CREATES - 1) is None
    assert flood(0, FEWEST_CREATES) == Flood("right", FEWEST_CREATES, 0, 20)


def test_the_worse_of_two_floods_is_told() -> None:
    found = create_flood(
        Guards(), {"left": 100, "right": 100}, {"left": 60, "right": 90}
    )

    assert found is not None
    assert (found.side, found.count) == ("right", 90)


def test_every_flood_may_pass_if_one_says_so() -> None:
    assert flood(10, 10_000, limit=100) is None
    assert flood(10_000, FEWEST_CREATES, limit=0) is not None


@given(st.integers(0, 100), st.integers(0, 400), st.integers(0, 400))
def test_what_cannot_flood_is_never_counted_in_vain(
    limit: int, known: int, creates: int
) -> None:
    if flood(known, creates, limit):
        assert may_flood(Guards(max_create_percent=limit), known, creates)
