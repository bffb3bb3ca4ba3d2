"""The HighLevel sandbox's agency: chosen locations, their tokens, v3, uninstalling."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.highlevel import accounts, hooks, oauth, seeding
from tests.sandbox.test_highlevel_support import (
    LOCATION,
    OTHER_LOCATION,
    REDIRECT,
    Desk,
)

COMPANY = accounts.COMPANY_ID
APP = {"companyId": COMPANY, "appId": accounts.APP_ID}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def company(desk: Desk, *chosen: str, **more: str) -> dict[str, Any]:
    """The pair of an installation from the agency view."""
    form = {**desk.authorize(), "account": COMPANY, "decision": "approve", **more}
    answer = desk.bare().post(
        "/v2/oauth/chooselocation", data={**form, "chosen": list(chosen)}
    )
    code = httpx.URL(answer.headers["location"]).params["code"]
    pair: dict[str, Any] = desk.token(
        grant_type="authorization_code", code=code, redirect_uri=REDIRECT
    ).json()
    return pair


def minted(api: httpx.Client, location_id: str) -> httpx.Response:
    data = {"companyId": COMPANY, "locationId": location_id}
    return api.post("/oauth/locationToken", data=data)


def test_without_a_choice_all_locations_and_future_ones_are_approved(
    desk: Desk,
) -> None:
    pair = company(desk)

    assert pair["approvedLocations"] == [LOCATION, OTHER_LOCATION]
    assert pair["approveAllLocations"] is True
    assert pair["installToFutureLocations"] is True


def test_only_the_chosen_location_is_approved(desk: Desk) -> None:
    pair = company(desk, OTHER_LOCATION)

    assert pair["userType"] == "Company"
    assert "locationId" not in pair
    assert pair["approvedLocations"] == [OTHER_LOCATION]
    assert pair["approveAllLocations"] is False
    assert pair["installToFutureLocations"] is False
    api = desk.client(pair["access_token"])
    assert minted(api, OTHER_LOCATION).status_code == 201
    assert minted(api, LOCATION).status_code == 403


@pytest.mark.parametrize("future", [{"future": "on"}, {}])
def test_a_new_location_is_taken_in_where_wished(
    desk: Desk, future: dict[str, str]
) -> None:
    hooks.set_webhook(desk.store, url="http://product.example/hook")
    pair = company(desk, LOCATION, **future)
    made = desk.bare().post("/_sandbox/locations", json={"name": "Third"}).json()
    new_id = made["location"]["id"]

    again = desk.token(grant_type="refresh_token", refresh_token=pair["refresh_token"])
    answer = minted(desk.client(again.json()["access_token"]), new_id)

    assert (new_id in again.json()["approvedLocations"]) is bool(future)
    assert answer.status_code == (201 if future else 403)
    told = [(e["type"], e.get("locationId")) for e in desk.events()]
    assert (("INSTALL", new_id) in told) is bool(future)


def test_webhooks_flow_only_from_approved_locations(desk: Desk) -> None:
    hooks.set_webhook(desk.store, url="http://product.example/hook")
    company(desk, OTHER_LOCATION)
    for place, email in ((LOCATION, "a@x.example"), (OTHER_LOCATION, "b@x.example")):
        token = oauth.issue_location_token(desk.store, location_id=place)
        body = {"locationId": place, "email": email}
        assert desk.client(token).post("/contacts/", json=body).status_code == 201

    told = [each for each in desk.events() if each["type"] == "ContactCreate"]

    assert [each["locationId"] for each in told] == [OTHER_LOCATION]


def test_installed_locations_are_paged_and_filtered(desk: Desk) -> None:
    api = desk.client(company(desk, OTHER_LOCATION)["access_token"])

    def ask(**params: str) -> dict[str, Any]:
        answer = api.get("/oauth/installedLocations", params=APP | params)
        found: dict[str, Any] = answer.json()
        return found

    assert [row["_id"] for row in ask(isInstalled="true")["locations"]] == [
        OTHER_LOCATION
    ]
    page = ask(skip="1", limit="1")
    assert ([row["_id"] for row in page["locations"]], page["count"]) == (
        [OTHER_LOCATION],
        2,
    )
    assert [row["_id"] for row in ask(query="north")["locations"]] == [LOCATION]
    assert ask(skip="x")["statusCode"] == 422
    assert ask()["installToFutureLocations"] is False


def test_names_of_v3_answer_under_v3_alone(desk: Desk) -> None:
    token = company(desk)["access_token"]
    v2, v3 = desk.client(token), desk.client(token, "v3")
    data = {"companyId": COMPANY, "locationId": LOCATION}

    refused = v2.post("/oauth/location-token", data=data)
    new = v3.post("/oauth/location-token", data=data)
    old = v3.post("/oauth/locationToken", data=data)

    assert refused.json()["message"] == "Cannot POST /oauth/location-token"
    assert {"accessToken", "refreshToken", "expiresIn"} <= new.json().keys()
    assert {"access_token", "refresh_token", "expires_in"} <= old.json().keys()
    assert "refresh_token" not in v2.post("/oauth/locationToken", data=data).json()
    assert v2.get("/oauth/installed-locations", params=APP).status_code == 404


def test_a_minted_refresh_token_works(desk: Desk) -> None:
    api = desk.client(company(desk)["access_token"], "v3")
    data = {"companyId": COMPANY, "locationId": LOCATION}
    spent = api.post("/oauth/location-token", data=data).json()["refreshToken"]

    answer = desk.token(grant_type="refresh_token", refresh_token=spent)

    assert answer.json()["userType"] == "Location"
    assert answer.json()["locationId"] == LOCATION


def test_v3_pages_by_an_opaque_token(desk: Desk) -> None:
    api = desk.client(company(desk)["access_token"], "v3")
    found: list[str] = []
    params: dict[str, str] | None = {**APP, "pageSize": "1"}
    while params:
        answer = api.get("/oauth/installed-locations", params=params).json()
        found += [row["_id"] for row in answer["items"]]
        following = answer["pagination"].get("nextPageToken")
        params = {**APP, "pageSize": "1", "pageToken": following} if following else None

    assert found == [LOCATION, OTHER_LOCATION]


def test_v3_takes_camel_case_and_says_what_is_missing(desk: Desk) -> None:
    pair = desk.install()
    v3 = desk.bare({"Version": "v3"})
    client = {
        "clientId": accounts.CLIENT_ID,
        "clientSecret": accounts.CLIENT_SECRET,
    }

    refused = v3.post("/oauth/token", json={**client, "grantType": "refresh_token"})
    answer = v3.post(
        "/oauth/token",
        data={
            **client,
            "grantType": "refresh_token",
            "refreshToken": pair["refresh_token"],
        },
    )

    assert refused.status_code == 400
    assert refused.json()["message"] == "Missing parameter: refreshToken"
    assert answer.json()["tokenType"] == "Bearer"


def test_an_inactive_location_spends_no_token(desk: Desk) -> None:
    spent = desk.install()["refresh_token"]
    desk.switch(inactive_locations=True)
    refused = desk.token(grant_type="refresh_token", refresh_token=spent)
    desk.switch(inactive_locations=False)

    again = desk.token(grant_type="refresh_token", refresh_token=spent)

    assert refused.status_code == 400
    assert refused.json()["message"] == "Location is not active"
    assert again.status_code == 200


def test_a_spent_token_may_be_answered_like_a_bad_code(desk: Desk) -> None:
    desk.switch(spent_token_status=401)

    answer = desk.token(grant_type="refresh_token", refresh_token="made-up")

    assert (answer.status_code, answer.json()["error"]) == (401, "UnAuthorized!")


def test_client_credentials_give_a_company_token_where_switched_on(
    desk: Desk,
) -> None:
    desk.switch(client_credentials_grant=True)
    early = desk.token(grant_type="client_credentials")
    company(desk)

    answer = desk.token(grant_type="client_credentials")

    assert early.status_code == 400
    assert answer.json()["userType"] == "Company"
    assert "refresh_token" not in answer.json()
    assert minted(desk.client(answer.json()["access_token"]), LOCATION).is_success


def test_the_agencys_own_token_reaches_no_contacts(desk: Desk) -> None:
    api = desk.client(seeding.SEEDED_AGENCY_PIT)

    contacts = api.get("/contacts/", params={"locationId": LOCATION})

    assert contacts.status_code == 401
    assert contacts.json()["message"] == "Token's user type mismatch!"
    assert api.get(f"/locations/{LOCATION}").status_code == 200


def test_one_location_can_leave_the_agencys_installation(desk: Desk) -> None:
    hooks.set_webhook(desk.store, url="http://product.example/hook")
    api = desk.client(company(desk)["access_token"])
    tokens = {
        place: minted(api, place).json()["access_token"]
        for place in (LOCATION, OTHER_LOCATION)
    }

    desk.bare().post("/_sandbox/uninstall", params={"id": LOCATION})

    works = [
        desk.client(token).get(f"/locations/{place}").status_code
        for place, token in tokens.items()
    ]
    assert works == [401, 200]
    assert minted(api, LOCATION).status_code == 403
    (gone,) = [each for each in desk.events() if each["type"] == "UNINSTALL"]
    assert gone["locationId"] == LOCATION
    assert "companyId" not in gone


def page(desk: Desk, method: str, path: str, **more: Any) -> httpx.Response:
    transport = httpx.WSGITransport(app=desk.app)
    with httpx.Client(transport=transport, base_url="http://sandbox") as client:
        return client.request(method, path, **more)


def test_the_page_uninstalls_the_app(desk: Desk) -> None:
    pair = desk.install()
    assert "Uninstall" in page(desk, "GET", "/webhooks").text

    path = f"/highlevel/_sandbox/uninstall?id={LOCATION}"
    answer = page(desk, "POST", path, data={"page": "1"})

    assert answer.status_code == 303
    dead = desk.client(pair["access_token"]).get(f"/locations/{LOCATION}")
    assert dead.status_code == 401
    assert "installed nowhere" in page(desk, "GET", "/webhooks").text


@pytest.mark.parametrize("kind", ["ContactUpdate", "NoteCreate", "AppointmentUpdate"])
def test_the_page_sends_a_test_event(desk: Desk, kind: str) -> None:
    form = {"type": kind, "location": LOCATION}
    path = "/highlevel/_sandbox/test-event"
    early = page(desk, "POST", path, data=form)
    hooks.set_webhook(desk.store, url="http://product.example/hook")

    late = page(desk, "POST", path, data=form)

    assert early.headers["location"].endswith("done=no_address")
    assert late.headers["location"].endswith("done=sent")
    (event,) = desk.events()
    assert (event["type"], event["locationId"]) == (kind, LOCATION)
    assert page(desk, "POST", path, data={"type": "Moon"}).status_code == 404


def test_an_event_can_have_an_address_of_its_own_or_none(desk: Desk) -> None:
    elsewhere = "http://product.example/notes"
    desk.bare().put(
        "/_sandbox/webhook",
        json={
            "url": "http://product.example/hook",
            "always": True,
            "events": {"NoteCreate": elsewhere, "ContactCreate": ""},
        },
    )
    api = desk.client()
    body = {"locationId": LOCATION, "email": "ada@lovelace.example"}
    made = api.post("/contacts/", json=body).json()["contact"]["id"]
    api.post(f"/contacts/{made}/notes", json={"body": "Pays late."})
    desk.install()

    sent = [event["type"] for event in desk.events()]

    assert sent == ["NoteCreate", "INSTALL"]
    assert str(desk.received[0].url) == elsewhere
