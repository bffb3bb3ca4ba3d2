"""What tests that kill need: a sandbox that counts and kills, an installation to copy.

The product runs in processes of its own and talks to the sandbox over a socket. The
sandbox serves from this process, so that a test sees every call and may kill a process
at any of them: before the sandbox acts on it, or after, with the answer never sent.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from werkzeug.serving import WSGIRequestHandler, make_server

from crosswalk.processes import members
from sandbox.app import create_app
from sandbox.store import Store
from sandbox.zoho import issue_refresh_token

ROOT = Path(__file__).parents[2]
LEFT, RIGHT = "highlevel", "zoho"
POSTGRES = os.environ.get("CROSSWALK_TEST_DATABASE_URL", "")
LAST_RUN = "FROM synclog_syncrun WHERE mode = 'live' ORDER BY id DESC LIMIT 1"

Call = tuple[str, str, str]  # system, method, path
Victim = Callable[[], int]


@dataclass
class Kill:
    """Ends a process at a call: the `nth` of those that `at` picks.

    `after`: the sandbox has done what it was asked; its answer finds nobody.
    """

    at: Callable[[Call], bool]
    nth: int
    victim: Victim
    after: bool = True
    done: threading.Event = field(default_factory=threading.Event)
    struck: bool = False
    _seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_now(self, call: Call) -> bool:
        """Count a call; True for the one to kill at."""
        with self._lock:
            self._seen += self.at(call)
            return self._seen == self.nth and self.at(call) and not self.done.is_set()

    def strike(self) -> None:
        """Kill -9."""
        self.struck = kill(self.victim())
        self.done.set()


def kill(pid: int) -> bool:
    """Kill -9 a process; False when it was gone already or there is none."""
    if pid <= 1:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def is_create(call: Call) -> bool:
    """Whether a call creates a contact."""
    _system, method, path = call
    return method == "POST" and path.rstrip("/").endswith("/contacts")


def is_update(call: Call) -> bool:
    """Whether a call changes a contact."""
    _system, method, path = call
    return method == "PUT" or path.endswith("/contacts/upsert")


def is_page(call: Call) -> bool:
    """Whether a call lists contacts: at Zoho a look-up by name is one too."""
    return call[1:] == ("POST", "/contacts/search") or (
        call[0] == RIGHT and call[1] == "GET" and call[2].endswith("/contacts")
    )


def is_any(call: Call) -> bool:
    """Every call."""
    return True


class Counting:
    """The sandbox as a WSGI application that counts its API calls."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.calls: list[Call] = []
        self.kills: list[Kill] = []
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        call = call_of(environ)
        if call is None:
            return self.app(environ, start_response)
        with self._lock:
            self.calls.append(call)
        due = [kill for kill in self.kills if kill.is_now(call)]
        for each in due:
            if not each.after:
                each.strike()
                raise ConnectionAbortedError
        answer = self.app(environ, start_response)
        for each in due:
            each.strike()
        return answer

    @property
    def by_system(self) -> Counter[str]:
        """How many calls each system got."""
        return Counter(call[0] for call in self.calls)


def call_of(environ: dict[str, Any]) -> Call | None:
    """Return the API call of a request; None for token calls and the sandbox's pages."""
    system, _, path = environ["PATH_INFO"].lstrip("/").partition("/")
    if system not in {LEFT, RIGHT} or "oauth" in path:
        return None
    return system, environ["REQUEST_METHOD"], "/" + path.removeprefix("api/")


