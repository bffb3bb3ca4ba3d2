"""The set-up wizard: each step, going back, coming back, and what it refuses."""

from __future__ import annotations

from typing import Any

from django.test import Client

from integrations.models import Grant
from mapping.models import Mapping
from sync.models import Plan, Setup, Sync
from synclog.models import SyncRun
from tests.sync.setupways import NEW, RULES, SYSTEMS, at, begin, rows, text, with_rules
from tests.sync.world import World
from workspaces.models import Workspace

# --- who may ---------------------------------------------------------------------------


def test_a_viewer_may_not_set_up(client: Client, viewer: Any) -> None:
    client.force_login(viewer)

    assert client.get(NEW).status_code == 403


def test_a_set_up_of_another_workspace_is_not_found(
    as_owner: Client, stranger: Any
) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    setup = Setup.objects.create(
        workspace=elsewhere, left_kind="highlevel", right_kind="zoho_invoice"
    )

    for url in (at(setup), at(setup, "left"), f"{at(setup)}sentence/"):
        assert as_owner.get(url).status_code == 404
    assert as_owner.post(f"{at(setup)}discard/").status_code == 404


# --- systems and connections -----------------------------------------------------------


def test_the_sandbox_is_chosen_while_nothing_real_is_connected(
    as_owner: Client,
) -> None:
    page = as_owner.get(NEW)

    assert page.context["form"].initial == SYSTEMS


def test_without_a_sandbox_its_systems_are_not_on_offer(
    as_owner: Client, settings: Any
) -> None:
    settings.SANDBOX = False

    assert "sandbox" not in text(as_owner.get(NEW))
    assert as_owner.post(NEW, SYSTEMS).status_code == 200
    assert not Setup.objects.exists()


def test_made_up_people_are_never_mixed_with_a_real_account(as_owner: Client) -> None:
    page = as_owner.post(NEW, {**SYSTEMS, "right": "zoho_invoice:vendor"})

    assert "would otherwise be written into a real account" in text(page)


def test_connections_that_fit_are_taken_at_once(as_owner: Client, pair: World) -> None:
    setup = begin(as_owner)

    assert (setup.left, setup.right) == (pair.left, pair.right)
    assert as_owner.get(at(setup)).url == at(setup, "rules")
    assert "Use another account" in text(as_owner.get(at(setup, "left")))


def test_a_step_whose_turn_has_not_come_leads_to_the_one_that_is_due(
    as_owner: Client,
) -> None:
    setup = begin(as_owner)

    assert as_owner.get(at(setup, "rules")).url == at(setup, "left")
    assert as_owner.get(at(setup, "nonsense")).status_code == 404


def test_a_connection_just_made_is_used_on_its_side(
    as_owner: Client, pair: World
) -> None:
    setup = begin(as_owner)
    Setup.objects.update(left=None, right=None)

    back = as_owner.get(f"{at(setup)}?connection={pair.right.pk}")

    setup.refresh_from_db()
    assert back.url == at(setup, "right")
    assert (setup.left, setup.right) == (None, pair.right)


def test_a_link_cannot_replace_a_connection_that_was_chosen(
    as_owner: Client, pair: World
) -> None:
    setup = begin(as_owner)
    other = pair.left
    other.pk, other.name, other.account_id = None, "Other", "another"
    other.webhook_token = "another-token"
    other.save()

    as_owner.get(f"{at(setup)}?connection={other.pk}")

    setup.refresh_from_db()
    assert setup.left_id != other.pk


def test_a_connection_that_needs_reconnecting_brings_its_step_back(
    as_owner: Client, pair: World
) -> None:
    setup = begin(as_owner)
    pair.left.health = "needs_reconnect"
    pair.left.save()

    assert as_owner.get(at(setup)).url == at(setup, "left")


# --- fields and test -------------------------------------------------------------------


def test_going_on_from_the_fields_publishes_them(as_owner: Client, pair: World) -> None:
    setup = with_rules(as_owner)

    onward = as_owner.post(at(setup, "fields"), rows(setup.sync))

    assert onward.url == at(setup, "test")
    assert Mapping.objects.get().published is not None


