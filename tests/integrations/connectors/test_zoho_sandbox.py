"""Zoho Invoice against the sandbox: whole changes, read back as they were written."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

import sandbox.zoho
from crosswalk.errors import (
    AccessExpired,
    NameTaken,
    OutcomeUnknown,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.base import Account
from integrations.connectors.zoho_invoice import MODULE
from integrations.connectors.zoho_invoice.wire import ZohoDialect
from integrations.http import Api, client_build
from sandbox.app import create_app
from sandbox.switches import Switches

API_ROOT = "http://testserver/zoho/api"
ACCOUNTS_ROOT = "http://testserver/zoho/accounts"


class Grant:
    """A refresh token, redeemed as the product does it."""

    def __init__(self, app, client):
        store = app.extensions["store"]
        self.client = client
        self.refresh_token = sandbox.zoho.issue_refresh_token(store)
        self.access_token = self.renewed("")

    def token(self):
        return self.access_token

    def renewed(self, refused):
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
            "client_id": sandbox.zoho.CLIENT_ID,
            "client_secret": sandbox.zoho.CLIENT_SECRET,
        }
        url = MODULE.endpoints("us", accounts_url=ACCOUNTS_ROOT).token
        answer = self.client.post(url, data=form).json()
        self.access_token = MODULE.parse_token(answer, {}).access_token
        return self.access_token


@pytest.fixture
def app():
    return create_app(data_path=None)


@pytest.fixture
def client(app):
    with client_build(httpx.WSGITransport(app=app)) as client:
        yield client


@pytest.fixture
def connector(app, client):
    return connector_of(client, Grant(app, client))


def connector_of(client, credentials, organization=sandbox.zoho.MAIN_ID):
    api = Api(client, API_ROOT, credentials, ZohoDialect(), sleep=lambda seconds: None)
    return MODULE.build(api, Account(organization, "Northlight", "Europe/London"))


def everybody(connector):
    cursor, records = None, []
    while True:
        page = connector.list_page("contact", cursor)
        records += page.records
        cursor = page.next
        if cursor is None:
            return records


def change(connector, record, after):
    for step in connector.steps("contact", record, after):
        got = connector.perform("contact", step, record).record
        if got and record:
            values = {**record.values, **got.values}
            got = replace(got, values=values, facts={**record.facts, **got.facts})
        record = got or record
    return record


def somebody(connector):
    return next(r for r in everybody(connector) if not r.excluded)


def test_every_writable_field_comes_back_as_it_was_created(connector):
    spec = MODULE.spec.object("contact")
    values = sample_values(spec) | {"contact_name": "Round Trip Ltd"}

    made = change(connector, None, values)

    read = connector.get("contact", made.id)
    assert {key: read.values[key] for key in values} == values
    assert read.facts == made.facts


def test_every_writable_field_comes_back_as_it_was_updated(connector):
    values = sample_values(MODULE.spec.object("contact"))

    changed = change(connector, somebody(connector), values)

    read = connector.get("contact", changed.id)
    assert {key: read.values[key] for key in values} == values
    assert {key: changed.values[key] for key in values} == values


def test_every_writable_field_can_be_cleared(connector):
    values = sample_values(MODULE.spec.object("contact"))
    record = change(connector, None, values | {"contact_name": "To Be Cleared"})

    change(connector, record, dict.fromkeys(values))

    read = connector.get("contact", record.id)
    assert {read.values[key] for key in values} == {None}


def test_a_second_person_survives_every_kind_of_update(connector):
    record = somebody(connector)
    connector.api.call(
        "POST",
        "/invoice/v3/contacts/contactpersons",
        operation="test",
        json_body={"contact_id": record.id, "first_name": "Second"},
    )

    record = change(connector, record, {"email": "a@x.example", "website": "https://a"})
    change(connector, record, {"phone": "+44 20 7946 0001", "notes": "Hello"})

    answer = connector.api.call(
        "GET", f"/invoice/v3/contacts/{record.id}", operation=""
    )
    names = [p["first_name"] for p in answer.body["contact"]["contact_persons"]]
    assert names == [record.values["first_name"], "Second"]


def test_a_new_primary_person_is_noticed_before_writing(connector):
    record = connector.get("contact", somebody(connector).id)
    second = connector.api.call(
        "POST",
        "/invoice/v3/contacts/contactpersons",
        operation="test",
        json_body={"contact_id": record.id, "first_name": "Second"},
    ).body["contact_person"]["contact_person_id"]
    path = f"/invoice/v3/contacts/contactpersons/{second}/primary"
    connector.api.call("POST", path, operation="test")
    row = next(r for r in everybody(connector) if r.id == record.id)
    mirror = replace(record, values={**record.values, **row.values})

    change(connector, mirror, {"email": "second@x.example"})

    read = connector.get("contact", record.id)
    assert (read.values["first_name"], read.values["email"]) == (
        "Second",
        "second@x.example",
    )


def test_a_contact_without_persons_gets_its_first_by_the_update(connector):
    record = change(connector, None, {"contact_name": "Shell Ltd"})

    after = {"email": "e@x.example", "website": "https://w"}
    steps = connector.steps("contact", record, after)
    change(connector, record, after)

    assert [step.kind for step in steps] == ["read", "update_contact"]
    assert connector.get("contact", record.id).values["email"] == "e@x.example"


def test_a_person_added_meanwhile_is_not_lost_to_what_we_remember(connector):
    record = change(connector, None, {"contact_name": "Shell Ltd"})
    connector.api.call(
        "POST",
        "/invoice/v3/contacts/contactpersons",
        operation="test",
        json_body={"contact_id": record.id, "first_name": "Meanwhile"},
    )

    with pytest.raises(RemoteRejected, match="primary"):
        change(connector, record, {"email": "e@x.example"})

    answer = connector.api.call(
        "GET", f"/invoice/v3/contacts/{record.id}", operation=""
    )
    names = [p["first_name"] for p in answer.body["contact"]["contact_persons"]]
    assert "Meanwhile" in names


def test_the_listing_shows_everybody_once_while_people_are_edited(connector):
    first = connector.list_page("contact", None)
    for record in first.records[:5]:
        change(connector, record, {"website": "https://edited.example"})
    second = connector.list_page("contact", first.next)

    ids = [record.id for record in [*first.records, *second.records]]
    assert len(ids) == len(set(ids)) == 220
    assert second.next is None


def test_changes_are_found_and_nothing_else(connector):
    newest = max(record.modified_at for record in everybody(connector))
    record = change(connector, somebody(connector), {"website": "https://new.example"})

    page = connector.changes_page("contact", record.modified_at, None)

    assert record.modified_at > newest
    assert [found.id for found in page.records] == [record.id]


def test_a_taken_name_is_refused_and_its_holder_found(connector):
    holder = somebody(connector)

    with pytest.raises(NameTaken):
        change(connector, None, {"contact_name": holder.label.upper()})

    found = connector.find("contact", "name", holder.label.upper())
    assert [record.id for record in found] == [holder.id]


def test_a_create_whose_answer_is_lost_is_found_by_its_name(app, connector):
    fault = {"system": "zoho", "match": "POST /contacts", "times": 1}
    fault |= {"fault": "commit_then_500", "seconds": 0}
    Switches.save(app.extensions["store"], fail_next=[fault])

    with pytest.raises(OutcomeUnknown):
        change(connector, None, {"contact_name": "Lost And Found"})

    assert len(connector.find("contact", "name", "Lost And Found")) == 1


def test_an_expired_token_is_renewed_on_the_way(app, client):
    grant = Grant(app, client)
    grant.access_token = "1000.expired"
    connector = connector_of(client, grant)

    assert connector.check().country == "GB"
    assert connector.api.wasted == 1


def test_a_grant_without_the_settings_scope_still_works(app, client):
    store = app.extensions["store"]
    grant = Grant(app, client)
    grant.refresh_token = sandbox.zoho.issue_refresh_token(
        store, scope="ZohoInvoice.contacts.ALL"
    )
    grant.renewed("")
    connector = connector_of(client, grant)

    assert connector.check().time_zone == "UTC"
    with pytest.raises(AccessExpired):
        connector.accounts()


def test_a_missing_contact_is_not_found(connector):
    with pytest.raises(RemoteNotFound):
        connector.get("contact", "260815000000000001")


def sample_values(spec):
    """A value for each writable field that the vendor accepts."""
    values = {f.key: f"Sample {f.key}" for f in spec.fields if f.is_writable}
    return values | {
        "email": "sample@example.com",
        "phone": "+44 20 7946 0018",
        "mobile": "+44 7700 900018",
        "website": "https://sample.example",
        "language_code": "de",
        "custom_fields.cf_highlevel_id": "hl-1",
    }
