"""Filters: who is in the scope of a sync, who is not, and of whom it is not known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.engine.scope import FilterError, fields_in, filter_read, scope_of

TYPES = {"tags": "tags", "email": "email", "amount": "number", "born": "date"}
LABELS = {"tags": "Tags", "email": "E-mail"}


def standing(values: dict[str, Any], wanted: dict[str, Any]) -> str:
    return scope_of(values, filter_read(wanted), TYPES, LABELS).standing


def condition(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


@pytest.mark.parametrize(
    ("values", "op", "value", "inside"),
    [
        ({"tags": ["Customer", "vip"]}, "contains", "customer", True),
        ({"tags": ["vip"]}, "contains", "customer", False),
        ({"tags": ["customers"]}, "contains", "customer", False),
        ({"tags": ["a", "b", "c"]}, "contains", ["c", "A"], True),
        ({"tags": None}, "contains", "customer", False),
        ({"tags": None}, "not_contains", "customer", True),
        ({"tags": ["vip"]}, "in", ["gold", "VIP"], True),
        ({"tags": ["vip"]}, "not_in", ["gold", "VIP"], False),
        ({"tags": ["a", "b"]}, "equals", ["B", "A"], True),
        ({"tags": []}, "is_empty", None, True),
        ({"email": "Ann@Example.com"}, "equals", "ann@example.com", True),
        ({"email": "ann@example.com"}, "not_equals", "bob@example.com", True),
        ({"email": None}, "not_equals", "bob@example.com", True),
        ({"email": "ann@example.com"}, "contains", "@EXAMPLE", True),
        ({"email": "ann@example.com"}, "starts_with", "ann", True),
        ({"email": "ann@example.com"}, "in", ["x", "ann@example.com"], True),
        ({"email": "  "}, "is_empty", None, True),
        ({"email": "a"}, "is_not_empty", None, True),
        ({"amount": "10.50"}, "greater", 10, True),
        ({"amount": 9}, "greater", 10, False),
        ({"amount": "many"}, "greater", 10, False),
        ({"amount": None}, "less", 10, False),
        ({"amount": "2"}, "less", "10", True),
        ({"born": "1999-12-31"}, "before", "2000-01-01", True),
        ({"born": "2000-01-01T00:00:00Z"}, "after", "1999-12-31", True),
        ({"born": "soon"}, "after", "1999-12-31", False),
    ],
)
def test_a_condition_is_a_plain_test(
    values: dict[str, Any], op: str, value: Any, inside: bool
) -> None:
    wanted = condition(next(iter(values)), op, value)

    assert standing(values, wanted) == ("in" if inside else "out")


def test_no_filter_lets_everybody_in() -> None:
    assert standing({}, {}) == "in"


def test_what_was_not_read_is_not_known() -> None:
    assert standing({"email": "a"}, condition("tags", "contains", "x")) == "unknown"


@pytest.mark.parametrize(
    ("word", "tags", "expected"),
    [("and", "x", "out"), ("and", "vip", "unknown"), ("or", "vip", "in")],
)
def test_the_unknown_decides_only_if_it_must(
    word: str, tags: str, expected: str
) -> None:
    wanted = {
        word: [condition("tags", "contains", tags), condition("amount", "less", 3)]
    }

    assert standing({"tags": ["vip"]}, wanted) == expected


def test_the_reason_names_the_condition_that_failed() -> None:
    wanted = filter_read({"and": [condition("tags", "contains", "customer")]})

    scope = scope_of({"tags": ["lead"]}, wanted, TYPES, LABELS)

    assert scope.reason == "Not so: Tags contains “customer”."


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ([], ""),
        ({"and": []}, "and"),
        ({"and": "x"}, "and"),
        ({"and": [{}]}, "and[0].field"),
        ({"and": [], "or": []}, ""),
        ({"field": "tags", "op": "like", "value": "x"}, "op"),
        ({"op": "is_empty"}, "field"),
        ({"field": "tags", "op": "is_empty", "value": "x"}, "value"),
        ({"field": "tags", "op": "contains"}, "value"),
        ({"field": "tags", "op": "contains", "value": {"a": 1}}, "value"),
        ({"field": "tags", "op": "equals", "value": "x", "also": 1}, "also"),
        ({"field": "amount", "op": "greater", "value": "NaN"}, "value"),
        ({"field": "born", "op": "before", "value": "soon"}, "value"),
        ({"or": [{"and": [{"field": "x", "op": 3}]}]}, "or[0].and[0].op"),
    ],
)
def test_a_filter_that_says_nothing_clear_names_the_place(
    raw: object, path: str
) -> None:
    with pytest.raises(FilterError) as caught:
        filter_read(raw)

    assert caught.value.path == path


def test_a_filter_has_an_end() -> None:
    deep: dict[str, Any] = condition("tags", "is_empty")
    for _ in range(6):
        deep = {"and": [deep]}
    wide = {"or": [condition("tags", "is_empty")] * 51}

    for raw in (deep, wide):
        with pytest.raises(FilterError):
            filter_read(raw)


def test_it_says_which_fields_it_needs() -> None:
    wanted = {
        "or": [condition("tags", "is_empty"), {"and": [condition("email", "is_empty")]}]
    }

    assert fields_in(filter_read(wanted)) == {"tags", "email"}


conditions = st.sampled_from(
    [condition("a", "equals", "1"), condition("b", "contains", "x")]
)
filters = st.recursive(
    conditions,
    lambda inner: st.dictionaries(
        st.sampled_from(["and", "or"]),
        st.lists(inner, min_size=1, max_size=3),
        min_size=1,
        max_size=1,
    ),
    max_leaves=8,
)
records = st.dictionaries(
    st.sampled_from("ab"), st.sampled_from([None, "1", "x", "xx"])
)


@given(filters, records)
def test_reading_more_never_turns_a_known_standing(
    wanted: dict[str, Any], values: dict[str, Any]
) -> None:
    checked = filter_read(wanted) if _shallow(wanted) else {}
    known = scope_of(values, checked, {}, {}).standing
    full = {"a": "1", "b": None} | values

    if known != "unknown":
        assert scope_of(full, checked, {}, {}).standing == known


def _shallow(wanted: dict[str, Any], depth: int = 0) -> bool:
    parts = [*wanted.get("and", ()), *wanted.get("or", ())]
    return depth <= 5 and all(_shallow(part, depth + 1) for part in parts)
