"""Connections: adding, importing, checking and disconnecting them."""

from __future__ import annotations

import httpx
import pytest
from django.apps import apps
from django.core.management import call_command

from crosswalk.crypto import decrypt
from crosswalk.errors import AuthError, ConfigError, TransientError
from integrations import services
from integrations.access.oauthapps import oauth_app_for
from integrations.models import BudgetWindow, Connection, Grant
from integrations.session import connection_session
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.seeding import SEEDED_PIT
from sandbox.zoho import CLIENT_ID, issue_refresh_token
from synclog.models import Event
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def organizations(remote) -> list[str]:
    store = remote.app.extensions["store"]
    return [each["organization_id"] for each in store.all("zoho.organization")]


def add_token(workspace, token=SEEDED_PIT, **more):
    details = {"kind": "highlevel", "name": "GHL", "account_id": NORTHLIGHT_ID}
    return services.connection_add_token(
        workspace=workspace, token=token, site="sandbox", **{**details, **more}
    )


def add_refresh(workspace, token, account, **more):
    details = {
        "kind": "zoho_invoice",
        "name": "Zoho",
        "client_id": CLIENT_ID,
        "client_secret": "sandbox-zoho-secret",
        "data_center": "us",
        "site": "sandbox",
    }
    return services.connection_add_refresh_token(
        workspace=workspace,
        account_id=account,
        refresh_token=token,
        **{**details, **more},
    )


def live_sync(connection):
    return apps.get_model("sync", "Sync").objects.create(
        workspace=connection.workspace,
        name="Contacts",
        left=connection,
        right=connection,
        state="live",
    )


def test_a_token_is_proven_and_its_account_is_kept(workspace, remote):
    connection = add_token(workspace)

    assert connection.account_name == "Northlight Studio"
    assert connection.time_zone == "Europe/London"
    assert connection.country == "GB"
    assert SEEDED_PIT not in connection.grant.credentials


@pytest.mark.usefixtures("no_waiting")
def test_a_wrong_token_leaves_nothing_behind(workspace, remote):
    with pytest.raises(AuthError):
        add_token(workspace, "pit-wrong")

    assert not Connection.objects.exists()
    assert not Grant.objects.exists()


def test_an_offline_import_asks_nobody(workspace, settings):
    settings.TRANSPORT_FACTORY = lambda: httpx.MockTransport(
        lambda request: pytest.fail("a call")
    )

    assert add_token(workspace, check=False).account_id == NORTHLIGHT_ID


def test_adding_the_same_again_changes_nothing(workspace, remote):
    first = add_token(workspace)

    again = add_token(workspace)

    assert again.pk == first.pk
    assert again.grant_id == first.grant_id
    assert Grant.objects.count() == 1


def test_another_token_for_the_account_replaces_the_old_one(workspace, remote):
    first = add_token(workspace, "pit-old", check=False)

    again = add_token(workspace)

    assert again.pk == first.pk
    assert decrypt(again.grant.credentials)["token"] == SEEDED_PIT
    assert Grant.objects.count() == 1


def test_a_name_is_taken_once(workspace, remote):
    add_token(workspace, check=False)

    with pytest.raises(ConfigError, match="already a connection named"):
        add_token(workspace, account_id="other", check=False)


def test_a_refresh_token_is_turned_into_access(workspace, remote, organizations):
    token = issue_refresh_token(remote.app.extensions["store"])

    connection = add_refresh(workspace, token, organizations[0])

    assert connection.account_name
    assert decrypt(connection.grant.credentials)["access_token"]


def test_importing_a_token_again_never_overwrites_what_rotation_made(
    workspace, remote, organizations
):
    token = issue_refresh_token(remote.app.extensions["store"])
    first = add_refresh(workspace, token, organizations[0])
    kept = Grant.objects.get().credentials

    add_refresh(workspace, token, organizations[0])

    assert Grant.objects.get().credentials == kept
    assert Connection.objects.get().pk == first.pk


