"""In a browser: approve two of five, undo one field of one of them, and ask why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sync.models import RecordLink, Sync, SyncRecord
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.e2e.eyes import Eyes, closed, look_at, opened
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
    people(world)
    test = world.run("test")
    eyes = opened(browser, live_server.url, owner)
    journey = Journey(world, eyes, f"{live_server.url}/w/{workspace.slug}")

    journey.approve_two(test)
    entry = journey.undo_one_field()
    journey.ask_why(entry)
    journey.archive_who_was_created()

    assert closed(eyes) == []


@dataclass
class Journey:
    """What somebody does with a plan, a run and an undo, page after page."""

    world: World
    eyes: list[Eyes]
    base: str  # the address of the workspace

    @property
    def page(self) -> Page:
        return self.eyes[0].page

    def look(self, name: str, path: str) -> None:
        look_at(self.eyes, {name: f"/w/{self.world.workspace.slug}{path}"})

    def press(self, name: str) -> SyncRun:
        """Press a button that asks for a run; return it, ended."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name).click()
        return ended(self.world, self.page)

    def approve_two(self, test: SyncRun) -> None:
        """Two of five are approved, and nobody else is written."""
        plan = f"/runs/{test.pk}/plan/"
        self.page.goto(self.base + plan)
        chosen = self.page.get_by_role("button", name="Approve the")
        expect(chosen).to_be_disabled()
        for name in ("Anna", "Ben"):
            self.page.get_by_label(f"Choose {name} Old").check()
        expect(chosen).to_have_text("Approve the 2 chosen")
        assert self.press("Approve the").counts["create"] == 2
        self.look("plan-in-part", plan)
        assert "Approve all 3" in self.page.content()

    def undo_one_field(self) -> LogEntry:
        """One field of one of them is undone, from the page of their entry."""
        sync_go_live(sync=Sync.objects.get(), actor=None, tested=True)
        Sync.objects.update(guards={"max_change_percent": 100})
        rename(self.world, "New")
        run = self.world.run(scope="dirty", trigger="schedule")
        entry = run.entries.get(label="Anna New")
        detail = f"/runs/{run.pk}/people/{entry.pk}/"
        self.look("entry-undoable", detail)
        self.press("Undo Last name")
        self.page.reload()
        assert self.press("Approve all 1").counts["update"] == 1
        self.look("entry-held-apart", detail)
        held = self.page.get_by_role("heading", name="Held apart since an undo")
        expect(held).to_be_visible()
        return entry

    def ask_why(self, entry: LogEntry) -> None:
        """Found by e-mail, with the field that is held apart; releasing it ends that."""
        path = f"/syncs/{self.world.sync.pk}/why/"
        self.page.goto(self.base + path)
        asked = self.page.get_by_placeholder("E-mail, phone, name or id")
        asked.fill("anna@example.com")
        self.page.get_by_role("button", name="Find").click()
        expect(self.page.get_by_text("held apart since an undo.").first).to_be_visible()
        record = SyncRecord.objects.get(left_id=entry.unit[1:])
        self.look("why-held-apart", f"{path}?unit={record.unit}")
        Sync.objects.update(conflict="left")
        assert self.press("Release Last name").counts["update"] == 1

    def archive_who_was_created(self) -> None:
        """What the first run created is removed as chosen."""
        self.page.goto(f"{self.base}/runs/{first_live().pk}/")
        tested = self.press("Undo this run")
        self.look("undo-created", f"/runs/{tested.pk}/plan/")
        self.page.get_by_label("Archive them").check()
        assert self.press("Show that instead").undo["created"] == "archive"


def first_live() -> SyncRun:
    return SyncRun.objects.filter(mode="live").earliest("pk")
