"""The whole road in a browser: first account, set-up, test, go live, a change arrives."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Served, Watcher, wait_until
from tests.e2e.eyes import NARROW, WIDE, Tab, judge_all

pytestmark = pytest.mark.e2e
EMAIL, PASSWORD = "dana@example.com", "correct-horse-battery"
RUN_SECONDS = 120_000  # in ms: a slow machine writes 300 people in a minute
ARRIVES_SECONDS = 60


def test_the_road_from_the_first_account_to_a_change_that_arrives(
    served: Served, watcher: Watcher
) -> None:
    page = watcher.page()
    workspace = first_account(page, served)
    setup = begin(page, workspace)
    deny_then_approve(page)

    page.context.close()  # the browser is closed in the middle
    page = watcher.page()
    sign_in(page, served)
    page.goto(workspace)
    page.get_by_role("link", name="Go on").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Connect Zoho Invoice (sandbox)"
    )

    connect_zoho(page)
    choose_rules(page, setup)
    everybody_takes_part(page)
    check_fields(page)
    run_test(page)
    approve(page)
    a_change_arrives(page, served)


def first_account(page: Page, served: Served) -> str:
    """Make the owner's account; return the address of the workspace."""
    page.goto(served.url)
    page.get_by_label("Name of your workspace").fill("Northlight Studio")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account and begin").click()
    page.wait_for_url("**/w/*/")
    no_violation(page)
    return page.url


def sign_in(page: Page, served: Served) -> None:
    page.goto(served.url)
    page.locator("[name=login]").fill(EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit], form button[type=submit]").first.click()
    page.wait_for_url("**/w/*/")


def begin(page: Page, workspace: str) -> str:
    """Begin a set-up of the sandbox's systems; return its address."""
    page.goto(f"{workspace}setup/")
    for side, kind in (("left", "highlevel"), ("right", "zoho_invoice")):
        chosen = page.locator(f"[name={side}][value='{kind}:sandbox']")
        expect(chosen).to_be_checked()
    no_violation(page)
    page.get_by_role("button", name="Next: connect HighLevel").click()
    expect(title(page)).to_have_text("Connect HighLevel (sandbox)")
    no_violation(page)
    return page.url.removesuffix("left/")


def deny_then_approve(page: Page) -> None:
    """Deny on the consent page, read why nothing is connected, and start again."""
    page.get_by_role("link", name="Continue to HighLevel").click()
    page.get_by_role("button", name="Deny").click()
    expect(title(page)).to_have_text("HighLevel was not allowed.")
    no_violation(page)
    page.get_by_role("link", name="Start again").click()
    page.get_by_role("button", name="Approve").click()
    expect(title(page)).to_have_text("HighLevel (sandbox) is connected")


def connect_zoho(page: Page) -> None:
    """Go back once, then connect Zoho Invoice and choose the organization."""
    page.get_by_role("link", name="Back").click()
    expect(title(page)).to_have_text("HighLevel (sandbox) is connected")
    page.get_by_role("link", name="Next: Zoho Invoice").click()
    page.get_by_role("link", name="Continue to Zoho Invoice").click()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**/connections/choose/**")
    no_violation(page)
    page.locator("[name=account]").first.check()
    page.get_by_role("button", name="Connect this organization").click()
    expect(title(page)).to_have_text("Zoho Invoice (sandbox) is connected")
    page.get_by_role("link", name="Next: Rules").click()


def choose_rules(page: Page, setup: str) -> None:
    """The sentence follows the choices, a refusal explains, going back keeps all."""
    sentence = page.locator("#sentence")
    expect(sentence).to_contain_text("the newer value wins")
    page.get_by_role("radio", name="Ask me Both values stay").check()
    expect(sentence).to_contain_text("you choose")
    page.get_by_text("More rules: first match").click()
    page.get_by_label("Minutes between two looks").fill("1")
    page.get_by_role("button", name="Next: Who and what").click()
    expect(page.locator(".form-error")).to_contain_text("1,440 polls a day")
    no_violation(page)

    page.get_by_label("Minutes between two looks").fill("6")
    page.get_by_label("The newer value wins").press("Space")  # by keyboard alone
    page.get_by_role("button", name="Back").click()
    expect(page).to_have_url(f"{setup}right/")
    page.get_by_role("link", name="Next: Rules").click()
    expect(page.get_by_label("Minutes between two looks")).to_have_value("6")
    page.get_by_role("button", name="Next: Who and what").click()


def everybody_takes_part(page: Page) -> None:
    """Begin a condition, take it back, and go on with people alone."""
    expect(title(page)).to_have_text("Who, and what with them?")
    page.get_by_role("button", name="Only some: add a condition").first.click()
    page.get_by_role("button", name="Remove this condition").click()
    expect(page.get_by_text("Everybody takes part.")).to_have_count(2)
    no_violation(page)
    page.get_by_role("button", name="Next: Fields").click()


def check_fields(page: Page) -> None:
    """Add a row and take it back; go on with what corresponds by name."""
    expect(title(page)).to_have_text("Which field is which?")
    rows = page.locator("[data-row]:visible")
    expect(rows).to_have_count(6)
    page.get_by_role("button", name="Add a field").click()
    expect(rows).to_have_count(7)
    no_violation(page)
    rows.last.get_by_role("button", name="Remove this field").click()
    expect(rows).to_have_count(6)
    page.get_by_role("button", name="Next: Test").click()


def run_test(page: Page) -> None:
    """Run the test, see its progress, end at the plan; open people of it."""
    page.get_by_role("button", name="Run the test").click()
    page.wait_for_url("**/plan/", timeout=RUN_SECONDS)
    expect(title(page)).to_have_text(re.compile(r"Test of Contacts: \d+ changes are"))
    page.get_by_role("link", name="Update").click()
    page.locator(".plan-row summary").first.click()
    expect(page.locator(".plan-row[open] .diff ins").first).to_be_visible()
    page.get_by_role("link", name="Review").click()
    page.locator(".plan-row summary").first.click()
    expect(page.locator(".plan-row[open] .people")).to_be_visible()
    no_violation(page)


def approve(page: Page) -> None:
    """Approve the plan; its run reports that it is completed."""
    page.get_by_role("button", name=re.compile("Approve all .* and go live")).click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    expect(page.locator("main")).to_contain_text("Completed", timeout=RUN_SECONDS)
    no_violation(page)


def a_change_arrives(page: Page, served: Served) -> None:
    """Rename a person at one system, and find the new name at the other."""
    page.goto(f"{served.sandbox}/?side=highlevel&q=eleanor.barlow")
    page.locator(".people a").first.click()
    page.get_by_label("First name").fill("Leonora")
    page.get_by_role("button", name="Save").click()

    def arrived() -> bool:
        page.goto(f"{served.sandbox}/?side=zoho&q=eleanor.barlow")
        return "Leonora" in page.locator("main, body").first.inner_text()

    wait_until(arrived, "the change to arrive at Zoho Invoice", ARRIVES_SECONDS)


def title(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def no_violation(page: Page) -> None:
    """Look at a page with axe, narrow and light, wide and dark."""
    tab = Tab(page, "", [])
    judge_all([tab], (NARROW, WIDE))
    assert tab.wrong == []
