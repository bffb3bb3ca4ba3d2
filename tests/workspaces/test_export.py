"""The export: everything of a workspace, nothing of another, nothing secret."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from crosswalk.secretfield import secret_columns
from sync.alerting.channels import channel_add
from tests.sync.rows import entry_make, live_sync, run_make, unit
from workspaces.export import columns, export_stream, tables
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db
PAGE = "/w/acme/workspace/export/"


def bundle(client) -> zipfile.ZipFile:
    answer = client.post(PAGE)
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def rows(found: zipfile.ZipFile, name: str) -> list[dict]:
    return [json.loads(line) for line in found.read(f"{name}.jsonl").splitlines()]


def test_it_holds_every_table_of_the_workspace(as_owner, workspace):
    sync = live_sync(workspace)
    record = unit(sync, "in_sync")
    entry_make(run_make(sync), record)

    found = bundle(as_owner)

    assert found.testzip() is None
    assert "Acme" in found.read("README.txt").decode()
    assert [row["name"] for row in rows(found, "sync_sync")] == ["Contacts"]
    assert rows(found, "synclog_logentry")[0]["label"] == "Person 1"
    assert rows(found, "integrations_remoterecord")[0]["remote_id"] == "left-1"
    assert rows(found, "people")[0]["email"] == "owner@example.com"
    assert AuditEvent.objects.filter(action="workspace.exported").exists()


def test_it_holds_nothing_of_another_workspace(as_owner, workspace, stranger):
    from workspaces.models import Workspace

    live_sync(Workspace.objects.get(name="Elsewhere"), name="Theirs")

    found = bundle(as_owner)

    text = "".join(found.read(name).decode() for name in found.namelist())
    assert "Theirs" not in text
    assert "stranger" not in text


def test_no_secret_column_leaves(as_owner, workspace):
    sync = live_sync(workspace)
    channel_add(
        workspace=workspace,
        kind="slack",
        name="S",
        to="https://hooks.example.com/x/planted7Hq2",
        pace="at_once",
        rules=[],
        actor=None,
    )
    for model, name in secret_columns():
        assert name not in columns(model)

    found = bundle(as_owner)

    text = "".join(found.read(name).decode() for name in found.namelist())
    assert sync.right.webhook_token not in text
    assert "planted7Hq2" not in text
    assert "gAAAA" not in text  # how everything encrypted begins


def test_every_model_of_the_product_is_in_it_or_said_to_be_left_out():
    names = {model.__name__ for model, _ in tables()}

    assert {
        "SyncRun",
        "LogEntry",
        "RecordLink",
        "MappingVersion",
        "AlertChannel",
    } <= names
    assert {"Grant", "Intent", "PlannedChange", "ApiKey", "Delivery"} <= names


def test_it_is_made_a_batch_at_a_time(workspace):
    AuditEvent.objects.bulk_create(
        AuditEvent(workspace=workspace, action="sync.paused", subject="x" * 150)
        for _ in range(4000)
    )

    sizes = [len(part) for part in export_stream(workspace)]

    assert max(sizes) < 200_000
    assert sum(size > 0 for size in sizes) > 1


def test_only_an_owner_takes_it(client, editor):
    client.force_login(editor)

    assert client.post(PAGE).status_code == 403
    assert "Only an owner" in client.get("/w/acme/workspace/data/").content.decode()
