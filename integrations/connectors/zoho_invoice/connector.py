"""Zoho Invoice: reading and writing the customers of one organization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from crosswalk.errors import (
    AuthError,
    OutcomeUnknown,
    RemoteNotFound,
    RemoteRejected,
    TransientError,
)
from integrations.connectors.base import (
    Account,
    JSONValue,
    MatchKind,
    Page,
    Record,
    Step,
    StepResult,
    Values,
    local_zone,
)
from integrations.connectors.zoho_invoice import writes
from integrations.connectors.zoho_invoice.rows import (
    cleaned,
    known_primary,
    record_of,
    shown_person,
)
from integrations.connectors.zoho_invoice.spec import (
    PAGE_SIZE,
    PERSON_FIELDS,
    SEARCH_LENGTH,
    SPEC,
)
from integrations.connectors.zoho_invoice.wire import (
    INVALID_VALUE,
    WRONG_ORGANIZATION_SENTENCE,
    ZohoDialect,
)
from integrations.http import Answer, Api

BASE = "/invoice/v3"
# Invoice lists customers only unless told otherwise (sheet §4.2); vendors and inactive
# ones take part in the uniqueness of names, so they are read too.
EVERYBODY = {"filter_by": "Status.All"}
# Ascending creation time: an edit never moves a row to another page.
LIST_SORT, LIST_SORT_FALLBACK = "created_time", "contact_name"


class ZohoInvoice:
    """The connector of one organization; see `base.Connector` for the contract."""

    spec = SPEC

    def __init__(
        self, api: Api, account: Account, *, page_size: int = PAGE_SIZE
    ) -> None:
        self.api = api
        self.account = account
        self.page_size = page_size
        self.zone = local_zone(account.time_zone)

    # Accounts

    def accounts(self) -> Sequence[Account]:
        """Return the organizations of the user; one token reaches all of them."""
        answer = self.api.call(
            "GET", f"{BASE}/organizations", operation="list organizations"
        )
        return [account_of(row) for row in rows_in(answer, "organizations")]

    def check(self) -> Account:
        """Prove the credentials on the chosen organization and return its facts."""
        try:
            accounts = self.accounts()
        except AuthError as error:
            if error.code == "wrong_organization":
                raise
            return self.check_by_contacts()
        for account in accounts:
            if account.id == self.account.id:
                return account
        raise AuthError(
            WRONG_ORGANIZATION_SENTENCE,
            detail=f"{self.account.id} is not among {len(accounts)} organizations",
            code="wrong_organization",
        )

    def check_by_contacts(self) -> Account:
        """Prove access without the settings scope; the time zone stays unknown."""
        self.list_call({**EVERYBODY, "per_page": 1})
        return Account(self.account.id, self.account.name or self.account.id)

    # Reading

    def list_page(self, object_type: str, cursor: JSONValue | None) -> Page:
        """Return one page of all contacts, oldest first."""
        place = cursor or {"page": 1, "sort": LIST_SORT}
        try:
            answer = self.sorted_call(place["page"], place["sort"], "A")
        except RemoteRejected as error:  # the column is documented for Books only
            if error.code != INVALID_VALUE or place["page"] != 1:
                raise
            place = {"page": 1, "sort": LIST_SORT_FALLBACK}
            answer = self.sorted_call(1, LIST_SORT_FALLBACK, "A")
        following = {**place, "page": place["page"] + 1}
        return Page(self.records(answer), following if self.has_more(answer) else None)

    def changes_page(
        self, object_type: str, since: datetime, cursor: JSONValue | None
    ) -> Page:
        """Return one page of what changed at or after `since`, newest first.

        Descending by page number is safe: a row edited meanwhile jumps to page 1 and
        is met at the next poll. The `last_modified_time` filter is not documented for
        contacts and not used (sheet §4.2, §7).
        """
        page = int(cursor or 1)
        answer = self.sorted_call(page, "last_modified_time", "D")
        records = self.records(answer)
        since = since.replace(microsecond=0)  # their times have whole seconds
        fresh = [r for r in records if r.modified_at is None or r.modified_at >= since]
        reached = len(fresh) < len(records) or not self.has_more(answer)
        return Page(fresh, None if reached else page + 1)

    def get(self, object_type: str, record_id: str) -> Record:
        """Return one contact in full."""
        answer = self.api.call("GET", contact_path(record_id), operation="get contact")
        row = contact_in(answer)
        if row is None:
            raise unreadable("a contact")
        return record_of(row, "detail", self.zone)

    def find(self, object_type: str, kind: MatchKind, value: str) -> Sequence[Record]:
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
        """Return the contacts that one search parameter finds."""
        params = {**EVERYBODY, param: value[:SEARCH_LENGTH], "per_page": self.page_size}
        return self.records(self.list_call(params))

    def sorted_call(self, page: int, column: str, order: str) -> Answer:
        """Get one page of the listing in a given order."""
        return self.list_call(
            {
                **EVERYBODY,
                "sort_column": column,
                "sort_order": order,
                "per_page": self.page_size,
                "page": page,
            }
        )

    def list_call(self, params: Mapping[str, Any]) -> Answer:
        """Call the listing with all that narrows or orders it."""
        return self.api.call(
            "GET", f"{BASE}/contacts", operation="list contacts", params=params
        )

    def records(self, answer: Answer) -> list[Record]:
        """Return the contacts of a listing's answer."""
        return [record_of(r, "list", self.zone) for r in rows_in(answer, "contacts")]

    def has_more(self, answer: Answer) -> bool:
        """Say whether a page follows; without page_context a full page may have one."""
        rows = rows_in(answer, "contacts")
        context = answer.body.get("page_context")
        if not isinstance(context, dict) or "has_more_page" not in context:
            return len(rows) >= self.page_size
        if context["has_more_page"] and not rows:
            raise unreadable("contacts")
        return bool(context["has_more_page"])

    # Writing

    def steps(
        self, object_type: str, before: Record | None, after: Values
    ) -> Sequence[Step]:
        """Return the cheapest documented calls that write `after`. Pure."""
        if before is None:
            return writes.create_steps(after)
        return writes.update_steps(before, after)

    def unique_name(self, object_type: str, values: Values, attempt: int) -> str:
        """Return the customer name of a create. Pure."""
        return writes.customer_name(values, attempt)

    def perform(
        self, object_type: str, step: Step, record: Record | None
    ) -> StepResult:
        """Make the call of one step.

        Which call writes a person field is settled here, from what a forced read
        brought back, not when the step was planned.
        """
        if step.kind == writes.CREATE:
            return self.create(step)
        if record is None:
            raise ValueError(f"{step.kind} needs the record")
        if step.kind == writes.READ:
            return StepResult(self.get(object_type, record.id), record.id)
        values = step.body["values"]
        try:
            return self.update(record, values)
        except RemoteNotFound:
            if not writes.split(values)[0]:
                raise
        return self.update_again(record, values)

    def update_again(self, record: Record, values: Values) -> StepResult:
        """Update after a 1002, which Zoho also says of a missing *person*.

        Only a read of the contact proves that the contact is gone, and tells who is
        its primary person now.
        """
        fresh = self.get("contact", record.id)
        try:
            return self.update(fresh, values)
        except RemoteNotFound as error:
            raise RemoteRejected(
                "Zoho Invoice shows this customer but does not find its contact person. "
                "Check the person there, then retry.",
                detail=error.detail,
            ) from error

    def create(self, step: Step) -> StepResult:
        """Create a contact; an answer without its id leaves the outcome unknown."""
        answer = self.api.call(
            "POST",
            f"{BASE}/contacts",
            operation="create contact",
            json_body=dict(step.body),
        )
        row = contact_in(answer)
        if row is None:
            raise OutcomeUnknown(
                "Zoho Invoice did not confirm a change. Crosswalk looks first whether "
                "it was done, then goes on.",
                detail="the answer to a create holds no contact",
            )
        record = record_of(row, "write", self.zone)
        return StepResult(record, record.id, answer.request_id)

    def update(self, record: Record, values: Values) -> StepResult:
        """Write fields of a contact, person fields on its primary person."""
        person, contact = writes.split(values)
        if person:
            record = self.with_primary(record)
        primary = known_primary(record) if person else ""
        result = StepResult(None, record.id)
        if primary:
            result = self.put_person(record, primary, person)
        body = writes.contact_body(contact, record)
        if person and not primary:
            persons = writes.first_person(person, record)
            body |= {"contact_persons": persons} if persons else {}
        return self.put_contact(record, body) if body else result

    def with_primary(self, record: Record) -> Record:
        """Return the record with its primary person known, read if need be."""
        if known_primary(record) is None:
            record = self.get("contact", record.id)
        if known_primary(record) == "" and record.facts.get("persons"):
            raise RemoteRejected(  # the array would remove them (sheet §4.4.3)
                "This customer has contact persons at Zoho Invoice, but none of them "
                "is the primary one. Mark one as primary there, then retry."
            )
        return record

    def put_person(self, record: Record, primary: str, person: Values) -> StepResult:
        """Change the primary person; the other persons are not touched."""
        answer = self.api.call(
            "PUT",
            f"{BASE}/contacts/contactpersons/{quote(primary, safe='')}",
            operation="update contact person",
            json_body=writes.person_body(record.id, person, record),
        )
        row = person_in(answer)
        shown = {key: cleaned(row[key]) for key in PERSON_FIELDS if key in row}
        now = {**record.values, **person, **shown}
        facts = {"primary_person": primary, "primary_shown": shown_person(now)}
        written = Record(record.id, shown, "write", facts=facts)
        return StepResult(written, record.id, answer.request_id)

    def put_contact(self, record: Record, body: Values) -> StepResult:
        """Change the contact itself."""
        answer = self.api.call(
            "PUT",
            contact_path(record.id),
            operation="update contact",
            json_body=dict(body),
        )
        row = contact_in(answer)
        written = record_of(row, "write", self.zone) if row else None
        return StepResult(written, record.id, answer.request_id)


