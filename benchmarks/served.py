"""A whole installation for a benchmark: its own folder, database, port and processes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = os.environ.get("CROSSWALK_TEST_DATABASE_URL", "")


@dataclass
class Installation:
    """Where an installation is and what it is told by its environment."""

    folder: Path
    port: int
    sandbox_port: int
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str) -> str:
        """Run Python to its end; return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    @contextmanager
    def serving(self, *options: str) -> Iterator[None]:
        """Run `crosswalk_serve` until the end of the block."""
        with (self.folder / "serve.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "crosswalk_serve", *options],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        try:
            self.wait_until_ready()
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)

    def wait_until_ready(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=2)
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit((self.folder / "serve.log").read_text()[-2000:])


@contextmanager
def installation(database: str = "", **settings: str) -> Iterator[Installation]:
    """Make an installation with an empty, migrated database; remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="crosswalk-bench-"))
    url = database_make(database) if database else ""
    made = Installation(folder, free_port(), free_port())
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CROSSWALK_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    made.environment = {
        **kept,
        "CROSSWALK_DATA_DIR": str(folder),
        "CROSSWALK_PORT": str(made.port),
        "CROSSWALK_SANDBOX_PORT": str(made.sandbox_port),
        **({"CROSSWALK_DATABASE_URL": url} if url else {}),
        **settings,
    }
    try:
        made.run("manage.py", "migrate", "--verbosity", "0")
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if url:
            database_drop(database, url)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def database_make(beside: str) -> str:
    """Make an empty PostgreSQL database beside the one of a URL; return its URL."""
    name = f"crosswalk_bench_{os.getpid()}"
    with psycopg.connect(beside, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{beside.rpartition('/')[0]}/{name}"


def database_drop(beside: str, url: str) -> None:
    name = url.rpartition("/")[2]
    with psycopg.connect(beside, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                sql.Identifier(name)
            )
        )
