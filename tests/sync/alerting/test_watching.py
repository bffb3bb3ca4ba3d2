"""What is told, to whom, how often: from the state of a workspace to the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from crosswalk.clock import now
from integrations.models import Connection
from sync.alerting.channels import channel_add, channel_change
from sync.alerting.deliveries import MOST_AN_HOUR, digest_at
from sync.alerting.due import alerts_due
from sync.alerting.watching import watch_work
from sync.models import Alert, AlertChannel, AlertWatch, Delivery, Sync
from sync.setup.saving import sync_pause
from synclog.models import Event
from tests.sync.rows import failing, live_sync, run_make

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sync(clock, workspace) -> Sync:
    return live_sync(workspace)


def channel(workspace, name="Office", **given) -> AlertChannel:
    given = {"kind": "email", "to": "a@example.com", "pace": "at_once", **given}
    return channel_add(
        workspace=workspace,
        name=name,
        rules=given.pop("rules", []),
        actor=None,
        **given,
    )


def look(workspace) -> None:
    watch = AlertWatch.objects.get(workspace=workspace)
    assert watch_work(watch.pk) is not None


def lose(sync: Sync, is_lost: bool = True) -> None:
    health = "needs_reconnect" if is_lost else "active"
    Connection.objects.filter(pk=sync.right_id).update(health=health)


def sent() -> list[str]:
    rows = Delivery.objects.order_by("pk")
    return [item["title"] for row in rows for item in row.items]


def test_a_trouble_is_told_once_and_its_end_once(clock, workspace, sync):
    channel(workspace)
    for lost in (False, True, True, True, *[False] * 8):
        lose(sync, lost)
        look(workspace)
        clock.shift(timedelta(minutes=1))

    title = "Zoho must be connected again"
    assert sent() == [title, f"Over: {title}"]


def test_a_flapping_connection_does_not_flood(clock, workspace, sync):
    channel(workspace)
    for minute in range(600):  # ten hours
        lose(sync, minute % 2 == 0)
        look(workspace)
        clock.shift(timedelta(minutes=1))

    assert sent() == ["Zoho must be connected again"]


def test_what_is_wrong_when_the_first_channel_is_added_is_told(workspace, sync):
    lose(sync)
    channel(workspace)

    look(workspace)

    assert len(sent()) == 1


def test_a_channel_is_told_only_of_its_rules(workspace, sync):
    channel(workspace, "All")
    channel(workspace, "Guards", rules=["guard"])
    channel_off = channel(workspace, "Off")
    AlertChannel.objects.filter(pk=channel_off.pk).update(is_active=False)
    lose(sync)

    look(workspace)

    assert [row.channel.name for row in Delivery.objects.all()] == ["All"]


def test_a_sync_that_is_paused_is_neither_failing_nor_well_again(
    clock, workspace, sync
):
    channel(workspace)
    failing(sync, run_make(sync), 1)
    look(workspace)
    sync_pause(sync=sync, actor=None)
    clock.shift(timedelta(hours=1))

    look(workspace)

    assert sent() == ["Contacts: 1 person could not be written"]
    assert not Alert.objects.get(rule="failing").is_open


def test_one_look_at_a_time(workspace, sync):
    channel(workspace)
    watch = AlertWatch.objects.get()
    AlertWatch.objects.update(
        lease_owner="elsewhere|1|1|x", lease_until=now() + timedelta(minutes=1)
    )
    lose(sync)

    assert watch_work(watch.pk) is None
    assert sent() == []


def test_a_daily_channel_gets_one_message_at_eight_by_the_clock_of_the_workspace(
    clock, workspace, sync
):
    channel(workspace, pace="daily")
    lose(sync)
    look(workspace)
    clock.shift(timedelta(minutes=1))
    failing(sync, run_make(sync), 1)
    look(workspace)

    (row,) = Delivery.objects.all()
    assert [item["rule"] for item in row.items] == ["reconnect", "failing"]
    assert row.next_at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def test_eight_o_clock_is_eight_o_clock_when_clocks_change():
    before = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)  # London's clocks go on at night

    assert digest_at(before, "Europe/London") == datetime(2026, 3, 29, 7, tzinfo=UTC)


def test_more_than_a_few_messages_an_hour_are_gathered(workspace, sync):
    place = channel(workspace)
    for number in range(MOST_AN_HOUR):
        Delivery.objects.create(
            workspace=workspace, channel=place, items=[{"title": str(number)}]
        )
    lose(sync)
    failing(sync, run_make(sync), 1)

    look(workspace)

    last = Delivery.objects.order_by("pk").last()
    assert (last.gathers, len(last.items)) == (True, 2)
    assert last.next_at == START + timedelta(minutes=30)


def test_a_channel_that_is_changed_keeps_where_it_goes(workspace, sync, owner):
    place = channel(workspace)

    channel_change(
        channel=place, pace="daily", rules=["guard"], is_active=True, actor=owner
    )

    place.refresh_from_db()
    assert (place.pace, place.rules, place.shown) == (
        "daily",
        ["guard"],
        "a@example.com",
    )


def test_an_event_has_a_workspace_looked_at_at_once(workspace, sync):
    channel(workspace)
    look(workspace)
    handed: list[int] = []
    alerts_due(handed.append, handed.append)
    assert handed == []  # nothing is due for a minute

    Event.objects.create(workspace=workspace, type="connection.needs_reconnect")
    from django.core.cache import cache

    cache.clear()
    alerts_due(handed.append, handed.append)

    assert handed == [AlertWatch.objects.get().pk]


def test_an_event_is_taken_up_once(workspace, sync):
    channel(workspace)
    Event.objects.create(workspace=workspace, type="run.failed")
    look(workspace)

    assert AlertWatch.objects.get().event_id == Event.objects.order_by("pk").last().pk
