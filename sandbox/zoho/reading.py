"""What a write body may hold: types, lengths and choices of contact and person (§4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.context import Context
from sandbox.store import Document
from sandbox.zoho import fields
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


def contact_changes(
    context: Context, organization_id: str, body: Mapping[str, Any]
) -> Document:
    """The plain fields of a contact that the body sets, checked.

    Unknown names are ignored, and so are `email`, `phone`, `mobile`, `first_name` and
    `last_name`: they are projections of the primary person (§4.4.2).
    """
    changes = texts(body, CONTACT_TEXTS)
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
        values = fields.field_values(context, organization_id, body["custom_fields"])
        changes["custom_fields"] = values
    return changes


def person_changes(body: Mapping[str, Any]) -> Document:
    changes = texts(body, PERSON_TEXTS)
    email = changes.get("email")
    if email and not EMAIL.fullmatch(email):
        raise invalid_value("email")
    # Only true is accepted (§4.4.4).
    if body.get("is_primary_contact", True) is not True:
        raise invalid_value("is_primary_contact")
    return changes


def address(context: Context, body: object, name: str, old: Document) -> Document:
    """An address as sent; what was not sent is blank, the id stays (§4.4.5).

    Whether a partial address is completed from the old one is not verified: a switch.
    """
    if not isinstance(body, dict):
        raise invalid_value(name)
    new = dict.fromkeys(ADDRESS_TEXTS, "")
    if context.switches().zoho_partial_addresses:
        new = {key: old[key] for key in ADDRESS_TEXTS}
    new |= cleared(context, texts(body, ADDRESS_TEXTS))
    country = new["country"]
    code = COUNTRIES.get(country.strip().lower().rstrip("."), "")
    if not code and re.fullmatch(r"[A-Za-z]{2}", country):
        code = country.upper()
    return old | new | {"country_code": code}


def cleared(context: Context, changes: Document) -> Document:
    """Whether "" empties a field or is passed over is not verified: a switch (§3)."""
    if context.switches().zoho_blank_clears:
        return changes
    return {name: value for name, value in changes.items() if value != ""}


def texts(body: Mapping[str, Any], lengths: Mapping[str, int]) -> Document:
    given = {name: body[name] for name in lengths if name in body}
    for name, value in given.items():
        if not isinstance(value, str):
            raise invalid_value(name)
        if len(value) > lengths[name]:
            message = (
                f"Please ensure that the {name} has less than {lengths[name] + 1} "
                "characters."
            )
            raise ZohoError(15, message)
    return given


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
