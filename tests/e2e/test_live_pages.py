"""Pages that update themselves take nothing from whoever is reading: no focus, no place.

The clock of the browser is wound on, so that nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page

from sync.models import SyncRecord
from synclog.models import SyncRun
from tests.e2e.eyes import Eyes
from tests.e2e.filled import world_at_work
from tests.sync.world import World
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
# what moved since the page was there, as Chromium counts it, and which nodes are new
WATCH = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifted += entry.value;
  }).observe({type: 'layout-shift', buffered: false});
  window.added = [];
  new MutationObserver((changes) => {
    for (const change of changes)
      for (const node of change.addedNodes)
        if (node.nodeType === 1) window.added.push(node.outerHTML.slice(0, 80));
  }).observe(document.querySelector('main'), {childList: true, subtree: true});
}"""
FOCUS = """() => {
  const at = document.activeElement;
  return [at.tagName, at.getAttribute('href') ?? at.innerText.trim()];
}"""


@pytest.fixture
def world(workspace: Workspace, settings: Any) -> World:
    return world_at_work(workspace, settings)


@pytest.fixture
def page(browser: Browser, live_server: Any, owner: User) -> Iterator[Page]:
    eyes = Eyes(browser, live_server.url, (1280, "light")).sign_in(owner)
    eyes.page.clock.install()
    yield eyes.page
    eyes.context.close()
    assert eyes.wrong == []


def wound_on(page: Page, seconds: int) -> int:
    """Let the time of a page pass until it has asked once; return the status."""
    with page.expect_response(lambda each: "seen=" in each.url) as answer:
        page.clock.run_for(seconds * 1000)
    answer.value.finished()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    return answer.value.status


def test_home_updates_itself_and_leaves_focus_and_place_alone(
    world: World, page: Page, live_server: Any
) -> None:
    page.goto(f"{live_server.url}/w/{world.workspace.slug}/")
    page.locator("#home-runs").focus()
    focus, top = page.evaluate(FOCUS), page.evaluate("scrollY")
    page.evaluate(WATCH)

    wound_on(page, 10)  # nothing happened: at most the seconds of "7 s ago"
    assert page.evaluate("added") == []

    SyncRecord.objects.filter(list="in_sync").update(list="failing")
    SyncRun.objects.update(counts={"failed": 1})
    assert wound_on(page, 10) == 200
    page.get_by_text("Failing").first.wait_for()
    assert page.evaluate("added") != []
    assert page.evaluate(FOCUS) == focus
    assert page.evaluate("scrollY") == top
    assert page.evaluate("shifted") < 0.05
