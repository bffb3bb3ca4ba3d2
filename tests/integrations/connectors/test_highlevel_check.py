"""HighLevel: the check of a location, and what every call carries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crosswalk.errors import (
    AuthError,
    PermanentError,
    RemoteRejected,
)
from integrations.connectors.base import Account
from integrations.connectors.highlevel.connector import HighLevel
from tests.integrations.connectors.highlevel_remote import (
    ID,
    LOCATION,
    Remote,
    detail,
    fixture,
    search,
)

SINCE = datetime(2026, 3, 4, 5, 6, 7, 89000, tzinfo=UTC)
FORBIDDEN = {
    "statusCode": 403,
    "message": "The token does not have access to this location.",
}


def test_the_check_returns_the_facts_of_the_location():
    account = Remote(fixture("location")).connector.check()

    assert account.id == LOCATION
    assert account.name == "Northlight Studio"
    assert account.time_zone == "Europe/London"
    assert account.country == "GB"
    assert account.facts["settings"]["allowDuplicateContact"] is False


@pytest.mark.parametrize(
    "answer",
    [
        (401, {"message": "The token is not authorized for this scope."}, {}),
        (404, {"message": f"Cannot GET /locations/{LOCATION}"}, {}),
        (404, {}, {}),
        (403, {"message": "Forbidden resource"}, {}),
    ],
)
def test_without_the_locations_page_a_search_proves_access(answer):
    remote = Remote(answer, search({}))

    account = remote.connector.check()

    assert (account.id, account.time_zone) == (LOCATION, "Europe/London")
    assert remote.sent[1] == {"locationId": LOCATION, "pageLimit": 1}


@pytest.mark.parametrize("status", [401, 403])
def test_the_check_does_not_look_further_when_the_token_is_refused(status):
    message = {401: "Invalid JWT", 403: FORBIDDEN["message"]}[status]
    remote = Remote((status, {"message": message}, {}))

    with pytest.raises(AuthError):
        remote.connector.check()

    assert len(remote.requests) == 1


def test_a_location_that_cannot_be_one_is_never_called():
    remote = Remote()
    remote.connector = HighLevel(remote.api, Account("../x", "Typed by a person"))

    with pytest.raises(PermanentError) as caught:
        remote.connector.check()

    assert caught.value.code == "wrong_location"
    assert remote.requests == []


def test_the_accounts_are_the_one_location_of_the_token():
    accounts = Remote(fixture("location")).connector.accounts()

    assert [each.id for each in accounts] == [LOCATION]


def test_every_call_names_the_version_and_the_token():
    remote = Remote(detail())

    remote.connector.get("contact", ID)

    headers = remote.requests[0].headers
    assert headers["version"] == "2021-07-28"
    assert headers["authorization"] == "Bearer pit-1"


def test_a_refused_search_is_no_missing_contact():
    body = {"statusCode": 400, "message": "Invalid field dateUpdated"}

    with pytest.raises(RemoteRejected):
        Remote((400, body, {})).connector.changes_page("contact", SINCE, None)


@pytest.mark.parametrize("body", [{}, {"message": "Not found"}])
def test_a_search_that_is_not_found_is_a_wrong_address(body):
    with pytest.raises(PermanentError) as caught:
        Remote((404, body, {}), (404, body, {})).connector.list_page("contact", None)

    assert caught.value.code == "wrong_address"
