"""HighLevel: reading and writing the contacts of one location."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crosswalk.errors import (
    AuthError,
    OutcomeUnknown,
    PermanentError,
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
)
from integrations.connectors.highlevel import writes
from integrations.connectors.highlevel.rows import (
    Row,
    is_contact,
    is_ours,
    iso,
    list_keeps_case,
    listed,
    record_of,
    records_of,
)
from integrations.connectors.highlevel.spec import (
    LOCATION_SCOPE,
    PAGE_SIZE,
    READ_SCOPE,
    SPEC,
    WRITE_SCOPE,
)
from integrations.connectors.highlevel.wire import HighLevelDialect, wrong_address
from integrations.http import Answer, Api

# Twenty letters and digits, says the sheet (§6.1); anything else names nothing
# there and must not reach a path.
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
KEY_PARAMS = {"email": "email", "phone": "number"}


class HighLevel:
    """The connector of one location; see `base.Connector` for the contract."""

    spec = SPEC

    def __init__(self, api: Api, account: Account, page_size: int = PAGE_SIZE) -> None:
        self.api = api
        self.account = account
        self.page_size = page_size

    # Accounts

    def accounts(self) -> Sequence[Account]:
        """Return the location of the token; it reaches no other."""
        return [self.check()] if self.account.id else []

    def check(self) -> Account:
        """Prove the credentials on the location and return its facts."""
        try:
            answer = self.call(
                "GET",
                f"/locations/{self.location_path()}",
                operation="get location",
                scope=LOCATION_SCOPE,
            )
        except AuthError:
            raise
        except PermanentError:  # not permitted, or no such page on a smaller server
            return self.check_by_contacts()
        return account_of(answer, self.account)

    def check_by_contacts(self) -> Account:
        """Prove access without the location's page; its facts stay unknown."""
        self.search({"pageLimit": 1})
        return Account(
            self.account.id,
            self.account.name or self.account.id,
            self.account.time_zone,
            self.account.country,
        )

    def location_path(self) -> str:
        """Return the location's id if it can be one; it may be typed by a person."""
        if not ID.fullmatch(self.account.id):
            raise PermanentError(
                "This is no location ID of HighLevel. It is the part after “location/” "
                "in the address of the location’s pages.",
                code="wrong_location",
            )
        return self.account.id

    # Reading

    def list_page(self, object_type: str, cursor: JSONValue | None) -> Page:
        """Return one page of all contacts, oldest first: edits move no row."""
        return self.page({"sort": ascending("dateAdded")}, cursor)

    def changes_page(
        self, object_type: str, since: datetime, cursor: JSONValue | None
    ) -> Page:
        """Return one page of what changed at or after `since`, oldest change first.

        Search lags by seconds, hence `spec.overlap_seconds` (sheet §7.2).
        """
        changed = {
            "field": "dateUpdated",
            "operator": "range",
            "value": {"gte": iso(since)},
        }
        return self.page(
            {"filters": [changed], "sort": ascending("dateUpdated")}, cursor
        )

    def page(self, body: dict[str, Any], cursor: JSONValue | None) -> Page:
        """Return one page of a search and where the next one begins.

        The cursor holds `seen` (rows so far) and either `after` (the last row's
        searchAfter) or, where rows have none, `page` (sheet §7.2: never both).
        """
        place = cursor or {"seen": 0}
        start = {"searchAfter": place.get("after"), "page": place.get("page")}
        start = {key: value for key, value in start.items() if value is not None}
        answer = self.search({**body, "pageLimit": self.page_size, **start})
        rows = rows_in(answer)
        following = self.following(place, rows, answer.body.get("total"))
        return Page(records_of(rows, self.account.id), following)

    def following(
        self, place: dict[str, Any], rows: Sequence[Row], total: JSONValue
    ) -> JSONValue | None:
        """Return the next page's cursor, None on the clean last page.

        A short page is the last one, unless the total says that the server only
        gives fewer rows than asked for.
        """
        seen = place["seen"] + len(rows)
        known = isinstance(total, int)
        is_short = len(rows) < self.page_size
        if not rows or (is_short and not (known and seen < total)):
            return None
        after = rows[-1].get("searchAfter")
        if after is None:
            if known and seen >= total:
                return None
            return {"page": place.get("page", 1) + 1, "seen": seen}
        if after == place.get("after"):
            raise PermanentError(
                "HighLevel shows the same page of contacts again and again.",
                detail=f"searchAfter stays {after}",
                code="paging_stuck",
            )
        return {"after": after, "seen": seen}

    def search(self, body: dict[str, Any]) -> Answer:
        """Search contacts; a POST that changes nothing."""
        try:
            return self.call(
                "POST",
                "/contacts/search",
                operation="search contacts",
                scope=READ_SCOPE,
                json_body={"locationId": self.account.id, **body},
                repeatable=True,
            )
        except RemoteNotFound as error:  # a search names no contact that could be gone
            raise wrong_address(error.detail, error.status) from error

    def get(self, object_type: str, record_id: str) -> Record:
        """Return one contact in full; this read does not lag (sheet §10.1)."""
        if not ID.fullmatch(record_id):
            raise gone("not a contact id")
        try:
            answer = self.call(
                "GET",
                f"/contacts/{record_id}",
                operation="get contact",
                scope=READ_SCOPE,
            )
        except AuthError as error:
            if error.code != "wrong_location":
                raise
            # The same 403 for a contact of another location: who may search here has
            # a token of this one.
            self.check_by_contacts()
            raise gone("it belongs to another location") from error
        row = contact_in(answer)
        if row is None:
            raise unreadable("a contact")
        if not is_ours(row, self.account.id):
            raise gone("deleted, or of another location")
        return record_of(row, "detail")

    def find(self, object_type: str, kind: MatchKind, value: str) -> Sequence[Record]:
        """Look a contact up by e-mail or phone; no name read of HighLevel is up to date.

        Which fields this answer reports is not documented, so only those present
        count as read; nor is whether it shows names as written.
        """
        param = KEY_PARAMS.get(kind)
        if param is None or not value:
            return []
        try:
            answer = self.call(
                "GET",
                "/contacts/search/duplicate",
                operation="find contact",
                scope=READ_SCOPE,
                params={"locationId": self.account.id, param: value},
            )
        except RemoteNotFound:
            return []
        row = contact_in(answer)
        if row is None or not is_ours(row, self.account.id):
            return []
        return [listed(row, list_keeps_case([row]), only_present=True)]

    # Writing

    def steps(
        self, object_type: str, before: Record | None, after: Values
    ) -> Sequence[Step]:
        """Return the cheapest documented calls that write `after`. Pure."""
        return writes.steps_of(self.account.id, before, after)

    def unique_name(self, object_type: str, values: Values, attempt: int) -> str:
        """Return "": names need not be unique here. Pure."""
        return ""

    def perform(
        self, object_type: str, step: Step, record: Record | None
    ) -> StepResult:
        """Make the call of one step."""
        if step.kind == writes.CREATE:
            return self.create(step)
        if record is None:
            raise ValueError(f"{step.kind} needs the record")
        if step.kind == writes.UPDATE:
            return self.update(step, record)
        return self.upsert(step, record)

    def create(self, step: Step) -> StepResult:
        """Create a contact; an answer without its id leaves the outcome unknown."""
        answer = self.write("POST", "/contacts/", "create contact", step)
        row = contact_in(answer)
        if row is None:
            raise OutcomeUnknown(
                "HighLevel did not confirm a change. Crosswalk looks first whether it "
                "was done, then goes on.",
                detail="the answer to a create holds no contact",
            )
        return written(row, answer)

    def update(self, step: Step, record: Record) -> StepResult:
        """Update a contact by its id."""
        if not ID.fullmatch(record.id):
            raise gone("not a contact id")
        path = f"/contacts/{record.id}"
        answer = self.write("PUT", path, "update contact", step)
        # The first spelling is the real one of version 2 (sheet §5).
        if False in (answer.body.get("succeded"), answer.body.get("succeeded")):
            raise RemoteRejected(
                "HighLevel did not take the change.", detail="succeded: false"
            )
        row = contact_in(answer)
        if row is None or str(row["id"]) != record.id:
            return StepResult(None, record.id, answer.request_id)
        return written(row, answer)

    def upsert(self, step: Step, record: Record) -> StepResult:
        """Update a contact by its keys, and see that it was this one (sheet §8)."""
        answer = self.write(
            "POST", "/contacts/upsert", "upsert contact", step, repeatable=True
        )
        row = contact_in(answer)
        if row is None:
            raise unreadable("the contact of an upsert")
        other = str(row["id"])
        if other != record.id or answer.body.get("new") is True:
            raise other_contact(record.id, other, answer)
        return written(row, answer)

    def write(
        self,
        method: str,
        path: str,
        operation: str,
        step: Step,
        repeatable: bool | None = None,
    ) -> Answer:
        """Send a step's body; a write's answer is an object or nothing."""
        answer = self.call(
            method,
            path,
            operation=operation,
            scope=WRITE_SCOPE,
            json_body=dict(step.body),
            repeatable=repeatable,
        )
        if isinstance(answer.body, dict):
            return answer
        return Answer({}, answer.headers, answer.request_id)

    def call(self, method: str, path: str, *, scope: str, **arguments: Any) -> Answer:
        """Make a call; if a permission is missing, say which."""
        try:
            return self.api.call(method, path, **arguments)
        except PermanentError as error:
            if error.code != "scope_missing":
                raise
            raise scope_missing(scope, error) from error


