"""How fast every list, filter, search and facet is as a workspace grows: `make bench`.

Fills databases of its own (crosswalk_seed) with ten thousand, a hundred thousand and a
million entries, asks each page many times in one process and without a network, and
prints what the product itself takes: queries, p50 and p95 in milliseconds, the growth,
and a verdict. Of the largest it also measures what a download of the whole log takes of
memory, and how long a writer waits while half of the log is pruned.

python -m benchmarks.pages [--database postgres://…] [--entries 10000 1000000]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper

from benchmarks.served import ROOT, database_drop, database_make

SIZES = [10_000, 100_000, 1_000_000]
AIM = 150  # milliseconds, at p95
HEAVY = ("exporting", "pruning")  # of the largest only, in this order


@dataclass(frozen=True, slots=True)
class Asked:
    """What one page took, in milliseconds; `cpu` is the median of the processor time of
    this process and its backend, which the others on a machine hardly change."""

    name: str
    queries: int
    p50: float
    p95: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="", help="PostgreSQL URL; else SQLite")
    parser.add_argument("--entries", type=int, nargs="+", default=SIZES)
    parser.add_argument("--times", type=int, default=20, help="how often each is asked")
    parser.add_argument("--only", default="", help="pages whose name has this")
    parser.add_argument("--light", action="store_true", help="pages alone")
    parser.add_argument("--asked", default="", help="of a filled database: its slug")
    options = parser.parse_args()
    if options.asked:
        found = ask(options.asked, options.times, options.only)
        json.dump([asdict(each) for each in found], sys.stdout)
        return
    found = {size: of_size(size, options) for size in options.entries}
    sys.exit(0 if report(found) else 1)


def of_size(entries: int, options: argparse.Namespace) -> list[Asked]:
    """Fill a database of a size, ask its pages, and drop it."""
    with filled(entries, options.database) as environment:
        arguments = ["--asked", "bench", "--times", str(options.times)]
        if options.only:
            arguments += ["--only", options.only]
        said = python(environment, "-m", "benchmarks.pages", *arguments, is_heard=True)
        if entries == max(options.entries) and not options.light:
            for part in HEAVY:
                python(environment, "-m", f"benchmarks.{part}", "bench")
    return [Asked(**each) for each in json.loads(said)]


@contextmanager
def filled(entries: int, server: str) -> Iterator[dict[str, str]]:
    """Yield the environment of a filled database."""
    folder = Path(tempfile.mkdtemp(prefix="crosswalk-pages-"))
    url = database_make(server) if server else ""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("CROSSWALK_")},
        "CROSSWALK_DATA_DIR": str(folder),
        "CROSSWALK_SANDBOX": "1",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        **({"CROSSWALK_DATABASE_URL": url} if url else {}),
    }
    sizes = {"entries": entries, "contacts": entries // 10, "runs": entries // 200}
    try:
        began = time.perf_counter()
        python(environment, "manage.py", "migrate", "-v0")
        sized = [f"--{name}={number}" for name, number in sizes.items()]
        python(
            environment, "manage.py", "crosswalk_seed", "--workspace", "Bench", *sized
        )
        if url:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
        words = ", ".join(f"{number:,} {name}" for name, number in sizes.items())
        print(f"{words}: filled in {time.perf_counter() - began:.0f} s", flush=True)
        yield environment
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if url:
            database_drop(server, url)


def python(environment: dict[str, str], *arguments: str, is_heard: bool = False) -> str:
    """Run Python in a process of its own; return what it said where that is wanted."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE if is_heard else None,
        text=True,
    )
    return done.stdout or ""


# --- asking -----------------------------------------------------------------------------


