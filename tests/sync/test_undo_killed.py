"""An undo whose process is killed at its call: nothing is lost, nothing done twice."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from flask import Flask

from sync.choices.approving import plan_approve
from sync.choices.releasing import create_again
from sync.choices.undoing import undo_request
from sync.choices.undoscope import UndoScope
from sync.models import Intent, RecordLink, SyncRecord
from sync.running.execution import run_slice
from synclog.models import LogEntry, SyncRun
from tests.sync.test_interrupted import Killed
from tests.sync.test_undo_people import created as created  # a fixture
from tests.sync.test_undo_people import first_run, poll, undo, zoho
from tests.sync.world import World

ENDS = ("/inactive", "/active")


class Deadly(httpx.BaseTransport):
    """Ends the process at the call that removes or restores, before or after it."""

    def __init__(self, app: Flask, when: str) -> None:
        self.inner = httpx.WSGITransport(app=app)
        self.when = when

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        is_it = request.method == "DELETE" or request.url.path.endswith(ENDS)
        if is_it and self.when == "before":
            raise Killed
        answer = self.inner.handle_request(request)
        if is_it:
            raise Killed
        return answer


def killed(world: World, run: SyncRun, settings: Any, when: str) -> SyncRun:
    """Work on a run until its process is killed; the next one takes it up."""
    kept = settings.TRANSPORT_FACTORY
    settings.TRANSPORT_FACTORY = lambda: Deadly(world.app, when)
    with pytest.raises(Killed):
        run_slice(run.pk, seconds=600, early=True)
    settings.TRANSPORT_FACTORY = kept
    SyncRun.objects.filter(pk=run.pk).update(lease_owner="", lease_until=None)
    assert Intent.objects.filter(state=Intent.State.PENDING).count() == 1
    world.sent.clear()
    return world.work(SyncRun.objects.get(pk=run.pk))


def undo_killed(
    world: World, run: SyncRun, settings: Any, when: str, **scope: Any
) -> SyncRun:
    test = world.work(undo_request(run=run, actor=None, scope=UndoScope(**scope)))
    assert test.plan is not None
    return killed(world, plan_approve(plan=test.plan, actor=None), settings, when)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("how", ["delete", "archive"])
def test_a_created_person_is_removed_once(
    created: World, settings: Any, how: Any, when: str
) -> None:
    run = undo_killed(created, first_run(), settings, when, created=how)

    assert (run.state, run.counts["delete"]) == ("completed", 1)
    assert len(created.writes()) == (1 if when == "before" else 0)
    assert zoho(created) == {"Anna Berg": "gone" if how == "delete" else "inactive"}
    assert LogEntry.objects.filter(run=run).count() == 1
    assert RecordLink.objects.get().tombstone == "undone"
    created.sent.clear()
    poll(created)
    assert (created.writes(), SyncRecord.objects.get().reason_code) == ([], "undone")


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_archived_one_comes_back_for_good(
    created: World, settings: Any, when: str
) -> None:
    undone = undo(created, first_run(), created="archive")

    run = undo_killed(created, undone, settings, when)

    assert (run.state, zoho(created)) == ("completed", {"Anna Berg": ""})
    assert RecordLink.objects.get().tombstone == ""
    assert LogEntry.objects.filter(run=run, outcome="update").count() == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_create_again_is_not_forgotten(
    created: World, settings: Any, when: str
) -> None:
    undo(created, first_run(), created="archive")
    poll(created)

    run = killed(
        created,
        create_again(record=SyncRecord.objects.get(), actor=None),
        settings,
        when,
    )

    assert (run.state, zoho(created)) == ("completed", {"Anna Berg": ""})
    assert RecordLink.objects.get().tombstone == ""
    poll(created)
    assert SyncRecord.objects.get().list == "in_sync"
