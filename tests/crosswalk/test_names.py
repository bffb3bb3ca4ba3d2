"""Names: one normal form, and whether two first names could be one person's."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosswalk.names import full, normal, unlike

ANY_NAME = st.text(max_size=30)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("  Zoë   K. ", "zoe k"),
        ("O'Brien", "obrien"),
        ("O’Brien", "obrien"),
        ("O´Brien", "obrien"),
        ("Jean-Luc", "jean luc"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Işık", "isik"),
        ("Łukasz Ødegård", "lukasz odegard"),
        ("Ｊohn", "john"),
        ("An\u200bna", "anna"),
        ("王伟", "王伟"),
        ("…", ""),
        ("", ""),
    ],
)
def test_a_name_has_one_normal_form(written: str, expected: str) -> None:
    assert normal(written) == expected


@pytest.mark.parametrize(
    ("one", "two"), [("कुमार", "कमर"), ("がな", "かな"), ("กิน", "กัน")]
)
def test_vowel_signs_and_voicing_are_letters_not_accents(one: str, two: str) -> None:
    assert normal(one) != normal(two)


@given(ANY_NAME)
@example("🄐")
def test_the_normal_form_is_its_own_normal_form(text: str) -> None:
    assert normal(normal(text)) == normal(text)


def test_a_full_name_without_letters_is_no_name() -> None:
    assert full(" ", "--") == ""
    assert full("José", "García") == "jose garcia"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Anna", "Peter"),
        ("Mark", "Mary"),
        ("James", "Jane"),
        ("Paul", "Paula"),
        ("Jan", "Jana"),
        ("Josefa", "Josef"),
        ("Michael", "Michelle"),
        ("Stephen", "Stephanie"),
        ("Mr John", "Mrs Mary"),
        ("Anna M.", "Peter M."),
        ("小明", "小红"),
        ("Мария", "Иван"),
    ],
)
def test_clearly_unlike_first_names_are_told_apart(one: str, two: str) -> None:
    assert unlike(one, two)
    assert unlike(two, one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("", "Peter"),
        ("J.", "John"),
        ("JOSÉ", "jose"),
        ("Jon", "John"),
        ("Bob", "Robert"),
        ("Liz", "Elizabeth"),
        ("Chris", "Christina"),
        ("Mary Ann", "Ann"),
        ("Dr. Anna", "Anna"),
        ("Sean", "Shaun"),
        ("Ann", "Anna"),
        ("Mohamed", "Muhammad"),
        ("Geoff", "Jeffrey"),
        ("Marc", "Mark"),
        ("Steven", "Stephen"),
        ("Nick", "Nicole"),
        ("Мария", "Maria"),
        ("王小明", "小明"),
        ("Katherine", "Catherine"),
    ],
)
def test_names_that_could_be_one_person_are_not_clearly_unlike(
    one: str, two: str
) -> None:
    assert not unlike(one, two)
    assert not unlike(two, one)


def test_swapped_first_and_last_names_are_not_clearly_unlike() -> None:
    assert not unlike("Smith", "John", "john smith")


def test_a_family_name_in_the_first_name_does_not_make_a_family_one_person() -> None:
    assert unlike("John Smith", "Mary", "mary smith")


@given(ANY_NAME, ANY_NAME)
def test_unlike_is_symmetric_and_never_true_of_one_name(one: str, two: str) -> None:
    assert unlike(one, two) == unlike(two, one)
    assert not unlike(one, one.upper().lower())
