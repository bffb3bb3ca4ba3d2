"""Kinds of values: one meaning in several forms, and values that do not fit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mapping.convert import Countries, FieldRule, convert, meaning, misfit, same_meaning
from mapping.kinds import fit, normal, number_of, number_text

HERE = Countries("GB", "US")
TIERS = ("Gold", "Silver", "Not yet, maybe")


def rule(left: str = "text", right: str = "text", **more: Any) -> FieldRule:
    labels = {"left_label": "Level", "right_label": "Tier"}
    return FieldRule("a", "b", left_type=left, right_type=right, **{**labels, **more})


@pytest.mark.parametrize(
    ("left", "right", "one", "two"),
    [
        ("number", "number", 1.0, 1),
        ("number", "number", "1.50", 1.5),
        ("money", "number", "1,204.50", 1204.5),
        ("number", "text", 12, "12"),
        ("number", "text", 1e3, "1000"),
        ("number", "number", "-0", 0),
        ("date", "date", "2026-03-12", "2026-03-12T00:00:00.000Z"),
        ("date", "date", 1773273600000, "2026-03-12"),
        ("date", "text", "2026-03-12", "2026-03-12"),
        ("datetime", "datetime", "2026-03-12T10:00:00+0100", "2026-03-12T09:00:00Z"),
        ("bool", "bool", True, "yes"),
        ("bool", "text", True, "Yes"),
        ("bool", "text", False, "No"),
        ("choice", "choice", "gold", " Gold "),
        ("choice", "text", "Gold", "Gold"),
        ("choices", "choices", ["b", "A"], ["a", "B"]),
        ("choices", "text", ["a", "b"], "a, b"),
        ("tags", "text", ["a", "b"], "b, a"),
    ],
)
def test_two_forms_of_one_value_mean_the_same(
    left: str, right: str, one: Any, two: Any
) -> None:
    assert same_meaning(rule(left, right), one, two, HERE)
    assert same_meaning(rule(right, left), two, one, HERE)


@pytest.mark.parametrize(
    ("kind", "one", "two"),
    [
        ("number", 1, 10),
        ("number", "1.0", "1.01"),
        ("date", "2026-03-12", "2026-12-03"),
        ("bool", True, False),
        ("bool", "yes", "perhaps"),
        ("choice", "Gold", "Silver"),
        ("choices", ["a"], ["a", "b"]),
        ("number", "1,2", "12"),
    ],
)
def test_two_values_are_told_apart(kind: str, one: Any, two: Any) -> None:
    assert not same_meaning(rule(kind, kind), one, two, HERE)


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("number", "1,204.50", 1204.5),
        ("number", "12.0", 12),
        ("money", 3, 3),
        ("date", "2026-03-12T23:30:00-05:00", "2026-03-12"),
        ("bool", "no", False),
        ("text", True, "Yes"),
        ("text", 12.0, "12"),
        ("text", ["a", "b"], "a, b"),
        ("long_text", "As\nit is ", "As\nit is "),
        ("choices", "a; b, a", ["a", "b"]),
    ],
)
def test_a_value_takes_the_form_of_its_field(
    kind: str, value: Any, written: Any
) -> None:
    found = convert(rule("text", kind), value, to="right", countries=HERE)

    assert found == written
    assert type(found) is type(written)


@pytest.mark.parametrize("value", ["gold", " GOLD", ["Gold"]])
def test_an_option_is_written_in_its_own_spelling(value: Any) -> None:
    assert fit("choice", TIERS, value).value == "Gold"


def test_an_option_with_a_comma_is_one_option() -> None:
    assert fit("choices", TIERS, "not yet, maybe").value == ["Not yet, maybe"]
    assert fit("choices", TIERS, ["gold", "Silver"]).value == ["Gold", "Silver"]


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("choice", "Bronze", "“Tier” at Zoho has no option “Bronze”: add the option"),
        ("choice", ["Gold", "Silver"], "takes one option, and “Gold, Silver” are 2"),
        ("choices", "Gold, Bronze", "has no option “Bronze”"),
        ("number", "about 5", "takes a number, and “about 5” is none: change"),
        ("date", "12/03/2026", "takes a date, and “12/03/2026” is none"),
        ("datetime", "noon", "takes a date with a time"),
        ("bool", "perhaps", "takes yes or no, and “perhaps” is none"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(
    kind: str, value: Any, says: str
) -> None:
    found = rule("text", kind, right_options=TIERS if "choice" in kind else ())

    words = misfit(found, value, to="right", countries=HERE, where="Zoho")

    assert says in words
    assert "“Level”" in words


@pytest.mark.parametrize("value", [None, "", " ", []])
def test_empty_always_fits(value: Any) -> None:
    found = rule("text", "choice", right_options=TIERS)

    assert misfit(found, value, to="right", countries=HERE, where="Zoho") == ""


def test_a_long_value_is_quoted_in_part() -> None:
    assert len(fit("choice", TIERS, "x" * 5000).problem) < 100


plain = some.one_of(
    some.text(),
    some.booleans(),
    some.integers(),
    some.floats(),
    some.lists(some.text()),
)
kinds = some.sampled_from(
    ["text", "number", "money", "date", "datetime", "choice", "choices", "bool", "tags"]
)


@given(kinds, plain, some.lists(some.text(min_size=1), max_size=4))
def test_fitting_never_breaks_and_fits_the_second_time_too(
    kind: str, value: Any, options: list[str]
) -> None:
    once = fit(kind, options, value)

    if not once.problem:
        assert fit(kind, options, once.value) == once


@given(kinds, plain)
def test_what_was_fitted_means_what_it_was(kind: str, value: Any) -> None:
    once = fit(kind, (), value)

    if once.value is not None and not once.problem and normal(kind, value):
        assert normal(kind, once.value) == normal(kind, value)


@given(kinds, plain)
def test_every_value_has_a_meaning_that_compares(kind: str, value: Any) -> None:
    hash(meaning(kind, value))
    assert meaning(kind, value) == meaning(kind, value)


@given(some.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_a_number_is_read_back_from_its_own_text(number: Any) -> None:
    assert number_of(number_text(number)) == number
