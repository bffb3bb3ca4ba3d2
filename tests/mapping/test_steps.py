"""What each transform makes of values, and what must hold for any of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.kinds import SEPARATORS
from mapping.steps.moments import FORMS
from mapping.steps.numbers import STYLES
from mapping.transforms import TRANSFORMS, Setting, apply_chain, check_chain
from tests.mapping.chains import ways

GB = Setting("GB", "GB")


def made(value: Any, name: str, **options: Any) -> Any:
    step = {"name": name, **options}
    assert check_chain([step]) == []
    return apply_chain([step], value, GB)


@pytest.mark.parametrize(
    ("to", "value", "expected"),
    [
        ("upper", "Straße 5", "STRASSE 5"),
        ("lower", "Élodie B.", "élodie b."),
        ("sentence", "HELLO WORLD", "Hello world"),
        ("sentence", "hello McDonald", "Hello McDonald"),
        ("title", "ANNA BERG", "Anna Berg"),
        ("title", "anna-maria o'brien", "Anna-Maria O'Brien"),
        ("title", "ludwig van beethoven", "Ludwig van Beethoven"),
        ("title", "van gogh", "Van Gogh"),
        ("title", "Anna McDonald", "Anna McDonald"),
        ("title", "IBM deutschland", "IBM Deutschland"),
        ("title", "anna's shop", "Anna's Shop"),
        ("title", "élodie d’arc", "Élodie D’Arc"),
        ("title", 7, 7),
    ],
)
def test_capital_letters(to: str, value: Any, expected: Any) -> None:
    assert made(value, "case", to=to) == expected


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("Anna Berg", "Anna", "Berg"),
        ("Anna Maria Berg", "Anna Maria", "Berg"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Maria de la Cruz", "Maria", "de la Cruz"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Martin King, Jr.", "Martin", "King Jr."),
        ("Martin King III", "Martin", "King III"),
        ("Van Morrison", "Van", "Morrison"),
        (" Anna ", "Anna", None),
        ("Anna,", "Anna", None),
    ],
)
def test_parts_of_a_name(value: str, first: Any, last: Any) -> None:
    assert made(value, "name_part", part="first") == first
    assert made(value, "name_part", part="last") == last


@pytest.mark.parametrize(
    ("value", "length", "expected"),
    [
        ("short", 5, "short"),
        ("a long sentence", 8, "a long"),
        ("a long sentence", 7, "a long"),
        ("Donaudampfschiff", 5, "Donau"),
        ("a Donaudampfschiff", 8, "a Donaud"),
        ("cafe\u0301s", 4, "caf"),
        ("ab👩\u200d🚀", 4, "ab"),
        ("🚀\u200d👩", 1, "🚀"),
        (["abc"], 2, ["abc"]),
    ],
)
def test_a_text_is_shortened(value: Any, length: int, expected: Any) -> None:
    assert made(value, "truncate", length=length) == expected


@pytest.mark.parametrize(
    ("options", "value", "expected"),
    [
        ({"find": "Dr. "}, "Dr. Anna", "Anna"),
        ({"find": "a.c", "with": "x"}, "abc a.c", "abc x"),
        ({"find": "a", "with": "aa"}, "a", "aa"),
        ({"find": "a"}, "a", None),
        ({"find": "7"}, 7, 7),
    ],
)
def test_a_text_is_replaced(options: Any, value: Any, expected: Any) -> None:
    assert made(value, "replace", **options) == expected


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        ("day_month_year", "2026-03-01", "01/03/2026"),
        ("month_day_year", "2026-03-01", "03/01/2026"),
        ("dotted", "2026-03-01T23:30:00-05:00", "01.03.2026"),
        ("compact", "2026-03-01T00:00:00Z", "20260301"),
        ("iso", "next week", "next week"),
        ("iso", "2026-02-30", "2026-02-30"),
        ("iso", 20260301, 20260301),
    ],
)
def test_a_day_is_written(form: str, value: Any, expected: Any) -> None:
    assert made(value, "write_date", form=form) == expected


def test_a_day_that_is_none_stays_as_it_came() -> None:
    assert made("31/02/2026", "read_date", form="day_month_year") == "31/02/2026"
    assert made("soon", "read_date", form="dotted") == "soon"


@pytest.mark.parametrize(
    ("options", "value", "expected"),
    [
        ({"style": "point", "places": 2}, 1234567.5, "1,234,567.50"),
        ({"style": "comma", "places": 2}, "1200.5", "1.200,50"),
        ({"style": "space"}, 1200, "1\u00a0200"),
        ({"style": "plain", "places": 0}, 0.5, "1"),
        ({"style": "plain"}, -3.25, "-3.25"),
        ({"style": "plain"}, "about 3", "about 3"),
        ({"style": "plain"}, True, True),
        ({"style": "plain"}, "1e999999999", "1e999999999"),
        ({"style": "plain"}, "NaN", "NaN"),
    ],
)
def test_a_number_is_written(options: Any, value: Any, expected: Any) -> None:
    assert made(value, "number", **options) == expected


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        ("yes_no", True, "Yes"),
        ("ja_nein", "no", "Nein"),
        ("true_false", "Ja", "true"),
        ("one_zero", 0, "0"),
        ("yes_no", "perhaps", "perhaps"),
    ],
)
def test_yes_and_no_in_words(words: str, value: Any, expected: Any) -> None:
    assert made(value, "yes_no", words=words) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<p>Anna &amp; Bob</p><p>Hello<br>there</p>", "Anna & Bob\n\nHello\nthere"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("a <b>bold</b> word", "a bold word"),
        ("<script>alert(1)</script>seen<style>p{}</style>", "seen"),
        ("5 < 6", "5 < 6"),
        ("<p>cut off", "cut off"),
        ("plain", "plain"),
        ("<br>", None),
    ],
)
def test_text_out_of_html(value: str, expected: Any) -> None:
    assert made(value, "from_html") == expected


def test_html_of_a_text_lets_nothing_through() -> None:
    found = made("<script>x</script>\n\nAnna & Bob\nhere", "to_html")
    assert found == (
        "<p>&lt;script&gt;x&lt;/script&gt;</p><p>Anna &amp; Bob<br>here</p>"
    )
    assert made(found, "from_html") == "<script>x</script>\n\nAnna & Bob\nhere"


# --- what must hold always ------------------------------------------------------------

ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.dates().map(lambda day: day.isoformat()),
    st.text("0123456789.,-+eE/ ", max_size=12),
    st.text("<>&;/pbr li\n", max_size=20),
)


@pytest.mark.parametrize("name", list(TRANSFORMS))
@given(value=ANY)
def test_no_value_breaks_a_transform(name: str, value: Any) -> None:
    for step in ways(name):
        assert check_chain([step]) == []
        apply_chain([step], value, GB)


@given(st.text(max_size=60), st.integers(1, 20))
def test_nothing_is_longer_than_it_may_be(text: str, length: int) -> None:
    found = made(text, "truncate", length=length) or ""
    assert len(found) <= length
    assert text.startswith(found)
    assert (made(found, "truncate", length=length) or "") == found


@given(st.dates(), st.sampled_from(list(FORMS)))
def test_a_day_comes_back_from_every_form(day: Any, form: str) -> None:
    there = made(day.isoformat(), "write_date", form=form)
    assert made(there, "read_date", form=form) == day.isoformat()


@given(st.lists(st.text("aB <>&\"'é", min_size=1).map(str.strip), min_size=1))
def test_a_text_comes_back_from_html(lines: list[str]) -> None:
    text = "\n".join(" ".join(line.split()) for line in lines).strip()
    wanted = "\n\n".join(block.strip() for block in text.split("\n\n") if block.strip())
    if wanted and "\n\n\n" not in text:
        assert made(made(wanted, "to_html"), "from_html") == wanted


@pytest.mark.parametrize("to", ["title", "sentence", "upper", "lower"])
@given(text=st.text(max_size=30))
def test_only_capitals_change(to: str, text: str) -> None:
    assert made(f"x{text}", "case", to=to).casefold() == f"x{text}".casefold()


def test_what_is_offered_is_what_is_known() -> None:
    forms = TRANSFORMS["write_date"].options["form"].choices
    styles = TRANSFORMS["number"].options["style"].choices
    separators = TRANSFORMS["split"].options["separator"].choices
    assert forms is not None
    assert styles is not None
    assert separators is not None
    assert forms.keys() == FORMS.keys()
    assert styles.keys() == STYLES.keys()
    assert separators.keys() == SEPARATORS.keys()


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"name": "replace"}, "“replace” needs the option “find”"),
        ({"name": "replace", "find": ""}, "“find” must not be empty"),
        ({"name": "replace", "find": 7}, "“find” must be a text"),
        ({"name": "replace", "find": "x" * 2000}, "at most 1000 characters"),
        ({"name": "truncate", "length": "5"}, "whole number from 1 to 100000"),
        ({"name": "truncate", "length": 0}, "whole number from 1 to 100000"),
        ({"name": "truncate", "length": True}, "whole number"),
        ({"name": "number", "places": 7}, "whole number from 0 to 6"),
        ({"name": "case", "to": ["upper"]}, "must be one of"),
    ],
)
def test_a_wrong_option_is_explained(step: Any, words: str) -> None:
    assert any(words in problem for problem in check_chain([step]))
