"""The executor: the one way an operation is used, whoever uses it.

It stands on what syncs stand on: the session (token, budget, lane, errors, counts),
a row saved before the call and settled after it, redaction of all that is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from crosswalk.clock import now
from crosswalk.errors import AuthError, CrosswalkError, OutcomeUnknown, RemoteRejected
from crosswalk.redact import redact, redact_text
from integrations.access.grants import connection_refused
from integrations.connectors.operations import Operation, Request, Row
from integrations.fields.catalogue import own_fields
from integrations.http import Answer
from integrations.models import Connection
from integrations.operations.forms import OperationForm
from integrations.operations.leaving import left_behind
from integrations.operations.permitting import permitted
from integrations.operations.requests import request_build, rows_of
from integrations.session import Session, connection_session
from synclog.models import OperationCall

MOST_BYTES = 200_000  # of an answer that is kept
MOST_ROWS = 200
CUT_OFF = timedelta(minutes=5)  # no call takes so long
NOT_CONFIRMED = "This call was cut off. It may have been made: look at it there before you try again."
State = OperationCall.State


class InvalidInputs(CrosswalkError):
    """What was given does not fit. `fields`: input → messages, "" for the whole."""

    code = "invalid_inputs"

    def __init__(self, form: OperationForm) -> None:
        super().__init__("Some of what was given does not fit.")
        self.form = form
        self.fields: dict[str, list[str]] = {
            "" if key == "__all__" else key: [str(each) for each in errors]
            for key, errors in form.errors.items()
        }


class NotPermitted(CrosswalkError):
    """The connection may not use the operation; nothing was called."""

    code = "not_permitted"


def checked(
    connection: Connection, operation: Operation, given: Mapping[str, Any]
) -> OperationForm:
    """Return the form with what was given, valid; raise InvalidInputs otherwise."""
    form = OperationForm(
        given, operation=operation, own_fields=fields_for(connection, operation)
    )
    unknown = set(given) - set(form.fields)
    form.is_valid()
    for key in sorted(unknown):
        form.add_error(None, f"There is no input “{key}”.")
    if form.errors:
        raise InvalidInputs(form)
    return form


def fields_for(connection: Connection, operation: Operation) -> Sequence[Any]:
    """Return the account's own fields that an operation takes, as last read."""
    own = operation.own_fields
    return own_fields(connection, own.object_type).fields if own else ()


def preview(
    connection: Connection, operation: Operation, given: Mapping[str, Any]
) -> Request:
    """Return the request that would be made. No call."""
    values = checked(connection, operation, given).values
    return request_build(operation, values, connection.account_id)


def operation_run(
    *,
    connection: Connection,
    operation: Operation,
    given: Mapping[str, Any],
    actor: AbstractBaseUser | None = None,
    via: str = OperationCall.Via.TRY,
    lane: str = "person",
    once: UUID | None = None,
    transport: httpx.BaseTransport | None = None,
) -> OperationCall:
    """Use an operation; return how it went, kept in the log.

    Raises InvalidInputs and NotPermitted before anything is called or kept. What the
    vendor refuses, and what is not allowed for now, is in the row that comes back.
    `once` makes a repeated request of the same person or program one call.
    """
    verdict = permitted(connection, operation)
    if not verdict.allowed:
        raise NotPermitted(verdict.reason, code=verdict.code)
    values = checked(connection, operation, given).values
    request = request_build(operation, values, connection.account_id)
    row, is_new = _begin(
        connection, operation, request, actor=actor, via=via, once=once or uuid4()
    )
    if is_new:
        _make(row, connection, operation, request, values, lane, transport)
    return row


