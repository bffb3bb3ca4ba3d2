"""Values that go through a field map and back, and what is said of those that change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations import registry
from mapping.convert import Countries, FieldRule
from mapping.defaults import default_field_maps
from mapping.fieldrule import rules_build
from mapping.roundtrip import loss_warnings, losses, round_trip
from mapping.transforms import Setting, apply_chain

HERE = Countries("GB", "DE")
NAMES: Any = {"left": "GHL", "right": "Zoho"}
TABLE = (("gold", "Tier 1"), ("silver", "Tier 2"), ("bronze", "Tier 2"))


def rule(left: str = "text", right: str = "text", **more: Any) -> FieldRule:
    labels = {"left_label": "Level", "right_label": "Tier"}
    return FieldRule("a", "b", left_type=left, right_type=right, **{**labels, **more})


@pytest.mark.parametrize(
    ("on", "value", "there", "back"),
    [
        (rule(), "Anna", "Anna", "Anna"),
        (rule("datetime", "date"), "2026-03-01T09:30:00Z", "2026-03-01", "2026-03-01"),
        (rule(value_map=TABLE), "silver", "Tier 2", "silver"),
        (rule(value_map=TABLE), "bronze", "Tier 2", "silver"),
        (rule("tags", "text"), ["a", "b"], "a, b", ["a", "b"]),
        (rule("bool", "text"), True, "Yes", True),
    ],
)
def test_a_value_goes_there_and_back(
    on: FieldRule, value: Any, there: Any, back: Any
) -> None:
    found = round_trip(on, value, countries=HERE)

    assert (found.there, found.back) == (there, back)
    assert found.is_same == (back == value)


def test_it_names_what_changes() -> None:
    (words,) = loss_warnings(rule(value_map=TABLE), HERE, NAMES)

    assert words == (
        "“Level” of GHL does not come back as it went: “bronze” becomes “Tier 2”, and "
        "“silver” on the way back."
    )


def test_an_option_without_a_place_there_is_named() -> None:
    on = rule("choice", "choice", left_options=("A", "B"), right_options=("a", "c"))

    words = loss_warnings(on, HERE, NAMES)

    assert "“B” has no place on the other side" in words[0]
    assert "“c” has no place on the other side" in words[1]


def test_a_field_that_flows_one_way_has_nothing_to_keep() -> None:
    on = rule("datetime", "date")

    assert list(losses(on, HERE))
    assert not list(losses(replace(on, direction="left_to_right"), HERE))


def test_the_default_mapping_keeps_everything() -> None:
    left, right = (
        {f.key: f for f in registry.spec(kind).object("contact").fields}
        for kind in ("highlevel", "zoho_invoice")
    )
    lines = [
        each.as_line()
        for each in default_field_maps("highlevel", "zoho_invoice", "contact")
    ]

    for on in rules_build(lines, left, right):
        assert loss_warnings(on, HERE, NAMES) == []


ITEM = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)


@given(st.sampled_from([",", ";", "\n"]), st.lists(ITEM, min_size=1, max_size=5))
@settings(deadline=None)
def test_split_takes_back_what_join_did(separator: str, items: list[str]) -> None:
    name = {",": "comma", ";": "semicolon", "\n": "line"}[separator]
    items = [item.replace(separator, "-") for item in items]
    joined = apply_chain([{"name": "join", "separator": name}], items, Setting())

    assert (
        apply_chain([{"name": "split", "separator": name}], joined, Setting()) == items
    )


@given(st.lists(st.tuples(ITEM, ITEM), min_size=1, max_size=6), st.data())
@settings(deadline=None)
def test_a_table_of_different_values_keeps_each(
    pairs: list[tuple[str, str]], data: Any
) -> None:
    one_to_one: dict[str, str] = {}
    for left, right in pairs:
        taken = {each.casefold() for each in one_to_one.values()}
        known = {each.casefold() for each in one_to_one}
        if left.casefold() not in known and right.casefold() not in taken:
            one_to_one[left] = right
    rows = tuple(each for each in one_to_one.items() if "*" not in each)
    if not rows:
        return
    value = data.draw(st.sampled_from([row[0] for row in rows]))

    assert round_trip(rule(value_map=rows), value).is_same
