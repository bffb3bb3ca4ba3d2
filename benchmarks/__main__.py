"""How fast and how cheap a sync is: `make bench`.

Everything runs in one process against the sandbox, so the figures are ratios within
one run, not promises: this machine's seconds mean nothing on yours.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

FOLDER = tempfile.mkdtemp(prefix="crosswalk-bench-")
os.environ["CROSSWALK_DATA_DIR"] = FOLDER
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django  # noqa: E402

django.setup()

import httpx  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from tests.sync.world import World, world_make  # noqa: E402
from workspaces.services import workspace_create  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0)
    world = world_make(workspace_create(name="Bench"), settings)
    rows = [*first_sync(world), *at_rest(world), *bare_calls(world)]
    width = max(len(name) for name, _ in rows)
    for name, figure in rows:
        print(f"{name:<{width}}  {figure}")


def first_sync(world: World) -> list[tuple[str, str]]:
    """The first live run of the seeded people."""
    began = time.perf_counter()
    run = world.run()
    seconds = time.perf_counter() - began
    calls, least = sum(run.calls.values()), sum(run.minimum_calls.values())
    written = run.counts["create"] + run.counts["update"]
    return [
        ("first sync: people looked at", str(sum(run.counts.values()))),
        ("first sync: people written", str(written)),
        ("first sync: calls / minimum", f"{calls} / {least} = {calls / least:.3f}"),
        ("first sync: written people a second", f"{written / seconds:.0f}"),
    ]


def at_rest(world: World) -> list[tuple[str, str]]:
    """A run over everybody when nothing has changed, and an idle poll."""
    began = time.perf_counter()
    run = world.run()
    seconds = time.perf_counter() - began
    poll = world.run(trigger="schedule", scope="dirty")
    units = sum(run.counts.values())
    return [
        ("at rest: unchanged people a second", f"{units / seconds:.0f}"),
        ("at rest: calls of an idle poll", str(poll.calls)),
    ]


def bare_calls(world: World) -> list[tuple[str, str]]:
    """The yardstick: creates sent to the sandbox with nothing around them."""
    client = httpx.Client(transport=httpx.WSGITransport(app=world.app))
    request = next(
        r
        for r in world.sent
        if r.method == "POST" and r.url.path.endswith("/invoice/v3/contacts")
    )
    began = time.perf_counter()
    for _ in range(200):
        client.send(
            client.build_request(
                request.method,
                request.url,
                headers=request.headers,
                content=request.content,
            )
        )
    return [
        ("yardstick: bare calls a second", f"{200 / (time.perf_counter() - began):.0f}")
    ]


try:
    main()
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
