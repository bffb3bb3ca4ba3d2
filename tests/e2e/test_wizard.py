"""The last steps of a set-up in a browser: who takes part, the test, the first people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Error, Page, Route, expect

from sync.models import RecordLink, Setup
from tests.e2e.conftest import wait_until
from tests.e2e.eyes import NARROW, OTHERS, WIDE, Eyes
from tests.e2e.test_every_page import closed
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.world import World, world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PEOPLE = 14


@pytest.fixture
def world(workspace: Workspace, settings: Any) -> World:
    """Fourteen people at HighLevel, every second one a customer; a test has read them."""
    world = world_make(workspace, settings, seed=False)
    for number in range(PEOPLE):
        tags = ["customer"] if number % 2 else ["lead"]
        email = f"p{number}@x.example"
        highlevel_add(world, firstName=f"Person{number}", email=email, tags=tags)
    world.run("test")
    return world


@pytest.fixture
def eyes(
    browser: Browser, live_server: Any, owner: User, request: Any
) -> Iterator[Eyes]:
    """A browser of a size and colour in which the owner is signed in."""
    eyes = Eyes(browser, live_server.url, request.param).sign_in(owner)
    yield eyes
    assert closed([eyes]) == []


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()


def in_set_up(world: World) -> str:
    """Put the sync into a set-up that has come to its test; return its address."""
    setup = Setup.objects.create(
        workspace=world.workspace,
        left_kind="highlevel",
        right_kind="zoho_invoice",
        left_site="sandbox",
        right_site="sandbox",
        left=world.left,
        right=world.right,
        sync=world.sync,
    )
    return f"/w/{world.workspace.slug}/setup/{setup.pk}/"


def chosen(page: Page, name: str, option: str, following: str) -> None:
    """Choose an option and wait for what comes of it, as people do."""
    with page.expect_response("**/filters/"):  # not a count of its people
        page.locator(f"[name='{name}']").select_option(option)
    expect(page.locator(f"[name='{following}']")).to_be_visible()


@pytest.mark.parametrize("eyes", [WIDE], indirect=True)
def test_a_filter_is_built_by_keyboard_alone(world: World, eyes: Eyes) -> None:
    page = eyes.page
    eyes.open("filters-empty", f"/w/acme/syncs/{world.sync.pk}/filters/")
    eyes.finish()
    focused = page.locator("*:focus")

    page.get_by_role("button", name="Only some: add a condition").first.focus()
    page.keyboard.press("Enter")
    expect(focused).to_have_attribute("name", "left-0.field")
    page.keyboard.type("Tags")
    expect(page.locator("[name='left-0.op']")).to_have_value("contains")
    expect(focused).to_have_attribute("name", "left-0.field")  # where one was
    page.locator("[name='left-0.value']").focus()
    page.keyboard.type("customer")
    count = page.locator("#count-left")
    expect(count).to_contain_text("7 of 14 take part")
    count.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(count).to_contain_text("Not so: Tags contains “customer”.")
    eyes.finish()

    page.locator("[name='left-0.value']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/syncs/{world.sync.pk}/")
    expect(page.locator("main")).to_contain_text(
        "People of HighLevel take part when Tags contains “customer”."
    )
    run = world.run()
    assert (run.counts["create"], run.counts["excluded"]) == (7, 7)


@pytest.mark.parametrize("eyes", [WIDE], indirect=True)
def test_an_answer_that_is_late_takes_nothing_that_is_being_typed(
    world: World, eyes: Eyes
) -> None:
    page = eyes.page
    eyes.open("filters-typed", f"/w/acme/syncs/{world.sync.pk}/filters/")
    press(page, "Only some: add a condition")
    chosen(page, "left-0.field", "tags", "left-0.op")
    late: list[Route] = []
    page.route("**/filters/", lambda route: late.append(route))
    page.locator("[name='left-0.op']").select_option("not_contains")
    page.locator("[name='left-0.value']").focus()
    wait_until(lambda: page.wait_for_timeout(20) or late, "the form to be asked", 20)

    page.keyboard.type("custo")
    with page.expect_response("**/filters/"):
        late[0].continue_()
    page.unroute("**/filters/")
    page.keyboard.type("mer")

    expect(page.locator("[name='left-0.value']")).to_have_value("customer")
    expect(page.locator("[name='left-0.op']")).to_have_value("not_contains")
    expect(page.locator("#count-left")).to_contain_text("7 of 14 take part")
    assert eyes.wrong == []


@pytest.mark.parametrize("eyes", [WIDE], indirect=True)
def test_an_answer_that_is_late_takes_nothing_that_was_chosen(
    world: World, eyes: Eyes
) -> None:
    page, late = eyes.page, list[Route]()
    eyes.open("filters-chosen", f"/w/acme/syncs/{world.sync.pk}/filters/")
    press(page, "Only some: add a condition")
    chosen(page, "left-0.field", "dateAdded", "left-0.op")
    press(page, re.compile("Add a condition"))
    chosen(page, "left-1.field", "dnd", "left-1.op")
    page.route("**/filters/", lambda r: r.continue_() if late else late.append(r))
    page.locator("[name='left-0.op']").select_option("after")
    wait_until(lambda: page.wait_for_timeout(20) or late, "the form to be asked", 20)

    page.locator("[name='left-0.value']").fill("2020-01-31")
    page.locator("[name='left.join']").select_option("or")
    with suppress(Error):  # on a slow machine it has given way to the next one
        late[0].continue_()

    expect(page.locator(".f-word")).to_have_text("or")  # as answered
    expect(page.locator("[name='left.join']")).to_have_value("or")
    expect(page.locator("[name='left-0.op']")).to_have_value("after")
    expect(page.locator("[name='left-0.value']")).to_have_value("2020-01-31")
    assert eyes.wrong == []


@pytest.mark.parametrize("eyes", [WIDE], indirect=True)
def test_a_count_that_is_overtaken_gives_way_to_the_newer(
    world: World, eyes: Eyes
) -> None:
    page, asked = eyes.page, list[Route]()
    eyes.open("filters-overtaken", f"/w/acme/syncs/{world.sync.pk}/filters/")
    press(page, "Only some: add a condition")
    chosen(page, "left-0.field", "tags", "left-0.op")
    page.route(re.compile("side=left"), lambda route: asked.append(route))
    page.locator("[name='left-0.value']").fill("lead")
    wait_until(lambda: page.wait_for_timeout(20) or asked, "the count to be asked", 20)
    page.unroute(re.compile("side=left"))

    page.locator("[name='left-0.value']").fill("nobody")

    expect(page.locator("#count-left")).to_contain_text("0 of 14 take part")


@pytest.mark.parametrize("eyes", [NARROW, *OTHERS], indirect=True)
def test_groups_and_faults_of_a_filter_at_every_size(world: World, eyes: Eyes) -> None:
    page = eyes.page
    eyes.open("filters", f"/w/acme/syncs/{world.sync.pk}/filters/")
    press(page, "Only some: add a condition")
    chosen(page, "left-0.field", "tags", "left-0.op")
    press(page, "Add a group")
    chosen(page, "left-1-0.field", "dateAdded", "left-1-0.op")
    chosen(page, "left-1-0.op", "after", "left-1-0.value")
    page.locator("[name='left-1-0.value']").fill("2020-01-31")
    page.locator("[name='left.join']").select_option("or")
    expect(page.locator(".f-word")).to_have_text("or")
    expect(page.locator("#count-left")).to_contain_text("14 of 14 take part")
    press(page, "Save who takes part")
    expect(page.locator(".form-error")).to_have_text("Enter a value.")
    eyes.finish()

    page.get_by_role("button", name="Remove this condition").first.click()
    expect(page.locator(".f-word")).to_have_count(0)
    press(page, "Save who takes part")
    page.wait_for_url(f"**/syncs/{world.sync.pk}/")
    world.sync.refresh_from_db()
    assert world.sync.filters["contact"]["left"] == {
        "field": "dateAdded",
        "op": "after",
        "value": "2020-01-31",
    }


@pytest.mark.parametrize("eyes", [NARROW], indirect=True)
def test_a_set_up_goes_live_with_the_first_ten_and_then_the_rest(
    world: World, eyes: Eyes
) -> None:
    setup, page = in_set_up(world), eyes.page
    eyes.open("setup-scope", f"{setup}scope/")
    page.locator("summary", has_text="What each system can do, what it costs").nth(
        0
    ).click()
    eyes.finish()
    press(page, "Next: Fields")
    press(page, "Next: Test")

    page.wait_for_url("**/plan/")
    eyes.open("going-live", page.url.removeprefix(eyes.url))
    expect(page.locator(".going")).to_contain_text("New and changed people in")
    page.get_by_role("radio", name=re.compile("The first 10, then it waits")).check()
    eyes.finish()
    press(page, re.compile("Approve all 14 and go live"))

    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    expect(page.locator("main")).to_contain_text("The first 10 are written.")
    assert len(world.store.all("zoho.contact")) == 10
    press(page, "Go on with the rest")
    expect(page.get_by_role("heading", level=1)).to_contain_text("4 created")
    assert len(world.store.all("zoho.contact")) == PEOPLE
    assert Setup.objects.get().finished_at is not None


@pytest.mark.parametrize("eyes", [WIDE], indirect=True)
def test_a_test_is_searched_decided_approved_in_part_and_by_the_first_ten(
    world: World, eyes: Eyes
) -> None:
    highlevel_add(world, firstName="Maria", lastName="Keller", email="office@k.example")
    zoho_add(
        world,
        contact_name="Urs Keller",
        contact_persons=[
            {"first_name": "Urs", "last_name": "Keller", "email": "office@k.example"}
        ],
    )
    test, page = world.run("test"), eyes.page
    eyes.open("plan-review", f"/w/acme/runs/{test.pk}/plan/?show=review")
    page.locator(".plan-row summary").first.click()
    eyes.finish()
    press(page, re.compile("The same person"))
    expect(page.locator(".said")).to_contain_text("they are the same person")
    assert RecordLink.objects.filter(how="person").count() == 1

    page.get_by_role("link", name=re.compile("^All")).click()
    search = page.get_by_role("searchbox", name="Search the plan")
    search.fill("Person1")
    search.press("Enter")
    expect(page.locator(".plan-row")).to_have_count(5)
    page.get_by_role("checkbox", name="Choose Person10").check()
    page.get_by_role("checkbox", name="Choose Person11").check()
    press(page, "Approve the 2 chosen")
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 created")

    eyes.open("plan-part", f"/w/acme/runs/{test.pk}/plan/")
    expect(page.locator("main")).to_contain_text("Approved in part.")
    page.get_by_role("radio", name=re.compile("The first 10, then it waits")).check()
    eyes.finish()
    press(page, re.compile("Approve all 12"))
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("10 created")
