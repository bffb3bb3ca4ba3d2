"""How well and how fast people are matched: `python -m benchmarks.matching`.

First accuracy, on invented people of whom the truth is known; then a first matching of
many people from the database, with its time and the memory of its process.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":
    FOLDER = os.environ.setdefault(
        "CROSSWALK_DATA_DIR", tempfile.mkdtemp(prefix="crosswalk-bench-")
    )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ["CROSSWALK_DATABASE_URL"] = os.environ.get(
        "CROSSWALK_TEST_DATABASE_URL", f"sqlite:///{FOLDER}/bench.sqlite3"
    )
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

    import django

    django.setup()

from django.core.management import call_command

from sync.models import MatchVerdict, Sync
from tests.sync.judging import Score, judged
from tests.sync.matchworld import furnish, match_stored
from tests.sync.messy import people


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000, help="to judge")
    parser.add_argument("--size", type=int, default=100_000, help="a side, to time")
    parser.add_argument("--only", choices=["accuracy", "scale", "match"])
    options = parser.parse_args()
    if options.only in {None, "accuracy"}:
        accuracy(options.people)
    if options.only in {None, "scale"}:
        scale(options.size)
    if options.only == "match":
        match()


def accuracy(count: int) -> None:
    """Print the table of cases."""
    report = judged(people(count))
    print(f"{'case':<34}{'people':>8}{'pairs':>7}{'linked':>8}{'review':>8}", end="")
    print(f"{'found':>8}{'wrong':>7}{'needless':>10}")
    rows = sorted(report.cases.items())
    for case, score in (
        *rows,
        ("pairs that share a key", report.sharing),
        ("all", report.total),
    ):
        print(_row(case, score))
    total = report.total
    share = 100 * total.needless / total.people
    print(f"needless reviews: {share:.2f} % of people, {dict(report.codes)}")


def _row(case: str, score: Score) -> str:
    found = f"{100 * score.recall:.1f}%"
    return (
        f"{case:<34}{score.people:>8}{score.pairs:>7}{score.linked:>8}"
        f"{score.reviewed:>8}{found:>8}{score.wrong:>7}{score.needless:>10}"
    )


def scale(size: int) -> None:
    """Fill a database and match everybody in a process of its own."""
    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    furnish(size)
    print(f"furnished {size:,} + {size:,} in {time.perf_counter() - began:.0f} s")
    command = [sys.executable, "-m", "benchmarks.matching", "--only", "match"]
    subprocess.run(command, check=True, env=dict(os.environ))


def match() -> None:
    """Match everybody of the database, and print time and memory."""
    sync = Sync.objects.get()
    before = _memory("VmRSS")
    began, spent = time.perf_counter(), time.process_time()
    run = match_stored(sync)
    seconds = time.perf_counter() - began
    spent = time.process_time() - spent
    found = MatchVerdict.objects.filter(run=run)
    counts = {kind: found.filter(kind=kind).count() for kind in MatchVerdict.Kind}
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    print(f"matched in {seconds:.1f} s ({spent:.1f} s of processor time): {kinds}")
    print(
        f"memory: {before} MB before, {_memory('VmHWM')} MB at the most, of which "
        f"{_memory('RssFile')} MB are files (programs, SQLite's mapped pages)"
    )


def _memory(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) // 1024
    return 0


if __name__ == "__main__":
    try:
        main()
    finally:
        if "match" not in sys.argv:
            shutil.rmtree(FOLDER, ignore_errors=True)
