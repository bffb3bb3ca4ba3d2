"""Steps on places: codes of countries and states and their names. Pure.

The tables are ISO 3166 as the package pycountry has them.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

import pycountry

from mapping.steps.base import Setting, Step

# what people write that is no name of ISO 3166
CALLED = {
    "uk": "GB",
    "u.k.": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "usa": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "america": "US",
    "united states of america": "US",
    "russia": "RU",
    "south korea": "KR",
    "north korea": "KP",
    "holland": "NL",
    "the netherlands": "NL",
    "czech republic": "CZ",
    "ivory coast": "CI",
    "uae": "AE",
    "deutschland": "DE",
    "österreich": "AT",
    "schweiz": "CH",
    "suisse": "CH",
    "españa": "ES",
    "italia": "IT",
    "polska": "PL",
    "brasil": "BR",
    "méxico": "MX",
    "türkiye": "TR",
    "turkey": "TR",
    "vietnam": "VN",
    "taiwan": "TW",
    "bolivia": "BO",
    "venezuela": "VE",
    "iran": "IR",
    "syria": "SY",
    "tanzania": "TZ",
    "moldova": "MD",
    "laos": "LA",
    "brunei": "BN",
    "macedonia": "MK",
    "kosovo": "XK",
}


def country(value: Any, step: Step, setting: Setting) -> Any:
    """Write a country as its code of two or three letters, or as its English name."""
    if not isinstance(value, str):
        return value
    code = country_code(value)
    found = pycountry.countries.get(alpha_2=code) if code else None
    if found is None:
        return code if code == "XK" and step.get("to") == "code" else value
    to = step.get("to")
    if to == "code":
        return found.alpha_2
    if to == "code3":
        return found.alpha_3
    return getattr(found, "common_name", found.name)


def country_code(text: str) -> str:
    """Return the code of two letters of a country however it is written, "" if none."""
    key = _plain(text)
    if len(key) == 2 and pycountry.countries.get(alpha_2=key.upper()):
        return key.upper()
    return _names().get(key, "")


@cache
def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    for each in pycountry.countries:
        names = [each.alpha_3, each.name]
        names += [getattr(each, name, "") for name in ("common_name", "official_name")]
        for name in filter(None, names):
            found.setdefault(_plain(name), each.alpha_2)
    return {**found, **{_plain(name): code for name, code in CALLED.items()}}


def state(value: Any, step: Step, setting: Setting) -> Any:
    """Write a state or province as its code or its name, by the account's country."""
    if not isinstance(value, str):
        return value
    country_key = str(step.get("country") or setting.country or setting.reader)
    by_key = _states(country_key.upper())
    found = by_key.get(_plain(value))
    if found is None:
        return value
    code, name = found
    return code if step.get("to") == "code" else name


@cache
def _states(country_key: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for each in pycountry.subdivisions.get(country_code=country_key) or ():
        code = each.code.partition("-")[2]
        if each.parent_code is None:  # not the counties of a state
            found[_plain(each.name)] = found[_plain(code)] = (code, each.name)
    return found


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    return " ".join(plain.split())
