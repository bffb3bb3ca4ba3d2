"""The HighLevel sandbox's OAuth: consent page, codes, rotation, location tokens."""

from __future__ import annotations

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.highlevel import accounts
from tests.sandbox.test_highlevel_support import (
    LOCATION,
    OTHER_LOCATION,
    REDIRECT,
    Desk,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def claims_of(token: str) -> dict[str, str]:
    body = token.split(".")[1]
    claims: dict[str, str] = json.loads(base64.urlsafe_b64decode(body + "=="))
    return claims


@pytest.mark.parametrize("path", ["/v2/oauth/chooselocation", "/oauth/chooselocation"])
def test_the_consent_page_offers_the_locations(desk: Desk, path: str) -> None:
    page = desk.bare().get(path, params=desk.authorize())

    assert page.status_code == 200
    assert "Northlight Studio" in page.text
    assert "Harbour &amp; Finch" in page.text
    assert 'name="state" value="the-state"' in page.text
    assert "contacts.write" in page.text


def test_approve_leads_back_with_code_and_state(desk: Desk) -> None:
    back = desk.decide()

    assert back.keys() == {"code", "state"}
    assert back["state"] == "the-state"


def test_deny_leads_back_with_the_error(desk: Desk) -> None:
    assert desk.decide(decision="deny") == {
        "error": "access_denied",
        "state": "the-state",
    }


def test_the_query_of_the_redirect_address_is_kept(desk: Desk) -> None:
    back = desk.decide(redirect_uri=REDIRECT + "?kept=1")

    assert back["kept"] == "1"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"redirect_uri": "https://x.example/highlevel/callback"},
            "The redirect uri contains a Highlevel reference",
        ),
        ({"redirect_uri": "http://x.example/callback"}, "redirect uri is not valid"),
        ({"redirect_uri": ""}, "redirect uri is not valid"),
        ({"client_id": "nobody"}, "Check the client id"),
        ({"scope": "contacts.readonly moon.write"}, "moon.write"),
        ({"response_type": "token"}, "response_type=code"),
    ],
)
def test_a_bad_authorize_link_gets_a_page_not_a_redirect(
    desk: Desk, changes: dict[str, str], words: str
) -> None:
    for answer in (
        desk.bare().get("/v2/oauth/chooselocation", params=desk.authorize(**changes)),
        desk.bare().post("/v2/oauth/chooselocation", data=desk.authorize(**changes)),
    ):
        assert answer.status_code == 400
        assert words in answer.text


def test_the_code_buys_a_location_pair(desk: Desk) -> None:
    pair = desk.install(scope="contacts.readonly contacts.write")

    assert pair["userType"] == "Location"
    assert pair["locationId"] == LOCATION
    assert pair["companyId"] == accounts.COMPANY_ID
    assert pair["expires_in"] == 86399
    assert pair["scope"] == "contacts.readonly contacts.write"
    assert len(pair["refreshTokenId"]) == 24
    assert claims_of(pair["access_token"])["authClassId"] == LOCATION
    answer = desk.client(pair["access_token"]).get(f"/locations/{LOCATION}")
    assert answer.json()["message"] == "The token is not authorized for this scope."


def test_a_code_works_once(desk: Desk) -> None:
    code = desk.decide()["code"]
    desk.token(grant_type="authorization_code", code=code)

    answer = desk.token(grant_type="authorization_code", code=code)

    assert answer.status_code == 401
    assert answer.json()["error"] == "UnAuthorized!"
    assert answer.json()["error_description"] == "Authorization code not found"


def test_a_code_does_not_last(desk: Desk) -> None:
    code = desk.decide()["code"]
    desk.clock.advance(601)

    assert desk.token(grant_type="authorization_code", code=code).status_code == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"client_secret": "wrong"},
        {"client_id": "nobody"},
        {"redirect_uri": "http://localhost:8000/elsewhere/"},
        {"code": "made-up"},
    ],
)
def test_what_does_not_fit_the_code_is_refused(
    desk: Desk, fields: dict[str, str]
) -> None:
    sent = {"grant_type": "authorization_code", "code": desk.decide()["code"]}

    answer = desk.token(**{**sent, **fields})

    assert answer.status_code == 401
    assert answer.json()["error_description"] == "Authorization code not found"


def test_pkce_is_checked_when_a_challenge_was_sent(desk: Desk) -> None:
    verifier = "v" * 50
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}

    answers = [
        desk.token(
            grant_type="authorization_code",
            code=desk.decide(**asked)["code"],
            redirect_uri=REDIRECT,
            **proof,
        ).status_code
        for proof in ({}, {"code_verifier": "x" * 50}, {"code_verifier": verifier})
    ]

    assert answers == [401, 401, 200]


def test_other_grants_are_refused(desk: Desk) -> None:
    for grant in ("client_credentials", "password"):
        answer = desk.token(grant_type=grant)

        assert answer.status_code == 400
        assert answer.json()["message"] == "Invalid parameter: grantType"


