"""Going through a queue: after a decision one is back at the place where one was."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sync.choices.choosing import conflict_resolve
from sync.choices.shown import conflicts_stamp, removal_stamp
from sync.models import PendingDelete, RecordLink, Sync, SyncRecord
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.sync.rows import live_sync, remote, run_make, unit
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.world import World
from workspaces.models import Workspace

QUEUE = "/w/acme/attention/"
FIELD = {
    "left": "companyName",
    "right": "company_name",
    "label": "Company",
    "left_value": "Left",
    "right_value": "Right",
    "reason": "Two different values: you choose.",
}


@pytest.fixture
def sync(workspace: Workspace) -> Sync:
    return live_sync(workspace)


def conflicts_make(sync: Sync, count: int) -> list[SyncRecord]:
    return [
        unit(sync, "conflict", n, reason_code="ask", detail={"conflicts": [FIELD]})
        for n in range(count)
    ]


def choose(client: Client, record: SyncRecord, **sent: str) -> str:
    """Choose the left value of a conflict; return where the person is sent."""
    seen = conflicts_stamp(record)
    answer = client.post(
        f"/w/acme/people/{record.pk}/choose/",
        {"winner-0": "left", "seen": seen, **sent},
    )
    return str(answer["Location"])


def shown(client: Client, url: str) -> list[int]:
    """Return the conflicts that a page of the queue shows, in order."""
    answer = client.get(url.partition("#")[0])
    return [card["record"].pk for card in answer.context["conflict_cards"]]


def test_a_decision_leads_to_the_next_card_of_the_same_page(
    as_owner: Client, sync: Sync
) -> None:
    records = conflicts_make(sync, 23)
    eleventh, twelfth = records[10], records[11]
    page = as_owner.get(QUEUE, {"show": "conflicts", "page": "2"}).content.decode()
    assert f'name="after" value="card-{twelfth.pk}"' in page

    url = choose(as_owner, eleventh, show="conflicts", after=f"card-{twelfth.pk}")

    assert url == f"{QUEUE}?show=conflicts&at={eleventh.pk}#card-{twelfth.pk}"
    assert shown(as_owner, url) == [each.pk for each in records[10:20]]
    eleventh.delete()  # the run is through
    assert shown(as_owner, url) == [each.pk for each in records[11:21]]


def test_after_the_last_of_the_last_page_the_page_before_is_shown(
    as_owner: Client, sync: Sync
) -> None:
    records = conflicts_make(sync, 11)
    url = choose(as_owner, records[10], show="conflicts", after="")

    records[10].delete()

    assert shown(as_owner, url) == [each.pk for each in records[:10]]


def test_from_everything_one_is_back_at_everything(
    as_owner: Client, sync: Sync
) -> None:
    one, two = conflicts_make(sync, 2)

    assert choose(as_owner, one, after=f"card-{two.pk}") == f"{QUEUE}#card-{two.pk}"


@pytest.mark.parametrize("after", ["//evil.example", "card-1#x", "card-x", "\n"])
def test_only_a_card_is_gone_to(as_owner: Client, sync: Sync, after: str) -> None:
    record = conflicts_make(sync, 1)[0]

    assert choose(as_owner, record, after=after) == QUEUE


def test_whoever_came_from_a_run_is_shown_the_run(as_owner: Client, sync: Sync) -> None:
    ended = run_make(sync)
    record = conflicts_make(sync, 3)[2]
    entry = LogEntry.objects.create(
        workspace=sync.workspace,
        run=ended,
        unit=record.unit,
        outcome="conflict",
        object_type="contact",
    )
    page = as_owner.get(f"/w/acme/runs/{ended.pk}/people/{entry.pk}/").content.decode()
    link = f"?show=conflicts&amp;at={record.pk}&amp;run={ended.pk}#card-{record.pk}"
    assert link in page

    url = link.replace("&amp;", "&").partition("#")[0]
    queue = as_owner.get(QUEUE + url).content.decode()
    assert f'name="run" value="{ended.pk}"' in queue
    went = choose(as_owner, record, show="conflicts", run=str(ended.pk))

    run = SyncRun.objects.get(trigger="retry")
    assert went == f"/w/acme/runs/{run.pk}/"


def test_while_it_is_carried_out_the_card_has_no_buttons_and_then_goes(
    as_owner: Client, sync: Sync
) -> None:
    one, two = conflicts_make(sync, 2)
    run = conflict_resolve(record=one, winners={0: "left"}, actor=None)

    answer = as_owner.get(QUEUE, {"show": "conflicts"})

    cards = {
        card["record"].pk: card["run"] for card in answer.context["conflict_cards"]
    }
    assert cards == {one.pk: run.pk, two.pk: 0}
    page = answer.content.decode()
    assert "carries out what was decided" in page
    assert page.count("Use what I chose") == 1
    assert f'hx-select="#card-{one.pk}"' in page
    htmx = {"HX-Request": "true", "HX-Target": f"card-{one.pk}"}
    again = as_owner.get(QUEUE, {"show": "conflicts"}, headers=htmx).content.decode()
    assert f'id="card-{one.pk}"' in again


def test_when_all_is_carried_out_the_whole_queue_is_asked_for_again(
    as_owner: Client, sync: Sync
) -> None:
    record = conflicts_make(sync, 1)[0]
    run = conflict_resolve(record=record, winners={0: "left"}, actor=None)

    page = as_owner.get(QUEUE).content.decode()
    assert 'hx-target="#queue"' in page
    SyncRun.objects.filter(pk=run.pk).update(state="completed")
    record.delete()

    htmx = {"HX-Request": "true", "HX-Target": "queue"}
    page = as_owner.get(QUEUE, headers=htmx).content.decode()
    assert "Nothing needs you" in page
    assert 'hx-target="#queue"' not in page


def test_during_another_run_one_goes_on_deciding(as_owner: Client, sync: Sync) -> None:
    one, two = conflicts_make(sync, 2)
    run_make(sync, "running")

    url = choose(as_owner, one, show="conflicts", after=f"card-{two.pk}")

    assert url == f"{QUEUE}?show=conflicts&at={one.pk}#card-{two.pk}"
    answer = as_owner.get(url.partition("#")[0])
    run = SyncRun.objects.get(is_aside=True)
    assert "</a> carries it out for Person 0, after the run under way." in (
        answer.content.decode()
    )
    cards = {
        card["record"].pk: card["run"] for card in answer.context["conflict_cards"]
    }
    assert cards == {one.pk: run.pk, two.pk: 0}


def test_a_pending_delete_is_decided_in_place(as_owner: Client, sync: Sync) -> None:
    rows = []
    for n in range(22):
        left, right = remote(sync, "left", n), remote(sync, "right", n)
        link = RecordLink.objects.create(
            sync=sync, object_type="contact", left=left, right=right
        )
        PendingDelete.objects.create(sync=sync, link=link, at="right")
        rows.append(
            unit(sync, "review", n, reason_code="delete_ask", left=left, right=right)
        )
    pending = list(PendingDelete.objects.order_by("pk"))

    answer = as_owner.post(
        f"/w/acme/people/{rows[20].pk}/remove/",
        {
            "way": "keep",
            "seen": removal_stamp(pending[20]),
            "show": "deletes",
            "after": f"card-{rows[21].pk}",
        },
    )

    url = answer["Location"]
    assert url == f"{QUEUE}?show=deletes&at={pending[20].pk}#card-{rows[21].pk}"
    cards = as_owner.get(url.partition("#")[0]).context["delete_cards"]
    assert [card["record"].pk for card in cards] == [rows[20].pk, rows[21].pk]


def test_a_decision_is_carried_out_and_its_card_gone(
    as_owner: Client, empty_world: World
) -> None:
    world = empty_world
    world.sync.conflict = "ask"
    world.sync.save()
    highlevel_add(world, firstName="Anna", email="a@example.com", companyName="Left")
    person = {"first_name": "Anna", "email": "a@example.com"}
    zoho_add(world, contact_name="Anna", company_name="Right", contact_persons=[person])
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    record = SyncRecord.objects.get(list="conflict")

    page = as_owner.get(choose(as_owner, record)).content.decode()
    run = SyncRun.objects.get(trigger="retry")
    assert f'<a href="/w/acme/runs/{run.pk}/">Run {run.pk}</a> carries it out' in page
    world.work(run)

    assert "Nothing needs you" in as_owner.get(QUEUE).content.decode()


def test_a_run_of_everybody_takes_nobodys_buttons(as_owner: Client, sync: Sync) -> None:
    conflicts_make(sync, 1)
    sync.state = "live"
    sync.save()
    run_make(sync, "running")

    page: Any = as_owner.get(QUEUE, {"show": "conflicts"}).content.decode()

    assert "Use what I chose" in page