def build(api: Api, account: Account) -> ZohoInvoice:
    """Return the connector of an organization; `api` speaks for it from now on."""
    api.dialect = ZohoDialect(account.id)
    return ZohoInvoice(api, account)


def contact_path(record_id: str) -> str:
    """Return the path of one contact; ids may come from a webhook, so quote them."""
    return f"{BASE}/contacts/{quote(record_id, safe='')}"


def rows_in(answer: Answer, key: str) -> list[dict[str, Any]]:
    """Return the rows of a listing. None at all is no empty listing: that would read
    as everybody deleted."""
    rows = answer.body.get(key) if isinstance(answer.body, dict) else None
    if not isinstance(rows, list):
        raise unreadable(key)
    return [row for row in rows if isinstance(row, dict)]


def contact_in(answer: Answer) -> dict[str, Any] | None:
    """Return the contact of an answer, None when it holds none."""
    contact = answer.body.get("contact") if isinstance(answer.body, dict) else None
    return contact if isinstance(contact, dict) and contact.get("contact_id") else None


def person_in(answer: Answer) -> dict[str, Any]:
    """Return the person of an answer: documented as a list, seen as an object."""
    person = (
        answer.body.get("contact_person") if isinstance(answer.body, dict) else None
    )
    if isinstance(person, list):
        person = person[0] if person else None
    return person if isinstance(person, dict) else {}


def account_of(row: Mapping[str, Any]) -> Account:
    """Return an organization as an account; the country code only live answers have."""
    country = str(row.get("country_code") or row.get("country") or "")
    return Account(
        id=str(row.get("organization_id") or ""),
        name=str(row.get("name") or ""),
        time_zone=str(row.get("time_zone") or "UTC"),
        country=country.upper() if len(country) == 2 else "",
        facts={"is_default": bool(row.get("is_default_org"))},
    )


def same(value: JSONValue, wanted: str) -> bool:
    """Compare as the vendor does: exactly, but for case (assumed, sheet §4.4.1)."""
    return str(value or "").strip().casefold() == wanted.strip().casefold()


def unreadable(what: str) -> TransientError:
    """Return the error of an answer without the part that was asked for."""
    return TransientError(
        "Zoho Invoice's answer was incomplete. Crosswalk tries again by itself.",
        detail=f"the answer does not hold {what}",
    )
