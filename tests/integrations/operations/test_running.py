"""The executor in trouble: lost answers, spent budgets, ended access, killed processes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from crosswalk.clock import now
from integrations.models import Connection
from integrations.operations.declared import operations
from integrations.operations.running import (
    calls_cut_off,
    calls_forget,
    calls_to_forget,
    operation_run,
)
from synclog.models import OperationCall
from tests.integrations.operations.world import World

pytestmark = pytest.mark.django_db


def answering(status: int, body: Any = None, **headers: str) -> httpx.MockTransport:
    return httpx.MockTransport(
        lambda request: httpx.Response(status, json=body or {}, headers=headers)
    )


def losing(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("gone", request=request)


def use(world: World, key: str, given: Any, transport: Any = None) -> OperationCall:
    operation = operations()[key]
    return operation_run(
        connection=world.connection(operation),
        operation=operation,
        given=given,
        transport=transport,
    )


NOTE = {"contact_id": "c1", "body": "Called."}


def test_a_write_whose_answer_is_lost_is_not_confirmed_and_not_repeated(
    world: World,
) -> None:
    sent: list[httpx.Request] = []

    def lose(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return losing(request)

    call = use(world, "hl.create_note", NOTE, httpx.MockTransport(lose))

    assert call.state == OperationCall.State.UNKNOWN
    assert "look at it there" in call.error_message
    assert len(sent) == call.calls == 1


def test_a_refusal_is_kept_with_the_vendors_words(world: World) -> None:
    body = {"statusCode": 422, "message": ["title must be a string"]}
    call = use(world, "hl.create_note", NOTE, answering(422, body))

    assert call.state == OperationCall.State.FAILED
    assert call.error_fields == {"title": "title must be a string"}


def test_a_vendor_that_asks_to_wait_is_heard_by_the_budget(world: World) -> None:
    first = use(world, "hl.list_tags", {}, answering(429, {}, **{"retry-after": "60"}))
    second = use(world, "hl.list_tags", {})

    assert first.error_code == "rate_limited"
    assert (second.error_code, second.calls) == ("rate_limited", 0)


def test_ended_access_asks_for_a_person(world: World) -> None:
    body = {"statusCode": 401, "message": "Invalid JWT"}
    call = use(world, "hl.list_tags", {}, answering(401, body))

    assert call.state == OperationCall.State.FAILED
    connection = Connection.objects.get(pk=world.connections["highlevel"].pk)
    assert connection.health == Connection.Health.NEEDS_RECONNECT


def test_the_row_is_there_before_the_call(world: World) -> None:
    seen: list[str] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.extend(OperationCall.objects.values_list("state", flat=True))
        return httpx.Response(201, json={"note": {"id": "n1", "body": "Called."}})

    use(world, "hl.create_note", NOTE, httpx.MockTransport(look))

    assert seen == ["pending"]


def test_asked_for_twice_it_is_made_once(world: World) -> None:
    operation = operations()["hl.list_tags"]
    rows = [
        operation_run(
            connection=world.connection(operation),
            operation=operation,
            given={},
            once=UUID(int=3),
        )
        for _ in range(2)
    ]

    assert rows[0] == rows[1]
    assert len(world.sent) == 1


def test_what_a_killed_process_left_is_said_to_be_unconfirmed(world: World) -> None:
    call = use(world, "hl.list_tags", {})
    rows = OperationCall.objects.filter(pk=call.pk)
    rows.update(state="pending", created_at=now() - timedelta(minutes=6))

    assert calls_cut_off() == 1
    assert rows.get().state == OperationCall.State.UNKNOWN


def test_what_was_asked_and_answered_is_forgotten_after_its_term(world: World) -> None:
    call = use(world, "hl.list_calendars", {})
    assert call.answer

    later = now() + timedelta(seconds=1)
    due = calls_to_forget(workspace_id=call.workspace_id, before=later)
    assert calls_forget(list(due.values_list("pk", flat=True))) == 1
    assert not due.exists()

    call.refresh_from_db()
    assert (call.request, call.answer, call.rows) == ({}, None, [])
    assert call.operation == "hl.list_calendars"


def test_the_accounts_own_fields_are_sent_as_the_vendor_takes_them(
    world: World,
) -> None:
    from integrations.fields.fieldreading import catalogue_refresh

    connection = world.connections["highlevel"]
    assert catalogue_refresh(connection) == []
    given = {"email": "eva@example.com", "customFields.SbxFieldPetName00001": "Rex"}

    call = use(world, "hl.create_contact", given)

    assert call.state == OperationCall.State.DONE, call.error_message
    assert call.request["body"]["customFields"] == [
        {"id": "SbxFieldPetName00001", "field_value": "Rex"}
    ]


def test_an_answer_that_is_too_long_is_cut(world: World) -> None:
    rows = [{"id": f"t{n}", "name": "x" * 600} for n in range(500)]
    call = use(world, "hl.list_tags", {}, answering(200, {"tags": rows}))

    assert call.is_cut
    assert call.answer is None
    assert len(call.rows) == 200
