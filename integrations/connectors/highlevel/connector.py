"""HighLevel: one location's contacts, notes, tasks and appointments.

Each object type has a module of its own; this one says which is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Protocol

from crosswalk.errors import AuthError, PermanentError, RemoteRejected
from integrations.connectors.base import (
    Account,
    Catalogue,
    Field,
    JSONValue,
    MatchKind,
    Page,
    Record,
    Step,
    StepResult,
    Values,
    local_zone,
)
from integrations.connectors.highlevel import tags
from integrations.connectors.highlevel.appointments import Appointments
from integrations.connectors.highlevel.calls import Calls, confirmed, unreadable
from integrations.connectors.highlevel.catalogue import FieldCatalogue
from integrations.connectors.highlevel.child_specs import (
    APPOINTMENT,
    NOTE,
    NOTE_TEXT,
    TASK,
)
from integrations.connectors.highlevel.children import Tasks, notes
from integrations.connectors.highlevel.childrows import child_of
from integrations.connectors.highlevel.contact_spec import CONTACT, PAGE_SIZE
from integrations.connectors.highlevel.contacts import Contacts
from integrations.connectors.highlevel.customs import customs_of
from integrations.connectors.highlevel.events import CHILDREN
from integrations.connectors.highlevel.notetext import NoteText
from integrations.connectors.highlevel.operations.lists import CALENDARS
from integrations.connectors.highlevel.rows import record_of
from integrations.connectors.highlevel.spec import LOCATION_SCOPE, SPEC
from integrations.connectors.highlevel.submissions import Submissions
from integrations.connectors.highlevel.submissions_spec import SUBMISSION
from integrations.connectors.highlevel.wire import HighLevelDialect
from integrations.connectors.operations import Request
from integrations.http import Answer, Api

NOTHING_KNOWN: Catalogue = MappingProxyType({})


class ObjectCalls(Protocol):
    """What one object type's module does; see `base.Connector` for each."""

    def list_page(self, cursor: JSONValue | None) -> Page: ...

    def children(self, parent_id: str) -> Sequence[Record]: ...

    def changes_page(self, since: datetime, cursor: JSONValue | None) -> Page: ...

    def get(self, record_id: str, parent_id: str = "") -> Record: ...

    def find(self, kind: MatchKind, value: str) -> Sequence[Record]: ...

    def steps(
        self, before: Record | None, after: Values, parent_id: str = ""
    ) -> Sequence[Step]: ...

    def delete_steps(self, before: Record) -> Sequence[Step]: ...

    def perform(self, step: Step, record: Record | None) -> StepResult: ...


