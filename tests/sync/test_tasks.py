"""Tasks at HighLevel and tasks of projects at Zoho Invoice: whole runs in the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crosswalk.errors import ConfigError
from integrations.selectors import webhook_url
from sync.jobs import drain_inbox
from sync.models import RecordLink, Sync
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.sync.childworld import (
    allow_projects,
    at_zoho,
    call,
    carry,
    comments,
    note,
    person,
    units,
)
from tests.sync.test_live import hand_over
from tests.sync.world import World


def task(world: World, contact_id: str, title: str, **values: Any) -> str:
    """Make a task at HighLevel; return its id."""
    made = call(
        world,
        "POST",
        f"/contacts/{contact_id}/tasks",
        title=title,
        dueDate="2026-12-01T10:00:00Z",
        completed=False,
        **values,
    )
    return str(made["task"]["id"])


def project_tasks(world: World) -> list[dict[str, Any]]:
    """Return the tasks of all projects at Zoho."""
    return [task for each in world.store.all("zoho.project") for task in each["tasks"]]


def project_change(world: World, tasks: list[dict[str, Any]]) -> None:
    """Change the tasks of the one project as a person at Zoho does."""
    [project] = world.store.all("zoho.project")
    world.store.put("zoho.project", project["project_id"], {**project, "tasks": tasks})


@pytest.fixture
def anna(empty_world: World) -> str:
    """A person at HighLevel in a world whose sync carries tasks; their id."""
    empty_world.right.options = {"project_tasks": True}
    empty_world.right.save()
    empty_world.sync.refresh_from_db()
    allow_projects(empty_world)
    carry(empty_world, "task")
    return person(empty_world)


def test_tasks_need_their_switch(empty_world: World) -> None:
    with pytest.raises(ConfigError, match="switched off for this connection"):
        carry(empty_world, "task")


def test_a_task_arrives_with_its_text_and_changes_follow(
    empty_world: World, anna: str
) -> None:
    task_id = task(empty_world, anna, "Call back", body="About the invoice")
    empty_world.run()
    [made] = project_tasks(empty_world)
    assert (made["task_name"], made["description"]) == (
        "Call back",
        "About the invoice",
    )

    path = f"/contacts/{anna}/tasks/{task_id}"
    call(empty_world, "PUT", path, title="Call back at noon")
    run = empty_world.run()

    [now] = project_tasks(empty_world)
    assert (now["task_id"], now["task_name"]) == (made["task_id"], "Call back at noon")
    assert now["description"] == "About the invoice"
    assert run.counts["update"] == 1
    empty_world.sent.clear()
    run = empty_world.run()
    assert (empty_world.writes(), run.counts["unchanged"]) == ([], 2)
    assert sum(run.calls.values()) == sum(run.minimum_calls.values())


def task_carried(world: World, anna: str) -> dict[str, Any]:
    """Have a task of Anna's carried across; return what stands there."""
    task(world, anna, "Call back")
    world.run()
    [made] = project_tasks(world)
    return made


def test_a_task_made_at_zoho_stays_there_and_says_why(
    empty_world: World, anna: str
) -> None:
    made = task_carried(empty_world, anna)
    other = {**made, "task_id": "990000000000000001", "task_name": "Made at Zoho"}
    project_change(empty_world, [made, other])

    empty_world.run()

    assert len(empty_world.store.all("highlevel_task")) == 1
    [excluded] = [each for each in units(empty_world, "task") if each[0] == "excluded"]
    assert excluded[1].startswith("HighLevel has no task without a due date.")


def test_a_task_renamed_at_zoho_is_renamed_at_highlevel(
    empty_world: World, anna: str
) -> None:
    made = task_carried(empty_world, anna)
    project_change(empty_world, [{**made, "task_name": "Write instead"}])

    empty_world.run()

    [there] = empty_world.store.all("highlevel_task")
    assert there["title"] == "Write instead"
    assert at_zoho(empty_world, anna)


