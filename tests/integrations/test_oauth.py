"""Connecting by OAuth against the sandbox: the good road, and a page for each bad one."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import Client

from crosswalk.crypto import decrypt
from integrations import registry
from integrations.access.oauth import STATES_KEPT, STATES_KEY
from integrations.models import Connection, Grant
from sandbox.highlevel.accounts import LOCATIONS
from synclog.models import Event
from tests.integrations.conftest import changed
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db
LOCATION = LOCATIONS[0]["id"]


def start(browser, kind="highlevel", **query):
    path = f"/w/acme/connections/connect/{kind}/"
    return browser.get(path, {"site": "sandbox", **query})


def arrive(browser, remote, kind="highlevel", decision="approve", **query):
    """Walk to the callback and return its address, not yet opened."""
    url = start(browser, kind, **query)["Location"]
    choice = {"account": LOCATION} if kind == "highlevel" else {"location": "us"}
    return remote.decide(url, decision, **choice)


def problem(response) -> str:
    assert response.status_code == 400
    return response.context["code"]


def test_highlevel_is_connected_by_approving(as_editor, remote):
    response = as_editor.get(arrive(as_editor, remote))

    connection = Connection.objects.get()
    assert response["Location"] == f"/w/acme/connections/{connection.pk}/"
    assert connection.account_id == LOCATION
    assert connection.account_name == LOCATIONS[0]["name"]
    assert connection.grant.expires_at is not None
    assert "contacts.write" in connection.grant.scopes
    assert Event.objects.get().type == "connection.connected"
    assert AuditEvent.objects.filter(action="connection.connected").exists()


def test_the_vendor_is_asked_with_state_scopes_and_one_neutral_callback(
    as_editor, remote
):
    url = start(as_editor, "zoho_invoice")["Location"]
    query = parse_qs(urlsplit(url).query)

    assert query["redirect_uri"] == ["http://localhost:8000/connect/callback/"]
    scopes = registry.spec("zoho_invoice").oauth.scopes
    assert query["scope"] == [",".join(scope.name for scope in scopes)]
    assert query["access_type"] == ["offline"]
    assert len(query["state"][0]) >= 22  # 128 bits and more


def test_zoho_asks_which_organization(as_editor, remote):
    response = as_editor.get(arrive(as_editor, remote, "zoho_invoice"), follow=True)

    connections = Connection.objects.all()
    if not connections:  # several organizations: choose one
        grant = Grant.objects.get()
        account = grant.accounts[-1]["id"]
        as_editor.post(f"/w/acme/connections/choose/{grant.pk}/", {"account": account})
    connection = Connection.objects.get()
    assert response.status_code == 200
    assert connection.grant.data_center == "us"
    assert connection.time_zone != ""


def test_a_setup_goes_on_where_it_was(as_editor, remote):
    response = as_editor.get(arrive(as_editor, remote, setup="7"))

    pk = Connection.objects.get().pk
    assert response["Location"] == f"/w/acme/setup/7/?connection={pk}"


def test_denied_consent_says_that_nothing_changed(as_editor, remote):
    response = as_editor.get(arrive(as_editor, remote, decision="deny"))

    assert response.status_code == 200
    assert response.context["code"] == "denied"
    assert b"connections/connect/highlevel/?site=sandbox" in response.content
    assert not Grant.objects.exists()


def test_a_missing_state_never_connects(as_editor, remote):
    response = as_editor.get(changed(arrive(as_editor, remote), state=None))

    assert problem(response) == "state_missing"
    assert not Grant.objects.exists()


def test_a_wrong_state_never_connects(as_editor, remote):
    response = as_editor.get(changed(arrive(as_editor, remote), state="guess"))

    assert problem(response) == "state_wrong"
    assert not Grant.objects.exists()


def test_another_persons_state_never_connects(as_editor, remote, owner):
    path = arrive(as_editor, remote)
    other = Client()
    other.force_login(owner)

    assert problem(other.get(path)) == "state_wrong"


def test_a_replayed_answer_is_told_as_such(as_editor, remote):
    path = arrive(as_editor, remote)
    as_editor.get(path)

    assert problem(as_editor.get(path)) == "state_replayed"
    assert Grant.objects.count() == 1


def test_a_replayed_code_is_refused_by_the_vendor_and_by_us(as_editor, remote):
    spent = parse_qs(urlsplit(arrive(as_editor, remote)).query)["code"][0]
    path = arrive(as_editor, remote)
    as_editor.get(changed(path, code=spent))

    again = as_editor.get(changed(arrive(as_editor, remote), code=spent))

    assert problem(again) == "code_refused"


def test_a_state_ends_after_fifteen_minutes(as_editor, remote):
    path = arrive(as_editor, remote)
    session = as_editor.session
    for entry in session[STATES_KEY].values():
        entry["created_at"] -= 901
    session.save()

    assert problem(as_editor.get(path)) == "state_expired"


def test_at_most_ten_attempts_are_kept(as_editor, remote):
    for _ in range(STATES_KEPT + 3):
        start(as_editor)

    assert len(as_editor.session[STATES_KEY]) == STATES_KEPT


def test_zohos_invalid_code_under_http_200_is_a_page(as_editor, remote):
    path = changed(arrive(as_editor, remote, "zoho_invoice"), code="1000.no.such")

    assert problem(as_editor.get(path)) == "code_refused"


def test_an_unknown_sign_in_server_gets_nothing_sent(as_editor, remote):
    path = arrive(as_editor, remote, "zoho_invoice")
    path = changed(path, **{"accounts-server": "https://accounts.zoho.evil"})

    assert problem(as_editor.get(path)) == "wrong_data_center"


def test_a_code_at_the_wrong_data_centre_is_refused(as_editor, remote):
    path = arrive(as_editor, remote, "zoho_invoice")
    server = "http://localhost:8010/zoho-eu/accounts"

    response = as_editor.get(changed(path, **{"accounts-server": server}))

    assert problem(response) in {"code_refused", "app_refused"}


def test_an_account_in_europe_is_reached_in_europe(as_editor, remote):
    url = start(as_editor, "zoho_invoice")["Location"]

    as_editor.get(remote.decide(url, location="eu"))

    assert Grant.objects.get().data_center == "eu"


def test_network_trouble_offers_to_start_again(as_editor, remote):
    path = arrive(as_editor, remote)
    remote.down = True

    response = as_editor.get(path)

    assert problem(response) == "network"
    assert b"Start again" in response.content


@pytest.fixture
def answering(settings):
    """Let the vendor's token server answer what a test says."""

    def use(status, body):
        settings.TRANSPORT_FACTORY = lambda: httpx.MockTransport(
            lambda request: httpx.Response(status, json=body)
        )

    return use


