"""Kill -9 in the middle of a live run: it goes on, nothing twice, nothing lost."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.killing import (
    LEFT,
    RIGHT,
    Call,
    Installation,
    Kill,
    Mould,
    Outcome,
    is_any,
    is_create,
    is_page,
    is_update,
    kill,
    mould,
)

IN_FLIGHT = 4  # CROSSWALK_CONCURRENCY
# a page a side, the calls in flight, and the look-up that each of them may need
EXTRA_CALLS = 2 + IN_FLIGHT + IN_FLIGHT
MOST_STARTS = 60

Plan = Callable[[subprocess.Popen[str]], Kill]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mould]:
    """An installation that is set up and has not synced yet."""
    with mould(tmp_path_factory.mktemp("kill") / "mould") as found:
        yield found


@pytest.fixture(scope="module")
def calm(made: Mould, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """How a run ends that nobody disturbs."""
    with made.copy(tmp_path_factory.mktemp("kill") / "calm") as installation:
        began = time.monotonic()
        return installation.outcome([finished(installation)], time.monotonic() - began)


def finished(installation: Installation, seconds: float = 120) -> dict[str, Any]:
    """Run live to the end; return the report."""
    process = installation.live()
    out, _ = process.communicate(timeout=seconds)
    assert process.returncode == 0, (installation.folder / "stderr.log").read_text()
    report: dict[str, Any] = json.loads(out)
    return report


def at(
    picks: Callable[[Call], bool], nth: int, *, after: bool = True, side: str = ""
) -> Plan:
    """Kill the process at its `nth` call of a kind."""

    def plan(process: subprocess.Popen[str]) -> Kill:
        return Kill(
            lambda call: picks(call) and side in {"", call[0]},
            nth,
            lambda: process.pid,
            after,
        )

    return plan


def killed_through(installation: Installation, plans: list[Plan]) -> int:
    """Start the run again and again, a kill each; return how many struck."""
    struck = 0
    for plan in plans:
        process = installation.live()
        rule = plan(process)
        installation.sandbox.wire.kills[:] = [rule]
        process.communicate(timeout=120)
        installation.sandbox.wire.kills.clear()
        struck += rule.done.is_set()
        assert process.returncode in {0, -9}, process.returncode
    return struck


def assert_same(found: Outcome, calm: Outcome, kills: int) -> None:
    """Nothing lost, nothing twice, and no more calls than a kill may cost."""
    assert found.people == calm.people
    assert found.units == calm.units
    assert found.counts == calm.counts
    assert found.by_side == calm.by_side
    extra = sum(found.calls.values()) - sum(calm.calls.values())
    print(f"{kills} kills, {extra} extra calls of {sum(calm.calls.values())}")
    assert extra <= kills * EXTRA_CALLS


def test_an_undisturbed_run_is_what_we_compare_with(calm: Outcome) -> None:
    assert calm.reports[-1]["outcome"] == "completed"
    assert sum(calm.counts.values()) == sum(calm.units.values())
    assert sum(calm.calls.values()) == sum(calm.reports[-1]["calls"].values())


def test_killed_at_the_nastiest_calls_it_ends_the_same(
    made: Mould, calm: Outcome, tmp_path: Path
) -> None:
    plans = [
        at(is_page, 2),  # the page was sent, and never stored
        at(is_update, 3, side=RIGHT),  # half of a pair is written
        at(is_create, 2, side=RIGHT),  # created, and the answer lost
        at(is_any, 30, after=False),  # nothing has happened there yet
        at(is_create, 5, side=LEFT),
        at(is_create, 20, side=LEFT),
    ]
    with made.copy(tmp_path / "nasty") as installation:
        kills = killed_through(installation, plans)
        assert kills == len(plans)
        report = finished(installation)
        assert_same(installation.outcome([report]), calm, kills)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_thirty_moments_it_ends_the_same(
    made: Mould, calm: Outcome, tmp_path: Path, seed: int
) -> None:
    source = random.Random(seed)
    with made.copy(tmp_path / f"thirty{seed}") as installation:
        kills = 0
        while kills < 30:
            nth = source.randint(1, 20)
            plan = at(is_any, nth, after=source.random() < 0.7)
            struck = killed_through(installation, [plan])
            kills += struck
            if not struck:
                break
        report = finished(installation)
        assert_same(installation.outcome([report]), calm, kills)
        assert kills >= 20


def killed_by_the_clock(installation: Installation, seconds: float) -> bool:
    """Kill a run that long after its next call; False when it was over by then."""
    process = installation.live()
    before = len(installation.sandbox.wire.calls)
    while len(installation.sandbox.wire.calls) == before and process.poll() is None:
        time.sleep(0.005)
    time.sleep(seconds)
    # a run that ended in the database may have a process still that prints its report
    struck = installation.ended() is None and kill(process.pid)
    process.communicate()
    return struck


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_time_it_ends_the_same(
    made: Mould, calm: Outcome, tmp_path: Path, seed: int
) -> None:
    """By the clock: between calls too, in the middle of whatever is being stored."""
    source = random.Random(seed)
    with made.copy(tmp_path / f"clock{seed}") as installation:
        kills = 0
        for _ in range(30):
            kills += killed_by_the_clock(installation, source.uniform(0.0, 0.25))
            if installation.ended():
                break
        report = installation.ended() or finished(installation)
        assert_same(installation.outcome([report]), calm, kills)
        assert kills >= 8


def wait_for_end(installation: Installation, seconds: float) -> dict[str, Any]:
    """Return what the run came to."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if report := installation.ended():
            return report
        time.sleep(0.1)
    raise AssertionError((installation.folder / "stderr.log").read_text()[-4000:])


def kill_in_turn(
    installation: Installation, victims: list[Callable[[], int]], creates: int
) -> int:
    """Kill each victim after so many more creates; return how many were struck."""
    struck = 0
    for victim in victims:
        rule = Kill(is_create, creates, victim)
        installation.sandbox.wire.kills[:] = [rule]
        end = time.monotonic() + 120
        while not rule.done.wait(0.1) and time.monotonic() < end:
            if installation.ended():
                return struck
        struck += rule.struck
    installation.sandbox.wire.kills.clear()
    return struck


@pytest.mark.soak
def test_workers_and_their_cluster_killed_it_ends_the_same(
    made: Mould, calm: Outcome, tmp_path: Path
) -> None:
    with made.copy(tmp_path / "workers") as installation, installation.serving():
        victims = [installation.busy] * 3 + [installation.cluster, installation.idle]
        victims += [installation.busy] * 2 + [installation.cluster]
        began = time.monotonic()
        order = installation.manage("crosswalk_sync", "Contacts", "--live", "--enqueue")
        order.communicate(timeout=60)
        kills = kill_in_turn(installation, victims, creates=18)
        report = wait_for_end(installation, 240)
        print(f"{kills} of {len(victims)} struck, {time.monotonic() - began:.0f} s")
        assert kills >= len(victims) - 2
        assert_same(installation.outcome([report]), calm, kills)
