"""The HighLevel sandbox's search: paging, filters, sort, lag, duplicate search."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.test_highlevel_support import LOCATION, Desk, new_contact


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def api(desk: Desk) -> httpx.Client:
    return desk.client()


def search(api: httpx.Client, **body: Any) -> httpx.Response:
    return api.post(
        "/contacts/search", json={"locationId": LOCATION, "pageLimit": 100} | body
    )


def emails(api: httpx.Client, *filters: dict[str, Any], **body: Any) -> list[str]:
    answer = search(api, filters=list(filters), **body)
    assert answer.status_code == 200, answer.text
    return [row["email"].partition("@")[0] for row in answer.json()["contacts"]]


def add(api: httpx.Client, name: str, **fields: Any) -> str:
    body = new_contact(email=f"{name}@people.example", **fields)
    contact: dict[str, str] = api.post("/contacts/", json=body).json()["contact"]
    return contact["id"]


def test_a_row_has_the_searched_shape(api: httpx.Client) -> None:
    id = add(api, "ada", firstName="Ada", address1="1 Mill Lane", timezone="UTC")

    row = search(api).json()["contacts"][0]

    assert row["firstName"] == "Ada"
    assert row["firstNameLowerCase"] == "ada"
    assert row["address"] == "1 Mill Lane"
    assert not {"address1", "timezone", "lastName"} & row.keys()
    assert row["searchAfter"] == [1780315200000, id]


def test_names_come_lower_cased_when_switched_on(desk: Desk, api: httpx.Client) -> None:
    add(api, "ada", firstName="Ada")
    desk.switch(lowercase_search_names=True)

    row = search(api).json()["contacts"][0]

    assert row["firstName"] == "ada"
    assert "firstNameRaw" not in row


@pytest.mark.parametrize(
    "body",
    [
        {"locationId": LOCATION},
        {"pageLimit": 10},
        {"locationId": LOCATION, "pageLimit": 501},
        {"locationId": LOCATION, "pageLimit": 10, "offset": 0},
        {"locationId": LOCATION, "pageLimit": 10, "query": "x" * 76},
    ],
)
def test_bad_bodies_are_a_422(api: httpx.Client, body: dict[str, Any]) -> None:
    answer = api.post("/contacts/search", json=body)

    assert answer.status_code == 422
    assert isinstance(answer.json()["message"], list)


@pytest.mark.parametrize(
    "sort",
    [
        None,
        [{"field": "dateUpdated", "direction": "asc"}],
        [{"field": "lastNameLowerCase", "direction": "desc"}],
        [
            {"field": "source", "direction": "asc"},
            {"field": "email", "direction": "desc"},
        ],
    ],
)
def test_search_after_walks_through_everything_once(sort: object) -> None:
    api = Desk(people=True).client()
    body: dict[str, Any] = {"pageLimit": 70} | ({"sort": sort} if sort else {})
    seen: list[str] = []
    while rows := search(api, **body).json()["contacts"]:
        seen += [row["id"] for row in rows]
        body["searchAfter"] = rows[-1]["searchAfter"]

    assert len(seen) == len(set(seen)) == 300


def test_pages_walk_through_everything_once() -> None:
    api = Desk(people=True).client()

    pages = [search(api, page=page).json()["contacts"] for page in (1, 2, 3, 4)]

    assert [len(page) for page in pages] == [100, 100, 100, 0]
    assert len({row["id"] for page in pages for row in page}) == 300


@pytest.mark.parametrize(
    "body",
    [
        {"page": 101},
        {"page": 2, "searchAfter": [1, "x"]},
        {"searchAfter": ["x"]},
        {"searchAfter": ["later", "x"]},
        {"sort": [{"field": "phone", "direction": "asc"}]},
        {"filters": [{"field": "shoeSize", "operator": "eq", "value": 1}]},
        {"filters": [{"field": "email", "operator": "contains", "value": "a"}]},
        {"filters": [{"field": "dateAdded", "operator": "range", "value": "2020"}]},
        {"filters": [{"field": "city", "operator": "eq", "value": "x" * 76}]},
    ],
)
def test_what_the_index_cannot_do_is_a_400(
    api: httpx.Client, body: dict[str, Any]
) -> None:
    add(api, "ada")

    assert search(api, **body).status_code == 400


def test_an_unknown_field_is_named(api: httpx.Client) -> None:
    answer = search(api, filters=[{"field": "shoeSize", "operator": "exists"}])

    assert answer.json()["message"] == "Invalid field shoeSize"


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"field": "city", "operator": "eq", "value": "bath"}, ["ada"]),
        ({"field": "city", "operator": "not_eq", "value": "Bath"}, ["bob", "cy"]),
        ({"field": "tags", "operator": "contains", "value": "cust"}, ["ada", "bob"]),
        ({"field": "tags", "operator": "eq", "value": ["vip", "x"]}, ["bob"]),
        ({"field": "phone", "operator": "exists"}, ["ada"]),
        ({"field": "phone", "operator": "not_exists"}, ["bob", "cy"]),
        ({"field": "phone", "operator": "eq", "value": "+442079460958"}, ["ada"]),
        ({"field": "email", "operator": "eq", "value": "CY@people.example"}, ["cy"]),
        ({"field": "dnd", "operator": "eq", "value": True}, ["cy"]),
        (
            {"field": "dndSettings.SMS.status", "operator": "eq", "value": "active"},
            ["cy"],
        ),
        (
            {
                "field": "customFields.SbxFieldPetName00001",
                "operator": "eq",
                "value": "Rex",
            },
            ["bob"],
        ),
        (
            {
                "group": "OR",
                "filters": [
                    {"field": "city", "operator": "eq", "value": "Bath"},
                    {"field": "dnd", "operator": "eq", "value": True},
                ],
            },
            ["ada", "cy"],
        ),
    ],
)
def test_filters_find(
    api: httpx.Client, item: dict[str, Any], found: list[str]
) -> None:
    add(api, "ada", city="Bath", tags=["customer"], phone="+442079460958")
    pet = {"id": "SbxFieldPetName00001", "field_value": "Rex"}
    add(api, "bob", city="York", tags=["Customer", "VIP"], customFields=[pet])
    add(api, "cy", dnd=True, dndSettings={"SMS": {"status": "active"}})

    assert sorted(emails(api, item)) == found


def test_the_items_of_a_filter_are_anded(api: httpx.Client) -> None:
    add(api, "ada", city="Bath", state="Avon")
    add(api, "bob", city="Bath")

    assert emails(
        api,
        {"field": "city", "operator": "eq", "value": "Bath"},
        {"field": "state", "operator": "exists"},
    ) == ["ada"]


def test_changes_since_a_moment_are_found_by_range(
    desk: Desk, api: httpx.Client
) -> None:
    add(api, "ada")
    desk.clock.advance(60)
    bob = add(api, "bob")
    desk.clock.advance(60)
    add(api, "cy")
    desk.clock.advance(60)
    api.put(f"/contacts/{bob}", json={"city": "York"})
    since = {
        "field": "dateUpdated",
        "operator": "range",
        "value": {"gte": "2026-06-01T12:02:00.000Z"},
    }

    found = emails(api, since, sort=[{"field": "dateUpdated", "direction": "asc"}])

    assert found == ["cy", "bob"]


def test_the_query_looks_at_name_email_and_phone(api: httpx.Client) -> None:
    add(api, "ada", firstName="Ada", lastName="Lovelace", phone="+442079460958")
    add(api, "bob")

    for query in ("love ada", "ada@people", "7946"):
        assert emails(api, query=query) == ["ada"]


def test_search_lags_behind_every_write(desk: Desk, api: httpx.Client) -> None:
    id = add(api, "ada", city="Bath")
    desk.clock.advance(60)
    desk.switch(search_lag_ms=3000)
    add(api, "bob")
    api.put(f"/contacts/{id}", json={"city": "York"})

    rows = search(api).json()["contacts"]
    assert [row["city"] for row in rows] == ["Bath"]

    desk.clock.advance(3)
    rows = search(api).json()["contacts"]
    assert [row.get("city") for row in rows] == [None, "York"]

    api.delete(f"/contacts/{id}")
    assert search(api).json()["total"] == 2
    desk.clock.advance(3)
    assert search(api).json()["total"] == 1


def test_duplicate_search_never_lags(desk: Desk, api: httpx.Client) -> None:
    desk.switch(search_lag_ms=3000)
    id = add(api, "ada", phone="020 7946 0958")

    for query in ({"email": "ADA@people.example"}, {"number": "+442079460958"}):
        answer = api.get(
            "/contacts/search/duplicate", params=query | {"locationId": LOCATION}
        )
        assert answer.json()["contact"]["id"] == id


def test_duplicate_search_without_a_find_says_null(api: httpx.Client) -> None:
    parameters = {"locationId": LOCATION, "email": "nobody@people.example"}

    answer = api.get("/contacts/search/duplicate", params=parameters)

    assert (answer.status_code, answer.json()["contact"]) == (200, None)


def test_duplicate_search_wants_something_to_look_for(api: httpx.Client) -> None:
    answer = api.get("/contacts/search/duplicate", params={"locationId": LOCATION})

    assert answer.status_code == 400
    expected = "Pass at least one of number, email query parameter"
    assert answer.json()["message"] == expected
