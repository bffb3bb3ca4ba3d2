"""Phone numbers that somebody has only begun to type."""

from __future__ import annotations

import pytest

from crosswalk.phones import beginnings


@pytest.mark.parametrize(
    ("typed", "countries", "expected"),
    [
        ("+44 20", ["GB"], {"+4420"}),
        ("0044 20", [], {"+4420"}),
        ("020 79", ["GB"], {"+02079", "+442079"}),
        ("0171 2", ["GB", "de"], {"+01712", "+441712", "+491712"}),
        ("06 12", ["IT"], {"+0612", "+390612"}),
        ("٠٢٠ ٧٩", ["GB"], {"+02079", "+442079"}),
        ("12", ["GB"], set()),
        ("maya", ["GB"], set()),
        ("020 x", ["GB"], set()),
        ("", ["GB"], set()),
        ("1" * 16, ["GB"], set()),
    ],
)
def test_how_numbers_may_begin(
    typed: str, countries: list[str], expected: set[str]
) -> None:
    assert beginnings(typed, countries) == expected
