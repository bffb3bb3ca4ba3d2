"""The location's own contact fields: definitions, reading values, sending them.

A definition names one of HighLevel's types; the type of our catalogue says how its
values are read and sent, so a stored catalogue is all that is needed later (sheet §6.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crosswalk.errors import RemoteRejected
from integrations.connectors.base import (
    Catalogue,
    Field,
    FieldType,
    JSONValue,
    Values,
)
from integrations.connectors.highlevel.contact_spec import (
    ANY_WRITE,
    CONTACT,
    CUSTOM_PREFIX,
    NEVER,
)
from integrations.connectors.highlevel.times import date_of

Row = Mapping[str, Any]
Customs = Mapping[str, Field]
GROUP = "Custom fields"
# HighLevel's spelling of "monetary" is its own.
TYPES: Mapping[str, FieldType] = {
    "TEXT": "text",
    "LARGE_TEXT": "long_text",
    "EMAIL": "email",
    "PHONE": "phone",
    "NUMERICAL": "number",
    "MONETORY": "money",
    "DATE": "date",
    "SINGLE_OPTIONS": "choice",
    "RADIO": "choice",
    "MULTIPLE_OPTIONS": "choices",
    "CHECKBOX": "choices",
}
READ_ONLY: Mapping[str, tuple[FieldType, str]] = {
    "FILE_UPLOAD": ("file", "Read only: files are uploaded in HighLevel itself."),
    "SIGNATURE": ("file", "Read only: a signature is given in HighLevel itself."),
    "TEXTBOX_LIST": (
        "long_text",
        "Read only: a list of boxes is one value here, and HighLevel does not say how "
        "to write it.",
    ),
}
UNKNOWN = "Read only: Crosswalk does not know this kind of HighLevel field yet."


def field_of(definition: Row) -> Field | None:
    """Return the catalogue entry of a definition, None if it is no contact's field.

    The list may hold folders too; those have no type.
    """
    field_id, data_type = definition.get("id"), definition.get("dataType")
    is_contacts = definition.get("model") in (None, "", CONTACT)
    if not field_id or not data_type or not is_contacts:
        return None
    data_type = str(data_type).upper()
    kind, reason = READ_ONLY.get(data_type, (TYPES.get(data_type, "text"), UNKNOWN))
    is_writable = data_type in TYPES
    return Field(
        key=f"{CUSTOM_PREFIX}{field_id}",
        label=str(definition.get("name") or definition.get("fieldKey") or field_id),
        type=kind,
        group=GROUP,
        writes=ANY_WRITE if is_writable else NEVER,
        help="" if is_writable else reason,
        options=options_of(definition),
        is_custom=True,
    )


def options_of(definition: Row) -> tuple[str, ...]:
    """Return the values to choose from, none where people may add their own."""
    items = definition.get("picklistOptions")
    if not isinstance(items, list) or definition.get("isAllowedCustomOption") is True:
        return ()
    return tuple(item for item in items if isinstance(item, str) and item)


def customs_of(catalogue: Catalogue) -> Customs:
    """Return the contact's own fields of a stored catalogue by key."""
    return {field.key: field for field in catalogue.get(CONTACT, ()) if field.is_custom}


def custom_values(row: Row, known: Customs, *, only_present: bool) -> dict[str, Any]:
    """Return a contact's own fields; HighLevel reads `value`, writes another (§6.2).

    A field that is defined but left out is empty; without its definition nobody knows
    of it, so it counts as not read.
    """
    items = row.get("customFields")
    given = {
        f"{CUSTOM_PREFIX}{item['id']}": item
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and item.get("id")
    }
    found = {key: read(known.get(key), raw_of(item)) for key, item in given.items()}
    return found if only_present else {**dict.fromkeys(known), **found}


def raw_of(item: Row) -> JSONValue:
    """Return a value however it is named: reads say `value`, two writes otherwise."""
    names = ("value", "field_value", "fieldValue")
    return next((item[name] for name in names if name in item), None)


def read(field: Field | None, raw: JSONValue) -> JSONValue:
    """Return a value in the one form of its type; unknown types stay as they came."""
    if raw is None or raw in ("", [], {}):
        return None
    if field is None:
        return raw
    if field.type in {"number", "money"}:
        return number_of(raw)
    if field.type == "date":
        return date_of(raw)
    if field.type == "choices":
        return [str(each) for each in raw] if isinstance(raw, list) else [str(raw)]
    if field.type == "file":
        return addresses_in(raw) or raw
    return text_of(raw)


def number_of(raw: JSONValue) -> JSONValue:
    """Return a number; one that came as text too, unless it is none."""
    if isinstance(raw, int | float):
        return raw
    try:
        value = float(raw)
    except (TypeError, ValueError):
        return str(raw)
    return int(value) if value.is_integer() else value


def text_of(raw: JSONValue) -> str:
    """Return a text; the parts of a list or of a map on lines of their own."""
    parts = list(raw.values()) if isinstance(raw, dict) else raw
    if isinstance(parts, list):
        return "\n".join(str(part) for part in parts if part not in (None, ""))
    return str(raw)


def addresses_in(raw: JSONValue) -> list[str]:
    """Return the addresses of uploaded files: a map of them, by their ids."""
    items = list(raw.values()) if isinstance(raw, dict) else raw
    found = items if isinstance(items, list) else [items]
    urls = [item.get("url") if isinstance(item, dict) else item for item in found]
    return [url for url in urls if isinstance(url, str) and url]


def sent(values: Values, known: Customs) -> list[dict[str, JSONValue]]:
    """Return values as version 2 takes them: `field_value` under the field's id."""
    return [
        {"id": key.removeprefix(CUSTOM_PREFIX), "field_value": wire(known[key], value)}
        for key, value in values.items()
    ]


def wire(field: Field, value: JSONValue) -> JSONValue:
    """Return a value as it is sent. Emptied: no choices, else an empty text.

    HighLevel's schema allows null for none of them (sheet §10.9), and a refused value
    would take the whole change with it.
    """
    if field.type == "choices":
        items = (
            value
            if isinstance(value, Sequence) and not isinstance(value, str)
            else [value]
        )
        return [str(item) for item in items if item not in (None, "")]
    if value is None or value == "":
        return ""
    if field.type not in {"number", "money"}:
        return value if isinstance(value, str) else str(value)
    number = number_of(value)
    if isinstance(number, str):
        raise RemoteRejected(
            f"HighLevel’s field “{field.label}” takes only numbers, and “{value}” is "
            "none.",
            code="not_a_number",
            fields={field.key: "not a number"},
        )
    return number
