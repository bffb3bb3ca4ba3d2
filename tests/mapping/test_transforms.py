"""Transforms of one value, and chains of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.transforms import Setting, apply_chain, check_chain

E164 = {"name": "phone", "format": "e164"}
NATIONAL = {"name": "phone", "format": "national"}
GB = Setting("GB", "GB")
CHAINS = st.lists(
    st.sampled_from([{"name": "trim"}, {"name": "email"}, E164, NATIONAL]), max_size=3
)


@pytest.mark.parametrize(
    ("chain", "value", "expected"),
    [
        ([{"name": "trim"}], "  Anna   Maria ", "Anna Maria"),
        ([{"name": "trim"}], "   ", None),
        ([{"name": "email"}], " Anna@Example.COM ", "anna@example.com"),
        ([E164], "020 7946 0958", "+442079460958"),
        ([{"name": "phone"}], "020 7946 0958", "+442079460958"),
        ([E164], " ask at desk ", "ask at desk"),
        ([NATIONAL], "+442079460958", "020 7946 0958"),
        ([NATIONAL], "+49 30 123456", "+49 30 123456"),
        ([{"name": "trim"}, E164], "  020  7946 0958", "+442079460958"),
        ([{"name": "trim"}], ["a", "b"], ["a", "b"]),
        ([{"name": "email"}], 7, 7),
        ([E164], None, None),
        ([], "as it is", "as it is"),
        ([], "", None),
    ],
)
def test_a_chain_turns_one_value_into_another(
    chain: list[Any], value: Any, expected: Any
) -> None:
    assert apply_chain(chain, value, GB) == expected


def test_a_national_number_is_written_for_those_who_read_it() -> None:
    assert (
        apply_chain([NATIONAL], "020 7946 0958", Setting("GB", "US"))
        == "+44 20 7946 0958"
    )


@given(CHAINS, st.text(max_size=30))
def test_a_chain_applied_twice_is_as_good_as_once(chain: list[Any], text: str) -> None:
    once = apply_chain(chain, text, GB)
    assert apply_chain(chain, once, GB) == once


@pytest.mark.parametrize(
    ("chain", "words"),
    [
        ("trim", "must be a list"),
        ([{"format": "e164"}], "needs a name"),
        (["trim"], "needs a name"),
        ([{"name": "shout"}], "“shout” is not supported"),
        ([{"name": "trim", "side": "left"}], "no option “side”"),
        ([{"name": "phone", "format": "rfc"}], "must be one of e164, national"),
    ],
)
def test_a_wrong_chain_is_explained(chain: Any, words: str) -> None:
    assert any(words in problem for problem in check_chain(chain))


def test_a_right_chain_has_no_problems() -> None:
    assert check_chain([{"name": "trim"}, E164]) == []
