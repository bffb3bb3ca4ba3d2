"""The people of the outside tests, and a judge of what became of them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any

import phonenumbers

from tests.outside.highlevel_server import HighLevel
from tests.outside.zoho_server import Zoho

PAIRS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "companyName": "company_name",
    "website": "website",
}
LEFT = [  # key, first, last, e-mail, phone, company, website
    ("ada", "Ada", "Lovelace", "ada@analytic.example", "+12125550101", "", ""),
    ("bob", "Bob", "O'Neill", "Bob.ONeill@x.example", "", "O'Neill & Sons", ""),
    ("cy", "Cyrus", "Vance", "", "(212) 555-0103", "", ""),
    ("dora", "Dora", "van der Berg", "dora+ghl@x.example", "+442079460104", "", ""),
    ("eve", "Eve", "Adams", "shared@x.example", "", "", ""),
    (
        "fay",
        "Fay",
        "Wray",
        "fay@kong.example",
        "+12125550106",
        "",
        "https://kong.example",
    ),
    ("gus1", "Gus", "Twice", "gus@twice.example", "", "", ""),
    ("gus2", "Gustav", "Twice", "gus@twice.example", "", "", ""),
    ("hana", "花子", "山田", "hanako@jp.example", "+81312345678", "山田商店", ""),
    ("ivan", "Иван", "Петров", "ivan@ru.example", "", "", ""),
    ("jose", "José", "Núñez", "jose@mx.example", "+525512345678", "", ""),
    ("kim", "Kim", "Namesake", "kim.left@x.example", "", "", ""),
    ("lou", "Lou", "Onlyname", "lou@x.example", "", "", ""),
    ("max", "Max", "Vendor", "max@x.example", "", "", ""),
    ("nia", "", "", "nobody.named@x.example", "", "", ""),
    ("oto", "Otto", "Phone", "", "+4930901820", "", ""),
    ("pia", "Pia", "Twin", "pia1@x.example", "", "", ""),
    ("pib", "Pia", "Twin", "pia2@x.example", "", "", ""),
    ("quin", "Quin", "X" * 90, "quin@x.example", "+12125550117", "C" * 150, ""),
    ("rex", "Rex", "Bad-Phone", "rex@x.example", "call the office", "", ""),
    ("sue", "Sue", "Inactive", "sue@x.example", "", "", ""),
    ("tom", "Tom", "Secondary", "tom@x.example", "+12125550121", "", ""),
    ("uma", "Uma", "Website", "uma@x.example", "", "", "uma.example"),
]
RIGHT = [  # key, contact_name, first, last, e-mail, phone, company, website, more
    ("ada", "Ada King", "Ada", "Lovelace", "ADA@analytic.example", "212-555-0101", "Analytic", ""),
    ("bob", "ONeill", "Robert", "O'Neill", "bob.oneill@x.example", "", "O'Neill and Sons", ""),
    ("cy", "Cyrus Vance", "Cyrus", "Vance", "cy@vance.example", "+1 212 555 0103", "", ""),
    ("dora", "Dora vdB", "Dora", "van der Berg", "dora+ghl@x.example", "020 7946 0104 x", "", ""),
    ("eve", "Zed Zulu", "Zed", "Zulu", "shared@x.example", "", "", ""),
    ("fay", "Fay Wray", "Fay", "Wray", "fay@kong.example", "+1 (212) 555-0199", "", ""),
    ("gus", "Gus T", "Gus", "Twice", "gus@twice.example", "", "", ""),
    ("hana", "山田 花子", "花子", "山田", "hanako@jp.example", "", "", ""),
    ("jose", "Jose Nunez", "Jose", "Nunez", "jose@mx.example", "+52 55 1234 5678", "", ""),
    ("kim", "Kim Namesake", "Kim", "Namesake", "kim.right@x.example", "", "", ""),
    ("lou", "Lou Onlyname", "Lou", "Onlyname", "", "", "", ""),
    ("max", "Max Vendor", "Max", "Vendor", "vendor@x.example", "", "", ""),
    ("sue", "Sue Inactive", "Susan", "Inactive", "other.sue@x.example", "", "", ""),
    ("vic1", "Vic One", "Vic", "Double", "vic@x.example", "", "", ""),
    ("vic2", "Vic Two", "Victor", "Double", "vic@x.example", "", "", ""),
    ("wes", "Wes Right", "Wes", "Right", "wes@x.example", "(212) 555-0130", "", "https://wes.example"),
    ("xia", "Xia Company Ltd", "", "", "", "", "Xia Company Ltd", ""),
    ("yan", "Yan Mail", "Yan", "", "yan@x.example", "", "", ""),
]  # fmt: skip


def populate(left: HighLevel, right: Zoho) -> dict[str, dict[str, str]]:
    """Fill both sides with the same people, written differently; return their ids."""
    ids: dict[str, dict[str, str]] = {"left": {}, "right": {}}
    keys = list(PAIRS)
    for key, *values in LEFT:
        filled = {k: v for k, v in zip(keys, values, strict=True) if v}
        ids["left"][key] = left.put(**filled)
    for key, name, *values in RIGHT:
        filled = dict(zip(PAIRS.values(), values, strict=True))
        if key == "xia":
            filled = {"company_name": filled["company_name"]}
        ids["right"][key] = right.put(contact_name=name, **filled)
    right.contacts[ids["right"]["max"]]["contact_type"] = "vendor"
    right.contacts[ids["right"]["sue"]]["status"] = "inactive"
    persons = [
        {"first_name": "Tina", "email": "tina@x.example", "phone": "+12125550122"},
        {"first_name": "Tom", "last_name": "Secondary", "email": "tom@x.example",
         "is_primary_contact": True},
        {"first_name": "Theo", "designation": "CFO", "email": "theo@x.example"},
    ]  # fmt: skip
    ids["right"]["tom"] = right.put(contact_name="Tom Three Heads", persons=persons)
    return ids


def email(value: Any) -> str:
    """Normalise an e-mail address."""
    return str(value or "").strip().casefold()


def phone(value: Any, country: str) -> str:
    """Normalise a number to E.164; nothing if it is none."""
    try:
        parsed = phonenumbers.parse(str(value or ""), country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def text(value: Any) -> str:
    """Normalise a text: one form of Unicode, single spaces."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", str(value or ""))).strip()


