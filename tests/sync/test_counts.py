"""Every record is in exactly one list, and every page counts the same."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from django.core.management import call_command
from django.urls import reverse

from integrations.models import Connection, RemoteRecord
from sync import selectors
from sync.models import CauseCare, SyncRecord
from sync.telling.standing import standings
from sync.views.needs import needs_of
from tests.sync.rows import run_make
from tests.sync.world import World


@pytest.fixture
def ran(world: World) -> World:
    """A world after its first run, with every list filled."""
    world.sync.conflict = "ask"
    world.sync.save()
    world.run()
    some = list(SyncRecord.objects.filter(list="in_sync").order_by("pk")[:7])
    for number, record in enumerate(some):
        record.list = "failing" if number else "waiting"
        record.reason_code = "mapping" if number > 3 else "remote_rejected"
        record.field_map = "phone|phone" if number > 4 else ""
        record.save()
    return world


def test_every_record_is_in_exactly_one_list(ran: World) -> None:
    rows = SyncRecord.objects.values_list("left", "right", "list")
    seen = Counter(pk for left, right, _ in rows for pk in (left, right) if pk)
    alive = RemoteRecord.objects.filter(gone_at=None, object_type="contact")

    assert set(seen) == set(alive.values_list("pk", flat=True))
    assert set(seen.values()) == {1}
    assert {name for *_, name in rows} <= set(selectors.LISTS)


def test_home_sync_page_people_and_command_count_the_same(
    as_owner, ran: World, capsys
) -> None:
    lists = dict.fromkeys(selectors.LISTS, 0) | ran.lists()

    standing = standings(ran.workspace)[0]
    call_command("crosswalk_status", "--json")
    status = json.loads(capsys.readouterr().out)
    page = reverse("sync:sync_people", args=["acme", ran.sync.pk])
    text = as_owner.get(page).content.decode()

    assert standing.counts == lists
    assert status["syncs"][0]["records"] == lists
    facets = re.search(r'<nav class="facets".*?</nav>', text, re.DOTALL)
    assert facets is not None
    numbers = [int(n.replace(",", "")) for n in re.findall(r"<b>([\d,]+)", facets[0])]
    assert Counter(numbers) == Counter([sum(lists.values()), *lists.values()])
    for name, count in lists.items():
        shown = as_owner.get(page, {"list": name}).content.decode()
        assert f"{count:,} " in shown.split("<h1>")[1].split("</h1>")[0]


def counted(client, world: World, rf) -> tuple[int, int, int]:
    """Return how many things need somebody: sidebar, page, home."""
    page = client.get("/w/acme/attention/").content.decode()
    title = page.split("<h1>")[1].split("</h1>")[0]
    number = re.match(r"[\d,]+", title)
    request = rf.get("/")
    request.workspace = world.workspace
    _, home = needs_of(request, standings(world.workspace))
    side = selectors.attention_count(world.workspace)
    return side, int(number[0].replace(",", "")) if number else 0, home


def test_what_needs_somebody_is_counted_alike_everywhere(
    as_owner, ran: World, rf
) -> None:
    before = counted(as_owner, ran, rf)
    assert len(set(before)) == 1
    assert before[0] > 3

    CauseCare.objects.create(sync=ran.sync, code="remote_rejected", is_aside=True)
    assert counted(as_owner, ran, rf) == (before[0] - 1,) * 3

    run_make(ran.sync, "failed", reason="Stopped.", reason_code="guard")
    assert counted(as_owner, ran, rf) == (before[0],) * 3

    Connection.objects.filter(pk=ran.right.pk).update(health="needs_reconnect")
    # the run failed for the connection: one thing to do, not two
    assert counted(as_owner, ran, rf) == (before[0],) * 3
