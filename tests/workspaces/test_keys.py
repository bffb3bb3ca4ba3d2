"""API keys: shown once, kept as a hash, allowed only what they are for."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from crosswalk.clock import now
from workspaces.models import ApiKey, AuditEvent

pytestmark = pytest.mark.django_db
PAGE = "/w/acme/workspace/keys/"


def make(client: Client, *scopes: str, name: str = "Grafana", days: str = "90") -> str:
    answer = client.post(f"{PAGE}add/", {"name": name, "scopes": scopes, "days": days})
    found = re.search(r"cwk_[\w-]{40,}", answer.content.decode())
    return found[0] if found else answer.content.decode()


def ask(key: str, path: str = "/api/v1/audit/") -> tuple[int, dict]:
    answer = Client().get(path, headers={"authorization": f"Bearer {key}"})
    return answer.status_code, answer.json()


def test_a_key_is_shown_once_and_only_its_hash_is_kept(as_owner):
    key = make(as_owner, "audit")

    row = ApiKey.objects.get()
    assert key not in str(ApiKey.objects.values())
    assert key not in as_owner.get(PAGE).content.decode()
    assert row.shown in key
    assert key not in str(list(AuditEvent.objects.values()))


def test_it_reads_what_it_may_and_its_use_is_seen(as_owner):
    key = make(as_owner, "audit")

    status, data = ask(key)

    assert status == 200
    assert data["events"][0]["action"] == "api_key.created"
    assert ApiKey.objects.get().used_at is not None


def test_it_may_not_read_what_it_is_not_for(as_owner):
    status, data = ask(make(as_owner, "audit"), "/api/v1/status/")

    assert (status, "status" in data["error"]) == (403, True)


def test_the_status_holds_no_address_by_which_notices_are_sent(as_owner, workspace):
    from tests.sync.rows import live_sync

    sync = live_sync(workspace)

    status, data = ask(make(as_owner, "status"), "/api/v1/status/")

    assert status == 200
    assert data["syncs"][0]["name"] == "Contacts"
    assert sync.right.webhook_token not in str(data)


@pytest.mark.parametrize("key", ["", "cwk_", "cwk_wrong", "x" * 9000, "cwk_é"])
def test_a_wrong_key_is_refused_in_json(db, key):
    assert ask(key.encode().decode("latin-1"))[0] == 401


def test_a_revoked_key_and_an_old_one_work_no_longer(as_owner):
    revoked, old = make(as_owner, "audit"), make(as_owner, "audit", name="Old")
    as_owner.post(f"{PAGE}{ApiKey.objects.get(name='Grafana').pk}/revoke/")

    assert ask(revoked)[0] == 401
    with time_machine.travel(now() + timedelta(days=91)):
        assert ask(old)[0] == 401


def test_a_key_reads_its_own_workspace_alone(as_owner, stranger):
    key = make(as_owner, "audit")

    assert "Elsewhere" not in str(ask(key)[1])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"scopes": []}, "Choose what it may do"),
        ({"scopes": ["everything"]}, "Select a valid choice"),
        ({"scopes": ["audit"], "days": "-1"}, "Select a valid choice"),
        ({"scopes": ["audit"], "name": ""}, "This field is required"),
    ],
)
def test_what_makes_no_key_is_said(as_owner, given, words):
    data = {"name": "A", "days": "90", **given}

    answer = as_owner.post(f"{PAGE}add/", data)

    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_two_working_keys_have_two_names(as_owner):
    make(as_owner, "audit")

    assert "Another key has this name" in make(as_owner, "audit")


@pytest.mark.parametrize("who", ["viewer", "editor"])
def test_only_an_owner_makes_keys(request, client, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get(PAGE).status_code == 200
    assert client.post(f"{PAGE}add/").status_code == 403
