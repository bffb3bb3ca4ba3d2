"""Invented people on two systems, messy as real ones, with the truth of who is who.

Each case makes a few people: `truth` names a person, and whoever has the same on both
sides is a pair. `shares` says whether the two were left an e-mail or a phone in common.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

FIRST = [
    "James",
    "Mary",
    "Robert",
    "Patricia",
    "John",
    "Jennifer",
    "Michael",
    "Linda",
    "David",
    "Elizabeth",
    "William",
    "Barbara",
    "Richard",
    "Susan",
    "Joseph",
    "Jessica",
    "Thomas",
    "Sarah",
    "Charles",
    "Karen",
    "Christopher",
    "Lisa",
    "Daniel",
    "Nancy",
    "Matthew",
    "Betty",
    "Anthony",
    "Margaret",
    "Mark",
    "Sandra",
    "Donald",
    "Ashley",
    "Steven",
    "Emily",
    "Andrew",
    "Donna",
    "Paul",
    "Michelle",
    "Joshua",
    "Carol",
    "Kenneth",
    "Amanda",
    "Kevin",
    "Melissa",
    "Brian",
    "Deborah",
    "José",
    "María",
    "Zoë",
    "Łukasz",
    "Søren",
    "Chloé",
    "Jürgen",
    "Björk",
    "Aoife",
    "Siobhán",
    "Nguyen",
    "Priya",
    "Wei",
    "Hiroshi",
    "Fatima",
    "Mohamed",
    "Olga",
    "Dmitri",
    "Anneliese",
    "Jean-Luc",
    "Mary-Ann",
    "Giulia",
    "Ewa",
    "Tomás",
    "Inés",
    "Ravi",
]
ONSETS = [
    "B",
    "Br",
    "C",
    "Ch",
    "D",
    "F",
    "G",
    "Gr",
    "H",
    "J",
    "K",
    "L",
    "M",
    "N",
    "P",
    "Qu",
    "R",
    "S",
    "Sch",
    "St",
    "T",
    "Th",
    "V",
    "W",
    "Z",
    "Cr",
    "Bl",
    "Kn",
]
MIDDLES = [
    "a",
    "e",
    "i",
    "o",
    "u",
    "ai",
    "ea",
    "oo",
    "er",
    "an",
    "el",
    "in",
    "or",
    "ar",
    "on",
]
ENDS = [
    "son",
    "ley",
    "ton",
    "ford",
    "man",
    "well",
    "field",
    "worth",
    "berg",
    "stein",
    "ski",
    "ova",
    "ez",
    "es",
    "ini",
    "er",
    "ing",
    "den",
    "ber",
    "ck",
    "th",
    "rs",
    "nd",
    "lt",
    "ham",
    "wood",
    "bridge",
    "more",
]
SHORT = {
    "Robert": "Bob", "William": "Bill", "Richard": "Dick", "Margaret": "Peggy",
    "Elizabeth": "Liz", "James": "Jim", "Charles": "Chuck", "Anthony": "Tony",
    "Thomas": "Tom", "Joseph": "Joe", "Michael": "Mike", "Susan": "Sue",
    "Christopher": "Chris", "Deborah": "Debbie", "Patricia": "Trish", "Steven": "Steve",
}  # fmt: skip
PLAIN = str.maketrans("éíáóúñëøćłüö", "eiaounoocluo")
TRADES = [
    "Roofing",
    "Legal",
    "Dental",
    "Media",
    "Foods",
    "Motors",
    "Travel",
    "Design",
    "Energy",
    "Homes",
]
TOWNS = [
    "Bath",
    "Leeds",
    "York",
    "Derby",
    "Truro",
    "Wells",
    "Ripon",
    "Salford",
    "Exeter",
    "Durham",
]


@dataclass(frozen=True, slots=True)
class Messy:
    """One record of an invented person."""

    truth: int
    case: str
    first: str = ""
    last: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    city: str = ""

    @property
    def highlevel(self) -> dict[str, str | None]:
        """Return it as HighLevel has it."""
        return {
            "firstName": self.first or None,
            "lastName": self.last or None,
            "email": self.email or None,
            "phone": self.phone or None,
            "companyName": self.company or None,
            "city": self.city or None,
        }

    @property
    def zoho(self) -> dict[str, str | None]:
        """Return it as Zoho Invoice has it."""
        return {
            "first_name": self.first or None,
            "last_name": self.last or None,
            "email": self.email or None,
            "phone": self.phone or None,
            "company_name": self.company or None,
            "billing_address.city": self.city or None,
        }


@dataclass(slots=True)
class Sides:
    """Both systems' people."""

    left: list[Messy] = field(default_factory=list)
    right: list[Messy] = field(default_factory=list)


