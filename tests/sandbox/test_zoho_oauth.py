"""Zoho Accounts in the sandbox: consent, codes, tokens, data centres."""

from __future__ import annotations

import httpx
import pytest

from sandbox.zoho import CLIENT_ID, client_register, issue_refresh_token
from tests.sandbox.zoho_client import REDIRECT, Sandbox

AUTH = "/zoho/accounts/oauth/v2/auth"


@pytest.fixture
def zoho() -> Sandbox:
    return Sandbox(seed=True)


def test_approving_brings_code_location_server_and_state_back(zoho):
    back = zoho.authorize(state="a&b=c ü")

    assert back["state"] == "a&b=c ü"
    assert back["location"] == "us"
    assert back["accounts-server"] == "http://sandbox.test/zoho/accounts"
    assert back["code"].startswith("1000.")


def test_denying_brings_an_error_and_no_code(zoho):
    assert zoho.authorize("deny") == {"error": "access_denied", "state": "s1"}


def test_the_consent_page_has_both_buttons_and_no_script(zoho):
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": "ZohoInvoice.contacts.ALL",
        "state": '"><script>',
    }
    page = zoho.http.get(AUTH, params=query)

    assert page.status_code == 200
    assert 'value="approve"' in page.text
    assert 'value="deny"' in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_id": "1000.NOBODY"}, "invalid_client"),
        ({"redirect_uri": "https://elsewhere.example/"}, "invalid_redirect_uri"),
        ({"scope": "ZohoInvoice.everything.ALL"}, "invalid_scope"),
    ],
)
def test_a_wrong_request_stays_on_zohos_page(zoho, wrong, error):
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": "ZohoInvoice.contacts.ALL",
    }
    page = zoho.http.get(AUTH, params=query | wrong)

    assert page.status_code == 400
    assert error in page.text


def test_a_code_is_exchanged_once(zoho):
    code = zoho.authorize()["code"]

    first, second = zoho.exchange(code), zoho.exchange(code)

    assert set(first.json()) == {
        "access_token",
        "refresh_token",
        "api_domain",
        "token_type",
        "expires_in",
    }
    assert first.json()["api_domain"] == "http://sandbox.test/zoho/api"
    assert (second.status_code, second.json()) == (200, {"error": "invalid_code"})


def test_a_code_is_dead_after_two_minutes(zoho):
    code = zoho.authorize()["code"]
    zoho.clock.advance(121)

    assert zoho.exchange(code).json() == {"error": "invalid_code"}


def test_the_redirect_address_must_be_the_one_of_the_consent(zoho):
    code = zoho.authorize()["code"]

    refused = zoho.exchange(code, redirect_uri="http://localhost:8000/other/")

    assert refused.json() == {"error": "invalid_redirect_uri"}
    assert "access_token" in zoho.exchange(code).json()


def test_wrong_client_and_wrong_secret_are_told_apart_with_status_200(zoho):
    code = zoho.authorize()["code"]
    client = zoho.exchange(code, client_id="1000.NOBODY")
    secret = zoho.exchange(code, client_secret="wrong")

    assert (client.status_code, client.json()) == (200, {"error": "invalid_client"})
    assert secret.json() == {"error": "invalid_client_secret"}


def test_parameters_in_json_are_not_seen(zoho):
    answer = zoho.http.post("/zoho/accounts/oauth/v2/token", json={"client_id": "x"})

    assert answer.json() == {"error": "invalid_client"}


def test_parameters_in_the_query_are_taken(zoho):
    token = issue_refresh_token(zoho.context.store)
    answer = zoho.http.post(
        "/zoho/accounts/oauth/v2/token",
        params={
            "grant_type": "refresh_token",
            "client_id": CLIENT_ID,
            "client_secret": "sandbox-zoho-secret",
            "refresh_token": token,
        },
    )

    assert "access_token" in answer.json()


def test_online_access_gets_no_refresh_token(zoho):
    code = zoho.authorize(access_type="online")["code"]

    assert "refresh_token" not in zoho.exchange(code).json()


def test_without_prompt_the_refresh_token_comes_only_the_first_time(zoho):
    answers = [
        zoho.exchange(zoho.authorize(prompt=prompt)["code"]).json()
        for prompt in ("", "", "consent")
    ]

    assert ["refresh_token" in each for each in answers] == [True, False, True]


def test_a_refresh_gives_no_new_refresh_token_and_may_be_repeated(zoho):
    token = issue_refresh_token(zoho.context.store)

    first, second = zoho.refresh(token).json(), zoho.refresh(token).json()

    assert "refresh_token" not in first
    assert first["access_token"] != second["access_token"]


