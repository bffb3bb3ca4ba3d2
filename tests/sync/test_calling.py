"""Calls side by side: never more than may be, and none is forgotten."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from integrations.models import CallSlot
from sync.calling import Callers
from sync.models import Intent
from synclog.models import SyncRun
from tests.sync.test_statements import add_people
from tests.sync.world import World

AT_ONCE = 3


@pytest.mark.django_db(transaction=True)
def test_as_many_calls_fly_as_there_is_room_for() -> None:
    gate = threading.Barrier(AT_ONCE, timeout=10)
    made: list[int] = []

    def call(number: int) -> None:
        gate.wait()  # ends only when all of them are under way together
        made.append(number)

    with Callers[int](AT_ONCE) as callers:
        for number in range(AT_ONCE):
            callers.start(call, number)
        assert callers.free == 0
        landed: list[int] = []
        while callers.flying:
            landed += callers.landed()

    assert sorted(made) == sorted(landed) == list(range(AT_ONCE))
    assert callers.landed() == []


@pytest.mark.django_db(transaction=True)
def test_leaving_waits_for_what_is_under_way() -> None:
    made: list[int] = []
    go = threading.Event()

    def call(number: int) -> None:
        go.wait(10)
        made.append(number)

    with Callers[int](2) as callers:
        callers.start(call, 1)
        callers.start(call, 2)
        go.set()

    assert sorted(made) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_no_more_intents_are_open_than_calls_may_fly(
    empty_world: World, settings: Any
) -> None:
    add_people(empty_world, range(12))
    settings.SYNC_CONCURRENCY = AT_ONCE
    kept = settings.TRANSPORT_FACTORY
    pending: list[int] = []

    class Looking(httpx.BaseTransport):
        """Looks at the stored intents whenever a person is created."""

        def __init__(self) -> None:
            self.inner = kept()

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST" and request.url.path.endswith("v3/contacts"):
                found = Intent.objects.filter(state=Intent.State.PENDING)
                pending.append(found.count())
            return self.inner.handle_request(request)

    settings.TRANSPORT_FACTORY = Looking

    run = empty_world.run()

    assert (run.state, run.counts["create"]) == (SyncRun.State.COMPLETED, 12)
    assert len(pending) == 12
    assert 0 < min(pending) <= max(pending) <= AT_ONCE
    assert not Intent.objects.filter(state=Intent.State.PENDING).exists()
    assert CallSlot.objects.exists()
    assert not CallSlot.objects.exclude(owner="").exists()  # nothing keeps a slot