@pytest.mark.parametrize("error", ["invalid_client", "invalid_client_secret"])
def test_a_wrong_app_is_explained(as_editor, remote, answering, error):
    path = arrive(as_editor, remote, "zoho_invoice")
    answering(200, {"error": error})

    assert problem(as_editor.get(path)) == "app_refused"


def test_too_few_permissions_are_named_and_nothing_is_kept(
    as_editor, remote, answering
):
    path = arrive(as_editor, remote)
    answering(
        200,
        {
            "access_token": "a",
            "refresh_token": "r",
            "expires_in": 86399,
            "scope": "contacts.readonly locations.readonly",
            "locationId": LOCATION,
        },
    )

    response = as_editor.get(path)

    assert problem(response) == "scope_missing"
    assert b"contacts.write" in response.content
    assert b"Create and change contacts" in response.content
    assert not Grant.objects.exists()


def test_reconnecting_keeps_the_connection_and_all_that_hangs_on_it(as_editor, remote):
    as_editor.get(arrive(as_editor, remote))
    connection = Connection.objects.get()
    before = decrypt(connection.grant.credentials)["access_token"]
    Connection.objects.update(health="needs_reconnect", health_reason="gone")
    record = connection.records.create(
        object_type="contact", remote_id="r1", read_at=connection.created_at
    )

    as_editor.get(arrive(as_editor, remote, reconnect=str(connection.pk)))

    after = Connection.objects.get()
    assert after.pk == connection.pk
    assert after.health == "active"
    assert list(after.records.all()) == [record]
    assert decrypt(after.grant.credentials)["access_token"] != before
    assert Grant.objects.count() == 1


def test_reconnecting_to_another_account_is_refused(as_editor, remote):
    as_editor.get(arrive(as_editor, remote))
    connection = Connection.objects.get()
    Connection.objects.update(account_id="another1", account_name="Paris")

    response = as_editor.get(arrive(as_editor, remote, reconnect=str(connection.pk)))

    assert problem(response) == "other_account"
    assert b"Paris" in response.content
    assert Connection.objects.get().grant_id == connection.grant_id


def test_an_install_from_the_marketplace_is_confirmed_by_a_person(
    as_editor, remote, settings
):
    settings.HIGHLEVEL_CLIENT_ID = "66aa0000000000000000cafe-sandbox1"
    settings.HIGHLEVEL_CLIENT_SECRET = "11111111-2222-3333-4444-555555555555"
    settings.HIGHLEVEL_API_URL = "http://localhost:8010/highlevel"
    path = changed(arrive(as_editor, remote), state=None)

    page = as_editor.get(path)
    assert b"Was it you" in page.content
    code = page.context["arrived_code"]
    answer = as_editor.post(
        "/w/acme/connections/arrived/highlevel/", {"code": code, "accounts-server": ""}
    )

    assert not Connection.objects.exists()  # the account is shown first
    as_editor.post(answer["Location"], {"account": LOCATION})
    assert Connection.objects.get().account_id == LOCATION


def test_a_viewer_cannot_start(client, viewer, remote):
    client.force_login(viewer)

    assert start(client).status_code == 403


def test_a_stranger_finds_nothing(client, stranger, workspace, remote):
    client.force_login(stranger)

    assert start(client).status_code == 404


def test_the_callback_is_for_signed_in_people(client, workspace):
    response = client.get("/connect/callback/?code=x&state=y")

    assert response.status_code == 302
    assert "/account/login/" in response["Location"]


def test_no_page_shows_a_secret(as_editor, remote):
    as_editor.get(arrive(as_editor, remote))
    connection = Connection.objects.get()
    held = decrypt(connection.grant.credentials)

    pages = [
        f"/w/acme/connections/{connection.pk}/",
        "/w/acme/connections/",
        f"/w/acme/connections/new/highlevel/?site=sandbox&reconnect={connection.pk}",
    ]
    for page in pages:
        text = as_editor.get(page).content.decode()
        for name in ("access_token", "refresh_token", "client_secret"):
            assert held[name] not in text
