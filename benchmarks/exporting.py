"""What downloading the log takes of memory: python -m benchmarks.exporting SLUG [KIND].

Asks a filled workspace (crosswalk_seed) for its log as a file, as a browser does, throws
the bytes away and watches what the process holds. Flat means: no more after the last row
than after the first few thousand.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.pages import owner_login

EARLY = 20_000  # rows after which everything that is loaded once has been
MEGABYTE = 1024 * 1024
MOST_GROWTH = 16  # megabytes, from there to the end


def main() -> None:
    import django

    django.setup()
    from django.test import Client

    from synclog.models import LogEntry

    slug = sys.argv[1]
    client = Client()
    workspace = owner_login(client, slug)
    rows = LogEntry.objects.filter(workspace=workspace).count()  # type: ignore[misc]
    client.get(f"/w/{slug}/runs/log/")  # whatever is loaded once
    for kind in sys.argv[2:] or ("csv", "json"):
        download(client, f"/w/{slug}/runs/log/log.{kind}", rows)


def download(client: Any, path: str, rows: int) -> None:
    """Read a file to its end; print its size, its time and what it took of memory."""
    began, busy = time.perf_counter(), time.process_time()
    answer = client.get(path)
    first = 1000 * (time.perf_counter() - began)
    lines, size, early, peak = 0, 0, 0, 0
    for piece in answer.streaming_content:
        lines, size = lines + piece.count(b"\n"), size + len(piece)
        held = resident()
        peak = max(peak, held)
        early = early or (held if lines >= min(EARLY, rows // 2) else 0)
    took, worked = time.perf_counter() - began, time.process_time() - busy
    growth = (peak - early) / MEGABYTE
    verdict = "flat" if growth <= MOST_GROWTH else "it grows"
    print(
        f"{path.rpartition('.')[2]}: {rows:,} entries, {size / MEGABYTE:,.0f} MB in "
        f"{took:.0f} s ({worked:.0f} s of processor time); begins after {first:.0f} ms; "
        f"the process holds {early / MEGABYTE:.0f} MB early and "
        f"{peak / MEGABYTE:.0f} MB at most: {verdict}",
        flush=True,
    )


def resident() -> int:
    """Return the bytes of memory that this process holds, mapped files left out."""
    words = dict(
        line.split(":", 1)
        for line in Path("/proc/self/status").read_text().splitlines()
    )
    return 1024 * int(words["RssAnon"].split()[0])


if __name__ == "__main__":
    main()
