"""The catalogue in a browser: an operation is found, tried, confirmed, and in the log."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, expect

from tests.e2e.eyes import NARROW, OTHERS, WIDE, Eyes, closed
from tests.integrations.operations.world import world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def seen(eyes: Eyes, name: str, status: int = 200) -> None:
    """Look at what the browser shows by now, under a name."""
    eyes.page.wait_for_load_state()
    tab = eyes.tabs[0]
    tab.name, tab.status = name, status
    eyes.finish()
    tab.status = 200


def test_an_operation_is_found_tried_confirmed_and_logged(
    workspace: Workspace, owner: User, settings: Any, browser: Browser, live_server: Any
) -> None:
    world = world_make(workspace, settings)
    contact = world.made("hl.create_contact", email="ada@example.com", first_name="Ada")
    grant = world.connections["zoho_invoice"].grant
    grant.scopes = ["ZohoInvoice.contacts.ALL"]
    grant.save()
    base = f"/w/{workspace.slug}/catalogue/"
    eyes = Eyes(browser, live_server.url, WIDE, NARROW, *OTHERS).sign_in(owner)

    a_search_is_found_and_tried(eyes, base)
    an_answer_of_rows_is_a_table(eyes, live_server.url + base)
    an_action_is_shown_and_confirmed(eyes, live_server.url + base, str(contact["id"]))
    assert world.store.get("highlevel_contact", contact["id"]) is None
    what_was_used_says_by_whom(eyes)
    what_does_not_fit_is_said(eyes, base, world.connections["zoho_invoice"].pk)
    a_trigger_listens(eyes, base)

    assert closed([eyes]) == []


def a_search_is_found_and_tried(eyes: Eyes, base: str) -> None:
    page = eyes.page
    eyes.open("catalogue", base)
    eyes.finish()
    page.get_by_role("searchbox").fill("duplicate")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("link", name="Find a duplicate").click()
    seen(eyes, "operation")
    page.get_by_role("link", name="Try it on GHL").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("button", name="Search GHL").click()
    expect(
        page.get_by_role("definition").get_by_text("Ada", exact=True)
    ).to_be_visible()
    seen(eyes, "call-done")


def an_answer_of_rows_is_a_table(eyes: Eyes, address: str) -> None:
    page = eyes.page
    page.goto(f"{address}hl.list_workflows/")
    page.get_by_role("link", name="Try it on GHL").click()
    page.get_by_role("button", name="Search GHL").click()
    expect(page.get_by_role("cell", name="Birthday")).to_be_visible()
    seen(eyes, "call-table")


def an_action_is_shown_and_confirmed(eyes: Eyes, address: str, contact: str) -> None:
    page = eyes.page
    page.goto(f"{address}hl.delete_contact/")
    page.get_by_role("link", name="Try it on GHL").click()
    page.get_by_label("Contact ID").fill(contact)
    page.get_by_role("button", name="Show the request").click()
    expect(page.get_by_text("Nothing has been sent yet.")).to_be_visible()
    eyes.tabs[0].status = 400
    page.get_by_role("button", name="Send it to GHL").click()
    expect(page.get_by_text("Tick this before it is sent.")).to_be_visible()
    seen(eyes, "try-unsure", 400)
    page.get_by_label("I know that this cannot be taken back").check()
    page.get_by_role("button", name="Send it to GHL").click()
    page.wait_for_url(re.compile(r"/catalogue/log/\d+/"))


def what_was_used_says_by_whom(eyes: Eyes) -> None:
    eyes.page.get_by_role("link", name="What was used").click()
    row = eyes.page.get_by_role("row").filter(has_text="Delete contact")
    expect(row).to_contain_text("owner@example.com")
    expect(row).to_contain_text("Done")
    seen(eyes, "calls")


def what_does_not_fit_is_said(eyes: Eyes, base: str, connection: int) -> None:
    page = eyes.page
    eyes.open("try-form", f"{base}zi.create_contact/?connection={connection}")
    page.get_by_label("E-mail").fill("nonsense")
    eyes.tabs[0].status = 400
    page.get_by_role("button", name="Show the request").click()
    expect(page.get_by_text("Enter a valid email address.")).to_be_visible()
    seen(eyes, "try-wrong", 400)


def a_trigger_listens(eyes: Eyes, base: str) -> None:
    eyes.open("trigger", f"{base}hl.contact_tag_added/")
    eyes.page.get_by_role("button", name="Listen").click()
    expect(eyes.page.get_by_text("What was there before is no news.")).to_be_visible()
    seen(eyes, "trigger")
