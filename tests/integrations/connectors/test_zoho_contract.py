"""The connector contract for Zoho Invoice, against the sandbox in process."""

from __future__ import annotations

import httpx

import sandbox.app
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
from sandbox.zoho import hooks, seeding, service
from tests.integrations.connectors.contract import ConnectorContractTests

WEBHOOK_URL = "https://crosswalk.example/hooks/abc?b=2&a=1"


def refused(code, message="No."):
    return {"code": code, "message": message}


class TestZohoContract(ConnectorContractTests):
    module = MODULE
    account = Account(sandbox.zoho.MAIN_ID, "Northlight Studio", "Europe/London", "GB")
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
        self.app = sandbox.app.create_app(data_path=None, seed=False, clock=self.clock)
        self.context = self.app.extensions["context"]
        seeding.seed(self.app.extensions["store"], [])
        token = sandbox.zoho.issue_access_token(self.context)
        transport = httpx.WSGITransport(app=self.app)
        return transport, "http://testserver/zoho/api", token

    def build(self, api):
        api.dialect = ZohoDialect(self.account.id)
        return ZohoInvoice(api, self.account, page_size=3)

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
