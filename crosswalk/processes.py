"""Processes of this machine: who they are, which group they belong to, ending them.

A process id alone proves nothing, since ids are used again; with the moment the
process started it is a name. Where there is no /proc (macOS), `ps` answers.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

PROC = Path("/proc")
HAS_PROC = (PROC / "self" / "stat").exists()


def started_at(pid: int) -> str:
    """Return when a process started, as an opaque text; "" when it does not run."""
    if HAS_PROC:
        fields = _stat(pid)
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {fields[19]}" if fields and fields[0] not in "ZX" else ""
    answer = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on, [] when it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rsplit(")", 1)[1].split()


def members(group: int) -> list[int]:
    """Return the living processes of a process group (zombies do not live)."""
    if not HAS_PROC:
        return [group] if _signal(group, 0) else []
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        fields = _stat(int(entry.name))
        if fields and fields[2] == str(group) and fields[0] not in "ZX":
            found.append(int(entry.name))
    return found


def carries(pid: int, mark: str) -> bool:
    """Return whether a process was started with `mark` ("NAME=value") around it."""
    try:
        environment = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    return mark.encode() in environment.split(b"\0")


def kill_group(group: int, *, seconds: float = 5.0) -> int:
    """End every process of a group at once; return how many there were."""
    found = members(group)
    end = time.monotonic() + seconds
    while members(group) and time.monotonic() < end:
        _signal(group, signal.SIGKILL)
        _reap(group)
        time.sleep(0.02)
    _reap(group)
    return len(found)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _reap(group: int) -> None:
    """Collect what was orphaned to us: in a container we may be process 1."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
