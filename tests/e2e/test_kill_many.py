"""Fifty runs of 2,000 records, each killed -9 once at a random moment.

Long: half a minute a run on an idle machine. Some of them: `-k "seed3 or seed7"`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.store import Store
from sandbox.synthetic import seed_more
from tests.e2e.killing import Installation, Mould, Outcome, kill, mould
from tests.e2e.test_kill import assert_same, finished

pytestmark = pytest.mark.soak
RUNS = 50
PATIENCE = 900  # seconds; a busy machine takes minutes
LEFT_PEOPLE, RIGHT_PEOPLE = 880, 600  # beside the seeded 300 and 220: 2,000 records


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mould]:
    """An installation between two full accounts, that has not synced yet."""
    with mould(tmp_path_factory.mktemp("many") / "mould") as found:
        store = Store(str(found.folder / "sandbox.sqlite3"))
        seed_more(store, "highlevel", LEFT_PEOPLE)
        seed_more(store, "zoho", RIGHT_PEOPLE)
        store.close()
        yield found


@pytest.fixture(scope="module")
def calm(made: Mould, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """How a run ends that nobody disturbs."""
    with made.copy(tmp_path_factory.mktemp("many") / "calm") as installation:
        began = time.monotonic()
        report = finished(installation, PATIENCE)
        return installation.outcome([report], time.monotonic() - began)


def killed_once(installation: Installation, calls: int, source: random.Random) -> bool:
    """Start a run and kill it at a random call, or a moment after one."""
    process = installation.live()
    nth = source.randint(1, calls)
    wire = installation.sandbox.wire
    while len(wire.calls) < nth and process.poll() is None:
        time.sleep(0.002)
    time.sleep(source.uniform(0, 0.05))
    struck = kill(process.pid) if process.poll() is None else False
    process.communicate()
    return struck


@pytest.mark.parametrize("seed", range(RUNS), ids=lambda seed: f"seed{seed}")
def test_killed_once_it_ends_the_same(
    made: Mould, calm: Outcome, tmp_path: Path, seed: int
) -> None:
    source = random.Random(seed)
    with made.copy(tmp_path / f"many{seed}") as installation:
        struck = killed_once(installation, sum(calm.calls.values()), source)
        report = finished(installation, PATIENCE)
        assert_same(installation.outcome([report]), calm, kills=1)
        print(f"struck: {struck}, undisturbed: {calm.seconds:.0f} s")
