"""What Zoho Invoice's refusals become: one table, under any HTTP status."""

from __future__ import annotations

import pytest

from crosswalk.errors import (
    AccessExpired,
    AuthError,
    NameTaken,
    PermanentError,
    RateLimited,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.zoho_invoice.wire import ZohoDialect
from tests.integrations.connectors.zoho_remote import ID, Zoho, refusal


@pytest.mark.parametrize(
    ("answer", "expected", "code"),
    [
        (refusal(3062), NameTaken, "name_taken"),
        (refusal(3062, 200), NameTaken, "name_taken"),
        (refusal(1002, 404), RemoteNotFound, "remote_not_found"),
        (refusal(1002, 400), RemoteNotFound, "remote_not_found"),
        (refusal(5, 404), PermanentError, "unsupported_call"),
        (refusal(3013), RemoteRejected, "zoho_3013"),
        (refusal(2), RemoteRejected, "zoho_2"),
        (refusal(4), RemoteRejected, "zoho_4"),
        (refusal(15), RemoteRejected, "zoho_15"),
        (refusal(3000), RemoteRejected, "zoho_3000"),
        (refusal(3000, 200), RemoteRejected, "zoho_3000"),
        (refusal(9004), RemoteRejected, "zoho_9004"),
        (refusal(20004), RemoteRejected, "zoho_20004"),
        (refusal(20077), RemoteRejected, "zoho_20077"),
        (refusal(31006), RemoteRejected, "zoho_31006"),
        (refusal(31006, 200), RemoteRejected, "zoho_31006"),
        (refusal(37, 405), PermanentError, "unsupported_call"),
        (refusal(5, 200), PermanentError, "unsupported_call"),
        (refusal(6041, 200), AuthError, "wrong_organization"),
        (refusal(9999, 200), RemoteRejected, "zoho_9999"),
        (refusal(6041), AuthError, "wrong_organization"),
    ],
)
def test_codes_become_errors_under_any_status(answer, expected, code):
    with pytest.raises(expected) as caught:
        Zoho(answer).connector.get("contact", ID)

    assert type(caught.value) is expected
    assert caught.value.code == code


@pytest.mark.parametrize("code", [14, 57])
def test_a_refused_token_is_renewed_once_then_reported(code):
    zoho = Zoho(refusal(code, 401), refusal(code, 401))

    with pytest.raises(AccessExpired, match="permission"):
        zoho.connector.get("contact", ID)

    assert zoho.requests[1].headers["authorization"].endswith("1000.newer")


@pytest.mark.parametrize(
    ("code", "status", "headers", "window", "seconds"),
    [
        (44, 429, {}, "minute", 60),
        (44, 429, {"Retry-After": "90"}, "minute", 90),
        (44, 200, {"Retry-After": "5"}, "minute", 60),
        (45, 429, {"x-rate-limit-reset": "7200"}, "day", 7200),
        (45, 429, {}, "day", 3600),
        (45, 429, {"x-rate-limit-reset": "-3"}, "day", 3600),
        (1070, 429, {}, "burst", 2),
        (0, 429, {}, "minute", 60),
    ],
)
def test_throttling_tells_the_windows_apart(code, status, headers, window, seconds):
    zoho = Zoho(refusal(code, status, headers=headers))

    with pytest.raises(RateLimited) as caught:
        zoho.connector.get("contact", ID)

    assert (caught.value.window, caught.value.retry_after) == (window, seconds)


@pytest.mark.parametrize("status", [400, 403])
def test_a_blocked_address_is_a_long_pause_and_no_failure(status):
    body = {"message": "Your IP has been blocked. Contact support."}

    with pytest.raises(RateLimited) as caught:
        Zoho((status, body)).connector.get("contact", ID)

    assert caught.value.retry_after == 3600
    assert "address" in caught.value.message


def test_a_value_that_speaks_of_blocked_addresses_is_no_block():
    with pytest.raises(RemoteRejected):
        Zoho(refusal(4, 400, "IP blocked is no city")).connector.get("contact", ID)


def test_the_days_quota_is_read_even_when_overdrawn():
    headers = {
        "x-rate-limit-limit": "1000",
        "x-rate-limit-remaining": "-80",
        "x-rate-limit-reset": "3600",
    }

    (snapshot,) = ZohoDialect("1").rates(headers)

    assert (snapshot.window, snapshot.limit, snapshot.remaining) == ("day", 1000, -80)
    assert snapshot.resets_in == 3600
    assert ZohoDialect("1").rates({"x-rate-limit-limit": "1000"}) == ()


def test_no_error_holds_the_token():
    with pytest.raises(RemoteRejected) as caught:
        Zoho(refusal(3013)).connector.get("contact", ID)

    assert "1000." not in caught.value.message + caught.value.detail