class QuietHandler(WSGIRequestHandler):
    """Serves without a log: a killed client is what we came for."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None: ...

    def run_wsgi(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().run_wsgi()


@dataclass
class Sandbox:
    """A sandbox that serves."""

    port: int
    store: Store
    wire: Counting


@contextmanager
def serving(data: Path) -> Iterator[Sandbox]:
    """Serve the sandbox of a data file on a free port."""
    app = create_app(data_path=str(data))
    store: Store = app.extensions["store"]
    wire = Counting(app)
    server = make_server(
        "127.0.0.1", 0, wire, threaded=True, request_handler=QuietHandler
    )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Sandbox(server.server_port, store, wire)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        store.close()


# --- what it holds in the end -----------------------------------------------------------

HIGHLEVEL_FIELDS = ("firstName", "lastName", "email", "phone", "companyName", "website")
ZOHO_FIELDS = ("contact_name", "company_name", "website", "contact_type", "status")
PERSON_FIELDS = ("first_name", "last_name", "email", "phone", "mobile")


def contents(store: Store) -> dict[str, str]:
    """Return each contact's content by "system id": what must be the same in the end."""
    found = {}
    for row in store.scan("highlevel_contact"):
        values = [row.get("locationId"), *(row.get(f) for f in HIGHLEVEL_FIELDS)]
        found[f"{LEFT} {row['id']}"] = json.dumps(values, ensure_ascii=False)
    for row in store.scan("zoho.contact"):
        values = [row.get(f) for f in ZOHO_FIELDS]
        values += [[p.get(f) for f in PERSON_FIELDS] for p in row["persons"]]
        found[f"{RIGHT} {row['contact_id']}"] = json.dumps(values, ensure_ascii=False)
    return found


@dataclass(frozen=True)
class Outcome:
    """The final state: people by content, units by the content of both halves."""

    people: Counter[str]
    units: Counter[tuple[str, str, str]]
    calls: Counter[str]
    reports: list[dict[str, Any]]
    seconds: float = 0.0

    @property
    def counts(self) -> dict[str, int]:
        return self.reports[-1]["counts"]

    @property
    def by_side(self) -> dict[str, list[int]]:
        sides = self.reports[-1]["by_side"]
        return {name: [sides[name][k] for k in ("create", "update")] for name in sides}


# --- the product's installation ---------------------------------------------------------


