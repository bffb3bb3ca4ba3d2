"""Undo of people whom a run created, of one record, of one field; and what follows."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sandbox.zoho import service as zoho_service
from sync.choices.approving import plan_approve
from sync.choices.releasing import create_again, fields_apart, fields_release, is_undone
from sync.choices.undoing import undo_request
from sync.choices.undoscope import UndoScope
from sync.models import RecordLink, Sync, SyncRecord
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.sync.test_choosing import highlevel_add, value, zoho_add
from tests.sync.world import ORG, World


def person(world: World, pk: str | None, **fields: Any) -> None:
    context: Context = world.app.extensions["context"]
    highlevel.contact_save(context, pk, fields)


def undo(world: World, run: SyncRun, **scope: Any) -> SyncRun:
    test = world.work(undo_request(run=run, actor=None, scope=UndoScope(**scope)))
    assert test.plan is not None
    return world.work(plan_approve(plan=test.plan, actor=None))


def poll(world: World) -> SyncRun:
    return world.run(scope="dirty", trigger="schedule")


def zoho(world: World) -> dict[str, str]:
    """Return the state of each customer, as Zoho Invoice itself has it."""
    world.run(mode="test")
    rows = RemoteRecord.objects.filter(connection=world.right)
    return {row.label: "gone" if row.gone_at else row.excluded for row in rows}


def standing() -> SyncRecord:
    return SyncRecord.objects.select_related("sync__workspace").get()


@pytest.fixture
def created(empty_world: World) -> World:
    """A live sync whose only run created Anna at Zoho."""
    person(empty_world, None, firstName="Anna", lastName="Berg", email="a@example.com")
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.sync.refresh_from_db()
    return empty_world


def first_run() -> SyncRun:
    return SyncRun.objects.filter(mode="live").earliest("pk")


@pytest.mark.parametrize("how", ["delete", "archive"])
def test_a_created_person_goes_and_is_not_created_again(
    created: World, how: Any
) -> None:
    done = undo(created, first_run(), created=how)

    assert (done.state, done.counts["delete"]) == ("completed", 1)
    assert zoho(created) == {"Anna Berg": "gone" if how == "delete" else "inactive"}
    created.sent.clear()
    for _ in range(2):
        poll(created)
    created.run()
    assert created.writes() == []
    assert (standing().list, standing().reason_code) == ("excluded", "undone")
    assert RecordLink.objects.get().tombstone == "undone"


@pytest.mark.parametrize("how", ["delete", "archive"])
def test_create_again_makes_or_restores_them(created: World, how: Any) -> None:
    undo(created, first_run(), created=how)
    poll(created)
    assert is_undone(standing())

    created.work(create_again(record=standing(), actor=None))

    alive = RemoteRecord.objects.filter(connection=created.right, gone_at=None)
    assert [row.excluded for row in alive] == [""]
    assert (RecordLink.objects.get().tombstone, standing().list) == ("", "in_sync")
    person(created, RecordLink.objects.get().left.remote_id, lastName="Lund")
    poll(created)
    alive = RemoteRecord.objects.filter(connection=created.right, gone_at=None)
    assert alive.get().values["last_name"] == "Lund"
    with pytest.raises(ConfigError, match="settled meanwhile"):
        create_again(record=standing(), actor=None)


def test_one_who_was_edited_since_is_spared_and_listed(created: World) -> None:
    row = RemoteRecord.objects.get(connection=created.right)
    zoho_edit(created, row.remote_id, company_name="Edited GmbH")

    done = undo(created, first_run(), created="delete")

    assert (done.counts["delete"], done.counts["excluded"]) == (0, 1)
    entry = LogEntry.objects.get(run=done)
    assert (entry.reason_code, zoho(created)) == ("edited_since", {"Anna Berg": ""})


def zoho_edit(world: World, contact_id: str, **fields: Any) -> None:
    """Edit a customer as a person would in Zoho Invoice's own pages."""
    context: Context = world.app.extensions["context"]
    organization = world.store.get("zoho.organization", ORG)
    zoho_service.contact_update(context, organization, contact_id, fields)


def test_an_archived_one_comes_back_by_undoing_the_undo(created: World) -> None:
    undone = undo(created, first_run(), created="archive")

    done = undo(created, undone)

    assert (done.counts["update"], zoho(created)) == (1, {"Anna Berg": ""})
    assert RecordLink.objects.get().tombstone == ""
    created.sent.clear()
    poll(created)
    assert (created.writes(), standing().list) == ([], "in_sync")


