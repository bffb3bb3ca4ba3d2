"""Match keys: the normalised e-mails, phones and names by which records are found."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from unicodedata import normalize

from crosswalk import names, phones
from crosswalk.sounds import sound
from integrations.connectors.base import ObjectSpec

MAX_KEY = 250
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_DOMAIN = re.compile(r"^(?:[a-z]+://)?(?:www\.)?([^/:?#\s]+\.[^/:?#\s]+)")
UNIQUE = "unique"  # the kind under which a vendor's unique name is filed
FIND = "find"  # other beginnings under which people look somebody up; matches nobody
MOST_TURNS = 3


def record_keys(
    spec: ObjectSpec, values: Mapping[str, Any], country: str
) -> frozenset[tuple[str, str]]:
    """Return (kind, value) of each match key a record has."""
    keys: set[tuple[str, str]] = set()
    for text in _texts(spec, values, "email"):
        if _ADDRESS.fullmatch(text.strip()):
            keys.add(("email", normalize("NFC", text).strip().casefold()))
    for text in _texts(spec, values, "phone"):
        number = phones.e164(text, country)
        if number:
            keys.add(("phone", number))
    name = full_name(spec, values)
    if name:
        keys.add(("name", name))
        keys.add(("sound", sound(name)))
    for text in _texts(spec, values, "name"):
        keys.add((UNIQUE, unique_key(text)))
    held = {value for kind, value in keys if kind in ("name", UNIQUE)}
    keys |= {(FIND, value) for value in beginnings(held) - {name}}
    return frozenset((kind, _fit(value)) for kind, value in keys if value)


def beginnings(held: Iterable[str]) -> set[str]:
    """Return names as one may begin to type them: each also from its later words on.

    "maya oconnor" gives itself and "oconnor maya".
    """
    found = set()
    for name in held:
        words = names.normal(name).split()
        for first in range(min(len(words), 1 + MOST_TURNS)):
            found.add(" ".join((*words[first:], *words[:first])))
    return found


def unique_key(text: str) -> str:
    """Return the form in which unique names are compared (case is ignored)."""
    return _fit(" ".join(text.split()).casefold())


def full_name(spec: ObjectSpec, values: Mapping[str, Any]) -> str:
    """Return the normalised full name of a record, "" when it has none.

    A unique name stands in where neither first nor last name is filled, unless it
    is the company's.
    """
    first = next(iter(_texts(spec, values, "first_name")), "")
    last = next(iter(_texts(spec, values, "last_name")), "")
    if first or last:
        return names.full(first, last)
    company = next(iter(_texts(spec, values, "company")), "")
    unique = next(iter(_texts(spec, values, "name")), "")
    name = names.normal(unique)
    return "" if name == names.normal(company) else name


def first_name(spec: ObjectSpec, values: Mapping[str, Any]) -> str:
    """Return the first name as written, "" when there is none."""
    return next(iter(_texts(spec, values, "first_name")), "")


def first_email(spec: ObjectSpec, values: Mapping[str, Any]) -> str:
    """Return the first e-mail address as written, "" when there is none."""
    return next(iter(_texts(spec, values, "email")), "")


def places(spec: ObjectSpec, values: Mapping[str, Any]) -> dict[str, str]:
    """Return company, city and postcode, normalised, "" what is not known."""
    found = {}
    for role in ("company", "city", "postcode"):
        text = names.normal(next(iter(_texts(spec, values, role)), ""))
        found[role] = text.replace(" ", "") if role == "postcode" else text
    return found


def site(spec: ObjectSpec, values: Mapping[str, Any]) -> str:
    """Return the domain of a website, "" when there is none."""
    text = next(iter(_texts(spec, values, "website")), "")
    found = _DOMAIN.search(text.strip().casefold())
    return found.group(1) if found else ""


def _texts(spec: ObjectSpec, values: Mapping[str, Any], role: str) -> Iterable[str]:
    for key in spec.match_fields.get(role, ()):
        value = values.get(key)
        if isinstance(value, str) and value.strip():
            yield value


def _fit(value: str) -> str:
    """Return a value short enough to index, still telling long ones apart."""
    if len(value) <= MAX_KEY:
        return value
    return value[: MAX_KEY - 33] + "#" + hashlib.md5(value.encode()).hexdigest()  # noqa: S324