def test_a_task_renamed_at_zoho_is_not_written_over_by_a_notice(
    empty_world: World, anna: str, client: Client
) -> None:
    made = task_carried(empty_world, anna)
    Sync.objects.update(conflict="right")
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")
    empty_world.notify(webhook_url)
    project_change(empty_world, [{**made, "task_name": "Write instead"}])
    [there] = empty_world.store.all("highlevel_task")
    path = f"/contacts/{anna}/tasks/{there['id']}"
    call(empty_world, "PUT", path, title="Call twice", completed=True)

    hand_over(client, empty_world.arrivals())
    drain_inbox()

    assert [each["task_name"] for each in project_tasks(empty_world)] == [
        "Write instead"
    ]
    [there] = empty_world.store.all("highlevel_task")
    assert there["title"] == "Write instead"
    run = SyncRun.objects.order_by("pk").last()
    assert run is not None
    assert run.operations.get("Zoho: get task") == 1


def test_what_no_list_shows_is_read_where_the_title_has_changed(
    empty_world: World, anna: str
) -> None:
    task(empty_world, anna, "Call back", body="About the invoice")
    empty_world.run()
    [made] = project_tasks(empty_world)
    changes = {"task_name": "Write instead", "description": "Bring the contract"}
    project_change(empty_world, [{**made, **changes}])

    run = empty_world.run()

    [there] = empty_world.store.all("highlevel_task")
    assert (there["title"], there["body"]) == ("Write instead", "About the invoice")
    known = RecordLink.objects.get(object_type="task").right.values
    assert known["description"] == "Bring the contract"  # the text flows one way
    assert project_tasks(empty_world)[0]["description"] == "Bring the contract"
    assert sum(run.calls.values()) == sum(run.minimum_calls.values())


def test_a_title_from_highlevel_keeps_the_text_written_at_zoho(
    empty_world: World, anna: str
) -> None:
    task_id = task(empty_world, anna, "Call back", body="About the invoice")
    empty_world.run()
    [made] = project_tasks(empty_world)
    project_change(empty_world, [{**made, "description": "Bring the contract"}])
    path = f"/contacts/{anna}/tasks/{task_id}"
    call(empty_world, "PUT", path, title="Call at noon")

    run = empty_world.run()

    [now] = project_tasks(empty_world)
    assert (now["task_name"], now["description"]) == (
        "Call at noon",
        "Bring the contract",
    )
    assert sum(run.calls.values()) == sum(run.minimum_calls.values())


def test_a_listing_that_lags_behind_our_own_write_undoes_nothing(
    empty_world: World, anna: str
) -> None:
    task(empty_world, anna, "Call back")
    empty_world.run()
    link = RecordLink.objects.get(object_type="task")
    link.left.values = {**link.left.values, "title": "As an old listing shows it"}
    link.left.save()
    reads = f"/tasks/{link.left.remote_id}"
    empty_world.sent.clear()

    empty_world.run()

    assert [r for r in empty_world.sent if r.url.path.endswith(reads)]
    assert [each["task_name"] for each in project_tasks(empty_world)] == ["Call back"]


def test_a_deleted_task_is_deleted_across_where_the_sync_follows(
    empty_world: World, anna: str
) -> None:
    task_id = task(empty_world, anna, "Call back")
    empty_world.sync.delete_policy = "mirror"
    empty_world.sync.save()
    empty_world.run()
    call(empty_world, "DELETE", f"/contacts/{anna}/tasks/{task_id}")

    run = empty_world.run()

    assert (run.counts["delete"], project_tasks(empty_world)) == (1, [])


def test_a_permission_taken_back_stops_tasks_alone_and_the_run_says_so(
    empty_world: World, anna: str
) -> None:
    carry(empty_world, "note")
    empty_world.run()
    task(empty_world, anna, "Call back")
    note(empty_world, anna, "Called.")
    for kind in ("zoho.refresh_token", "zoho.access_token"):
        for each in empty_world.store.all(kind):
            scope = each["scope"].replace(",ZohoInvoice.projects.ALL", "")
            empty_world.store.put(kind, each["token"], {**each, "scope": scope})

    run = empty_world.run()

    assert run.state == "completed_with_failures"
    assert "no permission for projects" in run.reason
    assert (comments(empty_world), project_tasks(empty_world)) == (["Called."], [])
    allow_projects(empty_world)
    assert empty_world.run().state == "completed"
    assert len(project_tasks(empty_world)) == 1
