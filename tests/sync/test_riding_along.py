"""A person's edit that comes back with the answer to our own write, and names that
a list may have lower-cased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sandbox.zoho import desk as zoho
from sync.models import RecordLink
from synclog.models import SyncRun
from tests.sync.world import World

ANNA = {"firstName": "Anna", "lastName": "Berg", "email": "anna@example.com"}


class Meddler(httpx.BaseTransport):
    """Lets a person edit just before the first PUT gets through."""

    def __init__(
        self, inner: httpx.BaseTransport, edits: list[Callable[[], Any]]
    ) -> None:
        self.inner = inner
        self.edits = edits

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT" and self.edits:
            self.edits.pop()()
        return self.inner.handle_request(request)


@pytest.fixture
def linked(empty_world: World) -> World:
    """One person, linked and in step."""
    highlevel.contact_save(context(empty_world), None, ANNA)
    empty_world.run()
    return empty_world


def context(world: World) -> Context:
    found: Context = world.app.extensions["context"]
    return found


def link(world: World) -> RecordLink:
    return RecordLink.objects.get(sync=world.sync)


def poll(world: World) -> SyncRun:
    return world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")


def test_an_edit_that_rides_along_with_our_write_arrives_with_the_next_poll(
    linked: World, settings: Any
) -> None:
    left, right = link(linked).left.remote_id, link(linked).right.remote_id
    zoho.contact_save(context(linked), right, {"phone": "020 7946 0958"})
    inner = settings.TRANSPORT_FACTORY

    def edit() -> None:
        highlevel.contact_save(context(linked), left, {"lastName": "Bergman"})

    edits: list[Callable[[], Any]] = [edit]
    settings.TRANSPORT_FACTORY = lambda: Meddler(inner(), edits)

    poll(linked)
    assert link(linked).left.values["lastName"] == "Bergman"
    poll(linked)

    assert link(linked).right.values["last_name"] == "Bergman"
    written = len(linked.writes())
    poll(linked)
    assert len(linked.writes()) == written


def test_a_name_rewritten_in_small_letters_arrives(linked: World) -> None:
    left = link(linked).left.remote_id
    small = {"firstName": "anna", "lastName": "de berg"}
    highlevel.contact_save(context(linked), left, small)

    poll(linked)

    found = link(linked).right.values
    assert (found["first_name"], found["last_name"]) == ("anna", "de berg")
