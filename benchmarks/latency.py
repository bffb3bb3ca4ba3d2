"""How soon an edit in one system is written in the other: `make bench`.

The default set-up (`crosswalk_serve` with its sandbox, SQLite), one live sync, an idle
system, and a sandbox that takes 100 ms to answer each call. A person is edited in one
sandbox; the time runs from the answer to that edit until the other one holds it. Both
directions in turn.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import time
from contextlib import closing

import httpx

from benchmarks.served import Installation, installation
from sandbox.context import Context
from sandbox.highlevel.hooks import set_webhook
from sandbox.highlevel.seeding import SEEDED_PIT
from sandbox.switches import Switches
from sandbox.zoho import MAIN_ID, issue_access_token, issue_refresh_token
from sandbox.zoho.hooks import webhook_save
from tests.e2e.killing import serving

LATENCY_MS = 100
PAUSE = (0.8, 2.2)  # seconds between edits: echoes come back, and no beat is kept
GIVE_UP = 20.0
FURNISH = """
import sys, django; django.setup()
from integrations.models import Connection
from sync.models import Sync
from sync.setup.saving import sync_go_live
from tests.e2e import furnish
if sys.argv[1:]:
    furnish.main(sys.argv[1])
    print(Connection.objects.get(kind="zoho_invoice").webhook_token)
else:
    sync_go_live(sync=Sync.objects.get(), actor=None, tested=True)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=40)
    options = parser.parse_args()
    with installation(CROSSWALK_SANDBOX="1") as made:
        token = prepare(made)
        with made.serving():
            measure(made, token, options.edits)


def prepare(made: Installation) -> str:
    """Sync everybody once and go live; return a token for edits at Zoho."""
    with serving(made.folder / "sandbox.sqlite3") as sandbox:
        made.sandbox_port = sandbox.port
        made.environment |= {
            "CROSSWALK_SANDBOX_PORT": str(sandbox.port),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        hook = made.run("-c", FURNISH, issue_refresh_token(sandbox.store)).strip()
        made.run("manage.py", "crosswalk_sync", "Contacts", "--live", "--json")
        made.run("-c", FURNISH)
        set_webhook(sandbox.store, url=f"{made.url}/hooks/crm/", always=True)
        webhook_save(sandbox.store, MAIN_ID, {"url": f"{made.url}/hooks/c/{hook}/"})
        Switches.save(sandbox.store, latency_ms=LATENCY_MS)
        context: Context = sandbox.wire.app.extensions["context"]
        return issue_access_token(context)


def measure(made: Installation, token: str, edits: int) -> None:
    """Edit linked people in turn and print how long each edit took to arrive."""
    time.sleep(5)  # the cluster has started, the first poll is over
    people = linked(made)[:20]
    roads: dict[str, list[float]] = {"HighLevel to Zoho": [], "Zoho to HighLevel": []}
    with httpx.Client(base_url=f"http://127.0.0.1:{made.sandbox_port}") as client:
        for number in range(edits):
            left, right = people[number % len(people)]
            name = f"Bench{number}"
            if number % 2:
                edit_zoho(client, token, right, name)
                road, kind, id = "Zoho to HighLevel", "highlevel_contact", left
            else:
                edit_highlevel(client, left, name)
                road, kind, id = "HighLevel to Zoho", "zoho.contact", right
            began = time.perf_counter()
            while name not in document(made, kind, id):
                if time.perf_counter() - began > GIVE_UP:
                    raise SystemExit(f"An edit did not arrive in {GIVE_UP:.0f} s.")
                time.sleep(0.01)
            roads[road].append(time.perf_counter() - began)
            time.sleep(random.uniform(*PAUSE))
    for road, times in [
        *roads.items(),
        ("both", [t for each in roads.values() for t in each]),
    ]:
        print(
            f"edit to write, {road}: p50 {quantile(times, 0.5):.2f} s, "
            f"p95 {quantile(times, 0.95):.2f} s, max {max(times):.2f} s "
            f"({len(times)} edits, {LATENCY_MS} ms a call)"
        )


def linked(made: Installation) -> list[tuple[str, str]]:
    """Return the remote ids of people that are in sync."""
    with closing(sqlite3.connect(made.folder / "crosswalk.sqlite3")) as database:
        return database.execute(
            "SELECT l.remote_id, r.remote_id FROM sync_syncrecord s"
            " JOIN integrations_remoterecord l ON l.id = s.left_id"
            " JOIN integrations_remoterecord r ON r.id = s.right_id"
            " WHERE s.list = 'in_sync' ORDER BY s.id"
        ).fetchall()


def edit_highlevel(client: httpx.Client, contact: str, name: str) -> None:
    client.put(
        f"/highlevel/contacts/{contact}",
        json={"lastName": name},
        headers={"Authorization": f"Bearer {SEEDED_PIT}", "Version": "2021-07-28"},
    ).raise_for_status()


def edit_zoho(client: httpx.Client, token: str, contact: str, name: str) -> None:
    url = f"/zoho/api/invoice/v3/contacts/{contact}?organization_id={MAIN_ID}"
    headers = {"Authorization": f"Zoho-oauthtoken {token}"}
    found = client.get(url, headers=headers).raise_for_status().json()["contact"]
    persons = [
        {**person, "last_name": name} if person.get("is_primary_contact") else person
        for person in found["contact_persons"]
    ]
    body = {"contact_persons": persons}
    client.put(url, json=body, headers=headers).raise_for_status()


def document(made: Installation, kind: str, id: str) -> str:
    """Return what the sandbox holds of a contact, past its API and its latency."""
    with closing(sqlite3.connect(made.folder / "sandbox.sqlite3")) as database:
        row = database.execute(
            "SELECT body FROM documents WHERE kind = ? AND id LIKE '%' || ?",
            (kind, id),
        ).fetchone()
    return json.dumps(json.loads(row[0])) if row else ""


def quantile(times: list[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


if __name__ == "__main__":
    main()
