"""A table and a list of tags, set up in the plain form, tested, approved, applied."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from integrations.fields.fieldreading import catalogue_refresh
from sandbox.highlevel import service as highlevel
from sandbox.zoho.fields import field_define
from sync.models import Plan
from synclog.models import SyncRun
from tests.e2e.eyes import NARROW, WIDE, Eyes, closed
from tests.sync.world import ORG, World, world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
ANNA = {"firstName": "Anna", "lastName": "Berg", "email": "anna@example.com"}
KINDS = "custom_fields.cf_kinds"


def prepared(workspace: Workspace, settings: Any) -> World:
    """Anna on both sides, with tags at HighLevel; a list to choose from at Zoho."""
    world = world_make(workspace, settings, seed=False)
    options = ("Customer", "Newsletter")
    field_define(
        world.store, ORG, "cf_kinds", "Kinds", data_type="multiselect", options=options
    )
    world.switch(zoho_list_custom_fields=True)
    context = world.app.extensions["context"]
    highlevel.contact_save(context, None, {**ANNA, "tags": ["kunde", "newsletter"]})
    world.run()
    for connection in (world.left, world.right):
        assert catalogue_refresh(connection) == []
    return world


def add_the_rule(page: Page) -> None:
    """Map the tags to the list, with a table of one value, and publish."""
    page.get_by_role("button", name="Add a field").click()
    row = page.locator("[data-row]:visible").last
    row.get_by_label("Field at HighLevel").select_option("tags")
    row.get_by_label("Field at Zoho Invoice").select_option(KINDS)
    row.locator("summary").click()
    row.get_by_label("Value map").fill("kunde = Kunde\nnewsletter = Newsletter")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".form-error").last).to_contain_text("no option “Kunde”")

    page.get_by_label("Value map").last.fill(
        "kunde = Customer\nnewsletter = Newsletter"
    )
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("main")).to_contain_text("Value map of 2 rows")


def test_a_table_and_tags_by_the_plain_form(
    workspace: Workspace, owner: User, settings: Any, browser: Browser, live_server: Any
) -> None:
    world = prepared(workspace, settings)
    base = f"/w/{workspace.slug}/"
    fields = f"{base}syncs/{world.sync.pk}/mapping/contact/form/"
    eyes = Eyes(browser, live_server.url, WIDE, NARROW).sign_in(owner)
    page = eyes.page

    eyes.open("rules-form", fields)
    add_the_rule(page)
    eyes.open("rules-form", fields)
    page.locator("[data-row]:visible summary").last.click()
    eyes.finish()

    test = world.run("test")
    eyes.open("rules-plan", f"{base}runs/{test.pk}/plan/")
    page.locator(".plan-row summary").first.click()
    expect(page.locator(".plan-row[open] .diff ins")).to_have_text(
        "Customer, Newsletter"
    )
    eyes.finish()

    page.get_by_role("button", name="Approve").first.click()
    page.wait_for_url("**/runs/*/")
    run = SyncRun.objects.filter(plan=Plan.objects.get(), mode="live").get()
    if run.is_active:
        world.work(run)
    right = world.store.all("zoho.contact")[0]["custom_fields"]
    assert right == {"cf_kinds": ["Customer", "Newsletter"]}

    assert closed([eyes]) == []
