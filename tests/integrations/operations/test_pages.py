"""The catalogue's pages: finding, trying, confirming, the log; and who may."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.db import connection as connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection
from integrations.operations.declared import operations
from synclog.models import Event, OperationCall
from tests.integrations.helpers import make_connection, make_grant
from tests.integrations.operations.world import World

pytestmark = pytest.mark.django_db
BASE = "/w/acme/catalogue/"


def text(page: Any) -> str:
    return str(page.content.decode())


def keys(page: Any) -> list[str]:
    """Return the operations that the list shows."""
    groups = page.context["groups"]
    return [offer.operation.key for _, group in groups for offer in group]


@pytest.fixture
def connection(workspace: Any) -> Connection:
    return make_connection(make_grant(workspace=workspace), name="GHL")


# --- the list ---------------------------------------------------------------------------


def test_it_lists_every_operation(as_owner: Client) -> None:
    page = as_owner.get(BASE)

    assert sorted(keys(page)) == sorted(operations())
    assert "Not connected" in text(page)
    assert "Attach a file to a contact" in text(page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=FREE slots", {"hl.free_slots"}),
        ("?q=zoho+comment&kind=action", {"zi.add_comment"}),
        (
            "?system=zoho_invoice&object=invoice&kind=trigger",
            {"zi.invoice_created", "zi.invoice_updated"},
        ),
        ("?q=nothing+of+the+kind", set()),
    ],
)
def test_it_finds_by_words_system_object_and_kind(
    as_owner: Client, query: str, found: set[str]
) -> None:
    assert set(keys(as_owner.get(BASE + query))) == found


@pytest.mark.parametrize("query", ["?kind=x&system=y&object=z", "?object="])
def test_it_passes_over_nonsense(as_owner: Client, query: str) -> None:
    assert len(keys(as_owner.get(BASE + query))) == len(operations())


def test_it_says_why_a_connection_may_not(
    as_owner: Client, connection: Connection
) -> None:
    connection.grant.scopes = ["contacts.readonly"]
    connection.grant.save()

    page = as_owner.get(f"{BASE}?q=add+tags")

    assert "The permission “contacts.write” was not given" in text(page)


def test_it_costs_a_fixed_number_of_queries(
    as_owner: Client, workspace: Any, django_assert_num_queries: Any
) -> None:
    as_owner.get(BASE)
    Event.objects.create(workspace=workspace, type="hl.contact_created")
    with CaptureQueriesContext(connections) as few:
        as_owner.get(BASE)
    for number in range(3):
        make_connection(
            make_grant(workspace=workspace),
            name=f"GHL {number}",
            account_id=str(number),
        )
        Event.objects.create(workspace=workspace, type="hl.contact_created")

    with django_assert_num_queries(len(few.captured_queries)):
        as_owner.get(BASE)


def test_strangers_see_nothing(client: Client, stranger: Any, workspace: Any) -> None:
    client.force_login(stranger)

    for path in ("", "hl.add_tags/", "log/"):
        assert client.get(BASE + path).status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(client: Client, workspace: Any) -> None:
    assert client.get(BASE).status_code == 302


# --- one of them ------------------------------------------------------------------------


def test_each_has_a_page(as_owner: Client, connection: Connection) -> None:
    for key in operations():
        page = as_owner.get(f"{BASE}{key}/")

        assert page.status_code == 200
        assert key in text(page)


@pytest.mark.parametrize(
    "path", ["hl.nothing/", "hl.add_tags/?connection=9999", "hl.add_tags/?connection=x"]
)
def test_what_there_is_not_is_not_found(
    as_owner: Client, connection: Connection, path: str
) -> None:
    assert as_owner.get(BASE + path).status_code == 404


def test_a_viewer_looks_and_cannot_try(
    client: Client, viewer: Any, world: World
) -> None:
    client.force_login(viewer)
    path = f"{BASE}hl.list_tags/?connection={world.connections['highlevel'].pk}"

    assert "ask an owner to make you an editor" in text(client.get(path))
    assert client.post(path, {"step": "run"}).status_code == 403
    assert not world.sent


# --- trying -----------------------------------------------------------------------------


def address(world: World, key: str) -> str:
    return f"{BASE}{key}/?connection={world.connection(operations()[key]).pk}"


def test_a_search_shows_a_table_and_the_answer_and_is_logged(
    as_owner: Client, owner: Any, world: World
) -> None:
    world.made("hl.create_contact", email="ada@example.com", first_name="Ada")

    page = as_owner.post(
        address(world, "hl.find_duplicate"),
        {"email": "ada@example.com", "phone": "", "step": "run"},
        follow=True,
    )

    assert page.context["table"][0][1] == "Ada"
    assert "<dt>First name</dt><dd>Ada</dd>" in text(page)
    assert "ada@example.com" in page.context["raw"]
    call = OperationCall.objects.get(operation="hl.find_duplicate")
    assert (call.state, call.requested_by, call.calls) == ("done", owner, 1)
    assert "owner@example.com" in text(as_owner.get(f"{BASE}log/"))


def test_choices_are_loaded_live(as_owner: Client, world: World) -> None:
    page = as_owner.get(address(world, "hl.add_to_workflow"))

    assert "Missed appointment" in text(page)
    assert "/workflows/" in world.sent[-1].url.path


def test_an_action_writes_only_what_was_shown(as_owner: Client, world: World) -> None:
    contact = world.made("hl.create_contact")["id"]
    path = address(world, "hl.create_note")
    given = {"contact_id": contact, "body": "Called twice.", "step": "run"}
    del world.sent[:]

    shown = as_owner.post(path, given)  # it was never shown: it is shown now
    assert "This is what will be sent" in text(shown)
    assert not writes(world)

    mark = shown.context["mark"]
    changed = as_owner.post(path, {**given, "mark": mark, "body": "Another text."})
    assert "This is what will be sent" in text(changed)
    assert not writes(world)

    done = as_owner.post(path, {**given, "mark": mark}, follow=True)
    assert done.context["call"].state == "done"
    assert writes(world) == [f"POST /highlevel/contacts/{contact}/notes"]


def writes(world: World) -> list[str]:
    return [
        f"{each.method} {each.url.path}" for each in world.sent if each.method != "GET"
    ]


def test_two_presses_of_a_button_are_one_call(as_owner: Client, world: World) -> None:
    contact = world.made("hl.create_contact")["id"]
    path = address(world, "hl.create_note")
    given = {"contact_id": contact, "body": "Called.", "step": "run"}
    given["mark"] = as_owner.post(path, given).context["mark"]
    given["once"] = str(UUID(int=7))
    del world.sent[:]

    pages = [as_owner.post(path, given) for _ in range(2)]

    assert pages[0].url == pages[1].url
    assert len(writes(world)) == 1


def test_what_is_final_asks_once_more(as_owner: Client, world: World) -> None:
    contact = world.made("hl.create_contact")["id"]
    path = address(world, "hl.delete_contact")
    given = {"contact_id": contact, "step": "run"}
    given["mark"] = as_owner.post(path, given).context["mark"]

    refused = as_owner.post(path, given)
    assert refused.status_code == 400
    assert "Tick this before it is sent" in text(refused)

    done = as_owner.post(path, {**given, "sure": "1"}, follow=True)
    assert done.context["call"].state == "done"


def test_what_does_not_fit_stands_beside_its_input(
    as_owner: Client, world: World
) -> None:
    page = as_owner.post(
        address(world, "hl.create_contact"),
        {"email": "not an e-mail", "country": "United Kingdom", "step": "run"},
    )

    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"email", "country"}
    assert not writes(world)


def test_the_vendors_refusal_stands_beside_its_input(
    as_owner: Client, world: World
) -> None:
    path = address(world, "hl.create_contact")
    given = {"email": "eva@example.com", "country": "ZZ", "step": "run"}
    given["mark"] = as_owner.post(path, given).context["mark"]

    page = as_owner.post(path, given)

    assert "country" in page.context["form"].errors
    assert OperationCall.objects.get(operation="hl.create_contact").state == "failed"


def test_no_token_is_shown_or_kept(as_owner: Client, world: World) -> None:
    page = as_owner.post(
        address(world, "zi.list_contacts"), {"step": "run"}, follow=True
    )

    token = world.sent[-1].headers["Authorization"].split()[-1]
    call = OperationCall.objects.get()
    assert token not in text(page) + str(call.request) + str(call.answer)


def test_a_list_that_cannot_be_read_leaves_its_input_to_be_typed(
    as_owner: Client, workspace: Any, settings: Any
) -> None:
    from tests.integrations.operations.world import world_make

    world = world_make(workspace, settings, without="workflows.readonly")

    page = as_owner.get(address(world, "hl.add_to_workflow"))

    assert "Not all could be offered to choose from" in text(page)
    assert re.search(r'<input type="text" name="workflow_id"', text(page))


# --- triggers ---------------------------------------------------------------------------


def test_a_trigger_is_switched_on_and_off(as_owner: Client, world: World) -> None:
    connection = world.connections["highlevel"]
    path = f"{BASE}hl.contact_created/watch/"

    on = as_owner.post(path, {"connection": connection.pk, "on": "1"}, follow=True)
    assert "Crosswalk listens. What was there before is no news." in text(on)
    connection.refresh_from_db()
    assert connection.watched["contact"]["keys"] == ["hl.contact_created"]

    off = as_owner.post(path, {"connection": connection.pk}, follow=True)
    assert "Not switched on." in text(off)
    connection.refresh_from_db()
    assert connection.watched == {}


def test_a_viewer_switches_nothing_on(
    client: Client, viewer: Any, connection: Connection
) -> None:
    client.force_login(viewer)
    path = f"{BASE}hl.contact_created/watch/"

    assert client.post(path, {"connection": connection.pk}).status_code == 403
