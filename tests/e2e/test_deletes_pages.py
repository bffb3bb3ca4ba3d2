"""Deletes in a browser: asked, decided on the page, carried out; mirrored; held back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from sandbox.highlevel import service as highlevel
from sync.models import PendingDelete, RecordLink
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.e2e.eyes import NARROW, WIDE, closed, look_at, opened
from tests.sync.world import World, world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PEOPLE = 8


@pytest.fixture
def live(workspace: Workspace, settings: Any) -> World:
    """Eight linked people, live."""
    world = world_make(workspace, settings, seed=False)
    context = world.app.extensions["context"]
    for number in range(PEOPLE):
        email = f"person{number}@example.com"
        values = {"firstName": f"Person{number}", "email": email}
        highlevel.contact_save(context, None, values)
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    return world


def leave(world: World, policy: str, *numbers: int) -> None:
    """Delete people at HighLevel, and compare everything under a policy."""
    world.sync.delete_policy = policy
    world.sync.save(update_fields=["delete_policy"])
    for number in numbers:
        link = RecordLink.objects.get(left__values__firstName=f"Person{number}")
        context = world.app.extensions["context"]
        highlevel.contact_delete(context, link.left.remote_id)
    world.run(trigger=SyncRun.Trigger.RECONCILE, scope="dirty")


def press(world: World, page: Page, button: str) -> None:
    """Press a button that asks for a run, and do what the worker would do with it."""
    page.get_by_role("button", name=button).click()
    page.wait_for_url(re.compile(r"/runs/\d+/$|/attention/(\?.*)?$"))
    run = SyncRun.objects.latest("pk")
    if run.is_active:
        run = world.work(run)
    assert run.state == SyncRun.State.COMPLETED


def at_zoho(world: World) -> int:
    return len(world.store.all("zoho.contact"))


def test_who_is_gone_is_decided_on_the_page(
    live: World, owner: User, browser: Browser, live_server: Any
) -> None:
    base = f"/w/{live.workspace.slug}/"
    leave(live, "ask", 0)
    eyes = opened(browser, live_server.url, owner, (WIDE, NARROW))
    compared = SyncRun.objects.latest("pk").pk
    look_at(eyes, {"deletes": f"{base}attention/?show=deletes"})
    look_at(eyes, {"run-compared": f"{base}runs/{compared}/"})
    page = eyes[0].page
    expect(page.locator("#h-drift")).to_be_visible()

    page.goto(f"{live_server.url}{base}attention/")
    press(live, page, "Delete at Zoho Invoice")
    page.locator(".notes").get_by_role("link", name="Run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 removed")
    assert at_zoho(live) == PEOPLE - 1

    leave(live, "mirror", 1)
    assert at_zoho(live) == PEOPLE - 2

    leave(live, "mirror", 2, 3, 4, 5, 6)
    look_at(eyes, {"deletes-held": f"{base}attention/?show=deletes"})
    press(live, page, "Keep all")
    assert (at_zoho(live), PendingDelete.objects.count()) == (PEOPLE - 2, 0)

    assert closed(eyes) == []
