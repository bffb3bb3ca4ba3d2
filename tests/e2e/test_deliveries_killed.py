"""Deliveries while web server and worker are killed -9: none lost, none doubled.

A sender with many hands repeats what was not answered 2xx, as a vendor does. Whatever
was answered must be stored exactly once in the end, and its record processed.
"""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from crosswalk.processes import kill_group
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.hooks import signatures
from sandbox.highlevel.seeding import seed as highlevel_seed
from sandbox.highlevel.service import contact_save
from sandbox.store import Store
from sandbox.zoho import issue_refresh_token
from sandbox.zoho.seeding import seed as zoho_seed
from tests.e2e.killing import (
    POSTGRES,
    ROOT,
    Installation,
    contents,
    drop_database,
    make_database,
    serving,
)

FURNISH = """
import sys, django; django.setup()
from django.core.management import call_command
from sync.models import Sync
from sync.setup.saving import sync_go_live
from tests.e2e import furnish
call_command("migrate", verbosity=0)
furnish.main(sys.argv[1])
sync_go_live(sync=Sync.objects.get(), actor=None, tested=True)
"""
HANDS = 8


@dataclass
class Sender:
    """A vendor that sends each delivery until it is answered 2xx."""

    url: str
    store: Store
    contacts: list[str]
    count: int
    answered: list[str] = field(default_factory=list)
    tries: int = 0
    failed: list[int] = field(default_factory=list)  # statuses that nothing mends
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _http: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=5, trust_env=False)
    )

    def send_all(self) -> None:
        with self._http, ThreadPoolExecutor(HANDS) as pool:
            list(pool.map(self._send, range(self.count)))

    def _send(self, number: int) -> None:
        delivery = str(uuid.uuid4())
        body = json.dumps(
            {
                "type": "ContactUpdate",
                "locationId": NORTHLIGHT_ID,
                "id": self.contacts[number % len(self.contacts)],
                "webhookId": delivery,
            }
        ).encode()
        headers = {"content-type": "application/json", **signatures(self.store, body)}
        end = time.monotonic() + 60
        while time.monotonic() < end and not self.failed:
            with self._lock:
                self.tries += 1
            try:
                answer = self._http.post(self.url, content=body, headers=headers)
            except httpx.HTTPError:
                time.sleep(0.05)  # nobody there, or killed while it answered
                continue
            if answer.status_code == 200:
                with self._lock:
                    self.answered.append(delivery)
                return
            if answer.status_code < 500:
                self.failed.append(answer.status_code)
            time.sleep(0.05)


@contextmanager
def furnished(folder: Path, people: int) -> Iterator[tuple[Installation, list[str]]]:
    """An installation with a live sync, and people at HighLevel alone."""
    folder.mkdir()
    database = make_database(POSTGRES, suffix=folder.name) if POSTGRES else ""
    data = folder / "sandbox.sqlite3"
    store = Store(str(data))
    highlevel_seed(store, [])
    zoho_seed(store, [])
    store.put("seeded", "all", {"people": 0})
    store.close()
    try:
        with serving(data) as sandbox:
            context = sandbox.wire.app.extensions["context"]
            contacts = [
                contact_save(context, None, person(n))["id"] for n in range(people)
            ]
            signatures(sandbox.store, b"")  # the keys are made when first used
            made = Installation(folder, sandbox, database)
            token = issue_refresh_token(sandbox.store)
            python(made, "-c", FURNISH, token)
        yield made, contacts
    finally:
        if database:
            drop_database(database)


def person(number: int) -> dict[str, str]:
    """Return the fields of an invented person."""
    return {
        "firstName": "Pat",
        "lastName": f"Number {number}",
        "email": f"pat{number}@example.com",
    }


def python(made: Installation, *arguments: str) -> None:
    environment = {**made.environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, *arguments], env=environment, cwd=ROOT, check=True)


@contextmanager
def everything_serving(made: Installation) -> Iterator[str]:
    """`crosswalk_serve` with all its children; yields the address of the web server."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with (made.folder / "stderr.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "crosswalk_serve"],
            env={**made.environment, "CROSSWALK_PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def strike(made: Installation, name: str) -> bool:
    """Kill -9 all processes of a child of the supervisor; False when it is down."""
    state = json.loads((made.folder / "supervisor.json").read_text() or "{}")
    groups = [g["group"] for g in state.get("groups", []) if g["name"] == name]
    return bool(groups) and kill_group(groups[0]) > 0


def settled(made: Installation, seconds: float) -> list[tuple[str, str]]:
    """Return (delivery, outcome) of all events once none waits any more."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rows = made.query("SELECT delivery_id, outcome, next_at FROM sync_inboxevent")
        active = made.query(
            "SELECT id FROM synclog_syncrun"
            " WHERE state IN ('queued', 'running', 'waiting')"
        )
        if not active and all(next_at is None for *_, next_at in rows):
            return [(delivery, outcome) for delivery, outcome, _ in rows]
        time.sleep(0.2)
    raise AssertionError((made.folder / "stderr.log").read_text()[-4000:])


def deliver_through_kills(
    folder: Path, *, people: int, deliveries: int, victims: list[str]
) -> None:
    """Send, kill each victim in turn when so many more were taken, and compare."""
    with furnished(folder, people) as (made, contacts):
        with everything_serving(made) as address:
            keys = Store(str(folder / "sandbox.sqlite3"))
            sender = Sender(f"{address}/hooks/crm/", keys, contacts, deliveries)
            sending = threading.Thread(target=sender.send_all)
            sending.start()
            struck = 0
            for number, victim in enumerate(victims, 1):
                share = deliveries * number / (len(victims) + 1)
                while len(sender.answered) < share and sending.is_alive():
                    time.sleep(0.002)
                struck += strike(made, victim)
            sending.join()
            outcomes = settled(made, 60)
            keys.close()
        assert not sender.failed
        assert len(sender.answered) == deliveries
        assert struck >= len(victims) - 1
        stored = Counter(delivery for delivery, _ in outcomes)
        assert sorted(sender.answered) == sorted(stored)
        assert set(stored.values()) == {1}
        assert {outcome for _, outcome in outcomes} <= {"read", "known"}
        assert sender.tries > deliveries  # it did have to repeat some
        after = Store(str(folder / "sandbox.sqlite3"))
        at_zoho = [key for key in contents(after) if key.startswith("zoho")]
        after.close()
        assert len(at_zoho) == people


def test_deliveries_survive_kills_of_web_server_and_worker(tmp_path: Path) -> None:
    deliver_through_kills(
        tmp_path / "short", people=6, deliveries=400, victims=["web", "worker", "web"]
    )


@pytest.mark.soak
def test_deliveries_survive_many_kills(tmp_path: Path) -> None:
    source = random.Random(2026)
    victims = [source.choice(["web", "worker"]) for _ in range(16)]
    deliver_through_kills(
        tmp_path / "long", people=150, deliveries=12_000, victims=victims
    )