class Town:
    """Makes people up; the same seed makes the same people."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.lasts = sorted({self._last() for _ in range(4000)})
        self.count = 0

    def _last(self) -> str:
        pick = self.chance.choice
        middle = pick(MIDDLES) + (pick(("", "l", "n", "r", "s")) + pick(MIDDLES)) * (
            self.chance.random() < 0.4
        )
        return pick(ONSETS) + middle + pick(ENDS)

    def person(self, case: str, **more: str) -> Messy:
        """Return a new person, with all that is known of them."""
        self.count += 1
        pick = self.chance.choice
        first, last = pick(FIRST), pick(self.lasts)
        company = f"{pick(self.lasts)} {pick(TRADES)}"
        made = Messy(self.count, case, first, last, company=company, city=pick(TOWNS))
        made = replace(made, **more)
        local = f"{made.first}.{made.last}".lower().translate(PLAIN).replace(" ", "")
        domain = pick(("gmail.com", company.lower().replace(" ", "") + ".example"))
        return replace(
            made,
            email=more.get("email", f"{local}{self.count % 97}@{domain}"),
            phone=more.get("phone", self.number()),
        )

    def number(self) -> str:
        """Return a British number of somebody's own."""
        return f"+44 7{self.chance.randrange(100_000_000, 999_999_999)}"

    def typo(self, word: str) -> str:
        """Return a word with one slip of the fingers."""
        at = self.chance.randrange(1, max(2, len(word) - 1))
        slip = self.chance.choice("sdw")
        if slip == "s" and at + 1 < len(word):
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if slip == "d":
            return word[:at] + word[at + 1 :]
        return word[:at] + self.chance.choice("aeiorstn") + word[at + 1 :]


Pair = tuple[list[Messy], list[Messy]]


def both(town: Town, case: str, **changes: str) -> Pair:
    """Return a person on both sides, with changes on the right."""
    person = town.person(case)
    return [person], [replace(person, **changes)]


def clean(town: Town) -> Pair:
    return both(town, "clean")


def typo_in_name(town: Town) -> Pair:
    person = town.person("typo in name")
    return [person], [replace(person, last=town.typo(person.last), phone="")]


def nickname(town: Town) -> Pair:
    first = town.chance.choice(sorted(SHORT))
    person = town.person("nickname", first=first)
    return [person], [replace(person, first=SHORT[first], email="")]


def swapped(town: Town) -> Pair:
    person = town.person("swapped name")
    return [person], [replace(person, first=person.last, last=person.first, phone="")]


def initial(town: Town) -> Pair:
    person = town.person("initial")
    return [person], [replace(person, first=f"{person.first[0]}.", phone="")]


def plain_letters(town: Town) -> Pair:
    person = town.person("no accents")
    plain = replace(
        person, first=person.first.translate(PLAIN), last=person.last.translate(PLAIN)
    )
    return [person], [replace(plain, phone="")]


def name_only(town: Town) -> Pair:
    person = town.person("no key in common, no contradiction")
    return [replace(person, phone="")], [replace(person, email="")]


def new_company(town: Town) -> Pair:
    person = town.person("moved to another company")
    email = f"{person.last.lower()}@{town.chance.choice(town.lasts).lower()}.example"
    moved = replace(person, company=town.person("").company, email=email)
    return [person], [moved]


def typo_in_email(town: Town) -> Pair:
    person = town.person("typo in e-mail")
    local, _, domain = person.email.partition("@")
    wrong = "".join(filter(str.isalpha, local))
    digits = "".join(filter(str.isdigit, local))
    email = f"{town.typo(wrong)}{digits}@{domain}"
    return [replace(person, phone="")], [replace(person, email=email, phone="")]


def private_email(town: Town) -> Pair:
    person = town.person("private e-mail, same company")
    email = f"{town.chance.choice(MIDDLES)}{town.count}@gmail.com"
    return [replace(person, phone="")], [replace(person, email=email, phone="")]


