"""Matching: who is the same person, who needs a person to look, who is nobody."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosswalk.names import full
from sync.engine.match import Person, Population, Verdict, match_all

KINDS = ("email", "phone", "name")
NAMES = ("", "Anna", "Bob", "Robert", "Peter", "Mary", "Mark")


def person(
    pk: int,
    email: str = "",
    phone: str | Sequence[str] = "",
    name: str = "",
    linked_to: int | None = None,
    excluded: str = "",
) -> Person:
    phones = (phone,) if isinstance(phone, str) else phone
    return Person(
        pk,
        frozenset(filter(None, [email])),
        frozenset(filter(None, phones)),
        name.casefold(),
        name.split()[0] if name else "",
        linked_to,
        excluded,
    )


def people(*persons: Person) -> dict[int, Person]:
    return {each.pk: each for each in persons}


def matched(
    left: Sequence[Person], right: Sequence[Person], kinds: Sequence[str] = KINDS
) -> tuple[dict[int, Verdict], dict[int, Verdict]]:
    names = {"left": "Left", "right": "Right"}
    return match_all(Population(people(*left), people(*right), names), kinds)


def codes(verdicts: dict[int, Verdict]) -> dict[int, str]:
    return {pk: verdict.code for pk, verdict in verdicts.items()}


def test_a_shared_email_links_and_says_so() -> None:
    left, right = matched(
        [person(1, "a@x", name="Anna")], [person(2, "a@x", name="Anna")]
    )
    assert (left[1].kind, left[1].partner, left[1].how) == ("link", 2, "email")
    assert (right[2].kind, right[2].partner, right[2].how) == ("link", 1, "email")


def test_a_shared_phone_links_though_the_emails_differ() -> None:
    left, _ = matched([person(1, "a@x", "+1")], [person(2, "b@x", "+1")])
    assert (left[1].partner, left[1].how) == (2, "phone")


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("Thomas Weber", "Thomas Weber"),
        ("Thomas Weber", "Weber Thomas"),
        ("Maria Keller-Müller", "Maria Müller"),
        ("Tom Weber", "Thomas Webber"),
        ("王芳", "Fang Wang"),
    ],
)
def test_a_shared_phone_links_two_of_one_name(mine: str, theirs: str) -> None:
    left, _ = matched(
        [named(1, "a@x", mine)], [named(2, "b@x", theirs)], ("email", "phone")
    )
    assert left[1].how == "phone"


@pytest.mark.parametrize("theirs", ["Thomas Klein", ""])
def test_a_shared_phone_with_another_email_and_name_is_asked(theirs: str) -> None:
    left, right = matched([named(1, "a@x", "Thomas Weber")], [named(2, "b@x", theirs)])

    assert codes(left) == {1: "other_name"}
    assert codes(right) == {2: "other_name"}
    assert left[1].why == "Same phone number, but another name and another e-mail."


def named(pk: int, email: str, name: str) -> Person:
    """A person as they are stored: with the name in its plain form, and a phone."""
    first, _, last = name.partition(" ")
    names = {"name": full(first, last), "first_name": first}
    return Person(pk, frozenset([email]), frozenset(["+1"]), **names)


def test_a_missing_first_name_is_not_unlike() -> None:
    left, _ = matched([person(1, "a@x")], [person(2, "a@x", name="Peter Fox")])
    assert left[1].kind == "link"


def test_clearly_unlike_first_names_go_to_review_on_both_sides() -> None:
    left, right = matched(
        [person(1, "a@x", name="Anna Fox")], [person(2, "a@x", name="Peter Fox")]
    )
    assert codes(left) == {1: "unlike_name"}
    assert codes(right) == {2: "unlike_name"}
    assert left[1].candidates[0].pk == 2


def test_the_email_decides_before_the_phone() -> None:
    left, right = matched(
        [person(1, "a@x", "+1", "Anna")],
        [person(2, "a@x", "+2", "Anna"), person(3, "c@x", "+1", "Anna")],
    )
    assert left[1].partner == 2
    assert codes(right) == {2: "same_email", 3: "partner_taken"}


def test_the_order_of_the_keys_is_the_syncs() -> None:
    left, _ = matched(
        [person(1, "a@x", "+1")],
        [person(2, "a@x", "+2"), person(3, "c@x", "+1")],
        ("phone", "email"),
    )
    assert left[1].partner == 3


def test_a_key_shared_within_a_side_links_nobody() -> None:
    left, right = matched(
        [person(1, "a@x", name="Anna A"), person(2, "a@x", name="Anna B")],
        [person(3, "a@x", name="Anna C")],
    )
    assert codes(left) == {1: "shared_key", 2: "shared_key"}
    assert codes(right) == {3: "several_fit"}


def test_a_family_shares_an_email_but_a_phone_of_ones_own_links() -> None:
    left, _ = matched(
        [person(1, "a@x", "+1", "Anna"), person(2, "a@x", "+2", "Peter")],
        [person(3, "a@x", "+1", "Anna")],
    )
    assert (left[1].partner, left[1].how) == (3, "phone")
    assert left[2].kind == "review"


def test_the_full_name_links_those_whose_email_others_share() -> None:
    left, _ = matched(
        [person(1, "a@x", name="Anna Fox"), person(2, "a@x", name="Peter Fox")],
        [person(3, "a@x", name="Anna Fox")],
    )
    assert (left[1].partner, left[1].how, left[1].why) == (3, "name", "Same name.")


def test_one_person_with_two_numbers_of_two_people_is_nobodys_guess() -> None:
    both = [person(1, phone="+1", name="Anna"), person(2, phone="+2", name="Anna B")]
    for left_people in (both, both[::-1]):
        left, right = matched(left_people, [person(3, phone=("+1", "+2"))])
        assert codes(left) == {1: "partner_taken", 2: "partner_taken"}
        assert codes(right) == {3: "several_fit"}


def test_a_number_of_somebody_linked_by_email_does_not_stand_in_the_way() -> None:
    left, _ = matched(
        [person(1, "a@x", "+1"), person(2, phone="+2")],
        [person(3, "a@x"), person(4, phone=("+1", "+2"))],
    )
    assert (left[1].partner, left[2].partner) == (3, 4)


def test_in_side_duplicates_without_a_partner_are_left_for_review() -> None:
    left, _ = matched(
        [person(1, "a@x", name="Anna"), person(2, "a@x", name="Anna")], []
    )
    assert codes(left) == {1: "duplicate_inside", 2: "duplicate_inside"}


def test_a_family_without_a_partner_is_created_across() -> None:
    left, _ = matched(
        [person(1, "a@x", name="Anna"), person(2, "a@x", name="Peter")], []
    )
    assert codes(left) == {1: "no_match", 2: "no_match"}


def test_a_name_alone_links_when_nothing_speaks_against_it() -> None:
    left, _ = matched(
        [person(1, "a@x", name="Anna Fox")], [person(2, phone="+1", name="Anna Fox")]
    )
    assert (left[1].partner, left[1].how) == (2, "name")


def test_a_name_with_a_contradicting_email_or_phone_is_no_match() -> None:
    for mine, theirs in (("a@x", "b@x"), ("", "")):
        phones = ("", "") if mine else ("+1", "+2")
        left, right = matched(
            [person(1, mine, phones[0], "Anna Fox")],
            [person(2, theirs, phones[1], "Anna Fox")],
        )
        assert (codes(left), codes(right)) == ({1: "no_match"}, {2: "no_match"})


def test_a_name_that_is_not_unique_goes_to_review() -> None:
    left, right = matched(
        [person(1, name="Anna Fox")],
        [person(2, "a@x", name="Anna Fox"), person(3, "b@x", name="Anna Fox")],
    )
    assert codes(left) == {1: "several_fit"}
    assert codes(right) == {2: "shared_key", 3: "shared_key"}


def test_the_reason_names_the_side_that_shares_the_key() -> None:
    left, _ = matched(
        [person(1, "a@x", name="Anna Fox")],
        [person(2, name="Anna Fox"), person(3, "c@x", name="Anna Fox")],
    )
    assert left[1].why == "Several people at Right share this name."


def test_who_looks_like_somebody_linked_goes_to_review() -> None:
    left, right = matched(
        [person(1, "a@x", linked_to=2), person(3, "a@x")],
        [person(2, "a@x", linked_to=1)],
    )
    assert codes(left) == {3: "partner_linked"}
    assert right == {}


def test_a_vendor_is_matched_like_anybody() -> None:
    left, _ = matched([person(1, "a@x")], [person(2, "a@x", excluded="vendor")])
    assert left[1].kind == "link"


def test_somebody_unlike_a_vendor_is_reviewed_and_not_silently_left_out() -> None:
    left, _ = matched(
        [person(1, "a@x", name="Anna")],
        [person(2, "a@x", name="Peter", excluded="vendor")],
    )
    assert codes(left) == {1: "unlike_name"}


def test_keys_not_chosen_play_no_part() -> None:
    left, _ = matched(
        [person(1, "a@x", name="Anna Fox")],
        [person(2, "a@x", name="Anna Fox")],
        ("phone",),
    )
    assert codes(left) == {1: "no_match"}


@st.composite
def sides(draw: st.DrawFn) -> tuple[list[Person], list[Person]]:
    def some(first: int) -> list[Person]:
        return [
            person(
                first + number,
                draw(st.sampled_from(["", "a@x", "b@x", "c@x"])),
                draw(st.lists(st.sampled_from(["", "+1", "+2", "+3"]), max_size=2)),
                draw(st.sampled_from(NAMES)),
            )
            for number in range(draw(st.integers(0, 5)))
        ]

    return some(1), some(100)


@given(sides())
@settings(max_examples=80)
def test_each_partners_partner_is_oneself(
    population: tuple[list[Person], list[Person]],
) -> None:
    left, right = matched(*population)
    for mine, theirs in ((left, right), (right, left)):
        for pk, verdict in mine.items():
            if verdict.kind == "link":
                assert verdict.partner is not None
                back = theirs[verdict.partner]
                assert (back.partner, back.how) == (pk, verdict.how)


@given(sides())
@settings(max_examples=80)
def test_a_link_rests_on_a_key_nobody_else_has(
    population: tuple[list[Person], list[Person]],
) -> None:
    left, _ = matched(*population)
    lefts, rights = people(*population[0]), people(*population[1])
    for pk, verdict in left.items():
        if verdict.kind != "link":
            continue
        one, two = lefts[pk], rights[verdict.partner or 0]
        shared = set(one.keys(verdict.how)) & set(two.keys(verdict.how))
        assert any(
            sum(key in each.keys(verdict.how) for each in side.values()) == 1
            and sum(key in each.keys(verdict.how) for each in other.values()) == 1
            for side, other in [(lefts, rights)]
            for key in shared
        )
        assert not one.is_unlike(two)
        assert verdict.how != "name" or not one.contradicts(two)


@given(sides(), st.randoms(use_true_random=False))
@settings(max_examples=80)
def test_the_order_of_people_decides_nothing(
    population: tuple[list[Person], list[Person]], chance: random.Random
) -> None:
    shuffled = [chance.sample(side, len(side)) for side in population]
    expected, found = matched(*population), matched(*shuffled)
    for one, two in zip(expected, found, strict=True):
        assert one == two


@given(sides())
@settings(max_examples=80)
def test_every_pair_that_only_has_each_other_is_linked(
    population: tuple[list[Person], list[Person]],
) -> None:
    left, _ = matched(*population)
    for one in population[0]:
        for two in population[1]:
            if not _only_each_other(one, two, population):
                continue
            if one.is_other(two):  # a phone number alone: another e-mail and last name
                assert left[one.pk].code == "other_name"
            else:
                assert left[one.pk].partner == two.pk


def _only_each_other(
    one: Person, two: Person, population: tuple[list[Person], list[Person]]
) -> bool:
    near = {"email", "phone"}
    touching = [
        each
        for each in (*population[0], *population[1])
        if each.pk not in {one.pk, two.pk}
        and any(set(each.keys(k)) & (set(one.keys(k)) | set(two.keys(k))) for k in near)
    ]
    shares = any(set(one.keys(k)) & set(two.keys(k)) for k in near)
    return shares and not touching and not one.is_unlike(two)


def test_a_name_does_not_choose_between_duplicates_of_one_side() -> None:
    left, right = matched(
        [person(1, "g@x", name="Gus Twice"), person(2, "g@x", name="Gustav Twice")],
        [person(3, "g@x", name="Gus Twice")],
    )
    assert [left[1].kind, left[2].kind, right[3].kind] == ["review"] * 3
