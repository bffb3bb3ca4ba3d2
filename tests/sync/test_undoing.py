"""Undo of a run: 40 people edited since are spared, the others are as before."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sync.choices.approving import plan_approve
from sync.choices.undoing import undo_request
from sync.models import RecordLink, SyncRecord
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.sync.test_tags import at_zoho, begin, both, poll, tags_save, zoho_save
from tests.sync.world import World
from workspaces.models import AuditEvent

PEOPLE, EDITED = 50, 4
MANY, MANY_EDITED = 500, 40


def edit(world: World, link: RecordLink, **fields: Any) -> None:
    context: Context = world.app.extensions["context"]
    highlevel.contact_save(context, link.left.remote_id, fields)


def links(world: World) -> list[RecordLink]:
    found = RecordLink.objects.filter(sync=world.sync).order_by("pk")
    return list(found.select_related("left", "right"))


def companies(world: World) -> dict[str, Any]:
    world.run(mode="test")  # reads what has changed, writes nothing
    rows = RemoteRecord.objects.filter(connection=world.right)
    return {row.remote_id: row.values["company_name"] for row in rows}


def change(world: World, people: int) -> World:
    """Go live with people whose last run gave them another company at Zoho."""
    context: Context = world.app.extensions["context"]
    world.switch(zoho_daily_limit=100_000)
    for number in range(people):
        fields = {
            "firstName": f"Person{number}",
            "email": f"person{number}@example.com",
            "companyName": f"Company {number}",
        }
        highlevel.contact_save(context, None, fields)
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.guards = {"max_change_percent": 100}
    world.sync.save()
    for link in links(world):
        edit(world, link, companyName=f"{link.left.label} Ltd")
    world.run(scope="dirty", trigger="schedule")
    return world


@pytest.fixture
def changed(empty_world: World) -> World:
    """A live sync whose last run gave 50 people another company at Zoho."""
    return change(empty_world, PEOPLE)


def last_run() -> SyncRun:
    return SyncRun.objects.filter(mode="live").latest("pk")


def undo(world: World, run: SyncRun) -> SyncRun:
    test = world.work(undo_request(run=run, actor=None))
    assert test.plan is not None
    return world.work(plan_approve(plan=test.plan, actor=None))


def test_the_test_of_an_undo_shows_it_and_writes_nothing(changed: World) -> None:
    edit(changed, links(changed)[0], companyName="Edited since")
    changed.sent.clear()

    test = changed.work(undo_request(run=last_run(), actor=None))

    assert (test.counts["update"], test.counts["excluded"]) == (PEOPLE - 1, 1)
    assert changed.writes() == []
    assert test.plan is not None
    change = test.plan.changes.filter(outcome="update").first()
    assert change is not None
    (field,) = change.changes
    number = change.email.removeprefix("person").partition("@")[0]
    assert (field["before"], field["after"]) == (
        f"Person{number} Ltd",
        f"Company {number}",
    )


@pytest.mark.parametrize(
    ("people", "edited"),
    [
        (PEOPLE, EDITED),
        pytest.param(MANY, MANY_EDITED, marks=pytest.mark.soak),
    ],
)
def test_it_puts_back_all_but_what_was_edited_since(
    empty_world: World, people: int, edited: int
) -> None:
    world = change(empty_world, people)
    run = last_run()
    assert run.counts["update"] == people
    for link in links(world)[:edited]:
        edit(world, link, companyName="Edited since")

    done = undo(world, run)

    assert (done.counts["update"], done.counts["excluded"]) == (people - edited, edited)
    spared = LogEntry.objects.filter(run=done, outcome="excluded")
    assert {entry.reason_code for entry in spared} == {"edited_since"}
    assert spared.count() == edited
    world.run(scope="dirty", trigger="schedule")  # the edits flow, nothing else does
    after = companies(world)
    assert sum(value.startswith("Company") for value in after.values()) == (
        people - edited
    )
    assert list(after.values()).count("Edited since") == edited
    world.sent.clear()
    world.run(scope="dirty", trigger="schedule")
    world.run()
    assert (world.writes(), companies(world)) == ([], after)


def test_later_runs_do_not_bring_it_back(changed: World) -> None:
    undo(changed, last_run())
    put_back = companies(changed)
    changed.sent.clear()

    for _ in range(2):
        run = changed.run(scope="dirty", trigger="schedule")
        assert run.counts["update"] == 0
    changed.run()

    assert changed.writes() == []
    assert companies(changed) == put_back
    reasons = SyncRecord.objects.values_list("list", "reason_code").distinct()
    assert list(reasons) == [("in_sync", "held_apart")]


def test_an_edit_after_the_undo_flows_again(changed: World) -> None:
    undo(changed, last_run())
    edit(changed, links(changed)[0], companyName="Meant")

    run = changed.run(scope="dirty", trigger="schedule")

    assert run.counts["update"] == 1
    assert "Meant" in companies(changed).values()


def test_an_undo_can_be_undone(changed: World) -> None:
    before = companies(changed)
    undone = undo(changed, last_run())

    undo(changed, undone)

    assert companies(changed) == before


@pytest.mark.parametrize("edited", ["", "left", "right"])
def test_a_list_written_on_both_sides_goes_back_as_a_whole_or_stays(
    empty_world: World, edited: str
) -> None:
    begin(empty_world, "text", ["customer", "news"])
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    tags_save(empty_world, ["customer", "news", "vip"])
    zoho_save(empty_world, "customer, news, added there")
    poll(empty_world)
    united = tags(empty_world)
    assert united == (["added there", "customer", "news", "vip"],) * 2
    if edited == "left":
        tags_save(empty_world, [*united[0], "since"])
    elif edited == "right":
        zoho_save(empty_world, ", ".join([*united[1], "since"]))

    done = undo(empty_world, last_run())

    if edited:
        assert done.counts["excluded"] == 1
        poll(empty_world)  # the edit flows, nothing else does
        after = (sorted([*united[0], "since"]),) * 2
    else:
        assert done.counts["update"] == 1
        after = (["customer", "news", "vip"], ["added there", "customer", "news"])
    assert tags(empty_world) == after
    for _ in range(2):
        assert poll(empty_world).counts["update"] == 0
    assert tags(empty_world) == after


def tags(world: World) -> tuple[list[str], list[str]]:
    """Return what both systems have of Anna's tags, in one order."""
    return sorted(both(world)[0]), sorted(at_zoho(world).split(", "))


