"""In a browser: from an error to the wire it comes from, the fix previewed, and gone.

Then the queue of conflicts by keyboard, and the pages of the log with the eyes of others.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from mapping.models import Mapping
from mapping.selectors import published_lines
from mapping.services import mapping_publish, mapping_save
from sync.models import SyncRecord
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.e2e.eyes import NARROW, WIDE, Eyes, closed, look_at, opened
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.world import World, world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
KNOWN = [["https://known.example", "https://known.example"]]


@pytest.fixture
def world(workspace: Workspace, settings: Any) -> World:
    """A live sync whose mapping knows no website but one; two people have another."""
    world = world_make(workspace, settings, seed=False)
    for name in ("Anna", "Ben"):
        fields = {"firstName": name, "email": f"{name.lower()}@x.example"}
        highlevel_add(world, **fields, website="https://new.example")
    mapping = Mapping.objects.get(sync=world.sync)
    lines = [
        {**line, "value_map": KNOWN} if line["left"] == "website" else line
        for line in published_lines(mapping)
    ]
    mapping_save(
        sync=world.sync,
        object_type="contact",
        direction="both",
        lines=lines,
        actor=None,
    )
    mapping_publish(mapping=mapping, actor=None)
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    return world


@pytest.fixture
def eyes(browser: Browser, live_server: Any, owner: User) -> Any:
    """Browsers of every size and colour in which the owner is signed in."""
    every = opened(browser, live_server.url, owner, looks=(WIDE, NARROW))
    yield every
    assert closed(every) == []


def ended(world: World, page: Page) -> SyncRun:
    """Return the run whose page this is, ended (no worker is at work here)."""
    page.wait_for_url(re.compile(r"/runs/\d+/(plan/)?$"))
    run = SyncRun.objects.get(pk=page.url.split("/runs/")[1].split("/")[0])
    return world.work(run) if run.is_active else run


def test_from_an_error_to_its_wire_to_the_fix_applied(
    world: World, eyes: list[Eyes]
) -> None:
    page, base = eyes[0].page, f"/w/{world.workspace.slug}"
    run = world.run()
    assert run.counts["failed"] == 2

    look_at(
        eyes,
        {
            "attention-wire": f"{base}/attention/",
            "run-failed": f"{base}/runs/{run.pk}/",
        },
    )
    page.goto(f"{eyes[0].url}{base}/attention/")
    said = "A value does not fit through its field"
    expect(page.get_by_role("heading", name=said)).to_be_visible()
    page.get_by_role("link", name="Open the wire").click()
    expect(page.locator("[data-panel]")).to_contain_text("Website")
    page.locator("[data-panel] [data-remove]").first.click()
    expect(page.locator("[data-save-state]")).to_have_text("Saved as a draft")
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.locator(".ed-title")).to_contain_text("in force")

    page.goto(f"{eyes[0].url}{base}/attention/")
    page.get_by_role("button", name="Preview all 2").click()
    test = ended(world, page)
    assert test.counts["create"] == 2
    look_at(eyes, {"preview": f"{base}/runs/{test.pk}/plan/"})
    page.get_by_role("button", name="Approve all 2").click()
    applied = ended(world, page)
    assert applied.counts["create"] == 2
    page.goto(f"{eyes[0].url}{base}/attention/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing needs you")

    entry = applied.entries.first()
    assert entry is not None
    look_at(
        eyes,
        {
            "attention-empty": f"{base}/attention/",
            "runs": f"{base}/runs/",
            "run-applied": f"{base}/runs/{applied.pk}/",
            "entry-calls": f"{base}/runs/{applied.pk}/people/{entry.pk}/",
            "log": f"{base}/runs/log/",
            "log-nobody": f"{base}/runs/log/?q=zzz",
        },
    )


def test_conflicts_are_settled_by_keyboard(world: World, eyes: list[Eyes]) -> None:
    page, base = eyes[0].page, f"/w/{world.workspace.slug}"
    world.sync.conflict = "ask"
    world.sync.save()
    for name in ("Cleo", "Dan", "Eva"):
        email = f"{name.lower()}@x.example"
        highlevel_add(world, firstName=name, email=email, companyName="Left Ltd")
        person = {"first_name": name, "email": email, "is_primary_contact": True}
        zoho_add(
            world, contact_name=name, company_name="Right Ltd", contact_persons=[person]
        )
    world.run()
    queue = f"{base}/attention/?show=conflicts"

    look_at(eyes, {"conflicts": queue})
    eyes[0].open("conflicts-ticked", queue)
    several = page.get_by_role("button", name="HighLevel wins")
    expect(several).to_be_hidden()
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-tick]:checked")).to_have_count(2)
    expect(several).to_be_visible()
    eyes[0].finish()
    several.click()
    expect(page.locator(".notes").first).to_contain_text("carries it out for 2 people")

    run = SyncRun.objects.filter(trigger="retry").latest("pk")
    assert not run.is_active or world.work(run)  # the queue works at once here
    assert SyncRecord.objects.filter(list="conflict").count() == 1
    page.goto(f"{eyes[0].url}{queue}")
    for key in ("j", "2", "a"):
        page.keyboard.press(key)
    expect(page.locator(".notes").first).to_contain_text("carries it out for")
    run = SyncRun.objects.filter(trigger="retry").latest("pk")
    assert not run.is_active or world.work(run)
    assert not SyncRecord.objects.filter(list="conflict").exists()