def ascending(field: str) -> list[dict[str, str]]:
    """Return a search's sort: by one field, smallest first."""
    return [{"field": field, "direction": "asc"}]


def rows_in(answer: Answer) -> list[Row]:
    """Return a search's rows; anything but a list is no empty page."""
    rows = answer.body.get("contacts") if isinstance(answer.body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unreadable("a list of contacts")
    return rows


def contact_in(answer: Answer) -> Row | None:
    """Return the contact of an answer, None when it holds none."""
    row = answer.body.get("contact") if isinstance(answer.body, dict) else None
    return row if is_contact(row) else None


def written(row: Row, answer: Answer) -> StepResult:
    """Return what a write brought back."""
    return StepResult(record_of(row, "write"), str(row["id"]), answer.request_id)


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


def gone(detail: str) -> RemoteNotFound:
    """Return the error of a contact that is not there."""
    return RemoteNotFound("HighLevel no longer has this person.", detail=detail)


def unreadable(what: str) -> TransientError:
    """Return the error of a successful answer that does not hold what it should."""
    return TransientError(
        "HighLevel’s answer could not be understood. Crosswalk tries again by itself.",
        detail=f"the answer does not hold {what}",
    )


def scope_missing(scope: str, error: PermanentError) -> PermanentError:
    """Return the error that names the permission to grant."""
    found = PermanentError(
        f"HighLevel does not allow this: the permission “{scope}” is missing. "
        "Grant it there, then reconnect.",
        detail=error.detail,
        code=error.code,
        status=error.status,
    )
    found.request_id = error.request_id
    return found


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


def build(api: Api, account: Account) -> HighLevel:
    """Return the connector of a location; the API speaks HighLevel's dialect."""
    api.dialect = HighLevelDialect()
    return HighLevel(api, account)
