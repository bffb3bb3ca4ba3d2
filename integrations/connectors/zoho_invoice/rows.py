"""Contact rows of Zoho Invoice, read once into records.

Zoho sends every key and "" for empty (sheet §3), so what a list or a detail
declares is always reported; a write answer reports the keys it holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from integrations.connectors.base import Field, JSONValue, ReadVia, Record, Values
from integrations.connectors.zoho_invoice.fields import (
    ADDRESS_PARTS,
    ADDRESSES,
    CUSTOM_PREFIX,
    FIELDS,
    PERSON_DETAILS,
    PERSON_FIELDS,
)

Row = Mapping[str, Any]
PLAIN_FIELDS = tuple(f for f in FIELDS if "." not in f.key)
# Writable parts of an address that are not in the catalogue: sent back as they were,
# because an address goes out complete (sheet §4.4.5).
ADDRESS_EXTRAS = ("attention", "phone", "fax")


def record_of(
    row: Row, via: ReadVia, zone: tzinfo, own_fields: Sequence[Field] = ()
) -> Record:
    """Return the record of one contact as a list, a detail or a write showed it.

    `own_fields` are the organization's custom fields: what an answer that reports
    such fields leaves out of them is empty.
    """
    if via != "list":
        row = with_projections(row)
    values = plain_values(row, via, zone) | address_values(row, via)
    values |= left_out(row, via, own_fields) | custom_values(row)
    return Record(
        id=str(row["contact_id"]),
        values=values,
        via=via,
        modified_at=time_of(row.get("last_modified_time"), zone),
        created_at=time_of(row.get("created_time"), zone),
        excluded=excluded(row),
        label=str(row.get("contact_name") or ""),
        facts=facts_of(row, values) if via != "list" else kind_facts(row),
    )


def plain_values(row: Row, via: ReadVia, zone: tzinfo) -> dict[str, JSONValue]:
    """Return the top-level fields: all declared ones, those present after a write."""
    return {
        f.key: value_of(f, row.get(f.key), zone)
        for f in PLAIN_FIELDS
        if (via in f.reads if via != "write" else f.key in row)
    }


def value_of(field: Field, value: JSONValue, zone: tzinfo) -> JSONValue:
    """Return one value; ids become text and times UTC."""
    if field.type == "datetime":
        at = time_of(value, zone)
        return at.isoformat() if at else cleaned(value)
    if field.key.endswith("_id") and value is not None:
        return cleaned(str(value))
    return cleaned(value)


def address_values(row: Row, via: ReadVia) -> dict[str, JSONValue]:
    """Return the parts of both addresses; lists show none."""
    if via == "list":
        return {}
    values: dict[str, JSONValue] = {}
    for name in ADDRESSES:
        given = row.get(name)
        address = given if isinstance(given, dict) else {}
        for part in ADDRESS_PARTS:
            if via == "detail" or part in address:
                values[f"{name}.{part}"] = cleaned(address.get(part))
    return values


def custom_values(row: Row) -> dict[str, JSONValue]:
    """Return the custom fields by API name.

    The hash also holds the raw value as `<name>_unformatted`; that one, or the list's
    `value`, is the form in which a value is written back.
    """
    values: dict[str, JSONValue] = {}
    given = row.get("custom_field_hash")
    pairs = given if isinstance(given, dict) else {}
    for name, value in pairs.items():
        base = name.removesuffix("_unformatted")
        if name == base or base not in pairs:
            raw = pairs.get(f"{name}_unformatted", value)
            values[CUSTOM_PREFIX + name] = cleaned(raw)
    for entry in row.get("custom_fields") or ():
        if isinstance(entry, dict) and entry.get("api_name"):
            values[CUSTOM_PREFIX + entry["api_name"]] = cleaned(entry.get("value"))
    return values


def left_out(
    row: Row, via: ReadVia, own_fields: Sequence[Field]
) -> dict[str, JSONValue]:
    """Return the custom fields of which a read says nothing: they are empty there.

    Zoho reports filled ones only. Without knowing that a field exists (and that this
    read reports it), its absence would mean nothing.
    """
    if "custom_fields" not in row and "custom_field_hash" not in row:
        return {}
    keys = (f.key for f in own_fields if via in f.reads)
    return {key: None for key in keys if key.startswith(CUSTOM_PREFIX)}


def cleaned(value: JSONValue) -> JSONValue:
    """Return a value in our form: Zoho's "" means empty."""
    return None if value in ("", []) else value