class HighLevel:
    """The connector of one location; see `base.Connector` for the contract."""

    spec = SPEC

    def __init__(
        self,
        api: Api,
        account: Account,
        page_size: int = PAGE_SIZE,
        catalogue: Catalogue = NOTHING_KNOWN,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.api = api
        self.account = account
        self.calls = Calls(api, account)
        known = customs_of(catalogue)
        appointments = Appointments(self.calls, clock)
        self.catalogue = FieldCatalogue(self.calls, known, appointments)
        zone = local_zone(account.time_zone)
        self.objects: dict[str, ObjectCalls] = {
            CONTACT: Contacts(self.calls, known, page_size),
            NOTE: notes(self.calls),
            NOTE_TEXT: NoteText(notes(self.calls), self.catalogue.user_names, zone),
            TASK: Tasks(self.calls, page_size),
            APPOINTMENT: appointments,
        }
        self.known = known
        self.submissions = Submissions(self.calls)

    # Accounts

    def accounts(self) -> Sequence[Account]:
        """Return the location of the token; it reaches no other."""
        return [self.check()] if self.account.id else []

    def check(self) -> Account:
        """Prove the credentials on the location and return its facts."""
        path = f"/locations/{self.calls.location}"
        try:
            answer = self.calls.call(
                "GET",
                path,
                operation="get location",
                scope=LOCATION_SCOPE,
                noun="location",
            )
        except AuthError:
            raise
        except PermanentError:  # not permitted, or no such page on a smaller server
            self.calls.prove()
            return with_name(self.account)
        return account_of(answer, self.account)

    # Reading

    def fields(self, object_type: str) -> Sequence[Field]:
        """Return the live field catalogue; what may not be read is left as known."""
        return self.catalogue.fields(object_type)

    def list_page(self, object_type: str, cursor: JSONValue | None) -> Page:
        """Return one page of the complete listing."""
        return self.objects[object_type].list_page(cursor)

    def children(self, object_type: str, parent_id: str) -> Sequence[Record]:
        """Return all records under one contact (of a contact: under its business)."""
        return self.objects[object_type].children(parent_id)

    def changes_page(
        self, object_type: str, since: datetime, cursor: JSONValue | None
    ) -> Page:
        """Return one page of what changed; only contacts can be asked for that, and
        forms for what was sent."""
        if object_type == SUBMISSION:
            return self.submissions.changes_page(since, cursor)
        return self.objects[object_type].changes_page(since, cursor)

    def get(self, object_type: str, record_id: str, parent_id: str = "") -> Record:
        """Return one record by the read that does not lag."""
        return self.objects[object_type].get(record_id, parent_id)

    def find(self, object_type: str, kind: MatchKind, value: str) -> Sequence[Record]:
        """Look records up by the read that does not lag; never by search."""
        return self.objects[object_type].find(kind, value)

    # Writing

    def steps(
        self,
        object_type: str,
        before: Record | None,
        after: Values,
        parent_id: str = "",
    ) -> Sequence[Step]:
        """Return the cheapest documented calls that write `after`. Pure."""
        return self.objects[object_type].steps(before, after, parent_id)

    def delete_steps(self, object_type: str, before: Record) -> Sequence[Step]:
        """Return the calls that delete a record. Pure."""
        return self.objects[object_type].delete_steps(before)

    def archive_steps(self, object_type: str, before: Record) -> Sequence[Step]:
        """Return the call that tags a contact as archived. Pure."""
        if object_type != CONTACT:
            raise RemoteRejected(
                f"HighLevel has no archive for a {object_type}.", code="cannot_archive"
            )
        return tags.archive_steps()

    def restore_steps(self, object_type: str, before: Record) -> Sequence[Step]:
        """Return the call that takes the archive tag off a contact. Pure."""
        if object_type != CONTACT:
            raise RemoteRejected(
                f"HighLevel has no archive for a {object_type}.", code="cannot_restore"
            )
        return tags.restore_steps()

    def perform(
        self, object_type: str, step: Step, record: Record | None
    ) -> StepResult:
        """Make the call of one step."""
        return self.objects[object_type].perform(step, record)

    def unique_name(self, object_type: str, values: Values, attempt: int) -> str:
        """Return "": names need not be unique here. Pure."""
        return ""

    # Operations

    def send(self, request: Request) -> Answer:
        """Make the call of an operation, in the version its part of the API has."""
        call = self.calls.calendar if request.api == CALENDARS else self.calls.call
        answer = call(
            request.method,
            request.path,
            operation=request.what,
            scope=request.scope,
            noun=request.noun,
            params=request.params,
            json_body=request.body,
            repeatable=request.repeatable,
        )
        return confirmed(answer)

    def left(self, object_type: str, row: Values, record_id: str) -> Record | None:
        """Return the record that the answer to a write shows, None where it shows none."""
        named = {**row, "id": row.get("id") or record_id}
        if not named["id"]:
            return None
        if object_type == CONTACT:
            return record_of(named, "write", self.known)
        spec = CHILDREN.get(object_type)
        return child_of(spec, named, "write") if spec else None


def with_name(account: Account) -> Account:
    """Return an account as it is known, without the facts its page would tell."""
    return Account(
        account.id, account.name or account.id, account.time_zone, account.country
    )


def account_of(answer: Answer, account: Account) -> Account:
    """Return the facts of a location; what it leaves out stays as known."""
    body = answer.body if isinstance(answer.body, dict) else {}
    location = body.get("location")
    if not isinstance(location, dict):
        raise unreadable("a location")
    settings = location.get("settings")
    return Account(
        id=account.id,
        name=str(location.get("name") or account.name or account.id),
        time_zone=str(location.get("timezone") or account.time_zone),
        country=str(location.get("country") or account.country),
        facts={
            "company_id": str(location.get("companyId") or ""),
            "settings": settings if isinstance(settings, dict) else {},
        },
    )


def build(
    api: Api, account: Account, catalogue: Catalogue = NOTHING_KNOWN
) -> HighLevel:
    """Return the connector of a location; the API speaks HighLevel's dialect.

    `catalogue` holds the location's own fields as last stored: with them their values
    are typed, and one that a contact leaves out reads as empty.
    """
    api.dialect = HighLevelDialect()
    return HighLevel(api, account, catalogue=catalogue)
