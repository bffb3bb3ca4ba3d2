"""Judging who has no certain partner: does a person have to look, or is it nobody?"""

from __future__ import annotations

from collections.abc import Sequence

from mapping.convert import Side, other
from sync.engine.people import (
    KIND_WORDS,
    NOBODY,
    SIDES,
    Person,
    Population,
    Verdict,
)
from sync.engine.shared import is_of_many, is_role
from sync.engine.types import Candidate

MOST_SHOWN = 10  # candidates of one person
ASKED = "asked"  # not a key: a person unlinked the two
Shared = tuple[str, Person]  # what is shared, with whom


def judge(
    population: Population, side: Side, person: Person, kinds: Sequence[str]
) -> Verdict:
    """Return review or none for a person who has no certain partner."""
    there = other(side)
    across = [
        *_asked(population, there, person),
        *_shared(population, there, person, kinds),
    ]
    if across:
        return _review(population, side, person, across)
    beside = [
        (kind, them)
        for kind, them in _shared(population, side, person, kinds, names=False)
        if them.pk != person.pk and not person.is_unlike(them)
    ]
    if beside:
        kind = beside[0][0]
        return Verdict(
            "review",
            f"Looks like somebody else at {population.names[side]}: same "
            f"{KIND_WORDS[kind]}.",
            "duplicate_inside",
            candidates=_candidates(side, beside),
        )
    return NOBODY


def _asked(population: Population, there: Side, person: Person) -> list[Shared]:
    """Return whom a person was taken apart from, to be decided again."""
    people = population.people(there)
    return [(ASKED, people[pk]) for pk in population.asked_of(person) if pk in people]


def _shared(
    population: Population,
    side: Side,
    person: Person,
    kinds: Sequence[str],
    *,
    names: bool = True,
) -> list[Shared]:
    """Return who on a side shares a key with a person, each once."""
    found: dict[int, Shared] = {}
    for kind in kinds:
        if kind == "name" and not names:
            continue
        for value in person.keys(kind):
            is_common = kind != "name" and is_of_many(population, kind, value)
            for them in population.holders(side, kind, value):
                if kind == "name" and person.contradicts(them):
                    continue
                if is_common and person.is_unlike(them):
                    continue  # a switchboard: colleagues, not one person
                if population.are_apart(person, them):
                    continue
                if population.is_asked(person, them):
                    continue  # among them already
                found.setdefault(them.pk, (kind, them))
    return list(found.values())


def _review(
    population: Population, side: Side, person: Person, across: Sequence[Shared]
) -> Verdict:
    why, code = _why(population, side, person, across)
    return Verdict("review", why, code, candidates=_candidates(other(side), across))


def _why(
    population: Population, side: Side, person: Person, across: Sequence[Shared]
) -> tuple[str, str]:
    """Return in words and as a code why nobody is linked though somebody fits."""
    there = population.names[other(side)]
    kind, them = across[0]
    if kind == ASKED:
        return "They were linked and taken apart. Are they one person?", "asked_again"
    word = KIND_WORDS[kind]
    if len(across) > 1:
        return f"{len(across)} people at {there} fit.", "several_fit"
    if kind != "name" and person.is_unlike(them):
        return f"Same {word}, but another first name.", "unlike_name"
    if kind == "phone" and person.is_other(them):
        return f"Same {word}, but another name and another e-mail.", "other_name"
    if them.linked_to is not None:
        return (
            f"Same {word} as somebody at {there} who is linked to another person.",
            "partner_linked",
        )
    if crowded := _crowded(population, kind, person, them):
        return (
            f"Several people at {population.names[crowded]} share this {word}.",
            "shared_key",
        )
    if kind == "email" and _is_office(person, them):
        return (
            "Same e-mail, but it is an office's, and only one has a name.",
            "role_address",
        )
    return (
        f"Same {word} as somebody at {there} who fits another person too.",
        "partner_taken",
    )


def _is_office(person: Person, them: Person) -> bool:
    """Whether all e-mails that two people share are an office's, and one is nameless."""
    shared = person.emails & them.emails
    return bool(person.name) != bool(them.name) and all(map(is_role, shared))


def _crowded(
    population: Population, kind: str, person: Person, them: Person
) -> Side | None:
    """Return the side on which several hold a key that two people share."""
    for value in person.keys(kind):
        for side in SIDES:
            several = len(population.holders(side, kind, value)) > 1
            if several and value in them.keys(kind):
                return side
    return None


def _candidates(side: Side, found: Sequence[Shared]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            side,
            them.pk,
            "Linked before" if kind == ASKED else f"Same {KIND_WORDS[kind]}",
        )
        for kind, them in found[:MOST_SHOWN]
    )
