"""The invented people: who is in which system, and how differently they are written.

Nobody here is real: e-mail domains end in .example, phones lie in the ranges that
the regulators keep for fiction.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace

from sandbox import names
from sandbox.person import Person, SidePerson
from sandbox.variants import VARIANTS, named, phone_as, slug

__all__ = ["Person", "SidePerson", "seed_people"]

SEED = 2026
# How many of the pairs are written in which way; together 120.
PAIR_VARIANTS = {
    "plain": 14,
    "email_case": 12,
    "phone_national": 14,
    "phone_00": 8,
    "phone_zero": 6,
    "accents": 10,
    "company_name": 12,
    "missing_phone": 8,
    "missing_email": 6,
    "upper": 5,
    "short_name": 4,
    "spaces": 3,
    "non_latin": 6,
    "long": 3,
    "other_values": 5,
    "name_only": 4,
}
LEFT_ONLY, RIGHT_ONLY = 166, 86
FAMILIES = 4
LEFT_DUPLICATES, RIGHT_DUPLICATES = 10, 10


def seed_people() -> list[Person]:
    """300 records for HighLevel and 220 for Zoho, always the same ones."""
    maker = _Maker(random.Random(SEED))
    pairs = [
        maker.pair(variant)
        for variant, count in PAIR_VARIANTS.items()
        for _ in range(count)
    ]
    left = [maker.left_only() for _ in range(LEFT_ONLY)]
    right = [maker.right_only(place) for place in range(RIGHT_ONLY)]
    families = [person for _ in range(FAMILIES) for person in maker.family()]
    people = maker.with_duplicates(pairs, left, right) + families
    maker.random.shuffle(people)
    return people


class _Maker:
    """Draws people that share no name, e-mail or phone unless they are meant to."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self._names = [(a, b) for a in names.FIRST_NAMES for b in names.LAST_NAMES]
        source.shuffle(self._names)
        self._companies = [
            f"{a} {b} {source.choice(names.COMPANY_ENDING)}".strip()
            for a in names.COMPANY_FIRST
            for b in names.COMPANY_SECOND
        ]
        source.shuffle(self._companies)
        self._special = {
            "accents": list(names.ACCENTED),
            "non_latin": list(names.NON_LATIN),
            "long": list(names.LONG),
            "short_name": [
                (full, last)
                for (full, _), last in zip(
                    names.SHORT_NAMES, names.LAST_NAMES[-4:], strict=True
                )
            ],
        }
        self._number = 0
        self._used: set[tuple[str, str]] = set()

    def human(self, variant: str = "plain", country: str | None = None) -> Person:
        self._number += 1
        special = self._special.get(variant)
        first, last = special.pop() if special else self._names.pop()
        self._used.add((first, last))
        country = country or self._country(variant)
        city, code, prefix = self.random.choice(names.PLACES[country])
        company = self._companies.pop() if self._wants_company(variant) else ""
        return Person(
            number=self._number,
            first_name=first,
            last_name=last,
            email=self._email(first, last, company),
            phone=self._phone(prefix),
            company=company,
            website=f"https://www.{slug(company)}.example" if company else "",
            address1=f"{self.random.randint(1, 180)} {self.random.choice(names.STREETS)}",
            city=city,
            postal_code=self._postal_code(country, code),
            country=country,
            variant=variant,
        )

    def pair(self, variant: str) -> Person:
        person = self.human(variant)
        left, right = self._side(person, tags=True), self._side(person)
        left, right = VARIANTS[variant](self.random, left, right)
        expect = "name" if variant == "name_only" else "link"
        return replace(person, left=left, right=named(right), expect=expect)

    def left_only(self) -> Person:
        person = self.human()
        side = self._side(person, tags=True)
        # Every HighLevel contact has an e-mail or a phone (highlevel.md §5).
        missing = self.random.random()
        if missing < 0.15:
            side = replace(side, phone="")
        elif missing < 0.25:
            side = replace(side, email="")
        return replace(person, left=side)

    def right_only(self, place: int) -> Person:
        person = self.human()
        side = phone_as(self._side(person), place % 4)
        if place < 4:
            side = replace(side, contact_type="vendor")
        elif place < 10:
            side = replace(side, status="inactive")
        elif place < 13:
            side = replace(side, email="", phone="")
        elif place < 25:
            side = replace(side, phone="")
        return replace(person, right=named(side))

    def family(self) -> tuple[Person, Person]:
        """Two people with one phone and one last name, one in each system."""
        one, other = self.human(country="GB"), self.human(country="GB")
        first, last = other.first_name, one.last_name
        if first[:2] == one.first_name[:2] or (first, last) in self._used:
            return self.family()
        self._used.add((first, last))
        email = self._email(first, last, "")
        other = replace(other, last_name=last, phone=one.phone, email=email)
        return (
            replace(
                one,
                left=self._side(one, tags=True),
                variant="family",
                expect="review",
            ),
            replace(
                other,
                right=named(self._side(other)),
                variant="family",
                expect="review",
            ),
        )

    def with_duplicates(
        self, pairs: list[Person], left: list[Person], right: list[Person]
    ) -> list[Person]:
        """Add second records inside one side; whoever is concerned goes to review."""
        half = LEFT_DUPLICATES // 2
        plain = [each for each in pairs if each.variant in ("plain", "phone_national")]
        whole = [each for each in left if each.left and each.left.email]
        valid = [each for each in right[25:] if each.right and each.right.email]
        left_twice = plain[:half] + whole[: LEFT_DUPLICATES - half]
        right_twice = plain[half : 2 * half] + valid[: RIGHT_DUPLICATES - half]
        people = {each.number: each for each in pairs + left + right}
        for person in left_twice + right_twice:
            people[person.number] = replace(person, expect="review")
        for person in left_twice:
            self._add(people, _left_twice(person))
        for person in right_twice:
            self._add(people, _right_twice(person))
        return list(people.values())

    def _add(self, people: dict[int, Person], person: Person) -> None:
        self._number += 1
        people[self._number] = replace(
            person, number=self._number, variant="duplicate", expect="review"
        )

    def _side(self, person: Person, *, tags: bool = False) -> SidePerson:
        count = self.random.choice((0, 0, 1, 1, 2))
        return SidePerson(
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email,
            phone=person.phone,
            company=person.company,
            website=person.website,
            address1=person.address1,
            city=person.city,
            postal_code=person.postal_code,
            country=person.country,
            tags=self.random.sample(names.TAGS, count) if tags else [],
            sub_type="business" if person.company else "individual",
        )

    def _country(self, variant: str) -> str:
        if variant.startswith("phone_"):
            return "GB"
        return self.random.choices(("GB", "US", "DE", "FR", "AU"), (78, 9, 5, 4, 4))[0]

    def _wants_company(self, variant: str) -> bool:
        return variant in ("company_name", "other_values") or self.random.random() < 0.4

    def _email(self, first: str, last: str, company: str) -> str:
        name = f"{slug(first)}.{slug(last)}"[:60].strip(".")
        domain = slug(company) or self.random.choice(("mailbox", "postfach", "inbox"))
        return f"{name or f'hello{self._number}'}@{domain}.example"

    def _phone(self, prefix: str) -> str:
        """Numbers follow each other, so no two people have the same by accident."""
        return re.sub(r"[^+\d]", "", prefix) + f"{self._number:03d}"

    def _postal_code(self, country: str, code: str) -> str:
        if country != "GB":
            return code
        return f"{code} {self.random.randint(1, 9)}{self.random.choice('ABDEFGH')}Q"


def _left_twice(person: Person) -> Person:
    """The same e-mail in another case, without the phone."""
    side = person.left or SidePerson()
    side = replace(side, email=side.email.title(), phone="", tags=["import"])
    return replace(person, left=side, right=None)


def _right_twice(person: Person) -> Person:
    """The same e-mail under another contact_name, without the phone."""
    side = person.right or SidePerson()
    name = f"{side.contact_name} (old)"
    side = replace(side, contact_name=name, phone="", company="")
    return replace(person, left=None, right=side)
