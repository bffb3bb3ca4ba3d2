"""What a change needs at Zoho Invoice: the calls it takes and their bodies. Pure.

Person fields go through the primary contact person alone: at the top of a contact they
are ignored, and the `contact_persons` array replaces everybody (sheet §4.4.2-3), so it
is sent only while a contact has no person at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.base import JSONValue, Record, Step, Values
from integrations.connectors.zoho_invoice.fields import (
    ADDRESS_PARTS,
    ADDRESSES,
    CUSTOM_PREFIX,
    NAME_LENGTH,
    PERSON_DETAILS,
    PERSON_FIELDS,
)
from integrations.connectors.zoho_invoice.rows import known_primary

CREATE, READ = "create", "read"
UPDATE_PERSON, UPDATE_CONTACT = "update_person", "update_contact"


def create_steps(
    after: Values, labels: Mapping[str, str] | None = None
) -> Sequence[Step]:
    """Return the one call that creates a customer with its primary person."""
    given = {key: value for key, value in after.items() if not is_empty(value)}
    person, contact = split(given)
    body: dict[str, JSONValue] = {
        "contact_type": "customer",
        "customer_sub_type": "business" if given.get("company_name") else "individual",
        **contact_body(contact, None, labels),
    }
    if person:
        body["contact_persons"] = [{**person, "is_primary_contact": True}]
    return (Step(CREATE, "create customer", tuple(after), body),)


def update_steps(before: Record, after: Values) -> Sequence[Step]:
    """Return the cheapest calls of an update, a forced read first where needed."""
    person, contact = split(after)
    primary = known_primary(before)
    if primary == "" and before.facts.get("persons"):
        primary = None  # has persons, none of them primary: look again before writing
    steps: list[Step] = []
    if needs_read(before, person, contact, primary):
        steps.append(Step(READ, "read customer", writes=False))
    if person and contact and primary == "":
        return [*steps, update_step(UPDATE_CONTACT, "update customer", after)]
    if person and primary == "":
        return [*steps, update_step(UPDATE_CONTACT, "add contact person", after)]
    if person:
        steps.append(update_step(UPDATE_PERSON, "update contact person", person))
    if contact:
        steps.append(update_step(UPDATE_CONTACT, "update customer", contact))
    return steps


def update_step(kind: str, label: str, values: Values) -> Step:
    """Return a writing step whose body is completed when it is performed."""
    return Step(kind, label, tuple(values), {"values": dict(values)})


def needs_read(
    before: Record, person: Values, contact: Values, primary: str | None
) -> bool:
    """Say whether the calls cannot be formed from what is known."""
    if person and not primary:
        return True  # unknown, or nobody: the array is sent on today's word only
    if person and primary and "first_name" not in {**before.values, **person}:
        return True  # the person PUT must name it
    return any(
        f"{name}.{part}" not in before.values
        for name in touched_addresses(contact)
        for part in ADDRESS_PARTS
    )


def split(values: Values) -> tuple[dict[str, JSONValue], dict[str, JSONValue]]:
    """Return the fields written on the person and those written on the contact."""
    keys = (*PERSON_FIELDS, *PERSON_DETAILS)
    person = {key: values[key] for key in keys if key in values}
    contact = {key: value for key, value in values.items() if key not in person}
    return person, contact


def contact_body(
    values: Values, record: Record | None, labels: Mapping[str, str] | None = None
) -> dict[str, JSONValue]:
    """Return the contact-level part of a POST or PUT; "" clears a field.

    PUT is partial at the top (sheet §4.4.5). Inside an address that is unverified, so
    an address is completed with what `record` knows of it.
    """
    body: dict[str, JSONValue] = {
        key: wire_value(value) for key, value in values.items() if "." not in key
    }
    custom = [
        custom_entry(key, value, (labels or {}).get(key, ""))
        for key, value in values.items()
        if key.startswith(CUSTOM_PREFIX)
    ]
    if custom:
        body["custom_fields"] = custom
    for name in touched_addresses(values):
        body[name] = address_body(name, values, record)
    return body


def custom_entry(key: str, value: JSONValue, label: str) -> dict[str, JSONValue]:
    """Return a custom field as written: the API name, and the documented label too
    where Zoho has told it (sheet §5)."""
    entry: dict[str, JSONValue] = {"api_name": key.removeprefix(CUSTOM_PREFIX)}
    if label:
        entry["label"] = label
    return {**entry, "value": wire_value(value)}


def touched_addresses(values: Values) -> list[str]:
    """Return the addresses of which at least one part is written."""
    return [n for n in ADDRESSES if any(key.startswith(f"{n}.") for key in values)]


def address_body(
    name: str, values: Values, record: Record | None
) -> dict[str, JSONValue]:
    """Return one address, complete as far as it is known."""
    known: Mapping[str, Any] = record.values if record else {}
    extras = (record.facts.get(f"{name}_extras") if record else None) or {}
    address: dict[str, JSONValue] = dict(extras)
    for part in ADDRESS_PARTS:
        key = f"{name}.{part}"
        if key in values or key in known:
            address[part] = wire_value(values.get(key, known.get(key)))
    return address


def person_body(
    record_id: str, person: Values, record: Record | None
) -> dict[str, JSONValue]:
    """Return the body of a person PUT; contact_id and first_name are required there."""
    known: Values = record.values if record else {}
    first_name = wire_value(known.get("first_name"))
    changed = {key: wire_value(value) for key, value in person.items()}
    return {"contact_id": record_id, "first_name": first_name, **changed}


def first_person(person: Values, record: Record | None) -> list[dict[str, JSONValue]]:
    """Return the array that gives a contact without persons its first one."""
    known: Values = record.values if record else {}
    keys = (*PERSON_FIELDS, *PERSON_DETAILS)
    whole = {key: person.get(key, known.get(key)) for key in keys}
    given = {key: value for key, value in whole.items() if not is_empty(value)}
    return [{**given, "is_primary_contact": True}] if given else []


def wire_value(value: JSONValue) -> JSONValue:
    """Return a value in Zoho's form: empty is ""."""
    return "" if value is None else value


def is_empty(value: JSONValue) -> bool:
    return value is None or value in ("", [])


def customer_name(values: Values, attempt: int) -> str:
    """Return the unique name of a customer to create (design.md §7).

    Company, else person, else e-mail or phone; further attempts are made unique
    visibly as "Name (email or phone)", then with a number after it.
    """
    email, phone = (
        text(values, "email"),
        text(values, "phone") or text(values, "mobile"),
    )
    person = f"{text(values, 'first_name')} {text(values, 'last_name')}".strip()
    name = text(values, "company_name") or person or email or phone
    if attempt == 0 or not name:
        return name[:NAME_LENGTH].strip()
    mark = next((m[: NAME_LENGTH // 2] for m in (email, phone) if m and m != name), "")
    if mark:
        number = f" {attempt}" if attempt > 1 else ""
        suffix = f" ({mark}){number}"
    else:
        suffix = f" {attempt + 1}"
    return name[: NAME_LENGTH - len(suffix)].strip() + suffix


def text(values: Values, key: str) -> str:
    """Return a value as one line of text, "" when empty or not read."""
    value = values.get(key)
    return " ".join(str(value).split()) if value is not None else ""
