"""What holds a sync back, end to end in a browser: mass changes, floods, listings that
are far too short, canary, loop, pause."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from sync.engine.guards import FEWEST, FEWEST_CREATES
from sync.models import RecordLink, SyncRecord
from sync.setup.saving import sync_go_live
from tests.e2e.eyes import NARROW, WIDE, Eyes, closed
from tests.sync.test_choosing import highlevel_add, value
from tests.sync.test_loops import loop, poll
from tests.sync.world import World, world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(workspace: Workspace, settings: Any) -> World:
    """A live sync of Anna, the same on both sides."""
    world = world_make(workspace, settings, seed=False)
    highlevel_add(world, firstName="Anna", email="a@x.example", companyName="Acme")
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    return world


@pytest.fixture
def eyes(browser: Browser, live_server: Any, owner: User, request: Any) -> Any:
    """A browser of a size and colour in which the owner is signed in; nothing goes wrong in it."""
    eyes = Eyes(browser, live_server.url, request.param).sign_in(owner)
    yield eyes
    assert closed([eyes]) == []


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()


@pytest.mark.parametrize("eyes", [NARROW], indirect=True)
def test_a_flood_is_stopped_and_approved_a_few_people_first(
    world: World, eyes: Eyes
) -> None:
    for number in range(FEWEST_CREATES):
        highlevel_add(world, firstName=f"P{number}", email=f"p{number}@x.example")
    assert poll(world).reason_code == "guard"
    base, page = f"/w/{world.workspace.slug}/", eyes.page

    eyes.open("flood", f"{base}syncs/{world.sync.pk}/")
    expect(page.locator("main")).to_contain_text("50 people would be created")
    eyes.finish()
    press(page, "Test")
    eyes.open("approve", page.url.removeprefix(eyes.url))
    eyes.finish()
    page.get_by_role("radio", name=re.compile("The first 10, then it waits")).check()
    with page.expect_download() as download:
        press(page, "Download a backup")
    assert download.value.suggested_filename.endswith(".zip")
    press(page, re.compile("Approve all"))

    rests = page.locator(".notes", has_text="It waits for you.")
    expect(rests).to_contain_text("The first 10 are written")
    expect(page.locator(".run-tbl tbody tr")).to_have_count(10)
    assert len(world.store.all("zoho.contact")) == 11
    eyes.open("canary", f"{base}syncs/{world.sync.pk}/")
    eyes.finish()
    page.get_by_role("link", name="Look at them").click()
    press(page, "Go on with the rest")

    expect(page.get_by_role("heading", level=1)).to_contain_text("40 created")
    assert len(world.store.all("zoho.contact")) == 51


@pytest.mark.parametrize("eyes", [WIDE], indirect=True)
def test_a_loop_is_released_and_a_person_paused(world: World, eyes: Eyes) -> None:
    loop(world)
    base, page = f"/w/{world.workspace.slug}/", eyes.page

    eyes.open("loop", f"{base}attention/")
    expect(page.locator("main")).to_contain_text("flips back and forth")
    eyes.finish()
    press(page, "HighLevel wins once")
    page.locator(".notes").get_by_role("link", name="Run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 updated")
    assert value(world, "right", "company_name") == "ACME"

    page.get_by_role("link", name="Anna").click()
    page.get_by_label("Why").fill("VAT is checked")
    press(page, "Pause this person")
    expect(page.locator("tbody")).to_contain_text("VAT is checked")
    eyes.open("paused", page.url.removeprefix(eyes.url))
    eyes.finish()
    contact = SyncRecord.objects.select_related("left").get().left
    assert contact is not None
    highlevel_add(world, contact.remote_id, companyName="Acme Ltd")
    assert poll(world).counts["excluded"] == 1

    press(page, re.compile("Release"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 updated")
    assert value(world, "right", "company_name") == "Acme Ltd"


@pytest.mark.parametrize("eyes", [WIDE], indirect=True)
def test_a_mass_change_and_an_empty_listing_wait_for_a_person(
    world: World, eyes: Eyes
) -> None:
    for number in range(FEWEST):
        highlevel_add(world, firstName=f"P{number}", email=f"p{number}@x.example")
    poll(world)
    for link in RecordLink.objects.select_related("left"):
        highlevel_add(world, link.left.remote_id, firstName="Everybody")
    assert poll(world).reason_code == "guard"
    sync, page = f"/w/{world.workspace.slug}/syncs/{world.sync.pk}/", eyes.page

    eyes.open("mass-change", sync)
    expect(page.locator("main")).to_contain_text("21 of 21 linked people (100 %)")
    eyes.finish()
    press(page, "Test")
    press(page, re.compile("Approve all"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("21 updated")
    everybody = [row["persons"][0] for row in world.store.all("zoho.contact")]
    assert {person["first_name"] for person in everybody} == {"Everybody"}

    for contact in world.store.all("highlevel_contact"):
        world.store.delete("highlevel_contact", contact["id"])
    world.sync.refresh_from_db()
    run = world.run(trigger="reconcile", scope="dirty")
    assert run.reason_code == "listing_doubted"
    eyes.open("listing-doubted", sync)
    expect(page.locator("main")).to_contain_text("listed only 0 of the 21 people")
    eyes.finish()
    assert len(world.store.all("zoho.contact")) == 21
