"""A run that goes on long after it read does not write over what was edited since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from django.test import Client

from crosswalk.clock import now
from sandbox.highlevel import service as highlevel
from sandbox.zoho import desk as zoho
from sync.engine.guards import FEWEST
from sync.jobs import drain_inbox
from sync.models import RecordLink
from sync.running.execution import MAX_AGAIN, run_slice
from sync.services import run_request
from synclog.models import SyncRun
from tests.sync.matchworld import matching_context
from tests.sync.test_live import anna_at_left, hand_over, make_live, ruled, zoho_anna
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


@pytest.fixture
def live(empty_world: World, time: Any) -> World:
    return make_live(empty_world)


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


# --- a wait while a run is reading ------------------------------------------------------


def waits_at(world: World, match: str, times: int = 1) -> None:
    """Have Zoho ask to slow down at the next calls of a kind."""
    slow = {"system": "zoho", "match": match, "fault": "429", "times": times}
    world.switch(fail_next=[slow])


def renamed_meanwhile(world: World, time: Any, run: SyncRun) -> SyncRun:
    """Go on ten hours later, when Anna was just renamed at HighLevel."""
    assert (run.state, run.phase) == ("waiting", "read")
    time.shift(timedelta(hours=10))
    context = world.app.extensions["context"]
    highlevel.contact_save(context, anna_at_left(world), {"lastName": "Bergström"})
    time.shift(timedelta(seconds=5))
    world.arrivals()  # its notice is late
    return world.work(run)


@pytest.mark.parametrize("conflict", ["ask", "newest"])
def test_a_side_that_was_read_before_a_wait_is_read_again(
    live: World, time: Any, conflict: str
) -> None:
    ruled(live, conflict)
    time.shift(timedelta(minutes=20))
    context = live.app.extensions["context"]
    zoho.contact_save(context, zoho_anna(live)["contact_id"], {"last_name": "Hill"})
    waits_at(live, "GET .*/contacts$")
    run = live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    run = renamed_meanwhile(live, time, run)

    assert run.state == SyncRun.State.COMPLETED
    assert "Bergström" in str(live.store.all("highlevel_contact"))


def test_what_a_notice_named_before_a_wait_is_read_again(
    live: World, client: Client, time: Any
) -> None:
    ruled(live, "right")
    time.shift(timedelta(minutes=20))
    context = live.app.extensions["context"]
    highlevel.contact_save(context, anna_at_left(live), {"phone": LEFT})
    hand_over(client, live.arrivals())
    waits_at(live, "GET .*/contacts/")
    drain_inbox()

    renamed_meanwhile(live, time, SyncRun.objects.latest("pk"))

    assert "Bergström" in str(live.store.all("highlevel_contact"))
    assert "Bergström" in str(zoho_anna(live))


class Slow(CountingTransport):
    """Has every list call wait once."""

    lists = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(("/search", "/v3/contacts")):
            self.lists += 1
            if self.lists % 2:
                return httpx.Response(429)
        return super().handle_request(request)


def test_where_every_call_has_to_wait_reading_ends_nevertheless(
    live: World, settings: Any, time: Any
) -> None:
    line = Slow(live.app, live.sent)
    settings.TRANSPORT_FACTORY = lambda: line
    run = run_request(sync=live.sync, mode="live", trigger="schedule", scope="dirty")
    for _ in range(20):
        time.shift(timedelta(hours=1))
        run = live.work(run)
        if run.state != SyncRun.State.WAITING:
            break

    assert run.state == SyncRun.State.COMPLETED
    assert line.lists == 2 * (2 + MAX_AGAIN)  # one side a time, as the other is new


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
