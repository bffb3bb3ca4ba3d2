"""Permissions: what is missing and what it switches off, in words."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from integrations import registry
from integrations.access.permissions import disables, is_covered, missing_permissions
from integrations.connectors.base import ObjectSpec
from integrations.connectors.oauth import Scope
from sandbox.highlevel.accounts import LOCATIONS
from tests.integrations.helpers import make_connection, make_grant

pytestmark = pytest.mark.django_db
READ, WRITE, PLACE = "contacts.readonly", "contacts.write", "locations.readonly"


def missing(kind="highlevel", **more):
    return missing_permissions(make_connection(make_grant(kind, **more)))


def test_nothing_is_missing_when_all_was_given():
    named = [each.name for each in registry.spec("highlevel").oauth.scopes]

    assert missing(scopes=named) == []


def test_a_silent_answer_accuses_nobody():
    assert missing(scopes=[]) == []


def test_what_is_missing_says_what_cannot_be_done():
    found = {scope.name: words for scope, words in missing(scopes=[READ, WRITE])}

    assert found[PLACE] == (
        "Crosswalk cannot read the location's name, country and time zone."
    )


def test_a_required_one_says_that_nothing_works():
    found = {scope.name: words for scope, words in missing(scopes=[READ])}

    assert "create and change contacts" in found[WRITE]
    assert "nothing can be synced" in found[WRITE]


def test_object_types_that_need_it_are_named():
    spec = registry.spec("highlevel")
    task = Scope("tasks.readonly", "Read tasks", required=False)
    types = tuple(
        ObjectSpec(key, key, label, (), {}, scopes=("tasks.readonly",))
        for key, label in (("task", "Tasks"), ("note", "Notes"))
    )

    assert disables(replace(spec, objects=types), task) == (
        "Tasks and notes cannot be synced."
    )


def test_an_agencys_own_permissions_count_for_an_agency_alone():
    facts = {"user_type": "Company", "company_id": "c"}
    names = [scope.name for scope, _ in missing(scopes=[READ, WRITE], facts=facts)]

    assert {"oauth.readonly", "oauth.write"} <= set(names)
    plain = make_connection(make_grant(scopes=[READ, WRITE]), account_id="b")
    assert "oauth.write" not in [s.name for s, _ in missing_permissions(plain)]


@pytest.mark.parametrize(
    ("name", "given", "is_so"),
    [
        ("zohoinvoice.contacts.read", "zohoinvoice.contacts.all", True),
        ("zohoinvoice.settings.read", "zohoinvoice.fullaccess.all", True),
        ("zohoinvoice.settings.read", "zohoinvoice.contacts.all", False),
        ("contacts.readonly", "contacts.readonly", True),
        ("contacts.readonly", "contacts.write", False),
    ],
)
def test_a_wider_permission_covers_a_narrower_one(name, given, is_so):
    assert is_covered(name, [given]) is is_so


def test_it_is_said_when_connecting_and_when_checking(as_editor, remote, settings):
    path = "/w/acme/connections/connect/highlevel/?site=sandbox"
    back = remote.decide(as_editor.get(path)["Location"], account=LOCATIONS[0]["id"])
    inner = remote.transport

    class Stingy(httpx.BaseTransport):
        """Gives all but one permission."""

        def handle_request(self, request):
            answer = inner.handle_request(request)
            if not request.url.path.endswith("/oauth/token"):
                return answer
            answer.read()
            body = {**answer.json(), "scope": f"{READ} {WRITE}"}
            return httpx.Response(200, json=body)

    settings.TRANSPORT_FACTORY = Stingy

    shown = as_editor.get(back, follow=True)
    assert b"is connected" in shown.content
    assert b"Not all permissions were given" in shown.content
    assert b"locations.readonly: Crosswalk cannot read" in shown.content

    address = shown.redirect_chain[-1][0]
    checked = as_editor.post(f"{address}check/", follow=True)
    assert b"works." in checked.content
    assert b"Not all permissions were given" in checked.content
