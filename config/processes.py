"""What `crosswalk_serve` runs: the web server, the worker and the sandbox."""

from __future__ import annotations

import os
import socket
import sys

from django.conf import settings

from crosswalk.children import ChildSpec

WEB_THREADS = 20
# A thread waits out each delayed answer, so they must outnumber the callers.
SANDBOX_THREADS = 32


def web() -> ChildSpec:
    """Return the web server: one process, several threads."""
    return ChildSpec(
        name="web",
        command=_granian(
            "config.wsgi:application", settings.BIND, settings.PORT, WEB_THREADS
        ),
        env=_import_path(),
        ready=lambda: answers(settings.PORT, settings.BIND),
    )


def worker() -> ChildSpec:
    """Return the task cluster, watched by its heartbeat."""
    return ChildSpec(
        name="worker",
        command=[sys.executable, str(settings.ROOT / "manage.py"), "qcluster"],
        is_watched=True,
    )


def sandbox() -> ChildSpec:
    """Return the stand-ins of the vendors, on loopback only."""
    port = settings.SANDBOX_PORT
    return ChildSpec(
        name="sandbox",
        command=_granian("sandbox.wsgi:app", "127.0.0.1", port, SANDBOX_THREADS),
        env={
            **_import_path(),
            "CROSSWALK_SANDBOX_DATA": str(settings.DATA_DIR / "sandbox.sqlite3"),
            "CROSSWALK_SANDBOX_HIGHLEVEL_WEBHOOK_URL": (
                f"{settings.BASE_URL}/hooks/crm/"
            ),
        },
        ready=lambda: answers(port),
    )


def _granian(app: str, host: str, port: int, threads: int) -> list[str]:
    """Return the command of a web server with one worker process.

    One, because SQLite and the sandbox's state are happiest so, and threads carry the
    rest; more machines, not more processes, carry more people.
    """
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", host, "--port", str(port), "--workers", "1"),
        *("--blocking-threads", str(threads), "--backlog", "1024"),
        *("--log-level", "error"),
        *("--workers-kill-timeout", "5", app),
    ]


def _import_path() -> dict[str, str]:
    """Let a child import us from wherever we were started."""
    paths = [str(settings.ROOT), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether something listens on a port of this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False
