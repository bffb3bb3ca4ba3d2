"""Countries, states and currencies: their codes and their names (ISO, by pycountry). Pure.

Names are read in several languages and written in English.
"""

from __future__ import annotations

import gettext
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

import pycountry

from mapping.steps.base import Setting, Step
from mapping.steps.declare import Option, Transform

READ_IN = ("de", "es", "fr", "it", "nl", "pl", "pt")
# what people write, and ISO does not
ALSO = {
    "america": "US",
    "czech republic": "CZ",
    "england": "GB",
    "great britain": "GB",
    "holland": "NL",
    "ivory coast": "CI",
    "korea": "KR",
    "northern ireland": "GB",
    "republic of ireland": "IE",
    "russia": "RU",
    "scotland": "GB",
    "turkey": "TR",
    "uae": "AE",
    "uk": "GB",
    "usa": "US",
    "wales": "GB",
}
_NAMES = ("name", "common_name", "official_name")


def country(value: Any, step: Step, setting: Setting) -> Any:
    """Write a country as its code or its name, whichever way it comes."""
    code = country_code(value) if isinstance(value, str) else ""
    if not code:
        return value
    found: Any = pycountry.countries.get(alpha_2=code)
    match step.get("to"):
        case "name":
            return getattr(found, "common_name", None) or found.name
        case "code3":
            return found.alpha_3
        case _:
            return code


def state(value: Any, step: Step, setting: Setting) -> Any:
    """Write a state or province of a country as its code or its name."""
    where = str(step.get("country") or setting.country).strip().upper()
    key = _key(value) if isinstance(value, str) else ""
    found = _states(where).get(key.removeprefix(f"{where.lower()} "))
    if found is None:
        return value
    code, name = found
    return name if step.get("to") == "name" else code


def currency(value: Any, step: Step, setting: Setting) -> Any:
    """Write a currency as its code or its name."""
    found = _currencies().get(_key(value)) if isinstance(value, str) else None
    if found is None:
        return value
    return found.name if step.get("to") == "name" else found.alpha_3


def country_code(text: str) -> str:
    """Return the ISO 3166 alpha-2 code of a country, "" for what is none."""
    return _countries().get(_key(text), "")


def country_problem(text: str) -> str:
    """Return why a text is no code of a country, "" when it is one."""
    is_code = len(text) == 2 and country_code(text) == text.upper()
    return "" if is_code else "must be the code of a country, as in US"


@cache
def _countries() -> Mapping[str, str]:
    """Return what a country is called → its code; codes win over names."""
    known = dict(ALSO)
    for each in pycountry.countries:
        names = [getattr(each, name, "") for name in _NAMES]
        spoken = [table.gettext(name) for table in _tables() for name in names if name]
        for name in (*names, *spoken):
            known.setdefault(_key(name), each.alpha_2)
    for each in pycountry.countries:
        known |= {_key(each.alpha_2): each.alpha_2, _key(each.alpha_3): each.alpha_2}
    known.pop("", None)
    return known


def _tables() -> list[gettext.NullTranslations]:
    where = pycountry.LOCALES_DIR
    return [
        gettext.translation("iso3166-1", where, languages=[language], fallback=True)
        for language in READ_IN
    ]


@cache
def _states(where: str) -> Mapping[str, tuple[str, str]]:
    """Return what a state of a country is called → (its code there, its name)."""
    known: dict[str, tuple[str, str]] = {}
    found = sorted(
        (each for each in pycountry.subdivisions if each.country_code == where),
        key=lambda each: (each.parent_code is not None, each.code),
    )
    for each in found:
        code = each.code.partition("-")[2]
        known.setdefault(_key(each.name), (code, each.name))
    for each in found:
        code = each.code.partition("-")[2]
        known[_key(code)] = (code, each.name)
    return known


@cache
def _currencies() -> Mapping[str, Any]:
    names = {_key(each.name): each for each in pycountry.currencies}
    return names | {_key(each.alpha_3): each for each in pycountry.currencies}


def _key(text: str) -> str:
    """Return what names compare by: letters without accents, case or punctuation."""
    plain = unicodedata.normalize("NFKD", text).casefold().replace(".", "")
    letters = (char for char in plain if not unicodedata.combining(char))
    words = "".join(char if char.isalnum() else " " for char in letters)
    return " ".join(words.split()).removeprefix("the ")


TRANSFORMS = {
    "country": Transform(
        country,
        "Country",
        {
            "to": Option(
                "Write",
                choices={
                    "code": "as a code (US)",
                    "code3": "as a long code (USA)",
                    "name": "by name (United States)",
                },
            )
        },
        inverse="country",
    ),
    "state": Transform(
        state,
        "State or province",
        {
            "to": Option(
                "Write", choices={"code": "as a code (CA)", "name": "by name"}
            ),
            "country": Option(
                "Of the country (empty: the account’s own)",
                "text",
                check=country_problem,
                example="US",
            ),
        },
        inverse="state",
    ),
    "currency": Transform(
        currency,
        "Currency",
        {
            "to": Option(
                "Write", choices={"code": "as a code (EUR)", "name": "by name (Euro)"}
            )
        },
        inverse="currency",
    ),
}
