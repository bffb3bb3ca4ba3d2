"""Phone numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.phones import e164, national

LONDON = "+442079460958"


@pytest.mark.parametrize(
    ("written", "country"),
    [
        ("+44 20 7946 0958", ""),
        ("020 7946 0958", "GB"),
        ("(020) 7946-0958", "gb"),
        ("0044 20 7946 0958", "US"),
        ("00 44 20 7946 0958", "US"),
        ("(0044) 20 7946 0958", ""),
        ("011 44 20 7946 0958", "US"),
        ("+44 (0)20 7946 0958", "US"),
        ("+44 ( 0 ) 20 7946 0958", ""),
        ("(+44) (0)20 7946 0958", ""),
        ("0044 (0) 20 7946 0958", "DE"),
        ("44 (0)20 7946 0958", "GB"),
        ("+44 20 7946 0958 ext. 12", ""),
        ("020 7946 0958 x12", "GB"),
        ("tel:+442079460958", ""),
        ("＋４４ ２０ ７９４６ ０９５８", ""),
        ("٠٢٠ ٧٩٤٦ ٠٩٥٨", "GB"),
        ("०२०७९४६०९५८", "GB"),
        ("+44\u00a020\u20117946\u20110958", ""),
    ],
)
def test_one_number_has_one_form_however_it_is_typed(
    written: str, country: str
) -> None:
    assert e164(written, country) == LONDON


@pytest.mark.parametrize(
    ("written", "country"),
    [
        ("", "GB"),
        ("call me", "GB"),
        ("12345", "US"),
        ("555-0100", "US"),
        ("00000", "GB"),
        ("+44", "GB"),
        ("+999 123 456 789", ""),
        ("020 7946 0958", ""),
        ("020 7946 0958", "XX"),
        ("9" * 300, "GB"),
    ],
)
def test_a_number_that_cannot_be_read_is_none(written: str, country: str) -> None:
    assert e164(written, country) is None
    assert national(written, country) is None


@pytest.mark.parametrize(
    ("written", "country", "reader", "expected"),
    [
        (LONDON, "GB", "", "020 7946 0958"),
        (LONDON, "GB", "GB", "020 7946 0958"),
        (LONDON, "US", "GB", "020 7946 0958"),
        (LONDON, "GB", "US", "+44 20 7946 0958"),
        ("(415) 555-0132", "US", "", "(415) 555-0132"),
        (LONDON, "", "", "+44 20 7946 0958"),
    ],
)
def test_only_people_of_its_country_read_a_number_without_its_code(
    written: str, country: str, reader: str, expected: str
) -> None:
    assert national(written, country, reader) == expected


@given(
    st.from_regex(r"\+44 ?20 ?7[0-9]{3} ?[0-9]{4}", fullmatch=True),
    st.sampled_from(["GB", "US", ""]),
)
def test_national_form_reads_back_as_the_same_number(written: str, reader: str) -> None:
    shown = national(written, "GB", reader or "GB")
    assert shown is not None
    assert e164(shown, reader or "GB") == e164(written)


@given(st.text(max_size=40), st.sampled_from(["", "GB", "US"]))
def test_any_text_is_read_or_refused_and_never_breaks(text: str, country: str) -> None:
    number = e164(text, country)
    assert number is None or e164(number) == number