def test_a_deleted_one_does_not_come_back_and_it_is_said(created: World) -> None:
    undone = undo(created, first_run(), created="delete")

    done = undo(created, undone)

    assert LogEntry.objects.get(run=done).reason_code == "deleted"
    assert zoho(created) == {"Anna Berg": "gone"}


# --- one record, one field ---------------------------------------------------------------


@pytest.fixture
def changed(created: World) -> SyncRun:
    """Anna and Ben, each with another last name and company since the last run."""
    person(created, None, firstName="Ben", lastName="Carr", email="b@example.com")
    poll(created)
    created.sync.guards = {"max_change_percent": 100}
    created.sync.save()
    for link in RecordLink.objects.select_related("left"):
        person(created, link.left.remote_id, lastName="New", companyName="New Ltd")
    return poll(created)


def written(world: World) -> list[tuple[Any, Any]]:
    rows = RemoteRecord.objects.filter(connection=world.right).order_by("pk")
    return [(r.values["last_name"], r.values["company_name"]) for r in rows]


def test_one_record_of_a_run_is_put_back(created: World, changed: SyncRun) -> None:
    entry = LogEntry.objects.filter(run=changed).earliest("pk")

    done = undo(created, changed, entry=entry.pk)

    assert done.counts["update"] == 1
    assert written(created) == [("Berg", None), ("New", "New Ltd")]


def test_one_field_of_it_is_put_back_and_stays(
    created: World, changed: SyncRun
) -> None:
    entry = LogEntry.objects.filter(run=changed).earliest("pk")

    undo(created, changed, entry=entry.pk, field=("lastName", "last_name"))

    poll(created)
    created.run()
    assert written(created) == [("Berg", "New Ltd"), ("New", "New Ltd")]


def test_a_field_it_did_not_write_cannot_be_undone(
    created: World, changed: SyncRun
) -> None:
    entry = LogEntry.objects.filter(run=changed).earliest("pk")
    scope = UndoScope(entry=entry.pk, field=("email", "email"))

    with pytest.raises(ConfigError, match="did not write that field"):
        undo_request(run=changed, actor=None, scope=scope)
    with pytest.raises(ConfigError, match="for that person"):
        undo_request(run=changed, actor=None, scope=UndoScope(entry=10**9))


def test_a_released_field_flows_again(created: World, changed: SyncRun) -> None:
    entry = LogEntry.objects.filter(run=changed).earliest("pk")
    undo(created, changed, entry=entry.pk, field=("lastName", "last_name"))
    poll(created)
    record = SyncRecord.objects.get(reason_code="held_apart")
    (field,) = fields_apart(record)
    assert (field.left, field.right) == ("New", "Berg")
    Sync.objects.update(conflict="left")
    record.refresh_from_db()

    created.work(fields_release(record=record, stamps=[field.stamp], actor=None))

    assert written(created)[0] == ("New", "New Ltd")
    record.refresh_from_db()
    assert (record.list, fields_apart(record)) == ("in_sync", [])
    with pytest.raises(ConfigError, match="settled meanwhile"):
        fields_release(record=record, stamps=[field.stamp], actor=None)


# --- pages ------------------------------------------------------------------------------


def text_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_an_editor_undoes_one_field_from_the_entry_page(
    created: World, changed: SyncRun, client: Client, editor: Any
) -> None:
    client.force_login(editor)
    entry = LogEntry.objects.filter(run=changed).earliest("pk")
    page = f"/w/{created.workspace.slug}/runs/{changed.pk}/people/{entry.pk}/"
    assert text_of(client, page).count('name="left"') == 2

    answer = client.post(f"{page}undo/", {"left": "lastName", "right": "last_name"})
    test = created.work(SyncRun.objects.get(undo_of=changed))
    plan = text_of(client, answer.headers["location"])
    assert f"Undo of Last name of {entry.label} in run {changed.pk}" in plan
    client.post(f"{answer.headers['location']}approve/", {"which": "all"})
    created.work(SyncRun.objects.get(mode="live", undo_of=changed))

    assert test.counts["update"] == 1
    text = text_of(client, page)
    assert "Held apart since an undo" in text
    record = SyncRecord.objects.get(left_id=entry.unit[1:])
    (field,) = fields_apart(record)
    base = f"/w/{created.workspace.slug}/people/{record.pk}"
    released = client.post(
        f"{base}/together/", {"field": f"{field.stamp}.{field.seen}"}
    )
    assert "/runs/" in released.headers["location"]
    assert fields_apart(record) == []


