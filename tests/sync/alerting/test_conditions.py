"""What each rule sees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosswalk.clock import now
from integrations.models import BudgetWindow, Connection
from integrations.quotas.subjects import subject_of
from integrations.quotas.windows import windows
from sync.alerting.conditions import looks
from sync.models import AlertRule, InboxEvent, Sync, SyncDay
from sync.setup.saving import sync_pause
from synclog.models import SyncRun
from tests.sync.rows import failing, live_sync, run_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def sync(workspace) -> Sync:
    return live_sync(workspace)


def wrong(workspace) -> dict[str, str]:
    """Return rule → title of what is wrong."""
    return {each.rule: each.title for each in looks(workspace) if each.title}


def limit(workspace, rule: str, number: int) -> None:
    AlertRule.objects.create(workspace=workspace, rule=rule, limit=number)


def test_nothing_is_wrong_with_a_healthy_sync(workspace, sync):
    run_make(sync)

    assert wrong(workspace) == {}


def test_people_who_fail(workspace, sync):
    run = run_make(sync, "completed_with_failures")
    failing(sync, run, 1)
    failing(sync, run, 2)

    assert wrong(workspace) == {"failing": "Contacts: 2 people could not be written"}


def test_fewer_than_the_limit_are_not_told_of(workspace, sync):
    limit(workspace, "failing", 3)
    failing(sync, run_make(sync), 1)

    assert wrong(workspace) == {}


def test_a_lost_connection_is_told_of_and_not_the_run_it_broke(workspace, sync):
    run_make(sync, "failed", reason="Zoho Invoice must be connected again.")
    Connection.objects.filter(pk=sync.right_id).update(health="needs_reconnect")

    assert wrong(workspace) == {"reconnect": "Zoho must be connected again"}


def test_a_run_that_failed_until_one_goes_well(workspace, sync):
    run_make(sync, "failed", reason="It made a mistake.")
    assert wrong(workspace) == {"failed": "Contacts: a run failed"}

    run_make(sync)
    assert wrong(workspace) == {}


def test_a_sync_that_has_fallen_silent(workspace, sync):
    Sync.objects.update(polled_at=now() - timedelta(hours=25))

    assert wrong(workspace) == {"silent": "Contacts: no run has ended for 25 hours"}


def test_a_sync_without_a_schedule_may_be_silent(workspace):
    sync = live_sync(workspace, schedule="manual")
    Sync.objects.filter(pk=sync.pk).update(polled_at=now() - timedelta(days=9))

    assert wrong(workspace) == {}


@pytest.mark.parametrize(
    ("count", "seen"), [(100, False), (499, False), (501, True), (19, True), (0, True)]
)
def test_a_day_unlike_the_others(workspace, sync, count, seen):
    Sync.objects.update(went_live_at=now() - timedelta(days=60))
    today = now().date()
    for back in range(2, 16):
        SyncDay.objects.create(sync=sync, day=today - timedelta(days=back), written=100)
    SyncDay.objects.create(sync=sync, day=today - timedelta(days=1), written=count)

    assert ("volume" in wrong(workspace)) is seen


def test_a_young_sync_has_no_usual_day(workspace, sync):
    Sync.objects.update(went_live_at=now() - timedelta(days=4))
    SyncDay.objects.create(
        sync=sync, day=now().date() - timedelta(days=1), written=90_000
    )

    assert "volume" not in wrong(workspace)


def test_a_guard_that_tripped_and_not_a_person_who_paused(workspace, sync):
    sync_pause(sync=sync, actor=None, reason="Phone would be replaced for 80 %.")
    assert wrong(workspace) == {"guard": "Contacts paused itself"}

    Sync.objects.update(paused_reason="")
    assert wrong(workspace) == {}


def test_calls_that_run_out(workspace, sync):
    limit = windows(sync.right)[-1]["limit"]
    BudgetWindow.objects.create(
        subject=subject_of(sync.right),
        window="day",
        limit=limit,
        used=limit * 95 // 100,
        resets_at=now() + timedelta(hours=3),
    )

    assert wrong(workspace) == {"quota": "Zoho: 95 % of the day's calls are used"}


def test_notices_that_nobody_takes_up(workspace, sync):
    event = InboxEvent.objects.create(
        connection=sync.left, event_type="ContactUpdate", body="{}", next_at=now()
    )
    assert wrong(workspace) == {}

    InboxEvent.objects.filter(pk=event.pk).update(
        received_at=now() - timedelta(minutes=45)
    )
    assert wrong(workspace) == {
        "unheard": "Contacts: notices have waited for 45 minutes"
    }


def test_a_rule_that_is_off_sees_nothing(workspace, sync):
    failing(sync, run_make(sync), 1)
    AlertRule.objects.create(workspace=workspace, rule="failing", is_on=False)

    assert "failing" not in {each.rule for each in looks(workspace)}


def test_a_look_takes_the_same_queries_for_many_syncs(
    workspace, sync, django_assert_max_num_queries
):
    SyncRun.objects.all().delete()

    with django_assert_max_num_queries(14):
        looks(workspace)
