"""What the quota costs and how much of it a backfill gets: `python -m benchmarks.quota`.

    permits                 permits a second and queries a permit, one and four processes
    virtual [--calls N]     a backfill's calls against the published limits, in virtual
                            time: the share of (limit − reserve) that was used
    fair                    what two small syncs get beside a big one on the same account,
                            in virtual time: the share of (limit − reserve) of each
    backfill [--people N] [--to highlevel|zoho_invoice]
                            a whole run in real time, the sandbox at 250 ms an answer
                            with the published limits (Zoho's daily one lifted)

SQLite by default, another database by CROSSWALK_TEST_DATABASE_URL (it is migrated).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

FOLDER = tempfile.mkdtemp(prefix="crosswalk-bench-")
os.environ["CROSSWALK_DATA_DIR"] = FOLDER
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django  # noqa: E402

django.setup()

import httpx  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection as database  # noqa: E402
from django.db import connections  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from integrations.connectors.base import Limit  # noqa: E402
from integrations.models import BudgetWindow, CallSlot, Connection, Grant  # noqa: E402
from integrations.quotas.budget import BudgetGate, subject_of  # noqa: E402
from integrations.registry import spec  # noqa: E402
from sandbox.highlevel.seeding import seed as highlevel_seed  # noqa: E402
from sandbox.people import Person, SidePerson  # noqa: E402
from sandbox.zoho.seeding import seed as zoho_seed  # noqa: E402
from sync.running.execution import run_slice  # noqa: E402
from sync.services import run_request  # noqa: E402
from synclog.models import SyncRun  # noqa: E402
from tests.integrations.helpers import make_connection, make_grant  # noqa: E402
from tests.integrations.parties import Caller, party_times  # noqa: E402
from tests.integrations.virtualtime import (  # noqa: E402
    CountingVendor,
    VirtualTime,
    calling,
)
from tests.sync.world import World, world_make  # noqa: E402
from workspaces.services import workspace_create  # noqa: E402

RESERVE = 0.10
PERMIT_SECONDS = 3.0
WORKERS = 4
BOUNDLESS = 10**9
THREADS = 6
SMALL = 40  # calls of a small sync
Row = tuple[str, str]


# --- permits --------------------------------------------------------------------------


def permits() -> list[Row]:
    """How many permits a second the gate hands out when no limit is in the way."""
    rows = []
    for kind, lane in (
        ("highlevel", "poll"),
        ("highlevel", "backfill"),
        ("zoho_invoice", "poll"),
    ):
        connection = fresh(kind)
        name = f"{spec(kind).label}, {lane} lane"
        rows += [
            (f"{name}: queries a permit", f"{queries_each(connection, lane):.2f}"),
            (f"{name}: permits a second, one process", rate(connection, lane, 1)),
            (f"{name}: permits a second, four", rate(connection, lane, WORKERS)),
        ]
    return rows


def fresh(kind: str) -> Connection:
    """Return a connection with no call counted yet."""
    BudgetWindow.objects.all().delete()
    CallSlot.objects.all().delete()
    workspace = workspace_create(name=f"Bench {kind} {time.monotonic_ns()}")
    return make_connection(make_grant(kind, workspace=workspace))


def boundless(connection: Connection, lane: str) -> BudgetGate:
    """Return a gate whose limits are never reached."""
    gate = BudgetGate(connection, lane, patience=lambda: 60.0)
    gate.limits = tuple(
        Limit(each.window, BOUNDLESS, each.seconds, each.resets) for each in gate.limits
    )
    return gate


def spend(gate: BudgetGate, seconds: float) -> int:
    """Take permits for so long; return how many."""
    ends, made = time.perf_counter() + seconds, 0
    while time.perf_counter() < ends:
        gate.before_call("get contact")
        gate.call_ended()
        made += 1
    gate.close()
    return made


def queries_each(connection: Connection, lane: str) -> float:
    with CaptureQueriesContext(database) as found:
        made = spend(boundless(connection, lane), 1.0)
    return len(found) / made


def rate(connection: Connection, lane: str, workers: int) -> str:
    database.close()
    fork = multiprocessing.get_context("fork")
    made: Any = fork.Queue()

    def work() -> None:
        for each in connections.all():
            each.connection = None
        made.put(spend(boundless(connection, lane), PERMIT_SECONDS))

    processes = [fork.Process(target=work) for _ in range(workers)]
    for each in processes:
        each.start()
    total = sum(made.get(timeout=120) for _ in processes)
    for each in processes:
        each.join()
    return f"{total / PERMIT_SECONDS:,.0f}"


# --- virtual time ---------------------------------------------------------------------


def virtual(calls: int) -> list[Row]:
    """A backfill's calls at 250 ms against each vendor's own counting."""
    rows = []
    for kind in ("highlevel", "zoho_invoice"):
        burst = spec(kind).limits[0]
        connection = fresh(kind)
        lift_the_day(connection)
        clock = VirtualTime(time.time())
        began, real = clock(), time.perf_counter()
        vendor = CountingVendor(clock, burst, at_once=spec(kind).concurrency)
        gate = BudgetGate(
            connection,
            "backfill",
            clock=clock,
            sleep=clock.sleep,
            patience=lambda: 60.0,
        )
        left = [calls]
        clock.run([calling(gate, vendor, left) for _ in range(THREADS)])
        made, seconds = len(vendor.arrivals), clock() - began
        share = made / seconds / allowed(burst)
        name = f"{spec(kind).label}: {made:,} calls"
        rows += [
            (f"{name}, of (limit − reserve)", f"{share:.1%}"),
            (f"{name}, refused", str(sum(vendor.refusals.values()))),
            (f"{name}, virtual / real seconds", seconds_of(seconds, real)),
        ]
    return rows


def seconds_of(virtual_seconds: float, began: float) -> str:
    return f"{virtual_seconds:,.0f} / {time.perf_counter() - began:,.0f}"


def allowed(burst: Limit) -> float:
    """Return the calls a second that the reserve leaves."""
    return burst.calls * (1 - RESERVE) / burst.seconds


def lift_the_day(connection: Connection) -> None:
    BudgetWindow.objects.create(
        subject=subject_of(connection), window="day", limit=BOUNDLESS
    )


# --- several syncs --------------------------------------------------------------------


def fair() -> list[Row]:
    """What two small syncs get beside a big one of their lane, of what all may call."""
    rows = []
    for kind in ("highlevel", "zoho_invoice"):
        for lane in ("poll", "backfill"):
            connection = fresh(kind)
            lift_the_day(connection)
            small = [Caller(SMALL, lane, begins=at) for at in (70.0, 71.0)]
            big = Caller(BOUNDLESS, lane)
            party_times(connection, big, small, start=time.time())
            rate = allowed(spec(kind).limits[0])
            for number, each in enumerate(small, start=1):
                share = each.calls / each.seconds / rate
                name = f"{spec(kind).label}, {lane} lane, small sync {number}"
                rows.append((name, f"{share:.0%} in {each.seconds:,.0f} s"))
    return rows


# --- a whole run in real time ---------------------------------------------------------


class Watching(httpx.BaseTransport):
    """Notes when calls of one system were sent and how often it refused."""

    def __init__(self, inner: httpx.BaseTransport, path: str, seen: list[Any]) -> None:
        self.inner, self.path, self.seen = inner, path, seen

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = time.time()
        response = self.inner.handle_request(request)
        creates = request.method == "POST" and request.url.path.endswith("/contacts/")
        creates |= request.method == "POST" and request.url.path.endswith("/contacts")
        if request.url.path.startswith(self.path):
            self.seen.append((began, creates, response.status_code))
        return response


def backfill(people: int, to: str) -> list[Row]:
    """The first live run: everybody of one system is created in the other."""
    settings.SYNC_CONCURRENCY = 6
    world, seen = vendors(people, to)
    run = run_request(
        sync=world.sync, mode="live", trigger=SyncRun.Trigger.GO_LIVE, scope="all"
    )
    slices = work(run)
    run.refresh_from_db()
    creates = sorted(at for at, is_create, _status in seen if is_create)
    seconds = creates[-1] - creates[0]
    share = (len(creates) - 1) / seconds / allowed(spec(to).limits[0])
    name = f"{people:,} people to {spec(to).label}"
    return [
        (f"{name}: run", f"{run.state}, {run.counts.get('create')} created"),
        (f"{name}: creates / seconds", f"{len(creates):,} / {seconds:,.0f}"),
        (f"{name}: of (limit − reserve)", f"{share:.1%}"),
        (f"{name}: refused with 429", str(sum(s == 429 for *_, s in seen))),
        (f"{name}: slices", str(slices)),
    ]


def vendors(people: int, to: str) -> tuple[World, list[Any]]:
    """Return a world whose sandbox stands for the vendors themselves."""
    root = settings.SANDBOX_URL
    settings.HIGHLEVEL_API_URL = f"{root}/highlevel"
    settings.ZOHO_API_URL = f"{root}/zoho/api"
    settings.ZOHO_ACCOUNTS_URL = f"{root}/zoho/accounts"
    world = world_make(workspace_create(name="Bench"), settings, seed=False)
    Grant.objects.update(site="vendor")
    invented = [person(number, to) for number in range(people)]
    seed = zoho_seed if to == "highlevel" else highlevel_seed
    seed(world.store, invented)
    world.switch(latency_ms=250, published_limits=True, zoho_daily_limit=BOUNDLESS)
    seen: list[Any] = []
    inner = settings.TRANSPORT_FACTORY
    path = "/highlevel" if to == "highlevel" else "/zoho/api"
    settings.TRANSPORT_FACTORY = lambda: Watching(inner(), path, seen)
    return world, seen


def person(number: int, to: str) -> Person:
    side = SidePerson(
        first_name=f"First{number}",
        last_name=f"Last{number}",
        email=f"p{number}@example.com",
        country="GB",
        contact_name=f"First{number} Last{number}",
    )
    made = Person(number, *[""] * 10)
    return replace(made, **{"right" if to == "highlevel" else "left": side})


def work(run: SyncRun) -> int:
    """Work on a run as a worker and the pulse do: due runs are taken up each second."""
    slices = 0
    while run.is_active:
        if run_slice(run.pk) is None:
            time.sleep(1.0)
        else:
            slices += 1
            time.sleep(0.2)  # until the queue has handed it over again
        run.refresh_from_db()
    return slices


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.quota")
    parser.add_argument("what", choices=["permits", "virtual", "fair", "backfill"])
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument(
        "--to", choices=["highlevel", "zoho_invoice"], default="highlevel"
    )
    given = parser.parse_args()
    call_command("migrate", verbosity=0)
    if given.what == "permits":
        rows = permits()
    elif given.what == "virtual":
        rows = virtual(given.calls)
    elif given.what == "fair":
        rows = fair()
    else:
        rows = backfill(given.people, given.to)
    width = max(len(name) for name, _ in rows)
    for name, figure in rows:
        print(f"{name:<{width}}  {figure}")


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