def test_what_becomes_of_created_people_is_chosen_on_the_plan(
    created: World, client: Client, editor: Any
) -> None:
    client.force_login(editor)
    base = f"/w/{created.workspace.slug}/runs/"
    answer = client.post(f"{base}{first_run().pk}/undo/")
    created.work(SyncRun.objects.get(undo_of=first_run()))
    plan = answer.headers["location"]
    assert "People whom that run created" in text_of(client, plan)

    answer = client.post(f"{plan}again/", {"created": "archive"})
    created.work(SyncRun.objects.filter(undo_of=first_run()).latest("pk"))
    plan = answer.headers["location"]
    assert "1 change is ready" in text_of(client, plan)
    client.post(f"{plan}approve/", {"which": "all"})
    run = created.work(SyncRun.objects.get(mode="live", undo_of=first_run()))

    assert zoho(created) == {"Anna Berg": "inactive"}
    page = f"{base}{run.pk}/people/{run.entries.get().pk}/"
    assert "Create again" in text_of(client, page)
    client.post(f"/w/{created.workspace.slug}/people/{standing().pk}/again/")
    created.work(SyncRun.objects.latest("pk"))
    assert zoho(created) == {"Anna Berg": ""}


# --- the command ------------------------------------------------------------------------


def said(*args: str) -> dict[str, Any]:
    out = StringIO()
    call_command("crosswalk_undo", *args, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_the_command_undoes_one_field_of_one_record(
    created: World, changed: SyncRun
) -> None:
    entry = LogEntry.objects.filter(run=changed).earliest("pk")
    run, record = str(changed.pk), str(entry.pk)
    for wrong in (
        ["--field", "lastName"],
        ["--record", "999999"],
        ["--record", record, "--field", "email"],
    ):
        with pytest.raises(CommandError):
            call_command("crosswalk_undo", run, *wrong)

    answer = said(run, "--record", record, "--field", "last_name")

    assert answer["counts"]["update"] == 1
    assert written(created)[0] == ("Berg", "New Ltd")


def test_the_command_removes_created_people_when_told_so(created: World) -> None:
    run = str(first_run().pk)

    assert said(run, "--test", "--created", "delete")["counts"]["delete"] == 1
    assert zoho(created) == {"Anna Berg": ""}
    assert said(run, "--created", "delete")["counts"]["delete"] == 1
    assert zoho(created) == {"Anna Berg": "gone"}


def test_one_created_at_highlevel_goes_there(empty_world: World) -> None:
    context: Context = empty_world.app.extensions["context"]
    organization = empty_world.store.get("zoho.organization", ORG)
    fields = {"contact_name": "Ben Carr", "contact_type": "customer"}
    fields["contact_persons"] = [
        {"first_name": "Ben", "last_name": "Carr", "email": "b@example.com"}
    ]
    zoho_service.contact_create(context, organization, fields)
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    poll(empty_world)

    done = undo(empty_world, first_run(), created="delete")

    assert done.by_side["left"]["delete"] == 1
    left = RemoteRecord.objects.get(connection=empty_world.left)
    assert left.gone_at is not None
    poll(empty_world)
    assert standing().reason_code == "undone"


def test_one_deleted_before_create_again_is_created_anew(created: World) -> None:
    undo(created, first_run(), created="archive")
    poll(created)
    run = create_again(record=standing(), actor=None)
    context: Context = created.app.extensions["context"]
    organization = created.store.get("zoho.organization", ORG)
    link = RecordLink.objects.select_related("right").get()
    zoho_service.contact_delete(context, organization, link.right.remote_id)

    created.work(run)

    assert (standing().list, is_undone(standing())) == ("excluded", True)
    created.work(create_again(record=standing(), actor=None))
    alive = RemoteRecord.objects.filter(connection=created.right, gone_at=None)
    assert (standing().list, alive.count()) == ("in_sync", 1)


# --- what no list shows yet -------------------------------------------------------------


@pytest.fixture
def entered_at_zoho(empty_world: World) -> World:
    """A live sync whose only run created Anna at HighLevel."""
    world = empty_world
    anna = {"first_name": "Anna", "last_name": "Berg", "email": "a@example.com"}
    zoho_add(world, contact_name="Anna Berg", contact_persons=[anna])
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    return world


def anna_at_highlevel(world: World) -> str:
    return RemoteRecord.objects.get(connection=world.left).remote_id


def last_name(world: World) -> str:
    found = world.store.get("highlevel_contact", anna_at_highlevel(world))
    return str(found["lastName"]) if found else ""


def test_an_edit_that_no_list_shows_keeps_a_person_from_being_removed(
    entered_at_zoho: World,
) -> None:
    world = entered_at_zoho
    scope = UndoScope(created="delete")
    test = world.work(undo_request(run=first_run(), actor=None, scope=scope))
    assert test.plan is not None
    world.switch(search_lag_ms=5000)
    highlevel_add(world, anna_at_highlevel(world), city="Oslo", phone="+14155550199")

    done = world.work(plan_approve(plan=test.plan, actor=None))

    assert done.counts["delete"] == 0
    assert last_name(world) == "Berg"


def test_an_edit_that_no_list_shows_is_spared_by_an_undo(
    entered_at_zoho: World,
) -> None:
    world = entered_at_zoho
    customer = world.store.all("zoho.contact")[0]["contact_id"]
    other = {"first_name": "Anna", "last_name": "Two", "email": "a@example.com"}
    zoho_add(world, customer, contact_persons=[other])
    test = world.work(undo_request(run=poll(world), actor=None))
    assert test.plan is not None
    world.switch(search_lag_ms=5000)
    highlevel_add(world, anna_at_highlevel(world), lastName="Human")
    world.sent.clear()

    done = world.work(plan_approve(plan=test.plan, actor=None))

    assert world.writes() == []
    assert done.counts["update"] == 0
    assert last_name(world) == "Human"


def test_what_an_undo_looks_at_is_in_its_cost(entered_at_zoho: World) -> None:
    world = entered_at_zoho
    customer = world.store.all("zoho.contact")[0]["contact_id"]
    other = {"first_name": "Anna", "last_name": "Two", "email": "a@example.com"}
    zoho_add(world, customer, contact_persons=[other])
    test = world.work(undo_request(run=poll(world), actor=None))
    assert test.plan is not None
    world.sent.clear()

    world.work(plan_approve(plan=test.plan, actor=None))

    listing = 1
    at_highlevel = [r for r in world.sent if "/highlevel/" in r.url.path]
    assert len(at_highlevel) - listing == test.plan.calls["GHL"] == 2
    assert last_name(world) == "Berg"


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("fault", ["commit_then_timeout", "commit_then_500"])
def test_an_undo_whose_answers_were_all_lost_stays_where_it_is(
    created: World, fault: str
) -> None:
    highlevel_add(created, anna_at_highlevel(created), lastName="Two")
    test = created.work(undo_request(run=poll(created), actor=None))
    assert test.plan is not None
    lost = {"system": "zoho", "match": "PUT /contacts", "fault": fault}
    created.switch(fail_next=[{**lost, "times": 0, "seconds": 0}])

    done = created.work(plan_approve(plan=test.plan, actor=None))

    assert (done.state, done.counts["update"]) == ("completed", 1)
    created.switch(fail_next=[])
    created.sent.clear()
    for _ in range(2):
        SyncRecord.objects.update(retry_at=now())
        poll(created)
    assert created.writes() == []
    assert last_name(created) == "Two"


@pytest.mark.parametrize("times", [1, 9])
def test_an_answer_that_does_not_show_the_change_proves_none(
    entered_at_zoho: World, times: int
) -> None:
    """HighLevel says 200 and does nothing: what stood there was taken for an edit."""
    world = entered_at_zoho
    customer = world.store.all("zoho.contact")[0]["contact_id"]
    other = {"first_name": "Anna", "last_name": "Two", "email": "a@example.com"}
    zoho_add(world, customer, contact_persons=[other])
    lie = {"system": "highlevel", "match": "PUT ", "fault": "200", "times": times}
    world.switch(fail_next=[lie])
    world.sent.clear()

    run = poll(world)

    assert run.counts["update"] == (1 if times == 1 else 0)
    world.switch(fail_next=[])
    SyncRecord.objects.update(retry_at=now())
    poll(world)
    assert last_name(world) == "Two"
    assert value(world, "right", "last_name") == "Two"
    assert not [call for call in world.writes() if "/zoho/" in call]
