"""Making the calls that create and change a customer.

No call here can remove a contact person: `contact_persons` goes out only for a contact
that a read of just now showed to have nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from crosswalk.errors import NameTaken, RemoteNotFound, RemoteRejected
from integrations.connectors.base import Field, Record, StepResult, Values
from integrations.connectors.zoho_invoice import catalogue, writes
from integrations.connectors.zoho_invoice.errors import NAME_MISSING
from integrations.connectors.zoho_invoice.fields import PERSON_DETAILS, PERSON_FIELDS
from integrations.connectors.zoho_invoice.remote import Remote, row_in, unconfirmed
from integrations.connectors.zoho_invoice.rows import (
    cleaned,
    known_primary,
    record_of,
    shown_person,
)
from integrations.http import Answer


class Reader(Protocol):
    """Whoever reads customers for us."""

    remote: Remote
    own_fields: Sequence[Field]

    def get(self, record_id: str, parent_id: str = "") -> Record: ...


def create(remote: Remote, body: Mapping[str, Any]) -> StepResult:
    """Create a contact; an answer without its id leaves the outcome unknown."""
    answer = remote.post("contacts", operation="create contact", body=body)
    row = row_in(answer, "contact")
    if not row.get("contact_id"):
        raise unconfirmed("contact")
    record = record_of(row, "write", remote.zone)
    return StepResult(record, record.id, answer.request_id)


def change(reader: Reader, record: Record, values: Values) -> StepResult:
    """Write fields of a contact, person fields on its primary person."""
    try:
        return update(reader, record, values)
    except RemoteNotFound:
        if not writes.split(values)[0]:
            raise
    return change_again(reader, record, values)


def change_again(reader: Reader, record: Record, values: Values) -> StepResult:
    """Update after a 1002, which Zoho also says of a missing *person*.

    Only a read of the contact proves that the contact is gone, and tells who is its
    primary person now.
    """
    fresh = reader.get(record.id)
    try:
        return update(reader, fresh, values)
    except RemoteNotFound as error:
        raise RemoteRejected(
            "Zoho Invoice shows this customer but does not find its contact person. "
            "Check the person there, then retry.",
            detail=error.detail,
        ) from error


def update(reader: Reader, record: Record, values: Values) -> StepResult:
    """Make the one or two calls that the values need."""
    person, contact = writes.split(values)
    if person:
        record = with_primary(reader, record)
    primary = known_primary(record) if person else ""
    result = StepResult(None, record.id)
    if primary:
        result = put_person(reader.remote, record, primary, person)
    body = writes.contact_body(contact, record, catalogue.labels(reader.own_fields))
    if person and not primary:
        persons = writes.first_person(person, record)
        body |= {"contact_persons": persons} if persons else {}
    return put_contact(reader.remote, record, body) if body else result


def with_primary(reader: Reader, record: Record) -> Record:
    """Return the record with its primary person known, read if need be."""
    if known_primary(record) is None:
        record = reader.get(record.id)
    if known_primary(record) == "" and record.facts.get("persons"):
        raise RemoteRejected(  # the array would remove them (sheet §4.4.3)
            "This customer has contact persons at Zoho Invoice, but none of them "
            "is the primary one. Mark one as primary there, then retry."
        )
    return record


def put_person(
    remote: Remote, record: Record, primary: str, person: Values
) -> StepResult:
    """Change the primary person; the other persons are not touched."""
    answer = remote.put(
        "contacts",
        "contactpersons",
        primary,
        operation="update contact person",
        body=writes.person_body(record.id, person, record),
    )
    row = row_in(answer, "contact_person")
    keys = (*PERSON_FIELDS, *PERSON_DETAILS)
    shown = {key: cleaned(row[key]) for key in keys if key in row}
    now = {**record.values, **person, **shown}
    facts = {"primary_person": primary, "primary_shown": shown_person(now)}
    written = Record(record.id, shown, "write", facts=facts)
    return StepResult(written, record.id, answer.request_id)


def put_contact(remote: Remote, record: Record, body: Values) -> StepResult:
    """Change the contact itself."""
    try:
        answer = send_contact(remote, record.id, body)
    except RemoteRejected as error:
        answer = send_contact(remote, record.id, otherwise(error, record, body))
    row = row_in(answer, "contact")
    written = record_of(row, "write", remote.zone) if row.get("contact_id") else None
    return StepResult(written, record.id, answer.request_id)


def send_contact(remote: Remote, contact_id: str, body: Values) -> Answer:
    """Send a partial change of a contact."""
    return remote.put("contacts", contact_id, operation="update contact", body=body)


def otherwise(error: RemoteRejected, record: Record, body: Values) -> Values:
    """Return how a refused change may still be made; raise where it cannot.

    The name is documented as required, and left out in practice (sheet §4.4.5): it
    goes along where Zoho insists. A name that an older customer holds must not keep
    the other fields from being written.
    """
    name = record.values.get("contact_name") or record.label
    if error.code == NAME_MISSING and "contact_name" not in body and name:
        return {**body, "contact_name": name}
    rest = {key: value for key, value in body.items() if key != "contact_name"}
    if isinstance(error, NameTaken) and "contact_name" in body and rest:
        return rest
    raise error
