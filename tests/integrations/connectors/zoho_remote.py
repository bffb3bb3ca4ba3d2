"""Zoho as canned answers: what the connector's tests talk to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import httpx

import sandbox.zoho
from integrations.connectors.base import Account, Record
from integrations.connectors.zoho_invoice import MODULE
from integrations.connectors.zoho_invoice.wire import ZohoDialect
from integrations.http import Api, client_build
from sandbox.app import create_app
from sandbox.switches import Switches

FIXTURES = Path(__file__).parents[2] / "fixtures" / "zoho_invoice"
ACCOUNT = Account("700000001", "Harbour Repairs", "America/New_York")
ID, PRIMARY = "460000000026049", "460000000026051"
CONTACT_PATH = f"/invoice/v3/contacts/{ID}"
PERSON_PATH = f"/invoice/v3/contacts/contactpersons/{PRIMARY}"


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


def detail(**changes):
    answer = fixture("contact_detail")
    answer["contact"].update(changes)
    return answer


def listing(*rows, more=False):
    answer = fixture("contacts_list")
    template = answer["contacts"][0]
    answer["contacts"] = [{**template, **row} for row in rows]
    answer["page_context"]["has_more_page"] = more
    return answer


class Token:
    def __init__(self, value="1000.token"):
        self.value = value

    def token(self):
        return self.value

    def renewed(self, refused):
        return "1000.newer"


class Zoho:
    """Answers in turn with (status, body, headers) and keeps what was asked."""

    def __init__(self, *answers, account=ACCOUNT, catalogue=None):
        self.answers = list(answers)
        self.requests = []
        transport = httpx.MockTransport(self.answer)
        api = Api(
            client_build(transport),
            "https://www.zohoapis.example",
            Token(),
            ZohoDialect(),
            sleep=lambda seconds: None,
        )
        self.connector = MODULE.build(api, account, catalogue or {})

    def answer(self, request):
        self.requests.append(request)
        status, body, *rest = self.answers.pop(0)
        headers = rest[0] if rest else {}
        if isinstance(body, str):
            return httpx.Response(status, text=body, headers=headers)
        return httpx.Response(status, json=body, headers=headers)

    def sent(self, number=-1):
        request = self.requests[number]
        return request.method, request.url.path, json.loads(request.content or b"null")

    def params(self, number=-1):
        return dict(self.requests[number].url.params)


def ok(body):
    return (200, body)


def refusal(code, status=400, message="No.", headers=None):
    return (status, {"code": code, "message": message}, headers or {})


def known(**values):
    """A record whose detail was read, with some values changed since."""
    record = Zoho(ok(detail())).connector.get("contact", ID)
    return Record(
        ID, {**record.values, **values}, "detail", facts={**record.facts}, label="x"
    )


def listed():
    return (
        Zoho(ok(fixture("contacts_list")))
        .connector.list_page("contact", None)
        .records[0]
    )


def kinds(steps):
    return [step.kind for step in steps]


def performed(zoho, record, after):
    """Plan and perform a change as the engine does: each read feeds the next step."""
    for step in zoho.connector.steps("contact", record, after):
        result = zoho.connector.perform("contact", step, record)
        if result.record:
            record = Record(
                record.id,
                {**record.values, **result.record.values},
                "write",
                facts={**record.facts, **result.record.facts},
            )
    return record, result


class Sandbox:
    """The sandbox in process, with a connector to its main organization."""

    def __init__(self, catalogue=None, **facts):
        self.app = create_app(data_path=None)
        self.context = self.app.extensions["context"]
        self.sent = []
        scope = MODULE.spec.oauth.scope_separator.join(
            each.name for each in MODULE.spec.oauth.scopes
        )
        self.credentials = Token(
            sandbox.zoho.issue_access_token(self.context, scope=scope)
        )
        self.client = client_build(Recording(self.app, self.sent))
        self.connector = self.connect(catalogue, **facts)

    def connect(self, catalogue=None, **facts):
        api = Api(
            self.client,
            "http://testserver/zoho/api",
            self.credentials,
            ZohoDialect(),
            sleep=lambda seconds: None,
        )
        account = Account(
            sandbox.zoho.MAIN_ID, "Northlight", "Europe/London", facts=facts
        )
        return MODULE.build(api, account, catalogue or {})

    def switch(self, **switches):
        Switches.save(self.app.extensions["store"], **switches)

    def call(self, method, path, body=None):
        """Do what somebody else does at Zoho."""
        return self.connector.api.call(
            method, f"/invoice/v3{path}", operation="test", json_body=body
        ).body

    def write(self, object_type, record, after, parent_id=""):
        """Plan and perform a change, and return the record as known after it."""
        for step in self.connector.steps(object_type, record, after, parent_id):
            record = merged(record, self.perform(object_type, step, record))
        return record

    def perform(self, object_type, step, record):
        """Perform a step, and see that it makes no more calls than it says."""
        before = len(self.sent)
        result = self.connector.perform(object_type, step, record)
        assert len(self.sent) - before <= step.calls, step
        return result

    def delete(self, object_type, record):
        (step,) = self.connector.delete_steps(object_type, record)
        return self.perform(object_type, step, record)

    def customer(self, name="Round Trip Ltd", **values):
        return self.write("contact", None, {"contact_name": name, **values})

    def somebody(self):
        """Return a customer with a primary person, as a list shows it."""
        records = self.connector.list_page("contact", None).records
        return next(r for r in records if not r.excluded and r.values["email"])

    def persons(self, contact_id):
        """Return the persons of a contact as Zoho has them, by id."""
        rows = self.call("GET", f"/contacts/{contact_id}")["contact"]["contact_persons"]
        return {row["contact_person_id"]: row for row in rows}


class Recording(httpx.WSGITransport):
    """Keeps the method, path and body of what is sent."""

    def __init__(self, app, sent):
        super().__init__(app=app)
        self.sent = sent

    def handle_request(self, request):
        body = json.loads(request.content or b"null")
        self.sent.append((request.method, request.url.path, body))
        return super().handle_request(request)


def merged(record, result):
    """Return the record as known after a step, as the engine keeps it."""
    new = result.record
    if new is None or record is None:
        return new or record
    values = {**record.values, **new.values}
    return replace(new, values=values, facts={**record.facts, **new.facts})
