"""The connector contract for Zoho Invoice, against the sandbox in process."""

from __future__ import annotations

import httpx

import sandbox.zoho
from crosswalk.errors import (
    AuthError,
    NameTaken,
    PermanentError,
    RateLimited,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.base import Account, WebhookRequest
from integrations.connectors.zoho_invoice import MODULE
from integrations.connectors.zoho_invoice.connector import ZohoInvoice
from integrations.connectors.zoho_invoice.wire import ZohoDialect
from sandbox.clock import Clock
from sandbox.zoho import fields, hooks, seeding, service
from tests.integrations.connectors.contract import ChildSamples, ConnectorContractTests
from tests.integrations.connectors.served import fresh_app

WEBHOOK_URL = "https://crosswalk.example/hooks/abc?b=2&a=1"


def refused(code, message="No."):
    return {"code": code, "message": message}


class TestZohoContract(ConnectorContractTests):
    module = MODULE
    account = Account(
        sandbox.zoho.MAIN_ID,
        "Northlight Studio",
        "Europe/London",
        "GB",
        facts={"project_tasks": True, "user_id": "260815000000000017"},
    )
    webhook_secret = "abcdef123456"
    sample_values = {
        "first_name": ("Ada", "Grace"),
        "last_name": ("Lovelace", "Ó Súilleabháin"),
        "email": ("ada@engine.example", "grace@navy.example"),
        "phone": ("+44 20 7946 0001", "+44 20 7946 0002"),
        "mobile": ("+44 7700 900001", "+44 7700 900002"),
        "designation": ("Analyst", "Admiral"),
        "department": ("Engines", "Navy"),
        "company_name": ("Analytical Engines", "海軍"),
        "website": ("https://engine.example", "https://navy.example"),
        "facebook": ("engine", "navy"),
        "twitter": ("engine", "navy"),
        "language_code": ("en", "de"),
        "notes": ("Pays late.\nAlways.", "Pays early."),
        "billing_address.address": ("12 St James’s Square", "1 Navy Yard"),
        "billing_address.street2": ("Floor 2", "Gate 3"),
        "billing_address.city": ("London", "Arlington"),
        "billing_address.state": ("Greater London", "VA"),
        "billing_address.zip": ("SW1Y 4JH", "22202"),
        "billing_address.country": ("United Kingdom", "U.S.A"),
        "shipping_address.address": ("3 Dorset Street", "2 Navy Yard"),
        "shipping_address.street2": ("Floor 1", "Gate 4"),
        "shipping_address.city": ("Bath", "Norfolk"),
        "shipping_address.state": ("Somerset", "VA"),
        "shipping_address.zip": ("BA1 1AA", "23510"),
        "shipping_address.country": ("United Kingdom", "U.S.A"),
    }
    # There is a project only for a customer with tasks; no read of it proves who exists.
    no_proof = frozenset({"task"})
    step_kinds = {"update": frozenset({"update_contact", "update_person"})}
    custom_fields = {
        "cf_nickname": ("Nickname", "string", ()),
        "cf_tier": ("Tier", "dropdown", ("Gold", "Silver")),
        "cf_since": ("Customer since", "date", ()),
        "cf_discount": ("Discount", "decimal", ()),
        "cf_vip": ("VIP", "check_box", ()),
    }
    custom_samples = {
        "custom_fields.cf_nickname": ("Ada", "Countess"),
        "custom_fields.cf_tier": ("Gold", "Silver"),
        "custom_fields.cf_since": ("2024-05-01", "2025-06-02"),
        "custom_fields.cf_discount": (5, 7.5),
        "custom_fields.cf_vip": (True, False),
    }
    child_samples = {
        "contact_person": ChildSamples(
            minimal=lambda number: {"first_name": f"Byron{number}"},
            values={
                "salutation": ("Mr.", "Dr."),
                "first_name": ("Ada", "Grace"),
                "last_name": ("Lovelace", "Ó Súilleabháin"),
                "email": ("ada@byron.example", "grace@byron.example"),
                "phone": ("+44 20 7946 0001", "+44 20 7946 0002"),
                "mobile": ("+44 7700 900001", "+44 7700 900002"),
                "designation": ("Analyst", "Admiral"),
                "department": ("Engines", "Navy"),
                "skype": ("ada", "grace"),
                "fax": ("+44 20 7946 0003", "+44 20 7946 0004"),
            },
        ),
        "address": ChildSamples(
            minimal=lambda number: {"address": f"{number} Dorset Street"},
            values={
                "attention": ("Ada", "Grace"),
                "address": ("12 St James’s Square", "1 Navy Yard"),
                "street2": ("Floor 2", "Gate 3"),
                "city": ("London", "Arlington"),
                "state": ("Greater London", "VA"),
                "zip": ("SW1Y 4JH", "22202"),
                "country": ("United Kingdom", "U.S.A"),
                "phone": ("+44 20 7946 0001", "+44 20 7946 0002"),
                "fax": ("+44 20 7946 0003", "+44 20 7946 0004"),
            },
            kept=frozenset({"address"}),
        ),
        "note": ChildSamples(
            minimal=lambda number: {"description": f"Comment {number}"},
            values={"description": ("Pays late.", "Pays early.\nAlways.")},
        ),
        "task": ChildSamples(
            minimal=lambda number: {"task_name": f"Task {number}"},
            values={
                "task_name": ("Call back", "Send the offer"),
                "description": ("About the\nroof.", "By post."),
            },
        ),
    }
    error_table = (
        (401, refused(57), {}, AuthError, "needs_reconnect"),
        (401, refused(14), {}, AuthError, "needs_reconnect"),
        (400, refused(6041), {}, AuthError, "wrong_organization"),
        (404, refused(1002), {}, RemoteNotFound, ""),
        (200, refused(1002), {}, RemoteNotFound, ""),
        (404, refused(5), {}, PermanentError, "unsupported_call"),
        (400, refused(2), {}, RemoteRejected, "zoho_2"),
        (400, refused(3013), {}, RemoteRejected, "zoho_3013"),
        (400, refused(3062), {}, NameTaken, "name_taken"),
        (400, refused(3000), {}, RemoteRejected, "zoho_3000"),
        (200, refused(9004), {}, RemoteRejected, "zoho_9004"),
        (400, refused(31006), {}, RemoteRejected, "zoho_31006"),
        (400, refused(20004), {}, RemoteRejected, "zoho_20004"),
        (400, refused(20077), {}, RemoteRejected, "zoho_20077"),
        (405, refused(37), {}, PermanentError, "unsupported_call"),
        (429, refused(44), {}, RateLimited, ""),
        (200, refused(45), {}, RateLimited, ""),
        (429, refused(1070), {}, RateLimited, ""),
    )

    def open_remote(self):
        self.clock = Clock()
        self.app = fresh_app(self.clock)
        self.context = self.app.extensions["context"]
        seeding.seed(self.app.extensions["store"], [])
        scope = ",".join(each.name for each in MODULE.spec.oauth.scopes)
        token = sandbox.zoho.issue_access_token(self.context, scope=scope)
        transport = httpx.WSGITransport(app=self.app)
        return transport, "http://testserver/zoho/api", token

    def build(self, api):
        api.dialect = ZohoDialect(self.account.id)
        return ZohoInvoice(api, self.account, page_size=3)

    def make_custom_fields(self):
        for name, (label, kind, options) in self.custom_fields.items():
            fields.field_define(
                self.app.extensions["store"],
                self.account.id,
                name,
                label,
                data_type=kind,
                options=options,
            )

    def make_people(self, n):
        ids = []
        for number in range(n):
            self.clock.advance(1)
            ids.append(self.make_person(number)["contact_id"])
        return ids

    def make_person(self, number):
        person = {"first_name": f"Ada{number}", "email": f"ada{number}@engine.example"}
        body = {
            "contact_name": f"Engine {number}",
            "company_name": "Analytical Engines",
            "billing_address": {"city": "London"},
            "contact_persons": [{**person, "is_primary_contact": True}],
        }
        store = self.app.extensions["store"]
        organization = store.get("zoho.organization", self.account.id)
        with self.app.app_context():
            return service.contact_create(self.context, organization, body)

    def minimal_values(self, number):
        return {"contact_name": f"Minimal {number}"}

    def pass_time(self, seconds):
        self.clock.advance(seconds)

    def signed(self, body):
        headers = {
            "content-type": "application/json",
            "x-zoho-webhook-signature": hooks.sign(
                self.webhook_secret, WEBHOOK_URL, body
            ),
        }
        return WebhookRequest(body, headers, (("b", "2"), ("a", "1")))

    # Beyond the contract

    def test_the_webhook_of_an_edit_is_verified_and_parsed(self):
        sent = []
        self.app.extensions["sender"].transport = httpx.MockTransport(
            lambda request: sent.append(request) or httpx.Response(200)
        )
        hooks.webhook_save(
            self.app.extensions["store"],
            self.account.id,
            {"url": WEBHOOK_URL, "secret": self.webhook_secret},
        )

        (made,) = self.make_people(1)
        self.app.extensions["sender"].drain()

        (delivery,) = sent
        query = tuple(delivery.url.params.multi_items())
        request = WebhookRequest(delivery.content, dict(delivery.headers), query)
        self.verify(request)
        (found,) = MODULE.parse(request)
        assert (found.object_type, found.record_id) == ("contact", made)
