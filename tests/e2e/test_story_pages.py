"""People, alerts, keys and data: each page seen by all eyes, and one way through them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser

from crosswalk.clock import now
from sync.alerting.channels import channel_add, channel_test
from sync.alerting.sending import delivery_send
from sync.alerting.watching import watch_work
from sync.models import AlertChannel, AlertWatch, RecordLink, SyncDay, SyncRecord
from tests.e2e.eyes import OTHERS, WIDE, Eyes, closed, look_at, opened
from tests.e2e.filled import LONG_NAME, world_at_work
from tests.sync.world import World, world_make
from workspaces.keys import api_key_create
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def told(world: World, owner: User) -> AlertChannel:
    """Make channels: one that arrives, one that does not, and an alert for both."""
    made = []
    for kind, name, to in (
        ("email", "Office", "office@example.com, dana@example.com"),
        ("webhook", f"Pager {LONG_NAME}", "https://10.0.0.1.nip.invalid/x"),
    ):
        made.append(
            channel_add(
                workspace=world.workspace,
                kind=kind,
                name=name[:80],
                to=to,
                pace="at_once",
                rules=[],
                actor=owner,
            )
        )
    rows = watch_work(AlertWatch.objects.get(workspace=world.workspace).pk) or []
    rows.append(channel_test(channel=made[0], actor=owner))
    for row in rows:
        delivery_send(row.pk)
    AlertChannel.objects.filter(pk=made[1].pk).update(
        trouble="It could not be reached."
    )
    return made[0]


def month(world: World) -> None:
    """Give the sync a month of days."""
    SyncDay.objects.all().delete()
    SyncDay.objects.bulk_create(
        SyncDay(
            sync=world.sync,
            day=now().date() - timedelta(days=ago),
            written=(ago * 53) % 140 + 12,
            failed=9 if ago % 11 == 4 else 0,
        )
        for ago in range(30)
    )


def test_every_page_of_people_alerts_keys_and_data(
    workspace: Workspace, owner: User, settings: Any, browser: Browser, live_server: Any
) -> None:
    world = world_at_work(workspace, settings)
    channel = told(world, owner)
    month(world)
    api_key_create(
        workspace=workspace, name="Grafana", scopes=["status"], days=90, actor=owner
    )
    link = RecordLink.objects.filter(object_type="contact").latest("pk")
    failing = SyncRecord.objects.filter(list="failing").latest("pk")
    alone = failing.left_id or failing.right_id
    base = f"/w/{workspace.slug}/"
    pages: dict[str, Any] = {
        "story-home": base,
        "story-home-month": f"{base}?span=month",
        "story-contacts": f"{base}contacts/?q=an",
        "story-contacts-lately": f"{base}contacts/",
        "story-contact": f"{base}contacts/{link.left_id}/",
        "story-contact-failing": f"{base}contacts/{alone}/",
        "story-forget": f"{base}contacts/{link.left_id}/forget/",
        "story-alerts": f"{base}workspace/alerts/",
        "story-alert-channel": f"{base}workspace/alerts/{channel.pk}/",
        "story-keys": f"{base}workspace/keys/",
        "story-data": f"{base}workspace/data/",
        "story-audit": f"{base}workspace/audit/",
        "story-people": f"{base}workspace/",
    }

    eyes = opened(browser, live_server.url, owner)
    look_at(eyes, pages)
    wrong = closed(eyes)
    eyes = opened(browser, live_server.url, owner, OTHERS)
    look_at(eyes, {name: pages[name] for name in ("story-home-month", "story-contact")})

    assert wrong + closed(eyes) == []


def test_somebody_is_found_and_a_channel_tested(
    workspace: Workspace, owner: User, settings: Any, browser: Browser, live_server: Any
) -> None:
    world = world_make(workspace, settings)
    world.run()
    link = RecordLink.objects.filter(object_type="contact", how="email").latest("pk")
    eyes = Eyes(browser, live_server.url, WIDE).sign_in(owner)
    page = eyes.page

    eyes.open("home", f"/w/{workspace.slug}/")
    page.get_by_role("link", name="30 days").click()
    page.get_by_text("written", exact=False).first.wait_for()
    page.get_by_role("link", name="Contacts").first.click()
    page.get_by_label("Find people by name, e-mail, phone or id").fill(
        link.left.values["email"]
    )
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Everything that happened").wait_for()
    assert page.get_by_text("Linked: they have the same e-mail.").count() > 0
    page.get_by_role("button", name="Look now").click()
    page.get_by_text("Nothing was written by looking.").first.wait_for()

    page.get_by_role("link", name="Workspace").first.click()
    page.get_by_role("link", name="Alerts").click()
    page.get_by_label("Name", exact=True).fill("Office")
    page.get_by_label("To", exact=True).fill("office@example.com")
    page.get_by_role("button", name="Add the channel").click()
    page.get_by_role("button", name="Send a test").click()
    page.get_by_text("This is a test from Crosswalk").wait_for()
    page.get_by_role("cell", name="Sent").wait_for()

    assert eyes.wrong == []
    eyes.context.close()
