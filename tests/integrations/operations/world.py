"""Both systems in process, with records of every kind that an operation can name.

Whoever adds an operation on a new kind of record says in `RECORDS` where one is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from django.core.cache import cache
from flask import Flask

from integrations.connectors.operations import Input, Operation
from integrations.models import Connection
from integrations.operations.choices import options_load
from integrations.operations.declared import kind_of, operations
from integrations.operations.running import operation_run
from integrations.services import connection_add_refresh_token, connection_add_token
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.highlevel.accounts import NORTHLIGHT_ID, SCOPES
from sandbox.highlevel.oauth import issue_location_token
from sandbox.highlevel.seeding import seed as highlevel_seed
from sandbox.webhooks import Sender
from sandbox.zoho import billing, issue_refresh_token
from sandbox.zoho.grants import CLIENT_ID, CLIENT_SECRET
from sandbox.zoho.organizations import MAIN_ID, main_organization
from sandbox.zoho.seeding import seed as zoho_seed
from synclog.models import OperationCall
from tests.integrations.connectors.served import fresh_app
from tests.sync.world import CountingTransport, taker
from workspaces.models import Workspace

ZOHO_MODULES = (
    *("contacts", "settings", "projects", "invoices", "estimates"),
    "customerpayments",
)
ZOHO_SCOPE = ",".join(f"ZohoInvoice.{module}.ALL" for module in ZOHO_MODULES)
NAMES = {"highlevel": "GHL", "zoho_invoice": "Zoho"}
# what stands for a value of a type, and what cannot be one
VALID: Mapping[str, Any] = {
    "text": "Sample",
    "long_text": "A sample of text.",
    "email": "sample@example.com",
    "phone": "+442079460123",
    "url": "https://example.com",
    "bool": True,
    "number": 1,
    "date": "1984-05-06",
    "datetime": "2026-12-02T10:00:00+00:00",
    "texts": ["sample"],
    "ids": ["SampleId000000000001"],
    "choice": "SampleId000000000001",
    "id": "SampleId000000000001",
}
WRONG: Mapping[str, Any] = {
    "text": "x" * 10_001,
    "long_text": "x" * 10_001,
    "email": "not an e-mail",
    "phone": "0" * 60,
    "url": "not an address",
    "bool": "perhaps",
    "number": "many",
    "date": "yesterday",
    "datetime": "soon",
    "texts": ["x" * 201],
    "ids": ["../escape"],
    "choice": "../escape",
    "id": "../escape",
}
COUNTRY_CODES = {"country": "GB"}


@dataclass
class World:
    """The sandbox, a connection to each of its systems, and what was sent."""

    app: Flask
    workspace: Workspace
    connections: dict[str, Connection]
    sent: list[httpx.Request] = field(default_factory=list)
    notices: list[httpx.Request] = field(default_factory=list)

    @property
    def store(self) -> Any:
        return self.app.extensions["store"]

    @property
    def context(self) -> Any:
        return self.app.extensions["context"]

    def connection(self, operation: Operation) -> Connection:
        return self.connections[kind_of(operation)]

    def run(self, key: str, given: Mapping[str, Any], **more: Any) -> OperationCall:
        """Use an operation as a person would."""
        operation = operations()[key]
        return operation_run(
            connection=self.connection(operation),
            operation=operation,
            given=given,
            **more,
        )

    def made(self, key: str, **more: Any) -> dict[str, Any]:
        """Use an operation that makes a record; return the record."""
        operation = operations()[key]
        call = self.run(key, {**self.valid(operation, only_required=True), **more})
        assert call.state == OperationCall.State.DONE, call.error_message
        row: dict[str, Any] = call.rows[0]
        return row

    def valid(
        self, operation: Operation, *, only_required: bool = False
    ) -> dict[str, Any]:
        """Return inputs that fit: the records exist, lists are asked for choices."""
        given: dict[str, Any] = {}
        for each in operation.inputs:
            wanted = each.required or any(each.key in s for s in operation.one_of)
            if wanted or not only_required:
                given[each.key] = self.value(operation, each, given)
        return given

    def value(self, operation: Operation, each: Input, given: dict[str, Any]) -> Any:
        """Return a value that fits an input, given those before it."""
        if each.record:
            value = RECORDS[kind_of(operation), each.record](self, given)
            return [value] if each.type == "ids" else value
        if each.choices:
            return each.choices[0][0]
        if each.options and each.type not in {"texts", "text"}:
            connection = self.connection(operation)
            offered = options_load(connection, operation, given)
            assert not offered.problems, offered.problems
            value = offered.choices[each.key][0][0]
            return [value] if each.type == "ids" else value
        if each.key in COUNTRY_CODES and each.max_length == 2:
            return COUNTRY_CODES[each.key]
        if each.minimum is not None:
            return each.minimum
        return unlike(each, self.store.counter("test.values"))


def unlike(each: Input, number: int) -> Any:
    """Return a value of a type that nobody else has: e-mails and names are unique."""
    value = VALID[each.type]
    if each.type == "email":
        return f"sample{number}@example.com"
    if each.type == "phone":
        return f"+4420794{number:05d}"
    if each.key in {"contact_name", "first_name"}:
        return f"Sample {number}"
    return value


Finder = Callable[[World, dict[str, Any]], str]


def child(key: str, id_key: str = "id") -> Finder:
    """Return a finder that makes a record under the contact given before it."""

    def find(world: World, given: dict[str, Any]) -> str:
        return str(world.made(key, contact_id=given["contact_id"])[id_key])

    return find


def new(key: str, id_key: str = "id") -> Finder:
    """Return a finder that makes a record."""
    return lambda world, given: str(world.made(key)[id_key])


def project(world: World, given: dict[str, Any]) -> str:
    """Make a project, as a person at Zoho's screen; no operation does."""
    token = world.sent[-1].headers["Authorization"] if world.sent else ""
    if not token:
        world.run("zi.list_contacts", {})
        token = world.sent[-1].headers["Authorization"]
    http = httpx.Client(transport=httpx.WSGITransport(app=world.app))
    answer = http.post(
        "http://sandbox/zoho/api/invoice/v3/projects",
        params={"organization_id": MAIN_ID},
        headers={"Authorization": token},
        json={
            "project_name": f"Garden {world.store.counter('test.projects')}",
            "customer_id": world.made("zi.create_contact")["contact_id"],
            "billing_type": "based_on_task_hours",
            "user_id": "260815000000000017",
        },
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["project"]["project_id"])


