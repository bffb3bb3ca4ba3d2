"""Converting through a field map, and whether two values mean the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mapping.convert import (
    Countries,
    FieldRule,
    convert,
    is_empty,
    meaning,
    rules_build,
    same_but_form,
    same_meaning,
)

HERE = Countries("GB", "US")
E164 = ({"name": "phone", "format": "e164"},)
NATIONAL = ({"name": "phone", "format": "national"},)


def rule(kind: str = "text", **more: Any) -> FieldRule:
    return FieldRule("a", "b", left_type=kind, right_type=kind, **more)


@pytest.mark.parametrize("value", [None, "", "  ", "\n", [], {}])
def test_nothing_and_only_space_are_empty(value: Any) -> None:
    assert is_empty(value)


@pytest.mark.parametrize("value", [0, False, "0", ["x"]])
def test_no_and_nought_are_values(value: Any) -> None:
    assert not is_empty(value)


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("text", "Anna  Maria", " Anna Maria "),
        ("text", "Zoe\u0308", "Zoë"),
        ("text", None, "  "),
        ("text", 5, "5"),
        ("text", 5.0, "5"),
        ("email", "Anna@Example.com", "anna@example.COM "),
        ("phone", "020 7946 0958", "+44 (0)20 7946 0958"),
        ("phone", "+1 415 555 0132", "(415) 555-0132"),
        ("phone", "12-34", "12 34"),
        ("url", "https://Acme.example/", "acme.example"),
        ("url", "http://acme.example/a", "https://acme.example/a"),
        ("tags", ["B", "a"], ["A", "b"]),
    ],
)
def test_two_forms_of_one_value_mean_the_same(kind: str, left: Any, right: Any) -> None:
    assert same_meaning(rule(kind), left, right, HERE)


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("text", "Mcdonald", "McDonald"),
        ("name", "Jose", "José"),
        ("email", "a@x.example", "b@x.example"),
        ("phone", "020 7946 0958", "020 7946 0958 1"),
        ("phone", "020 7946 0958", "(415) 555-0132"),
        ("url", "acme.example/A", "acme.example/a"),
        ("url", "www.acme.example", "acme.example"),
        ("text", "x", None),
        ("text", None, "x"),
    ],
)
def test_two_values_that_people_tell_apart_differ(
    kind: str, left: Any, right: Any
) -> None:
    assert not same_meaning(rule(kind), left, right, HERE)


def test_what_a_transform_made_means_what_it_was_made_from() -> None:
    national = rule("phone", to_right=NATIONAL, to_left=E164)
    for left in ("+442079460958", "+4930123456", "+14155550132", "ask at desk"):
        there = convert(national, left, to="right", countries=HERE)
        assert same_meaning(national, left, there, HERE), left


def test_a_number_copied_as_it_is_into_another_country_is_not_copied_again() -> None:
    assert same_meaning(rule("phone"), "020 7946 0958", "020 7946 0958", HERE)


def test_an_unreadable_number_is_sent_as_written() -> None:
    phone = rule("phone", to_right=E164)
    assert convert(phone, "ask at desk", to="right", countries=HERE) == "ask at desk"


def test_an_unknown_country_is_the_other_sides() -> None:
    assert Countries("", "US").of("left") == "US"
    assert Countries("GB", "").of("right") == "GB"


@pytest.mark.parametrize(
    "change", [{"left": "c"}, {"to_right": E164}, {"to_left": E164}, {"since": 3}]
)
def test_a_changed_meaning_has_another_stamp(change: dict[str, Any]) -> None:
    assert replace(rule(), **change).stamp != rule().stamp


@pytest.mark.parametrize(
    "change",
    [{"direction": "left_to_right"}, {"write": "if_empty"}, {"conflict": "ask"}],
)
def test_a_changed_policy_keeps_the_stamp(change: dict[str, Any]) -> None:
    assert replace(rule(), **change).stamp == rule().stamp


@pytest.mark.parametrize(
    ("sent", "read", "expected"),
    [
        ("Anna@X.example", "anna@x.example", True),
        ("12-34", "1234", True),
        ("A very long company name indeed", "A very long company na", True),
        ("Anna", "An", False),
        ("Anna", "Berta", False),
        ("Anna", None, False),
        ("--", "..", False),
    ],
)
def test_what_a_vendor_made_of_a_value_is_known_again(
    sent: Any, read: Any, expected: bool
) -> None:
    assert same_but_form(sent, read) is expected


def test_meaning_of_the_empty_is_none() -> None:
    assert meaning("phone", " ") is None


@pytest.mark.parametrize(
    ("direction", "write", "to_left", "to_right"),
    [
        ("both", "always", True, True),
        ("left_to_right", "always", False, True),
        ("right_to_left", "if_empty", True, False),
        ("both", "never", False, False),
    ],
)
def test_a_field_flows_where_its_direction_says(
    direction: str, write: str, to_left: bool, to_right: bool
) -> None:
    flowing = rule(direction=direction, write=write)
    assert (flowing.flows("left"), flowing.flows("right")) == (to_left, to_right)


def test_published_lines_become_rules_and_unknown_fields_are_writable_text() -> None:
    (built,) = rules_build([{"left": "a", "right": "b", "to_right": [*E164]}], {}, {})
    assert built.chain("right") == E164
    assert built.left_type == "text"
    assert built.writable("left", creating=True)
    assert built.writable("right", creating=False)
