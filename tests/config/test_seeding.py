"""A made-up workspace has what was asked for, and its pages open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from benchmarks.pagelist import pages_of
from crosswalk.bulk import rows_create
from crosswalk.clock import now
from integrations.models import RemoteRecord
from sync.models import (
    InboxEvent,
    KeptApart,
    PendingDelete,
    Plan,
    RecordLink,
    Sync,
    SyncRecord,
)
from synclog.models import LogEntry, OperationCall, SyncRun
from workspaces.models import Membership, Workspace

pytestmark = pytest.mark.django_db
SIZE = {"contacts": 40, "runs": 25, "entries": 500}


@pytest.fixture
def seeded(db) -> Workspace:
    call_command("crosswalk_seed", workspace="Big", **SIZE)
    return Workspace.objects.get(slug="big")


def test_it_makes_as_much_as_was_asked_for_spread_over_the_term(seeded):
    entries = LogEntry.objects.filter(workspace=seeded)

    assert SyncRun.objects.filter(plan=None).count() == 25
    assert 480 <= entries.count() <= 500
    assert entries.values("run").distinct().count() == 25
    assert RemoteRecord.objects.count() == 80
    assert RecordLink.objects.count() == SyncRecord.objects.count() == 40
    assert entries.filter(at__lt=now() - timedelta(days=80)).exists()
    assert not entries.filter(at__gt=now()).exists()
    for run in SyncRun.objects.filter(plan=None):
        outcomes = run.entries.values_list("outcome", flat=True)
        assert len(outcomes) == sum(run.counts.values())
        assert list(outcomes).count("failed") == run.counts.get("failed", 0)


def test_something_of_everything_waits(db):
    call_command("crosswalk_seed", workspace="Big", **{**SIZE, "contacts": 1000})

    plan = Plan.objects.get()
    assert plan.changes.count() == sum(plan.counts.values()) == 1000
    assert PendingDelete.objects.count() == 5
    assert KeptApart.objects.count() == RecordLink.objects.filter(how="person").count()
    assert SyncRecord.objects.filter(reason_code="loop").count() == 1
    assert InboxEvent.objects.filter(outcome="failed").count() == 5
    assert OperationCall.objects.count() == 50
    assert Sync.objects.get().filters["contact"]["left"]


def test_its_pages_open_and_its_people_are_found(client, owner, seeded):
    Membership.objects.create(workspace=seeded, user=owner, role="owner")
    client.force_login(owner)
    label = LogEntry.objects.first().label

    for name, path in pages_of(seeded):
        assert client.get(path).status_code in (200, 302), name
    assert label in client.get("/w/big/runs/log/", {"q": label}).content.decode()


def test_it_fills_no_database_that_people_use(db, settings):
    settings.DEBUG = settings.SANDBOX = False

    with pytest.raises(CommandError, match="people who do not exist"):
        call_command("crosswalk_seed", **SIZE)
    assert not Workspace.objects.exists()


def test_entries_stored_afterwards_get_their_own_time(seeded):
    run = SyncRun.objects.earliest("pk")
    entry = LogEntry(workspace=seeded, run=run, label="Later", outcome="created")

    rows_create([entry])

    assert LogEntry.objects.get(pk=entry.pk).at > now() - timedelta(minutes=1)
