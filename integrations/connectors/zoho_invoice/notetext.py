"""A text field of a customer that holds all notes of another system in one text.

One for each customer, known by the customer's own id. It is only ever written into:
nothing is made or deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from integrations.connectors.base import (
    Field,
    JSONValue,
    Record,
    Step,
    StepResult,
    Values,
)
from integrations.connectors.zoho_invoice import changing
from integrations.connectors.zoho_invoice.children import NOTE_TEXT
from integrations.connectors.zoho_invoice.contacts import Contacts
from integrations.connectors.zoho_invoice.kind import UPDATE, Kind, present


class NoteText(Kind):
    """The text fields of one customer at a time."""

    key: ClassVar[str] = NOTE_TEXT

    def fields(self) -> Sequence[Field]:
        return (*self.spec.fields, *self.own_fields)

    @property
    def contacts(self) -> Contacts:
        return Contacts(self.remote, self.own_fields)

    def children(self, parent_id: str) -> Sequence[Record]:
        """Return the text fields of a customer: always one record."""
        return [self.of(self.contacts.get(parent_id))]

    def of(self, contact: Record) -> Record:
        """Return the text fields that a read of a customer shows."""
        keys = [field.key for field in self.fields()]
        values: dict[str, JSONValue] = {
            key: contact.values[key] for key in keys if key in contact.values
        }
        name = contact.values.get("contact_name") or contact.label
        return Record(
            contact.id,
            values,
            contact.via,
            excluded=contact.excluded,
            label=self.spec.label,
            facts={"contact_name": name},
            parent_id=contact.id,
        )

    def steps(
        self, before: Record | None, after: Values, parent_id: str
    ) -> Sequence[Step]:
        """Return the call that writes into a customer's fields. Pure."""
        if before is None:
            raise self.cannot("create")
        body = {"values": dict(after)}
        return (Step(UPDATE, "write the notes", tuple(after), body),)

    def delete_steps(self, before: Record) -> Sequence[Step]:
        raise self.cannot("delete")

    def perform(self, step: Step, record: Record | None) -> StepResult:
        record = present(record, step)
        contact = Record(
            self.parent_of(record), {**record.facts, **record.values}, "detail"
        )
        done = changing.change(self.contacts, contact, step.body["values"])
        written = self.of(done.record) if done.record else None
        return StepResult(written, record.id, done.request_id)