def test_the_test_runs_and_its_end_is_the_plan(
    as_owner: Client, pair: World, django_capture_on_commit_callbacks: Any
) -> None:
    setup = with_rules(as_owner)
    as_owner.post(at(setup, "fields"), rows(setup.sync))
    page = at(setup, "test")
    as_owner.post(page)
    run = SyncRun.objects.get()

    during = text(as_owner.get(page))
    assert "It reads and decides, and writes nothing." in during
    assert 'hx-trigger="every 1s"' in during

    pair.work(run)
    assert as_owner.get(page).url == f"/w/acme/runs/{run.pk}/plan/"
    polled = as_owner.get(page, headers={"hx-request": "true"})
    assert polled.headers["HX-Redirect"] == f"/w/acme/runs/{run.pk}/plan/"
    assert pair.writes() == []


def test_a_test_that_failed_says_why_and_stops_asking(
    as_owner: Client, pair: World
) -> None:
    setup = with_rules(as_owner)
    as_owner.post(at(setup, "fields"), rows(setup.sync))
    as_owner.post(at(setup, "test"))
    SyncRun.objects.update(state="failed", reason="Zoho Invoice is away.", next_at=None)

    page = text(as_owner.get(at(setup, "test")))

    assert "Zoho Invoice is away." in page
    assert "hx-trigger" not in page.split('id="test-live"')[1]


def test_a_test_that_waits_says_for_what(as_owner: Client, pair: World) -> None:
    setup = with_rules(as_owner)
    as_owner.post(at(setup, "fields"), rows(setup.sync))
    as_owner.post(at(setup, "test"))
    SyncRun.objects.update(state="waiting", reason="The calls are used up.")

    page = text(as_owner.get(at(setup, "test")))

    assert "The calls are used up. It goes on by itself" in page


def test_changed_rules_outdate_the_plan_made_by_others(
    as_owner: Client, pair: World
) -> None:
    setup = with_rules(as_owner)
    as_owner.post(at(setup, "fields"), rows(setup.sync))
    as_owner.post(at(setup, "test"))
    pair.work(SyncRun.objects.get())

    as_owner.post(at(setup, "rules"), {**RULES, "conflict": "left"})

    assert Plan.objects.get().state == Plan.State.EXPIRED
    assert "Run the test" in text(as_owner.get(at(setup, "test")))


# --- coming back and leaving -----------------------------------------------------------


def test_a_set_up_is_gone_on_with_where_it_stands(
    as_owner: Client, pair: World
) -> None:
    setup = with_rules(as_owner)

    assert "Go on with it" in text(as_owner.get(NEW))
    assert as_owner.get(at(setup)).url == at(setup, "fields")


def test_leaving_a_set_up_keeps_what_it_made(as_owner: Client, pair: World) -> None:
    setup = with_rules(as_owner)

    as_owner.post(f"{at(setup)}discard/")

    assert not Setup.objects.exists()
    assert Sync.objects.exists()


def test_a_finished_set_up_leads_home(as_owner: Client, pair: World) -> None:
    setup = begin(as_owner)
    Setup.objects.update(finished_at="2026-01-01T00:00Z")

    assert as_owner.get(at(setup, "left")).url == "/w/acme/"


def test_a_permission_that_was_not_given_is_said_with_what_it_switches_off(
    as_owner: Client, pair: World
) -> None:
    setup = begin(as_owner)
    Grant.objects.filter(pk=pair.left.grant_id).update(
        scopes=["contacts.readonly", "contacts.write"]
    )

    page = as_owner.get(at(setup, "left")).content.decode()

    assert "Not everything was allowed." in page
    assert "Tasks cannot be synced." in page
    assert "locations/tasks.readonly" in page
    assert f"reconnect={pair.left.pk}&amp;setup={setup.pk}" in page


def test_nothing_is_said_of_permissions_when_the_system_named_none(
    as_owner: Client, pair: World
) -> None:
    page = as_owner.get(at(begin(as_owner), "left")).content.decode()

    assert "Not everything was allowed." not in page