@dataclass
class Installation:
    """A data directory, a database and a sandbox: all a scenario needs to itself."""

    folder: Path
    sandbox: Sandbox
    database: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.folder, self.sandbox.port, self.database)

    def manage(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of the product."""
        with (self.folder / "stderr.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), *arguments],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def live(self) -> subprocess.Popen[str]:
        """Start a live run."""
        return self.manage("crosswalk_sync", "Contacts", "--live", "--json")

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """The supervisor with its cluster of workers, ended at the end."""
        process = self.manage("crosswalk_serve", "--no-web")
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if "Ctrl-C" in line:
                    break
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=30)

    def cluster(self) -> int:
        """Return the process group of the cluster: the id of its head."""
        state = json.loads((self.folder / "supervisor-worker.json").read_text())
        return next((note["group"] for note in state.get("groups", [])), 0)

    def busy(self) -> int:
        """Return the process that holds the live run, 0 when none does."""
        owner = str(self.query(f"SELECT lease_owner {LAST_RUN}")[0][0])
        return int(owner.split("|")[1]) if "|" in owner else 0

    def idle(self) -> int:
        """Return a worker that waits for work, 0 when there is none."""
        head, busy = self.cluster(), self.busy()
        seen = self.query("SELECT pid FROM sync_workerpulse ORDER BY at DESC")
        alive = members(head)
        workers = [pid for (pid,) in seen if pid in alive and pid not in {busy, head}]
        return workers[0] if workers else 0

    def ended(self) -> dict[str, Any] | None:
        """Return what the last live run came to, None while it goes on."""
        state, counts, by_side = self.query(
            f"SELECT state, counts, by_side {LAST_RUN}"
        )[0]
        if state in {"queued", "running", "waiting"}:
            return None
        return {"outcome": state, "counts": read(counts), "by_side": read(by_side)}

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the product's database."""
        if self.database:
            with psycopg.connect(self.database, autocommit=True) as connection:
                return connection.execute(statement).fetchall()  # type: ignore[arg-type]
        path = self.folder / "crosswalk.sqlite3"
        with contextlib.closing(sqlite3.connect(path, timeout=20)) as connection:
            return connection.execute(statement).fetchall()

    def outcome(self, reports: list[dict[str, Any]], seconds: float = 0.0) -> Outcome:
        """Return the final state of both systems and of the links."""
        people = contents(self.sandbox.store)
        units = self.query(
            "SELECT l.remote_id, r.remote_id, s.list, s.reason_code"
            " FROM sync_syncrecord s"
            " LEFT JOIN integrations_remoterecord l ON l.id = s.left_id"
            " LEFT JOIN integrations_remoterecord r ON r.id = s.right_id"
        )
        return Outcome(
            Counter(people.values()),
            Counter(
                (
                    people[f"{LEFT} {left}"] if left else "",
                    people[f"{RIGHT} {right}"] if right else "",
                    listed,
                )
                for left, right, listed, _code in units
            ),
            self.sandbox.wire.by_system,
            reports,
            seconds,
        )


def read(value: Any) -> Any:
    """Return a JSON column: SQLite gives its text."""
    return json.loads(value) if isinstance(value, str) else value


def environment(folder: Path, port: int, database: str) -> dict[str, str]:
    """Return the environment of an installation, free of this process's settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CROSSWALK_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return {
        **kept,
        "CROSSWALK_DATA_DIR": str(folder),
        "CROSSWALK_SANDBOX": "1",
        "CROSSWALK_SANDBOX_PORT": str(port),
        "CROSSWALK_WORKERS": "2",
        **({"CROSSWALK_DATABASE_URL": database} if database else {}),
    }


@dataclass
class Mould:
    """An installation set up once, and copied for each scenario."""

    folder: Path
    database: str = ""
    _made: list[str] = field(default_factory=list)

    @contextmanager
    def copy(self, folder: Path) -> Iterator[Installation]:
        """A fresh copy, its sandbox serving."""
        shutil.copytree(self.folder, folder)
        database = copy_database(self.database, folder.name) if self.database else ""
        try:
            with serving(folder / "sandbox.sqlite3") as sandbox:
                yield Installation(folder, sandbox, database)
        finally:
            if database:
                drop_database(database)


@contextmanager
def mould(folder: Path) -> Iterator[Mould]:
    """Set an installation up: two connections, one sync, nothing synced yet."""
    folder.mkdir()
    database = make_database(POSTGRES) if POSTGRES else ""
    try:
        with serving(folder / "sandbox.sqlite3") as sandbox:
            token = issue_refresh_token(sandbox.store)
            for command in (
                [str(ROOT / "manage.py"), "migrate", "--verbosity", "0"],
                ["-m", "tests.e2e.furnish", token],
            ):
                subprocess.run(
                    [sys.executable, *command],
                    env=environment(folder, sandbox.port, database),
                    cwd=ROOT,
                    check=True,
                )
        yield Mould(folder, database)
    finally:
        if database:
            drop_database(database)


# --- databases of PostgreSQL ------------------------------------------------------------


def make_database(url: str, template: str = "template0", suffix: str = "mould") -> str:
    """Make a database beside the one of a URL; return its URL."""
    name = f"crosswalk_kill_{os.getpid()}_{suffix}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    head, _, tail = url.rpartition("/" + name_of(url))
    return f"{head}/{name}{tail}"


def copy_database(url: str, suffix: str) -> str:
    """Copy a database for a scenario; return the copy's URL."""
    return make_database(POSTGRES, name_of(url), suffix)


def drop_database(url: str) -> None:
    """Drop a database, whoever still uses it."""
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                sql.Identifier(name_of(url))
            )
        )


def name_of(url: str) -> str:
    """Return the database name of a URL."""
    return (
        url.rpartition("/")[2].partition("?")[0]
        if "?" not in url
        else (url.partition("?")[0].rpartition("/")[2])
    )
