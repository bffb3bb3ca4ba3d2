"""A run over everybody decides what moved, and counts the pairs that are at rest."""

from __future__ import annotations

import pytest

from crosswalk.clock import now
from integrations.models import RemoteRecord
from mapping.models import Mapping
from sync.deciding.units import Place, UnitSource, links_until
from sync.models import RecordLink, Sync, SyncRecord
from sync.policy import policy_build
from sync.setup.filters import filters_save
from tests.sync.test_choosing import highlevel_add
from tests.sync.world import World


@pytest.fixture
def settled(empty_world: World) -> World:
    """Seven people who were decided and are at rest since, but for one in conflict."""
    world = empty_world
    for name in ("Anna", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus"):
        highlevel_add(world, firstName=name, email=f"{name.lower()}@x.example")
    world.run()
    world.run()
    SyncRecord.objects.filter(label="Dan").update(list="conflict")
    world.sync.refresh_from_db()
    return world


def walk(world: World, *, rests: bool = False) -> tuple[int, int]:
    """Return how many pairs a run over everybody decides, and passes over."""
    mapping = Mapping.objects.get(sync=world.sync, object_type="contact")
    source = UnitSource(
        sync=world.sync,
        object_type="contact",
        policy=policy_build(world.sync, mapping),
        verdicts={"left": {}, "right": {}},
        links_until=links_until(world.sync, "contact"),
        rested_at=now() if rests else None,
    )
    chunks = [(p, units) for p, units in source.chunks(Place()) if p.stage == "links"]
    return sum(len(units) for _, units in chunks), sum(p.resting for p, _ in chunks)


def test_pairs_at_rest_are_counted_and_not_decided(settled: World) -> None:
    assert walk(settled) == (7, 0)
    assert walk(settled, rests=True) == (1, 6)


def test_the_last_stretch_is_counted_as_any_other(settled: World) -> None:
    """Whoever moved is the first, the last, or in the middle of those at rest."""
    ordered = RecordLink.objects.filter(
        left__in=SyncRecord.objects.filter(list="in_sync").values("left")
    ).order_by("pk")
    for place in (0, len(ordered) // 2, len(ordered) - 1):
        row = ordered[place].left
        RemoteRecord.objects.filter(pk=row.pk).update(version=row.version + 1)

        assert walk(settled, rests=True) == (2, 5)
        RemoteRecord.objects.filter(pk=row.pk).update(version=row.version)


def test_a_run_tells_the_same_either_way(settled: World) -> None:
    """Counts of a run that passes pairs over are those of one that decides them."""
    passing = settled.run()
    Sync.objects.update(decided_by="other rules")
    settled.sync.refresh_from_db()
    deciding = settled.run()

    assert passing.counts == deciding.counts
    assert passing.done_units == deciding.done_units == sum(passing.counts.values())


def test_other_rules_have_everybody_decided(settled: World) -> None:
    sync = settled.sync
    before = len(settled.writes())
    assert settled.run().counts["update"] == 0

    named = {"field": "firstName", "op": "equals", "value": "Nobody"}
    filters_save(sync=sync, object_type="contact", filters={"left": named}, actor=None)
    settled.sync.refresh_from_db()
    run = settled.run()

    assert run.counts["excluded"] == 7
    assert len(settled.writes()) == before
