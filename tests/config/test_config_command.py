"""crosswalk_config on the command line."""

from __future__ import annotations

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command

from sync.models import Sync
from tests.config.files import ENVIRON, config
from workspaces.services import workspace_create

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path, monkeypatch):
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "crosswalk.yml"
    path.write_bytes(config())
    return path


def run(capsys, *args):
    """Run the command; return its exit code and what it wrote to stdout."""
    try:
        call_command("crosswalk_config", *map(str, args))
        code = 0
    except CommandError as error:
        code = error.returncode
    return code, capsys.readouterr().out


def test_it_imports_and_says_what_it_did(capsys, file):
    code, out = run(capsys, "import", file, "--offline")

    assert code == 0
    assert "Sync Contacts: created, live" in out
    assert run(capsys, "import", file, "--offline")[1].startswith("Nothing to change")


def test_json_is_alone_on_stdout(capsys, file):
    code, out = run(capsys, "import", file, "--offline", "--json")

    answer = json.loads(out)
    assert (code, answer["schema"], answer["changed"]) == (0, 1, True)
    assert answer["workspace"] == "Acme"
    assert answer["syncs"][0] == {
        "name": "Contacts",
        "state": "live",
        "result": "created",
    }
    assert not json.loads(run(capsys, "import", file, "--offline", "--json")[1])[
        "changed"
    ]


def test_what_is_wrong_exits_2_with_its_path(capsys, file):
    file.write_bytes(config(("name: phone, format", "name: upper, format")))

    code, out = run(capsys, "import", file, "--offline", "--json")

    error = json.loads(out)["error"]
    assert code == 2
    assert error["path"] == "syncs[0].objects.contact.fields[0].to_right[0].name"
    assert error["message"].startswith("not supported yet")
    assert not Sync.objects.exists()


def test_a_path_that_names_a_secret_stays_readable(capsys, file, monkeypatch):
    monkeypatch.delenv("ZS")

    with pytest.raises(CommandError) as refused:
        call_command("crosswalk_config", "import", str(file), "--offline")

    assert str(refused.value) == (
        "connections[1].auth.client_secret: the environment variable ZS (or ZS_FILE) "
        "is not set"
    )


def test_a_missing_file_exits_2(capsys, tmp_path):
    assert run(capsys, "import", tmp_path / "none.yml")[0] == 2
    assert run(capsys, "export", tmp_path / "no" / "where.yml")[0] == 2


def test_it_exports_to_a_file_and_to_stdout(capsys, file, tmp_path):
    run(capsys, "import", file, "--offline")

    assert run(capsys, "export", tmp_path / "out.yml")[0] == 0
    code, out = run(capsys, "export", "-")

    assert code == 0
    assert out == (tmp_path / "out.yml").read_text()
    assert json.loads(run(capsys, "export", "-", "--json")[1])["version"] == 1


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_it_reads_its_own_export_from_stdin(capsys, file, monkeypatch, options):
    run(capsys, "import", file, "--offline")
    _, out = run(capsys, "export", "-", *options)
    stdin = io.TextIOWrapper(io.BytesIO(out.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)

    code, out = run(capsys, "import", "-", "--offline", "--json")

    assert (code, json.loads(out)["changed"]) == (0, False)


def test_an_export_of_several_workspaces_needs_a_name(capsys):
    workspace_create(name="Acme")
    other = workspace_create(name="Beta")

    assert run(capsys, "export", "-")[0] == 2
    assert run(capsys, "export", "-", "--prune", "--workspace", "Beta")[0] == 2
    assert run(capsys, "export", "-", "--workspace", "Beta")[0] == 0
    assert run(capsys, "export", "-", "--workspace", other.slug)[0] == 0


def test_nothing_to_export_exits_2(capsys):
    assert run(capsys, "export", "-")[0] == 2
