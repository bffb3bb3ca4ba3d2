"""crosswalk_links and crosswalk_status."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from crosswalk.clock import now
from sync.models import InboxEvent, SyncRecord
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.config.rows import mapped, sync_make
from workspaces.services import workspace_create

pytestmark = pytest.mark.django_db


def unit(sync, left="", right="", **more):
    rows = [
        connection.records.create(object_type="contact", remote_id=key, read_at=now())
        if key
        else None
        for connection, key in ((sync.left, left), (sync.right, right))
    ]
    return SyncRecord.objects.create(
        sync=sync, object_type="contact", left=rows[0], right=rows[1], **more
    )


def lines(capsys, *args):
    call_command("crosswalk_links", *args, "--json")
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_writes_one_line_a_unit_with_remote_ids(capsys):
    sync = sync_make()
    unit(sync, "l1", "r1", list="in_sync")
    unit(sync, "l2", list="excluded", reason="Neither e-mail nor phone.")

    assert lines(capsys, "Contacts") == [
        {
            "left": "l1",
            "right": "r1",
            "object": "contact",
            "list": "in_sync",
            "reason": "",
        },
        {
            "left": "l2",
            "right": None,
            "object": "contact",
            "list": "excluded",
            "reason": "Neither e-mail nor phone.",
        },
    ]


def test_it_asks_the_database_twice_however_many_units(
    capsys, django_assert_num_queries
):
    sync = sync_make()
    for number in range(20):
        unit(sync, f"l{number}", f"r{number}", list="in_sync")

    with django_assert_num_queries(2):
        assert len(lines(capsys, "Contacts")) == 20


def test_an_unknown_name_exits_2(capsys):
    sync_make()

    with pytest.raises(CommandError) as refused:
        call_command("crosswalk_links", "People", "--json")

    assert refused.value.returncode == 2
    assert "“Contacts”" in json.loads(capsys.readouterr().out)["error"]["message"]


def test_an_ambiguous_name_needs_the_workspace(capsys):
    unit(sync_make(), "l1", "r1", list="in_sync")
    unit(sync_make(workspace_create(name="Beta")), "l2", "r2", list="in_sync")

    with pytest.raises(CommandError, match="--workspace"):
        call_command("crosswalk_links", "Contacts")
    assert lines(capsys, "Contacts", "--workspace", "Beta")[0]["left"] == "l2"


def status(capsys, *args):
    capsys.readouterr()
    call_command("crosswalk_status", "--json", *args)
    return json.loads(capsys.readouterr().out)


def test_an_empty_installation_has_a_status(capsys):
    assert status(capsys) == {
        "schema": 1,
        "connections": [],
        "syncs": [],
        "worker": {"heartbeat_age_seconds": None, "pids": []},
        "queue": {"inbox": 0, "runs": 0, "deliveries": 0},
    }


def test_it_has_the_shape_of_the_contract(capsys):
    sync = sync_go_live(sync=mapped(sync_make()), actor=None, tested=True)
    unit(sync, "l1", "r1", list="in_sync")
    run = SyncRun.objects.create(
        workspace=sync.workspace, sync=sync, mode="live", trigger="manual"
    )
    InboxEvent.objects.create(connection=sync.left, event_type="x", next_at=now())

    answer = status(capsys)

    ghl, zoho = answer["connections"]
    assert (ghl["name"], ghl["kind"], ghl["health"]) == ("GHL", "highlevel", "active")
    assert zoho["webhook_url"].startswith("http")
    assert {window["window"] for window in zoho["quota"]} == {"minute", "day"}
    assert set(zoho["quota"][0]) == {"window", "limit", "used", "reserve", "resets_at"}
    shown = answer["syncs"][0]
    assert (shown["name"], shown["state"]) == ("Contacts", "live")
    assert shown["last_run"]["run"] == run.pk
    assert shown["lag_seconds"] >= 0
    assert shown["records"] == {
        "in_sync": 1,
        "excluded": 0,
        "waiting": 0,
        "failing": 0,
        "review": 0,
        "conflict": 0,
    }
    assert answer["queue"] == {"inbox": 1, "runs": 1, "deliveries": 0}


def test_an_authorisation_that_can_lapse_says_when(capsys):
    sync = sync_make()
    grant = sync.left.grant
    grant.auth_type, grant.refreshed_at = "oauth", now()
    grant.save()

    ghl, zoho = status(capsys)["connections"]

    ends = datetime.fromisoformat(ghl["grant_expires_at"])
    assert abs(ends - now() - timedelta(days=365)) < timedelta(minutes=1)
    assert zoho["grant_expires_at"] is None


def test_one_workspace_is_shown_alone(capsys):
    sync_make()
    workspace_create(name="Beta")

    assert status(capsys, "--workspace", "Beta")["syncs"] == []
    call_command("crosswalk_status")
    assert "Contacts: draft" in capsys.readouterr().out
