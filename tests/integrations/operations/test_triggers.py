"""Triggers: each fires once for its cause, by notice and by poll, and never for ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from integrations.connectors.operations import Operation
from integrations.models import Watch
from integrations.operations.declared import operations
from integrations.operations.polling import watch_poll
from integrations.operations.schemas import event_schema
from integrations.operations.watching import watch_start, watch_stop
from integrations.selectors import call_url, webhook_url
from sandbox.highlevel.hooks import set_webhook
from sandbox.zoho.hooks import webhook_save
from sandbox.zoho.organizations import MAIN_ID
from sync.inbox.watched import watched_take
from sync.models import InboxEvent
from synclog.models import Event
from tests.integrations.operations.causes import CAUSES, Person
from tests.integrations.operations.world import World

pytestmark = pytest.mark.django_db
TRIGGERS = [each for each in operations().values() if each.trigger]
BY_NOTICE = [e for e in TRIGGERS if e.key in CAUSES and e.trigger and e.trigger.notices]
BY_POLL = [e for e in TRIGGERS if e.trigger and e.trigger.poll]


def named(operation: Operation) -> str:
    return operation.key


@pytest.fixture
def person(world: World) -> Person:
    """Somebody at the vendors' screens; what is there before, is there for a minute."""
    clock = world.app.extensions["clock"]
    clock.advance(-60)
    return Person(world)


def switch_on(person: Person, operation: Operation) -> Watch:
    """Let what is there before be made, then switch a trigger on and read once."""
    world = person.world
    CAUSES[operation.key].before(person)
    world.app.extensions["sender"].drain(10)
    world.notices.clear()
    world.app.extensions["clock"].advance(60)
    connection = world.connection(operation)
    watch = watch_start(connection=connection, operation=operation, actor=None)
    set_webhook(
        world.store, url=webhook_url(world.connections["highlevel"]), always=True
    )
    rule = {"url": webhook_url(world.connections["zoho_invoice"])}
    webhook_save(world.store, MAIN_ID, rule)
    poll(watch)
    assert told() == []
    return watch


def poll(watch: Watch) -> None:
    """Read what a watch waits for, now."""
    if watch.next_at is None:
        return
    worked = watch_poll(watch.pk, early=True, seconds=60)
    assert worked is not None
    assert worked.error == ""


def deliver(world: World, client: Client, *, times: int = 1) -> int:
    """Hand over what the vendors sent, each so many times; then read what it names."""
    assert world.app.extensions["sender"].drain(10)
    sent, world.notices[:] = list(world.notices), []
    for request in sent * times:
        headers = {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in request.headers.items()
            if name not in {"content-type", "content-length", "host"}
        }
        answer = client.post(
            request.url.path,
            request.content,
            content_type=request.headers["content-type"],
            **headers,
        )
        assert answer.status_code == 200, answer.content
    watched_take()
    return len(sent)


def told(key: str = "") -> list[Event]:
    keys = [key] if key else [each.key for each in TRIGGERS]
    return list(Event.objects.filter(type__in=keys).order_by("pk"))


def see(operation: Operation) -> Event:
    """See that a trigger told of one thing, in the form that is published."""
    found = told()
    assert [each.type for each in found] == [operation.key], found
    payload = found[0].payload
    schema = event_schema(operation)
    assert set(payload) == set(schema["properties"])
    assert payload["change"] in (operation.trigger.changes if operation.trigger else ())
    shown = schema["properties"]["record"]["properties"]
    assert set(payload["record"]) == set(shown)
    json.dumps(payload)
    return found[0]


@pytest.mark.parametrize("operation", BY_NOTICE, ids=named)
def test_a_notice_is_told_of_once(
    person: Person, client: Client, operation: Operation
) -> None:
    watch = switch_on(person, operation)

    CAUSES[operation.key].act(person)
    assert deliver(person.world, client, times=2)

    see(operation)
    assert not InboxEvent.objects.filter(next_at__isnull=False).exists()
    poll(watch)  # what a notice brought is no news to a poll
    assert len(told()) == 1


@pytest.mark.parametrize("operation", BY_POLL, ids=named)
def test_a_poll_tells_of_it_once(person: Person, operation: Operation) -> None:
    watch = switch_on(person, operation)
    if operation.key == "hl.contact_deleted":  # all are read once a day
        Watch.objects.filter(pk=watch.pk).update(listed_at=None)

    CAUSES[operation.key].act(person)
    poll(watch)
    if operation.key == "hl.contact_deleted":
        Watch.objects.filter(pk=watch.pk).update(listed_at=None)
        poll(watch)

    see(operation)
    poll(watch)
    assert len(told()) == 1