def same(field: str, left: Any, right: Any, country: str = "US") -> bool:
    """Tell whether two values mean the same."""
    if field == "email":
        return email(left) == email(right)
    if field == "phone":
        mine, other = phone(left, country), phone(right, country)
        return mine == other if mine and other else text(left) == text(right)
    return text(left) == text(right)


def shown(right: Zoho, id_: str) -> dict[str, Any]:
    """Read a Zoho contact as a list row shows it."""
    return right.row(right.contacts[id_])


def differences(left: HighLevel, right: Zoho, pair: tuple[str, str]) -> dict[str, Any]:
    """List the mapped fields in which a pair differs."""
    mine, other = left.contacts[pair[0]], shown(right, pair[1])
    return {
        a: (mine.get(a), other.get(b))
        for a, b in PAIRS.items()
        if not same(a, mine.get(a), other.get(b))
    }


def keys_of(row: dict[str, Any], country: str = "US") -> set[str]:
    """Write the match keys of a record of either side."""
    number = phone(row.get("phone"), country)
    return {k for k in (email(row.get("email")), number) if k}


def matchable(left: HighLevel, right: Zoho) -> set[tuple[str, str]]:
    """Find the pairs that share a key which nobody else on either side has."""
    lefts = {i: keys_of(c) for i, c in left.contacts.items()}
    rights = {i: keys_of(shown(right, i)) for i in right.contacts}
    seen = [Counter(k for ks in side.values() for k in ks) for side in (lefts, rights)]
    return {
        (a, b)
        for a, mine in lefts.items()
        for b, other in rights.items()
        for key in mine & other
        if seen[0][key] == 1 and seen[1][key] == 1
    }
