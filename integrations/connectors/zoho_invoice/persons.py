"""Contact persons: the people of a customer, one of them the primary one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from crosswalk.errors import RemoteNotFound
from integrations.connectors.base import (
    JSONValue,
    Page,
    Record,
    Step,
    StepResult,
    Values,
)
from integrations.connectors.zoho_invoice.children import PERSON
from integrations.connectors.zoho_invoice.fields import PERSON_DETAILS, PERSON_FIELDS
from integrations.connectors.zoho_invoice.kind import (
    CREATE,
    UPDATE,
    Kind,
    present,
)
from integrations.connectors.zoho_invoice.overlapping import Listing, Place, Row
from integrations.connectors.zoho_invoice.remote import row_in, unconfirmed
from integrations.connectors.zoho_invoice.rows import cleaned, shown_person
from integrations.connectors.zoho_invoice.writes import is_empty, wire_value
from integrations.http import Answer

PROMOTE = "primary"
LIST = ("contacts", "contactpersons")
LISTING = "list contact persons"


class Persons(Kind):
    """The contact persons of the organization."""

    key: ClassVar[str] = PERSON

    # Reading

    def list_page(self, cursor: JSONValue | None) -> Page:
        """Return the next of everybody's persons, by their ids: an edit moves none, and
        nobody is hidden by deletes."""
        rows, following = self._listed(cursor)
        return Page([self.record(row, "") for row in rows], following)

    def changes_page(self, since: datetime, cursor: JSONValue | None) -> Page:
        """Return everybody: the list shows no time of change that could be compared,
        only a date for people (sheet §3)."""
        return self.list_page(cursor)

    def facts_page(self, cursor: JSONValue | None) -> Page:
        """Return who is the primary person of customers, 200 persons a call.

        The records are customers without values. Customers without a person are not
        among them.
        """
        rows, following = self._listed(cursor)
        found = [primary_facts(row) for row in rows if is_primary(row)]
        return Page(found, following)

    def _listed(self, cursor: JSONValue | None) -> tuple[list[Row], JSONValue | None]:
        """Return the next of everybody's persons as Zoho shows them, and what follows."""
        place = Place.of(cursor, self.remote.page_size)
        listing = Listing(self.remote, "contact_persons", "contact_person_id")
        rows, following = listing.rows(place, self.page)
        return rows, following and following.cursor()

    def page(self, number: int, size: int = 0) -> Answer:
        """Get one page of all persons of the organization."""
        params = {"per_page": size or self.remote.page_size, "page": number}
        return self.remote.get(*LIST, operation=LISTING, params=params)

    def children(self, parent_id: str) -> Sequence[Record]:
        """Return all persons of a customer, the primary one marked as excluded."""
        rows = self.remote.all_rows(
            "contacts",
            parent_id,
            "contactpersons",
            key="contact_persons",
            operation=LISTING,
        )
        return [self.record(row, parent_id) for row in rows]

    def get(self, record_id: str, parent_id: str) -> Record:
        """Return one person; it can be read without knowing its customer."""
        parts = ("contacts", parent_id) if parent_id else ("contacts",)
        answer = self.remote.get(
            *parts, "contactpersons", record_id, operation="get contact person"
        )
        row = row_in(answer, "contact_person")
        if not row.get("contact_person_id"):
            raise unconfirmed("contact person")
        return self.record(row, parent_id, via_detail=True)

    def record(
        self, row: Mapping[str, Any], parent_id: str, *, via_detail: bool = False
    ) -> Record:
        """Return the record of a person as a list or a detail showed it."""
        values = {f.key: cleaned(row.get(f.key)) for f in self.spec.fields}
        values["is_primary_contact"] = is_primary(row)
        return Record(
            id=str(row["contact_person_id"]),
            values=values,
            via="detail" if via_detail else "list",
            excluded="primary" if is_primary(row) else "",
            label=label_of(row),
            parent_id=str(row.get("contact_id") or parent_id),
        )

    # Writing

    def steps(
        self, before: Record | None, after: Values, parent_id: str
    ) -> Sequence[Step]:
        """Return the one call that a person takes. Pure."""
        if before is None:
            given = {key: value for key, value in after.items() if not is_empty(value)}
            body = {"contact_id": parent_id, **given}
            return (Step(CREATE, "create contact person", tuple(after), body),)
        known = {"first_name": before.values.get("first_name")}  # required on PUT
        changed = {k: wire_value(v) for k, v in {**known, **after}.items()}
        body = {"contact_id": self.parent_of(before), **changed}
        return (Step(UPDATE, "update contact person", tuple(after), body),)

    def primary_steps(self, before: Record) -> Sequence[Step]:
        """Return the call that makes a person the primary one of its customer. Pure."""
        return (Step(PROMOTE, "mark contact person as primary"),)

    def perform(self, step: Step, record: Record | None) -> StepResult:
        if step.kind == CREATE:
            answer = self.remote.post(
                *LIST, operation="create contact person", body=step.body
            )
            return self.written(answer, str(step.body["contact_id"]))
        record = present(record, step)
        if step.kind == UPDATE:
            answer = self.remote.put(
                *LIST, record.id, operation="update contact person", body=step.body
            )
            return self.written(answer, record.parent_id, record.id)
        if step.kind == PROMOTE:
            return self.promote(record)
        return self.remove(record)

    def written(
        self, answer: Answer, parent_id: str, record_id: str = ""
    ) -> StepResult:
        """Return what the answer to a write reports; a create must name its person."""
        row = row_in(answer, "contact_person")
        found = str(row.get("contact_person_id") or record_id)
        if not found:
            raise unconfirmed("contact person")
        values = {f.key: cleaned(row[f.key]) for f in self.spec.fields if f.key in row}
        record = Record(
            found, values, "write", label=label_of(row), parent_id=parent_id
        )
        return StepResult(record, found, answer.request_id)

    def promote(self, record: Record) -> StepResult:
        """Make a person the primary one; twice is the same as once."""
        answer = self.remote.post(
            *LIST,
            record.id,
            "primary",
            operation="mark contact person primary",
            repeatable=True,
        )
        values = {"is_primary_contact": True}
        marked = Record(
            record.id,
            values,
            "write",
            excluded="primary",
            parent_id=record.parent_id,
        )
        return StepResult(marked, record.id, answer.request_id)

    def remove(self, record: Record) -> StepResult:
        """Delete one person; one that is gone already is deleted."""
        try:
            answer = self.remote.delete(
                *LIST, record.id, operation="delete contact person"
            )
        except RemoteNotFound:
            return StepResult(None, record.id)
        return StepResult(None, record.id, answer.request_id)


def is_primary(row: Mapping[str, Any]) -> bool:
    """Say whether a person is the primary one of its customer."""
    return row.get("is_primary_contact") is True


def primary_facts(row: Mapping[str, Any]) -> Record:
    """Return what a primary person tells of its customer; "" where it names none."""
    keys = (*PERSON_FIELDS, *PERSON_DETAILS)
    values = {key: cleaned(row.get(key)) for key in keys}
    facts = {
        "primary_person": str(row.get("contact_person_id") or ""),
        "primary_shown": shown_person(values),
    }
    return Record(str(row.get("contact_id") or ""), {}, "list", facts=facts)


def label_of(row: Mapping[str, Any]) -> str:
    """Return the name of a person, else the e-mail."""
    names = (row.get("first_name"), row.get("last_name"))
    return " ".join(str(name) for name in names if name) or str(row.get("email") or "")
