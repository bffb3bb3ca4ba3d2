"""Live sync: a change on one side arrives at the other, by notice and by poll."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client

from crosswalk.clock import now
from integrations.models import RemoteRecord
from integrations.selectors import webhook_url
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sandbox.zoho import desk as zoho
from sync.jobs import drain_inbox, tick, work_run
from sync.models import HookCount, InboxEvent, RecordLink, Sync, SyncRecord
from sync.services import run_request
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.world import World

ANNA = {"firstName": "Anna", "lastName": "Berg", "email": "anna@example.com"}


def hand_over(client: Client, requests: list[httpx.Request]) -> list[int]:
    """Bring deliveries to the product as the network would; return the statuses."""
    return [
        client.post(
            request.url.path,
            data=request.content,
            content_type=request.headers["content-type"],
            headers={
                name: value
                for name, value in request.headers.items()
                if name.startswith("x-")
            },
        ).status_code
        for request in requests
    ]


def make_live(world: World) -> World:
    """Have one person linked and the sync live, and both systems send notices."""
    context: Context = world.app.extensions["context"]
    highlevel.contact_save(context, None, ANNA)
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.notify(webhook_url)
    world.sent.clear()
    return world


@pytest.fixture
def live(empty_world: World) -> World:
    """A live sync with one linked person, whose systems send notices."""
    return make_live(empty_world)


def anna_at_left(world: World) -> str:
    return RecordLink.objects.get(sync=world.sync).left.remote_id


def zoho_anna(world: World) -> dict[str, Any]:
    return world.store.all("zoho.contact")[0]


def test_a_change_at_highlevel_arrives_at_zoho_by_notice(
    live: World, client: Client
) -> None:
    context = live.app.extensions["context"]
    highlevel.contact_save(context, anna_at_left(live), {"lastName": "Bergström"})

    statuses = hand_over(client, live.arrivals())
    drain_inbox()

    assert statuses == [200]
    assert "Bergström" in str(zoho_anna(live))
    entry = LogEntry.objects.order_by("pk").last()
    assert entry is not None
    assert (entry.outcome, entry.side) == ("update", "right")
    assert not InboxEvent.objects.filter(next_at__isnull=False).exists()


class Meanwhile(httpx.BaseTransport):
    """The line to the vendors, on which something happens once after a certain call."""

    def __init__(self, inner: httpx.BaseTransport, after: str, what: Any) -> None:
        self.inner, self.after, self.what = inner, after, what

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        answer.read()
        what, is_it = self.what, request.url.path.endswith(self.after)
        if what is not None and is_it:
            self.what = None
            what()
        return answer


def calls(world: World) -> list[str]:
    """Return the calls of the sync that were made: how, and to whom."""
    return [
        f"{request.method} {request.url.path.split('/')[1]}"
        for request in world.sent
        if not request.url.path.endswith("/webhook-keys")
    ]


def ruled(world: World, conflict: str) -> None:
    """Have a sync decide conflicts otherwise, and everybody decided by that."""
    Sync.objects.update(conflict=conflict)
    world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")
    world.sent.clear()


def test_an_edit_that_is_seen_just_before_a_write_is_not_written_over(
    live: World, settings: Any
) -> None:
    Sync.objects.update(conflict="right")
    # its list row does not say who the primary person is: a read comes before the write
    RemoteRecord.objects.filter(connection=live.right).update(facts={})
    context = live.app.extensions["context"]
    person = zoho_anna(live)["contact_id"]
    highlevel.contact_save(context, anna_at_left(live), {"lastName": "Bergström"})
    line = Meanwhile(
        settings.TRANSPORT_FACTORY(),
        "/contacts",  # the list that is polled
        lambda: zoho.contact_save(context, person, {"last_name": "Hill"}),
    )
    settings.TRANSPORT_FACTORY = lambda: line

    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    assert live.writes() == []
    unit = SyncRecord.objects.get()
    assert (unit.list, unit.reason_code) == ("excluded", "moved")
    assert unit.reason.startswith("Changed at Zoho Invoice just now")
    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")
    assert SyncRecord.objects.get().list == "in_sync"
    assert RemoteRecord.objects.get(connection=live.left).values["lastName"] == "Hill"
    assert "Hill" in str(zoho_anna(live))


def test_an_edit_across_that_nothing_told_of_is_not_written_over_by_a_notice(
    live: World, client: Client
) -> None:
    ruled(live, "ask")
    context = live.app.extensions["context"]
    zoho.contact_save(context, zoho_anna(live)["contact_id"], {"last_name": "Hill"})
    live.arrivals()  # its notice is lost
    highlevel.contact_save(context, anna_at_left(live), {"lastName": "Bergström"})

    hand_over(client, live.arrivals())
    drain_inbox()

    assert calls(live) == ["GET highlevel", "GET zoho"]
    unit = SyncRecord.objects.get()
    assert unit.list == "conflict"
    (asked,) = unit.detail["conflicts"]
    assert (asked["left_value"], asked["right_value"]) == ("Bergström", "Hill")


def test_who_is_written_by_a_notice_is_read_where_an_edit_would_count(
    live: World, client: Client
) -> None:
    context = live.app.extensions["context"]
    looked = {"newest": 1, "ask": 1, "right": 1, "left": 0}
    for number, policy in enumerate(looked):
        ruled(live, policy)
        highlevel.contact_save(context, anna_at_left(live), {"lastName": f"B{number}"})
        hand_over(client, live.arrivals())
        drain_inbox()
        expected = ["GET highlevel", *["GET zoho"] * looked[policy], "PUT zoho"]
        assert calls(live) == expected, policy
        assert f"B{number}" in str(zoho_anna(live))


def test_what_nobody_maps_costs_no_look_across(live: World, client: Client) -> None:
    context = live.app.extensions["context"]
    record = anna_at_left(live)
    highlevel.contact_retag(context, record, add=["vip"], remove=[])

    hand_over(client, live.arrivals())
    drain_inbox()

    assert "GET zoho" not in calls(live)


def test_several_that_are_written_by_notices_are_looked_for_by_one_list(
    live: World, client: Client
) -> None:
    context = live.app.extensions["context"]
    others = [
        highlevel.contact_save(
            context, None, {"firstName": name, "email": f"{name}@x.example"}
        )
        for name in ("Ben", "Cleo")
    ]
    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")
    live.arrivals()
    live.sent.clear()
    for person in others:
        highlevel.contact_save(context, person["id"], {"lastName": "Hill"})

    hand_over(client, live.arrivals())
    drain_inbox()

    assert calls(live).count("GET zoho") == 1
    assert str(live.store.all("zoho.contact")).count("Hill") >= 2


def test_whom_a_look_across_shows_is_looked_for_at_the_other_side(
    live: World, client: Client
) -> None:
    """Zoho is listed for a newcomer, and tells of Anna, who was edited on both sides."""
    ruled(live, "ask")
    context = live.app.extensions["context"]
    zoho.contact_save(context, zoho_anna(live)["contact_id"], {"last_name": "Hill"})
    highlevel.contact_save(context, anna_at_left(live), {"lastName": "Bergström"})
    live.arrivals()  # these notices are late
    neo = {"firstName": "Neo", "email": "neo@x.example"}
    highlevel.contact_save(context, None, neo)
    hand_over(client, live.arrivals())

    drain_inbox()

    assert "Bergström" in str(live.store.all("highlevel_contact"))
    assert live.lists() == {"conflict": 1, "in_sync": 1}
    # the newcomer; who is there; Anna, whom that showed; the newcomer's create
    assert calls(live) == ["GET highlevel", "GET zoho", "GET highlevel", "POST zoho"]


def test_who_counted_as_gone_and_is_listed_in_a_look_across_is_read(
    live: World, client: Client
) -> None:
    context = live.app.extensions["context"]
    blind = {"system": "highlevel", "match": "GET /contacts/[^/]+$", "fault": "404"}
    live.switch(fail_next=[{**blind, "times": 1}])
    anna = anna_at_left(live)
    highlevel.contact_save(context, anna, {"lastName": "Bergson"})
    hand_over(client, live.arrivals())
    drain_inbox()
    row = RemoteRecord.objects.get(connection=live.left, remote_id=anna)
    assert row.gone_at is not None
    zoho_add(live, None, contact_name="Neo", email="neo@x.example")
    hand_over(client, live.arrivals())

    drain_inbox()

    row.refresh_from_db()
    assert row.gone_at is None


def test_the_echo_of_our_own_write_costs_no_call(live: World, client: Client) -> None:
    context = live.app.extensions["context"]
    highlevel.contact_save(context, anna_at_left(live), {"lastName": "Bergström"})
    hand_over(client, live.arrivals())
    drain_inbox()
    live.sent.clear()

    echoes = live.arrivals()
    statuses = hand_over(client, echoes)
    drain_inbox()

    assert len(echoes) == 1
    assert statuses == [200]
    assert live.sent == []
    assert SyncRun.objects.order_by("-pk").values_list("is_quiet", flat=True)[0]


def test_a_change_without_a_notice_arrives_with_the_next_poll(live: World) -> None:
    context = live.app.extensions["context"]
    highlevel.contact_save(context, anna_at_left(live), {"phone": "020 7946 0958"})

    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    assert "+442079460958" in str(zoho_anna(live))


def test_an_idle_poll_costs_one_call_a_side(live: World) -> None:
    run = live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    assert run.calls == {"GHL": 1, "Zoho": 1}
    assert run.is_quiet


def test_a_due_poll_is_asked_for_once(live: World) -> None:
    live.sync.refresh_from_db()
    assert live.sync.next_poll_at is not None
    live.sync.next_poll_at = live.sync.went_live_at
    live.sync.save()

    tick()
    tick()

    polls = SyncRun.objects.filter(trigger=SyncRun.Trigger.SCHEDULE)
    assert polls.count() == 1


def test_a_record_deleted_at_one_side_stays_at_the_other(
    live: World, client: Client
) -> None:
    context = live.app.extensions["context"]
    highlevel.contact_delete(context, anna_at_left(live))

    hand_over(client, live.arrivals())
    drain_inbox()

    row = RemoteRecord.objects.get(connection=live.left)
    assert row.gone_at is not None
    assert len(live.store.all("zoho.contact")) == 1
    assert live.lists() == {"excluded": 1}


def test_the_same_delivery_twice_is_kept_once(live: World, client: Client) -> None:
    context = live.app.extensions["context"]
    highlevel.contact_save(context, anna_at_left(live), {"city": "Malmö"})
    arrivals = live.arrivals()

    assert hand_over(client, arrivals * 2) == [200, 200]

    assert InboxEvent.objects.count() == 1


def test_bad_deliveries_are_refused_and_counted(live: World, client: Client) -> None:
    hook = "/hooks/crm/"
    own = f"/hooks/c/{live.right.webhook_token}/"

    def post(path: str, body: bytes, kind: str = "application/json") -> int:
        return client.post(path, data=body, content_type=kind).status_code

    assert post(hook, b'{"type": "ContactUpdate"}') == 401
    assert post(hook, b"x" * 5_000_000) == 413
    assert post(hook, b"<a/>", "text/xml") == 415
    assert post(own, b"{nonsense") == 400
    assert post("/hooks/c/not-a-token/", b"{}") == 404
    assert post("/hooks/nobody/", b"{}") == 404
    assert client.get(hook).status_code == 405
    assert not InboxEvent.objects.exists()
    assert HookCount.objects.filter(outcome__startswith="refused").count() == 6


def test_an_unknown_location_is_answered_200_and_dropped(
    live: World, client: Client
) -> None:
    context = live.app.extensions["context"]
    live.left.account_id = "SomewhereElse"
    live.left.save()
    highlevel.contact_save(context, anna_at_left(live), {"city": "Malmö"})

    assert hand_over(client, live.arrivals()) == [200]

    assert not InboxEvent.objects.exists()
    assert HookCount.objects.filter(outcome="unknown account").exists()


def test_a_notice_that_came_during_a_run_is_taken_up_when_it_ends(
    live: World, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    context = live.app.extensions["context"]
    poll = run_request(
        sync=live.sync, mode="live", trigger=SyncRun.Trigger.SCHEDULE, scope="dirty"
    )
    highlevel.contact_save(context, anna_at_left(live), {"lastName": "Bergström"})
    hand_over(client, live.arrivals())
    assert drain_inbox().startswith("0 syncs")

    with django_capture_on_commit_callbacks(execute=True):
        work_run(poll.pk)

    assert not InboxEvent.objects.filter(next_at__isnull=False).exists()
    assert "Bergström" in str(zoho_anna(live))


def test_somebody_entered_on_both_sides_is_not_made_twice(
    live: World, client: Client
) -> None:
    """The notice of the one arrives, that of the other was lost."""
    context = live.app.extensions["context"]
    shared = {"email": "bert@example.com", "phone": "+447911100001"}
    highlevel.contact_save(
        context, None, {**shared, "firstName": "Bert", "companyName": "Firm"}
    )
    notices = live.arrivals()
    zoho.contact_save(
        context, None, {**shared, "first_name": "Bert", "contact_name": "Bert Berg"}
    )
    live.arrivals()

    hand_over(client, notices)
    drain_inbox()

    assert len(live.store.all("zoho.contact")) == 2
    assert RecordLink.objects.filter(sync=live.sync).count() == 2


def test_a_notice_before_the_first_listing_has_both_sides_listed(
    empty_world: World, client: Client
) -> None:
    context = empty_world.app.extensions["context"]
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.notify(webhook_url)
    zoho.contact_save(
        context,
        None,
        {"first_name": "Anna", "contact_name": "A. B.", "email": ANNA["email"]},
    )
    empty_world.arrivals()
    highlevel.contact_save(context, None, ANNA)
    hand_over(client, empty_world.arrivals())

    drain_inbox()

    assert len(empty_world.store.all("zoho.contact")) == 1
    assert RecordLink.objects.filter(sync=empty_world.sync).count() == 1


@pytest.fixture
def refused(empty_world: World) -> World:
    """A live sync in which Zoho refused to make Anna."""
    world = empty_world
    highlevel_add(world, **ANNA)
    no = {"system": "zoho", "match": "POST /invoice/v3/contacts", "fault": "400"}
    world.switch(fail_next=[{**no, "times": 1, "body": {"code": 15, "message": "no"}}])
    assert world.run().counts["failed"] == 1
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")
    world.switch(fail_next=[])
    return world


def by_hand(world: World) -> None:
    """Somebody makes Anna at Zoho, under another name."""
    person = {"first_name": "Anna", "last_name": "Berg", "email": ANNA["email"]}
    zoho_add(world, contact_name="Berg, A.", contact_persons=[person])


def test_who_failed_and_was_made_by_hand_is_not_made_again_by_a_notice(
    refused: World,
) -> None:
    by_hand(refused)
    SyncRecord.objects.update(retry_at=now() - timedelta(seconds=1))

    run = refused.run(trigger=SyncRun.Trigger.WEBHOOK, scope="dirty")

    assert (run.counts["create"], run.counts["link"]) == (0, 1)
    assert len(refused.store.all("zoho.contact")) == 1


def test_who_rests_after_a_failure_is_linked_when_made_by_hand(refused: World) -> None:
    SyncRecord.objects.update(attempts=5, retry_at=now() + timedelta(hours=6))
    by_hand(refused)

    run = refused.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    assert run.counts["link"] == 1
    assert refused.lists() == {"in_sync": 1}


def test_edits_after_a_vendors_clock_was_put_back_are_met_by_the_polls(
    live: World,
) -> None:
    context, clock = (live.app.extensions[name] for name in ("context", "clock"))
    anna = anna_at_left(live)
    other = highlevel.contact_save(
        context, None, {"firstName": "Bob", "email": "b@x.example"}
    )
    clock.advance(3600)
    highlevel.contact_save(context, other["id"], {"lastName": "Fast"})
    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    clock.advance(-3600)
    highlevel.contact_save(context, anna, {"lastName": "Bergson"})
    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    assert "Bergson" in str(live.store.all("zoho.contact"))
    live.sent.clear()
    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")
    assert sorted(calls(live)) == ["GET zoho", "POST highlevel"]  # one a side
