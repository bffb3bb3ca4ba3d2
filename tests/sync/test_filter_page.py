"""The filter builder: by buttons alone, counted from what is stored, refused in place."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.connectors.base import ObjectSpec
from integrations.fields.fieldreading import catalogue_refresh
from integrations.models import CustomFields, RemoteRecord
from sync.models import Plan
from sync.policy import object_spec
from sync.setup.filters import filter_words, filters_save
from sync.setup.scopecount import scope_count
from tests.sync.test_filters import CUSTOMER, add
from tests.sync.world import World

NESTED = {
    "or": [
        CUSTOMER,
        {"and": [{"field": "email", "op": "is_empty"}, CUSTOMER]},
    ]
}
TIER = {
    "key": "custom_fields.cf_tier",
    "label": "Tier",
    "type": "choice",
    "options": ["Gold", "Silver"],
    "is_custom": True,
}
ONE = {"left-0.field": "tags", "left-0.was": "tags", "left-0.op": "contains"}


def page(world: World, name: str = "sync_filters") -> str:
    return reverse(f"sync:{name}", args=[world.workspace.slug, world.sync.pk])


def people_spec(world: World) -> ObjectSpec:
    return object_spec(world.left, "contact")


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def people(empty_world: World) -> World:
    """Anna, a customer, and Bert, who is none, read at HighLevel; Carl is gone."""
    add(empty_world, "anna", "customer")
    add(empty_world, "bert", "lead")
    add(empty_world, "carl", "customer")
    empty_world.run("test")
    RemoteRecord.objects.filter(label="carl").update(gone_at="2026-01-01T00:00Z")
    empty_world.sent.clear()
    return empty_world


def test_a_condition_is_added_filled_in_and_saved_without_a_script(
    as_owner: Client, people: World
) -> None:
    url = page(people)
    assert "Everybody takes part" in text(as_owner.get(url))

    added = as_owner.post(url, {"left.join": "and", "do": "add:left"})
    assert 'name="left-0.field"' in text(added)
    chosen = as_owner.post(
        url, {"left.join": "and", "left-0.field": "tags", "do": "show"}
    )
    assert 'name="left-0.op"' in text(chosen)
    assert '<option value="customer">' in text(chosen)  # what people there have
    saved = as_owner.post(url, {**ONE, "left-0.value": "customer"})

    people.sync.refresh_from_db()
    assert saved.url == reverse("sync:sync_detail", args=["acme", people.sync.pk])
    assert people.sync.filters == {"contact": {"left": CUSTOMER}}
    assert Plan.objects.get().state == Plan.State.EXPIRED
    assert people.sent == []


def test_it_counts_who_takes_part_and_says_why_others_do_not(
    as_owner: Client, people: World
) -> None:
    counted = as_owner.post(
        page(people, "filters_count") + "?side=left", {**ONE, "left-0.value": "lead"}
    )

    assert '<b class="strong tnum">1</b> of <span class="tnum">2</span>' in text(
        counted
    )
    assert 'anna</b> <span class="mute">Not so: Tags contains “lead”.' in text(counted)
    assert people.sent == []


def test_nobody_read_yet_is_said_once_there_is_something_to_count(
    as_owner: Client, empty_world: World
) -> None:
    words = "The test reads them, and counts."

    assert words not in text(as_owner.get(page(empty_world)))
    assert words in text(as_owner.post(page(empty_world), {"do": "add:left"}))


def test_a_stored_filter_of_groups_is_shown_and_saved_as_it_was(
    as_owner: Client, people: World
) -> None:
    filters_save(
        sync=people.sync, object_type="contact", filters={"left": NESTED}, actor=None
    )
    form = as_owner.get(page(people)).context["filters"][0]["form"]
    assert form.wanted == NESTED

    shown = {"left.join": "or", "left-1.join": "and"}
    for name, op in (("0", "contains"), ("1-0", "is_empty"), ("1-1", "contains")):
        key = "email" if op == "is_empty" else "tags"
        shown |= {f"left-{name}.field": key, f"left-{name}.was": key}
        shown |= {f"left-{name}.op": op, f"left-{name}.value": "customer"}
    as_owner.post(page(people), shown)

    people.sync.refresh_from_db()
    assert people.sync.filters["contact"] == {"left": NESTED}


def test_removing_a_part_keeps_the_others_as_typed(
    as_owner: Client, people: World
) -> None:
    two = {**ONE, "left-0.value": "customer", "left-1.field": "email"}
    two |= {"left-1.was": "email", "left-1.op": "starts_with", "left-1.value": "an"}

    response = as_owner.post(page(people), {**two, "do": "remove:left-0"})

    form = response.context["filters"][0]["form"]
    assert form.wanted == {"field": "email", "op": "starts_with", "value": "an"}


def test_a_group_is_added_inside_with_a_first_condition(
    as_owner: Client, people: World
) -> None:
    response = as_owner.post(
        page(people), {**ONE, "left-0.value": "customer", "do": "group:left"}
    )

    assert 'name="left-1-0.field"' in text(response)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"left-0.field": "tags", "left-0.op": "contains"}, "Enter a value."),
        (
            {"left-0.field": "dateAdded", "left-0.op": "before", "left-0.value": "x"},
            "The value must be a day as in 2026-01-31.",
        ),
        (
            {
                "left-0.field": "tags",
                "left-0.op": "contains",
                "left-0.value": "x" * 300,
            },
            "The value is too long.",
        ),
        (
            {"left-0.field": "shoe", "left-0.op": "is_empty"},
            "there is no field “shoe”",
        ),
    ],
)
def test_what_cannot_be_used_is_said_at_its_line(
    as_owner: Client, people: World, typed: dict[str, str], words: str
) -> None:
    was = {"left-0.was": typed["left-0.field"]}

    response = as_owner.post(page(people), {**typed, **was})

    assert words in text(response)
    people.sync.refresh_from_db()
    assert people.sync.filters == {}


def test_another_field_brings_operators_and_options_of_its_own(
    as_owner: Client, people: World
) -> None:
    CustomFields.objects.create(
        connection=people.right,
        object_type="contact",
        fields=[TIER],
        read_at="2026-01-01T00:00Z",
    )
    sent = {"right-0.field": TIER["key"], "right-0.was": "email"}
    sent |= {"right-0.op": "starts_with", "right-0.value": "anna"}

    response = as_owner.post(
        page(people), {**sent, "do": ""}, headers={"hx-request": "true"}
    )

    condition = response.context["filters"][1]["form"].root.parts[0]
    assert (condition.op, condition.shape, condition.values) == ("equals", "option", [])
    assert '<option value="Gold">' in text(response)
    assert "<html" not in text(response)


@pytest.mark.parametrize("press", ["add:right-7", "remove:top", "group:", "x", "add:"])
def test_a_press_that_names_no_place_changes_nothing(
    as_owner: Client, people: World, press: str
) -> None:
    response = as_owner.post(page(people), {**ONE, "do": press})

    assert response.status_code == 200
    assert len(response.context["filters"][0]["form"].root.parts) == 1


def test_more_conditions_than_can_be_are_refused(
    as_owner: Client, people: World
) -> None:
    many = {}
    for number in range(50):
        many |= {f"left-{number}.field": "tags", f"left-{number}.op": "is_empty"}

    response = as_owner.post(page(people), {**many, "do": "add:left"})

    assert "50 conditions at most" in text(response)


def test_a_viewer_may_not(client: Client, viewer: Any, empty_world: World) -> None:
    client.force_login(viewer)

    assert client.get(page(empty_world)).status_code == 403


def test_the_filters_of_another_workspace_are_not_found(
    client: Client, stranger: Any, empty_world: World
) -> None:
    client.force_login(stranger)

    assert client.get(page(empty_world)).status_code == 404
    assert client.post(page(empty_world, "filters_count")).status_code == 404


def test_counting_asks_the_database_as_often_for_many_as_for_few(
    people: World, django_assert_num_queries: Any
) -> None:
    spec = people_spec(people)
    for number in range(30):
        row = RemoteRecord.objects.get(label="anna")
        row.pk, row.remote_id, row.label = None, f"more-{number}", "more"
        row.save()

    with django_assert_num_queries(2):  # the second: who is left out, by name
        found = scope_count(people.left, spec, CUSTOMER)

    assert (found.total, found.inside, found.outside) == (32, 31, 1)
    assert [label for label, _ in found.left_out] == ["bert"]


def test_of_many_a_quick_count_is_reckoned_and_then_counted(
    as_owner: Client, people: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.setup.scopecount.SAMPLE", 40)
    row = RemoteRecord.objects.get(label="anna")
    for number in range(398):
        row.pk, row.remote_id = None, f"more-{number}"
        row.values = {**row.values, "tags": ["customer"] if number % 2 else ["lead"]}
        row.save()
    as_owner.post(page(people), {**ONE, "left-0.value": "customer"})
    spec = people_spec(people)

    quick = scope_count(people.left, spec, CUSTOMER, is_quick=True)
    whole = scope_count(people.left, spec, CUSTOMER)

    assert (whole.inside, whole.outside, whole.is_reckoned) == (200, 200, False)
    assert quick.is_reckoned
    assert 100 <= quick.inside <= 300
    shown = text(as_owner.get(page(people)))
    assert "About <b" in shown
    assert 'hx-trigger="load, input' in shown


def test_a_field_that_was_not_read_leaves_it_open(people: World) -> None:
    row = RemoteRecord.objects.get(label="anna")
    del row.values["tags"]
    row.save()

    found = scope_count(people.left, people_spec(people), CUSTOMER)

    assert (found.inside, found.outside, found.unread) == (0, 1, 1)


def test_whom_a_filter_lets_in_is_what_a_run_takes(
    as_owner: Client, people: World
) -> None:
    as_owner.post(page(people), {**ONE, "left-0.value": "customer"})
    people.sync.refresh_from_db()

    run = people.run()

    assert (run.counts["create"], run.counts["excluded"]) == (2, 1)


def test_a_business_is_chosen_by_its_name_and_kept_by_its_id(
    as_owner: Client, people: World
) -> None:
    """Once the fields of the account were read, its businesses are on offer."""
    row = {"id": "b1", "name": "Sample & Co", "locationId": people.left.account_id}
    people.store.put("highlevel_business", "b1", row)
    assert catalogue_refresh(people.left) == []
    business = {"left-0.field": "businessId", "left-0.op": "equals"}

    chosen = as_owner.post(page(people), {"left.join": "and", **business, "do": "show"})
    assert '<option value="b1">Sample &amp; Co</option>' in text(chosen)
    as_owner.post(
        page(people),
        {**business, "left-0.was": "businessId", "left-0.value": "b1"},
    )

    people.sync.refresh_from_db()
    stored = {"field": "businessId", "op": "equals", "value": "b1"}
    assert people.sync.filters == {"contact": {"left": stored}}
    assert filter_words(people.sync, "contact", "left") == "Business is “Sample & Co”"
