"""Merging one field: by the first-merge rule, then three ways by its base."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.engine.merge import merge_field
from sync.engine.types import BaseValue
from tests.sync.engine.pairs import moment, pair, policy, rule, snap, span

E164 = ({"name": "phone", "format": "e164"},)
NATIONAL = ({"name": "phone", "format": "national"},)
TRIM = ({"name": "trim"},)
EMAIL = ({"name": "email"},)


def first(
    left: Any, right: Any, times: tuple[Any, Any] = (None, None), **more: Any
) -> Any:
    """Merge without a base; return what is decided, the side and the value."""
    on = more.pop("rule", None) or rule()
    change = merge_field(
        on,
        snap({"a": left}, modified_at=times[0]),
        snap({"b": right}, modified_at=times[1]),
        None,
        policy(on, **more),
    )
    return change.action, change.side, change.after


def later(
    left: Any, right: Any, base: tuple[Any, Any], times: Any = ({}, {}), **more: Any
) -> Any:
    """Merge with a base; return what is decided, the side and the value."""
    on = more.pop("rule", None) or rule()
    change = merge_field(
        on,
        snap({"a": left}, field_times=times[0]),
        snap({"b": right}, field_times=times[1]),
        BaseValue(*base),
        policy(on, **more),
    )
    return change.action, change.side, change.after


NOTHING = (None, None)


@pytest.mark.parametrize(
    ("left", "right", "more", "expected"),
    [
        ("x", " x ", {}, ("agree", *NOTHING)),
        ("x", None, {}, ("write", "right", "x")),
        ("", "y", {}, ("write", "left", "y")),
        ("x", "  ", {"first_merge": "right"}, ("write", "right", "x")),
        ("x", "y", {"first_merge": "left"}, ("write", "right", "x")),
        ("x", "y", {"first_merge": "right"}, ("write", "left", "y")),
        ("x", "y", {"conflict": "left"}, ("write", "right", "x")),
        ("x", "y", {"conflict": "right"}, ("write", "left", "y")),
        ("x", "y", {"conflict": "ask"}, ("conflict", *NOTHING)),
        (
            "x",
            "y",
            {"rule": rule(conflict="ask"), "conflict": "left"},
            ("conflict", *NOTHING),
        ),
        ("x", "y", {"direction": "left_to_right"}, ("write", "right", "x")),
        ("x", "y", {"rule": rule(direction="right_to_left")}, ("write", "left", "y")),
        (None, "y", {"direction": "left_to_right"}, ("keep", *NOTHING)),
        (
            "x",
            "y",
            {"rule": rule(write="if_empty"), "conflict": "left"},
            ("keep", *NOTHING),
        ),
        ("x", None, {"rule": rule(write="if_empty")}, ("write", "right", "x")),
        ("x", None, {"rule": rule(write="on_create")}, ("keep", *NOTHING)),
        ("x", None, {"rule": rule(right_writes=frozenset())}, ("keep", *NOTHING)),
        (
            "x",
            None,
            {"rule": rule(right_writes=frozenset({"create"}))},
            ("keep", *NOTHING),
        ),
    ],
)
def test_the_first_merge_follows_the_rules(
    left: Any, right: Any, more: dict[str, Any], expected: Any
) -> None:
    assert first(left, right, **more) == expected


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((moment(2), moment(1)), ("write", "right", "x")),
        ((moment(1), moment(2)), ("write", "left", "y")),
        ((moment(1), moment(1)), ("conflict", *NOTHING)),
        ((None, moment(1)), ("conflict", *NOTHING)),
    ],
)
@pytest.mark.parametrize("more", [{"first_merge": "newest"}, {"conflict": "newest"}])
def test_the_newest_of_a_first_merge_is_the_newer_record(
    times: Any, expected: Any, more: dict[str, Any]
) -> None:
    assert first("x", "y", times, **more) == expected


@pytest.mark.parametrize(
    ("left", "right", "more", "expected"),
    [
        ("x", "x", {}, ("same", *NOTHING)),
        ("new", "x", {}, ("write", "right", "new")),
        ("x", "new", {}, ("write", "left", "new")),
        ("new", "new", {}, ("agree", *NOTHING)),
        ("X", "x", {}, ("write", "right", "X")),
        ("", "x", {}, ("same", *NOTHING)),
        ("", "", {}, ("same", *NOTHING)),
        ("", "new", {}, ("write", "left", "new")),
        ("l", "r", {"conflict": "left"}, ("write", "right", "l")),
        ("l", "r", {"conflict": "right"}, ("write", "left", "r")),
        ("l", "r", {"conflict": "ask"}, ("conflict", *NOTHING)),
        (
            "l",
            "r",
            {"rule": rule(conflict="right"), "conflict": "ask"},
            ("write", "left", "r"),
        ),
        ("x", "new", {"direction": "left_to_right"}, ("keep", *NOTHING)),
        ("l", "r", {"direction": "left_to_right"}, ("write", "right", "l")),
        ("new", "x", {"rule": rule(write="if_empty")}, ("keep", *NOTHING)),
        ("new", "", {"rule": rule(write="if_empty")}, ("write", "right", "new")),
    ],
)
def test_a_change_since_the_base_flows_by_the_rules(
    left: Any, right: Any, more: dict[str, Any], expected: Any
) -> None:
    assert later(left, right, ("x", "x"), **more) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (span(5, 6), span(1, 2), ("write", "right", "l")),
        (span(1, 2), span(5, 6), ("write", "left", "r")),
        (span(2, 3), span(1, 2), ("write", "right", "l")),
        (span(1, 4), span(3, 6), ("conflict", *NOTHING)),
        (span(1, 2), span(1, 2), ("conflict", *NOTHING)),
        (None, span(1, 2), ("conflict", *NOTHING)),
    ],
)
def test_the_newest_change_is_the_one_seen_later_and_overlaps_ask(
    left: Any, right: Any, expected: Any
) -> None:
    times = ({"a": left} if left else {}, {"b": right})
    assert later("l", "r", ("x", "x"), times) == expected


def test_a_field_that_was_not_read_takes_no_part() -> None:
    on = rule()
    change = merge_field(
        on, snap({}), snap({"b": "y"}), BaseValue("x", "x"), policy(on)
    )
    assert change.action == "unread"


def test_a_write_not_yet_read_back_is_taken_in_the_vendors_form() -> None:
    long = "A company with a name too long for the other side"
    for sent, stores in ((long, lambda v: v[:30]), ("McDonald", str.upper)):
        both = pair(
            policy(rule()), sent, None, right_stores=stores, right_answers=False
        )
        assert both.sync().sides_written == ("right",)
        assert both.apply().sides_written == ()  # the mirror still holds what was sent
        assert both.sync().sides_written == ()
        assert both.left.remote["a"] == sent
        assert "unconfirmed" not in both.base[rule().stamp]


def test_a_persons_edit_before_the_read_back_still_flows() -> None:
    both = pair(policy(rule()), "Anna", None, right_answers=False)
    both.sync()
    both.right.remote["b"] = "Berta"
    assert both.sync().writes("left") == {"a": "Berta"}


def test_an_edit_after_the_read_back_flows_even_if_only_its_case_changed() -> None:
    both = pair(
        policy(rule()), "Anna", None, right_stores=str.lower, right_answers=False
    )
    both.sync()
    both.sync()
    both.right.remote["b"] = "ANNA"
    assert both.sync().writes("left") == {"a": "ANNA"}


LOSSY = [
    ("phone", {"to_right": NATIONAL, "to_left": E164}, "+44 20 7946 0958", {}),
    ("phone", {"to_right": NATIONAL, "to_left": E164}, "+49 30 123456", {}),
    ("phone", {"to_right": E164, "to_left": NATIONAL}, "ask at desk", {}),
    ("text", {"to_right": TRIM, "to_left": TRIM}, " Anna   Maria ", {}),
    ("email", {"to_right": EMAIL, "to_left": EMAIL}, "Anna@X.example", {}),
    ("email", {}, "Anna@X.example", {"right_stores": str.lower}),
    ("text", {}, "Anna", {"right_stores": str.upper}),
    ("text", {}, "Anna", {"right_stores": str.upper, "left_stores": str.lower}),
    ("text", {}, "A very long name indeed it is", {"right_stores": lambda v: v[:5]}),
    (
        "text",
        {},
        "A very long name indeed it is",
        {"right_stores": lambda v: v[:22], "right_answers": False},
    ),
]


@pytest.mark.parametrize(("kind", "chains", "value", "vendors"), LOSSY)
def test_what_is_lost_on_the_way_starts_no_loop(
    kind: str, chains: dict[str, Any], value: str, vendors: dict[str, Any]
) -> None:
    on = rule(kind, **chains)
    both = pair(policy(on, conflict="left"), value, None, **vendors)
    both.sync()
    assert [both.sync().sides_written for _ in range(4)] == [()] * 4
    assert both.left.remote["a"] == value


@pytest.mark.parametrize(
    "countries", [("GB", "US"), ("US", "GB"), ("GB", ""), ("", "")]
)
@pytest.mark.parametrize("value", ["+442079460958", "020 7946 0958", "(415) 555-0132"])
def test_phones_of_two_countries_come_to_rest(
    countries: tuple[str, str], value: str
) -> None:
    from sync.engine.types import SideFacts

    for chains in ({"to_right": NATIONAL, "to_left": E164}, {}):
        on = rule("phone", **chains)
        facts = {
            "left": SideFacts("L", countries[0]),
            "right": SideFacts("R", countries[1]),
        }
        both = pair(policy(on, conflict="left", **facts), value, None)
        both.sync()
        assert both.sync().sides_written == ()
        both.base.clear()  # as after a change of the field map
        assert both.sync().sides_written == ()


VALUES = st.sampled_from([None, "", "Anna", "anna", " Anna ", "Berta", "berta  b"])
STORES = st.sampled_from([lambda v: v, str.lower, str.strip, lambda v: v[:4]])
POLICIES = st.fixed_dictionaries(
    {
        "conflict": st.sampled_from(["left", "right", "newest", "ask"]),
        "first_merge": st.sampled_from(["left", "right", "newest", "non_empty"]),
        "direction": st.sampled_from(["both", "left_to_right", "right_to_left"]),
    }
)
RULES = st.builds(
    rule,
    st.sampled_from(["text", "email"]),
    direction=st.sampled_from(["both", "left_to_right", "right_to_left"]),
    write=st.sampled_from(["always", "if_empty", "on_create"]),
    to_right=st.sampled_from([(), TRIM, EMAIL]),
    to_left=st.sampled_from([(), TRIM]),
)
EDITS = st.lists(
    st.tuples(st.sampled_from(["left", "right", "both"]), VALUES, VALUES), max_size=4
)


@given(VALUES, VALUES, RULES, POLICIES, EDITS, STORES, STORES)
@settings(max_examples=150, deadline=None)
def test_a_second_decision_writes_nothing_nothing_is_erased_and_one_way_stays_one_way(
    left: Any,
    right: Any,
    on: Any,
    choices: Any,
    edits: Any,
    stores_left: Any,
    stores_right: Any,
) -> None:
    chosen = policy(on, **choices)
    both = pair(chosen, left, right, left_stores=stores_left, right_stores=stores_right)
    for where, one, two in [("both", left, right), *edits]:
        if where != "right":
            both.left.remote["a"] = one
        if where != "left":
            both.right.remote["b"] = two
        decision = both.sync()
        for change in decision.changes:
            if change.action == "write":
                assert change.side is not None
                assert change.after not in (None, "")
                assert on.flows(change.side)
                assert chosen.flows(change.side)
        assert both.apply().sides_written == ()
        assert both.sync().sides_written == ()


@given(VALUES, VALUES, POLICIES, EDITS)
@settings(max_examples=150, deadline=None)
def test_two_ways_both_sides_agree_or_the_field_is_in_conflict(
    left: Any, right: Any, choices: Any, edits: Any
) -> None:
    on = rule(to_right=TRIM, to_left=TRIM)
    both = pair(policy(on, **{**choices, "direction": "both"}), left, right)
    for where, one, two in [("both", left, right), *edits]:
        before = (both.left.remote["a"], both.right.remote["b"])
        if where != "right" and one:
            both.left.remote["a"] = one
        if where != "left" and two:
            both.right.remote["b"] = two
        decision = both.sync()
        assert both.agrees(on) or decision.outcome == "conflict", before
