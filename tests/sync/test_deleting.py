"""Pending deletes: what a person decides is carried out, and shown on a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crosswalk.errors import ConfigError
from integrations.mirroring.mirror import record_gone
from integrations.models import RemoteRecord
from sandbox.highlevel import service as highlevel
from sync.choices.deleting import removal_decide, removals_decide
from sync.choices.shown import removal_stamp
from sync.models import PendingDelete, RecordLink, SyncRecord
from sync.setup.saving import sync_go_live, sync_pause
from synclog.models import LogEntry
from tests.sync.rows import live_sync, remote, unit
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.world import World
from workspaces.models import AuditEvent, Workspace

NAMES = ("Anna", "Bob", "Cleo")


@pytest.fixture
def asked(empty_world: World) -> World:
    """Three linked people who were deleted at HighLevel, and the sync asks."""
    world = empty_world
    ids = [highlevel_add(world, firstName=n, email=f"{n}@example.com") for n in NAMES]
    world.sync.delete_policy = "ask"
    world.sync.save()
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    for remote_id in ids:
        highlevel.contact_delete(world.app.extensions["context"], remote_id)
    world.run(trigger="reconcile", scope="dirty")
    world.sent.clear()
    return world


def record(name: str = "Anna") -> SyncRecord:
    return SyncRecord.objects.get(left__values__firstName=name)


def active(world: World) -> list[str]:
    contacts = world.store.all("zoho.contact")
    return sorted(c["contact_name"] for c in contacts if c["status"] == "active")


@pytest.mark.parametrize(
    ("way", "left", "outcome"),
    [
        ("delete", ["Bob", "Cleo"], "delete"),
        ("archive", ["Bob", "Cleo"], "delete"),
        ("keep", ["Anna", "Bob", "Cleo"], "excluded"),
    ],
)
def test_each_way_is_carried_out_once(
    asked: World, way: str, left: list[str], outcome: str
) -> None:
    run = asked.work(removal_decide(record=record(), way=way, actor=None))

    assert (run.state, run.counts[outcome]) == ("completed", 1)
    assert active(asked) == left
    assert PendingDelete.objects.count() == 2
    assert AuditEvent.objects.filter(action="delete.decided").count() == 1
    asked.sent.clear()
    asked.run(trigger="schedule", scope="dirty")
    asked.run()
    assert asked.writes() == []
    assert PendingDelete.objects.count() == 2


def test_who_is_kept_says_so_until_the_person_is_back(asked: World) -> None:
    asked.work(removal_decide(record=record(), way="keep", actor=None))
    kept = record()
    assert (kept.list, kept.reason) == (
        "excluded",
        "Deleted at HighLevel. You kept it at Zoho Invoice.",
    )

    assert kept.left is not None
    context = asked.app.extensions["context"]
    highlevel.contact_restore(context, kept.left.remote_id)
    asked.run(trigger="schedule", scope="dirty")

    assert record().list == "in_sync"
    assert RecordLink.objects.get(left=kept.left).tombstone == ""


def test_all_are_decided_at_once(asked: World) -> None:
    run = asked.work(removals_decide(sync=asked.sync, way="delete", actor=None))

    assert (run.counts["delete"], active(asked)) == (3, [])
    assert not PendingDelete.objects.exists()
    assert LogEntry.objects.filter(run=run, reason_code="chosen").count() == 3
    assert not SyncRecord.objects.exists()


def test_who_was_edited_since_is_asked_about_again(asked: World) -> None:
    anna = record()
    assert anna.right is not None
    zoho_add(asked, anna.right.remote_id, company_name="Berg & Co")

    run = asked.work(removal_decide(record=anna, way="delete", actor=None))

    assert run.counts["delete"] == 0
    assert active(asked) == list(NAMES)
    assert PendingDelete.objects.get(link__left=anna.left).code == "delete_edited"


def test_what_is_settled_meanwhile_is_said_to_be(asked: World) -> None:
    PendingDelete.objects.all().delete()

    with pytest.raises(ConfigError, match="settled meanwhile"):
        removal_decide(record=record(), way="delete", actor=None)
    with pytest.raises(ConfigError, match="settled meanwhile"):
        removals_decide(sync=asked.sync, way="delete", actor=None)


def test_a_paused_sync_removes_nobody(asked: World) -> None:
    sync_pause(sync=asked.sync, actor=None)
    asked.sync.refresh_from_db()

    with pytest.raises(ConfigError, match="is paused"):
        removals_decide(sync=asked.sync, way="delete", actor=None)
    with pytest.raises(ConfigError, match="is paused"):
        removal_decide(record=record(), way="delete", actor=None)


# --- pages ------------------------------------------------------------------------------


@pytest.fixture
def waiting(workspace: Workspace) -> SyncRecord:
    """Somebody who is gone at HighLevel, and was not decided about."""
    sync = live_sync(workspace)
    left, right = remote(sync, "left", 1), remote(sync, "right", 1)
    record_gone(left, RemoteRecord.Proof.NOTICE)
    link = RecordLink.objects.create(
        sync=sync, object_type="contact", left=left, right=right
    )
    PendingDelete.objects.create(
        sync=sync, link=link, at="right", code="delete_ask", version=1
    )
    return unit(
        sync,
        "review",
        left=left,
        right=right,
        reason="Deleted at HighLevel. You decide what happens at Zoho Invoice.",
        reason_code="delete_ask",
    )


def attention(sync_record: SyncRecord) -> str:
    return f"/w/{sync_record.sync.workspace.slug}/attention/"


def address(sync_record: SyncRecord) -> str:
    return f"/w/{sync_record.sync.workspace.slug}/people/{sync_record.pk}/remove/"


def test_the_page_says_who_where_and_how_it_is_proved(
    waiting: SyncRecord, client: Client, editor: Any
) -> None:
    client.force_login(editor)

    page = client.get(attention(waiting)).content.decode()

    assert "Gone on one side" in page
    assert "Same person?" not in page
    assert "A notice said so, and a read confirmed it" in page
    for button in ("Delete at Zoho Invoice", "Archive at Zoho Invoice", "Keep"):
        assert button in page
    home = client.get(f"/w/{waiting.sync.workspace.slug}/").content.decode()
    assert "1 person is gone on one side" in home


def test_an_editor_decides_on_the_page(
    waiting: SyncRecord, client: Client, editor: Any
) -> None:
    client.force_login(editor)

    seen = removal_stamp(PendingDelete.objects.get())
    answer = client.post(address(waiting), {"way": "delete", "seen": seen})

    run = waiting.sync.runs.get()
    assert answer.headers["location"].endswith("/attention/")
    assert (
        f">Run {run.pk}</a> carries it out"
        in client.get(answer.headers["location"]).content.decode()
    )
    assert run.requested_by == editor
    assert list(run.checkpoint["removals"].values()) == [["delete", "right", 1]]


@pytest.mark.parametrize("way", ["", "destroy"])
def test_nonsense_is_refused_in_words(
    waiting: SyncRecord, client: Client, editor: Any, way: str
) -> None:
    client.force_login(editor)

    answer = client.post(address(waiting), {"way": way}, follow=True)

    assert "Choose whether to delete, archive or keep." in answer.content.decode()
    assert not waiting.sync.runs.exists()


def test_a_viewer_sees_and_changes_nothing(
    waiting: SyncRecord, client: Client, viewer: Any
) -> None:
    client.force_login(viewer)

    assert "Gone on one side" in client.get(attention(waiting)).content.decode()
    assert "Delete at" not in client.get(attention(waiting)).content.decode()
    assert client.post(address(waiting), {"way": "delete"}).status_code == 403
