"""What the Zoho sandbox tests share: an application of their own and a client of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from flask import Flask

from sandbox.app import create_app
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.switches import Switches
from sandbox.zoho import CLIENT_ID, CLIENT_SECRET, MAIN_ID, issue_access_token
from sandbox.zoho.grants import DEFAULT_SCOPE

REDIRECT = "http://localhost:8000/connect/callback/"


class Sandbox:
    """One sandbox, its Zoho API with a fresh access token."""

    def __init__(self, *, seed: bool = True, scope: str = DEFAULT_SCOPE, **more: Any):
        self.app: Flask = create_app(seed=seed, **more)
        self.context: Context = self.app.extensions["context"]
        self.clock: Clock = self.context.clock
        self.http = httpx.Client(
            transport=httpx.WSGITransport(app=self.app), base_url="http://sandbox.test"
        )
        self.scope = scope
        self.renew()

    def renew(self) -> None:
        self.token = issue_access_token(self.context, self.scope)

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        params = {"organization_id": MAIN_ID} | more.pop("params", {})
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}"}
        headers |= more.pop("headers", {})
        url = f"/zoho/api/invoice/v3{path}"
        return self.http.request(method, url, params=params, headers=headers, **more)

    def create(self, name: str, **more: Any) -> dict[str, Any]:
        response = self.call("POST", "/contacts", json={"contact_name": name, **more})
        contact: dict[str, Any] = response.json()["contact"]
        return contact

    def read(self, contact_id: str) -> dict[str, Any]:
        contact: dict[str, Any] = self.call("GET", f"/contacts/{contact_id}").json()[
            "contact"
        ]
        return contact

    def switch(self, **changes: Any) -> None:
        Switches.save(self.context.store, **changes)

    def fail(self, match: str, fault: str, **more: Any) -> None:
        self.switch(
            fail_next=[{"system": "zoho", "match": match, "fault": fault} | more]
        )

    # OAuth

    def authorize(self, decision: str = "approve", **more: str) -> dict[str, str]:
        """Press a button on the consent page; the parameters that come back."""
        form = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT,
            "scope": DEFAULT_SCOPE,
            "state": "s1",
            "access_type": "offline",
            "prompt": "consent",
            "decision": decision,
        } | more
        response = self.http.post("/zoho/accounts/oauth/v2/auth", data=form)
        query = parse_qs(urlsplit(response.headers["Location"]).query)
        return {key: values[0] for key, values in query.items()}

    def exchange(self, code: str, dc: str = "zoho", **more: str) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uri": REDIRECT,
            "code": code,
        } | more
        return self.http.post(f"/{dc}/accounts/oauth/v2/token", data=form)

    def refresh(self, token: str, dc: str = "zoho", **more: str) -> httpx.Response:
        form = {
            "grant_type": "refresh_token",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": token,
        } | more
        return self.http.post(f"/{dc}/accounts/oauth/v2/token", data=form)


def persons(*given: dict[str, object]) -> dict[str, object]:
    """Return the field that carries contact persons."""
    return {"contact_persons": list(given)}


# what list rows and details both show, and what rows alone do (sheet §4.3)
BOTH = {
    "contact_id",
    "contact_name",
    "company_name",
    "website",
    "language_code",
    "language_code_formatted",
    "contact_type",
    "customer_sub_type",
    "status",
    "source",
    "is_linked_with_zohocrm",
    "payment_terms",
    "payment_terms_id",
    "payment_terms_label",
    "currency_id",
    "currency_code",
    "twitter",
    "facebook",
    "outstanding_receivable_amount",
    "outstanding_receivable_amount_bcy",
    "unused_credits_receivable_amount",
    "unused_credits_receivable_amount_bcy",
    "first_name",
    "last_name",
    "email",
    "phone",
    "mobile",
    "portal_status",
    "created_time",
    "last_modified_time",
    "custom_fields",
    "custom_field_hash",
    "ach_supported",
}
LIST_ONLY = {
    "customer_name",
    "vendor_name",
    "contact_type_formatted",
    "portal_status_formatted",
    "created_time_formatted",
    "last_modified_time_formatted",
    "contactperson_custom_fields",
    "has_attachment",
}
