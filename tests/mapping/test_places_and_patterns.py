"""Transforms that know patterns, places, zones and amounts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.kinds import fit, yes_or_no
from mapping.steps import patterns
from mapping.transforms import Setting, apply_chain, check_chain

US = Setting("US", "US")


def made(value: Any, name: str, **options: Any) -> Any:
    step = {"name": name, **options}
    assert check_chain([step]) == []
    return apply_chain([step], value, US)


@pytest.mark.parametrize(
    ("pattern", "with_", "value", "expected"),
    [
        (r"(\w+) (\w+)", "$2, $1", "José Núñez", "Núñez, José"),
        (r"\D", "", "+44 (20) 7946", "44207946"),
        (r"[\w]+", "<$0>", "Äpfel 25", "<Äpfel> <25>"),
        (r"[]\w]", "", "a]b.", "."),
        (r"\W+", "-", "“Zoë” & co", "-Zoë-co"),
        (r"\\w", "x", r"a\w", "ax"),
        ("a", "$7$", "banana", "b$7$n$7$n$7$"),
        ("(x)?a", "[$1]", "a", "[]"),
        ("^", "> ", "a", "> a"),
        ("a", "b", 7, 7),
        ("a", "", "a", None),
    ],
)
def test_what_fits_a_pattern_is_replaced(
    pattern: str, with_: str, value: Any, expected: Any
) -> None:
    step = {"pattern": pattern, "with": with_}
    assert made(value, "replace_pattern", **step) == expected


def test_case_is_minded_only_when_asked() -> None:
    assert made("LTD ltd", "replace_pattern", pattern="ltd", case="exact") == "LTD "
    assert made("LTD ltd.", "replace_pattern", pattern="ltd", case="any") == " ."


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        (r"#(\d+)", "Order #4711 of May", "4711"),
        (r"\d+", "Order 4711", "4711"),
        (r"\d+", "no number", "no number"),
        (r"(x)?o", "foo", "foo"),
    ],
)
def test_the_first_part_that_fits_is_taken_out(
    pattern: str, value: str, expected: str
) -> None:
    assert made(value, "extract", pattern=pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", "is no pattern"),
        (r"(a)\1", "is no pattern"),  # looking back is what makes patterns explode
        ("(?=a)", "is no pattern"),
        ("((a{90}){90}){90}", "is no pattern"),
        (r"[\p{L}]{400}", "too large"),
        ("", "must not be empty"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_explained(pattern: str, words: str) -> None:
    (problem,) = check_chain([{"name": "extract", "pattern": pattern}])
    assert words in problem


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){12}$"])
def test_patterns_that_explode_elsewhere_come_to_an_end(pattern: str) -> None:
    text = "a" * 50_000 + "!"
    assert made(text, "replace_pattern", pattern=pattern) == text
    assert made("a" * 30, "replace_pattern", pattern=pattern) is None


def test_what_would_take_too_long_stays_as_it_came() -> None:
    hard = "(?:x{0,500}){2}y|x"  # each find looks on through a thousand characters
    work = patterns.compiled(hard, "exact").programsize
    short, long = "x" * 100, "x" * 20_000
    assert made(short, "replace_pattern", pattern=hard) is None
    assert len(long) ** 2 * work > patterns.WORK
    assert made(long, "replace_pattern", pattern=hard) == long
    assert made("1 " * 10_000, "replace_pattern", pattern="zz") == "1 " * 10_000
    beyond = "x" * (patterns.MOST_TEXT + 1)
    assert made(beyond, "replace_pattern", pattern="x") == beyond


@given(st.text(max_size=12), st.text("ab$\\w", max_size=12))
def test_no_text_breaks_a_pattern(pattern: str, value: str) -> None:
    step = {"name": "replace_pattern", "pattern": pattern, "with": value}
    if not check_chain([step]):
        apply_chain([step], value, US)


@pytest.mark.parametrize(
    ("to", "value", "expected"),
    [
        ("name", "us", "United States"),
        ("name", "USA", "United States"),
        ("name", "KR", "South Korea"),
        ("code", "The Netherlands", "NL"),
        ("code", "Deutschland", "DE"),
        ("code", "España", "ES"),
        ("code", "Côte d’Ivoire", "CI"),
        ("code", "U.S.A.", "US"),
        ("code", "Great Britain", "GB"),
        ("code3", "Viet Nam", "VNM"),
        ("code", "Atlantis", "Atlantis"),
        ("code", ["US"], ["US"]),
    ],
)
def test_countries_by_code_and_by_name(to: str, value: Any, expected: Any) -> None:
    assert made(value, "country", to=to) == expected


@pytest.mark.parametrize(
    ("options", "value", "expected"),
    [
        ({"to": "code"}, "california", "CA"),
        ({"to": "name"}, "CA", "California"),
        ({"to": "name"}, "US-NY", "New York"),
        ({"to": "name", "country": "CA"}, "ON", "Ontario"),
        ({"to": "code", "country": "CA"}, "Québec", "QC"),
        ({"to": "code", "country": "DE"}, "Baden-Württemberg", "BW"),
        ({"to": "code"}, "Bavaria", "Bavaria"),
    ],
)
def test_states_by_code_and_by_name(options: Any, value: str, expected: str) -> None:
    assert made(value, "state", **options) == expected


def test_a_state_of_no_known_country_stays() -> None:
    step = {"name": "state", "to": "name"}
    assert apply_chain([step], "CA", Setting()) == "CA"
    assert check_chain([{**step, "country": "XX"}]) == [
        "“country” must be the code of a country, as in US"
    ]


def test_every_country_and_state_comes_back() -> None:
    import pycountry

    for each in pycountry.countries:
        name = made(each.alpha_2, "country", to="name")
        assert made(name, "country", to="code") == each.alpha_2
    for code in ("US", "CA", "AU", "DE", "BR", "IN"):
        for each in pycountry.subdivisions.get(country_code=code):
            short = each.code.partition("-")[2]
            name = made(short, "state", to="name", country=code)
            assert made(name, "state", to="code", country=code) == short


@pytest.mark.parametrize(
    ("name", "options", "value", "expected"),
    [
        ("currency", {"to": "name"}, "eur", "Euro"),
        ("currency", {"to": "code"}, "Pound Sterling", "GBP"),
        ("currency", {"to": "code"}, "shells", "shells"),
        ("money", {"currency": "EUR", "style": "point"}, 1200.5, "EUR 1,200.50"),
        (
            "money",
            {"currency": "EUR", "style": "comma", "where": "after"},
            "-1200.5",
            "-1.200,50 EUR",
        ),
        ("money", {"currency": "JPY"}, 1200, "JPY 1,200"),
        ("money", {"currency": "JPY"}, "much", "much"),
        ("read_number", {"style": "comma"}, "1.200,50 €", "1200.5"),
        ("read_number", {"style": "point"}, "$ -1,200.50", "-1200.5"),
        ("read_number", {"style": "space"}, "1 200,5 zł", "1200.5"),
        ("read_number", {"style": "plain"}, "1200.50", "1200.5"),
        ("read_number", {"style": "plain"}, "1,200", "1,200"),
        ("read_number", {"style": "point"}, "1.200,50", "1.200,50"),
        ("read_number", {"style": "point"}, "12 of 30", "12 of 30"),
        ("read_number", {"style": "point"}, "٣", "٣"),
    ],
)
def test_amounts_and_currencies(
    name: str, options: Any, value: Any, expected: Any
) -> None:
    assert made(value, name, **options) == expected


@given(
    st.decimals(-(10**9), 10**9, places=2),
    st.sampled_from(["point", "comma", "space", "plain"]),
    st.sampled_from(["before", "after"]),
)
def test_an_amount_comes_back(amount: Any, style: str, where: str) -> None:
    there = made(str(amount), "money", currency="EUR", style=style, where=where)
    assert float(made(there, "read_number", style=style)) == float(amount)


BERLIN = {"zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("name", "options", "value", "expected"),
    [
        ("to_zone", BERLIN, "2026-02-28T23:30:00+00:00", "2026-03-01T00:30:00+01:00"),
        ("to_zone", BERLIN, "2026-07-01T12:00:00Z", "2026-07-01T14:00:00+02:00"),
        ("to_zone", BERLIN, "2026-07-01T12:00:00", "2026-07-01T12:00:00"),
        ("to_zone", BERLIN, "2026-07-01", "2026-07-01"),
        ("to_zone", BERLIN, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("from_zone", BERLIN, "2026-07-01T14:00:00", "2026-07-01T12:00:00+00:00"),
        ("from_zone", BERLIN, "2026-07-01T14:00:00Z", "2026-07-01T14:00:00+00:00"),
        ("from_zone", BERLIN, "2026-07-01", "2026-07-01"),
        ("write_moment", {"form": "dotted"}, "2026-03-01T09:05:00", "01.03.2026 09:05"),
        ("read_moment", {"form": "dotted"}, "01.03.2026 09:05", "2026-03-01T09:05:00"),
        ("read_moment", {"form": "iso"}, "31.02.2026 09:05", "31.02.2026 09:05"),
    ],
)
def test_moments_in_zones(name: str, options: Any, value: Any, expected: Any) -> None:
    assert made(value, name, **options) == expected


def test_the_day_is_that_of_the_zone() -> None:
    chain = [{"name": "to_zone", **BERLIN}, {"name": "write_date", "form": "dotted"}]
    assert apply_chain(chain, "2026-02-28T23:30:00Z", US) == "01.03.2026"


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../../etc/passwd"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    assert check_chain([{"name": "to_zone", "zone": zone}])


@pytest.mark.parametrize("word", ["Ja", "Oui", "Sí", "sim", "Y", "checked", "1"])
def test_yes_is_one_word_in_fields_and_steps(word: str) -> None:
    assert yes_or_no(word) is True
    assert fit("bool", (), word).value is True
    assert made(word, "yes_no", words="true_false") == "true"


@pytest.mark.parametrize("word", ["Nein", "Non", "Não", "n", "unchecked", "0"])
def test_no_is_one_word_in_fields_and_steps(word: str) -> None:
    assert yes_or_no(word) is False
    assert fit("bool", (), word).value is False
    assert made(word, "yes_no", words="true_false") == "false"