def time_of(text: object, zone: tzinfo) -> datetime | None:
    """Return a time in UTC; None for display forms such as "09 Oct 2026".

    Zoho writes `2026-10-09T13:36:23-0400`; a time without offset is the
    organization's own.
    """
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def excluded(row: Row) -> str:
    """Return why a contact must not be touched (design.md §4.14), "" normally."""
    if row.get("contact_type") == "vendor":
        return "vendor"
    return "inactive" if row.get("status") == "inactive" else ""


def kind_facts(row: Row) -> dict[str, JSONValue]:
    """Return status and type, which every read shows."""
    return {key: row[key] for key in ("status", "contact_type") if row.get(key)}


def facts_of(row: Row, values: Values) -> dict[str, JSONValue]:
    """Return what a detail or a write answer says that later calls need."""
    facts = kind_facts(row)
    persons = persons_of(row)
    if persons is not None:
        facts["persons"] = len(persons)
    if isinstance(row.get("has_transaction"), bool):
        facts["has_transaction"] = row["has_transaction"]
    primary = primary_of(row)
    if primary is not None:
        facts["primary_person"] = primary
        facts["primary_shown"] = shown_person(values)
    for name in ADDRESSES:
        if isinstance(row.get(name), dict):
            extras = {part: row[name].get(part) for part in ADDRESS_EXTRAS}
            facts[f"{name}_extras"] = {k: v for k, v in extras.items() if v}
    return facts


def persons_of(row: Row) -> list[Row] | None:
    """Return the contact persons, None when the answer does not list them."""
    persons = row.get("contact_persons")
    if not isinstance(persons, list):
        return None
    return [person for person in persons if isinstance(person, dict)]


def primary_of(row: Row) -> str | None:
    """Return the primary person's id, "" when there is none, None when not said."""
    persons = persons_of(row)
    if row.get("primary_contact_id"):
        return str(row["primary_contact_id"])
    for person in persons or ():
        if person.get("is_primary_contact") is True:
            return str(person.get("contact_person_id") or "")
    return None if persons is None and "primary_contact_id" not in row else ""


def with_projections(row: Row) -> Row:
    """Return the row with person fields taken from the primary person if missing.

    Live answers repeat them at the top (sheet §4.3); the documented examples do not.
    """
    keys = (*PERSON_FIELDS, *PERSON_DETAILS)
    missing = [key for key in keys if key not in row]
    primary = primary_of(row)
    if not missing or not primary:
        return row
    for person in persons_of(row) or ():
        if str(person.get("contact_person_id")) == primary:
            return {**{key: person[key] for key in missing if key in person}, **row}
    return row


def shown_person(values: Values) -> str:
    """Return a fingerprint of the person that the top of a contact shows.

    List rows never say *which* person is primary. While they show the same person as
    when we learned the id, the id holds; otherwise it must be read again, or we would
    write onto somebody else.
    """
    if any(key not in values for key in PERSON_FIELDS):
        return ""
    text = "\x1f".join(str(values[key] or "") for key in PERSON_FIELDS)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def known_primary(record: Record | None) -> str | None:
    """Return the primary person's id, "" for none, None when it must be read."""
    if record is None:
        return None
    primary = record.facts.get("primary_person")
    shown = record.facts.get("primary_shown")
    if primary is None or (shown and shown != shown_person(record.values)):
        return None
    return str(primary)
