"""Calls to HighLevel: one location, permissions named, ids checked, answers read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from crosswalk.errors import (
    AuthError,
    OutcomeUnknown,
    PermanentError,
    RemoteNotFound,
    RemoteRejected,
    TransientError,
)
from integrations.connectors.base import Account, Values
from integrations.connectors.highlevel.rows import Row
from integrations.connectors.highlevel.spec import (
    CALENDARS_VERSION,
    READ_SCOPE,
    WRITE_SCOPE,
)
from integrations.connectors.highlevel.wire import HighLevelDialect, wrong_address
from integrations.http import Answer, Api

# Twenty letters and digits, says the sheet (§6.1), instances of a series with “_” and
# more (§6.5); anything else names nothing there and must not reach a path.
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
PERSON = "person"
# Refusals of a read that we can do without: it is off, the connection is not.
OPTIONAL = {"scope_missing", "forbidden", "wrong_address", "remote_not_found"}
# A server without search: no such path, or not for this token.
NO_SEARCH = {"wrong_address", "forbidden"}
T = TypeVar("T")


class Calls:
    """The calls of one location. `noun` is what a sentence calls the record meant."""

    def __init__(self, api: Api, account: Account) -> None:
        self.api = api
        self.account = account

    @property
    def location(self) -> str:
        """Return the location's id if it can be one; it may be typed by a person."""
        if not ID.fullmatch(self.account.id):
            raise PermanentError(
                "This is no location ID of HighLevel. It is the part after “location/” "
                "in the address of the location’s pages.",
                code="wrong_location",
            )
        return self.account.id

    def call(
        self,
        method: str,
        path: str,
        *,
        scope: str,
        noun: str = PERSON,
        api: Api | None = None,
        **arguments: Any,
    ) -> Answer:
        """Make a call; if a permission is missing, say which."""
        try:
            return (api or self.api).call(method, path, **arguments)
        except RemoteNotFound as error:
            if noun == PERSON:
                raise
            raise renamed(error, noun) from error
        except PermanentError as error:
            if error.code != "scope_missing":
                raise
            raise scope_missing(scope, error) from error

    def calendar(self, method: str, path: str, **arguments: Any) -> Answer:
        """Make a call of the calendars, which have a version of their own."""
        api = replace(self.api, dialect=HighLevelDialect(CALENDARS_VERSION), wasted=0)
        try:
            return self.call(method, path, api=api, **arguments)
        except AuthError as error:
            self.api.refused = error
            raise
        finally:
            self.api.wasted += api.wasted

    def read(
        self,
        path: str,
        *,
        operation: str,
        scope: str = READ_SCOPE,
        noun: str = PERSON,
        call: Callable[..., Answer] | None = None,
        **arguments: Any,
    ) -> Answer:
        """Read what belongs to one record; a record of another location is not found.

        HighLevel answers such a record as it answers a token of another location
        (403): whoever may search here has a token of this one.
        """
        try:
            return (call or self.call)(
                "GET", path, operation=operation, scope=scope, noun=noun, **arguments
            )
        except AuthError as error:
            if error.code != "wrong_location":
                raise
            self.prove()
            # The token is good after all, so nothing is to be reconnected.
            self.api.refused = None
            raise gone("it belongs to another location", noun) from error

    def prove(self) -> None:
        """Prove the token on the location's contacts; nothing is read from them."""
        try:
            self.search({"pageLimit": 1})
        except PermanentError as error:
            if error.code not in NO_SEARCH:
                raise
            self.list_older({"limit": 1})

    def list_older(self, params: dict[str, Any]) -> Answer:
        """Return a page of the older list of contacts (sheet §7.1)."""
        try:
            return self.call(
                "GET",
                "/contacts/",
                operation="list contacts",
                scope=READ_SCOPE,
                params={"locationId": self.account.id, **params},
            )
        except RemoteNotFound as error:
            raise wrong_address(error.detail, error.status) from error

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

    def write(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        body: Values | None = None,
        scope: str = WRITE_SCOPE,
        noun: str = PERSON,
        repeatable: bool | None = None,
        call: Callable[..., Answer] | None = None,
    ) -> Answer:
        """Send a change; its answer is an object or nothing."""
        answer = (call or self.call)(
            method,
            path,
            operation=operation,
            scope=scope,
            noun=noun,
            json_body=None if body is None else dict(body),
            repeatable=repeatable,
        )
        return confirmed(answer)


def confirmed(answer: Answer) -> Answer:
    """Return an answer that is an object and does not say that nothing was done."""
    if not isinstance(answer.body, dict):
        return Answer({}, answer.headers, answer.request_id)
    # The first spelling is the real one of version 2 (sheet §5).
    if False in (answer.body.get("succeded"), answer.body.get("succeeded")):
        raise RemoteRejected(
            "HighLevel did not take the change.", detail="succeded: false"
        )
    return answer


def checked(record_id: str, noun: str = PERSON) -> str:
    """Return an id that may stand in a path; RemoteNotFound for any other."""
    if not ID.fullmatch(record_id):
        raise gone(f"not the id of a {noun}", noun)
    return record_id


def rows_in(answer: Answer, key: str = "contacts") -> list[Row]:
    """Return the rows of a listing; anything but a list is no empty page."""
    rows = answer.body.get(key) if isinstance(answer.body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unreadable(f"a list of {key}")
    return rows


def row_in(answer: Answer, *keys: str) -> Row | None:
    """Return the record of an answer under the first of some names, None if none."""
    body = answer.body if isinstance(answer.body, dict) else {}
    row = next((body[key] for key in keys if body.get(key)), None)
    return row if isinstance(row, dict) and row.get("id") else None


def optional(read: Callable[[], Sequence[T]]) -> Sequence[T] | None:
    """Return what a read gives that we can do without, None when it is refused."""
    try:
        return read()
    except AuthError:
        raise
    except PermanentError as error:
        if error.code in OPTIONAL:
            return None
        raise


def gone(detail: str, noun: str = PERSON) -> RemoteNotFound:
    """Return the error of a record that is not there."""
    return RemoteNotFound(f"HighLevel no longer has this {noun}.", detail=detail)


def renamed(error: RemoteNotFound, noun: str) -> RemoteNotFound:
    """Return the error in words for another kind of record than a person."""
    found = gone(error.detail, noun)
    found.status, found.request_id = error.status, error.request_id
    return found


def unreadable(what: str) -> TransientError:
    """Return the error of a successful answer that does not hold what it should."""
    return TransientError(
        "HighLevel’s answer could not be understood. Crosswalk tries again by itself.",
        detail=f"the answer does not hold {what}",
    )


def unconfirmed(noun: str) -> OutcomeUnknown:
    """Return the error of a write whose answer does not name what was written."""
    return OutcomeUnknown(
        "HighLevel did not confirm a change. Crosswalk looks first whether it "
        "was done, then goes on.",
        detail=f"the answer to a write holds no {noun}",
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
