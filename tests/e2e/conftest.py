"""A whole installation of its own, and a browser that notices everything wrong."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import get_ident
from typing import Any

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.db import connections
from playwright.sync_api import Browser, Page, expect, sync_playwright

# Playwright keeps a loop in this thread, which Django takes for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

ROOT = Path(__file__).parents[2]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
START_SECONDS = 60
expect.set_options(timeout=20_000)  # a busy machine is no failure
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Served:
    """Where the product and its sandbox answer."""

    url: str
    sandbox: str


@dataclass
class Watcher:
    """Opens pages and keeps what goes wrong on any of them."""

    browser: Browser
    wrong: list[str] = field(default_factory=list)

    def page(self, width: int = 1600, height: int = 1000) -> Page:
        """Return a page of a fresh browser profile."""
        size = {"width": width, "height": height}
        context = self.browser.new_context(viewport=size)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("pageerror", lambda e: self.wrong.append(f"{page.url}: {e}"))
        page.on(
            "console",
            lambda m: (
                self.wrong.append(f"{page.url}: {m.text}")
                if m.type == "error"
                else None
            ),
        )
        page.on(
            "response",
            lambda r: (
                self.wrong.append(f"{r.status} {r.url}") if r.status >= 500 else None
            ),
        )
        return page


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The product with worker and sandbox, on free ports, with nothing in it."""
    data = tmp_path_factory.mktemp("e2e")
    port, sandbox_port = free_ports(2)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("CROSSWALK_")},
        "CROSSWALK_DATA_DIR": str(data / "var"),
        "CROSSWALK_DEBUG": "1",
        "CROSSWALK_PORT": str(port),
        "CROSSWALK_SANDBOX": "1",
        "CROSSWALK_SANDBOX_PORT": str(sandbox_port),
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run([*MANAGE, "migrate", "-v0"], env=environment, check=True)
    site = Served(f"http://localhost:{port}", f"http://localhost:{sandbox_port}")
    with (data / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [*MANAGE, "crosswalk_serve"], env=environment, stdout=log, stderr=log
        )
        try:
            wait_until(lambda: answers(f"{site.url}/readyz"), "the product to answer")
            wait_until(lambda: answers(f"{site.sandbox}/"), "the sandbox to answer")
            yield site
        finally:
            stop(process)
    assert "Traceback" not in (data / "log.txt").read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine, else Playwright's own.

    Django keeps a thread's connections in another place while a loop runs in it: one
    left open in either would outlive the test database.
    """
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    connections.close_all()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()
        connections.close_all()


@pytest.fixture(autouse=True)
def _nothing_under_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Before the tables are emptied every page is closed, and every request answered:
    one that writes on would leave rows for the next test."""
    if "live_server" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("live_server")
    under_way = set[int]()
    begin = partial(_begin, under_way)
    end = partial(_end, under_way)
    request_started.connect(begin)
    request_finished.connect(end)
    yield
    if "browser" in request.fixturenames:
        for context in request.getfixturevalue("browser").contexts:
            context.close()
    wait_until(lambda: not under_way, "the last requests to be answered")
    request_started.disconnect(begin)
    request_finished.disconnect(end)


def _begin(under_way: set[int], **_: Any) -> None:
    under_way.add(get_ident())  # the server has a thread for each connection


def _end(under_way: set[int], **_: Any) -> None:
    under_way.discard(get_ident())


@pytest.fixture
def watcher(browser: Browser) -> Iterator[Watcher]:
    """Pages whose errors fail the test at its end."""
    watched = Watcher(browser)
    yield watched
    for context in browser.contexts:
        context.close()
    assert watched.wrong == []


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def answers(url: str) -> bool:
    """Say whether an address answers with success."""
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def wait_until(
    check: Callable[[], bool], what: str, seconds: float = START_SECONDS
) -> None:
    """Wait until something is so; fail, saying what, when it takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return
        time.sleep(0.3)
    raise AssertionError(f"Waited {seconds} s for {what}.")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the supervisor as Ctrl-C does; it ends the others."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
