"""Four workers on two "machines", three syncs at once, a worker killed every few seconds.

Two supervisors, each with a data directory of its own, share what docs/running.md says
machines share: PostgreSQL, Redis, the keys. Runs when both are there:
CROSSWALK_TEST_DATABASE_URL and CROSSWALK_TEST_REDIS_URL name them.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from sandbox.highlevel import directory
from sandbox.highlevel.accounts import HARBOUR_ID, NORTHLIGHT_ID
from sandbox.highlevel.changes import changed
from sandbox.highlevel.hooks import iso
from sandbox.highlevel.identifiers import short_id
from sandbox.highlevel.oauth import issue_location_token
from sandbox.store import Store
from sandbox.synthetic import FIRST_DAY, seed_more
from sandbox.zoho import issue_refresh_token
from sandbox.zoho.organizations import KIND as ORGANIZATION
from sandbox.zoho.organizations import MAIN_ID, SECOND_ID
from tests.e2e.killing import (
    POSTGRES,
    ROOT,
    Sandbox,
    drop_database,
    environment,
    kill,
    make_database,
    serving,
)

REDIS = os.environ.get("CROSSWALK_TEST_REDIS_URL", "")
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(
        not (POSTGRES and REDIS),
        reason="needs CROSSWALK_TEST_DATABASE_URL and CROSSWALK_TEST_REDIS_URL",
    ),
]
THIRD_LOCATION, THIRD_ORGANIZATION = "SbxLocThirdShop00003", "700000003"
PAIRS = {
    "Big": (NORTHLIGHT_ID, MAIN_ID),
    "Small": (HARBOUR_ID, SECOND_ID),
    "Tiny": (THIRD_LOCATION, THIRD_ORGANIZATION),
}
BIG, SMALL = 400, 15  # people that only HighLevel has, beside the seeded 300
KILL_SECONDS = 3.0
GETS_ON = 30  # units between two kills: on a busy machine a start alone takes seconds
PATIENCE = 600.0
FURNISH = """
import sys, django; django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
call_command("migrate", verbosity=0)
from integrations.services import connection_add_refresh_token, connection_add_token
from sandbox.zoho.grants import CLIENT_ID, CLIENT_SECRET
from sync.services import run_request
from sync.setup.saving import sync_go_live
from tests.sync.world import sync_make
from workspaces.services import workspace_create
owner = User.objects.create_user("owner", "owner@example.com")
for given in sys.argv[1:]:
    name, location, token, organization, refresh = given.split("|")
    workspace = workspace_create(name=name, owner=owner)
    left = connection_add_token(workspace=workspace, kind="highlevel", name="GHL",
        account_id=location, token=token, site="sandbox")
    right = connection_add_refresh_token(workspace=workspace, kind="zoho_invoice",
        name="Zoho", account_id=organization, client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET, refresh_token=refresh, data_center="us",
        site="sandbox")
    sync = sync_go_live(sync=sync_make(workspace, left, right), actor=None, tested=True)
    run_request(sync=sync, mode="live", trigger="manual")
"""


@dataclass
class Site:
    """Machines that share a database, a broker and keys."""

    folder: Path
    sandbox: Sandbox
    database: str
    machines: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def environment(self, machine: str) -> dict[str, str]:
        folder = self.folder / machine
        folder.mkdir(exist_ok=True)
        return {
            **environment(folder, self.sandbox.port, self.database),
            "CROSSWALK_REDIS_URL": REDIS,
            "CROSSWALK_SECRET_KEY": "shared-by-all-machines-" + "x" * 50,
            "CROSSWALK_ENCRYPTION_KEYS": "Zm9yLXRlc3RzLW9ubHktMzItYnl0ZXMtbG9uZy1rZXk=",
        }

    def start(self, machine: str) -> None:
        """Start a supervisor with two workers in a working directory of its own."""
        env = {**self.environment(machine), "PYTHONPATH": str(ROOT)}
        log = (self.folder / machine / "log").open("ab")
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "crosswalk_serve", "--no-web"],
            env=env,
            cwd=self.folder / machine,
            stdout=log,
            stderr=log,
        )
        log.close()
        self.machines.append(process)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(statement).fetchall()  # type: ignore[arg-type]

    def busy(self) -> list[int]:
        """Return the processes that hold a run."""
        rows = self.query(
            "SELECT lease_owner FROM synclog_syncrun WHERE lease_owner <> ''"
        )
        return [int(owner.split("|")[1]) for (owner,) in rows]

    def done(self) -> int:
        """Return how many units all runs have done so far."""
        return int(self.query("SELECT sum(done_units) FROM synclog_syncrun")[0][0])

    def ended(self) -> dict[str, tuple[str, float]]:
        """Return how the first run of each sync ended, and after how many seconds."""
        rows = self.query(
            "SELECT DISTINCT ON (w.name) w.name, r.state,"
            " EXTRACT(EPOCH FROM r.finished_at - r.created_at)"
            " FROM synclog_syncrun r JOIN workspaces_workspace w ON w.id = r.workspace_id"
            " WHERE r.mode = 'live' ORDER BY w.name, r.id"
        )
        return {name: (state, float(s or 0)) for name, state, s in rows if s}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Three accounts at each vendor, a sync for each pair, nobody at work yet."""
    with ExitStack() as stack:
        broker = redis.Redis.from_url(REDIS)
        broker.flushdb()
        stack.callback(broker.flushdb)
        database = make_database(POSTGRES, suffix="site")
        stack.callback(drop_database, database)
        sandbox = stack.enter_context(serving(tmp_path / "sandbox.sqlite3"))
        found = Site(tmp_path, sandbox, database)
        pairs = furnish(sandbox.store)
        subprocess.run(
            [sys.executable, "-c", FURNISH, *pairs],
            env={
                **found.environment("one"),
                "DJANGO_SETTINGS_MODULE": "config.settings",
            },
            cwd=ROOT,
            check=True,
        )
        stack.callback(stop, found.machines)
        yield found


