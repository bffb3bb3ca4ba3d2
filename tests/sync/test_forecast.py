"""What publishing would change: told from the mirror, before anything flows by it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mapping.drafts import draft_save
from mapping.models import Mapping
from mapping.selectors import draft_lines
from mapping.services import mapping_publish
from sandbox.highlevel import service as highlevel
from sync.deciding.forecasting import mapping_forecast
from sync.models import Sync
from tests.sync.world import World, world_make
from workspaces.models import Workspace

PEOPLE = 24  # enough for the guard to count


@pytest.fixture
def world(workspace: Workspace, settings: Any) -> World:
    made = world_make(workspace, settings, seed=False)
    context = made.app.extensions["context"]
    for number in range(PEOPLE):
        person = {"firstName": f"Ada{number}", "lastName": "Byron", "source": "Fair"}
        email = f"ada{number}@example.com"
        highlevel.contact_save(context, None, {**person, "email": email})
    made.run()
    Sync.objects.filter(pk=made.sync.pk).update(state="live")
    return made


@pytest.fixture
def mapping(world: World) -> Mapping:
    return Mapping.objects.select_related("sync__workspace").get(sync=world.sync)


def drafted(mapping: Mapping, *more: dict[str, Any], without: str = "") -> Mapping:
    """Save a draft: the lines as they are without one, and some more."""
    lines = [line for line in draft_lines(mapping) if line["right"] != without]
    return draft_save(
        mapping=mapping,
        direction="both",
        lines=[*lines, *more],
        revision=mapping.revision,
        actor=None,
    )


def line(left: str, right: str, **more: Any) -> dict[str, Any]:
    return {"left": left, "right": right, "direction": "left_to_right", **more}


def address(mapping: Mapping, part: str) -> str:
    return f"/w/acme/syncs/{mapping.sync_id}/mapping/contact/{part}"


def test_what_a_draft_fills_and_replaces_is_counted_without_a_call(
    world: World, mapping: Mapping
) -> None:
    sent = len(world.sent)
    several = {"gather": {"template": "{firstName} {lastName}"}}
    saved = drafted(
        mapping,
        line("source", "last_name"),
        line("firstName", "twitter", **several),
        without="last_name",
    )

    found = mapping_forecast(saved)

    assert (found.pairs, found.tried, found.changed) == (PEOPLE, PEOPLE, PEOPLE)
    by_label = {each.label: each for each in found.fields}
    assert by_label["X (Twitter)"].filled == PEOPLE
    assert by_label["X (Twitter)"].examples[0][1] == ""
    assert by_label["X (Twitter)"].examples[0][2].endswith(" Byron")
    assert by_label["Last name"].replaced == PEOPLE
    assert by_label["Last name"].examples[0][1:] == ("Byron", "Fair")
    assert found.trip is not None
    assert found.trip.percent == 100
    assert len(world.sent) == sent


def test_nothing_is_told_of_what_flows_anyway(world: World, mapping: Mapping) -> None:
    found = mapping_forecast(mapping)
    assert (found.changed, found.fields, found.trip) == (0, [], None)


def test_what_a_field_cannot_hold_is_told(mapping: Mapping) -> None:
    saved = drafted(mapping, line("source", "language_code"))
    (field,) = mapping_forecast(saved).fields
    assert (field.refused, field.count) == (PEOPLE, 0)
    assert "Fair" in field.reason


def test_a_live_sync_is_published_only_after_a_look(
    as_owner: Client, mapping: Mapping
) -> None:
    saved = drafted(mapping, line("lastName", "twitter"))

    page = as_owner.post(address(mapping, "publish/"), follow=True)
    assert "publishing would change" in page.content.decode()
    assert f"<b>{PEOPLE} of {PEOPLE}</b>" in page.content.decode()
    assert mapping.versions.count() == 1

    late = as_owner.post(address(mapping, "publish/"), {"revision": saved.revision - 1})
    assert late.url == address(mapping, "publish/look/")
    as_owner.post(address(mapping, "publish/"), {"revision": saved.revision})
    assert mapping.versions.count() == 2


def test_the_form_shows_it_too(as_owner: Client, mapping: Mapping) -> None:
    from tests.mapping.test_mapping_pages import sent

    data = sent(mapping, r5_DELETE="on", action="publish")
    page = as_owner.post(address(mapping, "form/"), data)
    assert page.url == address(mapping, "publish/look/")
    assert mapping.versions.count() == 1


def test_what_cannot_be_published_is_said_instead(
    as_owner: Client, mapping: Mapping
) -> None:
    drafted(mapping, line("lastName", "first_name"))
    page = as_owner.get(address(mapping, "publish/look/")).content.decode()
    assert "already writes" in page
    assert 'name="revision"' not in page


def test_the_guard_is_told_before(
    as_owner: Client, mapping: Mapping, django_assert_max_num_queries: Any
) -> None:
    saved = drafted(mapping, line("source", "first_name"), without="first_name")
    with django_assert_max_num_queries(45):
        page = as_owner.get(address(mapping, "publish/look/")).content.decode()
    assert "First name would be replaced at Zoho Invoice for 100 %" in page
    assert "Publish all the same" in page
    mapping_publish(mapping=saved, actor=None)
    page = as_owner.get(address(mapping, "publish/look/")).content.decode()
    assert "nothing to publish" in page


def test_viewers_and_strangers_do_not_get_it(
    client: Client, viewer: Any, stranger: Any, mapping: Mapping
) -> None:
    for user, status in ((viewer, 403), (stranger, 404)):
        client.force_login(user)
        assert client.get(address(mapping, "publish/look/")).status_code == status
