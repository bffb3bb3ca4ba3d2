"""The connector contract for HighLevel, against the sandbox in process."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from crosswalk.errors import (
    AuthError,
    DuplicateRefused,
    PermanentError,
    RateLimited,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.base import Account, WebhookRequest
from integrations.connectors.highlevel import MODULE
from integrations.connectors.highlevel.connector import HighLevel
from integrations.connectors.highlevel.wire import HighLevelDialect
from sandbox.clock import Clock
from sandbox.highlevel import hooks, seeding, service
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.oauth import issue_location_token
from sandbox.switches import Switches
from tests.integrations.connectors.contract import (
    ChildSamples,
    ConnectorContractTests,
    pages,
)
from tests.integrations.connectors.served import fresh_app

OWEN, MINA = "SbxUserOwenHartley01", "SbxUserMinaPereira02"
CONSULTATION, FILMING = "SbxCalendarConsult01", "SbxCalendarFilming02"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
TEN, ELEVEN = "2026-03-03T10:00:00.000Z", "2026-03-03T11:00:00.000Z"
TWELVE = "2026-03-03T12:00:00.000Z"

DUPLICATE = {
    "statusCode": 400,
    "message": "This location does not allow duplicated contacts.",
    "meta": {"contactId": "abc", "matchingField": "email"},
}


def refused(status, message, **more):
    return {"statusCode": status, "message": message, **more}


class TestHighLevelContract(ConnectorContractTests):
    module = MODULE
    account = Account(NORTHLIGHT_ID, "Northlight Studio", "Europe/London", "GB")
    sample_values = {
        "firstName": ("Ada", "Grace"),
        "lastName": ("Lovelace", "Ó Súilleabháin"),
        "email": ("ada@engine.example", "grace@navy.example"),
        "phone": ("+442079460001", "+442079460002"),
        "companyName": ("Analytical Engines", "Navy"),
        "website": ("https://engine.example", "https://navy.example"),
        "address1": ("12 St James’s Square", "1 Navy Yard"),
        "city": ("London", "Arlington"),
        "state": ("Greater London", "VA"),
        "postalCode": ("SW1Y 4JH", "22202"),
        "country": ("GB", "US"),
        "timezone": ("Europe/London", "America/New_York"),
        "source": ("referral", "website"),
        "dateOfBirth": ("1815-12-10", "1906-12-09"),
        "assignedTo": ("SbxUserOwenHartley01", "SbxUserMinaPereira02"),
        "dnd": (True, False),
        "tags": (["customer"], ["customer", "vip"]),
    }
    emptied_values = {"dnd": False}
    step_kinds = {
        "tags": frozenset({"add_tags", "remove_tags"}),
        "completed": frozenset({"completed"}),
    }
    custom_samples = {
        "customFields.SbxFieldPetName00001": ("Rex", "Tom"),
        "customFields.SbxFieldBudget000002": (1000, 12.5),
        "customFields.SbxFieldPackage00003": ("Basic", "Plus"),
        "customFields.SbxFieldInterest0004": (["Film"], ["Film", "Portrait"]),
        "customFields.SbxFieldSince0000005": ("2024-05-01", "2025-06-02"),
    }
    child_samples = {
        "note": ChildSamples(
            minimal=lambda number: {"body": f"Note {number}"},
            values={
                "body": ("Called, no answer", "Called again:\nwants a quote"),
                "title": ("Call", "Second call"),
                "color": ("#FFAA00", "#00AAFF"),
                "pinned": (True, False),
                "userId": (OWEN, MINA),
            },
            emptied={"pinned": False},
        ),
        "task": ChildSamples(
            minimal=lambda number: {"title": f"Task {number}", "dueDate": TEN},
            values={
                "title": ("Send quote", "Send contract"),
                "body": ("By post", "By e-mail"),
                "dueDate": (TEN, ELEVEN),
                "completed": (True, False),
                "assignedTo": (OWEN, MINA),
            },
            emptied={"completed": False},
        ),
        "appointment": ChildSamples(
            minimal=lambda number: {
                "title": f"Fitting {number}",
                "calendarId": CONSULTATION,
                "startTime": TEN,
                "endTime": TWELVE,
            },
            values={
                "title": ("Fitting", "Second fitting"),
                "calendarId": (CONSULTATION, FILMING),
                "startTime": (TEN, ELEVEN),
                "endTime": (ELEVEN, TWELVE),
                "appointmentStatus": ("confirmed", "showed"),
                "assignedUserId": (OWEN, MINA),
                "address": ("Zoom", "12 High Street"),
                "description": ("Bring samples", "Bring the contract"),
            },
            kept=frozenset({"endTime", "appointmentStatus"}),
        ),
    }
    error_table = (
        (401, refused(401, "Invalid JWT"), {}, AuthError, "needs_reconnect"),
        (
            401,
            refused(401, "The token is not authorized for this scope."),
            {},
            PermanentError,
            "scope_missing",
        ),
        (
            401,
            refused(401, "This authClass type is not allowed to access this scope."),
            {},
            AuthError,
            "company_token",
        ),
        (
            401,
            refused(401, "Token's user type mismatch!"),
            {},
            AuthError,
            "company_token",
        ),
        (
            403,
            refused(403, "The token does not have access to this location."),
            {},
            AuthError,
            "wrong_location",
        ),
        (400, refused(400, "Contact with id x not found"), {}, RemoteNotFound, ""),
        (400, refused(400, "contact is deleted"), {}, RemoteNotFound, ""),
        (
            400,
            refused(400, "contact does not belong to location"),
            {},
            RemoteNotFound,
            "",
        ),
        (404, refused(404, "Not found"), {}, RemoteNotFound, ""),
        (404, refused(404, "Cannot GET /x"), {}, PermanentError, "wrong_address"),
        (400, DUPLICATE, {}, DuplicateRefused, ""),
        (422, refused(422, ["x should not exist"]), {}, RemoteRejected, ""),
        (429, refused(429, "Too Many Requests"), {}, RateLimited, ""),
    )

    def open_remote(self):
        self.clock = Clock(NOON)
        self.app = fresh_app(self.clock)
        self.store = self.app.extensions["store"]
        seeding.seed(self.store, [])
        calendar = self.store.get("highlevel_calendar", CONSULTATION)
        self.store.put("highlevel_calendar", FILMING, calendar | {"id": FILMING})
        token = issue_location_token(self.store)
        transport = httpx.WSGITransport(app=self.app)
        return transport, "http://testserver/highlevel", token

    def build(self, api):
        api.dialect = HighLevelDialect()
        return HighLevel(api, self.account, page_size=3, clock=self.clock.now)

    @property
    def webhook_keys(self):
        return hooks.webhook_public_keys(self.store)

    def make_people(self, n):
        ids = []
        for number in range(n):
            self.clock.advance(1)
            ids.append(self.save(None, self.person(number))["id"])
        return ids

    def person(self, number):
        return {
            "locationId": NORTHLIGHT_ID,
            "firstName": f"Ada{number}",
            "email": f"ada{number}@engine.example",
            "companyName": "Analytical Engines",
            "address1": "12 St James’s Square",
            "timezone": "Europe/London",
            "tags": ["Customer"],
        }

    def save(self, contact_id, fields):
        with self.app.app_context():
            return service.contact_save(
                self.app.extensions["context"], contact_id, fields
            )

    def minimal_values(self, number):
        return {"email": f"minimal{number}@engine.example"}

    def pass_time(self, seconds):
        self.clock.advance(seconds)

    def signed(self, body):
        signatures = hooks.signatures(self.store, body)
        return WebhookRequest(body, {k.lower(): v for k, v in signatures.items()})

    # Beyond the contract: what the sandbox's switches make of HighLevel

    def switch(self, **switches):
        Switches.save(self.store, **switches)

    def test_names_of_a_lower_casing_list_are_not_read(self):
        self.make_people(4)
        self.switch(lowercase_search_names=True)

        records = [record for page in self.listing() for record in page.records]

        assert not any("firstName" in record.values for record in records)
        assert all(record.values["lastName"] is None for record in records)

    def test_a_lagging_search_does_not_hide_a_create_from_find(self):
        self.switch(search_lag_ms=5000)
        record = self.write(None, self.minimal_values(0))

        found = self.connector.find("contact", "email", record.values["email"])

        assert [each.id for each in found] == [record.id]
        assert not [r for page in self.listing() for r in page.records]

    def test_find_by_phone_sends_the_plus(self):
        record = self.write(None, {"phone": "+442079460001"})

        found = self.connector.find("contact", "phone", "+442079460001")

        assert [each.id for each in found] == [record.id]

    def test_a_duplicate_is_refused_with_the_holder_named(self):
        (holder,) = self.make_people(1)
        (step,) = self.connector.steps(
            "contact", None, {"email": "ada0@engine.example"}
        )

        with pytest.raises(DuplicateRefused) as caught:
            self.connector.perform("contact", step, None)

        assert caught.value.remote_id == holder
        assert caught.value.matching_field == "email"

    def test_a_deleted_contact_is_not_found(self):
        (gone,) = self.make_people(1)
        with self.app.app_context():
            service.contact_delete(self.app.extensions["context"], gone)

        with pytest.raises(RemoteNotFound):
            self.connector.get("contact", gone)

    def test_a_contact_of_another_location_is_not_found(self):
        stray = next(
            each["id"]
            for each in self.store.all("highlevel_contact")
            if each["locationId"] != NORTHLIGHT_ID
        )

        with pytest.raises(RemoteNotFound):
            self.connector.get("contact", stray)

    def test_the_company_and_a_new_key_are_written_together(self):
        record = self.write(
            None, {"email": "a@engine.example", "phone": "+442079460001"}
        )

        record = self.write(
            record, {"email": "b@engine.example", "companyName": "Engines"}
        )

        assert record.values["email"] == "b@engine.example"
        assert record.values["companyName"] == "Engines"

    def test_the_check_works_without_permission_for_the_location(self):
        token = issue_location_token(self.store, ["contacts.readonly"])
        connector = self.connect(
            httpx.WSGITransport(app=self.app), "http://testserver/highlevel", token
        )

        assert connector.check().id == NORTHLIGHT_ID

    def test_a_token_without_the_write_permission_says_which_is_missing(self):
        token = issue_location_token(self.store, ["contacts.readonly"])
        connector = self.connect(
            httpx.WSGITransport(app=self.app), "http://testserver/highlevel", token
        )
        (step,) = connector.steps("contact", None, self.minimal_values(0))

        with pytest.raises(PermanentError, match=r"contacts\.write") as caught:
            connector.perform("contact", step, None)

        assert caught.value.code == "scope_missing"

    def test_the_quota_headers_are_read(self):
        answer = self.connector.calls.search({"pageLimit": 1})

        windows = {s.window for s in HighLevelDialect().rates(answer.headers)}

        assert windows == {"10s", "day"}

    def test_the_webhook_of_an_edit_is_verified_and_parsed(self):
        sent = []
        self.app.extensions["sender"].transport = httpx.MockTransport(
            lambda request: sent.append(request) or httpx.Response(200)
        )
        hooks.set_webhook(self.store, url="http://crosswalk.example/", always=True)

        (made,) = self.make_people(1)
        self.app.extensions["sender"].drain()

        deliveries = []
        for each in sent:
            request = WebhookRequest(each.content, dict(each.headers))
            self.verify(request)
            deliveries += MODULE.parse(request)
        created = next(d for d in deliveries if d.event_type == "ContactCreate")
        assert (created.record_id, created.account_id) == (made, NORTHLIGHT_ID)
        assert created.delivery_id
        assert created.sent_at

    def test_the_real_page_size_reaches_everybody_in_one_call(self):
        ids = self.make_people(5)
        connector = MODULE.build(self.connector.api, self.account)

        found = pages(lambda cursor: connector.list_page("contact", cursor))

        assert [[r.id for r in page.records] for page in found] == [ids]