def test_a_refresh_token_rotates_and_dies(desk: Desk) -> None:
    first = desk.install()
    second = desk.token(
        grant_type="refresh_token", refresh_token=first["refresh_token"]
    ).json()
    desk.clock.advance(31)

    again = desk.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    third = desk.token(
        grant_type="refresh_token", refresh_token=second["refresh_token"]
    )

    assert second["refresh_token"] != first["refresh_token"]
    assert again.status_code == 400
    assert again.json()["message"] == "Invalid grant: refresh token is invalid"
    assert third.status_code == 200


def test_refreshes_within_the_grace_get_the_same_pair(desk: Desk) -> None:
    spent = desk.install()["refresh_token"]

    def refresh(_: int) -> str:
        answer = desk.token(grant_type="refresh_token", refresh_token=spent)
        token: str = answer.json()["refresh_token"]
        return token

    with ThreadPoolExecutor(6) as pool:
        tokens = set(pool.map(refresh, range(6)))

    assert len(tokens) == 1


def test_a_lost_refresh_answer_has_spent_the_token(desk: Desk) -> None:
    spent = desk.install()["refresh_token"]
    desk.switch(lost_refresh_answer=True, refresh_grace_seconds=10)

    lost = desk.token(grant_type="refresh_token", refresh_token=spent)
    desk.clock.advance(5)
    graced = desk.token(grant_type="refresh_token", refresh_token=spent)
    desk.clock.advance(6)
    dead = desk.token(grant_type="refresh_token", refresh_token=spent)

    assert (lost.status_code, graced.status_code, dead.status_code) == (504, 200, 400)
    assert "<html>" in lost.text


def test_an_access_token_expires(desk: Desk) -> None:
    desk.switch(access_token_seconds=60)
    api = desk.client(desk.install()["access_token"])
    assert api.get(f"/locations/{LOCATION}").status_code == 200

    desk.clock.advance(60)

    answer = api.get(f"/locations/{LOCATION}")
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid JWT")


def test_an_agency_install_gives_a_company_token(desk: Desk) -> None:
    pair = desk.install(account=accounts.COMPANY_ID)

    assert pair["userType"] == "Company"
    assert "locationId" not in pair
    assert pair["approvedLocations"] == [LOCATION, OTHER_LOCATION]
    answer = desk.client(pair["access_token"]).get("/contacts/x")
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("This authClass type is not allowed")


def test_a_company_token_is_exchanged_for_a_location_token(desk: Desk) -> None:
    company = desk.client(desk.install(account=accounts.COMPANY_ID)["access_token"])

    answer = company.post(
        "/oauth/locationToken",
        data={"companyId": accounts.COMPANY_ID, "locationId": OTHER_LOCATION},
    )

    assert answer.status_code == 201
    assert answer.json()["locationId"] == OTHER_LOCATION
    location = desk.client(answer.json()["access_token"])
    assert location.get(f"/locations/{OTHER_LOCATION}").status_code == 200
    assert location.get(f"/locations/{LOCATION}").status_code == 403
    desk.bare().post("/_sandbox/uninstall", params={"id": accounts.COMPANY_ID})
    assert location.get(f"/locations/{OTHER_LOCATION}").status_code == 401


def test_a_location_token_cannot_mint_others(desk: Desk) -> None:
    answer = desk.client().post("/oauth/locationToken", data={"locationId": LOCATION})

    assert answer.status_code == 401
    assert answer.json()["message"] == "Token's user type mismatch!"


def test_the_installed_locations_are_listed(desk: Desk) -> None:
    company = desk.client(desk.install(account=accounts.COMPANY_ID)["access_token"])

    answer = company.get(
        "/oauth/installedLocations",
        params={"companyId": accounts.COMPANY_ID, "appId": accounts.APP_ID},
    )

    assert answer.json()["count"] == 2
    assert answer.json()["locations"][0]["_id"] == LOCATION
    assert answer.json()["locations"][0]["isInstalled"] is True


def test_uninstalling_kills_the_tokens(desk: Desk) -> None:
    pair = desk.install()

    desk.bare().post("/_sandbox/uninstall", params={"id": LOCATION})

    dead = desk.client(pair["access_token"]).get(f"/locations/{LOCATION}")
    refresh = desk.token(
        grant_type="refresh_token", refresh_token=pair["refresh_token"]
    )
    assert (dead.status_code, refresh.status_code) == (401, 400)
    assert desk.client().get(f"/locations/{LOCATION}").status_code == 200


def test_v3_answers_in_camel_case(desk: Desk) -> None:
    answer = desk.bare({"Version": "v3"}).post(
        "/oauth/token",
        json={
            "client_id": accounts.CLIENT_ID,
            "client_secret": accounts.CLIENT_SECRET,
            "grant_type": "authorization_code",
            "code": desk.decide()["code"],
        },
    )

    assert {"accessToken", "refreshToken", "expiresIn"} <= answer.json().keys()
