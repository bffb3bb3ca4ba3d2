"""When people are told: once when it begins, once when it is over, never a flood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync.alerting.calm import SETTLE, Told, looked

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def tell(seen: list[bool], every: timedelta = MINUTE) -> list[tuple[int, str]]:
    """Return (look, what was told) of a row of looks."""
    told = Told(changed_at=START)
    found = []
    for number, holds in enumerate(seen):
        told, what = looked(told, holds, START + every * number)
        if what:
            found.append((number, what))
    return found


def test_it_is_told_when_it_begins_and_once_it_has_been_away_for_a_while():
    assert tell([False, True, True, True, *[False] * 10]) == [
        (1, "raised"),
        (9, "recovered"),  # first away at 4, and five minutes after that
    ]


def test_what_lasts_is_told_once():
    assert tell([True] * 5000) == [(0, "raised")]


def test_what_comes_and_goes_every_minute_is_told_once():
    assert tell([True, False] * 1000) == [(0, "raised")]


def test_each_return_within_a_day_makes_its_end_wait_longer():
    # away for six minutes, back for one, all day long
    told = tell(([True] + [False] * 6) * 200)

    assert [what for _, what in told[:4]] == ["raised", "recovered", "raised"]


@given(st.lists(st.booleans(), max_size=400), st.integers(1, 90))
def test_beginning_and_end_alternate_and_are_few(seen: list[bool], minutes: int):
    every = timedelta(minutes=minutes)
    told = tell(seen, every)

    assert [what for _, what in told] == ["raised", "recovered"] * (len(told) // 2) + [
        "raised"
    ] * (len(told) % 2)
    for number, _ in told:
        day = [
            n
            for n, _ in told
            if number <= n and (n - number) * every < 24 * 60 * MINUTE
        ]
        assert len(day) <= 10


@given(st.lists(st.booleans(), max_size=200))
def test_what_stays_away_long_enough_is_told_to_be_over(seen: list[bool]):
    told = tell([*seen, *[False] * (26 * 60)])

    assert [what for _, what in told].count("raised") == [w for _, w in told].count(
        "recovered"
    )
    assert SETTLE == 5 * MINUTE