def test_a_new_refresh_token_takes_over_and_keeps_the_connection(
    workspace, remote, organizations
):
    store = remote.app.extensions["store"]
    first = add_refresh(workspace, issue_refresh_token(store), organizations[0])
    newer = issue_refresh_token(store)

    again = add_refresh(workspace, newer, organizations[0])

    assert again.pk == first.pk
    assert decrypt(again.grant.credentials)["refresh_token"] == newer


def test_two_organizations_of_one_token_share_a_grant(workspace, remote, organizations):
    token = issue_refresh_token(remote.app.extensions["store"])

    for number, organization in enumerate(organizations[:2]):
        add_refresh(workspace, token, organization, name=f"Zoho {number}")

    assert Connection.objects.count() == 2
    assert Grant.objects.count() == 1


def test_checking_stores_what_the_account_says_now(workspace, remote):
    connection = add_token(workspace, check=False)

    services.connection_check(connection)

    assert connection.account_name == "Northlight Studio"


@pytest.mark.usefixtures("no_waiting")
def test_a_refused_check_marks_the_connection_with_the_reason(workspace, remote):
    connection = add_token(workspace, "pit-wrong", check=False)

    with pytest.raises(AuthError):
        services.connection_check(connection)

    assert connection.health == "needs_reconnect"
    assert "HighLevel" in connection.health_reason
    assert Event.objects.filter(type="connection.needs_reconnect").count() == 1


@pytest.mark.usefixtures("no_waiting")
def test_a_check_in_bad_weather_marks_nothing(workspace, remote):
    connection = add_token(workspace)
    remote.down = True

    with pytest.raises(TransientError):
        services.connection_check(connection)

    connection.refresh_from_db()
    assert connection.health == "active"


def test_disconnecting_erases_and_revokes(workspace, remote, organizations, owner):
    store = remote.app.extensions["store"]
    token = issue_refresh_token(store)
    connection = add_refresh(workspace, token, organizations[0])

    services.connection_disconnect(connection=connection, actor=owner)

    connection.refresh_from_db()
    assert connection.health == "disabled"
    assert connection.grant.credentials == ""
    assert store.get("zoho.refresh_token", token) is None
    assert AuditEvent.objects.filter(action="connection.disconnected").exists()
    with pytest.raises(AuthError), connection_session(connection):
        pass


def test_a_connection_of_a_live_sync_is_not_disconnected(workspace, remote, owner):
    connection = add_token(workspace)
    live_sync(connection)

    with pytest.raises(ConfigError, match="“Contacts” is live"):
        services.connection_disconnect(connection=connection, actor=owner)


def test_connecting_again_after_disconnecting_is_the_same_connection(
    workspace, remote, owner
):
    connection = add_token(workspace)
    services.connection_disconnect(connection=connection, actor=owner)

    again = add_token(workspace)

    assert again.pk == connection.pk
    assert again.health == "active"


def test_the_environments_app_wins_over_the_workspaces(workspace, owner, settings):
    services.oauth_app_save(
        workspace=workspace,
        kind="highlevel",
        client_id="own",
        secret="s1",
        actor=owner,
    )
    assert oauth_app_for(workspace, "highlevel", "vendor") == ("own", "s1")

    settings.HIGHLEVEL_CLIENT_ID = "env"
    settings.HIGHLEVEL_CLIENT_SECRET = "s2"

    assert oauth_app_for(workspace, "highlevel", "vendor") == ("env", "s2")


def test_a_session_counts_calls_and_gives_permits_back(workspace, remote):
    connection = add_token(workspace)

    with connection_session(connection, lane="person") as session:
        page = session.connector.list_page("contact", None)

    assert page.records
    assert sum(session.calls.values()) == 1
    day = BudgetWindow.objects.get(window="day")
    assert day.used == 2  # the vendor's header counts the check before it too
    assert day.subject.endswith("@sandbox")


def test_migrations_are_complete():
    call_command(
        "makemigrations", "integrations", check=True, dry_run=True, verbosity=0
    )