def _begin(
    connection: Connection,
    operation: Operation,
    request: Request,
    *,
    actor: AbstractBaseUser | None,
    via: str,
    once: UUID,
) -> tuple[OperationCall, bool]:
    """Save what is about to be called; the earlier row when it was asked for before."""
    row = OperationCall(
        workspace_id=connection.workspace_id,
        connection=connection,
        connection_name=connection.name,
        operation=operation.key,
        writes=operation.writes,
        via=via,
        requested_by_id=actor.pk if actor else None,
        once=once,
        request=redact(request_shown(request)),
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        rows = OperationCall.objects.filter(workspace_id=connection.workspace_id)
        return rows.get(once=once), False
    return row, True


def _make(
    row: OperationCall,
    connection: Connection,
    operation: Operation,
    request: Request,
    values: Mapping[str, Any],
    lane: str,
    transport: httpx.BaseTransport | None,
) -> None:
    """Make the call and settle its row; a mistake of ours leaves it unconfirmed."""
    row.state, row.error_message = State.UNKNOWN, NOT_CONFIRMED
    session: Session | None = None
    try:
        with connection_session(connection, lane=lane, transport=transport) as session:
            answer = session.connector.send(request)
            found = _done(row, operation, answer)
            if operation.writes:
                left_behind(session, operation, values, found)
    except CrosswalkError as error:
        if row.state != State.DONE:  # done is done, whatever came after it
            _failed(row, operation, error)
        if isinstance(error, AuthError) and session and session.api.refused:
            connection_refused(connection=connection, reason=error.message)
    finally:
        row.calls = session.calls.total() if session else 0
        row.settled_at = now()
        row.save()


def _done(row: OperationCall, operation: Operation, answer: Answer) -> list[Row]:
    """Note an answer, with nothing secret in it; return the records as they came."""
    assert operation.call is not None  # noqa: S101 - a request was built from it
    row.state, row.error_message = State.DONE, ""
    row.remote_request_id = answer.request_id[:120]
    found = rows_of(operation.call, answer.body)
    row.rows = redact(found[:MOST_ROWS])
    row.answer = redact(answer.body)
    row.is_cut = len(found) > MOST_ROWS
    if len(json.dumps(row.answer)) > MOST_BYTES:
        row.answer, row.is_cut = None, True
    return found


def _failed(row: OperationCall, operation: Operation, error: CrosswalkError) -> None:
    unknown = isinstance(error, OutcomeUnknown) and operation.writes
    row.state = State.UNKNOWN if unknown else State.FAILED
    row.error_code = error.code[:60]
    row.error_message = NOT_CONFIRMED if unknown else redact_text(error.message)
    row.error_detail = redact_text(error.detail)
    row.remote_request_id = getattr(error, "request_id", "")[:120]
    if isinstance(error, RemoteRejected):
        row.error_fields = fields_refused(operation, error.fields)


def fields_refused(operation: Operation, fields: Mapping[str, str]) -> dict[str, str]:
    """Return input → the vendor's words, of fields by the vendor's names."""
    by_wire = {each.wire.split(".")[0]: each.key for each in operation.inputs}
    return {by_wire.get(name, ""): redact_text(words) for name, words in fields.items()}


def request_shown(request: Request) -> dict[str, Any]:
    """Return a request as it is shown and kept: no token is in it."""
    return {
        "method": request.method,
        "path": request.path,
        "params": dict(request.params),
        "body": request.body,
    }


# --- what becomes of the rows -----------------------------------------------------------


def calls_cut_off() -> int:
    """Say of calls that nobody settled that they may have been made: whoever made them
    was stopped meanwhile."""
    rows = OperationCall.objects.filter(
        state=State.PENDING, created_at__lt=now() - CUT_OFF
    )
    return rows.update(state=State.UNKNOWN, error_message=NOT_CONFIRMED)


def calls_to_forget(*, workspace_id: int, before: datetime) -> QuerySet[OperationCall]:
    """Return the calls before a moment of which it is known what was asked."""
    rows = OperationCall.objects.filter(
        workspace_id=workspace_id, created_at__lt=before
    )
    return rows.exclude(request={})


def calls_forget(pks: Sequence[int]) -> int:
    """Forget what some calls asked and were answered; that they were stays known."""
    rows = OperationCall.objects.filter(pk__in=pks)
    return rows.update(request={}, answer=None, rows=[], error_detail="")
