"""Matching: which unlinked records of the two sides are the same person.

Exact on normalised e-mail and E.164 phone, then on the full name (design §7). A key
that several records of one side share never links; a shared key with clearly unlike
first names, and whoever looks like somebody already linked, goes to review. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal

from crosswalk.names import unlike
from mapping.convert import Side, other
from sync.engine.types import Candidate

KIND_WORDS = {"email": "e-mail", "phone": "phone number", "name": "name"}


@dataclass(frozen=True, slots=True)
class Person:
    """A record as matching sees it. `linked_to` is its partner's pk, if any."""

    pk: int
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    name: str = ""
    first_name: str = ""
    linked_to: int | None = None
    excluded: str = ""

    def keys(self, kind: str) -> Sequence[str]:
        """Return the person's keys of a kind, in an order that never varies."""
        if kind == "email":
            return sorted(self.emails)
        if kind == "phone":
            return sorted(self.phones)
        return (self.name,) if self.name else ()

    def contradicts(self, them: Person) -> bool:
        """Whether e-mails or phones of both are known and have nothing in common."""
        return bool(
            (self.emails and them.emails and not self.emails & them.emails)
            or (self.phones and them.phones and not self.phones & them.phones)
        )

    def is_unlike(self, them: Person) -> bool:
        """Whether their first names are clearly of two people."""
        return unlike(self.first_name, them.first_name, them.name) and unlike(
            them.first_name, self.first_name, self.name
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What matching says of one unlinked record."""

    kind: Literal["link", "review", "none"]
    why: str
    code: str
    partner: int | None = None
    how: str = ""
    candidates: tuple[Candidate, ...] = ()


NOBODY = Verdict("none", "Nobody on the other side fits.", "no_match")


@dataclass(slots=True)
class Population:
    """All people of both sides whose keys matter, indexed by key."""

    left: Mapping[int, Person]
    right: Mapping[int, Person]
    names: Mapping[Side, str] = field(
        default_factory=lambda: {"left": "left", "right": "right"}
    )
    # pairs that a person keeps apart, each with the smaller pk first
    apart: Set[tuple[int, int]] = frozenset()
    _index: dict[tuple[str, str, str], list[Person]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        index: dict[tuple[str, str, str], list[Person]] = defaultdict(list)
        for side, people in (("left", self.left), ("right", self.right)):
            for _, person in sorted(people.items()):
                for kind in ("email", "phone", "name"):
                    for value in person.keys(kind):
                        index[side, kind, value].append(person)
        self._index = dict(index)

    def are_apart(self, one: Person, two: Person) -> bool:
        """Whether a person has said that these are two people."""
        return (min(one.pk, two.pk), max(one.pk, two.pk)) in self.apart

    def holders(self, side: Side, kind: str, value: str) -> Sequence[Person]:
        """Return the people of a side who have a key."""
        return self._index.get((side, kind, value), ())

    def people(self, side: Side) -> Mapping[int, Person]:
        """Return the people of a side by pk."""
        return self.left if side == "left" else self.right


def match_all(
    population: Population, kinds: Sequence[str]
) -> tuple[dict[int, Verdict], dict[int, Verdict]]:
    """Return the verdicts of the unlinked people of the left and the right side."""
    links = _links(population, kinds)
    partners: dict[Side, dict[int, tuple[int, str]]] = {
        "left": links,
        "right": {right: (left, kind) for left, (right, kind) in links.items()},
    }
    verdicts: dict[Side, dict[int, Verdict]] = {"left": {}, "right": {}}
    sides: tuple[Side, ...] = ("left", "right")
    for side in sides:
        for pk, person in population.people(side).items():
            if person.linked_to is not None:
                continue
            if pk in partners[side]:
                partner, kind = partners[side][pk]
                verdicts[side][pk] = Verdict(
                    "link", f"Same {KIND_WORDS[kind]}.", f"same_{kind}", partner, kind
                )
            else:
                verdicts[side][pk] = _unmatched(population, side, person, kinds)
    return verdicts["left"], verdicts["right"]


def _links(population: Population, kinds: Sequence[str]) -> dict[int, tuple[int, str]]:
    """Return the certain pairs, left pk → (right pk, kind of key).

    Stronger keys first. Within a kind both must name each other and nobody else, so
    that the order in which people are looked at never decides.
    """
    links: dict[int, tuple[int, str]] = {}
    free: dict[Side, set[int]] = {
        "left": {p.pk for p in population.left.values() if p.linked_to is None},
        "right": {p.pk for p in population.right.values() if p.linked_to is None},
    }
    for kind in kinds:
        found: list[tuple[int, int]] = []
        for pk in free["left"]:
            person = population.left[pk]
            them = _certain(population, "left", person, kind, free)
            if them and _certain(population, "right", them, kind, free) is person:
                found.append((pk, them.pk))
        for left, right in found:
            links[left] = (right, kind)
            free["left"].discard(left)
            free["right"].discard(right)
    return links


def _certain(
    population: Population,
    side: Side,
    person: Person,
    kind: str,
    free: Mapping[Side, Set[int]],
) -> Person | None:
    """Return the one free person across whom a person's keys of a kind name."""
    there = other(side)
    found: dict[int, Person] = {}
    for value in person.keys(kind):
        mine = population.holders(side, kind, value)
        theirs = population.holders(there, kind, value)
        if len(mine) != 1 or len(theirs) != 1 or theirs[0].pk not in free[there]:
            continue
        if population.are_apart(person, theirs[0]):
            continue
        if _fits(population, kind, person, theirs[0]):
            found[theirs[0].pk] = theirs[0]
    return next(iter(found.values())) if len(found) == 1 else None


def _fits(population: Population, kind: str, person: Person, them: Person) -> bool:
    if kind == "name":
        return not person.contradicts(them) and not _has_double(
            population, person, them
        )
    return not person.is_unlike(them)


def _has_double(population: Population, person: Person, them: Person) -> bool:
    """Whether a key of both is also held by somebody who may be the same person.

    Then a name would only guess which of the duplicates is meant.
    """
    sides: tuple[Side, ...] = ("left", "right")
    return any(
        not person.is_unlike(double)
        for kind in ("email", "phone")
        for value in sorted(set(person.keys(kind)) & set(them.keys(kind)))
        for side in sides
        for double in population.holders(side, kind, value)
        if double is not person
        and double is not them
        and not population.are_apart(person, double)
    )


def _unmatched(
    population: Population, side: Side, person: Person, kinds: Sequence[str]
) -> Verdict:
    """Return review or none for a person who has no certain partner."""
    there = other(side)
    across = _shared(population, there, person, kinds)
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


def _shared(
    population: Population,
    side: Side,
    person: Person,
    kinds: Sequence[str],
    *,
    names: bool = True,
) -> list[tuple[str, Person]]:
    """Return who on a side shares a key with a person, each once."""
    found: dict[int, tuple[str, Person]] = {}
    for kind in kinds:
        if kind == "name" and not names:
            continue
        for value in person.keys(kind):
            for them in population.holders(side, kind, value):
                if kind == "name" and person.contradicts(them):
                    continue
                if population.are_apart(person, them):
                    continue
                found.setdefault(them.pk, (kind, them))
    return list(found.values())


def _review(
    population: Population,
    side: Side,
    person: Person,
    across: Sequence[tuple[str, Person]],
) -> Verdict:
    there = population.names[other(side)]
    kind, them = across[0]
    candidates = _candidates(other(side), across)
    word = KIND_WORDS[kind]
    if len(across) > 1:
        why, code = f"{len(across)} people at {there} fit.", "several_fit"
    elif kind != "name" and person.is_unlike(them):
        why, code = f"Same {word}, but another first name.", "unlike_name"
    elif them.linked_to is not None:
        why = f"Same {word} as somebody at {there} who is linked to another person."
        code = "partner_linked"
    elif crowded := _crowded(population, kind, person, them):
        why = f"Several people at {population.names[crowded]} share this {word}."
        code = "shared_key"
    else:
        why = f"Same {word} as somebody at {there} who fits another person too."
        code = "partner_taken"
    return Verdict("review", why, code, candidates=candidates)


def _crowded(
    population: Population, kind: str, person: Person, them: Person
) -> Side | None:
    """Return the side on which several hold a key that two people share."""
    sides: tuple[Side, ...] = ("left", "right")
    for value in person.keys(kind):
        for side in sides:
            several = len(population.holders(side, kind, value)) > 1
            if several and value in them.keys(kind):
                return side
    return None


def _candidates(
    side: Side, found: Sequence[tuple[str, Person]]
) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(side, them.pk, f"Same {KIND_WORDS[kind]}")
        for kind, them in found[:10]
    )
