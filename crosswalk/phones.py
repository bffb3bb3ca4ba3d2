"""Phone numbers: one reading of what people type (phonenumbers does the work).

A leaf that knows no app: match keys, transforms and comparisons read alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
# "0044 20 …", "00 44 …", "(00) 44 …", "(+44) 20 …"
_INTERNATIONAL_PREFIX = re.compile(r"^\s*\(?\s*(?:00|\+)[\s).-]*(?=[1-9])")
_BETWEEN = re.compile(r"[\s().\-/]")
_BEGUN = re.compile(r"\+?\d{3,15}")


@lru_cache(maxsize=4096)
def _parse(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    cleaned = _international(text)
    if cleaned.startswith("+"):
        cleaned = _TRUNK_ZERO.sub("", cleaned)  # "+44 (0)20 …": the zero is not dialled
    try:
        number = phonenumbers.parse(cleaned, country or None)
    except NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    return number if reason == ValidationResult.IS_POSSIBLE else None


def e164(text: str, country: str = "") -> str | None:
    """Return a number as "+442079460958", None when it cannot be read.

    `country` (ISO 3166 alpha-2) is where a number without a country code belongs.
    """
    number = _parse(text, country.upper())
    if number is None:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def national(text: str, country: str = "", reader: str = "") -> str | None:
    """Return a number as people of `reader` write it, None when unreadable.

    A number of another country keeps its country code, or it would become another
    number there. `reader` is `country` unless given.
    """
    number = _parse(text, country.upper())
    if number is None:
        return None
    home = phonenumbers.country_code_for_region((reader or country).upper())
    form = PhoneNumberFormat.NATIONAL
    if number.country_code != home:
        form = PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def beginnings(text: str, countries: Iterable[str] = ()) -> frozenset[str]:
    """Return how numbers may begin, in E.164, that somebody has begun to type.

    Without a country code they may belong to any of `countries`. Fewer than three
    digits, or a text that is no number, give none.
    """
    typed = _BETWEEN.sub("", _TRUNK_ZERO.sub("", _international(text)))
    if not _BEGUN.fullmatch(typed):
        return frozenset()
    if typed.startswith("+"):
        return frozenset([typed])
    found = {f"+{typed}"}
    for country in {each.upper() for each in countries}:
        code = phonenumbers.country_code_for_region(country)
        trunk = phonenumbers.ndd_prefix_for_region(country, strip_non_digits=True)
        if code:
            found.add(f"+{code}{typed.removeprefix(trunk or '')}")
    return frozenset(found)


def _international(text: str) -> str:
    return _INTERNATIONAL_PREFIX.sub("+", _plain(text))


def _plain(text: str) -> str:
    """Return a text with digits and signs of any script in their plain form."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char for char in plain
    )
