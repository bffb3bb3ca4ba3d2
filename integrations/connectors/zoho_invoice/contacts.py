"""Customers: reading them in lists and alone, and the calls that change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from crosswalk.errors import RemoteRejected
from integrations.connectors.base import (
    Field,
    JSONValue,
    MatchKind,
    Page,
    Record,
    Step,
    StepResult,
    Values,
)
from integrations.connectors.zoho_invoice import (
    catalogue,
    changing,
    lifecycle,
    uniquefield,
    writes,
)
from integrations.connectors.zoho_invoice.errors import INVALID_VALUE
from integrations.connectors.zoho_invoice.kind import Kind, present
from integrations.connectors.zoho_invoice.overlapping import Listing, Place
from integrations.connectors.zoho_invoice.remote import (
    Remote,
    row_in,
    rows_in,
    unreadable,
)
from integrations.connectors.zoho_invoice.rows import record_of
from integrations.connectors.zoho_invoice.spec import CONTACT, SEARCH_LENGTH
from integrations.http import Answer

# Invoice lists customers only unless told otherwise (sheet §4.2); vendors and inactive
# ones take part in the uniqueness of names, so they are read too.
EVERYBODY = {"filter_by": "Status.All"}
# Ascending creation time: an edit never moves a row to another page.
LIST_SORT, LIST_SORT_FALLBACK = "created_time", "contact_name"


class Contacts(Kind):
    """The customers of the organization, with their primary person."""

    key: ClassVar[str] = CONTACT

    # Reading

    def fields(self) -> Sequence[Field]:
        """Return the standard fields and those the organization made itself."""
        newest = self.sorted_call(1, "last_modified_time", "D")
        return (*self.spec.fields, *catalogue.own_fields(self.remote, newest))

    def list_page(self, cursor: JSONValue | None) -> Page:
        """Return the next of all contacts, oldest first; nobody is hidden by deletes."""
        place = Place.of(cursor, self.remote.page_size)
        column = cursor["sort"] if cursor else LIST_SORT

        def read(page: int, size: int) -> Answer:
            return self.sorted_call(page, column, "A", size)

        try:
            answer = read(place.page, place.per_page)
        except RemoteRejected as error:  # the column is documented for Books only
            if error.code != INVALID_VALUE or place.page != 1:
                raise
            column = LIST_SORT_FALLBACK
            answer = read(place.page, place.per_page)
        rows, following = self._listing().rows(place, read, answer)
        records = [self.record(row) for row in rows]
        return Page(records, following and {**following.cursor(), "sort": column})

    def _listing(self) -> Listing:
        return Listing(self.remote, "contacts", "contact_id")

    def changes_page(self, since: datetime, cursor: JSONValue | None) -> Page:
        """Return the next of what changed at or after `since`, newest first.

        Descending is safe: who is edited meanwhile jumps to page 1 and is met at the
        next poll, and nobody is hidden by deletes. The `last_modified_time` filter is not documented for
        contacts and not used (sheet §4.2, §7).
        """

        def read(page: int, size: int) -> Answer:
            return self.sorted_call(page, "last_modified_time", "D", size)

        place = Place.of(cursor, self.remote.page_size)
        rows, following = self._listing().rows(place, read)
        records = [self.record(row) for row in rows]
        since = since.replace(microsecond=0)  # their times have whole seconds
        fresh = [r for r in records if r.modified_at is None or r.modified_at >= since]
        is_reached = len(fresh) < len(records) or following is None
        return Page(fresh, following.cursor() if following and not is_reached else None)

    def get(self, record_id: str, parent_id: str = "") -> Record:
        """Return one contact in full."""
        row = read_contact(self.remote, record_id)
        return record_of(row, "detail", self.remote.zone, self.own_fields)

    def find(self, kind: MatchKind, value: str) -> Sequence[Record]:
        """Look contacts up by exact name or e-mail, or by phone as written.

        A search value has at most 100 characters, a name 200 (sheet §4.2-3): a longer
        name is looked up by its beginning and compared here.
        """
        if kind == "name":
            long = len(value) > SEARCH_LENGTH
            param = "contact_name_startswith" if long else "contact_name"
            found = self.search(param, value)
            return [r for r in found if same(r.values.get("contact_name"), value)]
        found = self.search(kind, value)
        if kind == "email":
            return [r for r in found if same(r.values.get("email"), value)]
        return found

    def search(self, param: str, value: str) -> list[Record]:
        """Return the contacts that one search parameter finds, all pages of them."""
        rows = self.remote.all_rows(
            "contacts",
            key="contacts",
            operation="list contacts",
            params={**EVERYBODY, param: value[:SEARCH_LENGTH]},
        )
        return [self.record(row) for row in rows]

    def sorted_call(self, page: int, column: str, order: str, size: int = 0) -> Answer:
        """Get one page of the listing in a given order, of the usual size or another."""
        params: Mapping[str, Any] = {
            **EVERYBODY,
            "sort_column": column,
            "sort_order": order,
            "per_page": size or self.remote.page_size,
            "page": page,
        }
        return self.remote.get("contacts", operation="list contacts", params=params)

    def records(self, answer: Answer) -> list[Record]:
        """Return the contacts of a listing's answer."""
        return [self.record(row) for row in rows_in(answer, "contacts")]

    def record(self, row: Mapping[str, Any]) -> Record:
        """Return the record of a list row."""
        return record_of(row, "list", self.remote.zone, self.own_fields)

    # Writing

    def steps(
        self, before: Record | None, after: Values, parent_id: str = ""
    ) -> Sequence[Step]:
        """Return the cheapest documented calls that write `after`. Pure."""
        if before is not None:
            return writes.update_steps(before, after)
        unique = uniquefield.field_for(self.remote.account, after)
        if unique:
            return uniquefield.upsert_steps(unique, after, self.labels())
        return writes.create_steps(after, self.labels())

    def labels(self) -> Mapping[str, str]:
        """Return what Zoho itself calls the custom fields we know, by key."""
        return catalogue.labels(self.own_fields)

    def unique_name(self, values: Values, attempt: int) -> str:
        """Return the customer name of a create. Pure."""
        return writes.customer_name(values, attempt)

    def delete_steps(self, before: Record) -> Sequence[Step]:
        """Return the call that deletes, or the one that archives where a detail read
        has said that the customer has transactions. Pure."""
        return lifecycle.delete_steps(before)

    def perform(self, step: Step, record: Record | None) -> StepResult:
        """Make the call of one step.

        Which call writes a person field is settled here, from what a forced read
        brought back, not when the step was planned.
        """
        if step.kind == writes.CREATE:
            return changing.create(self.remote, step.body)
        if step.kind == uniquefield.UPSERT:
            return uniquefield.upsert(self.remote, step.body)
        record = present(record, step)
        if step.kind == writes.READ:
            return StepResult(self.get(record.id), record.id)
        if step.kind in lifecycle.STEPS:
            return lifecycle.perform(self.remote, step, record)
        values = step.body["values"]
        if step.kind == uniquefield.PERSON and uniquefield.has_person(record, values):
            return StepResult(None, record.id)
        return changing.change(self, record, values)


def read_contact(remote: Remote, contact_id: str) -> Mapping[str, Any]:
    """Return the detail of one contact as it came."""
    answer = remote.get("contacts", contact_id, operation="get contact")
    row = row_in(answer, "contact")
    if not row.get("contact_id"):
        raise unreadable("a contact")
    return row


def same(value: JSONValue, wanted: str) -> bool:
    """Compare as the vendor does: exactly, but for case (assumed, sheet §4.4.1)."""
    return str(value or "").strip().casefold() == wanted.strip().casefold()