def family(town: Town) -> Pair:
    one = town.person("family")
    kin = [
        replace(town.person("family"), last=one.last, phone=one.phone, city=one.city)
        for _ in range(town.chance.choice((1, 2)))
    ]
    kin = [each for each in kin if each.first != one.first]
    shared = [replace(each, email=one.email) for each in kin]
    return [one, *kin], [one, *(shared if town.chance.random() < 0.3 else kin)]


def colleagues(town: Town) -> Pair:
    board, company = town.number(), f"{town.chance.choice(town.lasts)} Ltd"
    staff = [
        town.person("colleagues", phone=board, company=company)
        for _ in range(town.chance.randrange(4, 9))
    ]
    return staff[:-1], [staff[0], *staff[2:]]


def office(town: Town) -> Pair:
    email = f"info@{town.chance.choice(town.lasts).lower()}{town.count}.example"
    person = town.person("office address", email=email)
    return [person], [replace(person, first="", last="", phone="")]


def double(town: Town) -> Pair:
    person = town.person("twice in one system")
    return [person, replace(person, phone="")], [person]


def alone_left(town: Town) -> Pair:
    return [town.person("one side only")], []


def alone_right(town: Town) -> Pair:
    return [], [town.person("one side only")]


def namesakes(town: Town) -> Pair:
    one = town.person("namesakes")
    two = town.person("namesakes", first=one.first, last=one.last)
    return [one], [two]


def alike_neighbours(town: Town) -> Pair:
    one = town.person("neighbours by sound")
    two = town.person("neighbours by sound", first=one.first, last=town.typo(one.last))
    return [one], [two]


def namesakes_in_town(town: Town) -> Pair:
    one = town.person("namesakes of one town")
    same = {"first": one.first, "last": one.last, "city": one.city}
    return [one], [town.person("namesakes of one town", **same)]


def alike_colleagues(town: Town) -> Pair:
    case, company = "colleagues of like name", f"{town.chance.choice(town.lasts)} Ltd"
    one = town.person(case, company=company)
    last = town.typo(one.last)
    return [one], [town.person(case, first=one.first, last=last, company=company)]


def typo_and_private(town: Town) -> Pair:
    person = town.person("typo in name, private e-mail")
    email = f"{town.chance.choice(MIDDLES)}{town.count}@gmail.com"
    changed = replace(person, last=town.typo(person.last), email=email, phone="")
    return [person], [changed]


def typo_in_phone(town: Town) -> Pair:
    person = town.person("typo in phone, no e-mail")
    at = town.chance.randrange(6, len(person.phone))
    digit = str((int(person.phone[at]) + 1) % 10)
    wrong = person.phone[:at] + digit + person.phone[at + 1 :]
    return [replace(person, email="")], [replace(person, email="", phone=wrong)]


CASES: tuple[tuple[int, Callable[[Town], Pair]], ...] = (
    (300, clean),
    (30, typo_in_name),
    (25, nickname),
    (10, swapped),
    (20, initial),
    (15, plain_letters),
    (30, name_only),
    (25, new_company),
    (15, typo_in_email),
    (15, private_email),
    (25, family),
    (6, colleagues),
    (5, office),
    (10, double),
    (200, alone_left),
    (150, alone_right),
    (10, namesakes),
    (10, alike_neighbours),
    (10, namesakes_in_town),
    (3, alike_colleagues),
    (10, typo_and_private),
    (10, typo_in_phone),
)


def people(count: int, seed: int = 1) -> Sides:
    """Return about `count` people a side, in no order."""
    town = Town(seed)
    sides = Sides()
    weights = [weight for weight, _ in CASES]
    makers = [make for _, make in CASES]
    while len(sides.left) < count:
        lefts, rights = town.chance.choices(makers, weights)[0](town)
        sides.left += lefts
        sides.right += rights
    town.chance.shuffle(sides.left)
    town.chance.shuffle(sides.right)
    return sides


def true_pairs(sides: Sides) -> Iterator[tuple[int, int]]:
    """Yield the places (left, right) of those who are one person."""
    places: dict[int, list[int]] = {}
    for place, each in enumerate(sides.right):
        places.setdefault(each.truth, []).append(place)
    for place, each in enumerate(sides.left):
        for right in places.get(each.truth, ()):
            yield place, right
