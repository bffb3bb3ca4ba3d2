"""The contacts of one location: reading them, looking them up, writing them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crosswalk.errors import RemoteNotFound, RemoteRejected
from integrations.connectors.base import (
    JSONValue,
    MatchKind,
    Page,
    Record,
    Step,
    StepResult,
    Values,
)
from integrations.connectors.highlevel import tags, writes
from integrations.connectors.highlevel.calls import (
    Calls,
    checked,
    gone,
    row_in,
    unconfirmed,
    unreadable,
)
from integrations.connectors.highlevel.customs import Customs
from integrations.connectors.highlevel.listing import Listing
from integrations.connectors.highlevel.rows import (
    Row,
    is_ours,
    list_keeps_case,
    listed,
    record_of,
)
from integrations.connectors.highlevel.spec import READ_SCOPE
from integrations.http import Answer

KEY_PARAMS = {"email": "email", "phone": "number"}


class Contacts:
    """What `base.Connector` asks for, of contacts."""

    def __init__(self, calls: Calls, customs: Customs, page_size: int) -> None:
        self.calls = calls
        self.customs = customs
        self.listing = Listing(calls, customs, page_size)

    # Reading

    def list_page(self, cursor: JSONValue | None) -> Page:
        """Return one page of all contacts."""
        return self.listing.all(cursor)

    def changes_page(self, since: datetime, cursor: JSONValue | None) -> Page:
        """Return one page of what changed at or after `since`."""
        return self.listing.changed(since, cursor)

    def children(self, parent_id: str) -> Sequence[Record]:
        """Return the contacts of a business; contacts hang under nothing else."""
        page = self.listing.of_business(checked(parent_id, "business"), None)
        records = list(page.records)
        while page.next is not None:
            page = self.listing.of_business(parent_id, page.next)
            records += page.records
        return records

    def get(self, record_id: str, parent_id: str = "") -> Record:
        """Return one contact in full; this read does not lag (sheet §10.1)."""
        answer = self.calls.read(
            f"/contacts/{checked(record_id)}", operation="get contact"
        )
        row = row_in(answer, "contact")
        if row is None:
            raise unreadable("a contact")
        if not is_ours(row, self.calls.account.id):
            raise gone("deleted, or of another location")
        return record_of(row, "detail", self.customs)

    def find(self, kind: MatchKind, value: str) -> Sequence[Record]:
        """Look a contact up by e-mail or phone; no name read of HighLevel is up to date.

        Which fields this answer reports is not documented, so only those present
        count as read; nor is whether it shows names as written.
        """
        param = KEY_PARAMS.get(kind)
        row = self.holder({param: value}) if param and value else None
        if row is None:
            return []
        return [listed(row, list_keeps_case([row]), self.customs, only_present=True)]

    def holder(self, params: dict[str, str]) -> Row | None:
        """Return the contact that HighLevel itself would match, None if nobody."""
        try:
            answer = self.calls.call(
                "GET",
                "/contacts/search/duplicate",
                operation="find contact",
                scope=READ_SCOPE,
                params={"locationId": self.calls.account.id, **params},
            )
        except RemoteNotFound:
            return None
        row = row_in(answer, "contact")
        return row if row and is_ours(row, self.calls.account.id) else None

    # Writing

    def steps(
        self, before: Record | None, after: Values, parent_id: str = ""
    ) -> Sequence[Step]:
        """Return the cheapest documented calls that write `after`. Pure."""
        return writes.steps_of(self.calls.account.id, before, after, self.customs)

    def delete_steps(self, before: Record) -> Sequence[Step]:
        """Return the call that deletes a contact. Pure."""
        return writes.delete_steps(before)

    def perform(self, step: Step, record: Record | None) -> StepResult:
        """Make the call of one step."""
        if step.kind == writes.CREATE:
            return self.create(step)
        if record is None:
            raise ValueError(f"{step.kind} needs the record")
        checked(record.id)
        if step.kind in (tags.ADD, tags.REMOVE):
            return self.tag(step, record)
        calls = {
            writes.UPDATE: self.update,
            writes.UPSERT: self.upsert,
            writes.LOOK_UP: self.look_up,
            writes.DELETE: self.delete,
            tags.READ: self.read_anew,
        }
        return calls[step.kind](step, record)

    def create(self, step: Step) -> StepResult:
        """Create a contact; an answer without its id leaves the outcome unknown."""
        answer = self.calls.write(
            "POST", "/contacts/", operation="create contact", body=step.body
        )
        row = row_in(answer, "contact")
        if row is None:
            raise unconfirmed("contact")
        return self.written(row, answer)

    def update(self, step: Step, record: Record) -> StepResult:
        """Update a contact by its id; an answer without it proves no change."""
        answer = self.calls.write(
            "PUT",
            f"/contacts/{record.id}",
            operation="update contact",
            body=step.body,
        )
        row = row_in(answer, "contact")
        if row is None:
            raise unconfirmed("contact")
        if str(row["id"]) != record.id:
            return StepResult(None, record.id, answer.request_id)
        return self.written(row, answer)

    def look_up(self, step: Step, record: Record) -> StepResult:
        """See that an upsert by these keys would meet this contact, by its first ones.

        RemoteRejected when it would meet another, or this one by an additional e-mail;
        RemoteNotFound when this one is gone, which only a read of itself can tell.
        """
        params = {KEY_PARAMS[key]: str(value) for key, value in step.body.items()}
        row = self.holder(params)
        if row is None or str(row["id"]) != record.id:
            self.get(record.id)
            found = f"they find {row['id'] if row else 'nobody'}"
            raise writes.no_key_of_its_own(found)
        fresh = listed(row, list_keeps_case([row]), self.customs, only_present=True)
        if not step.body.keys() <= fresh.values.keys():
            fresh = self.get(record.id)  # a form that leaves keys out proves nothing
        for key, value in step.body.items():
            if not same_key(fresh.values.get(key), value):
                raise writes.no_key_of_its_own(f"its {key} is another by now")
        return StepResult(fresh, record.id)

    def upsert(self, step: Step, record: Record) -> StepResult:
        """Update a contact by its keys, and see that it was this one (sheet §8)."""
        answer = self.calls.write(
            "POST",
            "/contacts/upsert",
            operation="upsert contact",
            body=step.body,
            repeatable=True,
        )
        row = row_in(answer, "contact")
        if row is None:
            raise unreadable("the contact of an upsert")
        other = str(row["id"])
        if other != record.id or answer.body.get("new") is True:
            raise other_contact(record.id, other, answer)
        return self.written(row, answer)

    def tag(self, step: Step, record: Record) -> StepResult:
        """Add tags, or remove some; the answer names all that are there now.

        Both may be repeated: the second time changes nothing.
        """
        is_add = step.kind == tags.ADD
        names = list(step.body["tags"]) if is_add else tags.to_remove(step, record)
        if not names:
            return StepResult(None, record.id)
        answer = self.calls.write(
            "POST" if is_add else "DELETE",
            f"/contacts/{record.id}/tags",
            operation="add tags" if is_add else "remove tags",
            body={"tags": names},
            repeatable=True,
        )
        now = answer.body.get("tags")
        if not isinstance(now, list):
            return StepResult(None, record.id, answer.request_id)
        found = Record(record.id, {"tags": now or None}, "write")
        return StepResult(found, record.id, answer.request_id)

    def delete(self, step: Step, record: Record) -> StepResult:
        """Delete a contact; one that is gone already is as wanted."""
        try:
            answer = self.calls.write(
                "DELETE", f"/contacts/{record.id}", operation="delete contact"
            )
        except RemoteNotFound as error:
            return StepResult(None, record.id, error.request_id)
        return StepResult(None, record.id, answer.request_id)

    def read_anew(self, step: Step, record: Record) -> StepResult:
        """Read what a later step of the change must know."""
        return StepResult(self.get(record.id), record.id)

    def written(self, row: Row, answer: Answer) -> StepResult:
        """Return what a write brought back."""
        record = record_of(row, "write", self.customs)
        return StepResult(record, record.id, answer.request_id)


def same_key(one: JSONValue, other: JSONValue) -> bool:
    """Say whether two e-mails or phone numbers are the same, however written.

    A number may come without its country's code, where HighLevel adds it on saving.
    """
    first, second = (str(each or "").strip().lower() for each in (one, other))
    if "@" in first or "@" in second:
        return first == second
    first, second = (
        "".join(filter(str.isdigit, each)).lstrip("0") for each in (first, second)
    )
    shorter, longer = sorted((first, second), key=len)
    return bool(shorter) and longer.endswith(shorter)


def other_contact(expected: str, other: str, answer: Answer) -> RemoteRejected:
    """Return the error of an upsert that met another contact than the one meant."""
    is_new = answer.body.get("new") is True
    if is_new:
        message = (
            "HighLevel made a new person instead of changing the company of this one. "
            "Look at both there."
        )
    else:
        message = (
            "HighLevel changed another person with the same e-mail or phone instead of "
            "this one. Look at both there."
        )
    made = (
        f"a new contact {other} was made" if is_new else f"contact {other} was changed"
    )
    error = RemoteRejected(
        message, detail=f"{made} instead of {expected}", code="upsert_other_contact"
    )
    error.request_id = answer.request_id
    return error
