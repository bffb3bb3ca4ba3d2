"""The sandbox's own page: people of both systems, switches, webhooks, starting over."""

from __future__ import annotations

import pytest

from sandbox.switches import Switches
from sandbox.webhooks import KIND
from sandbox.zoho import MAIN_ID, desk
from tests.sandbox.zoho_client import Sandbox


@pytest.fixture
def zoho() -> Sandbox:
    return Sandbox()


PERSON = {
    "contact_name": "Zebedee Quince",
    "first_name": "Zebedee",
    "last_name": "Quince",
    "email": "zebedee@quince.example",
    "phone": "020 7946 0999",
}


@pytest.mark.parametrize("path", ["/", "/?side=zoho&live=1", "/switches", "/webhooks"])
def test_each_page_says_that_the_data_is_invented(zoho, path):
    page = zoho.http.get(path)

    assert page.status_code == 200
    assert "Sandbox: invented data" in page.text
    assert "script" not in page.text
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]


def test_a_person_made_on_the_page_is_in_the_api(zoho):
    zoho.http.post("/people/zoho/new", data=PERSON)

    rows = zoho.call("GET", "/contacts", params={"email": PERSON["email"]}).json()
    assert rows["contacts"][0]["contact_name"] == "Zebedee Quince"
    assert rows["contacts"][0]["source"] == "user"


def test_a_refusal_keeps_what_was_typed(zoho):
    zoho.http.post("/people/zoho/new", data=PERSON)

    page = zoho.http.post("/people/zoho/new", data=PERSON)

    assert page.status_code == 422
    assert "already exists" in page.text
    assert "020 7946 0999" in page.text


def test_a_zoho_person_is_edited_deactivated_and_deleted(zoho):
    contact_id = zoho.create("Ada", website="w")["contact_id"]
    path = f"/people/zoho/{contact_id}"

    assert "Ada" in zoho.http.get(path).text
    edit = PERSON | {"status": "inactive", "website": "w"}
    assert zoho.http.post(path, data=edit).status_code == 303
    after = zoho.read(contact_id)
    assert (after["contact_name"], after["status"]) == ("Zebedee Quince", "inactive")
    assert zoho.http.post(f"{path}/delete").status_code == 303
    assert zoho.http.get(path).status_code == 404


def test_a_highlevel_person_is_made_found_edited_and_deleted(zoho):
    form = {
        "firstName": "Zebedee",
        "lastName": "Quince",
        "email": "zebedee@quince.example",
        "tags": "One, two",
    }
    assert zoho.http.post("/people/highlevel/new", data=form).status_code == 303
    page = zoho.http.get("/", params={"q": "zebedee@quince", "side": "highlevel"})
    path = page.text.split('<a href="/people/highlevel/')[1].split('"')[0]
    path = f"/people/highlevel/{path}"

    assert "1 person" in page.text
    assert 'value="one, two"' in zoho.http.get(path).text
    changed = zoho.http.post(path, data=form | {"lastName": "Quinn"})
    assert changed.status_code == 303
    assert "Quinn" in zoho.http.get(path).text
    assert zoho.http.post(f"{path}/delete").status_code == 303
    assert zoho.http.get(path).status_code == 404


def test_a_highlevel_refusal_is_shown(zoho):
    page = zoho.http.post("/people/highlevel/new", data={"firstName": "Nobody"})

    assert page.status_code == 422
    assert "HighLevel refuses this" in page.text


def test_unknown_people_and_systems_are_404(zoho):
    assert zoho.http.get("/people/zoho/1").status_code == 404
    assert zoho.http.get("/people/highlevel/1").status_code == 404
    assert zoho.http.get("/people/odd/new").status_code == 404


def test_switches_are_set_on_the_page(zoho):
    form = {"published_limits": "on", "latency_ms": "1", "webhook_mode": "duplicate"}

    assert zoho.http.post("/switches", data=form).status_code == 303

    switches = Switches.load(zoho.context.store)
    assert switches.published_limits
    assert (switches.latency_ms, switches.webhook_mode) == (1, "duplicate")
    assert not switches.zoho_last_modified_filter


def test_a_fault_is_armed_and_cleared_on_the_page(zoho):
    form = {"system": "zoho", "method": "GET", "path": "/contacts", "fault": "500"}
    zoho.http.post("/faults", data=form)
    assert "GET /contacts" in zoho.http.get("/switches").text

    zoho.http.post("/faults/clear")

    assert zoho.call("GET", "/contacts").status_code == 200


def test_webhook_addresses_are_set_and_taken_away_on_the_page(zoho):
    url = "http://product.example/x"
    ours = f"zoho_url_{MAIN_ID}"
    form = {ours: url, f"zoho_events_{MAIN_ID}": ["created"], "highlevel_url": url}
    assert zoho.http.post("/webhooks", data=form).status_code == 303
    assert zoho.http.get("/webhooks").text.count(url) == 2
    assert desk.webhook_get(zoho.context.store)["events"] == ["created"]

    zoho.http.post("/webhooks", data={ours: "", "highlevel_url": ""})

    assert desk.webhook_get(zoho.context.store)["url"] == ""


def test_starting_over_forgets_changes_and_tokens(zoho):
    zoho.create("Ada")

    zoho.http.post("/reset")

    assert zoho.call("GET", "/contacts").status_code == 401
    assert len(desk.contact_list(zoho.context.store)) == 220
    assert zoho.context.store.all(KIND) == []


def test_a_restart_keeps_changes_and_tokens_and_does_not_seed_again(tmp_path):
    path = str(tmp_path / "sandbox.sqlite3")
    before = Sandbox(data_path=path)
    contact = before.create("Ada")
    before.context.store.close()

    after = Sandbox(data_path=path)
    after.token = before.token

    assert after.read(contact["contact_id"])["contact_name"] == "Ada"
    assert len(desk.contact_list(after.context.store)) == 221
    after.context.store.close()