def project_task(world: World, given: dict[str, Any]) -> str:
    return str(
        world.made("zi.create_project_task", project_id=given["project_id"])["task_id"]
    )


def document(world: World, given: dict[str, Any]) -> str:
    """Make an invoice or an estimate at Zoho's screen."""
    kind = billing.KINDS[given.get("document", "invoices")]
    organization = main_organization(world.store)
    made = billing.document_make(world.context, organization, kind, {})
    return str(made[kind.id_key])


RECORDS: Mapping[tuple[str, str], Finder] = {
    ("highlevel", "contact"): new("hl.create_contact"),
    ("highlevel", "task"): child("hl.create_task"),
    ("highlevel", "note"): child("hl.create_note"),
    ("highlevel", "appointment"): new("hl.book_appointment"),
    ("highlevel", "business"): new("hl.create_business"),
    ("zoho_invoice", "contact"): new("zi.create_contact", "contact_id"),
    ("zoho_invoice", "contact_person"): child(
        "zi.create_contact_person", "contact_person_id"
    ),
    ("zoho_invoice", "project"): project,
    ("zoho_invoice", "project_task"): project_task,
    ("zoho_invoice", "invoice"): document,
}


def world_make(workspace: Workspace, settings: Any, *, without: str = "") -> World:
    """Make a world; `without` is a scope that neither connection has."""
    cache.clear()  # another sandbox has other webhook keys
    notices: list[httpx.Request] = []
    clock = Clock()
    app = fresh_app(clock)  # building one takes longer than most tests
    store = app.extensions["store"]
    sender = Sender(store, clock, httpx.MockTransport(taker(notices)))
    context = Context(store, clock, sender, app.extensions["limiter"])
    app.extensions.update(sender=sender, context=context)
    highlevel_seed(store, [])
    zoho_seed(store, [])
    sent: list[httpx.Request] = []
    settings.TRANSPORT_FACTORY = lambda: CountingTransport(app, sent)
    settings.SANDBOX = True
    scopes = [each for each in SCOPES if each != without]
    left = connection_add_token(
        workspace=workspace,
        kind="highlevel",
        name=NAMES["highlevel"],
        account_id=NORTHLIGHT_ID,
        token=issue_location_token(store, scopes),
        site="sandbox",
        actor=None,
    )
    right = connection_add_refresh_token(
        workspace=workspace,
        kind="zoho_invoice",
        name=NAMES["zoho_invoice"],
        account_id=MAIN_ID,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        refresh_token=issue_refresh_token(store, CLIENT_ID, zoho_scope(without)),
        site="sandbox",
        actor=None,
    )
    made = {"highlevel": left, "zoho_invoice": right}
    del sent[:]
    return World(app, workspace, made, sent, notices)


def zoho_scope(without: str) -> str:
    """Return all scopes but one of a module."""
    if not without.startswith("ZohoInvoice."):
        return ZOHO_SCOPE
    module = without.split(".")[1]
    kept = [f"ZohoInvoice.{each}.ALL" for each in ZOHO_MODULES if each != module]
    rights = ("CREATE", "READ", "UPDATE", "DELETE")
    rest = [f"ZohoInvoice.{module}.{right}" for right in rights]
    return ",".join([*kept, *(each for each in rest if each != without)])
