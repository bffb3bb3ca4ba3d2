"""What a write body may hold: types, lengths and choices of contact and person (§4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.store import Document, Store
from sandbox.zoho import records
from sandbox.zoho.organizations import CURRENCIES
from sandbox.zoho.records import ADDRESS_TEXTS, CONTACT_TEXTS, LANGUAGES, PERSON_TEXTS
from sandbox.zoho.wire import ZohoError, invalid_value

CHOICES = {
    "contact_type": ("customer", "vendor"),
    "customer_sub_type": ("business", "individual"),
    "language_code": ("", *LANGUAGES),
}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
COUNTRIES = {
    "united kingdom": "GB",
    "uk": "GB",
    "u.k": "GB",
    "great britain": "GB",
    "usa": "US",
    "u.s.a": "US",
    "united states": "US",
    "united states of america": "US",
    "germany": "DE",
    "france": "FR",
    "australia": "AU",
    "spain": "ES",
    "ireland": "IE",
    "canada": "CA",
    "india": "IN",
}


def contact_changes(store: Store, body: Mapping[str, Any]) -> Document:
    """The plain fields of a contact that the body sets, checked.

    Unknown names are ignored, and so are `email`, `phone`, `mobile`, `first_name` and
    `last_name`: they are projections of the primary person (§4.4.2).
    """
    changes = _texts(body, CONTACT_TEXTS)
    for name, choices in CHOICES.items():
        if name in body:
            if body[name] not in choices:
                raise invalid_value(name)
            changes[name] = body[name]
    if "contact_name" in changes and not changes["contact_name"].strip():
        raise ZohoError(3013, "Enter a valid Contact Name")
    changes |= _payment_terms(body)
    if body.get("currency_id"):
        changes["currency_code"] = _currency(body["currency_id"])
    if "custom_fields" in body:
        changes["custom_fields"] = custom_values(store, body["custom_fields"])
    return changes


def person_changes(body: Mapping[str, Any]) -> Document:
    changes = _texts(body, PERSON_TEXTS)
    email = changes.get("email")
    if email and not EMAIL.fullmatch(email):
        raise invalid_value("email")
    # Only true is accepted (§4.4.4).
    if body.get("is_primary_contact", True) is not True:
        raise invalid_value("is_primary_contact")
    return changes


def address(store: Store, body: object, name: str, old: Document) -> Document:
    """An address as sent; what was not sent is blank, the id stays (§4.4.5)."""
    if not isinstance(body, dict):
        raise invalid_value(name)
    texts = _texts(body, ADDRESS_TEXTS)
    country = texts.get("country", "")
    code = COUNTRIES.get(country.strip().lower().rstrip("."), "")
    if not code and re.fullmatch(r"[A-Za-z]{2}", country):
        code = country.upper()
    new = records.blank_address(store) | texts | {"country_code": code}
    return new | {"address_id": old["address_id"]}


def custom_values(store: Store, given: object) -> dict[str, Any]:
    """`[{api_name | customfield_id | label | index, value}]` by api_name (§5)."""
    if not isinstance(given, list):
        raise invalid_value("custom_fields")
    return {
        _custom_name(store, each): each.get("value", "")
        for each in given
        if isinstance(each, dict)
    }


def custom_field_define(
    store: Store, api_name: str, label: str, *, is_unique: bool = False
) -> Document:
    with store.lock:
        field: Document = {
            "customfield_id": records.new_id(store),
            "api_name": api_name,
            "label": label,
            "data_type": "string",
            "index": len(store.scan("zoho.custom_field")) + 1,
            "is_unique": is_unique,
        }
        store.put("zoho.custom_field", api_name, field)
    return field


def _custom_name(store: Store, given: Mapping[str, Any]) -> str:
    for field in store.scan("zoho.custom_field"):
        for key in ("api_name", "customfield_id", "label", "index"):
            if key in given and str(given[key]) == str(field[key]):
                return str(field["api_name"])
    name = str(given.get("api_name") or "")
    if name.startswith("cf_"):
        label = name.removeprefix("cf_").replace("_", " ").capitalize()
        return str(custom_field_define(store, name, label)["api_name"])
    label = str(given.get("label") or "")
    slug = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
    if not slug:
        raise invalid_value("custom_fields")
    return str(custom_field_define(store, f"cf_{slug}", label)["api_name"])


def _texts(body: Mapping[str, Any], lengths: Mapping[str, int]) -> Document:
    texts = {name: body[name] for name in lengths if name in body}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise invalid_value(name)
        if len(value) > lengths[name]:
            message = (
                f"Please ensure that the {name} has less than {lengths[name] + 1} "
                "characters."
            )
            raise ZohoError(15, message)
    return texts


def _payment_terms(body: Mapping[str, Any]) -> Document:
    """Terms without a label leave the label as it was (§4.4.6)."""
    changes: Document = {}
    if "payment_terms" in body:
        try:
            changes["payment_terms"] = int(body["payment_terms"])
        except (TypeError, ValueError):
            raise invalid_value("payment_terms") from None
    if isinstance(body.get("payment_terms_label"), str):
        changes["payment_terms_label"] = body["payment_terms_label"]
    return changes


def _currency(currency_id: object) -> str:
    for code, (known_id, _) in CURRENCIES.items():
        if str(currency_id) == known_id:
            return code
    raise ZohoError(9004, "Currency does not exist")
