"""What every HighLevel call passes: version, bearer, quota, faults, error bodies."""

from __future__ import annotations

import httpx
import pytest

from sandbox.highlevel.oauth import issue_location_token
from sandbox.highlevel.seeding import SEEDED_PIT
from tests.sandbox.test_highlevel_support import LOCATION, Desk, new_contact


@pytest.fixture
def desk() -> Desk:
    return Desk()


def location(api: httpx.Client) -> httpx.Response:
    return api.get(f"/locations/{LOCATION}")


@pytest.mark.parametrize(
    ("version", "status", "message"),
    [
        ("", 401, "version header was not found."),
        ("2020-01-01", 401, "version header is invalid"),
        ("latest", 400, "Invalid API version segment 'latest' at position 0"),
    ],
)
def test_the_version_header_is_required(
    desk: Desk, version: str, status: int, message: str
) -> None:
    answer = location(desk.client(version=version))

    assert answer.status_code == status
    assert answer.json()["message"] == message


@pytest.mark.parametrize("version", ["v3", "2023-02-21", "2021-07-28", "2021-04-15"])
def test_all_published_versions_are_taken(desk: Desk, version: str) -> None:
    assert location(desk.client(version=version)).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer made-up"}])
def test_a_bad_bearer_is_an_invalid_jwt(desk: Desk, headers: dict[str, str]) -> None:
    answer = location(desk.bare({"Version": "2021-07-28", **headers}))

    assert answer.status_code == 401
    assert answer.json()["message"] == "Invalid JWT"
    assert answer.json()["traceId"]


def test_a_scope_that_is_missing_is_a_401(desk: Desk) -> None:
    token = issue_location_token(desk.store, ["contacts.readonly"])

    answer = desk.client(token).post("/contacts/", json=new_contact())

    assert answer.status_code == 401
    assert answer.json()["message"] == "The token is not authorized for this scope."


def test_the_seeded_token_works(desk: Desk) -> None:
    assert location(desk.client(SEEDED_PIT)).status_code == 200


def test_wrong_addresses_and_methods_are_404s(desk: Desk) -> None:
    api = desk.client()

    for answer, message in (
        (api.get("/nowhere/at/all"), "Cannot GET /nowhere/at/all"),
        (api.patch("/contacts/x"), "Cannot PATCH /contacts/x"),
    ):
        assert answer.status_code == 404
        assert answer.json()["message"] == message


def test_broken_json_is_a_400(desk: Desk) -> None:
    headers = {"Content-Type": "application/json"}

    answer = desk.client().post("/contacts/", content=b"{", headers=headers)

    assert answer.status_code == 400


def test_every_answer_announces_the_quota(desk: Desk) -> None:
    headers = location(desk.client()).headers

    assert headers["X-RateLimit-Interval-Milliseconds"] == "10000"
    assert headers["X-RateLimit-Max"] == "10000"
    assert headers["X-RateLimit-Remaining"] == "9999"
    assert headers["X-RateLimit-Limit-Daily"] == "10000000"
    assert headers["X-RateLimit-Daily-Remaining"] == "9999999"


def test_the_published_burst_is_enforced_per_location(desk: Desk) -> None:
    desk.switch(published_limits=True)
    api = desk.client()

    statuses = [location(api).status_code for _ in range(101)]
    refused = location(api)

    assert statuses == [200] * 100 + [429]
    assert refused.json()["statusCode"] == 429
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in refused.headers
    # Another token of the same location does not bring another quota.
    assert location(desk.client()).status_code == 429
    desk.clock.advance(10.1)
    assert location(api).status_code == 200


def test_the_published_day_is_enforced(desk: Desk) -> None:
    desk.switch(published_limits=True, highlevel_daily_limit=2)
    api = desk.client()

    statuses = [location(api).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert location(api).headers["X-RateLimit-Daily-Remaining"] == "0"
    desk.clock.advance(86_400)
    assert location(api).status_code == 200


def test_a_fault_before_the_work_leaves_nothing(desk: Desk) -> None:
    desk.switch(fail_next=[{"fault": "500", "match": "POST /contacts"}])
    api = desk.client()

    first = api.post("/contacts/", json=new_contact())

    assert first.status_code == 500
    assert api.post("/contacts/", json=new_contact()).status_code == 201


def test_a_refused_create_may_have_created(desk: Desk) -> None:
    desk.switch(fail_next=[{"fault": "commit_then_422", "match": "POST /contacts"}])
    api = desk.client()

    first = api.post("/contacts/", json=new_contact())
    again = api.post("/contacts/", json=new_contact())

    assert first.status_code == 422
    assert again.json()["meta"]["matchingField"] == "email"
