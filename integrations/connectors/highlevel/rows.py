"""HighLevel's contacts as records: the one place that reads their raw JSON.

The three states: a key of `values` that is absent was not read, None is empty. Which
form of a contact reports which field is data in `contact_spec.READS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.base import JSONValue, ReadVia, Record
from integrations.connectors.highlevel.contact_spec import (
    CONTACTS,
    DND_CHANNELS,
    DND_PREFIX,
    READS,
)
from integrations.connectors.highlevel.customs import Customs, custom_values
from integrations.connectors.highlevel.times import date_of, moment_text, time_of

Row = Mapping[str, Any]
NAMES = ("firstName", "lastName")
TYPES = {field.key: field.type for field in CONTACTS.fields}
# fields that a row does not hold under their own name, or not always
TOLD_OTHERWISE = {key for key in TYPES if key.startswith(DND_PREFIX)} | {"address1"}
NO_CUSTOMS: Customs = {}


def records_of(
    rows: Sequence[Row],
    location_id: str,
    customs: Customs = NO_CUSTOMS,
    *,
    only_present: bool = False,
) -> list[Record]:
    """Return the records of a page of list rows, without what is not ours."""
    keeps_case = list_keeps_case(rows)
    return [
        listed(row, keeps_case, customs, only_present=only_present)
        for row in rows
        if is_ours(row, location_id)
    ]


def listed(
    row: Row,
    keeps_case: bool,
    customs: Customs = NO_CUSTOMS,
    *,
    only_present: bool = False,
) -> Record:
    """Return a row of a list, without the names that may not be as written."""
    row = {**row, **{key: row[f"{key}Raw"] for key in NAMES if row.get(f"{key}Raw")}}
    lowered = [
        key
        for key in (*NAMES, "contactName")
        if not keeps_case and not row.get(f"{key}Raw") and may_be_lowered(row.get(key))
    ]
    kept = {key: value for key, value in row.items() if key not in lowered}
    return record_of(kept, "list", customs, only_present=only_present, unread=lowered)


def record_of(
    row: Row,
    via: ReadVia,
    customs: Customs = NO_CUSTOMS,
    *,
    only_present: bool = False,
    unread: Sequence[str] = (),
) -> Record:
    """Return one contact as a record.

    `only_present` reads a form whose set of fields is not known: what is absent from
    it was not read. So are the answers to writes.
    """
    only_present = only_present or via == "write"
    if only_present:
        reported = frozenset(key for key in TYPES if source_key(row, key) in row)
    else:
        reported = READS[via].difference(unread)
    values = {key: value_of(key, row.get(key)) for key in reported - TOLD_OTHERWISE}
    for key in reported & TOLD_OTHERWISE:
        values[key] = value_of(key, raw_of(row, key))
    own = custom_values(row, customs, only_present=only_present)
    return Record(
        id=str(row["id"]),
        values={**values, **own},
        via=via,
        modified_at=time_of(row.get("dateUpdated")),
        created_at=time_of(row.get("dateAdded")),
        label=label_of(row),
        facts=facts_of(row, only_present),
    )


def is_contact(row: object) -> bool:
    """Say whether JSON is a contact that can be told from others."""
    return isinstance(row, dict) and bool(row.get("id"))


def is_ours(row: Row, location_id: str) -> bool:
    """Say whether a contact lives, and in this location."""
    if not is_contact(row) or row.get("deleted") is True:
        return False
    return not row.get("locationId") or row["locationId"] == location_id


def list_keeps_case(rows: Sequence[Row]) -> bool:
    """Say whether a page shows names as they were written.

    Some lists lower-case all names (sheet §6.1, §10.4): one capital proves that this
    one does not.
    """
    names = (row.get(key) for row in rows if is_contact(row) for key in NAMES)
    return any(isinstance(name, str) and name != name.lower() for name in names)


def may_be_lowered(name: object) -> bool:
    """Say whether a name could be the lower-cased form of another: 王 could not."""
    return isinstance(name, str) and name == name.lower() and name != name.upper()


def source_key(row: Row, key: str) -> str:
    """Return under which name a row holds a field: search says `address` (§7.2)."""
    if key.startswith(DND_PREFIX):
        return DND_PREFIX[:-1]
    return "address" if key == "address1" and "address1" not in row else key


def raw_of(row: Row, key: str) -> JSONValue:
    """Return a field's JSON, None when the row leaves it out."""
    raw = row.get(source_key(row, key))
    if key.startswith(DND_PREFIX):
        return channels_of(raw).get(key.removeprefix(DND_PREFIX))
    return raw


def channels_of(settings: JSONValue) -> dict[str, JSONValue]:
    """Return the state of each channel; version 3 names them in lower case (§1)."""
    names = {name.lower(): name for name in DND_CHANNELS}
    return {
        names[str(name).lower()]: setting.get("status")
        for name, setting in (settings if isinstance(settings, dict) else {}).items()
        if str(name).lower() in names and isinstance(setting, dict)
    }


def value_of(key: str, raw: JSONValue) -> JSONValue:
    """Return a field's value in one form; everything that says nothing is None."""
    if raw is None or raw == "" or raw == []:
        return None
    kind = TYPES[key]
    if kind == "date":
        return date_of(raw)
    if kind == "datetime":
        return moment_text(raw)
    if kind in {"tags", "bool"} or isinstance(raw, str):
        return raw
    return str(raw)


def label_of(row: Row) -> str:
    """Return what a person would call this contact."""
    name = " ".join(str(row[key]).strip() for key in NAMES if row.get(key))
    fallbacks = ("contactName", "companyName", "email", "phone")
    return name or next((str(row[key]) for key in fallbacks if row.get(key)), "")


def facts_of(row: Row, only_present: bool) -> dict[str, JSONValue]:
    """Return what is kept beside the values; a field left out of a read is empty."""
    facts: dict[str, JSONValue] = {}
    for key, part in (("additionalEmails", "email"), ("additionalPhones", "phone")):
        if key in row or not only_present:
            facts[key] = flattened(row.get(key), part)
    if row.get("type"):
        facts["type"] = str(row["type"])
    return facts


def flattened(items: JSONValue, part: str) -> list[str]:
    """Return texts of a list that holds texts or objects (sheet §6.1, #289)."""
    texts = []
    for item in items if isinstance(items, list) else []:
        text = item.get(part) if isinstance(item, dict) else item
        if text:
            texts.append(str(text))
    return texts
