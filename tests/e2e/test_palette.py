"""Search by keyboard and by touch, and the keys that lead to pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from sync.models import Sync
from tests.config.test_palette import person
from tests.e2e.eyes import NARROW, WIDE, Eyes, closed
from tests.sync.rows import live_sync, run_make, unit
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sync(workspace: Workspace) -> Sync:
    """A live sync with a run and three people."""
    sync = live_sync(workspace, name="Contacts")
    for number, name in enumerate(("Maya", "Mario", "Anna"), 1):
        row = person(
            sync, number, firstName=name, lastName="Berg", email=f"{name}@x.example"
        )
        row.label = f"{name} Berg"
        row.save()
        unit(sync, "in_sync", number, left=row)
    run_make(sync)
    return sync


def chosen(page: Page) -> Any:
    return page.locator("[role=option][aria-selected=true]")


def test_anything_is_found_by_keyboard_alone(
    sync: Sync, owner: User, browser: Browser, live_server: Any
) -> None:
    eyes = Eyes(browser, live_server.url, WIDE, NARROW).sign_in(owner)
    page, base = eyes.page, f"{live_server.url}/w/{sync.workspace.slug}/"
    eyes.open("palette", f"/w/{sync.workspace.slug}/runs/")
    page.get_by_role("button", name="Search people").focus()

    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search people, syncs, runs and pages")
    expect(field).to_be_focused()
    expect(chosen(page)).to_contain_text("Home")
    page.keyboard.type("berg")
    expect(page.locator(".palette").get_by_role("option")).to_have_count(3)
    expect(page.get_by_role("status")).to_have_text("3 results.")
    page.keyboard.press("ArrowDown")
    expect(chosen(page)).to_contain_text("Mario Berg")
    expect(field).to_have_attribute(
        "aria-activedescendant", chosen(page).get_attribute("id") or ""
    )
    eyes.finish()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Search people")).to_be_focused()

    # Enter before the answer has come waits for it
    page.keyboard.press("Control+k")
    page.keyboard.type("maya b")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/contacts/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Maya Berg")

    # keys lead to pages, but never while somebody types or has switched them off
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url(f"{base}runs/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Go to Runs")
    eyes.finish()
    page.get_by_label("Single keys on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("?gh zz")
    expect(field).to_have_value("?gh zz")
    expect(page.get_by_text("Nothing fits “?gh zz”.")).to_be_visible()
    eyes.finish()

    assert page.url == f"{base}runs/"
    assert closed([eyes]) == []


def test_on_a_phone_and_without_scripts(
    sync: Sync, owner: User, browser: Browser, live_server: Any
) -> None:
    home = f"/w/{sync.workspace.slug}/"
    touch = Eyes(browser, live_server.url, NARROW, has_touch=True).sign_in(owner)
    touch.open("palette-phone", home)
    touch.page.get_by_role("button", name="Search people").tap()
    touch.page.get_by_role("combobox").fill("anna@")
    option = touch.page.locator(".palette").get_by_role("option", name="Anna Berg")
    expect(option).to_be_visible()
    touch.finish()
    option.tap()
    touch.page.wait_for_url("**/contacts/*/")

    plain = Eyes(browser, live_server.url, WIDE, java_script_enabled=False)
    page = plain.sign_in(owner).page
    page.goto(f"{live_server.url}{home}")
    page.get_by_role("link", name="Search people").click()
    form = page.get_by_role("main")
    form.get_by_role("searchbox").fill("anna@")
    form.get_by_role("button", name="Search").click()
    form.get_by_role("link", name="Anna Berg").click()
    page.wait_for_url("**/contacts/*/")

    assert closed([touch, plain]) == []