OURS: dict[str, tuple[str, dict[str, Any]]] = {
    "hl.contact_created": ("hl.create_contact", {"email": "eva@example.com"}),
    "hl.contact_updated": ("hl.update_contact", {"city": "Leeds"}),
    "hl.contact_deleted": ("hl.delete_contact", {}),
    "hl.contact_tag_added": ("hl.add_tags", {"tags": ["vip"]}),
    "hl.contact_tag_removed": ("hl.remove_tags", {"tags": ["old"]}),
    "hl.contact_dnd_changed": ("hl.update_contact", {"dnd": True}),
    "hl.task_created": (
        "hl.create_task",
        {"title": "Call", "due": "2026-12-02T10:00:00+00:00", "completed": False},
    ),
    "hl.task_updated": ("hl.update_task", {"title": "Call again"}),
    "hl.task_completed": ("hl.complete_task", {"completed": True}),
    "hl.task_deleted": ("hl.delete_task", {}),
    "hl.note_created": ("hl.create_note", {"body": "First"}),
    "hl.note_updated": ("hl.update_note", {"body": "Second"}),
    "hl.note_deleted": ("hl.delete_note", {}),
    "hl.appointment_updated": ("hl.update_appointment", {"title": "Another"}),
    "hl.appointment_status_changed": (
        "hl.set_appointment_status",
        {"status": "cancelled"},
    ),
    "hl.appointment_deleted": ("hl.delete_appointment", {}),
    "zi.contact_created": ("zi.create_contact", {"contact_name": "Eva Ltd"}),
    "zi.contact_updated": ("zi.update_contact", {"company_name": "Eva & Co"}),
    "zi.project_task_changed": ("zi.create_project_task", {"title": "Dig"}),
}


@pytest.mark.parametrize("key", OURS)
def test_our_own_writes_are_no_news(person: Person, client: Client, key: str) -> None:
    watch = switch_on(person, operations()[key])
    action, given = OURS[key]
    wanted = {each.key for each in operations()[action].inputs if each.required}
    ids = {
        "contact_id": person.made.get("contact") or person.made.get("customer"),
        "task_id": person.made.get("task"),
        "note_id": person.made.get("note"),
        "appointment_id": person.made.get("appointment"),
        "project_id": person.made.get("project"),
    }
    call = person.world.run(
        action, {**{k: v for k, v in ids.items() if v and k in wanted}, **given}
    )
    assert call.state == "done", call.error_message

    deliver(person.world, client)
    poll(watch)

    assert [each.payload["changed"] for each in told()] == []


def test_a_tag_that_is_told_of_names_itself(person: Person, client: Client) -> None:
    operation = operations()["hl.contact_tag_added"]
    switch_on(person, operation)

    CAUSES[operation.key].act(person)
    deliver(person.world, client)

    payload = see(operation).payload
    assert (payload["added"], payload["removed"]) == (["vip"], [])
    assert payload["changed"]["tags"]["before"] == ["old"]
    assert sorted(payload["record"]["tags"]) == ["old", "vip"]


def test_a_workflow_calls_by_the_connections_own_address(
    world: World, client: Client
) -> None:
    connection = world.connections["highlevel"]
    operation = operations()["hl.workflow_webhook"]
    watch_start(connection=connection, operation=operation, actor=None)
    body = {"contact_id": "c1", "workflow": {"name": "Review"}, "score": 9}

    path = "/" + call_url(connection).split("/", 3)[3]
    for _ in range(2):  # two calls, without an id: two events
        answer = client.post(path, json.dumps(body), content_type="application/json")
        assert answer.status_code == 200
    watched_take()

    first, second = told(operation.key)
    assert first.payload["record"]["data"] == body
    assert first.payload["record"]["workflow"] == "Review"
    assert first.payload["id"] != second.payload["id"]


def test_a_trigger_that_is_off_tells_nothing(person: Person, client: Client) -> None:
    operation = operations()["hl.contact_updated"]
    switch_on(person, operation)
    watch_stop(
        connection=person.world.connection(operation), operation=operation, actor=None
    )

    CAUSES[operation.key].act(person)
    deliver(person.world, client)

    assert told() == []
    assert not Watch.objects.exists()


def test_every_trigger_has_a_cause_here() -> None:
    assert {each.key for each in TRIGGERS} - set(CAUSES) == {"hl.workflow_webhook"}
