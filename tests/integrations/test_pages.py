"""Pages of connections: what editors, viewers and strangers see and may do."""

from __future__ import annotations

import pytest

from integrations.models import Connection, OAuthApp
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.seeding import SEEDED_PIT
from tests.integrations.helpers import make_connection, make_grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(workspace) -> Connection:
    grant = make_grant(workspace=workspace, scopes=["contacts.readonly"])
    return make_connection(grant, name="GHL", account_name="London")


def post_token(browser, token=SEEDED_PIT, account=NORTHLIGHT_ID, **more):
    data = {
        "token-account_id": account,
        "token-token": token,
        "token-site": "sandbox",
        **{f"token-{name}": value for name, value in more.items()},
    }
    return browser.post("/w/acme/connections/token/highlevel/", data)


def test_a_token_connects_and_goes_on_with_the_setup(as_editor, remote):
    response = post_token(as_editor, setup="3")

    pk = Connection.objects.get().pk
    assert response["Location"] == f"/w/acme/setup/3/?connection={pk}"


def test_a_wrong_token_comes_back_with_the_reason_and_without_the_token(
    as_editor, remote
):
    response = post_token(as_editor, token="pit-not-a-real-one")

    assert response.status_code == 422
    assert b"HighLevel" in response.content
    assert b"pit-not-a-real-one" not in response.content


def test_a_pasted_code_connects_zoho(as_editor, remote):
    page = remote.http.post("http://localhost:8010/zoho/accounts/self-client")
    code = next(
        word
        for word in page.text.replace("<", " ").replace(">", " ").split()
        if word.startswith("1000.")
    )
    data = {
        "code-client_id": "1000.SANDBOXCLIENT",
        "code-client_secret": "sandbox-zoho-secret",
        "code-code": code,
        "code-data_center": "us",
        "code-site": "sandbox",
    }

    response = as_editor.post(
        "/w/acme/connections/code/zoho_invoice/", data, follow=True
    )

    assert response.status_code == 200
    assert b"Which organizations?" in response.content or Connection.objects.exists()


def test_a_spent_code_is_explained_in_the_form(as_editor, remote):
    data = {
        "code-client_id": "1000.SANDBOXCLIENT",
        "code-client_secret": "sandbox-zoho-secret",
        "code-code": "1000.spent.code",
        "code-data_center": "us",
        "code-site": "sandbox",
    }

    response = as_editor.post("/w/acme/connections/code/zoho_invoice/", data)

    assert response.status_code == 422
    assert b"no longer accepts" in response.content


def test_an_app_is_stored_encrypted_and_never_shown(as_editor, workspace):
    data = {"app-client_id": "app-9", "app-client_secret": "very-secret-9"}

    response = as_editor.post(
        "/w/acme/connections/app/zoho_invoice/", data, follow=True
    )

    app = OAuthApp.objects.get()
    assert app.client_id == "app-9"
    assert "very-secret-9" not in app.secret
    assert b"Continue to" in response.content
    assert b"very-secret-9" not in response.content


def test_without_https_highlevel_offers_the_token(as_editor, settings):
    settings.BASE_URL = "http://localhost:8000"

    response = as_editor.get("/w/acme/connections/new/highlevel/")

    assert b"no public https address" in response.content
    assert b"Connect with the token" in response.content
    assert b"/connections/connect/highlevel/" not in response.content


def test_the_setup_document_is_shown_with_our_addresses(as_editor):
    response = as_editor.get("/w/acme/connections/new/zoho_invoice/")

    assert b"http://localhost:8000/connect/callback/" in response.content
    assert b"{{" not in response.content
    assert b"<ol>" in response.content


def test_the_page_shows_account_quota_and_missing_permission(as_editor, connection):
    page = as_editor.get(f"/w/acme/connections/{connection.pk}/")
    text = page.content.decode()
    missing = [each.name for each in page.context["permissions"] if each.is_missing]

    assert "London" in text
    assert "of 200,000 calls" in text
    assert "contacts.write" in missing
    assert "Not allowed." in text
    assert "http://localhost:8000/hooks/crm/" in text


def test_the_list_shows_health_with_its_reason(as_editor, connection):
    Connection.objects.update(health="needs_reconnect", health_reason="It was revoked.")

    response = as_editor.get("/w/acme/connections/")

    assert b"It was revoked." in response.content
    assert b"Needs reconnecting" in response.content


def test_an_empty_list_says_what_to_do(as_editor, workspace):
    assert b"Nothing is connected yet" in as_editor.get("/w/acme/connections/").content


def test_renaming_to_a_taken_name_is_refused_in_the_form(as_editor, connection):
    make_connection(connection.grant, name="Zoho", account_id="other")

    response = as_editor.post(
        f"/w/acme/connections/{connection.pk}/rename/", {"name": "Zoho"}
    )

    assert response.status_code == 422
    assert b"already a connection named" in response.content
    connection.refresh_from_db()
    assert connection.name == "GHL"


ACTIONS = ["check", "rename", "disconnect", "webhook-secret"]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_viewer_changes_nothing(client, viewer, connection, action):
    client.force_login(viewer)

    response = client.post(f"/w/acme/connections/{connection.pk}/{action}/")

    assert response.status_code == 403


def test_a_viewer_may_look_but_sees_no_webhook_key(client, viewer, workspace):
    zoho = make_connection(make_grant("zoho_invoice", workspace=workspace))
    client.force_login(viewer)

    response = client.get(f"/w/acme/connections/{zoho.pk}/")

    assert response.status_code == 200
    assert zoho.webhook_token.encode() not in response.content


@pytest.mark.parametrize("action", ["", *(f"{each}/" for each in ACTIONS)])
def test_a_foreign_connection_is_not_found(client, stranger, connection, action):
    client.force_login(stranger)

    for slug in ("acme", "elsewhere"):
        path = f"/w/{slug}/connections/{connection.pk}/{action}"
        answer = client.post(path) if action else client.get(path)
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "new/nothing/",
        "new/highlevel/?site=moon",
        "new/highlevel/?reconnect=999",
        "connect/highlevel/?setup=x",
        "choose/999/",
    ],
)
def test_nonsense_in_an_address_is_not_found(as_editor, workspace, path):
    assert as_editor.get(f"/w/acme/connections/{path}").status_code == 404


def test_the_options_say_why_client_credentials_are_not_offered(as_editor, workspace):
    page = as_editor.get("/w/acme/connections/new/highlevel/")

    assert b"client_credentials grant" in page.content
    assert b"names no location" in page.content
    assert b"only if you choose an agency" in page.content
