"""What the HighLevel sandbox's tests share: an own sandbox, clients, an installed app."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from flask import Flask

from sandbox.app import create_app
from sandbox.clock import Clock
from sandbox.highlevel import accounts, seeding
from sandbox.highlevel.oauth import issue_location_token
from sandbox.people import seed_people
from sandbox.switches import Switches

LOCATION = accounts.NORTHLIGHT_ID
OTHER_LOCATION = accounts.HARBOUR_ID
REDIRECT = "http://localhost:8000/connect/callback/"
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@cache
def _application() -> tuple[Flask, list[httpx.Request]]:
    received: list[httpx.Request] = []

    def receive(request: httpx.Request) -> httpx.Response:
        request.read()
        received.append(request)
        return httpx.Response(200)

    app = create_app(
        seed=False, clock=Clock(NOON), webhook_transport=httpx.MockTransport(receive)
    )
    return app, received


class Desk:
    """One sandbox with a frozen clock, and the ways to call it.

    Without `people` the first location is empty. All desks share one application,
    because building it takes longer than a test; a new desk starts afresh.
    """

    def __init__(self, *, people: bool = False) -> None:
        self.app, self.received = _application()
        self.ctx = self.app.extensions["context"]
        self.store = self.ctx.store
        self.clock = self.ctx.clock
        self.ctx.sender.forget()
        assert self.ctx.sender.drain()
        self.received.clear()
        self.ctx.limiter.clear()
        self.clock.advance((NOON - self.clock.now()).total_seconds())
        self.store.clear()
        seeding.seed(self.store, seed_people() if people else [])

    def switch(self, **changes: Any) -> None:
        Switches.save(self.store, **changes)

    def client(self, token: str = "", version: str = "2021-07-28") -> httpx.Client:
        token = token or issue_location_token(self.store)
        headers = {"Authorization": f"Bearer {token}", "Version": version}
        return self.bare({k: v for k, v in headers.items() if v})

    def bare(self, headers: dict[str, str] | None = None) -> httpx.Client:
        return httpx.Client(
            transport=httpx.WSGITransport(app=self.app),
            base_url="http://sandbox/highlevel",
            headers=headers,
            trust_env=False,
        )

    def authorize(self, **changes: str) -> dict[str, str]:
        parameters = {
            "response_type": "code",
            "client_id": accounts.CLIENT_ID,
            "redirect_uri": REDIRECT,
            "scope": " ".join(accounts.SCOPES),
            "state": "the-state",
        }
        return parameters | changes

    def decide(self, *, decision: str = "approve", **changes: str) -> dict[str, str]:
        """The parameters with which the consent page sends the person back."""
        form = {"account": LOCATION, "decision": decision, **self.authorize(**changes)}
        answer = self.bare().post("/v2/oauth/chooselocation", data=form)
        assert answer.status_code == 302, answer.text
        back = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in back.items()}

    def token(self, **fields: str) -> httpx.Response:
        client = {
            "client_id": accounts.CLIENT_ID,
            "client_secret": accounts.CLIENT_SECRET,
        }
        return self.bare().post("/oauth/token", data=client | fields)

    def install(self, **changes: str) -> dict[str, Any]:
        """Tokens as they come from a whole installation."""
        code = self.decide(**changes)["code"]
        answer = self.token(grant_type="authorization_code", code=code)
        assert answer.status_code == 200, answer.text
        pair: dict[str, Any] = answer.json()
        return pair

    def events(self) -> list[dict[str, Any]]:
        """The webhooks sent so far, oldest first."""
        assert self.ctx.sender.drain()
        return [httpx.Response(200, content=r.content).json() for r in self.received]


def new_contact(**fields: Any) -> dict[str, Any]:
    return {"locationId": LOCATION, "email": "ada@lovelace.example", **fields}


def test_the_desk_opens_with_the_seeded_people() -> None:
    desk = Desk(people=True)

    answer = desk.client().post(
        "/contacts/search", json={"locationId": LOCATION, "pageLimit": 1}
    )

    assert answer.json()["total"] == 300
