"""Kills between the calls of a person whose lists change on both sides, and of whom
one field fits nowhere: nothing is lost, nothing done twice."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from integrations.fields.fieldreading import catalogue_refresh
from sandbox.zoho.fields import field_define
from sync.models import RecordLink, SyncRecord
from sync.running.execution import run_slice
from sync.services import run_request
from synclog.models import LogEntry, SyncRun
from tests.sync.test_interrupted import Killed
from tests.sync.test_own_fields import PACKAGE, line, map_also, own
from tests.sync.test_tags import begin, both, left_edit, poll, zoho_save
from tests.sync.world import ORG, World


class DeadlyAt(httpx.BaseTransport):
    """Ends the process at a writing call: before the sandbox has it, or after."""

    def __init__(self, world: World, number: int, is_done: bool) -> None:
        self.inner = httpx.WSGITransport(app=world.app)
        self.number, self.is_done = number, is_done
        self.counted = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        is_write = request.method in {"POST", "PUT", "DELETE"}
        is_read = "/search" in request.url.path or "oauth" in request.url.path
        if is_write and not is_read:
            self.counted += 1
            if self.counted == self.number and not self.is_done:
                raise Killed
        answer = self.inner.handle_request(request)
        if is_write and not is_read and self.counted == self.number:
            raise Killed
        return answer


@pytest.mark.parametrize(
    ("number", "is_done"),
    [(1, True), (2, False), (2, True), (3, False), (3, True), (4, True)],
)
def test_a_kill_between_the_calls_loses_nothing(
    empty_world: World, settings: Any, number: int, is_done: bool
) -> None:
    world = empty_world
    options = ("Basic", "Plus")
    field_define(
        world.store, ORG, "cf_package", "Package", data_type="dropdown", options=options
    )
    begin(world, "text", ["a", "b", "c"])
    catalogue_refresh(world.left)
    map_also(world, line(PACKAGE, "custom_fields.cf_package"))
    left_edit(world, {"customFields": [own(PACKAGE, "Plus")]})
    poll(world)
    studio = [own(PACKAGE, "Studio")]
    left_edit(
        world, {"lastName": "Lund", "tags": ["a", "c", "x"], "customFields": studio}
    )
    zoho_save(world, "a, b, y", "cf_labels")

    kept = settings.TRANSPORT_FACTORY
    deadly = DeadlyAt(world, number, is_done)
    settings.TRANSPORT_FACTORY = lambda: deadly
    run = run_request(sync=world.sync, mode="live", trigger=SyncRun.Trigger.COMMAND)
    with pytest.raises(Killed):
        run_slice(run.pk, early=True)
    settings.TRANSPORT_FACTORY = kept
    SyncRun.objects.filter(pk=run.pk).update(lease_owner="", lease_until=None)

    ended = world.work(SyncRun.objects.get(pk=run.pk))
    for _ in range(2):
        SyncRecord.objects.update(retry_at=None)
        poll(world)

    left, right = both(world)
    assert sorted(left) == ["a", "x", "y"]
    assert sorted(str(right["cf_labels"]).split(", ")) == ["a", "x", "y"]
    assert right["cf_package"] == "Plus"
    link = RecordLink.objects.get(sync=world.sync)
    assert link.right.values["last_name"] == "Lund"
    assert ended.counts["failed"] == 1
    assert LogEntry.objects.filter(run=ended).count() == 1
    assert world.writes() == []
    assert world.lists() == {"failing": 1}
