"""The backup before going live: both sides' mapped fields, no call, nothing executed."""

from __future__ import annotations

import csv
import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from crosswalk.errors import ConfigError
from sync.setup.backup import ROWS, backup_open, cell
from tests.sync.rows import live_sync, remote
from tests.sync.test_choosing import highlevel_add
from tests.sync.world import World
from workspaces.models import AuditEvent, Workspace


def opened(parts: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(parts)))


def rows_of(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    data = archive.read(name)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


@pytest.fixture
def tested(empty_world: World) -> World:
    highlevel_add(
        empty_world, firstName="=cmd|'/c calc'!A0", lastName="Ünal", email="u@x.example"
    )
    empty_world.run("test")
    empty_world.sent.clear()
    return empty_world


def test_it_holds_both_sides_with_ids_and_makes_no_call(tested: World) -> None:
    archive = opened(backup_open(sync=tested.sync, actor=None))

    assert archive.testzip() is None
    assert archive.namelist() == [
        "README.txt",
        "left-highlevel-contact.csv",
        "right-zoho-invoice-contact.csv",
    ]
    (person,) = rows_of(archive, "left-highlevel-contact.csv")
    assert person["Id"]
    assert (person["Last name"], person["E-mail"]) == ("Ünal", "u@x.example")
    assert person["First name"] == "'=cmd|'/c calc'!A0"
    assert rows_of(archive, "right-zoho-invoice-contact.csv") == []
    assert tested.sent == []
    assert AuditEvent.objects.filter(action="sync.backup_taken").exists()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("+441184960111", "'+441184960111"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        (["a", "b"], "a; b"),
        (["=a"], "'=a"),
        ({"b": 1, "a": "é"}, '{"a": "é", "b": 1}'),
        (-3, "'-3"),
        ("a=b", "a=b"),
    ],
)
def test_no_cell_is_a_formula(value: Any, text: str) -> None:
    assert cell(value) == text


def test_it_comes_in_parts(workspace: Workspace) -> None:
    sync = live_sync(workspace)
    for number in range(ROWS + 1):
        remote(sync, "left", number, email=f"p{number}@x.example", website="w" * 90)

    parts = list(backup_open(sync=sync, actor=None))

    assert len(parts) > 2
    assert len(rows_of(opened(parts), "left-highlevel-contact.csv")) == ROWS + 1


def test_before_anything_was_read_there_is_nothing_to_save(
    empty_world: World,
) -> None:
    with pytest.raises(ConfigError, match="Test it first"):
        backup_open(sync=empty_world.sync, actor=None)


def test_the_command_writes_a_file_for_its_owner_alone(
    tested: World, tmp_path: Path
) -> None:
    path, out = tmp_path / "backup.zip", io.StringIO()

    call_command("crosswalk_backup", "Contacts", str(path), "--json", stdout=out)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert zipfile.ZipFile(path).testzip() is None
    records = json.loads(out.getvalue())["records"]
    assert records == {
        "left-highlevel-contact.csv": 1,
        "right-zoho-invoice-contact.csv": 0,
    }
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("crosswalk_backup", "Contacts", str(path))


def test_the_page_sends_it_to_editors(tested: World, as_owner: Client) -> None:
    answer = as_owner.post(f"/w/{tested.workspace.slug}/syncs/{tested.sync.pk}/backup/")

    assert answer["Content-Type"] == "application/zip"
    assert "contacts-backup-" in answer["Content-Disposition"]
    assert len(opened(answer.streaming_content).namelist()) == 3  # type: ignore[attr-defined]
