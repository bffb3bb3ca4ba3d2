"""In a browser: a conflict, a possible match and a filter, from the page to both systems."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from sync.models import RecordLink
from sync.setup.filters import filters_save
from sync.setup.saving import sync_go_live
from tests.e2e.eyes import NARROW, WIDE, Eyes, look_at
from tests.e2e.test_every_page import closed
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.world import World, world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
CUSTOMER = {"field": "tags", "op": "contains", "value": "customer"}


@pytest.fixture
def world(workspace: Workspace, settings: Any) -> World:
    """Anna has another company on each side, Adam shares Freya's e-mail, and Bert is
    no customer, which this sync is about."""
    world = world_make(workspace, settings, seed=False)
    world.sync.conflict = "ask"
    world.sync.save()
    filters_save(
        sync=world.sync, object_type="contact", filters={"left": CUSTOMER}, actor=None
    )
    for name, email in (("Anna", "a"), ("Adam", "us")):
        fields = {"firstName": name, "email": f"{email}@x.example"}
        highlevel_add(world, **fields, companyName="Left", tags=["customer"])
    highlevel_add(world, firstName="Bert", email="b@x.example", tags=["lead"])
    for name, email in (("Anna", "a"), ("Freya", "us")):
        person = {"first_name": name, "email": f"{email}@x.example"}
        company = {"contact_name": name, "company_name": "Right"}
        zoho_add(world, **company, contact_persons=[person])
    run = world.run()
    assert (run.counts["conflict"], run.counts["excluded"]) == (1, 1)
    sync_go_live(sync=world.sync, actor=None, tested=True)
    return world


def carried_out(page: Page) -> None:
    """One is back in the queue; the run that a button has started is led to."""
    said = page.locator(".notes").first
    expect(said).to_contain_text("carries it out for Anna")
    expect(said.get_by_role("link", name="Run")).to_be_visible()


def company(world: World, name: str) -> set[str]:
    """Return the companies that both systems have of a linked person."""
    link = RecordLink.objects.select_related("left", "right").get(
        left__values__firstName=name
    )
    left = world.store.get("highlevel_contact", link.left.remote_id)
    right = world.store.get("zoho.contact", link.right.remote_id)
    return {left["companyName"], right["company_name"]}


def test_what_is_asked_is_answered_and_what_is_left_out_says_why(
    world: World, owner: User, browser: Browser, live_server: Any
) -> None:
    base = f"/w/{world.workspace.slug}/"
    eyes = [Eyes(browser, live_server.url, each) for each in (NARROW, WIDE)]
    for each in eyes:
        each.sign_in(owner)
    page = eyes[0].page

    look_at(eyes, {"asked": f"{base}attention/"})
    card = page.get_by_role("article", name="Anna")
    card.get_by_role("radio").first.check()
    card.get_by_role("button", name="Use what I chose").click()
    carried_out(page)
    assert company(world, "Anna") == {"Left"}

    page.get_by_role("button", name="The same person").first.click()
    expect(page.locator(".notes").first).to_contain_text("for Adam")
    assert RecordLink.objects.filter(left__values__firstName="Adam").exists()

    page.goto(f"{live_server.url}{base}syncs/{world.sync.pk}/why/")
    page.get_by_placeholder("E-mail, phone, name or id").fill("b@x.example")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("main")).to_contain_text("Not so: Tags contains “customer”.")
    assert len(world.store.all("zoho.contact")) == 2

    assert closed(eyes) == []
