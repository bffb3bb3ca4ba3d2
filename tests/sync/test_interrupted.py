"""A run that ends at a bad moment leaves nothing that the next one does not clear up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import OperationalError
from django.db import connection as db_connection
from flask import Flask

from crosswalk.clock import now
from crosswalk.leases import owner_name
from integrations.models import RemoteRecord
from sandbox.zoho import desk as zoho
from sync.models import Intent, RecordLink, SyncRecord
from sync.running.execution import run_slice
from sync.services import run_cancel, run_request
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.sync.test_choosing import highlevel_add, value, zoho_add
from tests.sync.world import World


class Killed(BaseException):
    """Stands for kill -9: what the process had not stored is gone."""


class Deadly(httpx.BaseTransport):
    """Lets the sandbox do what it is asked, then ends the process at a create."""

    def __init__(self, app: Flask) -> None:
        self.inner = httpx.WSGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        path = request.url.path.rstrip("/")
        if request.method == "POST" and path.endswith("/contacts"):
            raise Killed
        return answer


class Stopped(httpx.BaseTransport):
    """Ends the process before the second create at Zoho is sent."""

    def __init__(self, app: Flask) -> None:
        self.inner = httpx.WSGITransport(app=app)
        self.creates = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rstrip("/")
        self.creates += request.method == "POST" and path.endswith("/v3/contacts")
        if self.creates == 2:
            raise Killed
        return self.inner.handle_request(request)


def person_at_left(world: World, **values: str) -> None:
    made = httpx.Client(transport=httpx.WSGITransport(app=world.app)).post(
        "http://sandbox/highlevel/contacts/",
        json={"locationId": world.left.account_id, **values},
        headers=headers(world),
    )
    assert made.status_code == 201, made.text


def headers(world: World) -> dict[str, str]:
    from crosswalk.crypto import decrypt

    token = decrypt(world.left.grant.credentials)["token"]
    return {"Authorization": f"Bearer {token}", "Version": "2021-07-28"}


@pytest.fixture
def killed(empty_world: World, settings: object) -> Iterator[SyncRun]:
    """A run whose process ended after a create was done and before its answer."""
    world = empty_world
    person_at_left(world, firstName="Ada", lastName="Byron", email="ada@x.example")
    kept = settings.TRANSPORT_FACTORY
    settings.TRANSPORT_FACTORY = lambda: Deadly(world.app)
    run = run_request(sync=world.sync, mode="live", trigger=SyncRun.Trigger.COMMAND)
    with pytest.raises(Killed):
        run_slice(run.pk, early=True)
    settings.TRANSPORT_FACTORY = kept
    SyncRun.objects.filter(pk=run.pk).update(lease_owner="", lease_until=None)
    assert Intent.objects.get().state == Intent.State.PENDING
    return SyncRun.objects.get(pk=run.pk)


def people_at_right(world: World) -> int:
    return len(world.store.all("zoho.contact"))


def test_a_create_whose_answer_was_lost_is_adopted(
    empty_world: World, killed: SyncRun
) -> None:
    run = empty_world.work(killed)

    assert (run.state, run.counts["create"]) == (SyncRun.State.COMPLETED, 1)
    assert people_at_right(empty_world) == 1
    entry = LogEntry.objects.get(run=run)
    assert (entry.outcome, entry.side) == ("create", "right")
    assert entry.steps[0]["found"]
    assert {c["right"]: c["after"] for c in entry.changes}["email"] == "ada@x.example"


def test_it_is_adopted_by_the_next_run_though_its_source_has_changed(
    empty_world: World, killed: SyncRun
) -> None:
    assert run_cancel(run=killed, actor=None)
    source = RemoteRecord.objects.get(connection=empty_world.left)
    answer = httpx.Client(transport=httpx.WSGITransport(app=empty_world.app)).put(
        f"http://sandbox/highlevel/contacts/{source.remote_id}",
        json={"email": "ada@new.example", "phone": "+44 20 7946 0999"},
        headers=headers(empty_world),
    )
    assert answer.status_code == 200
    empty_world.run("test")  # the mirror knows the new values

    run = empty_world.run()
    empty_world.run()

    assert run.state == SyncRun.State.COMPLETED
    assert people_at_right(empty_world) == 1
    right = RemoteRecord.objects.get(connection=empty_world.right)
    assert right.values["email"] == "ada@new.example"


def two_minutes_later() -> None:
    Intent.objects.update(created_at=now() - timedelta(minutes=2))


def test_one_whom_people_have_edited_on_both_sides_since_is_still_our_own(
    empty_world: World, killed: SyncRun
) -> None:
    (ours,) = empty_world.store.all("zoho.contact")
    zoho_add(empty_world, ours["contact_id"], contact_name="Countess Lovelace")
    source = RemoteRecord.objects.get(connection=empty_world.left).remote_id
    highlevel_add(empty_world, source, firstName="Augusta", email="a@new.example")
    two_minutes_later()

    run = empty_world.work(killed)
    empty_world.run()

    assert run.counts["create"] == 1
    assert people_at_right(empty_world) == 1
    assert RecordLink.objects.count() == 1


def test_nobody_of_a_family_is_taken_for_another_who_was_made_then(
    empty_world: World, settings: object
) -> None:
    world = empty_world
    world.switch(allow_duplicates=True)
    for name in ("Ada", "Bea"):
        person_at_left(world, firstName=name, lastName=name * 2, email="us@x.example")
    kept = settings.TRANSPORT_FACTORY
    settings.TRANSPORT_FACTORY = lambda: Stopped(world.app)
    run = run_request(sync=world.sync, mode="live", trigger="command")
    with pytest.raises(Killed):
        run_slice(run.pk, early=True)
    settings.TRANSPORT_FACTORY = kept
    assert people_at_right(world) == 1
    SyncRun.objects.filter(pk=run.pk).update(lease_owner="", lease_until=None)
    two_minutes_later()

    world.work(SyncRun.objects.get(pk=run.pk))

    assert people_at_right(world) == 1
    made = RecordLink.objects.get().left.label  # whoever was listed first
    asked = SyncRecord.objects.exclude(label=made).get()
    assert {made, asked.label} == {"Ada AdaAda", "Bea BeaBea"}
    assert (asked.list, asked.right_id) == ("review", None)


def test_a_run_with_choices_takes_over_what_was_begun_too(
    empty_world: World, killed: SyncRun
) -> None:
    run_cancel(run=killed, actor=None)

    run = empty_world.run(choices={"0": []})

    killed.refresh_from_db()
    assert "begun" not in killed.checkpoint
    assert (run.state, people_at_right(empty_world)) == ("completed", 1)


def test_a_new_run_waits_for_the_calls_of_a_stopped_one(
    empty_world: World, killed: SyncRun
) -> None:
    until = now() + timedelta(seconds=20)
    SyncRun.objects.filter(pk=killed.pk).update(
        lease_owner=owner_name(), lease_until=until
    )
    killed.refresh_from_db()
    run_cancel(run=killed, actor=None)

    run = empty_world.run()

    assert (run.state, run.reason_code) == (SyncRun.State.WAITING, "busy")
    assert people_at_right(empty_world) == 1


def test_a_stopped_run_whose_process_died_is_ended_not_gone_on_with(
    empty_world: World, killed: SyncRun
) -> None:
    SyncRun.objects.filter(pk=killed.pk).update(state=SyncRun.State.CANCELLED)

    run = run_slice(killed.pk, early=True)

    assert run is not None
    assert (run.state, run.next_at) == (SyncRun.State.CANCELLED, None)


def test_what_a_process_settles_after_it_lost_its_lease_is_undone(
    empty_world: World, killed: SyncRun, settings: object
) -> None:
    sent = people_at_right(empty_world)
    Intent.objects.all().delete()
    kept = settings.TRANSPORT_FACTORY

    class Thief(Deadly):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            try:
                return super().handle_request(request)
            except Killed:
                SyncRun.objects.filter(pk=killed.pk).update(lease_owner="other")
                return httpx.Response(201, json={"code": 0, "contact": {}})

    settings.TRANSPORT_FACTORY = lambda: Thief(empty_world.app)
    empty_world.store.delete(
        "zoho.contact", empty_world.store.all("zoho.contact")[0]["contact_id"]
    )
    run_slice(killed.pk, early=True)
    settings.TRANSPORT_FACTORY = kept

    assert sent == 1
    assert not LogEntry.objects.filter(run=killed).exists()
    assert SyncRun.objects.get(pk=killed.pk).lease_owner == "other"


def rename_at_right(world: World, first: str, email: str) -> None:
    """Change who is at Zoho, so that no match rule finds them, or does again."""
    (row,) = world.store.all("zoho.contact")
    context = world.app.extensions["context"]
    names = {"first_name": first, "contact_name": f"{first} Byron", "email": email}
    zoho.contact_save(context, row["contact_id"], names)


def test_what_cannot_be_looked_for_is_held_and_the_rest_goes_on(
    empty_world: World, killed: SyncRun
) -> None:
    """Somebody took a permission back just then: else each run would end right there."""
    assert run_cancel(run=killed, actor=None)
    rename_at_right(empty_world, "Zed", "zed@y.example")
    person_at_left(empty_world, firstName="Bo", lastName="Lind", email="bo@x.example")
    look = {"system": "zoho", "match": "GET /contacts$", "where": "contact_name"}
    empty_world.switch(fail_next=[{**look, "fault": "403", "times": 0}])

    run = empty_world.run()

    assert run.state == SyncRun.State.COMPLETED_WITH_FAILURES
    assert (run.counts["failed"], run.counts["create"]) == (1, 2)  # Zed and Bo
    held = SyncRecord.objects.get(list="failing")
    assert held.label == "Ada Byron"
    assert held.reason.startswith("Crosswalk could not look whether an earlier change")
    assert Intent.objects.filter(state=Intent.State.PENDING).count() == 1
    assert people_at_right(empty_world) == 2  # nobody was made twice


def test_it_is_looked_for_again_until_that_is_allowed(
    empty_world: World, killed: SyncRun
) -> None:
    look = {"system": "zoho", "match": "GET /contacts$", "where": "contact_name"}
    empty_world.switch(fail_next=[{**look, "fault": "403", "times": 1}])

    run = empty_world.work(killed)
    assert run.state == SyncRun.State.COMPLETED_WITH_FAILURES
    run = empty_world.run()

    assert (run.state, run.counts["failed"]) == (SyncRun.State.COMPLETED, 0)
    assert people_at_right(empty_world) == RecordLink.objects.count() == 1
    assert not Intent.objects.filter(state=Intent.State.PENDING).exists()


class Unsent(httpx.BaseTransport):
    """Ends the process before a change is sent."""

    def __init__(self, app: Flask) -> None:
        self.inner = httpx.WSGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            raise Killed
        return self.inner.handle_request(request)


def test_what_was_not_written_before_a_kill_and_is_edited_counts_as_no_update(
    empty_world: World, settings: object
) -> None:
    world = empty_world
    world.sync.conflict = "ask"
    world.sync.save()
    anna = {"first_name": "Anna", "last_name": "Berg", "email": "a@x.example"}
    customer = zoho_add(world, contact_name="Anna Berg", contact_persons=[anna])
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.run()
    record = RecordLink.objects.get().left.remote_id
    zoho_add(world, customer, contact_persons=[{**anna, "last_name": "Zoho"}])
    kept = settings.TRANSPORT_FACTORY
    settings.TRANSPORT_FACTORY = lambda: Unsent(world.app)
    run = run_request(sync=world.sync, mode="live", trigger="schedule", scope="dirty")
    with pytest.raises(Killed):
        run_slice(run.pk, early=True)
    settings.TRANSPORT_FACTORY = kept
    SyncRun.objects.filter(pk=run.pk).update(lease_owner="", lease_until=None)
    highlevel_add(world, record, lastName="Human")
    world.sent.clear()

    done = world.work(run)

    assert (done.counts["update"], world.writes()) == (0, [])
    names = value(world, "left", "lastName"), value(world, "right", "last_name")
    assert names == ("Human", "Zoho")
    assert SyncRecord.objects.get().list == "conflict"


class Lost:
    """A database that is lost when the first page of Zoho's people is to be stored."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.is_over = False

    def __call__(self, execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        """Stand between Django and the database (`execute_wrapper`)."""
        was_listed = any(r.url.path.endswith("/v3/contacts") for r in self.world.sent)
        is_save = sql.startswith("UPDATE") and '"checkpoint"' in sql
        if was_listed and is_save and not self.is_over:
            self.is_over = True
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, params, *rest)


def test_a_page_that_was_rolled_back_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its people counted as read once, and were created a second time."""
    there = people_at_right(world)
    run = run_request(sync=world.sync, mode="live", trigger="command")
    lost = Lost(world)
    monkeypatch.setattr(db_connection, "close", lambda: None)  # it is the test's own
    with db_connection.execute_wrapper(lost):
        run_slice(run.pk, early=True)
    assert lost.is_over
    assert not RemoteRecord.objects.filter(connection=world.right).exists()
    SyncRun.objects.filter(pk=run.pk).update(lease_owner="", lease_until=None)

    run = world.work(run)

    made = run.by_side["right"]["create"]
    known = RemoteRecord.objects.filter(connection=world.right).count()
    assert (run.state, known - made) == (SyncRun.State.COMPLETED, there)
