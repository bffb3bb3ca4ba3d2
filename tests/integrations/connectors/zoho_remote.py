"""Zoho as canned answers: what the connector's tests talk to."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from integrations.connectors.base import Account, Record
from integrations.connectors.zoho_invoice import MODULE
from integrations.connectors.zoho_invoice.wire import ZohoDialect
from integrations.http import Api, client_build

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
    def token(self):
        return "1000.token"

    def renewed(self, refused):
        return "1000.newer"


class Zoho:
    """Answers in turn with (status, body, headers) and keeps what was asked."""

    def __init__(self, *answers, account=ACCOUNT):
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
        self.connector = MODULE.build(api, account)

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
