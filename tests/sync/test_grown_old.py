"""A run that goes on long after it read does not write over what was edited since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine

from crosswalk.clock import now
from sandbox.highlevel import service as highlevel
from sandbox.zoho import desk as zoho
from sync.engine.guards import FEWEST
from sync.models import RecordLink
from sync.running.execution import run_slice
from sync.services import run_request
from synclog.models import SyncRun
from tests.sync.matchworld import matching_context
from tests.sync.world import CountingTransport, World

LEFT, RIGHT = "+447911100001", "+447911100002"


class Cut(BaseException):
    """Stands for a power cut."""


class Cutting(CountingTransport):
    """Loses the power before the first call that writes."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            raise Cut
        return super().handle_request(request)


@pytest.fixture
def time() -> Iterator[Any]:
    with time_machine.travel("2026-03-02T09:00:00Z", tick=True) as traveller:
        yield traveller


def cut_off(world: World, settings: Any) -> SyncRun:
    """A run that is cut off at its first write; Bert would have been the next."""
    context = world.app.extensions["context"]
    made = [
        highlevel.contact_save(
            context, None, {"firstName": name, "email": f"{name}@x.example"}
        )
        for name in ("Anna", "Bert")
    ]
    world.run()
    for record, phone in zip(made, ("+447911100000", LEFT), strict=True):
        highlevel.contact_save(context, record["id"], {"phone": phone})
    return run_cut(world, settings)


def run_cut(world: World, settings: Any) -> SyncRun:
    """Start a run that loses the power before its first write."""
    kept = settings.TRANSPORT_FACTORY
    settings.TRANSPORT_FACTORY = lambda: Cutting(world.app, world.sent)
    run = run_request(sync=world.sync, mode="live", trigger="command")
    with pytest.raises(Cut):
        run_slice(run.pk, early=True)
    settings.TRANSPORT_FACTORY = kept
    SyncRun.objects.filter(pk=run.pk).update(lease_owner="", lease_until=None)
    return run


@pytest.mark.parametrize(("hours", "winner"), [(0, LEFT), (1, RIGHT)])
def test_what_was_edited_since_it_read_is_seen(
    empty_world: World, settings: Any, time: Any, hours: int, winner: str
) -> None:
    run = cut_off(empty_world, settings)
    time.shift(timedelta(hours=hours, seconds=2))
    if hours:
        bert = RecordLink.objects.order_by("pk")[1]
        right = bert.right.remote_id
        context = empty_world.app.extensions["context"]
        zoho.contact_save(context, right, {"phone": RIGHT})

    empty_world.work(run)
    empty_world.run()

    assert str(empty_world.store.all("zoho.contact")).count(winner) == 1
    assert winner in str(empty_world.store.all("highlevel_contact"))


def test_how_much_would_change_is_counted_anew(
    empty_world: World, settings: Any, time: Any
) -> None:
    context = empty_world.app.extensions["context"]
    made = [
        highlevel.contact_save(
            context, None, {"email": f"p{number}@x.example", "companyName": "Old"}
        )
        for number in range(FEWEST)
    ]
    empty_world.run()
    highlevel.contact_save(context, made[0]["id"], {"companyName": "New"})
    run = run_cut(empty_world, settings)
    for each in made:
        highlevel.contact_save(context, each["id"], {"companyName": "New"})
    time.shift(timedelta(hours=1))
    empty_world.sent.clear()

    run = empty_world.work(run)

    assert (run.state, run.reason_code) == ("failed", "guard")
    assert "Nothing more was written." in run.reason
    assert len(empty_world.writes()) == 1  # what was begun before is finished


def test_whoever_gets_on_keeps_the_lease(
    empty_world: World, django_capture_on_commit_callbacks: Any
) -> None:
    context = matching_context(empty_world.sync)
    long_ago = now() - timedelta(hours=1)
    SyncRun.objects.filter(pk=context.run.pk).update(lease_until=long_ago)

    with django_capture_on_commit_callbacks(execute=True):
        context.save()

    kept = SyncRun.objects.get(pk=context.run.pk).lease_until
    assert kept is not None
    assert kept > now()
