"""HighLevel's other lists: the older one of contacts, and that of a business."""

from __future__ import annotations

import pytest

from crosswalk.errors import AuthError, PermanentError, TransientError
from tests.integrations.connectors.contract import pages
from tests.integrations.connectors.highlevel_remote import (
    ID,
    LOCATION,
    Remote,
    fixture,
)
from tests.integrations.connectors.highlevel_world import NORTHLIGHT_ID, World

NO_PATH = (404, "Cannot POST /contacts/search")


@pytest.fixture
def world():
    world = World()
    world.no_search = NO_PATH
    return world


def people(world, count):
    ids = []
    for number in range(count):
        world.clock.advance(60)
        ids.append(world.contact(firstName=f"Ada{number}", lastName="McDonald"))
    return ids


def listing(world, between_pages=lambda: None):
    return pages(
        lambda cursor: world.connector.list_page("contact", cursor), between_pages
    )


def rows(found):
    return [record for page in found for record in page.records]


@pytest.mark.parametrize("refusal", [NO_PATH, (404, ""), (403, "Forbidden resource")])
@pytest.mark.parametrize("switch", ["", "list_oldest_first", "list_always_has_next"])
def test_where_search_is_refused_the_older_list_is_read_to_the_end(
    world, refusal, switch
):
    world.no_search = refusal
    if switch:
        world.switch(**{switch: True})
    ids = people(world, 7)

    found = rows(listing(world))

    assert sorted(record.id for record in found) == sorted(ids)
    assert world.sent.count("POST /contacts/search") == 1


def test_it_shows_names_as_written_and_never_contradicts_the_detail(world):
    people(world, 4)

    for row in rows(listing(world)):
        detail = world.connector.get("contact", row.id)
        assert row.values["lastName"] == "McDonald"
        assert {key: detail.values[key] for key in row.values} == dict(row.values)


def test_edits_between_its_pages_lose_and_repeat_nothing(world):
    ids = people(world, 7)
    edited = iter(ids)

    def edit():
        world.clock.advance(5)
        world.save(next(edited), {"city": "York"})

    assert sorted(r.id for r in rows(listing(world, edit))) == sorted(ids)


def test_an_empty_location_has_one_empty_last_page(world):
    assert [list(page.records) for page in listing(world)] == [[]]


def test_changes_are_still_found_though_all_is_read(world):
    ids = people(world, 5)
    world.clock.advance(60)
    since = world.clock.now()
    world.save(ids[1], {"city": "York"})

    found = pages(lambda cursor: world.connector.changes_page("contact", since, cursor))

    assert [record.id for record in rows(found)] == [ids[1]]


def test_it_asks_for_as_many_as_it_may(world):
    world.page_size = 500
    world.connect()

    world.connector.list_page("contact", None)

    params = world.requests[-1].url.params
    assert dict(params) == {"locationId": NORTHLIGHT_ID, "limit": "100"}


def test_the_next_page_asks_for_both_halves_of_the_last_row():
    row = {"id": ID, "startAfter": [1772624370564, ID]}
    remote = Remote(
        (404, {}, {}),
        {"contacts": [row, row], "meta": {"total": 3}},
        {"contacts": [row], "meta": {"total": 3}},
        page_size=2,
    )

    page = remote.connector.list_page("contact", None)
    remote.connector.list_page("contact", page.next)

    params = remote.requests[-1].url.params
    assert (params["startAfter"], params["startAfterId"]) == ("1772624370564", ID)


def test_rows_without_a_place_are_followed_by_what_the_page_says():
    meta = {"total": 3, "startAfter": 7, "startAfterId": ID}
    remote = Remote(
        (404, {}, {}), {"contacts": [{"id": ID}] * 2, "meta": meta}, page_size=2
    )

    page = remote.connector.list_page("contact", None)

    assert page.next == {"start": {"startAfter": 7, "startAfterId": ID}, "seen": 2}


def test_a_full_page_that_does_not_say_where_to_go_on_is_no_last_page():
    remote = Remote((404, {}, {}), {"contacts": [{"id": ID}] * 2}, page_size=2)

    with pytest.raises(TransientError):
        remote.connector.list_page("contact", None)


def test_an_older_list_that_does_not_move_is_an_error_and_not_endless():
    row = {"id": ID, "startAfter": [7, ID]}
    answer = {"contacts": [row], "meta": {"total": 9}}
    remote = Remote((404, {}, {}), answer, answer, page_size=1)
    page = remote.connector.list_page("contact", None)

    with pytest.raises(PermanentError) as caught:
        remote.connector.list_page("contact", page.next)

    assert caught.value.code == "paging_stuck"


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Invalid JWT", AuthError),
        (401, "The token is not authorized for this scope.", PermanentError),
        (403, "The token does not have access to this location.", AuthError),
        (400, "Invalid field dateUpdated", PermanentError),
    ],
)
def test_other_refusals_are_not_worked_around(status, message, kind):
    remote = Remote((status, {"message": message}, {}))

    with pytest.raises(kind):
        remote.connector.list_page("contact", None)

    assert len(remote.requests) == 1


def test_a_search_that_breaks_half_way_does_not_begin_again_by_another_list():
    remote = Remote((404, {}, {}))

    with pytest.raises(PermanentError) as caught:
        remote.connector.list_page("contact", {"after": [1, "a"], "seen": 500})

    assert caught.value.code == "wrong_address"


def test_the_check_works_without_search():
    scoped = World(without=("locations.readonly",))
    scoped.no_search = NO_PATH

    assert scoped.connector.check().id == NORTHLIGHT_ID


def test_a_clamped_search_is_read_to_the_end():
    world = World(page_size=3)
    world.switch(page_limit_clamped=True)
    ids = people(world, 7)

    assert sorted(r.id for r in rows(listing(world))) == sorted(ids)


# By business


def test_the_contacts_of_a_business_are_read_to_the_end():
    world = World()
    business = "641c094001436dbc2081e642"
    ids = [world.contact(businessId=business) for _ in range(30)]
    world.contact()

    found = world.connector.children("contact", business)

    assert sorted(record.id for record in found) == sorted(ids)
    assert {record.values["businessId"] for record in found} == {business}


def test_it_asks_in_the_texts_that_the_vendor_names():
    remote = Remote({"contacts": [], "count": 0})

    remote.connector.children("contact", "641c094001436dbc2081e642")

    assert dict(remote.requests[0].url.params) == {
        "locationId": LOCATION,
        "limit": "25",
        "skip": "0",
    }


# Version 3 and channels


def test_channels_read_the_same_in_both_versions():
    contact = fixture("contact_detail")["contact"]
    older = {"SMS": {"status": "active"}, "Email": {"status": "permanent"}}
    newer = {"sms": {"status": "active"}, "email": {"status": "permanent"}}

    read = [
        Remote({"contact": {**contact, "dndSettings": settings}}).connector.get(
            "contact", ID
        )
        for settings in (older, newer)
    ]

    assert read[0].values == read[1].values
    assert read[0].values["dndSettings.SMS"] == "active"
    assert read[0].values["dndSettings.WhatsApp"] is None
