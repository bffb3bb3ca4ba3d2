"""What the engine itself costs, against servers that cost nothing: `make bench`.

Both vendors are replaced by a stand-in without limits and latency inside the process,
so what is left is Crosswalk's own time: reading answers, the mirror, matching, deciding,
intents, links, bases and the log. Each part runs in a process of its own on a fresh
database. Seconds mean little elsewhere, so the speed of plain inserts into the same
database is measured with them.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.served import ROOT, database_drop, database_make

Figures = list[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="", help="PostgreSQL URL; else SQLite")
    parser.add_argument("--people", type=int, default=0, help="instead of the usual")
    parser.add_argument("--part", default="", help=f"one of {', '.join(PARTS)}")
    parser.add_argument("--profile", default="", help="file for what cProfile finds")
    options = parser.parse_args()
    if os.environ.get("CROSSWALK_BENCH_PART"):
        in_process(options)
        return
    parts = [options.part] if options.part else list(PARTS)
    for part in parts:
        for people in [options.people] if options.people else PARTS[part][1]:
            own_process(part, people, options)


def own_process(part: str, people: int, options: argparse.Namespace) -> None:
    """Run one part in a process and a database of its own."""
    folder = tempfile.mkdtemp(prefix="crosswalk-bench-")
    url = database_make(options.database) if options.database else ""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CROSSWALK_")}
    environment = {
        **kept,
        "CROSSWALK_DATA_DIR": folder,
        "CROSSWALK_SANDBOX": "1",
        "CROSSWALK_BENCH_PART": part,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CROSSWALK_CONCURRENCY": os.environ.get("CROSSWALK_CONCURRENCY", "6"),
        **({"CROSSWALK_DATABASE_URL": url} if url else {}),
    }
    command = [sys.executable, "-m", "benchmarks.engine", "--people", str(people)]
    if options.profile:
        command += ["--profile", options.profile]
    try:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            env=environment,
            cwd=ROOT,
            check=True,
        )
        subprocess.run(command, env=environment, cwd=ROOT, check=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if url:
            database_drop(options.database, url)


def in_process(options: argparse.Namespace) -> None:
    """Run the part that the environment names, and print its figures."""
    part = os.environ["CROSSWALK_BENCH_PART"]
    import django

    django.setup()
    measure = PARTS[part][0]
    with profiled(options.profile):
        figures = measure(options.people)
    width = max(len(name) for name, _ in figures)
    print(f"\n{part}: {options.people:,} people a side")
    for name, figure in figures:
        print(f"  {name:<{width}}  {figure}", flush=True)


@contextmanager
def profiled(file: str) -> Iterator[None]:
    if not file:
        yield
        return
    import cProfile

    profile = cProfile.Profile(time.thread_time)
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        profile.dump_stats(file)


@dataclass(frozen=True, slots=True)
class Took:
    """How long a run took by the clock, and how much of a processor: the latter is
    what it would take on a machine with nothing else to do."""

    wall: float
    cpu: float
    main: float  # of `cpu`, what deciding and storing took; the rest made calls

    def rate(self, count: int) -> str:
        return f"{count / self.cpu:,.0f}/s of processor time, {count / self.wall:,.0f}/s by the clock"

    def __str__(self) -> str:
        return f"{self.cpu:.1f} s of processor time, {self.wall:.1f} s by the clock"


class World:
    """A workspace with a sync between two stand-ins."""

    def __init__(self, left: Any, right: Any) -> None:
        from django.conf import settings

        from benchmarks.standin import LOCATION, ORGANIZATION, StandIn
        from integrations.quotas import subjects
        from integrations.services import (
            connection_add_refresh_token,
            connection_add_token,
        )
        from workspaces.services import workspace_create

        # no limits here: the gate counts as ever and finds that there is room
        subjects.SANDBOX_BURST_FACTOR = subjects.SANDBOX_DAY_FACTOR = 10_000
        self.server = StandIn(left, right)
        settings.TRANSPORT_FACTORY = lambda: self.server
        workspace = workspace_create(name="Bench")
        ours = connection_add_token(
            workspace=workspace,
            kind="highlevel",
            name="GHL",
            account_id=LOCATION,
            token="t",
            site="sandbox",
        )
        theirs = connection_add_refresh_token(
            workspace=workspace,
            kind="zoho_invoice",
            name="Zoho",
            account_id=ORGANIZATION,
            client_id="c",
            client_secret="s",
            refresh_token="r",
            data_center="us",
            site="sandbox",
        )
        self.sync = sync_of(workspace, ours, theirs)

    def run(self, mode: str = "live", **options: Any) -> tuple[Any, Took]:
        """Run to the end; return the run and the seconds it took beside the server."""
        from sync.models import Sync
        from sync.running.execution import run_slice
        from sync.services import run_request
        from synclog.models import SyncRun

        options.setdefault("trigger", SyncRun.Trigger.COMMAND)
        self.sync = Sync.objects.get(pk=self.sync.pk)
        run = run_request(sync=self.sync, mode=mode, **options)
        served, began = self.server.seconds, time.perf_counter()
        cpu, main = time.process_time(), time.thread_time()
        while run.state in (SyncRun.State.QUEUED, SyncRun.State.WAITING):
            run = run_slice(run.pk, seconds=3600, early=True)
        served = self.server.seconds - served
        took = Took(
            time.perf_counter() - began - served,
            time.process_time() - cpu - served,
            time.thread_time() - main,
        )
        if run.state != SyncRun.State.COMPLETED:
            raise SystemExit(f"{run.state}: {run.reason} {run.counts}")
        return run, took

    def forget_cursors(self) -> None:
        """Have the next run list everybody again."""
        from integrations.models import Connection

        Connection.objects.update(cursors={})


def sync_of(workspace: Any, left: Any, right: Any) -> Any:
    """Make a sync as the wizard would, but for what would stop a benchmark."""
    from mapping.defaults import default_field_maps
    from mapping.services import mapping_publish, mapping_save
    from sync.setup.saving import sync_save

    sync = sync_save(
        workspace=workspace,
        name="Contacts",
        left=left,
        right=right,
        match=["email", "phone", "name"],
        first_merge="left",  # where both differ one side is right
        conflict="newest",
        delete="ignore",
        history="all",
        schedule="manual",
        actor=None,
    )
    sync.guards = {"max_change_percent": 100}  # everybody is edited at once here
    sync.save()
    lines = default_field_maps(left.kind, right.kind, "contact")
    mapping = mapping_save(
        sync=sync, object_type="contact", direction="both", lines=lines, actor=None
    )
    mapping_publish(mapping=mapping, actor=None)
    return sync


def sides(left: int, right: int, **options: Any) -> tuple[Any, Any]:
    """Return two sides whose people are the same as far as both have them."""
    from benchmarks.standin import Side

    return Side(last=left), Side(last=right, **options)


def written(run: Any) -> int:
    return int(run.counts["create"] + run.counts["update"])


# --- the parts --------------------------------------------------------------------------


def unchanged(people: int) -> Figures:
    """Everybody is on both sides: linked by the first run, unchanged in the second."""
    world = World(*sides(people, people))
    run, linking = world.run()
    assert run.counts["link"] == people, run.counts
    world.forget_cursors()
    run, again = world.run()
    assert run.counts["unchanged"] == people, run.counts
    run, idle = world.run(trigger="schedule", scope="dirty")
    inserts = plain_inserts(world)
    rate = 2 * people / again.cpu
    return [
        ("first sync, all pairs new", linking.rate(2 * people)),
        ("listed again, nothing changed", again.rate(2 * people)),
        ("plain inserts into this database", f"{inserts:,.0f} rows/s"),
        ("an unchanged record costs", f"{inserts / rate:.1f} plain inserts"),
        ("idle poll", f"{idle}, calls {dict(run.calls)}"),
    ]


def writes(people: int) -> Figures:
    """Creates at one vendor, then updates at the other, then at the first."""
    world = World(*sides(people, 1))  # one is there: else each poll lists everybody
    run, creating = world.run()
    assert run.counts["create"] == people - 1, run.counts
    figures = [
        ("creates at Zoho", rates(run, creating)),
    ]
    inserts = plain_inserts(world)
    world.server.edit(world.server.left, people)
    run, seconds = world.run(trigger="schedule", scope="dirty")
    assert run.counts["update"] == people, run.counts
    figures.append(("updates at Zoho", rates(run, seconds)))
    figures.append(
        (
            "a created record costs",
            f"{inserts * creating.cpu / people:.0f} plain inserts",
        )
    )
    return figures


def writes_left(people: int) -> Figures:
    """Creates at HighLevel, then updates there."""
    world = World(*sides(1, people))
    run, creating = world.run()
    assert run.counts["create"] == people - 1, run.counts
    world.server.edit(world.server.right, people)
    run_two, seconds = world.run(trigger="schedule", scope="dirty")
    assert run_two.counts["update"] == people, run_two.counts
    return [
        ("creates at HighLevel", rates(run, creating)),
        ("updates at HighLevel", rates(run_two, seconds)),
    ]


def rates(run: Any, took: Took) -> str:
    """Return written records a second and calls a written record, pages aside."""
    count = written(run)
    calls, least = sum(run.calls.values()), sum(run.minimum_calls.values())
    pages = sum(n for name, n in run.operations.items() if name.endswith("contacts"))
    return (
        f"{took.rate(count)}, {1000 * took.main / count:.1f} ms each beside the calls, {(calls - pages) / count:.2f} calls each, "
        f"calls / minimum {calls} / {least} = {calls / least:.3f}"
    )


def dry(people: int) -> Figures:
    """A test run of pairs that all differ in a field."""
    world = World(*sides(people, people, spelling="e"))
    run, seconds = world.run("test")
    return [
        ("test run, one field of each differs", str(seconds)),
        ("outcomes", str({k: v for k, v in run.counts.items() if v})),
    ]


def first_sync(people: int) -> Figures:
    """Both sides have `people`, 60 % of them the same ones."""
    left, right = sides(people, people)
    right.first = 1 + people * 2 // 5
    right.last = right.first + people - 1
    world = World(left, right)
    run, seconds = world.run()
    calls, least = sum(run.calls.values()), sum(run.minimum_calls.values())
    counts = {k: v for k, v in run.counts.items() if v}
    return [
        ("outcomes", str(counts)),
        ("calls made / minimum_calls", f"{calls} / {least} = {calls / least:.4f}"),
        ("own time", str(seconds)),
    ]


def growth(people: int) -> Figures:
    """Time and memory of a first sync, a full listing and an idle poll."""
    world = World(*sides(people, people))
    figures = [("memory before", f"{memory():.0f} MB")]
    stages: list[tuple[str, dict[str, str]]] = [
        ("first sync", {}),
        ("listed again", {}),
        ("idle poll", {"trigger": "schedule", "scope": "dirty"}),
    ]
    for name, options in stages:
        if name == "listed again":
            world.forget_cursors()
        with sampled() as tenths:
            run, took = world.run(**options)
        figures += [
            (name, f"{took}, {took.rate(2 * people)}"),
            (f"{name}: memory in tenths of its time", f"{tenths()} MB"),
        ]
        print(*figures[-2:], file=sys.stderr, flush=True)
    top = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures += [
        ("memory at most", f"{top:.0f} MB"),
        ("calls of an idle poll", str(dict(run.calls))),
    ]
    return figures


# --- what is measured beside ------------------------------------------------------------


def memory() -> float:
    """Return the megabytes this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


