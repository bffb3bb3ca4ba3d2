"""A line of the mapping that is taken up again begins anew, whatever it knew before."""

from __future__ import annotations

import pytest

from mapping.drafts import version_restore
from mapping.models import Mapping
from mapping.services import mapping_publish
from sync.choices.approving import plan_approve
from sync.choices.undoing import undo_request
from sync.deciding.forecasting import mapping_forecast
from sync.models import RecordLink
from synclog.models import SyncRun
from tests.sync.test_choosing import highlevel_add, value
from tests.sync.world import World, publish

EMAIL = {"left": "email", "right": "email"}
FIRST = {"left": "firstName", "right": "first_name"}
COMPANY = {"left": "companyName", "right": "company_name"}
WEBSITE = {"left": "website", "right": "company_name"}
URL = "https://acme.example"


def poll(world: World) -> SyncRun:
    return world.run(scope="dirty", trigger="schedule")


def companies(world: World) -> tuple[str, str]:
    """Return Anna's company at HighLevel and at Zoho Invoice."""
    return value(world, "left", "companyName"), value(world, "right", "company_name")


@pytest.fixture
def restored(live: World) -> Mapping:
    """Version 2 wrote websites over the companies; version 1 is the draft again."""
    live.sync.first_merge = live.sync.conflict = "left"
    live.sync.save()
    anna = RecordLink.objects.get().left.remote_id
    highlevel_add(live, anna, website=URL)
    right = publish(live, FIRST, EMAIL, COMPANY)
    poll(live)
    publish(live, FIRST, EMAIL, WEBSITE)
    poll(live)
    assert companies(live) == ("Acme", URL)
    mapping = Mapping.objects.get(sync=live.sync)
    return version_restore(mapping=mapping, number=right.number, actor=None)


def test_restoring_a_version_does_not_carry_back_what_the_mistake_wrote(
    live: World, restored: Mapping
) -> None:
    mapping_publish(mapping=restored, actor=None)

    poll(live)

    assert companies(live) == ("Acme", "Acme")
    assert poll(live).is_quiet


def test_the_look_before_publishing_shows_what_then_happens(
    live: World, restored: Mapping
) -> None:
    (field,) = mapping_forecast(restored).fields

    assert (field.side, field.replaced) == ("right", 1)
    assert field.examples[0][1:] == (URL, "Acme")


def test_from_then_on_edits_go_by_the_new_base(live: World, restored: Mapping) -> None:
    mapping_publish(mapping=restored, actor=None)
    poll(live)
    anna = RecordLink.objects.get().left.remote_id
    highlevel_add(live, anna, companyName="Acme & Sons")
    publish(live, FIRST, COMPANY)  # the line goes on, whatever comes of others

    poll(live)

    assert companies(live) == ("Acme & Sons", "Acme & Sons")


def test_what_it_wrote_is_undone_as_ever(live: World, restored: Mapping) -> None:
    mapping_publish(mapping=restored, actor=None)
    run = poll(live)

    test = live.work(undo_request(run=run, actor=None))
    undone = live.work(plan_approve(plan=test.plan, actor=None))

    assert undone.counts["update"] == 1
    assert companies(live) == ("Acme", URL)
    assert poll(live).is_quiet  # held apart
