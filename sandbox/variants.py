"""How the same person comes to be written differently in the two systems."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from sandbox import names
from sandbox.person import SidePerson

Pair = tuple[SidePerson, SidePerson]
Variant = Callable[[random.Random, SidePerson, SidePerson], Pair]


def without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def slug(text: str) -> str:
    return re.sub(r"[^a-z]+", "", without_accents(text).lower())


def named(side: SidePerson) -> SidePerson:
    """The contact_name a person in Zoho would have typed, if none is set yet."""
    if side.contact_name:
        return side
    return replace(side, contact_name=f"{side.first_name} {side.last_name}".strip())


def _national(phone: str) -> str:
    """+442079460123 as it is dialled at home: 020 7946 0123."""
    digits = "0" + phone.removeprefix("+44")
    cut = 3 if digits.startswith("02") else 4
    return f"{digits[:cut]} {digits[cut:-4]} {digits[-4:]}"


def phone_as(side: SidePerson, way: int) -> SidePerson:
    """A phone number written in one of the usual ways."""
    if not side.phone.startswith("+44"):
        return side
    home = _national(side.phone)
    written = (side.phone, home, f"0044 {home[1:]}", f"+44 (0){home[1:]}")[way]
    return replace(side, phone=written)


def _plain(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    return left, right


def _email_case(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    return left, replace(right, email=right.email.title())


def _phone_national(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    return left, phone_as(replace(right, email=""), 1)


def _phone_00(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    return left, phone_as(right, 2)


def _phone_zero(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    return left, phone_as(replace(right, email=""), 3)


def _accents(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    first, last = without_accents(right.first_name), without_accents(right.last_name)
    return left, replace(right, first_name=first, last_name=last)


def _company_name(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    return left, replace(right, contact_name=right.company)


def _missing_phone(rng: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    if rng.random() < 0.5:
        return replace(left, phone=""), right
    return left, replace(right, phone="", website="", company="")


def _missing_email(rng: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    if rng.random() < 0.5:
        return replace(left, email=""), right
    return left, replace(right, email="")


def _upper(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    first, last = right.first_name.upper(), right.last_name.upper()
    return left, replace(right, first_name=first, last_name=last)


def _short_name(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    short = dict(names.SHORT_NAMES)[right.first_name]
    return left, replace(right, first_name=short)


def _spaces(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    return left, replace(right, first_name=f"{right.first_name} ", company=" ")


def _long(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    company = f"The {' '.join(names.COMPANY_FIRST)} Amalgamated Trading Company Ltd"
    return replace(left, company=company), replace(right, company=company[:120])


def _other_values(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    company = f"{right.company} Holdings"
    website = right.website.replace("https://www.", "http://")
    return left, replace(right, company=company, website=website)


def _name_only(_: random.Random, left: SidePerson, right: SidePerson) -> Pair:
    return left, replace(right, email="", phone="")


VARIANTS: dict[str, Variant] = {
    "plain": _plain,
    "email_case": _email_case,
    "phone_national": _phone_national,
    "phone_00": _phone_00,
    "phone_zero": _phone_zero,
    "accents": _accents,
    "company_name": _company_name,
    "missing_phone": _missing_phone,
    "missing_email": _missing_email,
    "upper": _upper,
    "short_name": _short_name,
    "spaces": _spaces,
    "non_latin": _plain,
    "long": _long,
    "other_values": _other_values,
    "name_only": _name_only,
}
