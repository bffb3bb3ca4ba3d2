"""Reconnect links: the account's owner, unknown here, gives access anew."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from crosswalk.clock import now
from crosswalk.crypto import decrypt
from crosswalk.errors import ConfigError
from crosswalk.redact import redact_text
from integrations import services
from integrations.access.reconnecting import (
    open_links,
    reconnect_link_make,
    reconnect_links_revoke,
)
from integrations.models import Connection, Grant, ReconnectLink
from sandbox.highlevel.accounts import HARBOUR_ID, LOCATIONS, NORTHLIGHT_ID
from sandbox.highlevel.oauth import issue_location_token
from sandbox.highlevel.seeding import SEEDED_PIT
from synclog.models import Event
from tests.integrations.conftest import changed
from tests.integrations.helpers import make_connection, make_grant
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db
LOCATION = LOCATIONS[0]


@pytest.fixture(autouse=True)
def _no_counts():
    cache.clear()


@pytest.fixture
def connection(as_editor, remote) -> Connection:
    """A location that was connected by OAuth, and whose access has ended."""
    url = as_editor.get("/w/acme/connections/connect/highlevel/?site=sandbox")
    as_editor.get(remote.decide(url["Location"], account=NORTHLIGHT_ID))
    as_editor.logout()
    found = Connection.objects.get()
    Connection.objects.update(name="Internal nickname")
    mark_dead()
    found.refresh_from_db()
    return found


@pytest.fixture
def by_token(workspace, remote) -> Connection:
    found = services.connection_add_token(
        workspace=workspace,
        kind="highlevel",
        name="GHL",
        account_id=NORTHLIGHT_ID,
        token=SEEDED_PIT,
        site="sandbox",
    )
    mark_dead()
    return found


def mark_dead() -> None:
    Grant.objects.update(status="needs_reconnect", reason="gone")
    Connection.objects.update(health="needs_reconnect", health_reason="gone")


def link_path(connection: Connection, actor=None) -> str:
    return urlsplit(reconnect_link_make(connection=connection, actor=actor)).path


def walk(browser: Client, remote, path: str, decision="approve", account=NORTHLIGHT_ID):
    """Follow a link to the vendor and back; return the address to come back to."""
    url = browser.get(f"{path}start/")["Location"]
    return remote.decide(url, decision, account=account)


# Making and withdrawing


def test_a_link_is_absolute_and_only_its_hash_is_kept(connection, editor, settings):
    settings.BASE_URL = "https://crosswalk.example"

    url = reconnect_link_make(connection=connection, actor=editor)

    token = url.rstrip("/").rpartition("/")[2]
    assert url.startswith("https://crosswalk.example/reconnect/")
    assert len(token) >= 43  # 256 bits
    link = ReconnectLink.objects.get()
    assert token not in str(vars(link))
    assert link.created_by == editor
    left = link.expires_at - now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    line = AuditEvent.objects.get(action="connection.reconnect_link_made")
    assert (line.actor, token in str(line.data)) == (editor, False)
    assert token not in redact_text(f"GET {url}start/ 302")


def test_a_new_link_replaces_the_open_one_and_can_be_withdrawn(connection, client):
    first, second = link_path(connection), link_path(connection)

    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    assert reconnect_links_revoke(connection=connection, actor=None) == 1
    assert client.get(second).status_code == 404
    assert AuditEvent.objects.filter(
        action="connection.reconnect_link_withdrawn"
    ).exists()


def test_disconnecting_withdraws_open_links(connection, client, editor):
    path = link_path(connection)

    services.connection_disconnect(connection=connection, actor=editor)

    assert not open_links(connection).exists()
    assert client.get(path).status_code == 404


def test_no_link_is_made_where_it_could_lead_nowhere(workspace):
    grant = make_grant("zoho_invoice", workspace=workspace)  # no app here

    with pytest.raises(ConfigError, match="no app at Zoho Invoice"):
        reconnect_link_make(connection=make_connection(grant), actor=None)


# The page


def test_the_page_names_who_asks_and_for_what_and_nothing_else(connection, client):
    page = client.get(link_path(connection))
    text = page.content.decode()

    assert page.status_code == 200
    assert "Acme" in text
    assert LOCATION["name"] in text
    assert NORTHLIGHT_ID in text
    assert "Create and change contacts" in text
    assert "Internal nickname" not in text
    assert "editor@example.com" not in text
    assert "/w/acme" not in text
    assert "noindex" in text
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("token", ["x", "0" * 43, "\u00e9", "%00"])
def test_a_guess_finds_nothing(client, db, token):
    page = client.get(f"/reconnect/{token}/")

    assert page.status_code in {400, 404}
    assert b"Acme" not in page.content


def test_an_expired_link_says_so_and_leads_nowhere(connection, client):
    path = link_path(connection)
    ReconnectLink.objects.update(expires_at=now() - timedelta(seconds=1))

    for address in (path, f"{path}start/"):
        page = client.get(address)
        assert page.status_code == 410
        assert b"has expired" in page.content
        assert b"Acme" not in page.content


def test_pages_are_limited(connection, client):
    path = link_path(connection)

    statuses = [client.get(path).status_code for _ in range(32)]

    assert statuses[29:] == [200, 429, 429]


# By OAuth


def test_an_owner_without_an_account_here_gives_access_anew(connection, remote):
    browser, path = Client(), link_path(connection)
    before = decrypt(connection.grant.credentials)["access_token"]
    record = connection.records.create(
        object_type="contact", remote_id="r1", read_at=now()
    )

    answer = browser.get(walk(browser, remote, path), follow=True)

    assert answer.redirect_chain == [("/reconnect/done/", 302)]
    assert b"Done. Thank you." in answer.content
    assert LOCATION["name"].encode() in answer.content
    after = Connection.objects.get()
    assert (after.pk, after.health) == (connection.pk, "active")
    assert after.name == "Internal nickname"
    assert list(after.records.all()) == [record]
    assert decrypt(after.grant.credentials)["access_token"] != before
    assert Grant.objects.count() == 1
    assert AuditEvent.objects.filter(action="connection.reconnected_by_link").exists()
    assert Event.objects.filter(type="connection.reconnected").exists()
    assert browser.get("/w/acme/connections/").status_code == 302  # still a stranger


def test_a_link_works_once(connection, remote):
    browser, path = Client(), link_path(connection)
    back = walk(browser, remote, path)
    browser.get(back)

    again = Client().get(path)
    assert again.status_code == 410
    assert b"used already" in again.content
    assert b"Acme" not in again.content
    replay = browser.get(back)
    assert replay.status_code == 400
    assert b"used already" in replay.content


def test_two_walks_at_once_use_it_once(connection, remote):
    first, second, path = Client(), Client(), link_path(connection)
    ways = [walk(first, remote, path), walk(second, remote, path)]

    assert first.get(ways[0])["Location"] == "/reconnect/done/"
    late = second.get(ways[1])
    assert late.status_code == 400
    assert b"works no longer" in late.content


def test_another_account_is_refused_and_the_link_still_works(connection, remote):
    browser, path = Client(), link_path(connection)

    answer = browser.get(walk(browser, remote, path, account=HARBOUR_ID))

    assert answer.status_code == 400
    assert b"That is another account." in answer.content
    assert b"Internal nickname" not in answer.content
    assert Connection.objects.get().health == "needs_reconnect"
    assert Grant.objects.count() == 1
    assert ReconnectLink.objects.get().used_at is None
    assert browser.get(walk(browser, remote, path))["Location"] == "/reconnect/done/"


def test_saying_no_at_the_vendor_changes_nothing(connection, remote):
    browser, path = Client(), link_path(connection)

    answer = browser.get(walk(browser, remote, path, "deny"))

    assert answer.status_code == 200
    assert b"Your link still works" in answer.content
    assert browser.get(path).status_code == 200


def test_an_answer_in_another_browser_leads_to_signing_in(connection, remote):
    path = link_path(connection)
    back = walk(Client(), remote, path)

    answer = Client().get(back)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")
    assert ReconnectLink.objects.get().used_at is None


def test_a_link_that_was_withdrawn_during_the_walk_changes_nothing(connection, remote):
    browser, path = Client(), link_path(connection)
    back = walk(browser, remote, path)
    reconnect_links_revoke(connection=connection, actor=None)

    answer = browser.get(back)

    assert b"works no longer" in answer.content
    assert Connection.objects.get().health == "needs_reconnect"


def test_a_forged_state_is_no_way_in(connection, remote):
    browser, path = Client(), link_path(connection)

    answer = browser.get(changed(walk(browser, remote, path), state="forged"))

    assert answer.status_code == 302  # as for everybody who is not signed in
    assert answer["Location"].startswith("/account/login/")


def test_a_link_never_touches_the_same_account_of_another_workspace(
    connection, remote, stranger
):
    other = Connection.objects.create(
        workspace=stranger.memberships.get().workspace,
        grant=make_grant(workspace=stranger.memberships.get().workspace),
        kind="highlevel",
        name="Theirs",
        account_id=NORTHLIGHT_ID,
        health="needs_reconnect",
    )
    browser, path = Client(), link_path(connection)

    browser.get(walk(browser, remote, path))

    other.refresh_from_db()
    assert other.health == "needs_reconnect"


def test_whoever_is_signed_in_elsewhere_may_use_it_too(connection, remote, stranger):
    browser, path = Client(), link_path(connection)
    browser.force_login(stranger)

    answer = browser.get(walk(browser, remote, path))

    assert answer["Location"] == "/reconnect/done/"
    assert browser.get("/w/acme/connections/").status_code == 404


def test_the_page_of_thanks_is_for_the_browser_that_did_it(connection, remote, client):
    page = client.get("/reconnect/done/")

    assert page.status_code == 404
    assert b"Acme" not in page.content


def test_zoho_comes_back_by_a_link_too(as_editor, remote):
    url = as_editor.get("/w/acme/connections/connect/zoho_invoice/?site=sandbox")
    answer = as_editor.get(remote.decide(url["Location"], location="eu"))
    if "choose" in answer["Location"]:
        account = Grant.objects.get().accounts[0]["id"]
        as_editor.post(answer["Location"], {"account": account})
    as_editor.logout()
    mark_dead()
    found, browser = Connection.objects.get(), Client()

    start = browser.get(f"{link_path(found)}start/")["Location"]
    answer = browser.get(remote.decide(start, location="eu"))

    assert answer["Location"] == "/reconnect/done/"
    found.refresh_from_db()
    assert (found.health, found.grant.data_center) == ("active", "eu")


# By a static token


def test_a_static_token_is_pasted(by_token, remote, client):
    path = link_path(by_token)
    fresh = issue_location_token(remote.app.extensions["store"])
    assert b"Continue to" not in client.get(path).content

    answer = client.post(path, {"token": fresh}, follow=True)

    assert b"Done. Thank you." in answer.content
    after = Connection.objects.get()
    assert (after.pk, after.health) == (by_token.pk, "active")
    assert decrypt(after.grant.credentials)["token"] == fresh
    assert ReconnectLink.objects.get().used_at is not None


def test_a_token_of_another_location_is_refused_in_the_form(by_token, remote, client):
    path = link_path(by_token)
    other = issue_location_token(remote.app.extensions["store"], location_id=HARBOUR_ID)

    answer = client.post(path, {"token": other})

    assert answer.status_code == 422
    assert b"another location" in answer.content
    assert other.encode() not in answer.content
    assert ReconnectLink.objects.get().used_at is None
    assert Connection.objects.get().health == "needs_reconnect"


@pytest.mark.usefixtures("no_waiting")
def test_tokens_are_not_to_be_guessed_with_a_link(by_token, client):
    path = link_path(by_token)

    answers = [client.post(path, {"token": f"pit-guess-{n}"}) for n in range(12)]

    assert b"Too many" not in answers[9].content
    assert b"Wait a while" in answers[10].content


def test_the_form_needs_its_csrf_token(by_token):
    browser = Client(enforce_csrf_checks=True)

    assert browser.post(link_path(by_token), {"token": "x"}).status_code == 403
