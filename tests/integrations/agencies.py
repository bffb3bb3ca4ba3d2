"""What the tests of agencies share: a grant, HighLevel's exchange, a person who installs."""

from __future__ import annotations

import threading
import time

import httpx
from django.test import Client

from crosswalk.clock import now
from crosswalk.crypto import decrypt
from integrations.access.accounttokens import AccountCredentials
from integrations.models import Grant
from sandbox.highlevel.accounts import COMPANY_ID, HARBOUR_ID, NORTHLIGHT_ID
from tests.integrations.helpers import make_grant, make_workspace

AGENCY = {
    "user_type": "Company",
    "company_id": "comp1",
    "approved_locations": ["loc1", "loc2"],
}


def agency_grant(name: str = "Acme") -> Grant:
    return make_grant(
        workspace=make_workspace(name),
        expires_in=3600,
        facts=AGENCY,
        refreshed_at=now(),
    )


def install(browser: Client, remote, slug="acme", **query):
    """Approve the whole agency; return where the browser is sent."""
    path = f"/w/{slug}/connections/connect/highlevel/"
    url = browser.get(path, {"site": "sandbox", **query})["Location"]
    return browser.get(remote.decide(url, account=COMPANY_ID))["Location"]


def connect_both(browser: Client, remote, slug="acme"):
    page = install(browser, remote, slug)
    return browser.post(page, {"account": [NORTHLIGHT_ID, HARBOUR_ID]})


def company_token(grant: Grant) -> str:
    return decrypt(Grant.objects.get(pk=grant.pk).credentials)["access_token"]


class Agency:
    """HighLevel's exchange, with answers on order."""

    def __init__(self, *answers: httpx.Response, delay: float = 0.0) -> None:
        self.answers = list(answers)
        self.delay = delay
        self.asked: list[tuple[str, bytes]] = []
        self.lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            if request.url.path.endswith("/oauth/token"):
                return httpx.Response(200, json=self.pair())
            token = request.headers["Authorization"].removeprefix("Bearer ")
            self.asked.append((token, request.content))
            number = len(self.asked)
            answer = self.answers.pop(0) if self.answers else None
        time.sleep(self.delay)
        return answer or httpx.Response(
            201,
            json={
                "access_token": f"loc-token-{number}",
                "expires_in": 86400,
                "locationId": dict(
                    pair.split("=") for pair in request.content.decode().split("&")
                )["locationId"],
            },
        )

    def pair(self):
        return {
            "access_token": "access-2",
            "refresh_token": "refresh-2",
            "expires_in": 86399,
            "userType": "Company",
            "companyId": "comp1",
        }

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self))


def credentials(grant: Grant, vendor: Agency, account="loc1") -> AccountCredentials:
    return AccountCredentials(
        grant.pk, account, vendor.client(), sleep=lambda seconds: None
    )


def refused(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"statusCode": status, "message": message})