@contextmanager
def sampled() -> Iterator[Callable[[], str]]:
    """Look at the memory while a block runs; gives a function that tells of it."""
    found: list[float] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            found.append(memory())

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield lambda: " ".join(
            f"{max(part):.0f}"
            for tenth in range(10)
            if (part := slice_of(found, tenth))
        )
    finally:
        over.set()
        thread.join()


def slice_of(found: list[float], tenth: int) -> list[float]:
    size = len(found)
    return found[size * tenth // 10 : size * (tenth + 1) // 10]


def plain_inserts(world: World, *, rows: int = 4000, page: int = 200) -> float:
    """Return how many rows of the mirror's shape a second this database takes."""
    from django.db import transaction

    from crosswalk.clock import now
    from integrations.models import RemoteRecord

    sample = RemoteRecord.objects.order_by("pk").first()
    assert sample is not None
    began = time.process_time()
    for start in range(0, rows, page):
        made = [
            RemoteRecord(
                connection=sample.connection,
                object_type="bench",
                remote_id=str(number),
                values=sample.values,
                facts=sample.facts,
                label=sample.label,
                read_at=now(),
            )
            for number in range(start, start + page)
        ]
        with transaction.atomic():
            RemoteRecord.objects.bulk_create(made)
    seconds = time.process_time() - began
    RemoteRecord.objects.filter(object_type="bench").delete()
    return rows / seconds


PARTS: dict[str, tuple[Callable[[int], Figures], list[int]]] = {
    "unchanged": (unchanged, [10_000]),
    "writes": (writes, [2_000]),
    "writes-left": (writes_left, [2_000]),
    "dry": (dry, [10_000]),
    "first-sync": (first_sync, [5_000]),
    "growth": (growth, [1_000, 10_000, 100_000]),
}

if __name__ == "__main__":
    main()
