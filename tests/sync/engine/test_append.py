"""The write rule “append”: texts grow, and nothing that stands there is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.engine.append import text_with
from sync.engine.types import BaseValue
from sync.remembering.bases import base_entry
from tests.sync.engine.pairs import Pair, pair, policy, rule

APPEND = rule("long_text", write="append")


def texts(both: Pair) -> tuple[Any, Any]:
    return both.left.remote["a"], both.right.remote["b"]


@pytest.mark.parametrize(
    ("have", "more", "kind", "expected"),
    [
        (None, "new", "text", "new"),
        ("old", "new", "text", "old; new"),
        ("old\n", " new", "long_text", "old\nnew"),
        ("Old  new", "old NEW", "text", "Old  new"),
        ("old", "very old", "text", "very old"),
        ("Annabel", "Ann", "text", "Annabel; Ann"),
        ("a.c", "abc", "text", "a.c; abc"),
    ],
)
def test_a_text_says_both(have: Any, more: Any, kind: str, expected: str) -> None:
    assert text_with(have, more, kind) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("one", None, ("one", "one")),
        ("one", "two", ("one\ntwo", "one\ntwo")),
        ("one", "two, one", ("two, one", "two, one")),
    ],
)
def test_a_first_merge_unites_texts(left: Any, right: Any, expected: Any) -> None:
    both = pair(policy(APPEND), left, right)

    both.sync()

    assert texts(both) == expected
    assert both.sync().sides_written == ()


def test_an_edit_is_added_on_the_other_side() -> None:
    both = pair(policy(APPEND), "one", "one")
    both.sync()
    both.left.remote["a"] = "three"

    both.sync()

    assert texts(both) == ("three", "one\nthree")
    assert both.sync().sides_written == ()


def test_edits_of_both_sides_are_no_conflict() -> None:
    both = pair(policy(APPEND, conflict="ask"), "one", "one")
    both.sync()
    both.left.remote["a"], both.right.remote["b"] = "one, left", "one, right"

    decision = both.sync()

    assert decision.outcome == "update"
    assert texts(both) == ("one, left\none, right",) * 2
    assert both.sync().sides_written == ()


def test_a_text_cut_short_takes_nothing_away() -> None:
    both = pair(policy(APPEND), "one\ntwo", "one\ntwo")
    both.sync()
    both.left.remote["a"] = "one"

    assert both.sync().sides_written == ()
    assert texts(both) == ("one", "one\ntwo")


def test_one_way_appends_there_and_leaves_the_source() -> None:
    both = pair(policy(APPEND, direction="left_to_right"), "one", "two")

    both.sync()

    assert texts(both) == ("one", "two\none")
    assert both.sync().sides_written == ()


def test_what_was_not_written_yet_is_still_news_after_a_kill() -> None:
    both = pair(policy(APPEND), "one", "two")
    first, _ = both.sync().changes
    after_a_kill = base_entry(first, first.after, None)

    assert (first.side, first.pending) == ("left", True)
    assert BaseValue(**after_a_kill) == BaseValue(None, "two")
    resumed = pair(policy(APPEND), first.after, "two")
    resumed.base = {APPEND.stamp: after_a_kill}
    resumed.sync()
    assert texts(resumed) == ("one\ntwo", "one\ntwo")


def words(text: str) -> str:
    return " ".join(text.split()).casefold()


WORDS = st.sampled_from(["one", "two", "one two", "Two", "", "three; one"])


@given(WORDS, WORDS, st.lists(st.tuples(st.booleans(), WORDS), max_size=5))
@settings(deadline=None)
def test_no_edit_is_lost_and_all_comes_to_rest(
    left: str, right: str, edits: list[tuple[bool, str]]
) -> None:
    both = pair(policy(APPEND), left, right)
    both.sync()

    for is_left, text in edits:
        side, key = (both.left, "a") if is_left else (both.right, "b")
        if words(text) in words(side.remote[key] or ""):
            continue  # says nothing new
        side.remote[key] = text
        both.sync()
        there = both.right.remote["b"] if is_left else both.left.remote["a"]
        assert words(text) in words(there or "")
        assert both.sync().sides_written == ()


def test_a_field_not_read_takes_no_part() -> None:
    both = pair(policy(APPEND), "one", "two")
    both.left.remote = {}

    assert both.sync().changes[0].action == "unread"
