"""The supervisor replaces what dies or hangs, and leaves nothing behind."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crosswalk import children
from crosswalk.children import ChildSpec, end_leftovers
from crosswalk.processes import members, started_at
from crosswalk.pulse import Pulse
from crosswalk.supervisor import AlreadyRunning, Supervisor

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
# Like a task cluster: a head with a child of its own, which outlives a killed head.
FAMILY = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).wait()"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SLEEPER}"


def spec(code: str, **more: object) -> ChildSpec:
    command = [sys.executable, "-c", code]
    return ChildSpec(name="child", command=command, **more)


def until(happens: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def quick_pulse(age: Callable[[], float | None]) -> Pulse:
    return Pulse(
        tick=lambda: None,
        heartbeat_enqueue=lambda: None,
        heartbeat_age=age,
        tick_seconds=0.02,
        beat_seconds=0.05,
        stalled_seconds=0.3,
        answer_seconds=0.2,
    )


@contextmanager
def in_the_background(supervisor: Supervisor) -> Iterator[None]:
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield
    finally:
        supervisor.stop()
        thread.join(15)
        assert not thread.is_alive()


@contextmanager
def running(
    code: str, tmp_path: Path, *, pulse: Pulse | None = None, grace: float = 5.0
) -> Iterator[tuple[Supervisor, io.StringIO]]:
    log = io.StringIO()
    supervisor = Supervisor(
        [spec(code, is_watched=pulse is not None, first_backoff=0.1)],
        state_file=tmp_path / "supervisor.json",
        pulse=pulse,
        log=log,
        grace=grace,
    )
    with supervisor, in_the_background(supervisor):
        until(lambda: supervisor.children[0].process)
        yield supervisor, log


def test_it_passes_lines_on_under_the_childs_name(tmp_path: Path) -> None:
    with running(SLEEPER, tmp_path) as (_, log):
        until(lambda: "child   | up\n" in log.getvalue())


def test_it_replaces_a_child_that_dies_later_each_time(tmp_path: Path) -> None:
    with running("raise SystemExit(3)", tmp_path) as (_, log):
        until(lambda: log.getvalue().count("ended with exit code 3") >= 3)

    assert "child ended with exit code 3; starting it again" in log.getvalue()


def test_the_wait_before_a_new_start_doubles_to_a_limit() -> None:
    child = children.Child(spec(SLEEPER), mark="m", log=io.StringIO())
    child._born = time.monotonic()

    assert [child.replace_later() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_killed_head_takes_its_family_with_it(tmp_path: Path) -> None:
    with running(FAMILY, tmp_path) as (supervisor, log):
        first = supervisor.children[0].group
        until(lambda: len(members(first)) == 2)
        os.kill(first, signal.SIGKILL)
        until(lambda: "was killed (9)" in log.getvalue())

        assert members(first) == []
        until(lambda: supervisor.children[0].group != first)


def test_a_child_without_a_heartbeat_is_killed_and_replaced(tmp_path: Path) -> None:
    pulse = quick_pulse(lambda: None)
    with running(DEAF, tmp_path, pulse=pulse, grace=0.3) as (supervisor, log):
        first = supervisor.children[0].group
        until(lambda: "child stopped answering" in log.getvalue())

        assert members(first) == []
        until(lambda: supervisor.children[0].group != first)


def test_a_child_with_a_heartbeat_is_left_alone(tmp_path: Path) -> None:
    with running(SLEEPER, tmp_path, pulse=quick_pulse(lambda: 0.0)) as (_, log):
        time.sleep(1.0)

    assert "stopped answering" not in log.getvalue()


def test_a_database_that_fails_is_no_reason_to_kill_the_worker(tmp_path: Path) -> None:
    def fails() -> float:
        raise OSError("no database")

    with running(SLEEPER, tmp_path, pulse=quick_pulse(fails)) as (_, log):
        time.sleep(1.0)

    assert "stopped answering" not in log.getvalue()


def test_stopping_ends_every_process(tmp_path: Path) -> None:
    with running(FAMILY, tmp_path) as (supervisor, _):
        group = supervisor.children[0].group
        until(lambda: len(members(group)) == 2)

    assert members(group) == []


def test_stopping_kills_a_child_that_does_not_listen(tmp_path: Path) -> None:
    with running(DEAF, tmp_path, grace=0.3) as (supervisor, log):
        group = supervisor.children[0].group
        until(lambda: "up" in log.getvalue())

    assert members(group) == []


def test_a_second_supervisor_is_refused(tmp_path: Path) -> None:
    second = Supervisor([], state_file=tmp_path / "supervisor.json")

    with running(SLEEPER, tmp_path), pytest.raises(AlreadyRunning), second:
        pass


def test_it_says_once_when_everything_is_ready(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(
        [spec(SLEEPER, ready=lambda: True)],
        state_file=tmp_path / "s.json",
        on_ready=lambda: said.append("ready"),
        log=io.StringIO(),
    )
    with supervisor, in_the_background(supervisor):
        until(lambda: said)

    assert said == ["ready"]


def start_family(mark: str = "m") -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", FAMILY],
        start_new_session=True,
        env={**os.environ, children.MARK: mark},
    )
    until(lambda: len(members(process.pid)) == 2)
    return process


def notes(process: subprocess.Popen[bytes], *, started: str, mark: str = "m") -> str:
    group = {"name": "worker", "group": process.pid, "started": started}
    return json.dumps({"mark": mark, "groups": [group]})


def test_what_an_earlier_supervisor_left_is_ended(tmp_path: Path) -> None:
    process = start_family()
    (tmp_path / "s.json").write_text(notes(process, started=started_at(process.pid)))
    log = io.StringIO()

    with Supervisor([], state_file=tmp_path / "s.json", log=log):
        pass

    process.wait()
    assert members(process.pid) == []
    assert "Ended 2 process(es) of worker left from an earlier run." in log.getvalue()


def test_a_family_without_its_head_is_known_by_its_mark() -> None:
    process = start_family()
    text = notes(process, started=started_at(process.pid))
    process.kill()
    process.wait()

    assert end_leftovers(text) == [("worker", 1)]
    assert members(process.pid) == []


def test_a_process_that_only_has_the_same_id_is_left_alone() -> None:
    process = start_family(mark="somebody else's")

    assert end_leftovers(notes(process, started="another moment")) == []

    assert len(members(process.pid)) == 2
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    code = f"""
import sys; from pathlib import Path
from crosswalk.children import ChildSpec
from crosswalk.supervisor import Supervisor
child = ChildSpec(name="child", command=[sys.executable, "-c", {SLEEPER!r}])
with Supervisor([child], state_file=Path({str(tmp_path / "s.json")!r})) as supervisor:
    supervisor.run()
"""
    supervisor = subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True
    )
    assert supervisor.stderr is not None
    with supervisor.stderr as lines:
        assert "up" in lines.readline()
        state = tmp_path / "s.json"  # a child may speak before it is written down
        until(lambda: json.loads(state.read_text())["groups"])
        group = json.loads(state.read_text())["groups"][0]["group"]
        supervisor.kill()
        supervisor.wait()

    until(lambda: not members(group))
