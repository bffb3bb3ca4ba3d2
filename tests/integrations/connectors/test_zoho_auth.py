"""Zoho's sign-in: data centres, token answers and the errors under HTTP 200."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosswalk.errors import AuthError, ConfigError, RateLimited, TransientError
from integrations.connectors.zoho_invoice import MODULE, auth

FIXTURES = Path(__file__).parents[2] / "fixtures" / "zoho_invoice"
TOKEN = json.loads((FIXTURES / "token.json").read_text())


def test_every_data_centre_has_its_own_addresses():
    assert set(auth.DATA_CENTERS) == set(auth.API_ROOTS)
    assert MODULE.endpoints("ca").token == (
        "https://accounts.zohocloud.ca/oauth/v2/token"
    )
    assert MODULE.endpoints("in").api == "https://www.zohoapis.in"
    assert len(set(auth.DATA_CENTERS.values())) == len(auth.DATA_CENTERS) == 9
    assert len(set(auth.API_ROOTS.values())) == 9


@pytest.mark.parametrize("code", auth.DATA_CENTERS)
def test_each_data_centre_is_reached_by_https_and_revokes(code):
    found = MODULE.endpoints(code)

    assert found.revoke == f"{auth.DATA_CENTERS[code]}/oauth/v2/token/revoke"
    assert all(url.startswith("https://") for url in (found.api, found.authorize))


def test_addresses_from_settings_win():
    found = auth.endpoints("eu", accounts_url="http://h/a/", api_url="http://h/b")

    assert found.authorize == "http://h/a/oauth/v2/auth"
    assert found.revoke == "http://h/a/oauth/v2/token/revoke"
    assert found.api == "http://h/b"


def test_an_unknown_data_centre_is_a_mistake_in_the_settings():
    with pytest.raises(ConfigError) as caught:
        auth.endpoints("mars")

    assert caught.value.path == "data_center"


def test_a_code_exchange_brings_all_facts():
    facts = MODULE.parse_token(TOKEN, {"location": "in"})

    assert facts.refresh_token == "1000.sample-refresh"
    assert (facts.expires_in, facts.api_url) == (3600, "https://www.zohoapis.in")
    assert facts.facts == {"location": "in"}


def test_a_refresh_brings_no_refresh_token():
    answer = {key: value for key, value in TOKEN.items() if key != "refresh_token"}

    assert MODULE.parse_token(answer, {}).refresh_token == ""


def test_older_answers_count_in_milliseconds():
    answer = {**TOKEN, "expires_in_sec": 3600, "expires_in": 3600000}

    assert MODULE.parse_token(answer, {}).expires_in == 3600


def test_scopes_are_read_however_separated():
    answer = {**TOKEN, "scope": "ZohoInvoice.contacts.ALL,ZohoInvoice.settings.READ x"}

    assert MODULE.parse_token(answer, {}).scopes == {
        "ZohoInvoice.contacts.ALL",
        "ZohoInvoice.settings.READ",
        "x",
    }


def test_an_error_under_http_200_is_no_token():
    with pytest.raises(AuthError):
        MODULE.parse_token({"error": "invalid_code"}, {})


@pytest.mark.parametrize(
    ("status", "error", "expected", "code"),
    [
        (200, "invalid_code", AuthError, "revoked"),
        (200, "invalid_client", ConfigError, "config"),
        (200, "invalid_client_secret", ConfigError, "config"),
        (200, "invalid_redirect_uri", ConfigError, "config"),
        (400, "Access Denied", RateLimited, "rate_limited"),
        (200, "access_denied", AuthError, "denied"),
        (200, "general_error", TransientError, "remote_unavailable"),
        (500, "", TransientError, "remote_unavailable"),
    ],
)
def test_token_errors_are_told_apart_by_their_word(status, error, expected, code):
    found = MODULE.token_error(status, {"error": error})

    assert type(found) is expected
    assert found.code == code


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, {"error": "Access Denied"}),
        (200, {"error": "Access Denied"}),
        (429, {}),
        (
            400,
            {
                "error": "something_new",
                "error_description": "You have made too many requests continuously. "
                "Please try again after some time.",
            },
        ),
    ],
)
def test_a_throttled_token_waits_ten_minutes_and_is_not_dead(status, answer):
    error = MODULE.token_error(status, answer)

    assert type(error) is RateLimited
    assert error.retry_after >= 600


@pytest.mark.parametrize("word", sorted(auth.CONFIG_SENTENCES))
def test_a_mistake_in_the_settings_is_no_dead_connection(word):
    assert type(MODULE.token_error(200, {"error": word})) is ConfigError


def test_an_answer_we_do_not_know_never_counts_as_revoked():
    for answer in ({}, {"error": "new_word"}, {"error": None}, {"error": ["x"]}):
        assert type(MODULE.token_error(200, answer)) is TransientError


def test_only_the_customers_scope_is_indispensable():
    oauth = MODULE.spec.oauth

    assert [scope.name for scope in oauth.scopes if scope.required] == [
        "ZohoInvoice.contacts.ALL"
    ]
    assert oauth.authorize_params == {"access_type": "offline", "prompt": "consent"}
