"""The sandbox's controls over HTTP, as tests and benchmarks use them."""

from __future__ import annotations

from dataclasses import fields

import httpx
import pytest

from sandbox.switch_texts import GROUPS
from sandbox.switches import DEFAULTS, Switches
from sandbox.synthetic import synthetic_person
from tests.sandbox.zoho_client import Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def test_every_switch_is_explained_once(sandbox):
    named = [name for group in GROUPS.values() for name in group]
    known = {each.name for each in fields(Switches)} - {"fail_next"}

    assert sorted(named) == sorted(known)
    assert set(sandbox.http.get("/__/switches").json()["meanings"]) == known


def test_switches_are_read_set_and_forgotten(sandbox):
    answer = sandbox.http.put("/__/switches", json={"latency_ms": 1})
    read = sandbox.http.get("/__/switches").json()["switches"]
    sandbox.http.delete("/__/switches")

    assert answer.json()["switches"] == read
    assert read["latency_ms"] == 1
    assert Switches.load(sandbox.context.store) == DEFAULTS


@pytest.mark.parametrize(
    "wrong",
    [
        {"latency_ms": "1"},
        {"latency_ms": -1},
        {"nonsense": True},
        {"webhook_mode": "odd"},
        {"zoho_missing_status": 500},
        ["latency_ms"],
    ],
)
def test_a_wrong_switch_is_refused_in_words(sandbox, wrong):
    answer = sandbox.http.put("/__/switches", json=wrong)

    assert answer.status_code == 422
    assert answer.json()["error"]
    assert Switches.load(sandbox.context.store) == DEFAULTS


def test_synthetic_people_are_the_same_on_both_sides(sandbox):
    for side in ("zoho", "highlevel"):
        body = {"side": side, "people": 30}
        answer = sandbox.http.post("/__/seed", json=body)
        assert answer.json() == {"first": 1, "last": 30}

    more = {"side": "zoho", "people": 5}
    assert sandbox.http.post("/__/seed", json=more).json() == {"first": 31, "last": 35}
    kept = sandbox.context.store
    emails = {each.get("email") for each in kept.scan("highlevel_contact")}
    phones = {each.get("phone") for each in kept.scan("highlevel_contact")}
    params = {"email_contains": "@synthetic.example", "filter_by": "Status.All"}
    rows = sandbox.call("GET", "/contacts", params=params).json()["contacts"]
    assert len(rows) == 35
    assert sum(row["email"] in emails for row in rows) == 30
    assert sum(row["phone"] in phones for row in rows) == 30


def test_a_synthetic_person_has_an_own_name_email_and_phone():
    people = [synthetic_person(number) for number in range(1, 8001)]

    assert len({each.contact_name.casefold() for each in people}) == 8000
    assert len({each.email for each in people}) == 8000
    phones = [each.phone for each in people if each.phone]
    assert len(phones) == len(set(phones)) == 6999


@pytest.mark.parametrize(
    "wrong", [{"side": "other", "people": 1}, {"side": "zoho", "people": 0}, {}]
)
def test_a_wrong_seeding_is_refused(sandbox, wrong):
    assert sandbox.http.post("/__/seed", json=wrong).status_code == 422


def test_people_are_added_on_the_page_too(sandbox):
    form = {"side": "zoho", "people": "3"}

    assert sandbox.http.post("/seed", data=form).status_code == 303
    assert len(sandbox.context.store.scan("zoho.contact")) == 223
    wrong = {"side": "zoho", "people": "many"}
    assert sandbox.http.post("/seed", data=wrong).status_code == 422


def test_the_clock_goes_forward_only(sandbox):
    before = sandbox.clock.now()
    sandbox.http.post("/__/clock", json={"advance": 3600})

    assert (sandbox.clock.now() - before).total_seconds() >= 3600
    back = sandbox.http.post("/__/clock", json={"advance": -1})
    assert back.status_code == 422


def test_calls_are_counted_by_method_and_status(sandbox):
    sandbox.call("GET", "/contacts")
    sandbox.call("GET", "/contacts/1")
    sandbox.http.post("/__/faults", json={"fault": "429", "match": "GET"})
    sandbox.call("GET", "/contacts")

    sandbox.http.post("/__/faults", json={"fault": "reset", "match": "PUT"})
    with pytest.raises(httpx.ReadError):
        sandbox.call("PUT", "/contacts/1", json={})

    counted = sandbox.http.get("/__/calls").json()["zoho"]
    assert counted == {"GET 200": 1, "GET 404": 1, "GET 429": 1, "PUT lost": 1}
    sandbox.http.delete("/__/calls")
    assert sandbox.http.get("/__/calls").json() == {}


def test_the_sandboxs_own_paths_know_no_faults_and_no_delay(sandbox):
    sandbox.http.post("/__/faults", json={"fault": "500", "times": 0})
    body = {"organization_id": "700000001", "url": "http://product.example/x"}

    assert sandbox.http.put("/zoho/_sandbox/webhook", json=body).status_code == 200
    assert sandbox.http.get("/__/faults").status_code == 200


def test_starting_over_forgets_people_tokens_faults_and_counts(sandbox):
    sandbox.http.post("/__/seed", json={"side": "zoho", "people": 3})
    sandbox.http.post("/__/faults", json={"fault": "500"})
    sandbox.http.post("/__/reset")

    assert len(sandbox.context.store.scan("zoho.contact")) == 220
    assert sandbox.call("GET", "/contacts").status_code == 401
    assert sandbox.http.get("/__/faults").json()["faults"] == []


def test_limits_can_be_cleared(sandbox):
    sandbox.switch(published_limits=True, zoho_minute_limit=1)
    codes = [sandbox.call("GET", "/organizations").status_code for _ in range(2)]
    sandbox.http.post("/__/limits/clear")

    assert codes == [200, 429]
    assert sandbox.call("GET", "/organizations").status_code == 200


def test_an_invoice_keeps_a_contact_from_being_deleted_and_bumps_nothing(sandbox):
    contact = sandbox.create("Ada")
    path = f"/contacts/{contact['contact_id']}"
    sandbox.clock.advance(60)
    body = {"has_transaction": True, "outstanding": 12.5}
    sandbox.http.put(f"/__/zoho{path}", json=body)
    answer = sandbox.call("DELETE", path)

    read = sandbox.read(contact["contact_id"])
    assert (answer.status_code, answer.json()["code"]) == (400, 3000)
    assert read["outstanding_receivable_amount"] == 12.5
    assert read["last_modified_time"] == contact["last_modified_time"]
    assert sandbox.http.put("/__/zoho/contacts/1", json=body).status_code == 404


def test_the_switches_page_marks_what_was_changed(sandbox):
    sandbox.http.put("/__/switches", json={"zoho_blank_clears": False})

    page = sandbox.http.get("/switches").text
    assert "zoho_blank_clears · changed" in page
    assert page.count("· changed") == 1
