"""Every page, with data and empty, narrow and wide, light and dark: nothing is wrong.

Each is asked for in Chromium: axe finds nothing, the console is silent, nothing runs
over the side, and every file it needs is there. CROSSWALK_SHOTS=<folder> keeps a
picture of each.
"""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from sandbox.app import create_app
from sandbox.zoho.grants import CLIENT_ID
from tests.conftest import member
from tests.e2e.eyes import NARROW, OTHERS, WIDE, closed, look_at, opened
from tests.e2e.filled import (
    connections_in_trouble,
    pages_at_work,
    pages_met_most,
    pages_stopped,
    workspace_stopped,
    world_at_work,
)
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
ACCOUNT = {
    "email": "/account/email/",
    "password": "/account/password/change/",
    "two-step": "/account/2fa/",
    "two-step-app": "/account/2fa/totp/activate/",
    "passkey": "/account/2fa/webauthn/add/",
    "sign-out": "/account/logout/",
    "styleguide": "/styleguide/",
}
BEFORE = {
    "login": "/account/login/",
    "reset": "/account/password/reset/",
    "reset-done": "/account/password/reset/done/",
    "reset-bad-link": "/account/password/reset/key/1-nothing/",
    "signup": "/account/signup/",
    "not-found-outside": ("/nothing-here/", 404),
}
EMPTY = (
    *("", "attention/", "attention/decided/", "syncs/", "runs/", "connections/"),
    *("setup/", "workspace/"),
)


def test_every_page_with_data(
    workspace: Workspace, owner: User, settings: Any, browser: Browser, live_server: Any
) -> None:
    world = world_at_work(workspace, settings)
    stopped = workspace_stopped(owner)
    met_most = pages_met_most(world)

    eyes = opened(browser, live_server.url, owner)
    look_at(eyes, {**pages_at_work(world), **pages_stopped(stopped)})
    wrong = closed(eyes)
    eyes = opened(browser, live_server.url, owner, (NARROW, WIDE, *OTHERS))
    look_at(eyes, met_most)

    assert wrong + closed(eyes) == []


def test_every_page_when_there_is_nothing_yet(
    workspace: Workspace, owner: User, browser: Browser, live_server: Any
) -> None:
    base = f"/w/{workspace.slug}/"
    pages: dict[str, Any] = {f"empty-{p.strip('/') or 'home'}": base + p for p in EMPTY}

    eyes = opened(browser, live_server.url, owner)
    look_at(eyes, {**pages, **ACCOUNT})

    assert closed(eyes) == []


def test_a_connection_in_every_state(
    workspace: Workspace, owner: User, browser: Browser, live_server: Any
) -> None:
    base = f"/w/{workspace.slug}/connections/"
    made = connections_in_trouble(workspace)
    pages: dict[str, Any] = {
        f"connection-{s}": f"{base}{c.pk}/" for s, c in made.items()
    }

    eyes = opened(browser, live_server.url, owner, (NARROW, WIDE, *OTHERS))
    look_at(eyes, {"connections-trouble": base, **pages})

    assert closed(eyes) == []


def test_what_a_viewer_sees(
    workspace: Workspace, browser: Browser, live_server: Any
) -> None:
    base = f"/w/{workspace.slug}/"
    user = member(workspace, "viewer", "viewer")

    eyes = opened(browser, live_server.url, user)
    look_at(eyes, {"viewer-home": base, "not-allowed": (f"{base}setup/", 403)})

    assert closed(eyes) == []


def test_every_page_before_signing_in(
    owner: User, workspace: Workspace, browser: Browser, live_server: Any
) -> None:
    eyes = opened(browser, live_server.url)
    look_at(eyes, BEFORE)

    assert closed(eyes) == []


def test_the_first_visit(browser: Browser, live_server: Any) -> None:
    eyes = opened(browser, live_server.url)
    look_at(eyes, {"welcome": "/welcome/"})

    assert closed(eyes) == []


def test_every_page_of_the_sandbox(browser: Browser) -> None:
    server = make_server("127.0.0.1", 0, create_app(data_path=None), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    asked = "response_type=code&state=x&redirect_uri=http://localhost:8000/connect/"
    highlevel = "client_id=66aa0000000000000000cafe-sandbox1&scope=contacts.readonly"
    zoho = f"client_id={CLIENT_ID}&scope=ZohoInvoice.contacts.ALL"
    pages: dict[str, Any] = {
        "sandbox": "/",
        "sandbox-zoho": "/?side=zoho",
        "sandbox-nobody": "/?q=nemo",
        "sandbox-new": "/people/highlevel/new",
        "sandbox-switches": "/switches",
        "sandbox-webhooks": "/webhooks",
        "sandbox-consent": f"/highlevel/v2/oauth/chooselocation?{asked}&{highlevel}",
        "sandbox-consent-zoho": f"/zoho/accounts/oauth/v2/auth?{asked}&{zoho}",
        "sandbox-self-client": "/zoho/accounts/self-client",
    }
    eyes = opened(browser, f"http://127.0.0.1:{server.port}", looks=OTHERS)

    look_at(eyes, pages)
    server.shutdown()

    assert closed(eyes) == []
