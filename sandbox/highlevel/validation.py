"""Checks of request bodies: HighLevel refuses every property it does not know.

The answer is always the list of all messages (§3: ``message`` is an array on 422).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

import phonenumbers

Messages = list[str]
Rule = Callable[[str, object], Messages]
Schema = Mapping[str, Rule]

# phonenumbers knows all ISO countries that have a telephone network; the rest by hand.
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS) | {
    *("AQ", "BV", "GS", "HM", "PN", "TF", "UM"),
}
DATE_FORMATS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y_%m_%d"),
    *("%m-%d-%Y", "%m/%d/%Y", "%m.%d.%Y", "%m_%d_%Y"),
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def messages_for(
    body: Mapping[str, object], schema: Schema, required: tuple[str, ...] = ()
) -> Messages:
    """Everything wrong with the body, in the order unknown, missing, mistyped."""
    found = [f"property {name} should not exist" for name in body if name not in schema]
    for name, rule in schema.items():
        if name in body:
            found += rule(name, body[name])
        elif name in required:
            found += [f"{name} should not be empty", *rule(name, None)]
    return found


def text(name: str, value: object) -> Messages:
    return [] if isinstance(value, str) else [f"{name} must be a string"]


def filled(name: str, value: object) -> Messages:
    if isinstance(value, str) and not value.strip():
        return [f"{name} should not be empty"]
    return text(name, value)


def boolean(name: str, value: object) -> Messages:
    return [] if isinstance(value, bool) else [f"{name} must be a boolean value"]


def number(name: str, value: object) -> Messages:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return []
    return [f"{name} must be a number conforming to the specified constraints"]


def texts(name: str, value: object) -> Messages:
    if not isinstance(value, list):
        return [f"{name} must be an array", f"each value in {name} must be a string"]
    if not all(isinstance(item, str) for item in value):
        return [f"each value in {name} must be a string"]
    return []


def anything(name: str, value: object) -> Messages:
    return []


def nullable(rule: Rule) -> Rule:
    return lambda name, value: [] if value is None else rule(name, value)


def one_of(*allowed: str) -> Rule:
    def check(name: str, value: object) -> Messages:
        if value in allowed:
            return []
        values = ", ".join(allowed)
        return [f"{name} must be one of the following values: {values}"]

    return check


def email(name: str, value: object) -> Messages:
    """An empty text clears the field, so only a non-empty one needs the shape."""
    if value == "" or (isinstance(value, str) and _EMAIL.fullmatch(value.strip())):
        return []
    return [f"{name} must be an email"]


def country(name: str, value: object) -> Messages:
    if value == "" or value in COUNTRIES:
        return []
    return [f"{name} must be a valid ISO 3166-1 alpha-2 country code"]


def birth_date(name: str, value: object) -> Messages:
    if value == "" or (isinstance(value, str) and parse_date(value)):
        return []
    return [f"{name} must be a valid date"]


def moment(name: str, value: object) -> Messages:
    try:
        datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return [f"{name} must be a valid ISO 8601 date string"]
    return []


def parse_date(value: str) -> str | None:
    """The date as YYYY-MM-DD if it has one of the eight accepted forms (§5.1)."""
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(value, form).strftime("%Y-%m-%d")
        except ValueError:
            continue
    return None


def nested(schema: Schema, required: tuple[str, ...] = ()) -> Rule:
    def check(name: str, value: object) -> Messages:
        if not isinstance(value, dict):
            return [f"{name} must be an object"]
        found = messages_for(value, schema, required)
        return [f"{name}.{message}" for message in found]

    return check


def custom_fields(name: str, value: object) -> Messages:
    """Written as ``field_value`` (v3: ``fieldValue``); read as ``value`` (§6.2)."""
    if not isinstance(value, list):
        return [f"{name} must be an array"]
    schema = dict.fromkeys(("id", "key"), text) | dict.fromkeys(
        ("field_value", "fieldValue"), anything
    )
    found: Messages = []
    for position, item in enumerate(value):
        found += nested(schema)(f"{name}.{position}", item)
        if isinstance(item, dict) and not ({"id", "key"} & item.keys()):
            found.append(f"{name}.{position}.id must be a string")
    return found


_channel = nested(
    {
        "status": one_of("active", "inactive", "permanent"),
        "message": text,
        "code": text,
    },
    ("status",),
)
# v3 writes the channels in lower case (§1).
CHANNELS = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")
V3_CHANNELS = ("call", "email", "sms", "whatsApp", "gmb", "fb")
_inbound = nested(
    {"status": one_of("active", "inactive"), "message": text}, ("status",)
)

_SHARED: Schema = {
    **dict.fromkeys(("firstName", "lastName", "name"), nullable(text)),
    "email": nullable(email),
    "phone": nullable(text),
    **dict.fromkeys(("address1", "city", "state"), nullable(text)),
    "postalCode": text,
    "country": country,
    **dict.fromkeys(("website", "timezone"), nullable(text)),
    "dnd": boolean,
    "dndSettings": nested(dict.fromkeys(CHANNELS + V3_CHANNELS, _channel)),
    "inboundDndSettings": nested({"all": _inbound}),
    "tags": texts,
    "customFields": custom_fields,
    "dateOfBirth": nullable(birth_date),
}
CREATE_CONTACT: Schema = {
    "locationId": filled,
    **_SHARED,
    "companyName": nullable(text),
    "gender": text,
    "source": text,
    "assignedTo": text,
}
UPSERT_CONTACT: Schema = {**CREATE_CONTACT, "createNewIfDuplicateAllowed": boolean}
# No companyName, no gender, no locationId on PUT (§5.1, #313, §3).
UPDATE_CONTACT: Schema = {
    **_SHARED,
    "source": nullable(text),
    "assignedTo": nullable(text),
}
