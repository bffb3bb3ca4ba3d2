"""In a browser: approve two of five, undo one field of one of them, and ask why."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sync.models import RecordLink, Sync, SyncRecord
from sync.setup import sync_go_live
from synclog.models import SyncRun
from tests.e2e.eyes import look_at
from tests.e2e.test_every_page import closed, opened
from tests.sync.world import World, world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NAMES = ("Anna", "Ben", "Cleo", "Dan", "Eva")


def people(world: World) -> None:
    context: Context = world.app.extensions["context"]
    for name in NAMES:
        fields = {"firstName": name, "lastName": "Old", "email": f"{name}@example.com"}
        highlevel.contact_save(context, None, fields)


def rename(world: World, last: str) -> None:
    """Give everybody who is linked another last name and company."""
    context: Context = world.app.extensions["context"]
    for link in RecordLink.objects.select_related("left"):
        fields = {"lastName": last, "companyName": "New Ltd"}
        highlevel.contact_save(context, link.left.remote_id, fields)


def ended(world: World, page: Page) -> SyncRun:
    """Return the run whose page this is, ended (the queue works at once here)."""
    page.wait_for_url(re.compile(r"/runs/\d+/(plan/)?$"))
    run = SyncRun.objects.get(pk=page.url.split("/runs/")[1].split("/")[0])
    return world.work(run) if run.is_active else run


def test_from_approving_two_to_asking_why(
    workspace: Workspace,
    owner: User,
    settings: Any,
    browser: Browser,
    live_server: Any,
) -> None:
    world = world_make(workspace, settings, seed=False)
    base = f"/w/{workspace.slug}"
    people(world)
    test = world.run("test")
    eyes = opened(browser, live_server.url, owner)
    page = eyes[0].page

    # two of five are approved, and nobody else is written
    page.goto(f"{live_server.url}{base}/runs/{test.pk}/plan/")
    chosen = page.get_by_role("button", name="Approve the")
    expect(chosen).to_be_disabled()
    for name in ("Anna", "Ben"):
        page.get_by_label(f"Choose {name} Old").check()
    expect(chosen).to_have_text("Approve the 2 chosen")
    with page.expect_navigation():
        chosen.click()
    assert ended(world, page).counts["create"] == 2
    look_at(eyes, {"plan-in-part": f"{base}/runs/{test.pk}/plan/"})
    assert "Approve all 3" in page.content()

    # one field of one of them is undone, from the page of their entry
    sync_go_live(sync=Sync.objects.get(), actor=None, tested=True)
    Sync.objects.update(guards={"max_change_percent": 100})
    rename(world, "New")
    run = world.run(scope="dirty", trigger="schedule")
    entry = run.entries.get(label="Anna New")
    detail = f"{base}/runs/{run.pk}/people/{entry.pk}/"
    look_at(eyes, {"entry-undoable": detail})
    undo(page, world, "Undo Last name")
    look_at(eyes, {"entry-held-apart": detail})
    expect(page.get_by_role("heading", name="Held apart since an undo")).to_be_visible()

    # why: found by e-mail, with the field that is held apart; releasing it ends that
    page.goto(f"{live_server.url}{base}/syncs/{world.sync.pk}/why/")
    page.get_by_placeholder("E-mail, phone, name or id").fill("anna@example.com")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("held apart since an undo.").first).to_be_visible()
    record = SyncRecord.objects.get(left_id=entry.unit[1:])
    why = f"{base}/syncs/{world.sync.pk}/why/?unit={record.unit}"
    look_at(eyes, {"why-held-apart": why})
    Sync.objects.update(conflict="left")
    with page.expect_navigation():
        page.get_by_role("button", name="Release Last name").click()
    assert ended(world, page).counts["update"] == 1

    # what the first run created is removed as chosen
    page.goto(f"{live_server.url}{base}/runs/{first_live().pk}/")
    with page.expect_navigation():
        page.get_by_role("button", name="Undo this run").click()
    tested = ended(world, page)
    look_at(eyes, {"undo-created": f"{base}/runs/{tested.pk}/plan/"})
    page.get_by_label("Archive them").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Show that instead").click()
    assert ended(world, page).undo["created"] == "archive"

    assert closed(eyes) == []


def first_live() -> SyncRun:
    return SyncRun.objects.filter(mode="live").earliest("pk")


def undo(page: Page, world: World, button: str) -> None:
    """Undo by a button, and approve what its test shows."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()
    ended(world, page)
    page.reload()
    with page.expect_navigation():
        page.get_by_role("button", name="Approve all 1").click()
    assert ended(world, page).counts["update"] == 1
