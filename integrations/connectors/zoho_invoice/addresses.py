"""Additional addresses of a customer, beside the two that always exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from crosswalk.errors import RemoteNotFound
from integrations.connectors.base import Record, Step, StepResult, Values
from integrations.connectors.zoho_invoice.children import ADDRESS
from integrations.connectors.zoho_invoice.contacts import read_contact
from integrations.connectors.zoho_invoice.fields import ADDRESSES
from integrations.connectors.zoho_invoice.kind import CREATE, UPDATE, Kind, present
from integrations.connectors.zoho_invoice.remote import row_in, unconfirmed, unreadable
from integrations.connectors.zoho_invoice.rows import cleaned
from integrations.connectors.zoho_invoice.writes import is_empty, wire_value
from integrations.http import Answer


class Addresses(Kind):
    """The additional addresses of one customer at a time."""

    key: ClassVar[str] = ADDRESS

    def children(self, parent_id: str) -> Sequence[Record]:
        """Return a customer's additional addresses.

        From the customer's detail: it alone tells which addresses are billing and
        shipping, and those are written with the customer.
        """
        contact = read_contact(self.remote, parent_id)
        rows = contact.get("addresses")
        if not isinstance(rows, list):
            raise unreadable("addresses")
        fixed = {id_of(contact.get(name)) for name in ADDRESSES}
        return [
            self.record(row, parent_id)
            for row in rows
            if isinstance(row, dict) and id_of(row) and id_of(row) not in fixed
        ]

    def record(self, row: Mapping[str, Any], parent_id: str) -> Record:
        """Return the record of one address."""
        values = {f.key: cleaned(row.get(f.key)) for f in self.spec.fields}
        return Record(
            id_of(row), values, "list", label=label_of(values), parent_id=parent_id
        )

    def steps(
        self, before: Record | None, after: Values, parent_id: str
    ) -> Sequence[Step]:
        """Return the one call that an address takes, sent whole. Pure.

        Whether a PUT may leave parts out is not documented.
        """
        if before is None:
            body = {key: value for key, value in after.items() if not is_empty(value)}
            whole = {"parent_id": parent_id, "address": body}
            return (Step(CREATE, "create address", tuple(after), whole),)
        parts = {**before.values, **after}
        keys = [f.key for f in self.spec.fields if f.key in parts]
        body = {key: wire_value(parts[key]) for key in keys}
        whole = {"parent_id": self.parent_of(before), "address": body}
        return (Step(UPDATE, "update address", tuple(after), whole),)

    def perform(self, step: Step, record: Record | None) -> StepResult:
        if step.kind == CREATE:
            parent_id = str(step.body["parent_id"])
            answer = self.remote.post(
                "contacts",
                parent_id,
                "address",
                operation="create address",
                body=step.body["address"],
            )
            return self.written(answer, parent_id)
        record = present(record, step)
        if step.kind == UPDATE:
            answer = self.remote.put(
                "contacts",
                self.parent_of(record),
                "address",
                record.id,
                operation="update address",
                body={"address_id": record.id, **step.body["address"]},
            )
            return self.written(answer, record.parent_id, record.id)
        return self.remove(record)

    def written(
        self, answer: Answer, parent_id: str, record_id: str = ""
    ) -> StepResult:
        """Return what the answer to a write reports; a create must name its address."""
        row = row_in(answer, "address_info")
        found = id_of(row) or record_id
        if not found:
            raise unconfirmed("address")
        keys = [f.key for f in self.spec.fields if f.key in row]
        values = {key: cleaned(row[key]) for key in keys}
        record = Record(found, values, "write", parent_id=parent_id)
        return StepResult(record, found, answer.request_id)

    def remove(self, record: Record) -> StepResult:
        """Delete one address; one that is gone already is deleted."""
        try:
            answer = self.remote.delete(
                "contacts",
                self.parent_of(record),
                "address",
                record.id,
                operation="delete address",
            )
        except RemoteNotFound:
            return StepResult(None, record.id)
        return StepResult(None, record.id, answer.request_id)


def id_of(row: object) -> str:
    """Return the id of an address, "" for none."""
    return str(row.get("address_id") or "") if isinstance(row, dict) else ""


def label_of(values: Values) -> str:
    """Return an address in one line."""
    parts = (values.get(key) for key in ("address", "city", "country"))
    return ", ".join(" ".join(str(part).split()) for part in parts if part)
