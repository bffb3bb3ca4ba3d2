"""Creating by a unique custom field, so that a repeated create makes nobody twice.

`PUT /contacts` with the headers below changes the contact that has a value, or creates
it with X-Upsert. Documented for Zoho Books; for Invoice only the method is known to be
allowed (sheet §8). So it is off until `unique_field` names a field and a probe has shown
that the organization honours it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosswalk.errors import (
    AuthError,
    NameTaken,
    PermanentError,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.base import Account, Record, Step, StepResult, Values
from integrations.connectors.zoho_invoice import changing, writes
from integrations.connectors.zoho_invoice.fields import CUSTOM_PREFIX
from integrations.connectors.zoho_invoice.remote import (
    Remote,
    row_in,
    unconfirmed,
)
from integrations.connectors.zoho_invoice.rows import record_of

UPSERT, PERSON = "upsert", "add_person"
KEY, VALUE, CREATES = "X-Unique-Identifier-Key", "X-Unique-Identifier-Value", "X-Upsert"
OPERATION = "upsert contact"


@dataclass(frozen=True, slots=True)
class Unique:
    """A unique field and the value that names the record."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What an organization does with the headers; `text` says it to a person."""

    honoured: bool
    text: str
    contact_id: str = ""  # a contact that the probe made against all expectation


def field_for(account: Account, after: Values) -> Unique | None:
    """Return the unique field of a create, None where none is chosen or filled."""
    name = str(account.facts.get("unique_field") or "").removeprefix(CUSTOM_PREFIX)
    value = after.get(CUSTOM_PREFIX + name) if name else None
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    # a header holds ASCII without line breaks; others go by the plain create
    text = str(value)
    return Unique(name, text) if text.isascii() and text.isprintable() else None


def upsert_steps(
    unique: Unique, after: Values, labels: Mapping[str, str]
) -> Sequence[Step]:
    """Return the calls of a create by a unique field. Pure.

    Its person follows in a call of its own: in the first one it would replace the
    persons of a contact that has the value already.
    """
    (plain,) = writes.create_steps(after, labels)
    person, contact = writes.split(
        {key: value for key, value in after.items() if not writes.is_empty(value)}
    )
    body = {"unique": {"name": unique.name, "value": unique.value}, "body": plain.body}
    first = Step(UPSERT, "create customer", tuple(contact), body)
    if not person:
        return (first,)
    return (
        first,
        writes.update_step(PERSON, "add contact person", person),
    )


def upsert(remote: Remote, body: Mapping[str, Any]) -> StepResult:
    """Create, or find by the unique value; by the plain create where Zoho refuses."""
    whole, unique = body["body"], body["unique"]
    headers = {KEY: unique["name"], VALUE: unique["value"], CREATES: "true"}
    alone = {key: value for key, value in whole.items() if key != "contact_persons"}
    try:
        answer = remote.put(
            "contacts", operation=OPERATION, body=alone, headers=headers
        )
    except (AuthError, NameTaken):
        raise
    except (PermanentError, RemoteRejected):
        return changing.create(remote, whole)
    row = row_in(answer, "contact")
    if not row.get("contact_id"):
        raise unconfirmed("contact")
    record = record_of(row, "write", remote.zone)
    return StepResult(record, record.id, answer.request_id)


def has_person(record: Record, person: Values) -> bool:
    """Say whether the person is there already: the plain create has brought it."""
    return all(record.values.get(key) == value for key, value in person.items())


def probe(remote: Remote, field: str) -> Probe:
    """Ask to change the contact with a value that nobody has: only an organization
    that honours the headers answers that there is no such contact.

    Changes nothing where the headers are understood or refused. If one is created all
    the same, `contact_id` names it and the text says so.
    """
    mark = f"crosswalk-{secrets.token_hex(8)}"
    body = {"contact_name": mark, "contact_type": "customer"}
    headers = {KEY: field.removeprefix(CUSTOM_PREFIX), VALUE: mark}
    try:
        answer = remote.put(
            "contacts", operation="probe unique field", body=body, headers=headers
        )
    except AuthError:
        raise
    except RemoteNotFound:
        return Probe(
            True,
            f"Zoho Invoice finds customers by “{field}”. Creating by it is safe to "
            "repeat.",
        )
    except PermanentError as error:
        return Probe(
            False,
            f"Zoho Invoice does not find customers by “{field}”, so Crosswalk creates "
            f"them the usual way. Its answer: {error.message}",
        )
    made = str(row_in(answer, "contact").get("contact_id") or "")
    return Probe(
        False,
        "Zoho Invoice does not use the unique field: it accepted a change for a value "
        "that nobody has. Crosswalk creates customers the usual way. Look for a "
        f"customer named “{mark}” and delete it.",
        made,
    )
