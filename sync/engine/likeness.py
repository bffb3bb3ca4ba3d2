"""How likely two people are one: Fellegi and Sunter's weights, as splink keeps them.

For each thing compared, m is how often it comes out so for one person held twice, u
how often for two people whose names sound alike. log2(m / u) is its weight in bits;
weights are added to the prior and the sum is a probability. The tables are our own
estimates, checked by `python -m benchmarks.matching`; decision 0018 has the reasoning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from crosswalk.sounds import sound
from sync.engine.people import Person

# Before anything is compared: one in 17 is the same person, among those whose names
# sound alike and whom no e-mail, phone or name links. Shared by all who have the name.
PRIOR_BITS = -4.0
LIKELY_PERCENT = 85  # from here on a person is asked
COMMON = 20  # a name that more of one side bear says nothing


def _bits(m: float, u: float) -> float:
    return math.log2(m / u)


# what was found → (words, weight)
SAME_EMAIL = ("same e-mail", _bits(0.6, 0.0001))
TYPO_EMAIL = ("e-mail differs by one letter", _bits(0.05, 0.00005))
OWN_LOCAL = ("same e-mail name at another provider", _bits(0.08, 0.0005))
WORK_EMAIL = ("another e-mail at the same company", _bits(0.15, 0.05))
OTHER_EMAIL = ("another e-mail", _bits(0.35, 0.98))
SAME_PHONE = ("same phone number", _bits(0.5, 0.0002))
TAIL_PHONE = ("same phone number but for its prefix", _bits(0.04, 0.0001))
TYPO_PHONE = ("phone number differs by one digit", _bits(0.03, 0.0001))
OTHER_PHONE = ("another phone number", _bits(0.4, 0.98))
SAME_NAME = ("same name", _bits(0.6, 0.15))
SWAPPED_NAME = ("first and last name swapped", _bits(0.05, 0.015))
LIKE_NAME = ("similar name", _bits(0.3, 0.3))
OTHER_NAME = ("another name", _bits(0.05, 0.55))
UNLIKE_FIRST = ("another first name", _bits(0.001, 0.9))
SAME_COMPANY = ("same company", _bits(0.6, 0.005))
OTHER_COMPANY = ("another company", _bits(0.3, 0.98))
SAME_SITE = ("same website", _bits(0.5, 0.008))
SAME_POSTCODE = ("same postcode", _bits(0.6, 0.01))
SAME_CITY = ("same city", _bits(0.7, 0.1))
OTHER_PLACE = ("another place", _bits(0.3, 0.9))

# providers whose domain says nothing of an employer
FREE_MAIL = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "yahoo.com",
        "icloud.com",
        "me.com",
        "aol.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "proton.me",
        "protonmail.com",
        "btinternet.com",
        "hotmail.co.uk",
        "yahoo.co.uk",
        "orange.fr",
        "free.fr",
        "libero.it",
        "qq.com",
        "163.com",
        "mail.ru",
    ]
)
_LEGAL = re.compile(
    r"\b(ltd|limited|llc|inc|plc|gmbh|ag|kg|ug|corp|co|company|sarl|sas|srl|spa|bv|nv"
    r"|ab|as|oy|pty|the|and)\b"
)
SHORTEST_LOCAL = 6  # of an e-mail address that a typo can be told of
EXTENSION = 2  # digits by which the phones of an office differ
TAIL = 7  # digits of a phone number that stay when its prefix is lost

Found = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two people are one, in percent, and why: what counts most, first."""

    percent: int
    reasons: tuple[str, ...]

    @property
    def words(self) -> str:
        """Return it as the person who decides reads it."""
        text = ", ".join(self.reasons)
        return f"{text[:1].upper()}{text[1:]}."


def likeness(one: Person, two: Person, crowd: int = 1) -> Likeness:
    """Return how likely two people are one; the order of the two plays no part.

    `crowd`: how many people of one side have a name that sounds so.
    """
    found = sorted(_compared(one, two), key=lambda each: (-each[1], each[0]))
    bits = PRIOR_BITS - math.log2(max(crowd, 1)) + sum(weight for _, weight in found)
    odds = 2.0 ** max(-50.0, min(bits, 50.0))
    # never 100: whatever is certain is not weighed
    percent = min(99, round(100 * odds / (1 + odds)))
    return Likeness(percent, tuple(words for words, _ in found))


