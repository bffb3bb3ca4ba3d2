"""The custom fields of an organization, as far as its contacts show them.

No documented call lists their definitions (sheet §5). They are told by
`page_context.custom_fields` of a listing, where it is filled, and by contacts that have
a value: so a field that nobody has filled yet may be missing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integrations.connectors.base import Field, FieldType
from integrations.connectors.zoho_invoice.fields import CUSTOM_PREFIX, DETAIL, NEVER
from integrations.connectors.zoho_invoice.remote import Remote, row_in, rows_in
from integrations.http import Answer

Row = Mapping[str, Any]
TYPES: Mapping[str, FieldType] = {
    "string": "text",
    "text": "text",
    "multiline": "long_text",
    "email": "email",
    "phone": "phone",
    "url": "url",
    "number": "number",
    "decimal": "number",
    "percent": "number",
    "amount": "money",
    "date": "date",
    "date_time": "datetime",
    "check_box": "bool",
    "dropdown": "choice",
    "multiselect": "choices",
    "attachment": "file",
    "image": "file",
}
# Types whose values Zoho makes itself, or takes by other calls than a contact's.
READ_ONLY = {
    "autonumber": "Zoho Invoice numbers this by itself.",
    "auto_number": "Zoho Invoice numbers this by itself.",
    "formula": "Zoho Invoice calculates this.",
    "lookup": "A reference to another record at Zoho Invoice.",
    "external_lookup": "A reference to another record at Zoho Invoice.",
    "attachment": "A file at Zoho Invoice.",
    "image": "A file at Zoho Invoice.",
}
UNIQUE = "No two customers may have the same value."
BOTH = frozenset({"list", "detail"})


def own_fields(remote: Remote, listing: Answer) -> list[Field]:
    """Return the custom fields that a page of contacts and one of them in full show.

    One call beside the listing: the detail of the contact with the most of them.
    """
    rows = rows_in(listing, "contacts")
    context = listing.body.get("page_context")
    defined = entries(context.get("custom_fields") if isinstance(context, dict) else ())
    listed = merged(shown(row) for row in rows)
    fullest = max(rows, key=lambda row: len(shown(row)), default=None)
    alone: dict[str, dict[str, Any]] = {}
    in_its_row: Mapping[str, Any] = {}
    if fullest is not None:
        answer = remote.get(
            "contacts", str(fullest["contact_id"]), operation="get contact"
        )
        alone, in_its_row = shown(row_in(answer, "contact")), shown(fullest)
    detail_only = alone.keys() - in_its_row.keys() - listed.keys()
    known = merged([defined, listed, alone])
    return [field_of(name, entry, name in detail_only) for name, entry in known.items()]


def shown(row: Row) -> dict[str, dict[str, Any]]:
    """Return what a contact tells of its custom fields, by API name."""
    given = row.get("custom_field_hash")
    pairs = given if isinstance(given, dict) else {}
    found: dict[str, dict[str, Any]] = {}
    for name, value in pairs.items():
        base = name.removesuffix("_unformatted")
        if name == base or base not in pairs:
            raw = pairs.get(f"{name}_unformatted", value)
            found[name] = {"api_name": name, "value": raw}
    return merged([found, entries(row.get("custom_fields"))])


def entries(given: object) -> dict[str, dict[str, Any]]:
    """Return a list of fields by API name; entries without one cannot be written."""
    rows = given if isinstance(given, list) else []
    return {
        str(row["api_name"]): row
        for row in rows
        if isinstance(row, dict) and row.get("api_name")
    }


def merged(
    parts: Iterable[Mapping[str, Mapping[str, Any]]],
) -> dict[str, dict[str, Any]]:
    """Return everything that is told of each field; later parts win."""
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        for name, entry in part.items():
            found[name] = {**found.get(name, {}), **entry}
    return found


def field_of(name: str, entry: Row, is_detail_only: bool) -> Field:
    """Return one custom field. Without its definition the value tells the type."""
    told = str(entry.get("data_type") or "")
    why_not = READ_ONLY.get(told, "")
    unique = UNIQUE if entry.get("is_unique") is True else ""
    return Field(
        key=CUSTOM_PREFIX + name,
        label=str(entry.get("label") or label_of(name)),
        type=TYPES.get(told) or type_of(entry.get("value")),
        group="Custom fields",
        reads=DETAIL if is_detail_only else BOTH,
        writes=NEVER if why_not else frozenset({"create", "update"}),
        help=why_not or unique,
        options=options_of(entry.get("values")),
        is_custom=True,
    )


def type_of(value: object) -> FieldType:
    """Return the type that a value shows; text when it shows nothing."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return "choices" if isinstance(value, list) else "text"


def options_of(given: object) -> tuple[str, ...]:
    """Return the values of a drop-down, where the definition lists them."""
    names = []
    for option in given if isinstance(given, list) else []:
        name = option.get("name") if isinstance(option, dict) else option
        if isinstance(name, str) and name:
            names.append(name)
    return tuple(names)


def label_of(name: str) -> str:
    """Return a readable label made from an API name: cf_plan_name → Plan name."""
    return name.removeprefix("cf_").replace("_", " ").strip().capitalize() or name


def labels(own: Sequence[Field]) -> Mapping[str, str]:
    """Return the labels that came from Zoho, by key: it documents a label as the name
    of a field that is written, beside the API name that it prints."""
    return {
        field.key: field.label
        for field in own
        if field.label != label_of(field.key.removeprefix(CUSTOM_PREFIX))
    }
