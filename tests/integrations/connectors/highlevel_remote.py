"""A HighLevel that answers as told: for tests of one rule at a time."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from crosswalk.errors import AuthError
from integrations.connectors.base import Account
from integrations.connectors.highlevel import MODULE
from integrations.connectors.highlevel.connector import HighLevel
from integrations.http import Api, client_build

FIXTURES = Path(__file__).parents[2] / "fixtures" / "highlevel"
LOCATION = "ve9EPM428h8vShlRW1KT"
ID = "seD4PfOuKoVMLkEZqohJ"


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


def detail(**changes):
    """Return the answer of GET by id; a change to `...` leaves the field out."""
    return {"contact": changed(fixture("contact_detail")["contact"], changes)}


def search(*rows, total=None):
    """Return a search's answer of rows like the recorded one, with changes."""
    template = fixture("contacts_search")["contacts"][0]
    found = [changed(template, row) for row in rows]
    return {"contacts": found, "total": len(rows) if total is None else total}


def changed(contact, changes):
    return {k: v for k, v in {**contact, **changes}.items() if v is not ...}


class Token:
    def __init__(self):
        self.tokens = ["pit-1"]

    def token(self):
        return self.tokens[0]

    def renewed(self, refused):
        raise AuthError("The token was refused.")


class Remote:
    """Answers in turn with a body or (status, body, headers); keeps the requests."""

    def __init__(self, *answers, page_size=None, catalogue=None):
        self.answers = list(answers)
        self.answering = None
        self.requests = []
        self.api = Api(
            client_build(httpx.MockTransport(self.answer)),
            "https://services.leadconnectorhq.example",
            Token(),
            dialect=None,  # the connector brings its own
            sleep=lambda seconds: None,
        )
        account = Account(LOCATION, "Northlight", "Europe/London", "GB")
        self.connector = MODULE.build(self.api, account, catalogue or {})
        if page_size:
            self.connector = HighLevel(self.api, account, page_size)

    def answer_with(self, answering):
        """Answer each request with what a function of it returns."""
        self.answering = answering

    def answer(self, request):
        self.requests.append(request)
        answer = self.answering(request) if self.answering else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body, headers = (
            answer if isinstance(answer, tuple) else (200, answer, {})
        )
        return httpx.Response(status, json=body, headers=headers)

    @property
    def sent(self):
        return [json.loads(each.content or b"{}") for each in self.requests]

    @property
    def calls(self):
        return [f"{each.method} {each.url.path}" for each in self.requests]
