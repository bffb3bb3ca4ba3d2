"""Suggested mappings: how good they are, and rules that always hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.suggest import Case, case_load, score
from integrations.connectors.base import Field
from mapping.suggest import Sample, suggest
from mapping.suggest.words import meaning_of, words_of

READ_ONLY = frozenset[str]()


def field(key: str, label: str = "", **facts: object) -> Field:
    return Field(key, label or key, **facts)  # type: ignore[arg-type]


def pairs(*args: object, **kwargs: object) -> list[tuple[str, str]]:
    return [(s.left, s.right) for s in suggest(*args, **kwargs)]  # type: ignore[arg-type]


# --- quality, by the gold lists of benchmarks/gold ------------------------------------


@pytest.mark.parametrize(
    ("name", "with_people", "precision", "recall"),
    [
        ("standard", False, 1.0, 1.0),
        ("messy", False, 0.97, 0.90),
        ("messy", True, 0.97, 0.97),
        ("clinic", False, 0.95, 0.65),
    ],
)
def test_it_is_as_good_as_it_was(
    name: str, with_people: bool, precision: float, recall: float
) -> None:
    case = case_load(name)
    got = score(case, case.suggestions(with_people=with_people))
    assert got.precision >= precision
    assert got.recall >= recall


# --- words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("postalCode", ("postal", "code")),
        ("custom_fields.cf_Straße_2", ("strasse", "2")),
        ("E-Mail-Adresse", ("e", "mail", "adresse")),
        ("Téléphone (n°)", ("telephone", "n")),
        ("", ()),
    ],
)
def test_words_of_a_name(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "subject", "qualifiers"),
    [
        ("Date of birth", "birth", set()),
        ("Geburtsdatum", "birth", set()),
        ("Shipping ZIP / Postcode", "postal", {"shipping"}),
        ("billing_address.city", "city", {"billing"}),
        ("Emergency contact phone", "phone", {"emergency"}),
        ("Company phone", "phone", {"company"}),
        ("Lanuage", "language", set()),  # one letter off
        ("Roof type", "kind", set()),
        ("Favourite colour", "", set()),
    ],
)
def test_what_a_name_means(text: str, subject: str, qualifiers: set[str]) -> None:
    meaning = meaning_of(text)
    assert meaning.subject == subject
    assert meaning.qualifiers == qualifiers


# --- what decides ---------------------------------------------------------------------


def test_each_suggestion_says_why() -> None:
    (found,) = suggest([field("zip", "ZIP")], [field("plz", "PLZ")])
    assert found.reasons == ("“zip” and “plz” mean the same",)
    assert 0.6 < found.confidence < 1


def test_qualifiers_keep_apart() -> None:
    left = [field("a", "Delivery city"), field("b", "City")]
    right = [field("x", "Billing city"), field("y", "Shipping city")]
    assert sorted(pairs(left, right)) == [("a", "y"), ("b", "x")]


def test_two_that_fit_alike_are_left_to_the_person() -> None:
    left = [field("a", "Phone", type="phone")]
    right = [
        field("x", "Telephone", type="phone"),
        field("y", "Telefon", type="phone"),
    ]
    assert pairs(left, right) == []


def test_types_that_cannot_travel_are_never_suggested() -> None:
    left = [field("a", "Start", type="date")]
    right = [field("x", "Start", type="phone"), field("y", "Start", type="file")]
    assert pairs(left, right) == []


def test_what_both_can_only_read_is_not_suggested() -> None:
    only = {"writes": READ_ONLY}
    assert pairs([field("id", "Tax ID", **only)], [field("i", "Tax ID", **only)]) == []


def test_a_field_one_side_only_reads_flows_from_there() -> None:
    (found,) = suggest([field("a", "Tax ID", writes=READ_ONLY)], [field("x", "Tax ID")])
    assert found.direction == "left_to_right"


def test_values_of_the_same_people_outdo_odd_names() -> None:
    people = [{"f1": f"A-{n}"} for n in range(6)], [{"g9": f"A-{n}"} for n in range(6)]
    sample = Sample(*people, are_pairs=True)
    left, right = [field("f1", "field 1")], [field("g9", "thing 9")]
    assert pairs(left, right) == []
    (found,) = suggest(left, right, sample=sample)
    assert found.reasons == ("6 of 6 people have the same value in both",)


def test_a_value_that_everybody_has_says_nothing() -> None:
    people = [{"f1": "same"}] * 8, [{"g9": "same"}] * 8
    sample = Sample(*people, are_pairs=True)
    assert (
        pairs([field("f1", "field 1")], [field("g9", "thing 9")], sample=sample) == []
    )


def test_different_values_speak_against_a_like_name() -> None:
    people = (
        [{"a": f"L{n}"} for n in range(8)],
        [{"x": f"R{n}"} for n in range(8)],
    )
    sample = Sample(*people, are_pairs=True)
    left, right = [field("a", "Status")], [field("x", "Stage")]
    assert pairs(left, right) == [("a", "x")]
    assert pairs(left, right, sample=sample) == []


def test_it_learns_from_what_was_accepted_and_forgets_what_was_refused() -> None:
    left, right = [field("a", "Alpha")], [field("x", "Omega")]
    assert pairs(left, right) == []
    (found,) = suggest(left, right, accepted={("a", "x")})
    assert found.reasons == ("You mapped these before",)
    same = [field("a", "City")], [field("x", "City")]
    assert pairs(*same) == [("a", "x")]
    assert pairs(*same, refused={("a", "x")}) == []


def test_fields_that_are_mapped_are_left_alone() -> None:
    left = [field("a", "City"), field("b", "Country")]
    right = [field("x", "City"), field("y", "Country")]
    assert pairs(left, right, taken={("a", "y")}) == []
    assert pairs(left, right, taken={("a", "x")}) == [("b", "y")]


# --- always ---------------------------------------------------------------------------

LABELS = st.sampled_from(
    [
        "City",
        "Ort",
        "Phone",
        "Mobile",
        "E-mail",
        "Mail",
        "Start",
        "End",
        "Zip",
        "Note",
        "Colour",
        "Roof type",
    ]
)
TYPES = st.sampled_from(["text", "phone", "email", "date", "choice", "number"])
FIELDS = st.lists(st.tuples(LABELS, TYPES), max_size=8).map(
    lambda rows: [
        field(f"f{number}", label, type=kind)
        for number, (label, kind) in enumerate(rows)
    ]
)


@settings(max_examples=60, deadline=None)
@given(FIELDS, FIELDS)
def test_no_field_is_in_two_and_sides_do_not_matter(
    left: list[Field], right: list[Field]
) -> None:
    found = pairs(left, right)
    assert len({one for one, _ in found}) == len(found)
    assert len({two for _, two in found}) == len(found)
    assert {(one, two) for two, one in pairs(right, left)} == set(found)


def test_the_case_loads() -> None:
    case: Case = case_load("messy")
    keys = {f.key for f in case.left}, {f.key for f in case.right}
    assert all(one in keys[0] and two in keys[1] for one, two in case.gold)
