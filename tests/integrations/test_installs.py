"""Leaving: one location or the agency disconnected, uninstalled, installed again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosswalk.clock import now
from crosswalk.errors import AuthError
from integrations import services
from integrations.access.installs import app_installed, app_uninstalled
from integrations.models import AccountToken, Connection, Grant
from sandbox.highlevel.accounts import COMPANY_ID, HARBOUR_ID, NORTHLIGHT_ID
from synclog.models import Event
from tests.integrations.agencies import (
    Agency,
    agency_grant,
    connect_both,
    credentials,
    install,
)
from tests.integrations.helpers import make_connection, make_grant, make_workspace


@pytest.mark.django_db
def test_disconnecting_one_location_leaves_the_others(as_editor, remote, editor):
    connect_both(as_editor, remote)
    gone = Connection.objects.get(account_id=HARBOUR_ID)
    stays = Connection.objects.get(account_id=NORTHLIGHT_ID)

    services.connection_disconnect(connection=gone, actor=editor)

    assert not AccountToken.objects.filter(account_id=HARBOUR_ID).exists()
    assert services.connection_check(stays).id == NORTHLIGHT_ID
    services.connection_disconnect(connection=stays, actor=editor)
    assert not AccountToken.objects.exists()
    assert Grant.objects.get().credentials == ""


@pytest.mark.django_db
def test_reconnecting_one_location_by_the_agency_heals_them_all(as_editor, remote):
    connect_both(as_editor, remote)
    Grant.objects.update(status="needs_reconnect", reason="gone")
    Connection.objects.update(health="needs_reconnect", health_reason="gone")
    AccountToken.objects.update(token="", reason="gone")
    one = Connection.objects.get(account_id=HARBOUR_ID)

    install(as_editor, remote, reconnect=str(one.pk))

    assert Grant.objects.count() == 1
    for connection in Connection.objects.all():
        assert connection.health == "active"
        assert services.connection_check(connection).id == connection.account_id


@pytest.mark.django_db
def test_an_uninstall_of_one_location_marks_that_one():
    grant = agency_grant()
    gone = make_connection(grant, account_id="loc1", name="Gone")
    stays = make_connection(grant, account_id="loc2", name="Stays")
    at = now() - timedelta(minutes=1)

    for _ in range(2):
        app_uninstalled("highlevel", "vendor", "loc1", "comp1", at=at)

    gone.refresh_from_db()
    stays.refresh_from_db()
    assert gone.health == "needs_reconnect"
    assert "removed from this location" in gone.health_reason
    assert "Install it again" in gone.health_reason
    assert stays.health == "active"
    assert Event.objects.filter(type="connection.needs_reconnect").count() == 1
    with pytest.raises(AuthError, match="removed from this location"):
        credentials(grant, Agency()).token()

    app_installed("highlevel", "vendor", "loc1", "comp1")
    gone.refresh_from_db()
    assert gone.health == "active"
    assert credentials(grant, Agency()).token() == "loc-token-1"


@pytest.mark.django_db
def test_an_uninstall_of_the_agency_marks_all_its_locations_everywhere():
    for name in ("Acme", "Beta"):
        grant = agency_grant(name)
        make_connection(grant, account_id="loc1")
    own = make_grant(workspace=make_workspace("Own"), facts={"company_id": "comp1"})
    location_install = make_connection(own, account_id="loc9")

    marked = app_uninstalled(
        "highlevel", "vendor", "", "comp1", at=now() + timedelta(seconds=1)
    )

    assert len(marked) == 2
    assert all("removed from the agency" in each.health_reason for each in marked)
    location_install.refresh_from_db()
    assert location_install.health == "active"  # its own notice would tell


@pytest.mark.django_db
def test_an_uninstall_marks_neither_static_tokens_nor_other_apps_nor_other_sites():
    static = make_grant(
        held={"type": "token", "token": "pit-1"}, workspace=make_workspace("One")
    )
    other_app = make_grant(workspace=make_workspace("Two"))
    other_app.client_id = "another-key"
    other_app.save()
    sandbox = make_grant(workspace=make_workspace("Three"), site="sandbox")
    for grant in (static, other_app, sandbox):
        make_connection(grant, account_id="loc1")

    assert app_uninstalled("highlevel", "vendor", "loc1", "", app_id="app") == []
    assert not Connection.objects.exclude(health="active").exists()


@pytest.mark.django_db
def test_a_late_notice_does_not_end_what_was_renewed_since():
    grant = make_grant(refreshed_at=now())
    make_connection(grant, account_id="loc1")

    earlier = now() - timedelta(hours=1)
    assert app_uninstalled("highlevel", "vendor", "loc1", "", at=earlier) == []
    assert len(app_uninstalled("highlevel", "vendor", "loc1", "")) == 1


@pytest.mark.django_db
def test_an_uninstall_at_the_sandbox_is_noticed_by_the_next_call(as_editor, remote):
    connect_both(as_editor, remote)
    answer = remote.http.post(
        f"http://localhost:8010/highlevel/_sandbox/uninstall?id={COMPANY_ID}"
    )
    assert answer.json()["uninstalled"]
    connection = Connection.objects.first()

    with pytest.raises(AuthError, match="no longer accepts this authorisation"):
        services.connection_check(connection)

    assert set(Connection.objects.values_list("health", flat=True)) == {
        "needs_reconnect"
    }
