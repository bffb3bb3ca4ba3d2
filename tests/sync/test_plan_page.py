"""The result of a test: what it shows, who may approve it, when it is out of date."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crosswalk.clock import now
from integrations.models import RecordKey, RemoteRecord
from mapping.models import Mapping
from mapping.selectors import draft_lines
from mapping.services import mapping_publish, mapping_save
from sync.models import Plan, PlannedChange, Setup, Sync
from synclog.models import SyncRun
from tests.sync.world import World

NOBODY: dict[str, int] = {}


@pytest.fixture
def tested(world: World) -> SyncRun:
    """A finished test of the seeded people."""
    return world.run("test")


def url(run: SyncRun, more: str = "") -> str:
    return f"/w/acme/runs/{run.pk}/plan/{more}"


def text(response: Any) -> str:
    return response.content.decode()


def change(run: SyncRun, **fields: Any) -> PlannedChange:
    """Put one more person into a plan."""
    numbered = PlannedChange.objects.count()
    return PlannedChange.objects.create(
        plan=run.plan, object_type="contact", unit=f"x{numbered}", **fields
    )


def test_it_shows_counts_costs_and_people(as_owner: Client, tested: SyncRun) -> None:
    page = as_owner.get(url(tested))

    counts = tested.plan.counts
    ready = counts["create"] + counts["update"] + counts["link"]
    assert f"Test of Contacts: {ready} changes are ready" in text(page)
    assert f"Approve all {ready} and go live" in text(page)
    assert "Nothing has been written." in text(page)
    assert len(page.context["rows"]) == 50
    assert page.context["costs"][1]["calls"] == tested.plan.calls["Zoho"]


@pytest.mark.parametrize("show", ["create", "link", "update", "review", "excluded"])
def test_a_facet_shows_only_its_people(
    as_owner: Client, tested: SyncRun, show: str
) -> None:
    page = as_owner.get(url(tested), {"show": show})

    assert {row.change.outcome for row in page.context["rows"]} == {show}
    assert page.context["page"].paginator.count == tested.plan.counts[show]


def person(run: SyncRun, label: str, **keys: str) -> RemoteRecord:
    """Store somebody of HighLevel with their match keys."""
    row = RemoteRecord.objects.create(
        connection=run.sync.left,
        object_type="contact",
        remote_id=label,
        label=label,
        read_at=now(),
    )
    for kind, value in keys.items():
        RecordKey.objects.create(
            record=row,
            connection=run.sync.left,
            object_type="contact",
            kind=kind,
            value=value,
        )
    return row


def test_a_person_is_found_by_name_e_mail_phone_and_id(
    as_owner: Client, tested: SyncRun
) -> None:
    keys = {"name": "zoe quux", "find": "quux zoe", "email": "zq@example.org"}
    row = person(tested, "Zoë Quux", **keys, phone="+441184960999")
    change(tested, outcome="create", label="Zoë Quux", left=row)
    change(tested, outcome="update", label="Elsewhere", left=person(tested, "Other"))

    for words in ("quux", "Zoë Q", "ZQ@example", "+44 118 496 0999", "Zoë Quux"):
        found = as_owner.get(url(tested), {"q": words}).context["rows"]
        assert [row.change.label for row in found] == ["Zoë Quux"]
    created = as_owner.get(url(tested), {"q": "quux", "show": "create"})
    assert created.context["page"].paginator.count == 1
    updated = as_owner.get(url(tested), {"q": "quux", "show": "update"})
    assert updated.context["page"].paginator.count == 0
    assert "Nobody here has that" in text(as_owner.get(url(tested), {"q": "nemo"}))


def test_an_update_shows_before_after_and_why(
    as_owner: Client, tested: SyncRun
) -> None:
    row = person(tested, "Maya", name="mayabe")
    change(
        tested,
        outcome="update",
        left=row,
        side="right",
        label="Maya <b>",
        reason="Newer at HighLevel.",
        changes=[
            {
                "label": "City",
                "side": "right",
                "action": "write",
                "before": "<i>Lodnon</i>",
                "after": "London",
                "left_value": "London",
                "right_value": "<i>Lodnon</i>",
                "reason": "Newer at HighLevel.",
            }
        ],
    )

    page = text(as_owner.get(url(tested), {"q": "Mayabe"}))

    assert "<del>&lt;i&gt;Lodnon&lt;/i&gt;</del>" in page
    assert "<ins>London</ins>" in page
    assert 'Newer at <span class="sys sys-l">HighLevel</span>.' in page


def test_people_under_review_show_who_they_may_be(
    as_owner: Client, tested: SyncRun
) -> None:
    rows = as_owner.get(url(tested), {"show": "review"}).context["rows"]

    assert any(row.candidates for row in rows)
    assert all(c.label and c.why for row in rows for c in row.candidates)


def test_a_conflict_shows_both_values(as_owner: Client, tested: SyncRun) -> None:
    both = {"left_value": "Acme Ltd", "right_value": "Acme GmbH", "side": ""}
    more = {"label": "Company", "action": "conflict", "reason": "You choose."}
    row = person(tested, "Tomasz", name="tomaszek")
    fields = [{**both, **more}]
    change(tested, outcome="conflict", label="Tomasz", left=row, changes=fields)

    page = text(as_owner.get(url(tested), {"q": "Tomaszek"}))

    assert "Acme Ltd" in page
    assert "Acme GmbH" in page


def test_people_who_are_the_same_are_counted_and_not_listed(
    as_owner: Client, tested: SyncRun
) -> None:
    tested.plan.counts["unchanged"] = 24
    tested.plan.save()

    page = text(as_owner.get(url(tested), {"show": "unchanged"}))

    assert "24 people are already the same on both sides" in page


def test_pages_take_few_queries(
    as_owner: Client, tested: SyncRun, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(34):
        as_owner.get(url(tested))


def test_approving_goes_live_and_finishes_the_set_up(
    as_owner: Client, tested: SyncRun
) -> None:
    setup = Setup.objects.create(
        workspace=tested.workspace,
        left_kind="highlevel",
        right_kind="zoho_invoice",
        sync=tested.sync,
    )

    answer = as_owner.post(url(tested, "approve/"))

    run = SyncRun.objects.get(mode="live")
    assert answer.url == f"/w/acme/runs/{run.pk}/"
    assert run.plan == tested.plan
    assert Sync.objects.get().state == Sync.State.LIVE
    setup.refresh_from_db()
    assert setup.finished_at is not None
    page = text(as_owner.get(url(tested)))
    assert "See the run" in page
    assert "Approve all" not in page


def test_a_plan_is_approved_once(as_owner: Client, tested: SyncRun) -> None:
    as_owner.post(url(tested, "approve/"))

    again = as_owner.post(url(tested, "approve/"), follow=True)

    assert SyncRun.objects.filter(mode="live").count() == 1
    assert "out of date" in text(again)


def test_a_plan_with_nothing_to_do_goes_live_all_the_same(
    as_owner: Client, empty_world: World
) -> None:
    run = empty_world.run("test")

    page = text(as_owner.get(url(run)))
    assert "nothing has to change" in page
    assert "Go live" in page

    as_owner.post(url(run, "approve/"))
    assert Sync.objects.get().state == Sync.State.LIVE


def test_a_mapping_published_since_outdates_the_plan(
    as_owner: Client, tested: SyncRun
) -> None:
    mapping = Mapping.objects.get()
    mapping_save(
        sync=tested.sync,
        object_type="contact",
        direction="both",
        lines=draft_lines(mapping)[:3],
        actor=None,
    )
    mapping_publish(mapping=mapping, actor=None)

    assert "Approve all" not in text(as_owner.get(url(tested)))
    as_owner.post(url(tested, "approve/"))
    assert Plan.objects.get().state == Plan.State.EXPIRED
    assert not SyncRun.objects.filter(mode="live").exists()


def test_testing_again_leads_to_the_new_test(as_owner: Client, tested: SyncRun) -> None:
    answer = as_owner.post(url(tested, "again/"))

    run = SyncRun.objects.exclude(pk=tested.pk).get()
    assert answer.url == url(run)
    assert "reads and decides" in text(as_owner.get(url(run)))
    part = as_owner.get(url(run), headers={"hx-request": "true"})
    assert "<html" not in text(part)


def test_a_viewer_looks_and_does_not_approve(
    client: Client, viewer: Any, tested: SyncRun
) -> None:
    client.force_login(viewer)

    assert "Approve all" not in text(client.get(url(tested)))
    for more in ("approve/", "again/"):
        assert client.post(url(tested, more)).status_code == 403


def test_a_stranger_finds_nothing(
    client: Client, stranger: Any, tested: SyncRun
) -> None:
    client.force_login(stranger)

    assert client.get(url(tested)).status_code == 404
    assert client.get(f"/w/elsewhere/runs/{tested.pk}/plan/").status_code == 404


def test_a_live_run_has_no_plan_page(as_owner: Client, empty_world: World) -> None:
    run = empty_world.run("live")

    assert as_owner.get(url(run)).status_code == 404


# --- going live -------------------------------------------------------------------------


def test_it_says_what_going_live_will_do_and_offers_the_first_ten(
    as_owner: Client, tested: SyncRun
) -> None:
    page = as_owner.get(url(tested))

    assert "What going live will do" in text(page)
    assert "Nobody is ever deleted." in text(page)
    assert [number for number, _, _ in page.context["first_choices"]] == [10]
    assert page.context["first"] == 0


def test_the_first_number_of_the_rules_is_offered_and_chosen(
    as_owner: Client, world: World, tested: SyncRun
) -> None:
    Sync.objects.update(guards={"canary": 25})

    page = as_owner.get(url(tested))

    assert [number for number, _, _ in page.context["first_choices"]] == [10, 25]
    assert page.context["first"] == 25


def test_a_plan_of_few_people_is_written_at_once(
    as_owner: Client, tested: SyncRun
) -> None:
    PlannedChange.objects.all().delete()
    change(tested, outcome="create", label="Zoë")

    assert as_owner.get(url(tested)).context["first_choices"] == []


def test_the_way_of_the_set_up_ends_at_the_plan(
    as_owner: Client, world: World, tested: SyncRun
) -> None:
    Setup.objects.create(
        workspace=world.workspace,
        left_kind="highlevel",
        right_kind="zoho_invoice",
        left=world.left,
        right=world.right,
        sync=world.sync,
    )

    steps = as_owner.get(url(tested)).context["steps"]

    assert [each["state"] for each in steps][-2:] == ["done", "now"]


@pytest.mark.parametrize(("first", "is_told"), [("0", True), ("10", False)])
def test_one_is_told_that_it_is_live_unless_it_waits_after_the_first(
    as_owner: Client, tested: SyncRun, first: str, is_told: bool
) -> None:
    page = as_owner.post(
        url(tested, "approve/"), {"which": "all", "first": first}, follow=True
    )

    assert ("“Contacts” is live." in text(page)) == is_told
