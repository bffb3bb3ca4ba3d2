"""The pages of access: choosing an agency's locations, and a reconnect link's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from playwright.sync_api import Browser

from crosswalk.clock import now
from integrations.access.reconnecting import reconnect_link_make
from integrations.models import Connection, Grant, ReconnectLink
from tests.e2e.eyes import NARROW, OTHERS, WIDE, Eyes, closed
from tests.integrations.helpers import make_connection, make_grant
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
LOOKS = (NARROW, WIDE, *OTHERS)
STATIC = {"type": "token", "token": "pit-1"}


def account(number: int) -> dict[str, Any]:
    name = f"Northlight Studio {number}" if number else ""
    return {"id": f"SbxLocNorthlight{number:04}", "name": name}


def agency(workspace: Workspace) -> Grant:
    facts = {"user_type": "Company", "company_id": "c1"}
    grant = make_grant(workspace=workspace, facts=facts)
    grant.accounts = [account(number) for number in range(9)]
    grant.save()
    make_connection(grant, account_id=account(3)["id"], name="Studio 3")
    return grant


def lost(workspace: Workspace, name: str, **grant: Any) -> Connection:
    return make_connection(
        make_grant(workspace=workspace, site="sandbox", **grant),
        name=name,
        account_id=f"SbxLoc{name}",
        account_name="Harbour & Finch",
        health="needs_reconnect",
    )


def path_of(connection: Connection) -> str:
    return urlsplit(reconnect_link_make(connection=connection, actor=None)).path


def test_the_pages_of_access(
    workspace: Workspace, owner: User, browser: Browser, live_server: Any
) -> None:
    cache.clear()
    grant = agency(workspace)
    base = f"/w/{workspace.slug}/connections"
    late = path_of(lost(workspace, "Late"))
    ReconnectLink.objects.update(expires_at=now() - timedelta(days=1))
    outside = {
        "reconnect-oauth": path_of(lost(workspace, "OAuth")),
        "reconnect-token": path_of(lost(workspace, "Token", held=STATIC)),
        "reconnect-expired": (late, 410),
        "reconnect-unknown": ("/reconnect/nothing/", 404),
    }
    inside = {
        "choose-several": f"{base}/choose/{grant.pk}/",
        "choose-one": f"{base}/choose/{grant.pk}/?setup=1",
        "options": f"{base}/new/highlevel/?site=sandbox",
    }

    stranger = Eyes(browser, live_server.url, *LOOKS)
    member = Eyes(browser, live_server.url, *LOOKS).sign_in(owner)
    stranger.look_at(outside)
    member.look_at(inside)

    assert closed([stranger, member]) == []
