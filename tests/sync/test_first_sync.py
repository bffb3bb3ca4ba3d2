"""The first sync of the seeded people: test, live, and live again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from crosswalk.names import unlike
from crosswalk.phones import e164
from integrations.models import RemoteRecord
from mapping.convert import Countries, rules_build, same_meaning
from mapping.models import MappingVersion
from sandbox.zoho import desk
from sandbox.zoho import service as zoho
from sync.models import RecordLink, SyncRecord
from sync.policy import object_spec
from synclog.models import LogEntry, SyncRun
from tests.sync.world import ORG, World


def keys_of(row: RemoteRecord) -> set[tuple[str, str]]:
    """Return a record's e-mails and phones, read by this test's own eyes."""
    found = set()
    for key in ("email", "phone", "mobile"):
        value = (row.values.get(key) or "").strip()
        if key == "email" and "@" in value:
            found.add(("email", value.lower()))
        elif key != "email" and e164(value, "GB"):
            found.add(("phone", str(e164(value, "GB"))))
    return found


def first_name(row: RemoteRecord) -> str:
    return row.values.get("firstName") or row.values.get("first_name") or ""


def full_name(row: RemoteRecord) -> str:
    last = row.values.get("lastName") or row.values.get("last_name") or ""
    return f"{first_name(row)} {last}"


def matchable(world: World) -> set[tuple[int, int]]:
    """Return the pairs that share a key with exactly one record on each side."""
    holders: dict[str, dict[tuple[str, str], list[RemoteRecord]]] = {}
    for side, connection in (("left", world.left), ("right", world.right)):
        index = defaultdict(list)
        for row in RemoteRecord.objects.filter(connection=connection):
            for key in keys_of(row):
                index[key].append(row)
        holders[side] = index
    pairs = set()
    for key, lefts in holders["left"].items():
        rights = holders["right"].get(key, [])
        if len(lefts) == len(rights) == 1:
            left, right = lefts[0], rights[0]
            if not unlike(first_name(left), first_name(right), full_name(right)):
                pairs.add((left.pk, right.pk))
    return pairs


def test_a_test_run_writes_nothing_and_plans_every_unit(world: World) -> None:
    run = world.run("test")

    assert run.state == SyncRun.State.COMPLETED
    assert world.writes() == []
    assert run.plan is not None
    assert sum(run.counts.values()) == run.done_units
    assert run.plan.changes.count() == run.done_units - run.counts["unchanged"]


def test_a_live_run_does_what_its_test_said(world: World) -> None:
    test = world.run("test")

    live = world.run()

    assert live.counts == test.counts


@pytest.fixture
def synced(world: World) -> tuple[World, SyncRun, set[tuple[int, int]]]:
    """A world after its first live run, and the pairs that had to be linked."""
    world.run("test")  # reads both sides, so that the pairs can be told beforehand
    pairs = matchable(world)
    run = world.run()
    return world, run, pairs


def test_the_first_live_run_converges(
    synced: tuple[World, SyncRun, set[tuple[int, int]]],
) -> None:
    world, run, pairs = synced
    links = set(RecordLink.objects.values_list("left_id", "right_id"))

    assert run.state == SyncRun.State.COMPLETED
    assert len(pairs) > 90
    assert pairs <= links
    assert differing(world) == []
    assert doubled(world) == []
    assert sum(run.counts.values()) == sum(world.lists().values())
    for name, calls in run.calls.items():
        assert calls <= 1.02 * run.minimum_calls[name]


class Deleting(httpx.BaseTransport):
    """The line to the vendors, on which a customer is deleted at Zoho once the first
    page of the customers has been read."""

    def __init__(self, inner: httpx.BaseTransport, delete: Callable[[], None]) -> None:
        self.inner, self.delete, self.is_done = inner, delete, False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        answer.read()
        if not self.is_done and "/invoice/v3/contacts" in request.url.path:
            self.is_done = True
            self.delete()
        return answer


def test_nobody_is_made_twice_who_was_moved_by_a_delete_during_the_listing(
    world: World, settings: Any
) -> None:
    """The first of the second page moves to the first, which was read already."""
    context = world.app.extensions["context"]
    first, *others = sorted(
        world.store.all("zoho.contact"), key=lambda each: each["contact_id"]
    )
    moved, mail = others[199]["contact_id"], "erin.farrow@inbox.example"
    assert mail in str(others[199])
    assert mail in str(world.store.all("highlevel_contact"))
    # of another name than the person's, so that Zoho would not refuse a second one
    desk.contact_save(context, moved, {"contact_name": "Farrow Trading Ltd"})
    organization = world.store.get("zoho.organization", ORG)
    line = Deleting(
        settings.TRANSPORT_FACTORY(),
        lambda: zoho.contact_delete(context, organization, first["contact_id"]),
    )
    settings.TRANSPORT_FACTORY = lambda: line

    world.run()

    found = [each for each in world.store.all("zoho.contact") if mail in str(each)]
    assert [each["contact_id"] for each in found] == [moved]


def differing(world: World) -> list[tuple[str, Any, Any]]:
    """Return mapped fields of linked pairs that differ and are no listed conflict."""
    lines = MappingVersion.objects.latest("pk").lines
    left, right = (object_spec(c, "contact") for c in (world.left, world.right))
    rules = rules_build(
        lines, {f.key: f for f in left.fields}, {f.key: f for f in right.fields}
    )
    shut = set(
        SyncRecord.objects.exclude(list="in_sync").values_list("left_id", flat=True)
    )
    return [
        (rule.left, link.left.values.get(rule.left), link.right.values.get(rule.right))
        for link in RecordLink.objects.select_related("left", "right")
        if link.left_id not in shut
        for rule in rules
        if not same_meaning(
            rule,
            link.left.values.get(rule.left),
            link.right.values.get(rule.right),
            Countries("GB", "GB"),
        )
    ]


def doubled(world: World) -> list[str]:
    """Return e-mails that this sync gave to a second person of a side."""
    created = LogEntry.objects.filter(outcome="create")
    found = []
    for side, connection in (("left", world.left), ("right", world.right)):
        mine = set(created.filter(side=side).values_list(f"{side}_id", flat=True))
        seen: dict[tuple[str, str], str] = {}
        for row in RemoteRecord.objects.filter(connection=connection).order_by("pk"):
            for key in keys_of(row):
                if key[0] == "email" and key in seen and row.remote_id in mine:
                    found.append(key[1])
                seen[key] = row.remote_id
    return found


def test_a_second_live_run_writes_nothing(
    synced: tuple[World, SyncRun, set[tuple[int, int]]],
) -> None:
    world, first, _ = synced
    written = len(world.writes())

    again = world.run()

    assert len(world.writes()) == written
    assert again.counts["create"] == again.counts["update"] == again.counts["link"] == 0
    assert sum(again.counts.values()) == sum(first.counts.values())
    assert again.calls == {"GHL": 1, "Zoho": 1}
