"""The steps of the set-up that ask for rules, and for who and what flows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mapping.models import Mapping
from sync.models import Setup, Sync
from sync.setup.sentences import settings_sentences
from tests.sync.setupways import RULES, at, begin, rows, text, with_rules
from tests.sync.world import World

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


def test_rules_that_are_as_usual_are_folded_away(as_owner: Client, pair: World) -> None:
    setup = begin(as_owner)
    assert not as_owner.get(at(setup, "rules")).context["form"].more_is_open

    as_owner.post(at(setup, "rules"), {**RULES, "at": "03:00", "day": "monday"})

    form = as_owner.get(at(setup, "rules")).context["form"]
    assert form.more_is_open  # every ten minutes is not as usual


def test_the_sentence_follows_what_stands_on_the_page(
    as_owner: Client, pair: World
) -> None:
    setup = begin(as_owner)
    half = {**RULES, "direction": "left_to_right", "every_minutes": "many"}

    said = text(as_owner.get(f"{at(setup)}sentence/", half))

    assert "Nothing is ever written to" in said
    assert "matched by e-mail, then phone." in said


# --- who and what ----------------------------------------------------------------------


def test_everybody_and_people_alone_unless_it_is_said(
    as_owner: Client, pair: World
) -> None:
    setup = with_rules(as_owner)
    page = text(as_owner.get(at(setup, "scope")))
    assert "Everybody takes part." in page
    assert "Later edits: a comment cannot be changed at Zoho Invoice." in page

    assert as_owner.post(at(setup, "scope"), {}).url == at(setup, "fields")

    assert setup.sync is not None
    setup.sync.refresh_from_db()
    assert setup.sync.filters == {"contact": {}} or setup.sync.filters == {}
    assert setup.sync.mappings.count() == 1


def test_who_takes_part_and_what_flows_are_saved_at_once(
    as_owner: Client, pair: World
) -> None:
    setup = with_rules(as_owner)
    chosen = {"left-0.field": "tags", "left-0.was": "tags", "left-0.op": "contains"}
    notes = {"note.on": "1", "note.direction": "left_to_right"}

    as_owner.post(at(setup, "scope"), {**chosen, "left-0.value": "customer", **notes})

    sync = Sync.objects.get()
    assert sync.filters["contact"]["left"]["value"] == "customer"
    assert sync.mappings.get(object_type="note").direction == "left_to_right"
    said = " ".join(settings_sentences(sync))
    assert "take part when Tags contains “customer”" in said
    assert "Notes flow with them" in said

    as_owner.post(at(setup, "scope"), {})
    assert list(sync.mappings.values_list("object_type", flat=True)) == ["contact"]


def test_a_button_of_the_builder_keeps_what_is_ticked(
    as_owner: Client, pair: World
) -> None:
    setup = with_rules(as_owner)
    sent = {"do": "add:left", "note.on": "1", "note.direction": "both"}

    page = text(as_owner.post(at(setup, "scope"), sent))

    assert 'name="left-0.field"' in page
    assert 'name="note.on" value="1" checked' in page


def test_what_cannot_flow_that_way_is_said(as_owner: Client, pair: World) -> None:
    setup = with_rules(as_owner)

    page = as_owner.post(
        at(setup, "scope"), {"note.on": "1", "note.direction": "sideways"}
    )

    assert "This cannot flow." in text(page)
    assert Sync.objects.get().mappings.count() == 1


# --- of a sync that is there ---------------------------------------------------------


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
