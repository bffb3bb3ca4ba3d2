"""HighLevel: token answers of both versions, refused tokens, quota headers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crosswalk.errors import AuthError, PermanentError, RateLimited, TransientError
from integrations.connectors.highlevel import MODULE
from integrations.connectors.highlevel.wire import HighLevelDialect, rate_limited
from tests.integrations.connectors.highlevel_remote import LOCATION, fixture

CAMEL = {
    "access_token": "accessToken",
    "token_type": "tokenType",
    "expires_in": "expiresIn",
    "refresh_token": "refreshToken",
}


@pytest.mark.parametrize("version", ["2021-07-28", "v3"])
def test_a_location_token_names_its_location(version):
    answer = fixture("token_location")
    if version == "v3":
        answer = {CAMEL.get(key, key): value for key, value in answer.items()}

    facts = MODULE.parse_token(answer, {})

    assert facts.access_token == "access-1"
    assert facts.refresh_token == "refresh-1"
    assert facts.expires_in == 86399
    assert facts.scopes == {"contacts.readonly", "contacts.write"}
    assert facts.accounts == (LOCATION,)
    assert facts.owner == "UAXssdawIWAWD:y0BeYjuRIlDwsDcOHOJo"
    assert facts.facts["user_type"] == "Location"


def test_a_company_token_names_the_locations_that_approved():
    facts = MODULE.parse_token(fixture("token_company"), {})

    assert facts.accounts == (LOCATION, "tDtDnQdgm2LXpyiqYvZ6")
    assert facts.facts == {
        "user_type": "Company",
        "company_id": "UAXssdawIWAWD",
        "approved_locations": [LOCATION, "tDtDnQdgm2LXpyiqYvZ6"],
    }


def test_an_answer_without_a_token_is_refused_and_quotes_none():
    with pytest.raises(AuthError) as caught:
        MODULE.parse_token({"refresh_token": "secret-1"}, {})

    assert "secret-1" not in caught.value.detail


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, AuthError),
        (401, AuthError),
        (403, AuthError),
        (422, AuthError),
        (429, RateLimited),
        (500, TransientError),
        (503, TransientError),
        (404, PermanentError),
    ],
)
def test_a_refused_token_call_is_told_from_a_passing_problem(status, kind):
    answer = {
        "error": "UnAuthorized!",
        "error_description": "Authorization code not found",
    }

    error = MODULE.token_error(status, answer)

    assert type(error) is kind
    assert "Authorization code not found" in error.detail


def test_the_addresses_are_highlevels_own():
    endpoints = MODULE.endpoints("")

    assert endpoints.api == "https://services.leadconnectorhq.com"
    assert endpoints.token == "https://services.leadconnectorhq.com/oauth/token"
    assert endpoints.authorize.startswith("https://marketplace.gohighlevel.com/v2/")
    assert endpoints.revoke == ""


def quota(burst, day):
    return {
        "x-ratelimit-max": "100",
        "x-ratelimit-remaining": str(burst),
        "x-ratelimit-interval-milliseconds": "10000",
        "x-ratelimit-limit-daily": "200000",
        "x-ratelimit-daily-remaining": str(day),
    }


def test_both_windows_are_read_from_the_headers():
    burst, day = HighLevelDialect().rates(quota(97, 199_990))

    assert (burst.window, burst.limit, burst.remaining) == ("10s", 100, 97)
    assert (day.window, day.limit, day.remaining) == ("day", 200_000, 199_990)


def test_missing_or_odd_quota_headers_say_nothing():
    assert HighLevelDialect().rates({"x-ratelimit-max": "many"}) == []


def test_a_429_of_the_burst_waits_seconds():
    error = rate_limited(quota(0, 500), datetime(2026, 3, 4, 23, tzinfo=UTC))

    assert (error.window, error.retry_after) == ("burst", 10.0)


def test_a_429_of_the_day_waits_until_midnight():
    error = rate_limited(quota(0, 0), datetime(2026, 3, 4, 23, tzinfo=UTC))

    assert (error.window, error.retry_after) == ("day", 3600.0)


def test_a_429_without_headers_counts_as_the_burst():
    error = HighLevelDialect().error(429, {}, {})

    assert isinstance(error, RateLimited)
    assert error.window == "burst"


@pytest.mark.parametrize(
    "message", ["version header was not found.", "version header is invalid"]
)
def test_a_refused_version_is_no_reason_to_reconnect(message):
    error = HighLevelDialect().error(401, {"message": message}, {})

    assert type(error) is PermanentError
    assert error.code == "version_refused"
