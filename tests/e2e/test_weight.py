"""What a page weighs, and that nothing on it moves once it is seen."""

from __future__ import annotations

import gzip
import re
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Page

from tests.e2e.eyes import NARROW, WIDE, Eyes
from tests.e2e.filled import pages_met_most, world_at_work
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
MOST_BYTES = 150_000  # of a page with all it needs, compressed, without fonts
MOST_FONT_BYTES = 50_000
MOST_SHIFT = 0.01
SLOWER = 4  # times slower than this machine: a page that comes in pieces moves there
LINKED = re.compile(r'(?:href|src)="(/static/[^"#]+)')
IMPORTED = re.compile(r'(?:from|import) "(\./[^"]+)"')
FONT = re.compile(r'url\("([^"]+\.woff2)"\)')
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => {
    if (!each.hadRecentInput) sum += each.value;
  })).observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(sum), 300);
})"""


def static(path: str) -> bytes:
    found = finders.find(path.removeprefix("/static/"))
    assert isinstance(found, str), path
    with open(found, "rb") as file:
        return file.read()


def needed(page: bytes) -> set[str]:
    """Return every file that a page asks for, also what its scripts import."""
    files, new = set[str](), set(LINKED.findall(page.decode()))
    while new:
        files |= new
        scripts = [each for each in new if each.endswith(".js")]
        new = {
            urljoin(script, name)
            for script in scripts
            for name in IMPORTED.findall(static(script).decode())
        } - files
    return {each for each in files if not each.endswith(".woff2")}


def test_every_type_of_page_is_light_and_nothing_on_it_moves(
    workspace: Workspace, owner: User, settings: Any, browser: Browser, live_server: Any
) -> None:
    world = world_at_work(workspace, settings)
    base = f"/w/{workspace.slug}/"
    pages: dict[str, Any] = pages_met_most(world)
    pages |= {
        "attention": f"{base}attention/",
        "sync": f"{base}syncs/{world.sync.pk}/",
        "people": f"{base}syncs/{world.sync.pk}/people/",
        "runs": f"{base}runs/",
        "workspace": f"{base}workspace/",
        "search": f"{base}find/?q=an",
    }
    client = Client()
    client.force_login(owner)
    eyes = [
        Eyes(browser, live_server.url, each).sign_in(owner) for each in (WIDE, NARROW)
    ]
    heavy, moved = {}, {}

    for name, path in pages.items():
        page = client.get(path).content
        parts = [page, *(static(each) for each in needed(page))]
        weight = sum(len(gzip.compress(part)) for part in parts)
        shifts = [shift(each.page, live_server.url + path) for each in eyes]
        print(f"{name}: {weight / 1000:.0f} kB, shifts {shifts[0]:.3f} {shifts[1]:.3f}")
        if weight > MOST_BYTES:
            heavy[name] = weight
        if max(shifts) > MOST_SHIFT:
            moved[name] = shifts
    for each in eyes:
        each.context.close()

    assert (heavy, moved) == ({}, {})


def shift(page: Page, url: str) -> float:
    """Return how much of a page moved while it loaded."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url)
    devtools.detach()
    return float(page.evaluate(SHIFTS))


def test_a_page_in_english_needs_one_font_and_it_is_light() -> None:
    base = static("css/base.css").decode()
    fonts = [urljoin("/static/css/", each) for each in FONT.findall(base)]

    # the second is asked for only by a page that has letters of its range
    assert [each.rpartition("/")[2] for each in fonts] == [
        "inter-latin-wght-normal.woff2",
        "inter-latin-ext-wght-normal.woff2",
    ]
    assert base.count("unicode-range") == 2
    assert len(static(fonts[0])) <= MOST_FONT_BYTES
