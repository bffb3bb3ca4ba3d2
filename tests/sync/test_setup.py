"""Setting a sync up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from sync.models import RecordLink, Sync
from sync.setup.saving import (
    next_poll_after,
    sync_go_live,
    sync_pause,
    sync_resume,
    sync_to_draft,
)
from synclog.models import Event
from tests.config.rows import connection_make, mapped, pair_make, sync_make
from workspaces.models import AuditEvent
from workspaces.services import workspace_create

pytestmark = pytest.mark.django_db


def test_it_makes_a_draft():
    sync = sync_make()

    assert sync.state == Sync.State.DRAFT
    assert sync.schedule == {"every_minutes": 5}
    assert AuditEvent.objects.filter(action="sync.created").exists()


def test_it_audits_a_change_with_before_and_after():
    sync = sync_make()
    sync_make(sync.workspace, pair=(sync.left, sync.right), conflict="ask")

    audited = AuditEvent.objects.get(action="sync.config_changed")

    assert audited.data == {"changes": {"conflict": ["newest", "ask"]}}
    assert Sync.objects.get().conflict == "ask"


def test_saving_the_same_again_changes_nothing():
    sync = sync_make()
    audited = AuditEvent.objects.count()

    sync_make(sync.workspace, pair=(sync.left, sync.right))

    assert AuditEvent.objects.count() == audited


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"match": []}, "match"),
        ({"match": ["email", "email"]}, "match"),
        ({"match": ["fax"]}, "match"),
        ({"first_merge": "best"}, "first_merge"),
        ({"conflict": "both"}, "conflict"),
        ({"delete": "all"}, "delete"),
        ({"history": "some"}, "history"),
        ({"history": {"since": "soon"}}, "history"),
        ({"schedule": {"every_minutes": 4}}, "schedule.every_minutes"),
        ({"name": " "}, "name"),
    ],
)
def test_it_refuses_what_it_does_not_know(change, path):
    with pytest.raises(ConfigError) as refused:
        sync_make(**change)

    assert refused.value.path == path
    assert not Sync.objects.exists()


def test_it_takes_a_date_of_history():
    assert sync_make(history={"since": "2026-01-31"}).history == {"since": "2026-01-31"}


def test_two_connections_have_one_sync_either_way_round():
    sync = sync_make()

    with pytest.raises(ConfigError, match="“Contacts” already joins"):
        sync_make(sync.workspace, pair=(sync.right, sync.left), name="Back")


def test_it_needs_two_connections_of_the_workspace():
    workspace = workspace_create(name="Acme")
    left, _ = pair_make(workspace)
    foreign = connection_make(workspace_create(name="Other"), "zoho_invoice", "Z")

    with pytest.raises(ConfigError):
        sync_make(workspace, pair=(left, left))
    with pytest.raises(ConfigError):
        sync_make(workspace, pair=(left, foreign))


def test_a_used_sync_keeps_its_connections():
    sync = sync_make()
    other = connection_make(sync.workspace, "zoho_invoice", "Second", "2")
    sync_make(sync.workspace, pair=(sync.left, other))
    link_make(Sync.objects.get())

    with pytest.raises(ConfigError, match="make a new sync"):
        sync_make(sync.workspace, pair=(sync.left, sync.right))


def link_make(sync):
    rows = [
        connection.records.create(object_type="contact", remote_id="1", read_at=now())
        for connection in (sync.left, sync.right)
    ]
    return RecordLink.objects.create(
        sync=sync, object_type="contact", left=rows[0], right=rows[1]
    )


def test_going_live_sets_the_first_poll_and_tells():
    sync = sync_go_live(sync=mapped(sync_make()), actor=None, tested=False)

    assert sync.state == Sync.State.LIVE
    assert timedelta(minutes=4) < sync.next_poll_at - now() <= timedelta(minutes=5)
    audited = AuditEvent.objects.get(action="sync.went_live")
    assert audited.data == {"before": "draft", "tested": False}
    assert Event.objects.filter(type="sync.went_live").count() == 1


def test_going_live_twice_is_going_live_once():
    sync = mapped(sync_make())
    sync_go_live(sync=sync, actor=None, tested=True)
    sync_go_live(sync=sync, actor=None, tested=True)

    assert Event.objects.filter(type="sync.went_live").count() == 1


def test_nothing_goes_live_without_a_mapping():
    with pytest.raises(ConfigError, match="no published mapping"):
        sync_go_live(sync=sync_make(), actor=None, tested=True)


def test_a_pause_stops_the_polls_and_resuming_polls_at_once():
    sync = sync_go_live(sync=mapped(sync_make()), actor=None, tested=True)
    paused = sync_pause(sync=sync, actor=None, reason="Holiday")
    assert (paused.next_poll_at, paused.paused_reason) == (None, "Holiday")

    resumed = sync_resume(sync=paused, actor=None)

    assert resumed.state == Sync.State.LIVE
    assert resumed.next_poll_at <= now()
    assert resumed.went_live_at == sync.went_live_at


def test_a_manual_sync_never_polls_by_itself():
    sync = sync_go_live(
        sync=mapped(sync_make(schedule="manual")), actor=None, tested=True
    )
    resumed = sync_resume(sync=sync_pause(sync=sync, actor=None), actor=None)

    assert (sync.next_poll_at, resumed.next_poll_at) == (None, None)


def test_a_live_sync_with_another_schedule_polls_by_it():
    sync = sync_go_live(sync=mapped(sync_make()), actor=None, tested=True)

    changed = sync_make(
        sync.workspace, pair=(sync.left, sync.right), schedule={"every_minutes": 60}
    )

    assert changed.next_poll_at > now() + timedelta(minutes=59)


def test_back_to_draft_stops_the_polls():
    sync = sync_go_live(sync=mapped(sync_make()), actor=None, tested=True)

    drafted = sync_to_draft(sync=sync, actor=None)

    assert (drafted.state, drafted.next_poll_at) == (Sync.State.DRAFT, None)


def test_the_next_poll_is_in_the_workspace_s_zone():
    sync = sync_make(schedule={"cron": "0 3 * * *"})
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

    assert next_poll_after(sync, summer) == datetime(2026, 7, 2, 2, 0, tzinfo=UTC)