def ask(slug: str, times: int, only: str) -> list[Asked]:
    """Ask every page of a filled workspace, each many times after once for nothing."""
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from benchmarks.pagelist import pages_of

    client = Client()
    workspace = owner_login(client, slug)
    found = []
    for name, path in pages_of(workspace):
        if only not in name:
            continue
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
            count = len(queries)
        assert answer.status_code in (200, 302), (path, answer.status_code)
        backend = Backend(connection)
        took = [
            _timed(lambda path=path: client.get(path), backend) for _ in range(times)
        ]
        found.append(Asked(name, count, *_spread(took)))
        last = found[-1]
        print(
            f"{name:<56}{last.p50:7.0f} {last.p95:5.0f} ({last.cpu:.0f})",
            file=sys.stderr,
        )
    return found


def owner_login(client: object, slug: str) -> object:
    """Sign an owner of a workspace in; return the workspace."""
    from django.contrib.auth.models import User

    from workspaces.models import Membership, Workspace

    workspace = Workspace.objects.get(slug=slug)
    user, _ = User.objects.get_or_create(username="bench", email="bench@example.com")
    Membership.objects.get_or_create(workspace=workspace, user=user, role="owner")
    client.force_login(user)  # type: ignore[attr-defined]
    return workspace


class Backend:
    """The process of a PostgreSQL server on this machine that answers a connection."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.path: Path | None = None
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                path = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
            self.path = path if path.exists() else None

    def busy(self) -> float:
        """Return its processor time in seconds, helpers of its own left out; 0 where
        that cannot be known."""
        return int(self.path.read_text().split()[0]) / 1e9 if self.path else 0.0


def _timed(act: Callable[[], object], backend: Backend) -> tuple[float, float]:
    """Return how long something takes, and the processor time of this process and its
    backend, in milliseconds: on a busy machine the first says more of the others."""
    began, busy = time.perf_counter(), time.process_time() + backend.busy()
    act()
    worked = time.process_time() + backend.busy() - busy
    return 1000 * (time.perf_counter() - began), 1000 * worked


def _spread(took: list[tuple[float, float]]) -> tuple[float, float, float]:
    walls, cpus = (sorted(each) for each in zip(*took, strict=True))
    last = max(0, round(0.95 * len(walls)) - 1)
    return statistics.median(walls), walls[last], statistics.median(cpus)


# --- saying -----------------------------------------------------------------------------


def report(found: dict[int, list[Asked]]) -> bool:
    """Print the table of all sizes and the verdict; return whether all is well.

    Growth is that of the processor time, from the smallest size to the largest.
    """
    sizes = sorted(found)
    by_name = {size: {each.name: each for each in found[size]} for size in sizes}
    print(f"\n{'entries':<58}" + "".join(f"{size:>20,}" for size in sizes))
    print(f"{'page':<51}queries" + "       p50   p95 (cpu)" * len(sizes) + "  growth")
    slow, busy = [], []
    for name, last in by_name[sizes[-1]].items():
        rows = [by_name[size].get(name) for size in sizes]
        cells = "".join(_cell(each) for each in rows)
        growth = last.cpu / rows[0].cpu if rows[0] else 1.0
        slow += [name] if last.p95 > AIM else []
        busy += [name] if last.cpu > AIM else []
        mark = "  over" if last.p95 > AIM else ""
        print(f"{name:<52}{last.queries:6}{cells}  ×{growth:.1f}{mark}")
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\nLoad of the machine: {load} on {os.cpu_count()} processors.")
    said(len(by_name[sizes[-1]]), slow, f"answer within {AIM} ms at p95 by the clock")
    said(len(by_name[sizes[-1]]), busy, f"take {AIM} ms of the processor at most")
    return not slow


def _cell(each: Asked | None) -> str:
    return f"{each.p50:10.0f} {each.p95:5.0f} ({each.cpu:3.0f})" if each else " " * 22


def said(asked: int, over: list[str], what: str) -> None:
    more = f" Over: {'; '.join(over)}." if over else ""
    print(f"{asked - len(over)} of {asked} pages {what}.{more}")


if __name__ == "__main__":
    main()