def test_people_it_created_stay(empty_world: World) -> None:
    context: Context = empty_world.app.extensions["context"]
    highlevel.contact_save(
        context, None, {"firstName": "Anna", "email": "a@example.com"}
    )
    run = empty_world.run()

    done = undo(empty_world, run)

    assert (done.counts["excluded"], RecordLink.objects.count()) == (1, 1)
    assert LogEntry.objects.get(run=done).reason_code == "created"
    assert SyncRecord.objects.get().list == "in_sync"


def test_a_run_that_wrote_nothing_cannot_be_undone(empty_world: World) -> None:
    with pytest.raises(ConfigError, match="wrote nothing"):
        undo_request(run=empty_world.run(), actor=None)
    with pytest.raises(ConfigError, match="Only a live run"):
        undo_request(run=empty_world.run(mode="test"), actor=None)


def test_the_plan_of_an_undo_leaves_a_draft_a_draft(empty_world: World) -> None:
    context: Context = empty_world.app.extensions["context"]
    highlevel.contact_save(
        context, None, {"firstName": "Anna", "email": "a@example.com"}
    )

    undo(empty_world, empty_world.run())

    empty_world.sync.refresh_from_db()
    assert empty_world.sync.state == "draft"


def test_the_command_undoes_and_says_what_it_did(changed: World) -> None:
    run, out = last_run(), StringIO()

    call_command("crosswalk_undo", str(run.pk), "--json", stdout=out)

    answer = json.loads(out.getvalue())
    assert (answer["outcome"], answer["counts"]["update"]) == ("completed", PEOPLE)
    assert SyncRun.objects.get(pk=answer["run"]).undo_of == run


# --- pages ------------------------------------------------------------------------------


def test_an_editor_undoes_a_run_from_its_page(
    changed: World, client: Client, editor: Any
) -> None:
    client.force_login(editor)
    run = last_run()
    page = f"/w/{changed.workspace.slug}/runs/{run.pk}/"
    assert "Undo this run" in client.get(page).content.decode()

    answer = client.post(f"{page}undo/")
    changed.work(SyncRun.objects.get(undo_of=run))

    text = client.get(answer.headers["location"]).content.decode()
    assert f"Undo of run {run.pk}: 50 changes are ready" in text
    assert "Nothing has been put back yet." in text
    assert "go live" not in text
    assert AuditEvent.objects.filter(action="run.undo_tested").count() == 1


def test_a_viewer_may_not(changed: World, client: Client, viewer: Any) -> None:
    client.force_login(viewer)
    page = f"/w/{changed.workspace.slug}/runs/{last_run().pk}/"

    assert "Undo this run" not in client.get(page).content.decode()
    assert client.post(f"{page}undo/").status_code == 403


def test_nor_a_stranger(changed: World, client: Client, stranger: Any) -> None:
    client.force_login(stranger)
    page = f"/w/{changed.workspace.slug}/runs/{last_run().pk}/undo/"

    assert client.post(page).status_code == 404