def stop(machines: list[subprocess.Popen[bytes]]) -> None:
    for process in machines:
        process.terminate()
    for process in machines:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)


def furnish(store: Store) -> list[str]:
    """Fill the accounts; return what a sync of each pair needs to know."""
    third = store.get("highlevel_location", HARBOUR_ID)
    assert third is not None
    store.put("highlevel_location", THIRD_LOCATION, {**third, "id": THIRD_LOCATION})
    second = store.get(ORGANIZATION, SECOND_ID)
    assert second is not None
    store.put(
        ORGANIZATION,
        THIRD_ORGANIZATION,
        {**second, "organization_id": THIRD_ORGANIZATION, "name": "Third"},
    )
    seed_more(store, "highlevel", BIG)
    for location in (HARBOUR_ID, THIRD_LOCATION):
        for number in range(SMALL):
            add(store, location, f"{location[6:9].lower()}{number}")
    return [
        "|".join(
            (
                name,
                location,
                issue_location_token(store, location_id=location),
                organization,
                issue_refresh_token(store),
            )
        )
        for name, (location, organization) in PAIRS.items()
    ]


def add(store: Store, location: str, name: str) -> None:
    """Add somebody who was always there."""
    moment = iso(FIRST_DAY)
    blank = {
        "id": short_id(),
        "locationId": location,
        "type": "lead",
        "dnd": False,
        "dateAdded": moment,
        "dateUpdated": moment,
    }
    values = {"firstName": name.title(), "email": f"{name}@small.example"}
    directory.put(store, changed(store, blank, values))


def twice(store: Store) -> dict[str, int]:
    """Return the e-mails that two customers of one organization have."""
    found: Counter[str] = Counter()
    for row in store.scan("zoho.contact"):
        for person in row["persons"][:1]:
            if person["email"]:
                found[f"{row['organization_id']} {person['email'].casefold()}"] += 1
    return {email: count for email, count in found.items() if count > 1}


def lacking(store: Store) -> list[str]:
    """Return the small shops' people who did not arrive."""
    there = {
        (row["organization_id"], person["email"])
        for row in store.scan("zoho.contact")
        for person in row["persons"]
    }
    homes = dict(PAIRS.values())
    return [
        row["email"]
        for row in store.scan("highlevel_contact")
        if "@small.example" in row.get("email", "")
        and (homes[row["locationId"]], row["email"]) not in there
    ]


def test_workers_killed_all_the_time_bring_three_syncs_home(site: Site) -> None:
    seeded = twice(site.sandbox.store)
    for machine in ("one", "two"):
        site.start(machine)
    source, kills, done = random.Random(8), 0, 0
    end, next_kill = time.monotonic() + PATIENCE, time.monotonic() + KILL_SECONDS
    while len(site.ended()) < len(PAIRS) and time.monotonic() < end:
        time.sleep(0.2)
        busy, is_time = site.busy(), time.monotonic() >= next_kill
        if busy and is_time and site.done() >= done + GETS_ON:
            done = site.done()
            kills += kill(source.choice(busy))
            next_kill = time.monotonic() + KILL_SECONDS

    ended = site.ended()
    print(f"{kills} kills; {ended}; {sum(site.sandbox.wire.by_system.values())} calls")
    assert {name: state for name, (state, _) in ended.items()} == dict.fromkeys(
        PAIRS, "completed"
    )
    assert twice(site.sandbox.store) == seeded
    assert lacking(site.sandbox.store) == []
    assert site.query("SELECT count(*) FROM sync_intent WHERE state = 'pending'") == [
        (0,)
    ]
    # the big one does not keep the small ones waiting
    assert max(ended["Small"][1], ended["Tiny"][1]) < ended["Big"][1]
