"""A process that ends while notes are written: nothing is lost, nothing done twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from integrations.models import RemoteRecord
from sandbox.zoho import desk as zoho
from sync.models import Intent, RecordLink
from sync.running.execution import run_slice
from sync.services import run_cancel, run_request
from synclog.models import LogEntry, SyncRun
from tests.sync.childworld import at_zoho, call, carry, comments, note, person
from tests.sync.world import World


class Killed(BaseException):
    """Stands for kill -9: what the process had not stored is gone."""


class Deadly(httpx.BaseTransport):
    """Ends the process at a call that writes a comment, before it is done or after."""

    def __init__(self, world: World, method: str, *, is_done: bool) -> None:
        self.inner = httpx.WSGITransport(app=world.app)
        self.method = method
        self.is_done = is_done

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != self.method or "/comments" not in request.url.path:
            return self.inner.handle_request(request)
        if self.is_done:
            self.inner.handle_request(request)
        raise Killed


@pytest.fixture
def kill(empty_world: World, settings: Any) -> Callable[[str, bool], SyncRun]:
    """Run until the process ends at a call; return the run, to be taken up again."""

    def kill(method: str, is_done: bool) -> SyncRun:
        kept = settings.TRANSPORT_FACTORY
        settings.TRANSPORT_FACTORY = lambda: Deadly(
            empty_world, method, is_done=is_done
        )
        run = run_request(
            sync=empty_world.sync, mode="live", trigger=SyncRun.Trigger.COMMAND
        )
        with pytest.raises(Killed):
            run_slice(run.pk, early=True)
        settings.TRANSPORT_FACTORY = kept
        SyncRun.objects.filter(pk=run.pk).update(lease_owner="", lease_until=None)
        return SyncRun.objects.get(pk=run.pk)

    return kill


@pytest.fixture
def anna(empty_world: World) -> str:
    carry(empty_world, "note")
    return person(empty_world)


def edited(world: World, contact_id: str) -> None:
    """Have a note in sync, then edited."""
    note_id = note(world, contact_id, "Calls on Monday.")
    world.run()
    path = f"/contacts/{contact_id}/notes/{note_id}"
    call(world, "PUT", path, body="Calls on Tuesday.")


def at_rest(world: World) -> None:
    """Assert that all is settled: nothing open, nothing left over, nothing to write."""
    assert not Intent.objects.filter(state=Intent.State.PENDING).exists()
    world.sent.clear()
    world.run()
    assert world.writes() == []
    link = RecordLink.objects.get(object_type="note")
    assert not link.right.gone_at
    assert (
        RemoteRecord.objects.filter(object_type="note", gone_at__isnull=True).count()
        == 2
    )


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("goes_on", [True, False])
def test_a_comment_is_made_once(
    empty_world: World,
    anna: str,
    kill: Callable[[str, bool], SyncRun],
    is_done: bool,
    goes_on: bool,
) -> None:
    note(empty_world, anna, "Called.")

    run = kill("POST", is_done)
    if goes_on:
        run = empty_world.work(run)
        assert (run.state, run.counts["create"]) == ("completed", 2)
    else:
        assert run_cancel(run=run, actor=None)
        empty_world.run()

    assert comments(empty_world) == ["Called."]
    assert LogEntry.objects.filter(object_type="note", outcome="create").count() == 1
    at_rest(empty_world)


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("goes_on", [True, False])
def test_a_parent_deleted_after_the_kill_stops_no_run(
    empty_world: World,
    anna: str,
    kill: Callable[[str, bool], SyncRun],
    is_done: bool,
    goes_on: bool,
) -> None:
    empty_world.run()
    note(empty_world, anna, "Called.")
    run = kill("POST", is_done)
    context = empty_world.app.extensions["context"]
    zoho.contact_delete(context, at_zoho(empty_world, anna))

    if goes_on:
        run = empty_world.work(run)
    else:
        assert run_cancel(run=run, actor=None)
        run = empty_world.run()

    assert (run.state, run.counts["failed"]) == ("completed", 0)
    assert not Intent.objects.filter(state=Intent.State.PENDING).exists()


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("goes_on", [True, False])
def test_an_edit_replaces_a_comment_once(
    empty_world: World,
    anna: str,
    kill: Callable[[str, bool], SyncRun],
    method: str,
    is_done: bool,
    goes_on: bool,
) -> None:
    edited(empty_world, anna)

    run = kill(method, is_done)
    if goes_on:
        run = empty_world.work(run)
        assert (run.state, run.counts["update"]) == ("completed", 1)
        assert sum(run.counts.values()) == 2
    else:
        assert run_cancel(run=run, actor=None)
        empty_world.run()

    assert comments(empty_world) == ["Calls on Tuesday."]
    at_rest(empty_world)


@pytest.mark.parametrize("is_done", [False, True])
def test_a_delete_is_followed_once(
    empty_world: World, anna: str, kill: Callable[[str, bool], SyncRun], is_done: bool
) -> None:
    note_id = note(empty_world, anna, "Called.")
    empty_world.sync.delete_policy = "mirror"
    empty_world.sync.save()
    empty_world.run()
    call(empty_world, "DELETE", f"/contacts/{anna}/notes/{note_id}")

    run = empty_world.work(kill("DELETE", is_done))

    assert comments(empty_world) == []
    assert (run.state, run.counts["delete"]) == ("completed", 1)
    assert RecordLink.objects.get(object_type="note").tombstone == "deleted"
    empty_world.sent.clear()
    empty_world.run()
    assert empty_world.writes() == []
