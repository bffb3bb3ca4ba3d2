"""Faults, limits and delays as a client of either system meets them."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox.clock import Clock
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.oauth import issue_location_token
from sandbox.zoho import issue_refresh_token
from tests.sandbox.zoho_client import Sandbox

SYSTEMS = ("zoho", "highlevel")


class Both(Sandbox):
    """One sandbox, both of its systems."""

    def arm(self, **fault: Any) -> httpx.Response:
        return self.http.post("/__/faults", json=fault)

    def add(self, system: str, name: str = "Ada") -> httpx.Response:
        if system == "zoho":
            return self.call("POST", "/contacts", json={"contact_name": name})
        email = f"{name.lower()}@fault.example"
        body = {"locationId": NORTHLIGHT_ID, "firstName": name, "email": email}
        return self.highlevel("POST", "/contacts/", json=body)

    def added(self, system: str) -> int:
        """How many are there; the kept documents tell, whatever the answers said."""
        kind = {"zoho": "zoho.contact", "highlevel": "highlevel_contact"}[system]
        return len(self.context.store.scan(kind))

    def highlevel(self, method: str, path: str, **more: Any) -> httpx.Response:
        token = issue_location_token(self.context.store)
        headers = {"Authorization": f"Bearer {token}", "Version": "2021-07-28"}
        return self.http.request(method, f"/highlevel{path}", headers=headers, **more)


@pytest.fixture
def both() -> Both:
    return Both(clock=Clock(datetime(2026, 7, 1, 12, 0, tzinfo=UTC)))


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("429", 429),
        ("429_day", 429),
        ("429_concurrent", 429),
        ("500", 500),
        ("html502", 502),
        ("html503", 503),
        ("html200", 200),
    ],
)
def test_a_refusal_comes_before_any_work(both, system, fault, status):
    before = both.added(system)
    both.arm(system=system, match="POST /contacts", fault=fault)
    answer = both.add(system)

    assert answer.status_code == status
    assert both.added(system) == before
    assert both.add(system).status_code == 201
    is_page = answer.headers["Content-Type"].startswith("text/html")
    assert is_page is fault.startswith("html")


@pytest.mark.parametrize(
    ("fault", "code"), [("429", 44), ("429_day", 45), ("429_concurrent", 1070)]
)
def test_zoho_tells_its_limits_apart_by_code(both, fault, code):
    both.arm(system="zoho", match="POST", fault=fault)

    assert both.add("zoho").json()["code"] == code


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    ("fault", "error", "kept"),
    [
        ("reset", httpx.ReadError, 0),
        ("timeout", httpx.ReadTimeout, 0),
        ("commit_then_reset", httpx.ReadError, 1),
        ("commit_then_timeout", httpx.ReadTimeout, 1),
    ],
)
def test_a_lost_answer_may_have_done_the_work_or_not(both, system, fault, error, kept):
    before = both.added(system)
    both.arm(system=system, match="POST /contacts", fault=fault)

    with pytest.raises(error):
        both.add(system)
    assert both.added(system) - before == kept


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("status", [500, 422])
def test_an_error_may_be_answered_though_the_work_is_done(both, system, status):
    before = both.added(system)
    both.arm(system=system, match="POST /contacts", fault=f"commit_then_{status}")

    assert both.add(system).status_code == status
    assert both.added(system) == before + 1


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_cut_answer_is_no_json(both, system):
    both.arm(system=system, match="POST /contacts", fault="truncated")
    answer = both.add(system)

    assert answer.status_code == 201
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_slow_answer_comes_all_the_same(both):
    both.arm(match="POST /contacts", fault="slow", seconds=0.2)
    began = time.monotonic()

    assert both.add("zoho").status_code == 201
    assert time.monotonic() - began >= 0.2


def test_a_fault_skips_then_strikes_then_is_gone(both):
    both.arm(match="POST /contacts", fault="500", skip=1, times=2)
    codes = [both.add("zoho", name).status_code for name in "ABCD"]

    assert codes == [201, 500, 500, 201]


def test_a_fault_of_zero_times_stays_until_it_is_cleared(both):
    both.arm(match="POST /contacts", fault="500", times=0)
    codes = [both.add("zoho", name).status_code for name in "ABC"]
    both.http.delete("/__/faults")

    assert codes == [500, 500, 500]
    assert both.add("zoho").status_code == 201


def test_a_fault_can_look_at_the_query_and_the_body(both):
    both.arm(match="POST /contacts", where="Grace", fault="500")
    both.arm(match="GET /contacts", where="page=2", fault="500", system="zoho")

    assert both.add("zoho", "Ada").status_code == 201
    assert both.add("zoho", "Grace").status_code == 500
    assert both.call("GET", "/contacts").status_code == 200
    assert both.call("GET", "/contacts", params={"page": "2"}).status_code == 500


def test_a_fault_without_a_system_strikes_either(both):
    both.arm(match="POST /contacts", fault="500", times=2)

    assert [both.add(each).status_code for each in SYSTEMS] == [500, 500]


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "odd"},
        {"fault": "500", "system": "other"},
        {"fault": "500", "match": "POST ("},
        {"fault": "500", "where": "("},
        {"fault": "500", "times": "2"},
        {"fault": "500", "nonsense": 1},
    ],
)
def test_a_wrong_fault_is_refused_in_words(both, fault):
    answer = both.arm(**fault)

    assert answer.status_code == 422
    assert answer.json()["error"]
    assert both.http.get("/__/faults").json()["faults"] == []


# A refresh whose answer is lost


def test_a_lost_refresh_answer_at_zoho_costs_a_token_but_kills_nothing(both):
    refresh_token = issue_refresh_token(both.context.store)
    both.switch(lost_refresh_answer=True)
    lost = both.refresh(refresh_token)
    again = both.refresh(refresh_token)

    assert lost.status_code == 504
    assert again.json()["access_token"]
    grant = both.context.store.get("zoho.refresh_token", refresh_token)
    assert len(grant["issued"]) == 2


@pytest.mark.parametrize("fault", ["commit_then_reset", "commit_then_timeout"])
def test_the_token_endpoint_can_lose_its_line_too(both, fault):
    refresh_token = issue_refresh_token(both.context.store)
    both.arm(system="zoho", match="POST /oauth/v2/token", fault=fault)

    with pytest.raises(httpx.TransportError):
        both.refresh(refresh_token)
    grant = both.context.store.get("zoho.refresh_token", refresh_token)
    assert len(grant["issued"]) == 1


# Limits


def test_the_day_can_be_lifted_while_the_minute_stays(both):
    both.switch(
        published_limits=True,
        daily_limits=False,
        zoho_daily_limit=1,
        zoho_minute_limit=2,
        highlevel_daily_limit=1,
        highlevel_burst_limit=2,
    )
    zoho = [both.call("GET", "/organizations").status_code for _ in range(3)]
    path = f"/locations/{NORTHLIGHT_ID}"
    highlevel = [both.highlevel("GET", path).status_code for _ in range(3)]

    assert zoho == [200, 200, 429]
    assert highlevel == [200, 200, 429]


def test_a_limit_can_hide_under_200(both):
    both.switch(published_limits=True, zoho_daily_limit=0, zoho_limits_with_200=True)
    answer = both.call("GET", "/contacts")

    assert (answer.status_code, answer.json()["code"]) == (200, 45)


# Delay


def at_once(both: Both, callers: int, calls: int) -> tuple[list[int], float]:
    """The statuses of so many callers, each with so many calls, and the seconds."""
    statuses: list[int] = []

    def run() -> None:
        statuses.extend(
            both.call("GET", "/organizations").status_code for _ in range(calls)
        )

    threads = [threading.Thread(target=run) for _ in range(callers)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses, time.monotonic() - began


def test_a_delay_holds_up_nobody_else(both):
    both.switch(latency_ms=250)
    statuses, seconds = at_once(both, callers=10, calls=2)

    assert statuses == [200] * 20
    # One after the other it would be 5 seconds.
    assert 0.5 <= seconds < 2.5


def test_calls_that_travel_are_in_flight_for_zoho(both):
    both.switch(latency_ms=300, published_limits=True)
    statuses, _ = at_once(both, callers=10, calls=1)

    assert sorted(statuses) == [200] * 5 + [429] * 5
