"""HighLevel's stand-in in process, with a connector on one of its locations."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx

import sandbox.app
from integrations.connectors.base import Account
from integrations.connectors.highlevel.connector import HighLevel
from integrations.connectors.highlevel.wire import HighLevelDialect
from integrations.http import Api, client_build
from sandbox.clock import Clock
from sandbox.highlevel import seeding, service
from sandbox.highlevel.accounts import NORTHLIGHT_ID, SCOPES
from sandbox.highlevel.oauth import issue_location_token
from sandbox.switches import Switches
from tests.integrations.connectors.contract import Token, merged

ACCOUNT = Account(NORTHLIGHT_ID, "Northlight Studio", "Europe/London", "GB")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


class World:
    """An empty location; `sent` holds each call as “METHOD path”."""

    def __init__(self, *, page_size=3, without=()):
        self.clock = Clock(NOON)
        self.app = sandbox.app.create_app(data_path=None, seed=False, clock=self.clock)
        self.store = self.app.extensions["store"]
        seeding.seed(self.store, [])
        self.scopes = [each for each in SCOPES if each not in without]
        self.token = issue_location_token(self.store, self.scopes)
        self.requests = []
        self.no_search = ()  # (status, message) with which search is refused
        self.page_size = page_size
        self.connector = self.connect()

    def connect(self, catalogue=None):
        """Return a connector that knows these own fields of the location."""
        inner = httpx.WSGITransport(app=self.app)
        api = Api(
            client_build(Recorder(inner, self)),
            "http://testserver/highlevel",
            Token(self.token),
            dialect=HighLevelDialect(),
            sleep=lambda seconds: None,
        )
        self.connector = HighLevel(
            api, ACCOUNT, self.page_size, catalogue or {}, self.clock.now
        )
        return self.connector

    @property
    def sent(self):
        return [f"{each.method} {self.path_of(each)}" for each in self.requests]

    def path_of(self, request):
        return request.url.path.removeprefix("/highlevel")

    def switch(self, **switches):
        Switches.save(self.store, **switches)

    def contact(self, **fields):
        """Make a contact, not through the connector; return its id."""
        number = len(list(self.store.all("highlevel_contact")))
        kept = {"locationId": NORTHLIGHT_ID, "email": f"p{number}@x.example", **fields}
        return self.save(None, kept)["id"]

    def save(self, contact_id, fields):
        with self.app.app_context():
            context = self.app.extensions["context"]
            return service.contact_save(context, contact_id, fields)

    def write(self, object_type, before, after, parent_id=""):
        """Make all calls of a change; return the record as the detail read has it."""
        record = before
        steps = self.connector.steps(object_type, before, after, parent_id)
        for step in steps:
            result = self.connector.perform(object_type, step, record)
            record = merged(record, result)
        return self.connector.get(object_type, record.id, record.parent_id)

    def delete(self, object_type, record):
        for step in self.connector.delete_steps(object_type, record):
            self.connector.perform(object_type, step, record)


class Recorder(httpx.BaseTransport):
    """Sends requests on and keeps them."""

    def __init__(self, inner, world):
        self.inner = inner
        self.world = world

    def handle_request(self, request):
        self.world.requests.append(request)
        if self.world.no_search and request.url.path.endswith("/contacts/search"):
            status, message = self.world.no_search
            return httpx.Response(status, json={"message": message})
        return self.inner.handle_request(request)
