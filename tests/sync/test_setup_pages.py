"""The set-up wizard: each step, going back, coming back, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from integrations.models import Grant
from mapping.models import Mapping
from sync.models import Plan, Setup, Sync
from sync.sentences import settings_sentences
from synclog.models import SyncRun
from tests.sync.world import World
from workspaces.models import Workspace

NEW = "/w/acme/setup/"
SYSTEMS = {"left": "highlevel:sandbox", "right": "zoho_invoice:sandbox"}
RULES = {
    "name": "People",
    "direction": "both",
    "match_1": "email",
    "match_2": "phone",
    "match_3": "none",
    "first_merge": "non_empty",
    "conflict": "ask",
    "history": "all",
    "schedule": "every",
    "every_minutes": "10",
    "max_change_percent": "40",
    "max_create_percent": "20",
    "max_delete_percent": "5",
    "canary": "0",
}


@pytest.fixture
def pair(empty_world: World) -> World:
    """Two connections that no sync joins yet."""
    empty_world.sync.delete()
    return empty_world


def begin(client: Client) -> Setup:
    client.post(NEW, SYSTEMS)
    return Setup.objects.get()


def at(setup: Setup, step: str = "") -> str:
    return f"{NEW}{setup.pk}/{step}/" if step else f"{NEW}{setup.pk}/"


def with_rules(client: Client) -> Setup:
    setup = begin(client)
    client.post(at(setup, "rules"), RULES)
    setup.refresh_from_db()
    return setup


def rows(sync: Sync) -> dict[str, Any]:
    """Return the fields form as a browser sends it, as it stands."""
    from mapping.forms import rows_initial
    from mapping.selectors import draft_lines

    lines = rows_initial(draft_lines(Mapping.objects.get(sync=sync)))
    data: dict[str, Any] = {
        "rows-TOTAL_FORMS": len(lines),
        "rows-INITIAL_FORMS": len(lines),
    }
    for number, line in enumerate(lines):
        data |= {f"rows-{number}-{key}": value for key, value in line.items()}
    return data


def text(response: Any) -> str:
    return response.content.decode()


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


# --- rules -----------------------------------------------------------------------------


def test_the_rules_make_a_draft_with_fields_that_correspond_by_name(
    as_owner: Client, pair: World
) -> None:
    setup = with_rules(as_owner)

    sync = setup.sync
    assert sync is not None
    assert (sync.name, sync.state, sync.match) == (
        "People",
        "draft",
        ["email", "phone"],
    )
    assert (sync.conflict, sync.schedule) == ("ask", {"every_minutes": 10})
    assert sync.mappings.get().field_maps.count() == 6


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"schedule": "daily", "at": "03:30"}, {"daily": "03:30"}),
        (
            {"schedule": "weekly", "day": "friday", "at": "22:00"},
            {"weekly": {"day": "friday", "at": "22:00"}},
        ),
    ],
)
def test_a_time_of_day_is_chosen_and_shown_again(
    as_owner: Client, pair: World, sent: dict[str, str], stored: Any
) -> None:
    setup = begin(as_owner)

    as_owner.post(at(setup, "rules"), {**RULES, **sent})

    assert Sync.objects.get().schedule == stored
    text = as_owner.get(at(setup, "rules")).content.decode()
    assert f'value="{sent["at"]}"' in text


def test_a_schedule_over_the_quota_is_refused_with_its_arithmetic(
    as_owner: Client, pair: World
) -> None:
    setup = begin(as_owner)

    page = as_owner.post(at(setup, "rules"), {**RULES, "every_minutes": "1"})

    assert "1,440 polls a day" in str(page.context["form"].errors["every_minutes"])
    assert not Sync.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"schedule": "cron", "cron": "never"}, "cron"),
        ({"schedule": "daily"}, "at"),
        ({"schedule": "daily", "at": "noon"}, "at"),
        ({"schedule": "weekly", "at": "03:00"}, "day"),
        ({"history": "since"}, "since"),
        ({"match_2": "email"}, "match_2"),
        ({"name": ""}, "name"),
        ({"direction": "sideways"}, "direction"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(
    as_owner: Client, pair: World, change: dict[str, str], field: str
) -> None:
    setup = begin(as_owner)

    page = as_owner.post(at(setup, "rules"), {**RULES, **change})

    assert field in page.context["form"].errors


def test_going_back_loses_nothing_that_was_typed(as_owner: Client, pair: World) -> None:
    setup = begin(as_owner)
    typed = {**RULES, "name": "Half", "every_minutes": "nonsense", "go": "back"}

    assert as_owner.post(at(setup, "rules"), typed).url == at(setup, "right")

    page = text(as_owner.get(at(setup, "rules")))
    assert 'value="Half"' in page
    assert 'value="nonsense"' in page
    assert not Sync.objects.exists()


def test_rules_are_changed_and_renamed_on_the_same_sync(
    as_owner: Client, pair: World
) -> None:
    setup = with_rules(as_owner)

    as_owner.post(at(setup, "rules"), {**RULES, "name": "All", "conflict": "left"})

    sync = Sync.objects.get()
    assert (sync.pk, sync.name, sync.conflict) == (setup.sync_id, "All", "left")


def test_what_is_deleted_and_who_leaves_are_rules_too(
    as_owner: Client, pair: World
) -> None:
    setup = with_rules(as_owner)
    chosen = {**RULES, "delete": "mirror", "leaving": "archive"}

    as_owner.post(at(setup, "rules"), chosen)
    as_owner.post(at(setup, "rules"), RULES)  # a form that does not send them

    sync = Sync.objects.get()
    assert (sync.delete_policy, sync.leaving) == ("mirror", "archive")
    said = " ".join(settings_sentences(sync))
    assert "deleted on the other too" in said
    assert "archived on the other side" in said


def test_the_name_of_another_sync_is_not_taken_over(
    as_owner: Client, pair: World
) -> None:
    Sync.objects.create(
        workspace=pair.workspace, name="People", left=pair.right, right=pair.left
    )
    setup = begin(as_owner)

    page = as_owner.post(at(setup, "rules"), RULES)

    assert "Another sync has this name" in text(page)


def test_the_sentence_follows_what_stands_on_the_page(
    as_owner: Client, pair: World
) -> None:
    setup = begin(as_owner)
    half = {**RULES, "direction": "left_to_right", "every_minutes": "many"}

    said = text(as_owner.get(f"{at(setup)}sentence/", half))

    assert "Nothing is ever written to" in said
    assert "matched by e-mail, then phone." in said


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


def test_the_rules_of_a_sync_that_is_live_can_still_be_changed(
    as_owner: Client, pair: World
) -> None:
    setup = with_rules(as_owner)
    as_owner.post(at(setup, "fields"), rows(setup.sync))
    Setup.objects.update(finished_at="2026-01-01T00:00Z")
    changed = {**RULES, "conflict": "left", "direction": "left_to_right"}

    assert "Save the rules" in text(as_owner.get(at(setup, "rules")))
    answer = as_owner.post(at(setup, "rules"), changed)

    assert answer.url == f"/w/acme/syncs/{setup.sync_id}/"
    assert Sync.objects.get().conflict == "left"
    assert Mapping.objects.get().published.direction == "left_to_right"


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


def test_the_safety_of_a_sync_is_chosen_on_the_page(
    as_owner: Client, pair: World
) -> None:
    setup = begin(as_owner)
    chosen = {"max_create_percent": "35", "canary": "10"}

    as_owner.post(at(setup, "rules"), {**RULES, **chosen})

    assert Sync.objects.get().guards == {"max_create_percent": 35, "canary": 10}
    page = as_owner.get(at(setup, "rules")).content.decode()
    assert '<details class="safety" open>' in page


@pytest.mark.parametrize(
    ("key", "value"),
    [("max_change_percent", "101"), ("canary", "-1"), ("canary", "1001")],
)
def test_a_limit_that_cannot_be_is_refused_at_its_field(
    as_owner: Client, pair: World, key: str, value: str
) -> None:
    page = as_owner.post(at(begin(as_owner), "rules"), {**RULES, key: value})

    assert page.context["form"].errors[key]
    assert '<details class="safety" open>' in page.content.decode()
    assert not Sync.objects.exists()
