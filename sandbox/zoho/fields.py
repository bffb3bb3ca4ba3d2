"""Custom fields of an organization: definitions, values, uniqueness (§5, §8).

In Zoho they are defined at the screen. How an unknown one is answered, and whether a
list names the definitions, is not verified; both are switches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.context import Context
from sandbox.store import Document, Store
from sandbox.zoho.wire import ZohoError, invalid_value

KIND = "zoho.custom_field"
TYPES = ("string", "dropdown", "multiselect", "date", "decimal", "check_box")
NAMES = ("api_name", "customfield_id", "label", "index")


def by_organization(field: Document) -> list[str]:
    return [field["organization_id"]]


def field_define(
    store: Store,
    organization_id: str,
    api_name: str,
    label: str,
    *,
    data_type: str = "string",
    is_unique: bool = False,
    options: tuple[str, ...] = (),
) -> Document:
    """What a person does under Settings, Customers, Field customization."""
    with store.lock:
        field: Document = {
            "customfield_id": f"260817{store.counter('zoho.custom_field'):012d}",
            "organization_id": organization_id,
            "api_name": api_name,
            "label": label,
            "data_type": data_type,
            "index": len(field_list(store, organization_id)) + 1,
            "is_unique": is_unique,
            "options": list(options),
        }
        store.put(KIND, f"{organization_id}:{api_name}", field)
    return field


def field_list(store: Store, organization_id: str) -> list[Document]:
    return store.find(KIND, by_organization, organization_id)


def definitions_shown(store: Store, organization_id: str) -> list[Document]:
    """The definitions as `page_context.custom_fields` prints them ([U], §5)."""
    return [_definition(each) for each in field_list(store, organization_id)]


def field_values(
    context: Context, organization_id: str, given: object
) -> dict[str, Any]:
    """`[{api_name | customfield_id | label | index, value}]` by api_name (§5)."""
    if not isinstance(given, list) or not all(isinstance(e, dict) for e in given):
        raise invalid_value("custom_fields")
    known = field_list(context.store, organization_id)
    unknown_ignored = context.switches().zoho_unknown_custom_fields == "ignore"
    values = {}
    for each in given:
        field = _named(known, each)
        if field is None and not unknown_ignored:
            raise invalid_value("custom_fields")
        if field is not None:
            values[field["api_name"]] = _checked(field, each.get("value", ""))
    return values


def values_shown(
    store: Store, contact: Document
) -> tuple[list[Document], dict[str, Any]]:
    """The filled fields as list and as hash keyed by api_name."""
    values = contact["custom_fields"]
    if not values:
        return [], {}
    shown = []
    plain: dict[str, Any] = {}
    for field in field_list(store, contact["organization_id"]):
        name = field["api_name"]
        if name in values:
            text = str(values[name])
            more = {"value": values[name], "value_formatted": text}
            shown.append(_definition(field) | more)
            plain |= {name: text, f"{name}_unformatted": values[name]}
    return shown, plain


def unique_key(organization_id: str, api_name: str, value: object) -> str:
    return f"{organization_id}:{api_name}={value}"


def by_custom_value(contact: Document) -> Iterator[str]:
    """Index of contacts: every filled custom field."""
    for name, value in contact["custom_fields"].items():
        if value not in ("", None):
            yield unique_key(contact["organization_id"], name, value)


def unique_field(store: Store, organization_id: str, api_name: str) -> Document:
    """The field of this name, if it was set up to refuse duplicate values."""
    field = store.peek(KIND, f"{organization_id}:{api_name}")
    if field is None or not field["is_unique"]:
        raise invalid_value("X-Unique-Identifier-Key")
    return field


def refuse_taken_value(store: Store, contact: Document, values: Document) -> None:
    """A unique field holds each value once in the organization."""
    organization_id = contact["organization_id"]
    for field in field_list(store, organization_id):
        value = values.get(field["api_name"], "")
        if not field["is_unique"] or value in ("", None):
            continue
        key = unique_key(organization_id, field["api_name"], value)
        holders = store.find("zoho.contact", by_custom_value, key)
        if any(each["contact_id"] != contact["contact_id"] for each in holders):
            message = f"The value of {field['label']} is used by another customer."
            raise ZohoError(2, message)


def _named(known: list[Document], given: Mapping[str, Any]) -> Document | None:
    """The first field that a key of the entry names."""
    for name in NAMES:
        for field in known:
            if name in given and str(given[name]) == str(field[name]):
                return field
    return None


def _checked(field: Document, value: object) -> object:
    kind = field["data_type"]
    if value in ("", None, []):
        return ""
    fits = {
        "string": lambda: isinstance(value, str | int | float),
        "multiline": lambda: isinstance(value, str),
        "dropdown": lambda: value in field["options"],
        "multiselect": lambda: (
            isinstance(value, list) and set(value) <= set(field["options"])
        ),
        "date": lambda: bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value))),
        "decimal": lambda: bool(re.fullmatch(r"-?\d+(\.\d+)?", str(value))),
        "check_box": lambda: isinstance(value, bool) or value in ("true", "false"),
    }[kind]()
    if not fits:
        raise ZohoError(15, f"Please enter a valid value for {field['label']}.")
    return value


def _definition(field: Document) -> Document:
    """One definition; a drop-down brings its options as `values`."""
    return {
        "customfield_id": field["customfield_id"],
        "api_name": field["api_name"],
        "placeholder": field["api_name"],
        "label": field["label"],
        "data_type": field["data_type"],
        "index": field["index"],
        "is_active": True,
        "is_unique": field["is_unique"],
        "values": [
            {"name": name, "order": place, "is_active": True}
            for place, name in enumerate(field["options"], 1)
        ],
    }
