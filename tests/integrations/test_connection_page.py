"""The page of one connection: what it shows, what can be set, who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from crosswalk.clock import now
from integrations.accountoptions import connection_options_save, unique_fields
from integrations.models import (
    CallCount,
    Connection,
    CustomFields,
    OAuthApp,
    ReconnectLink,
)
from integrations.quotas.callcounts import DayCalls
from integrations.services import oauth_app_save
from integrations.views.parts import MOST_OPERATIONS, calls_shown
from tests.integrations.helpers import make_connection, make_grant
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db
PACKAGE = {
    "key": "custom_fields.cf_ref",
    "label": "Reference",
    "type": "text",
    "reads": ["list", "detail"],
    "writes": ["create", "update"],
    "is_custom": True,
}


@pytest.fixture
def connection(workspace: Any) -> Connection:
    grant = make_grant("zoho_invoice", workspace=workspace, expires_in=3600)
    return make_connection(grant, name="Zoho", account_name="Northlight Ltd")


def own(connection: Connection, *fields: dict[str, Any], **more: Any) -> None:
    CustomFields.objects.create(
        connection=connection,
        object_type="contact",
        fields=list(fields),
        read_at=now(),
        **more,
    )


def count(connection: Connection, days_ago: int, operation: str, calls: int) -> None:
    CallCount.objects.create(
        connection=connection,
        day=(now() - timedelta(days=days_ago)).date(),
        operation=operation,
        calls=calls,
    )


def path(connection: Connection, action: str = "") -> str:
    return f"/w/acme/connections/{connection.pk}/{action}"


def text(response: Any) -> str:
    return str(response.content.decode())


def test_it_shows_calls_by_day_and_by_operation(
    as_editor: Client, connection: Connection
) -> None:
    count(connection, 0, "list contacts", 12)
    count(connection, 2, "update contact", 1204)

    page = as_editor.get(path(connection))

    assert [day.calls for day in page.context["chart"].days][-3:] == [1204, 0, 12]
    assert "1,216 in all" in text(page)
    assert "Update contact" in text(page)


def test_bars_stand_for_calls_and_a_small_day_is_still_seen(
    connection: Connection,
) -> None:
    count(connection, 0, "a", 1)
    count(connection, 1, "a", 1000)

    chart = calls_shown(connection, 3)

    assert [bar.height for bar in chart.bars] == ["0.00%", "100.00%", "4.00%"]
    assert chart.top == DayCalls(chart.bars[1].day, 1000, [("a", 1000)])


def test_operations_called_seldom_are_summed_up(connection: Connection) -> None:
    for number in range(MOST_OPERATIONS + 3):
        count(connection, 0, f"operation {number}", 100 - number)

    shown = calls_shown(connection).operations

    assert len(shown) == MOST_OPERATIONS + 1
    assert shown[-1] == ("3 others", 94 + 93 + 92)


def test_an_account_without_a_call_says_so(
    as_editor: Client, connection: Connection
) -> None:
    assert "No call in the last 14 days" in text(as_editor.get(path(connection)))


def test_it_shows_what_the_system_has_and_what_it_has_not(
    as_editor: Client, connection: Connection
) -> None:
    own(connection, PACKAGE)

    page = text(as_editor.get(path(connection)))

    assert "1 field of your own" in page
    assert "Read 200 at a time, one call each." in page
    assert "Read with one call a customer." in page
    assert "Zoho Invoice has no calendar." in page
    assert "Due date: a project task at Zoho Invoice has none." in page


def test_fields_that_could_not_be_read_keep_their_place_with_the_reason(
    as_editor: Client, connection: Connection
) -> None:
    own(connection, PACKAGE, error="Zoho Invoice did not answer.")

    page = text(as_editor.get(path(connection)))

    assert "Zoho Invoice did not answer. What was known before is kept." in page


@pytest.mark.parametrize(
    ("health", "says"),
    [
        ("needs_reconnect", "Nothing is lost: what waits goes through"),
        ("degraded", "goes on trying by itself"),
        ("disabled", "every mapping and link is as it was"),
    ],
)
def test_trouble_is_said_with_what_to_do(
    as_editor: Client, connection: Connection, health: str, says: str
) -> None:
    Connection.objects.update(health=health, health_reason="It was revoked.")

    page = text(as_editor.get(path(connection)))

    assert "It was revoked." in page
    assert says in page


def test_the_reserve_is_set_and_told(as_editor: Client, connection: Connection) -> None:
    answer = as_editor.post(
        path(connection, "reserve/"), {"percent": "25"}, follow=True
    )

    connection.refresh_from_db()
    assert connection.options == {"reserve_percent": 25}
    assert "Kept for others: 25 %" in text(answer)
    assert AuditEvent.objects.filter(action="connection.options_saved").exists()


@pytest.mark.parametrize("percent", ["51", "-1", "much", ""])
def test_a_reserve_out_of_bounds_comes_back_with_the_reason(
    as_editor: Client, connection: Connection, percent: str
) -> None:
    answer = as_editor.post(path(connection, "reserve/"), {"percent": percent})

    assert answer.status_code == 422
    connection.refresh_from_db()
    assert connection.options == {}


def test_tasks_are_switched_on_and_off_with_what_is_not_carried(
    as_editor: Client, connection: Connection
) -> None:
    page = text(as_editor.get(path(connection)))
    assert "Due date, person in charge" in page

    as_editor.post(path(connection, "options/"), {"project_tasks": "on"})
    connection.refresh_from_db()
    assert connection.options == {"project_tasks": True}

    as_editor.post(path(connection, "options/"), {})
    connection.refresh_from_db()
    assert connection.options == {}


def test_only_writable_own_fields_of_a_fitting_type_can_be_unique(
    connection: Connection,
) -> None:
    own(
        connection,
        PACKAGE,
        {**PACKAGE, "key": "custom_fields.cf_auto", "writes": []},
        {**PACKAGE, "key": "custom_fields.cf_flag", "type": "bool"},
    )

    assert [field.key for field in unique_fields(connection)] == [
        "custom_fields.cf_ref"
    ]


def test_a_unique_field_the_vendor_does_not_honour_is_refused(
    as_editor: Client, connection: Connection, settings: Any
) -> None:
    import httpx

    own(connection, PACKAGE)
    made = {"code": 0, "contact": {"contact_id": "9"}}
    settings.TRANSPORT_FACTORY = lambda: httpx.MockTransport(
        lambda request: httpx.Response(200, json=made)
    )

    data = {"unique_field": "custom_fields.cf_ref"}
    answer = as_editor.post(path(connection, "options/"), data)

    assert answer.status_code == 422
    assert "does not use the unique field" in text(answer)
    connection.refresh_from_db()
    assert connection.options == {}


def test_an_unknown_unique_field_is_refused_without_a_call(
    as_editor: Client, connection: Connection
) -> None:
    answer = as_editor.post(path(connection, "options/"), {"unique_field": "evil"})

    assert answer.status_code == 422


def test_highlevel_has_no_such_choices(as_editor: Client, workspace: Any) -> None:
    other = make_connection(make_grant(workspace=workspace), name="GHL")

    page = text(as_editor.get(path(other)))

    assert "Choices for this" not in page


@pytest.fixture
def app(connection: Connection) -> OAuthApp:
    """The app by which an owner can be sent back here."""
    return oauth_app_save(
        workspace=connection.workspace,
        kind="zoho_invoice",
        client_id="app-1",
        secret="s3cret",
        actor=None,
    )


def test_without_an_app_no_link_is_offered_and_none_is_made(
    as_editor: Client, connection: Connection
) -> None:
    assert "Make a reconnect link" not in text(as_editor.get(path(connection)))

    answer = as_editor.post(path(connection, "reconnect-link/"), follow=True)

    assert "Reconnect it yourself." in text(answer)
    assert not ReconnectLink.objects.exists()


def test_the_reconnect_link_is_shown_once_and_never_stored(
    as_editor: Client, connection: Connection, app: OAuthApp
) -> None:
    answer = as_editor.post(path(connection, "reconnect-link/"))

    link = answer.context["reconnect_link"]
    assert f'<code id="reconnect-url">{link}</code>' in text(answer)
    assert "no-store" in answer["Cache-Control"]
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert token not in ReconnectLink.objects.get().token_hash
    assert token not in text(as_editor.get(path(connection)))


def test_an_open_link_can_be_withdrawn(
    as_editor: Client, connection: Connection, app: OAuthApp
) -> None:
    as_editor.post(path(connection, "reconnect-link/"))
    assert "Withdraw the open link" in text(as_editor.get(path(connection)))

    as_editor.post(path(connection, "reconnect-link/withdraw/"))

    assert not ReconnectLink.objects.filter(used_at__isnull=True).exists()


def test_the_fields_are_read_again_and_one_goes_back_to_where_one_was(
    as_editor: Client, remote: Any, workspace: Any
) -> None:
    from tests.integrations.test_services import add_token

    ours = add_token(workspace)
    data = {"next": "/w/acme/connections/"}
    answer = as_editor.post(path(ours, "fields/"), data, follow=True)

    assert answer.redirect_chain == [("/w/acme/connections/", 302)]
    assert CustomFields.objects.get(connection=ours, object_type="contact").fields
    assert "has own fields: 5 of contacts" in text(answer)


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "\\evil"])
def test_one_is_never_sent_elsewhere(
    as_editor: Client, connection: Connection, back: str
) -> None:
    Connection.objects.update(health="disabled")

    answer = as_editor.post(path(connection, "fields/"), {"next": back})

    assert answer["Location"] == path(connection)


ACTIONS = (
    "fields/",
    "reserve/",
    "options/",
    "reconnect-link/",
    "reconnect-link/withdraw/",
)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_viewer_changes_nothing(
    client: Client, viewer: Any, connection: Connection, action: str
) -> None:
    client.force_login(viewer)

    assert client.post(path(connection, action)).status_code == 403


@pytest.mark.parametrize("action", ACTIONS)
def test_a_foreign_connection_is_not_found(
    client: Client, stranger: Any, connection: Connection, action: str
) -> None:
    client.force_login(stranger)

    for slug in ("acme", "elsewhere"):
        address = f"/w/{slug}/connections/{connection.pk}/{action}"
        assert client.post(address).status_code == 404


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_gets_there_without_signing_in(
    client: Client, connection: Connection, action: str
) -> None:
    assert "/account/login/" in client.post(path(connection, action))["Location"]


def test_a_viewer_sees_neither_forms_nor_the_link_maker(
    client: Client, viewer: Any, connection: Connection
) -> None:
    client.force_login(viewer)

    page = text(client.get(path(connection)))

    assert "Make a reconnect link" not in page
    assert "Save the choices" not in page
    assert "Keep more or less" not in page


def test_two_people_choosing_at_once_lose_nothing(connection: Connection) -> None:
    stale = Connection.objects.get(pk=connection.pk)
    connection_options_save(connection=connection, actor=None, reserve_percent=20)

    connection_options_save(connection=stale, actor=None, project_tasks=True)

    connection.refresh_from_db()
    assert connection.options == {"reserve_percent": 20, "project_tasks": True}
