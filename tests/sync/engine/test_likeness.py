"""Likeness: what speaks for one person, what for two, and from where on we ask."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosswalk.sounds import sound
from sync.engine.groups import groups
from sync.engine.likeness import LIKELY_PERCENT, likeness
from sync.engine.match import Person, Population, match_all
from tests.sync.judging import judged
from tests.sync.messy import people

KINDS = ("email", "phone", "name")
JOHN = Person(
    1, frozenset(["john.smith@fox.example"]), frozenset(), "john smith", "John"
)


def someone(pk: int = 2, **changes: object) -> Person:
    made = replace(JOHN, pk=pk, **changes)  # type: ignore[arg-type]
    return replace(made, sound=sound(made.name))


def mail(address: str) -> frozenset[str]:
    return frozenset([address])


@pytest.mark.parametrize(
    ("them", "reason"),
    [
        ({"emails": mail("john.smiht@fox.example")}, "e-mail differs by one letter"),
        ({"emails": mail("john.smith@fox.exampl")}, "e-mail differs by one letter"),
        ({"emails": mail("js@gmail.com"), "company": "fox"}, "same company"),
        (
            {"emails": frozenset(), "company": "fox", "name": "jon smyth"},
            "same company",
        ),
    ],
)
def test_these_are_likely_one_person(them: dict[str, object], reason: str) -> None:
    found = likeness(someone(1, company="fox"), someone(**them))
    assert found.percent >= LIKELY_PERCENT
    assert reason in found.reasons


@pytest.mark.parametrize(
    "them",
    [
        {"emails": mail("another@fox.example")},  # a namesake at the same provider
        {"emails": mail("js@gmail.com")},
        {"emails": mail("js@gmail.com"), "city": "bath"},
        {"emails": mail("js@gmail.com"), "name": "jane smith", "first_name": "Jane"},
    ],
)
def test_these_are_not_likely_enough_to_ask(them: dict[str, object]) -> None:
    assert likeness(someone(1, city="bath"), someone(**them)).percent < LIKELY_PERCENT


def test_two_numbered_mailboxes_are_no_typo() -> None:
    one = someone(1, emails=mail("office1@fox.example"))
    two = someone(emails=mail("office2@fox.example"))
    assert "another e-mail at the same company" in likeness(one, two).reasons


def test_a_common_name_counts_for_less() -> None:
    one, two = (
        someone(1, company="fox"),
        someone(emails=mail("j@x.example"), company="fox"),
    )
    assert likeness(one, two, 10).percent < likeness(one, two, 1).percent


@given(st.integers(0, 500), st.integers(0, 500))
@settings(max_examples=60)
def test_likeness_is_symmetric(one: int, two: int) -> None:
    everybody = PEOPLE
    mine, theirs = everybody[one % len(everybody)], everybody[two % len(everybody)]
    assert likeness(mine, theirs) == likeness(theirs, mine)


def _everybody() -> list[Person]:
    from tests.sync.judging import populate

    population = populate(people(150, seed=4))
    return [*population.left.values(), *population.right.values()]


PEOPLE = _everybody()


def test_nobody_is_linked_wrongly_and_few_are_asked_in_vain() -> None:
    report = judged(people(1500, seed=7))

    assert report.total.wrong == 0
    assert report.sharing.recall >= 0.95
    assert report.total.needless / report.total.people < 0.02


def test_a_likely_match_is_asked_on_both_sides() -> None:
    one = someone(1)
    two = someone(2, emails=mail("john.smiht@fox.example"))
    left, right = match_all(Population({1: one}, {2: two}), KINDS)
    assert (left[1].code, left[1].candidates[0].pk) == ("likely", 2)
    assert (right[2].code, right[2].candidates[0].pk) == ("likely", 1)
    assert left[1].why.startswith("Likely somebody at right, ")


def test_a_vendor_is_nobodys_likely_match() -> None:
    one = someone(1)
    two = someone(2, emails=mail("john.smiht@fox.example"), excluded="vendor")
    left, _ = match_all(Population({1: one}, {2: two}), KINDS)
    assert left[1].kind == "none"


def test_whom_a_person_keeps_apart_is_not_asked_about() -> None:
    one = someone(1)
    two = someone(2, emails=mail("john.smiht@fox.example"))
    apart = Population({1: one}, {2: two}, apart=frozenset([(1, 2)]))
    assert match_all(apart, KINDS)[0][1].kind == "none"


def test_an_offices_address_proves_no_one_person_of_it() -> None:
    address = mail("info@fox.example")
    one = someone(1, emails=address)
    office = Person(2, address)
    left, right = match_all(Population({1: one}, {2: office}), KINDS)
    assert (left[1].code, right[2].code) == ("role_address", "role_address")


def test_two_offices_without_names_are_one_customer() -> None:
    one, two = (Person(pk, mail("info@fox.example")) for pk in (1, 2))
    left, _ = match_all(Population({1: one}, {2: two}), KINDS)
    assert left[1].kind == "link"


def test_colleagues_at_a_switchboard_are_not_asked_about() -> None:
    board = frozenset(["+442079460958"])
    names = ("Anna", "Peter", "Mary", "Robert")
    left = {
        n: Person(n, phones=board, name=f"{each.lower()} x", first_name=each)
        for n, each in enumerate(names, 1)
    }
    boss = Person(9, phones=board, name="zoe y", first_name="Zoe")
    verdicts = match_all(Population(left, {9: boss}), KINDS)
    assert {v.code for side in verdicts for v in side.values()} == {"no_match"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("John Smith", "Smith John"),
        ("John Smith", "Jonh Smyth"),
        ("Bob Miller", "Robert Müller"),
        ("Anna van der Berg", "Anna Berg"),
        ("José Núñez", "Jose Nunez"),
        ("山田 花子", "花子 山田"),
        ("Dr. Anna Fox", "Anna Fox"),
    ],
)
def test_names_that_sound_alike(one: str, two: str) -> None:
    assert sound(one) == sound(two) != ""


@pytest.mark.parametrize("name", ["", "Anna", "J. Smith", "Dr. Fox"])
def test_names_that_say_too_little_have_no_sound(name: str) -> None:
    assert sound(name) == ""


def test_groups_grow_by_what_their_members_share() -> None:
    shared = frozenset(["+1", "+2"])
    members = {
        1: Person(1, mail("a@x"), frozenset(), "anna fox", "Anna"),
        2: Person(2, mail("a@x"), shared, "ann fox", "Ann"),
        3: Person(3, mail("b@x"), frozenset(["+2"]), "anna f", "Anna"),
        4: Person(4, mail("a@x"), frozenset(), "peter fox", "Peter"),
        5: Person(5, mail("c@x"), frozenset(), "anna fox", "Anna"),
    }
    assert groups(Population(members, {}), "left") == [(1, 2, 3)]
    apart = Population(members, {}, apart=frozenset([(1, 2)]))
    assert groups(apart, "left") == [(2, 3)]
