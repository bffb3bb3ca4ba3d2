"""Notes in a browser: switched on, written in the sandbox, seen to arrive."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, expect

from sync.setup.saving import sync_go_live
from tests.e2e.eyes import NARROW, OTHERS, WIDE, closed, look_at, opened
from tests.sync.childworld import comments, note, person
from tests.sync.world import world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_note_arrives_once_notes_are_switched_on(
    workspace: Workspace, owner: User, settings: Any, browser: Browser, live_server: Any
) -> None:
    world = world_make(workspace, settings, seed=False)
    anna = person(world)
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    eyes = opened(browser, live_server.url, owner, (WIDE, NARROW, *OTHERS))
    page = eyes[0].page
    page.goto(f"{live_server.url}/w/acme/syncs/{world.sync.pk}/")

    page.get_by_role("link", name="What flows").click()
    page.get_by_role("button", name="Switch on notes", exact=True).click()
    expect(page.get_by_text("Switched on.")).to_be_visible()
    note(world, anna, "Called about the invoice.")
    run = world.run()

    assert comments(world) == ["Called about the invoice."]
    page.goto(f"{live_server.url}/w/acme/runs/{run.pk}/")
    expect(page.get_by_text("Anna Berg: Called about the invoice.")).to_be_visible()
    test = world.run("test")
    base = f"/w/acme/syncs/{world.sync.pk}/"
    pages: dict[str, Any] = {
        "notes-objects": f"{base}objects/",
        "notes-fields": f"{base}mapping/note/",
        "notes-people": f"{base}people/",
        "notes-run": f"/w/acme/runs/{run.pk}/",
        "notes-plan": f"/w/acme/runs/{test.pk}/plan/",
    }
    look_at(eyes, pages)
    assert closed(eyes) == []
