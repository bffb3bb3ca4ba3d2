"""How long writers wait while the log is pruned: python -m benchmarks.pruning SLUG [SECONDS].

Half of a filled workspace's log (crosswalk_seed) is past its term. One process prunes it
in slices, as a worker does, to the end or for some seconds; another writes as a run does,
a few rows a transaction, and times each. The same is timed before, with nobody pruning.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.served import ROOT

QUIET_SECONDS = 10.0
PAUSE = 0.02  # seconds between two writes
AIM = 1000  # milliseconds that a writer may wait at most


def main() -> None:
    import django

    django.setup()
    slug = sys.argv[1]
    if os.environ.get("CROSSWALK_BENCH_PRUNES"):
        most = float(sys.argv[2]) if len(sys.argv) > 2 else float("inf")
        print(json.dumps(prune_all(most)))
        return
    before, rows, past = term_set(slug)
    print(f"{past:,} of {rows:,} entries are past their term", flush=True)
    until = time.monotonic() + QUIET_SECONDS
    print(said("nobody prunes", writes(slug, lambda: time.monotonic() < until)))
    pruner = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.pruning", *sys.argv[1:]],
        env={**os.environ, "CROSSWALK_BENCH_PRUNES": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    waits = writes(slug, lambda: pruner.poll() is None)
    assert pruner.stdout is not None
    result = json.loads(pruner.stdout.read())
    print(said("while it is pruned", waits))
    left = entries_before(slug, before)
    print(
        f"{result['gone']:,} rows deleted in {result['seconds']:.0f} s and "
        f"{result['slices']} slices, {left:,} left past their term; "
        f"longest wait {'within' if waits[-1] <= AIM else 'OVER'} {AIM:,} ms",
        flush=True,
    )


def term_set(slug: str) -> tuple[object, int, int]:
    """Let the term of a workspace end in the middle of its log."""
    from datetime import timedelta

    from crosswalk.clock import now
    from synclog.models import LogEntry, LogTerm
    from workspaces.models import Workspace

    workspace = Workspace.objects.get(slug=slug)
    entries = LogEntry.objects.filter(workspace=workspace)
    middle = entries.order_by("at")[entries.count() // 2].at
    days = max(1, (now() - middle).days)
    LogTerm.objects.update_or_create(
        workspace=workspace, defaults={"log_days": days, "request_days": 1}
    )
    before = now() - timedelta(days=days)
    return before, entries.count(), entries.filter(at__lt=before).count()


def entries_before(slug: str, moment: object) -> int:
    from synclog.models import LogEntry

    return LogEntry.objects.filter(workspace__slug=slug, at__lt=moment).count()


def prune_all(most: float) -> dict[str, float]:
    """Prune slice after slice, as the worker's queue does, until nothing is left or so
    many seconds are over."""
    from sync.running.pruning import prune

    began, gone, slices, is_done = time.monotonic(), 0, 0, False
    while not is_done and time.monotonic() - began < most:
        found = prune()
        gone, slices, is_done = gone + found.gone, slices + 1, found.is_done
    return {"gone": gone, "slices": slices, "seconds": time.monotonic() - began}


def writes(slug: str, goes_on: Callable[[], bool]) -> list[float]:
    """Write as a run does; return how long each write took, in milliseconds, sorted."""
    from django.db import transaction

    from config.seeding import log_entry
    from sync.models import SyncRecord
    from synclog.models import SyncRun

    run = SyncRun.objects.filter(workspace__slug=slug).latest("pk")
    units = list(SyncRecord.objects.order_by("-pk").values_list("pk", flat=True)[:500])
    took: list[float] = []
    while goes_on():
        entry = log_entry(run, len(took), "update")
        entry.unit = f"w{os.getpid()}-{len(took)}-{time.monotonic_ns()}"
        began = time.perf_counter()
        with transaction.atomic():
            entry.save()
            SyncRecord.objects.filter(pk=units[len(took) % len(units)]).update(
                last_entry=entry
            )
            SyncRun.objects.filter(pk=run.pk).update(done_units=len(took))
        took.append(1000 * (time.perf_counter() - began))
        time.sleep(PAUSE)
    return sorted(took)


def said(when: str, took: list[float]) -> str:
    at = [took[min(len(took) - 1, int(part * len(took)))] for part in (0.5, 0.95, 0.99)]
    return (
        f"{when}: {len(took):,} writes, p50 {at[0]:.0f}, p95 {at[1]:.0f}, "
        f"p99 {at[2]:.0f}, longest {took[-1]:.0f} ms"
    )


if __name__ == "__main__":
    main()