def test_codes_and_tokens_of_one_data_centre_are_unknown_in_the_other(zoho):
    code = zoho.authorize(location="eu")
    token = issue_refresh_token(zoho.context.store, dc="us")

    assert code["accounts-server"] == "http://sandbox.test/zoho-eu/accounts"
    assert zoho.exchange(code["code"]).json() == {"error": "invalid_code"}
    assert zoho.refresh(token, dc="zoho-eu").json() == {"error": "invalid_code"}
    answer = zoho.exchange(code["code"], dc="zoho-eu").json()
    assert answer["api_domain"] == "http://sandbox.test/zoho-eu/api"


def test_an_app_without_multi_dc_is_an_invalid_client_elsewhere(zoho):
    client_register(zoho.context.store, "1000.ONE", "s", data_centers=("us",))

    answer = zoho.refresh("1000.x.y", dc="zoho-eu", client_id="1000.ONE")

    assert answer.json() == {"error": "invalid_client"}


def test_the_21st_refresh_token_evicts_the_oldest(zoho):
    tokens = [issue_refresh_token(zoho.context.store) for _ in range(21)]

    assert zoho.refresh(tokens[0]).json() == {"error": "invalid_code"}
    assert "access_token" in zoho.refresh(tokens[1]).json()


def test_the_11th_access_token_in_ten_minutes_is_throttled_with_400(zoho):
    zoho.switch(zoho_throttle_tokens=True)
    token = issue_refresh_token(zoho.context.store)
    answers = [zoho.refresh(token) for _ in range(11)]
    zoho.clock.advance(601)

    assert [each.status_code for each in answers] == [200] * 10 + [400]
    assert answers[-1].json()["error"] == "Access Denied"
    assert "access_token" in zoho.refresh(token).json()


def test_the_16th_access_token_drops_the_oldest(zoho):
    token = issue_refresh_token(zoho.context.store)
    tokens = [zoho.refresh(token).json()["access_token"] for _ in range(16)]

    zoho.token = tokens[0]
    assert zoho.call("GET", "/organizations").status_code == 401
    zoho.token = tokens[1]
    assert zoho.call("GET", "/organizations").status_code == 200


def test_an_access_token_dies_after_an_hour(zoho):
    zoho.clock.advance(3601)

    answer = zoho.call("GET", "/contacts")

    assert answer.status_code == 401
    assert answer.json() == {
        "code": 57,
        "message": "You are not authorized to perform this operation",
    }


def test_revoking_kills_the_refresh_token_and_what_came_from_it(zoho):
    token = issue_refresh_token(zoho.context.store)
    zoho.token = zoho.refresh(token).json()["access_token"]

    answer = zoho.http.post(
        "/zoho/accounts/oauth/v2/token/revoke", params={"token": token}
    )

    assert answer.json() == {"status": "success"}
    assert zoho.refresh(token).json() == {"error": "invalid_code"}
    assert zoho.call("GET", "/contacts").status_code == 401


def test_a_self_client_code_needs_no_redirect_address(zoho):
    page = zoho.http.post("/zoho/accounts/self-client", data={})
    code = page.text.split('<code id="code">')[1].split("<")[0]

    assert "refresh_token" in zoho.exchange(code, redirect_uri="").json()


def test_a_get_of_the_token_endpoint_is_a_server_error_text(zoho):
    answer: httpx.Response = zoho.http.get("/zoho/accounts/oauth/v2/token")

    assert "server error" in answer.text


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("ZohoInvoice.contacts.READ", "GET", "/contacts", 200),
        ("ZohoInvoice.contacts.READ", "POST", "/contacts", 401),
        ("ZohoInvoice.contacts.ALL", "GET", "/organizations", 401),
        ("ZohoInvoice.fullaccess.all", "GET", "/organizations", 200),
        # State changes need CREATE, not UPDATE.
        ("ZohoInvoice.contacts.UPDATE", "POST", "/contacts/1/inactive", 401),
        ("ZohoInvoice.contacts.CREATE", "POST", "/contacts/1/inactive", 404),
    ],
)
def test_each_endpoint_wants_its_scope(scope, method, path, status):
    zoho = Sandbox(scope=scope)

    assert zoho.call(method, path).status_code == status


def test_only_zohos_own_word_before_the_token_counts(zoho):
    bearer = {"Authorization": f"Bearer {zoho.token}"}

    assert zoho.call("GET", "/contacts", headers=bearer).status_code == 401
