"""Zoho's quotas and the faults on order, as the product meets them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest

from sandbox.clock import Clock
from tests.sandbox.zoho_client import Sandbox


@pytest.fixture
def zoho() -> Sandbox:
    return Sandbox(clock=Clock(datetime(2026, 7, 1, 22, 0, tzinfo=UTC)))


def test_headers_speak_of_the_day_until_midnight_of_the_organization(zoho):
    answer = zoho.call("GET", "/contacts")

    assert answer.headers["x-rate-limit-limit"] == "1000"
    assert answer.headers["x-rate-limit-remaining"] == "999"
    assert answer.headers["x-rate-limit-reset"] == "3600"


def test_relaxed_the_remaining_goes_negative_and_nothing_is_refused(zoho):
    zoho.switch(zoho_daily_limit=1)
    answers = [zoho.call("GET", "/organizations") for _ in range(3)]

    assert answers[-1].status_code == 200
    assert answers[-1].headers["x-rate-limit-remaining"] == "-2"


def test_with_published_limits_the_minute_is_refused_with_44(zoho):
    zoho.switch(published_limits=True, zoho_minute_limit=2)
    answers = [zoho.call("GET", "/organizations") for _ in range(3)]
    zoho.clock.advance(61)

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[-1].json()["code"] == 44
    assert zoho.call("GET", "/organizations").status_code == 200


def test_with_published_limits_the_day_is_refused_with_45_until_midnight(zoho):
    zoho.switch(published_limits=True, zoho_daily_limit=1)
    answers = [zoho.call("GET", "/contacts") for _ in range(2)]
    zoho.clock.advance(1801)
    zoho.renew()
    still = zoho.call("GET", "/contacts")
    zoho.clock.advance(1801)
    zoho.renew()

    assert (answers[1].status_code, answers[1].json()["code"]) == (429, 45)
    assert "maximum call rate limit of 1." in answers[1].json()["message"]
    assert still.status_code == 429
    assert zoho.call("GET", "/contacts").status_code == 200


def test_a_sixth_call_at_the_same_time_is_refused_with_1070(zoho):
    zoho.switch(published_limits=True)
    for _ in range(5):
        zoho.context.limiter.enter("zoho:700000001")

    answer = zoho.call("GET", "/contacts")

    assert (answer.status_code, answer.json()["code"]) == (429, 1070)


def test_calls_that_are_over_are_no_longer_in_flight(zoho):
    zoho.switch(published_limits=True)

    assert {zoho.call("GET", "/contacts").status_code for _ in range(8)} == {200}


@pytest.mark.parametrize(
    ("fault", "status"), [("429", 429), ("500", 500), ("html503", 503)]
)
def test_a_fault_strikes_so_often_and_changes_nothing(zoho, fault, status):
    zoho.fail("POST /contacts$", fault, times=2)
    body = {"contact_name": "Ada"}
    codes = [zoho.call("POST", "/contacts", json=body).status_code for _ in range(3)]

    assert codes == [status, status, 201]


def test_a_fault_strikes_only_what_it_names(zoho):
    zoho.fail("DELETE /contacts/", "500")

    assert zoho.call("GET", "/contacts").status_code == 200


def test_a_fault_may_bring_its_own_body_and_headers(zoho):
    zoho.fail("GET", "429", body={"code": 45}, headers={"Retry-After": "7"})

    answer = zoho.call("GET", "/contacts")

    assert answer.json() == {"code": 45}
    assert answer.headers["Retry-After"] == "7"


def test_a_reset_looks_like_one(zoho):
    zoho.fail("GET /contacts", "reset")

    with pytest.raises(httpx.ReadError):
        zoho.call("GET", "/contacts")


def test_a_cut_answer_is_no_json(zoho):
    zoho.fail("GET /contacts", "truncated")

    answer = zoho.call("GET", "/contacts")

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_create_may_be_kept_though_the_answer_is_lost(zoho):
    zoho.fail("POST /contacts$", "commit_then_timeout")
    with pytest.raises(httpx.ReadTimeout):
        zoho.call("POST", "/contacts", json={"contact_name": "Ada"})

    again = zoho.call("POST", "/contacts", json={"contact_name": "Ada"})

    assert again.json()["code"] == 3062


@pytest.mark.parametrize("status", [500, 422])
def test_a_create_may_be_kept_though_the_answer_is_an_error(zoho, status):
    zoho.fail("POST /contacts$", f"commit_then_{status}")
    answer = zoho.call("POST", "/contacts", json={"contact_name": "Ada"})

    found = zoho.call("GET", "/contacts", params={"contact_name": "Ada"}).json()

    assert answer.status_code == status
    assert len(found["contacts"]) == 1
