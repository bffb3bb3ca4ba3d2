"""`crosswalk_serve` for real: processes, ports, static files, and a clean end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from crosswalk.processes import members

ROOT = Path(__file__).parents[2]
MANAGE = [sys.executable, str(ROOT / "manage.py")]


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a fresh installation of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CROSSWALK_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    port, sandbox_port = free_ports(2)
    return {
        **kept,
        "CROSSWALK_DATA_DIR": str(tmp_path / "var"),
        "CROSSWALK_PORT": str(port),
        "CROSSWALK_SANDBOX": "1",
        "CROSSWALK_SANDBOX_PORT": str(sandbox_port),
        "CROSSWALK_WORKERS": "1",
    }


def manage(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [*MANAGE, *arguments], env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*MANAGE, "crosswalk_serve"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_for_line(process: subprocess.Popen[str], text: str) -> list[str]:
    """Return the lines printed up to the one that holds the text."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"it ended before it printed {text!r}: {lines}")


def groups_of(environment: dict[str, str]) -> list[int]:
    state = Path(environment["CROSSWALK_DATA_DIR"], "supervisor.json").read_text()
    return [note["group"] for note in json.loads(state)["groups"]]


def test_it_serves_and_leaves_nothing_behind(environment: dict[str, str]) -> None:
    address = f"http://localhost:{environment['CROSSWALK_PORT']}"
    assert manage(environment, "migrate", "--verbosity", "0") == (0, "")

    with serving(environment) as process:
        printed = "".join(wait_for_line(process, "Ctrl-C"))
        assert address in printed
        assert f"http://localhost:{environment['CROSSWALK_SANDBOX_PORT']}" in printed
        assert httpx.get(f"{address}/healthz").status_code == 200
        assert httpx.get(f"{address}/readyz").status_code == 200
        assert_static_files_are_served(address, environment)
        groups = groups_of(environment)
        assert all(members(group) for group in groups)

        process.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        assert process.wait(timeout=15) == 0
        assert time.monotonic() - asked < 15
        assert not any(members(group) for group in groups)


def assert_static_files_are_served(address: str, environment: dict[str, str]) -> None:
    """Under hashed names: a page without its style sheet looks like no error."""
    folder = Path(environment["CROSSWALK_DATA_DIR"], "static")
    names = json.loads((folder / "staticfiles.json").read_text())["paths"]
    sheets = [hashed for name, hashed in names.items() if name.endswith(".css")]
    assert sheets
    for sheet in sheets[:3]:
        assert httpx.get(f"{address}/static/{sheet}").status_code == 200


def test_it_refuses_a_database_of_an_older_version(environment: dict[str, str]) -> None:
    code, said = manage(environment, "crosswalk_serve")

    assert code == 2
    assert "behind this version" in said
