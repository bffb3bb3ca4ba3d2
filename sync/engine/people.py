"""People as matching sees them, and what it says of them. Pure, plain data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal

from crosswalk.names import akin, unlike
from mapping.convert import Side
from sync.engine.types import Candidate

KIND_WORDS = {"email": "e-mail", "phone": "phone number", "name": "name"}
STRONG = ("email", "phone")
SOUND = "sound"  # blocks those whose names sound alike; proves nothing by itself
KEY_KINDS = (*STRONG, "name", SOUND)
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Person:
    """A record as matching sees it. `linked_to` is its partner's pk, if any.

    `company`, `city`, `postcode` and `site` prove nobody; they add to or take from the
    likeness of two people whose names sound alike.
    """

    pk: int
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    name: str = ""
    first_name: str = ""
    linked_to: int | None = None
    excluded: str = ""
    sound: str = ""
    company: str = ""
    city: str = ""
    postcode: str = ""
    site: str = ""

    def keys(self, kind: str) -> Sequence[str]:
        """Return the person's keys of a kind, in an order that never varies."""
        if kind == "email":
            return sorted(self.emails)
        if kind == "phone":
            return sorted(self.phones)
        value = self.name if kind == "name" else self.sound
        return (value,) if value else ()

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

    def is_other(self, them: Person) -> bool:
        """Whether they have other e-mails and another last name, or one has no name.

        A phone number alone does not make one person of them: it may be an office's.
        """
        if not (self.emails and them.emails) or self.emails & them.emails:
            return False
        return not akin(self.name, them.name)


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


def link_verdict(partner: int, kind: str) -> Verdict:
    """Return the verdict of two people whom a key of a kind links."""
    return Verdict("link", f"Same {KIND_WORDS[kind]}.", f"same_{kind}", partner, kind)


def pair_of(one: int, two: int) -> tuple[int, int]:
    """Return two pks as a pair is known: the smaller first."""
    return (one, two) if one < two else (two, one)


@dataclass(slots=True)
class Population:
    """People of both sides, indexed by key.

    Whoever is asked about must be there with everybody who holds one of their keys;
    who else is there does not matter.
    """

    left: Mapping[int, Person]
    right: Mapping[int, Person]
    names: Mapping[Side, str] = field(
        default_factory=lambda: {"left": "left", "right": "right"}
    )
    # pairs that a person keeps apart, and pairs that a person took apart to be asked
    # again; each with the smaller pk first
    apart: Set[tuple[int, int]] = frozenset()
    asked: Set[tuple[int, int]] = frozenset()
    crowded: Set[tuple[str, str]] = frozenset()  # (kind, value) that say nothing
    _index: dict[tuple[str, str, str], list[Person]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        index: dict[tuple[str, str, str], list[Person]] = defaultdict(list)
        for side in SIDES:
            for _, person in sorted(self.people(side).items()):
                for kind in KEY_KINDS:
                    for value in person.keys(kind):
                        if (kind, value) not in self.crowded:
                            index[side, kind, value].append(person)
        self._index = dict(index)

    def are_apart(self, one: Person, two: Person) -> bool:
        """Whether a person has said that these are two people."""
        return pair_of(one.pk, two.pk) in self.apart

    def is_asked(self, one: Person, two: Person) -> bool:
        """Whether a person has unlinked these two and wants to be asked."""
        return pair_of(one.pk, two.pk) in self.asked

    def holders(self, side: Side, kind: str, value: str) -> Sequence[Person]:
        """Return the people of a side who have a key, in an order that never varies."""
        return self._index.get((side, kind, value), ())

    def crowd(self, kind: str, value: str) -> int:
        """Return how many people of one side have a key, the fuller side's count."""
        return max(len(self.holders(side, kind, value)) for side in SIDES)

    def people(self, side: Side) -> Mapping[int, Person]:
        """Return the people of a side by pk."""
        return self.left if side == "left" else self.right

    def asked_of(self, person: Person) -> Iterable[int]:
        """Return the pks of whom a person was taken apart from, to be asked."""
        return sorted(
            one + two - person.pk for one, two in self.asked if person.pk in (one, two)
        )
