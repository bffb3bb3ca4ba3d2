"""Approving a plan in part: what was chosen is written, the rest stays planned."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crosswalk.errors import ConfigError
from mapping.services import mapping_publish, mapping_save
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sync.choices.approving import left_counts, plan_approve
from sync.choices.undoing import undo_request
from sync.choices.undoscope import UndoScope
from sync.models import Plan, Sync, SyncRecord
from sync.setup.saving import sync_save
from synclog.models import SyncRun
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.world import World

PEOPLE = ("Anna", "Ben", "Cleo", "Dan", "Eva")


@pytest.fixture
def tested(empty_world: World) -> SyncRun:
    """The test of a sync that would create five people at Zoho."""
    context: Context = empty_world.app.extensions["context"]
    for name in PEOPLE:
        fields = {"firstName": name, "email": f"{name}@example.com"}
        highlevel.contact_save(context, None, fields)
    return empty_world.run("test")


def plan_of(test: SyncRun) -> Plan:
    return Plan.objects.get(pk=test.plan_id)


def units(test: SyncRun, *names: str) -> list[str]:
    changes = plan_of(test).changes.filter(label__in=names).order_by("pk")
    return list(changes.values_list("unit", flat=True))


def approve(world: World, test: SyncRun, **chosen: Any) -> SyncRun:
    return world.work(plan_approve(plan=plan_of(test), actor=None, **chosen))


def test_only_the_chosen_are_written(empty_world: World, tested: SyncRun) -> None:
    run = approve(empty_world, tested, only=units(tested, "Anna", "Eva"))

    assert (run.state, run.counts["create"]) == ("completed", 2)
    assert sum(run.counts.values()) == 2
    assert len(empty_world.writes()) == 2
    labels = SyncRecord.objects.values_list("label", flat=True)
    assert set(labels) == {"Anna", "Eva"}
    plan = plan_of(tested)
    assert (plan.state, left_counts(plan)) == (Plan.State.READY, {"create": 3})
    assert Sync.objects.get().state == "tested"  # a part does not go live


def test_the_rest_is_approved_later_and_goes_live(
    empty_world: World, tested: SyncRun
) -> None:
    approve(empty_world, tested, only=units(tested, "Anna"))
    empty_world.sent.clear()

    run = approve(empty_world, tested)

    assert (run.counts["create"], len(empty_world.writes())) == (4, 4)
    assert (plan_of(tested).state, Sync.objects.get().state) == ("approved", "live")
    with pytest.raises(ConfigError, match="out of date"):
        plan_approve(plan=plan_of(tested), actor=None)


def test_one_kind_of_change_is_approved(empty_world: World, tested: SyncRun) -> None:
    with pytest.raises(ConfigError, match="None of the people you chose"):
        plan_approve(plan=plan_of(tested), actor=None, outcomes=["update"])

    run = approve(empty_world, tested, outcomes=["create"])

    assert run.counts["create"] == len(PEOPLE)
    assert left_counts(plan_of(tested)) == {}


def test_nobody_is_approved_twice(empty_world: World, tested: SyncRun) -> None:
    anna = units(tested, "Anna")
    approve(empty_world, tested, only=anna)

    with pytest.raises(ConfigError, match="a run has them already"):
        plan_approve(plan=plan_of(tested), actor=None, only=anna)
    for nobody in ([], ["l999999"]):
        with pytest.raises(ConfigError, match="None of the people you chose"):
            plan_approve(plan=plan_of(tested), actor=None, only=nobody)


def test_a_change_that_moved_is_planned_again(
    empty_world: World, tested: SyncRun
) -> None:
    (unit,) = units(tested, "Anna")
    change = plan_of(tested).changes.get(unit=unit)
    context: Context = empty_world.app.extensions["context"]
    highlevel.contact_save(context, change.left.remote_id, {"lastName": "Berg"})

    run = approve(empty_world, tested, only=[unit])

    entry = run.entries.get()
    assert entry.trace[0][0] == "planned again"
    assert "Berg" in [each["after"] for each in entry.changes]


def test_an_undo_is_approved_in_part_too(empty_world: World, tested: SyncRun) -> None:
    whole = approve(empty_world, tested)
    scope = UndoScope(created="delete")
    test = empty_world.work(undo_request(run=whole, actor=None, scope=scope))

    run = approve(empty_world, test, only=units(test, "Ben"))
    rest = approve(empty_world, test, outcomes=["delete"])

    assert (run.counts["delete"], rest.counts["delete"]) == (1, 4)
    assert plan_of(test).state == Plan.State.APPROVED
    assert set(SyncRecord.objects.values_list("reason_code", flat=True)) == {"undone"}


# --- the page ---------------------------------------------------------------------------


def page(test: SyncRun) -> str:
    return f"/w/{test.workspace.slug}/runs/{test.pk}/plan/"


def test_an_editor_approves_by_ticking(
    empty_world: World, tested: SyncRun, client: Client, editor: Any
) -> None:
    client.force_login(editor)
    text = client.get(page(tested)).content.decode()
    assert text.count('name="unit"') == len(PEOPLE)
    assert "Approve all 5 and go live" in text

    chosen = {"which": "chosen", "unit": units(tested, "Anna", "Ben")}
    answer = client.post(f"{page(tested)}approve/", chosen)

    run = SyncRun.objects.get(mode="live")
    assert answer.headers["location"].endswith(f"/runs/{run.pk}/")
    assert empty_world.work(run).counts["create"] == 2
    text = client.get(page(tested)).content.decode()
    assert text.count('name="unit"') == 3
    assert "Approved in part." in text
    assert "Approve all 3 and go live" in text


def test_or_by_what_happens(
    empty_world: World, tested: SyncRun, client: Client, editor: Any
) -> None:
    client.force_login(editor)

    client.post(f"{page(tested)}approve/", {"which": "facet", "show": "create"})

    run = SyncRun.objects.get(mode="live")
    assert empty_world.work(run).counts["create"] == len(PEOPLE)
    assert Sync.objects.get().state == "tested"


@pytest.mark.parametrize("sent", [{"which": "chosen"}, {"which": "facet", "show": "x"}])
def test_choosing_nobody_starts_nothing(
    tested: SyncRun, client: Client, editor: Any, sent: dict[str, str]
) -> None:
    client.force_login(editor)

    answer = client.post(f"{page(tested)}approve/", sent, follow=True)

    assert "Choose at least one person first" in answer.content.decode()
    assert not SyncRun.objects.filter(mode="live").exists()


def test_a_viewer_sees_no_boxes(tested: SyncRun, client: Client, viewer: Any) -> None:
    client.force_login(viewer)

    assert 'name="unit"' not in client.get(page(tested)).content.decode()
    assert client.post(f"{page(tested)}approve/").status_code == 403


def test_the_plan_of_a_sample_writes_its_people_and_does_not_go_live(
    empty_world: World, tested: SyncRun
) -> None:
    sample = empty_world.run("test", sample=2)

    run = approve(empty_world, sample)

    assert (run.state, run.counts["create"]) == ("completed", 2)
    assert Sync.objects.get().state == "tested"


def test_the_page_of_a_sample_offers_no_going_live(
    empty_world: World, tested: SyncRun, as_owner: Client
) -> None:
    sample = empty_world.run("test", sample=2)

    page = as_owner.get(f"/w/acme/runs/{sample.pk}/plan/").content.decode()

    assert "Approve all 2" in page
    assert "go live</button>" not in page
    assert "Approving it writes nobody else, and does not go live." in page
    assert "This sync is live" not in page


@pytest.mark.parametrize("changed", ["a rule", "the mapping"])
def test_a_plan_made_by_other_rules_cannot_be_approved(
    empty_world: World, tested: SyncRun, changed: str
) -> None:
    sync = empty_world.sync
    if changed == "a rule":
        saved = {
            **{key: getattr(sync, key) for key in ("name", "left", "right", "match")},
            **{key: getattr(sync, key) for key in ("first_merge", "conflict")},
            **{key: getattr(sync, key) for key in ("workspace", "history", "schedule")},
        }
        sync_save(**{**saved, "conflict": "ask"}, delete="ignore", actor=None)
    else:
        mapping = sync.mappings.get()
        given = {"object_type": "contact", "direction": "right_to_left"}
        lines = mapping.published.lines
        mapping_save(sync=sync, **given, lines=lines, actor=None)
        mapping_publish(mapping=mapping, actor=None)

    with pytest.raises(ConfigError, match="out of date"):
        approve(empty_world, tested)

    assert empty_world.writes() == []


def test_nobody_is_created_who_was_approved_to_be_linked(empty_world: World) -> None:
    anna = {"firstName": "Anna", "lastName": "Berg", "email": "a@example.com"}
    record = highlevel_add(empty_world, **anna)
    person = {"first_name": "Anna", "last_name": "Berg", "email": "a@example.com"}
    zoho_add(empty_world, contact_name="Anna Berg", contact_persons=[person])
    test = empty_world.run("test")
    other = {"firstName": "Zelda", "lastName": "Quist", "email": "z@example.com"}
    highlevel_add(empty_world, record, **other)

    run = approve(empty_world, test, only=[plan_of(test).changes.get().unit])

    assert empty_world.writes() == []
    assert run.counts["create"] == 0
    assert set(SyncRecord.objects.values_list("reason", flat=True)) == {
        "It changed since the test and would be created now. Test again to see why."
    }
    live = empty_world.run()
    assert live.counts["create"] == 2
