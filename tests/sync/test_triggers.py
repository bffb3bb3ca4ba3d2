"""Triggers beside a live sync: one reading serves both, and what the sync writes is no
news."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Connection
from integrations.operations.declared import operations
from integrations.operations.watching import watch_start
from sandbox.highlevel import service as highlevel
from sync.jobs import drain_inbox
from sync.models import InboxEvent
from sync.setup.saving import sync_go_live
from synclog.models import Event
from tests.sync.test_inbox import told
from tests.sync.world import World

KEYS = (
    *("hl.contact_created", "hl.contact_updated", "hl.contact_deleted"),
    *("zi.contact_created", "zi.contact_updated"),
)


@pytest.fixture
def live(empty_world: World) -> World:
    """A live sync of one person, and every trigger of people switched on."""
    anna = save(empty_world, firstName="anna", email="anna@example.com")
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    for key in KEYS:
        side = empty_world.left if key.startswith("hl.") else empty_world.right
        watch_start(connection=side, operation=operations()[key], actor=None)
    empty_world.left = Connection.objects.get(pk=empty_world.left.pk)
    empty_world.people = {"anna": anna}  # type: ignore[attr-defined]
    return empty_world


def save(world: World, contact: str | None = None, **fields: Any) -> str:
    context = world.app.extensions["context"]
    return str(highlevel.contact_save(context, contact, fields)["id"])


def types() -> list[str]:
    found = Event.objects.filter(type__in=KEYS).order_by("pk")
    return list(found.values_list("type", flat=True))


def test_an_edit_is_told_of_once_and_what_is_written_for_it_not(live: World) -> None:
    anna = live.people["anna"]  # type: ignore[attr-defined]
    save(live, anna, lastName="Berg")
    told(live, anna)

    drain_inbox()
    live.run()

    assert "Berg" in str(live.store.all("zoho.contact"))
    assert types() == ["hl.contact_updated"]
    assert not InboxEvent.objects.filter(next_at__isnull=False).exists()


def test_somebody_new_is_told_of_on_their_side_alone(live: World) -> None:
    bert = save(live, firstName="bert", email="bert@example.com")
    told(live, bert, event_type="ContactCreate")

    drain_inbox()
    live.run()

    assert len(live.store.all("zoho.contact")) == 2
    assert types() == ["hl.contact_created"]


def test_a_delete_is_told_of_once(live: World) -> None:
    anna = live.people["anna"]  # type: ignore[attr-defined]
    highlevel.contact_delete(live.app.extensions["context"], anna)
    told(live, anna, event_type="ContactDelete", is_delete=True)

    drain_inbox()
    live.run()

    assert types() == ["hl.contact_deleted"]