def _compared(one: Person, two: Person) -> Iterator[Found]:
    """Yield what is known of both, each with its weight. What is unknown weighs none."""
    for compare in (_names, _emails, _phones, _employers, _places):
        found = compare(one, two)
        if found is not None:
            yield found


def _names(one: Person, two: Person) -> Found | None:
    if not one.name or not two.name:
        return None
    if one.name == two.name:
        return SAME_NAME
    if one.is_unlike(two) or _numbers(one.name) != _numbers(two.name):
        return UNLIKE_FIRST
    if sorted(one.name.split()) == sorted(two.name.split()):
        return SWAPPED_NAME
    is_like = JaroWinkler.similarity(one.name, two.name) >= 0.9
    return LIKE_NAME if is_like or sound(one.name) == sound(two.name) else OTHER_NAME


def _numbers(name: str) -> list[str]:
    """Return the numbers in a name: "unit 12" is not "unit 13"."""
    return re.findall(r"\d+", name)


def _emails(one: Person, two: Person) -> Found | None:
    pairs = [(a, b) for a in one.emails for b in two.emails]
    if not pairs:
        return None
    return max((_email(a, b, one, two) for a, b in pairs), key=lambda each: each[1])


def _email(a: str, b: str, one: Person, two: Person) -> Found:
    if a == b:
        return SAME_EMAIL
    mine, _, my_domain = a.partition("@")
    theirs, _, their_domain = b.partition("@")
    shorter = min(len(mine), len(theirs))
    if (mine == theirs or my_domain == their_domain) and shorter >= SHORTEST_LOCAL:
        if _is_typo(mine, theirs) and _is_typo(my_domain, their_domain):
            return TYPO_EMAIL
        if mine == theirs and not _is_made_of(mine, one) and not _is_made_of(mine, two):
            return OWN_LOCAL
    is_work = my_domain == their_domain and my_domain not in FREE_MAIL
    return WORK_EMAIL if is_work else OTHER_EMAIL


def _is_typo(one: str, two: str) -> bool:
    """Whether one slip of the fingers lies between two words, but no number.

    anna1@ and anna2@ are two mailboxes, not a typo.
    """
    if one == two:
        return True
    digits = [re.sub(r"\D", "", each) for each in (one, two)]
    return digits[0] == digits[1] and OSA.distance(one, two, score_cutoff=1) <= 1


def _is_made_of(local: str, person: Person) -> bool:
    """Whether an e-mail name is the person's own name, so that it adds nothing."""
    letters = re.sub(r"[^a-z]", "", local)
    return any(len(word) > 2 and word in letters for word in person.name.split())


def _phones(one: Person, two: Person) -> Found | None:
    pairs = [(a, b) for a in one.phones for b in two.phones]
    if not pairs:
        return None
    return max((_phone(a, b) for a, b in pairs), key=lambda each: each[1])


def _phone(a: str, b: str) -> Found:
    if a == b:
        return SAME_PHONE
    if len(a) > TAIL and a[-TAIL:] == b[-TAIL:]:
        return TAIL_PHONE
    # the last digits tell the desks of one office apart
    is_same_desk = len(a) == len(b) and a[-EXTENSION:] == b[-EXTENSION:]
    if is_same_desk and OSA.distance(a, b, score_cutoff=1) <= 1:
        return TYPO_PHONE
    return OTHER_PHONE


def _employers(one: Person, two: Person) -> Found | None:
    """Return the better of company and website: they say the same thing."""
    found = []
    if one.company and two.company:
        found.append(SAME_COMPANY if _is_company(one, two) else OTHER_COMPANY)
    if one.site and one.site == two.site:
        found.append(SAME_SITE)
    return max(found, key=lambda each: each[1], default=None)


def _is_company(one: Person, two: Person) -> bool:
    mine, theirs = company_key(one.company), company_key(two.company)
    if not mine or not theirs:
        return one.company == two.company
    return mine == theirs or fuzz.token_sort_ratio(mine, theirs) >= 90


def company_key(company: str) -> str:
    """Return a normalised company without its legal form."""
    return " ".join(_LEGAL.sub(" ", company).split())


def _places(one: Person, two: Person) -> Found | None:
    if one.postcode and two.postcode:
        return SAME_POSTCODE if one.postcode == two.postcode else OTHER_PLACE
    if one.city and two.city:
        return SAME_CITY if one.city == two.city else OTHER_PLACE
    return None
