"""Instant notices in a browser: nothing is wrong in any size and colour."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, expect

from crosswalk.clock import now
from sync.models import HookMeter, InboxEvent, Sync
from tests.e2e.eyes import closed, look_at, opened
from tests.sync.rows import live_sync, remote
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
REFUSED = "HighLevel refused the call: this contact belongs to another location. " * 3


def notices(sync: Sync) -> InboxEvent:
    """One notice in each state; returns the failed one."""
    person = remote(sync, "left", 1)
    given = {"connection": sync.left, "object_type": "contact", "event_type": "Contact"}
    given |= {"record_id": person.remote_id, "body": '{"type": "ContactUpdate"}'}
    states: list[dict[str, Any]] = [
        {"outcome": "read", "handled_at": now(), "is_late": True, "repeats": 4},
        {"outcome": "known", "handled_at": now()},
        {"next_at": now()},
        {"next_at": now() + timedelta(hours=1), "error": REFUSED, "attempts": 5},
        {"next_at": now(), "lease_owner": "run 1", "attempts": 1},
        {"outcome": "not synced", "record_id": "x" * 80, "event_type": "TaskCreate"},
        {"outcome": "failed", "error": REFUSED, "attempts": 9},
    ]
    made = [InboxEvent.objects.create(**{**given, **state}) for state in states]
    HookMeter.objects.create(connection=sync.left, day=now().date(), heard=9, missed=2)
    sync.left.webhook_seen_at = now()
    sync.left.save()
    return made[-1]


def test_the_pages_of_notices(
    workspace: Workspace, owner: User, browser: Browser, live_server: Any
) -> None:
    sync = live_sync(workspace)
    failed = notices(sync)
    base = f"/w/{workspace.slug}/connections/"
    hour_ago = int((now() - timedelta(hours=1)).timestamp() * 1000)
    pages: dict[str, Any] = {
        "notices": f"{base}notices/",
        "notices-of-one": f"{base}notices/?connection={sync.left_id}&show=failed",
        "notices-none": f"{base}notices/?connection={sync.right_id}",
        "notice": f"{base}notices/{failed.pk}/",
        "listening-heard": f"{base}{sync.left_id}/listening/?since={hour_ago}",
        "listening-over": f"{base}{sync.right_id}/listening/?since={hour_ago}",
    }

    eyes = opened(browser, live_server.url, owner)
    look_at(eyes, pages)

    assert closed(eyes) == []


def test_it_listens_until_something_comes(
    workspace: Workspace, owner: User, browser: Browser, live_server: Any
) -> None:
    sync = live_sync(workspace)
    eyes = opened(browser, live_server.url, owner)[0]
    page = eyes.context.new_page()
    page.goto(f"{live_server.url}/w/acme/connections/{sync.left_id}/listening/")
    expect(page.get_by_text("Send me a test event")).to_be_visible()

    InboxEvent.objects.create(
        connection=sync.left, event_type="ContactUpdate", body="{}"
    )

    expect(page.get_by_text("ContactUpdate")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Send me a test event")).not_to_be_visible()
    eyes.context.close()
