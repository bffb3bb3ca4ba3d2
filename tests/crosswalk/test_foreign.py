"""Foreign data: what no database stores is left out, and the rest is as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.foreign import json_read, storable_text

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcé王"), inner),
)


@given(plain)
def test_ordinary_json_comes_through_as_it_was(data: Any) -> None:
    read = json_read(json.dumps(data).encode())

    assert read == json.loads(json.dumps(data).replace("\\u0000", ""))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a\\u0000": "b\\u0000c"}', {"a": "bc"}),
        ('["\\ud800x", "\\ud83d\\ude00"]', ["x", "😀"]),
        ('["\\\\u0000"]', ["\\u0000"]),
        ("[NaN, Infinity, -Infinity, 1e999, 1.5]", [None, None, None, None, 1.5]),
    ],
)
def test_what_no_database_stores_is_left_out(text: str, data: Any) -> None:
    assert json_read(text) == data
    assert json_read(text.encode()) == data


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, b"\xff", "9" * 5000, '{"a": "\x00"}']
)
def test_what_cannot_be_read_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of json's
        json_read(text)


def test_a_text_keeps_everything_else() -> None:
    assert storable_text("Zoë\x00 王 😀\t\ud800") == "Zoë 王 😀\t"
