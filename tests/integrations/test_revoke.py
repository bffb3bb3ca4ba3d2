"""Revoking: what is replaced or disconnected goes at the vendor, after its successor
is stored, and not only when the vendor is in the mood."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.test import Client

from crosswalk.clock import now
from crosswalk.crypto import decrypt, keyed_hash
from integrations import services
from integrations.access.revoke import (
    LADDER_HOURS,
    REVOKING,
    abandoned_discard,
    revocations_retry,
)
from integrations.models import Connection, Grant
from tests.conftest import person
from workspaces.models import AuditEvent
from workspaces.services import workspace_create

pytestmark = pytest.mark.django_db(transaction=True)
REVOKE_PATH = "/oauth/v2/token/revoke"


class Watching(httpx.BaseTransport):
    """The sandbox; revokes are noted with what is stored then, and can fail."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.revoked: list[tuple[str, list[str]]] = []
        self.answer: httpx.Response | Exception | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith(REVOKE_PATH):
            return self.inner.handle_request(request)
        held = [
            decrypt(each.credentials).get("refresh_token", "")
            for each in Grant.objects.filter(connections__isnull=False).distinct()
        ]
        self.revoked.append((request.url.params["token"], held))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or self.inner.handle_request(request)


@pytest.fixture
def watching(remote, settings) -> Watching:
    made = Watching(remote.transport)
    settings.TRANSPORT_FACTORY = lambda: made
    return made


def connect(browser: Client, remote, slug: str = "acme", **query) -> Connection:
    path = f"/w/{slug}/connections/connect/zoho_invoice/"
    url = browser.get(path, {"site": "sandbox", **query})["Location"]
    answer = browser.get(remote.decide(url, location="us"))
    if "/choose/" in answer["Location"]:
        accounts = Grant.objects.order_by("-pk")[0].accounts
        browser.post(answer["Location"], {"account": accounts[0]["id"]})
    return Connection.objects.get(workspace__slug=slug)


def token_of(connection: Connection) -> str:
    grant = Grant.objects.get(connections=connection)
    return decrypt(grant.credentials)["refresh_token"]


def orphans():
    return Grant.objects.filter(connections__isnull=True)


def test_a_replaced_token_is_revoked_after_its_successor_is_stored(
    as_editor, remote, watching
):
    connection = connect(as_editor, remote)
    old = token_of(connection)

    connect(as_editor, remote, reconnect=str(connection.pk))

    new = token_of(connection)
    assert new != old
    assert watching.revoked == [(old, [new])]
    assert not orphans().exists()
    assert services.connection_check(Connection.objects.get())


def test_reconnecting_over_and_over_costs_nobody_else_his_token(
    as_editor, remote, watching
):
    """Zoho ends the oldest of more than twenty tokens a user without a word."""
    connection = connect(as_editor, remote)
    neighbour = person("neighbour")
    workspace_create(name="Neighbour", owner=neighbour)
    browser = Client()
    browser.force_login(neighbour)
    other = connect(browser, remote, "neighbour")

    for _ in range(24):
        connect(browser, remote, "neighbour", reconnect=str(other.pk))

    Grant.objects.update(expires_at=now() - timedelta(seconds=1))
    connection.refresh_from_db()
    services.connection_check(connection)  # the very first token still renews
    assert len(watching.revoked) == 24


def test_a_vendor_that_is_down_is_asked_again_later_and_it_is_said(
    as_editor, remote, watching
):
    connection = connect(as_editor, remote)
    old = token_of(connection)
    watching.answer = httpx.ConnectError("down")

    connect(as_editor, remote, reconnect=str(connection.pk))

    waiting = orphans().get()
    assert decrypt(waiting.credentials)["refresh_token"] == old
    assert waiting.facts == {REVOKING: 1}
    assert AuditEvent.objects.filter(action="grant.revoke_failed").count() == 1
    assert services.connection_check(Connection.objects.get())
    assert revocations_retry() == 0  # not due yet
    orphans().update(retry_at=now())
    watching.answer = None
    assert revocations_retry() == 1
    assert not orphans().exists()
    assert [token for token, _ in watching.revoked] == [old, old]


@pytest.mark.parametrize(
    ("answer", "is_over"),
    [
        (httpx.Response(200, json={"status": "success"}), True),
        (httpx.Response(200, json={"error": "invalid_code"}), True),
        (httpx.Response(400, json={"error": "invalid_token"}), True),
        (httpx.Response(400, json={"error": "Access Denied"}), False),
        (httpx.Response(200, json={"error": "general_error"}), False),
        (httpx.Response(500, json={}), False),
        (httpx.Response(200, text="<html>"), False),
    ],
)
def test_what_an_answer_to_a_revoke_means(as_editor, remote, watching, answer, is_over):
    connection = connect(as_editor, remote)
    watching.answer = answer

    connect(as_editor, remote, reconnect=str(connection.pk))

    assert orphans().exists() is not is_over


def test_it_is_given_up_after_four_days_and_said(as_editor, remote, watching):
    connection = connect(as_editor, remote)
    watching.answer = httpx.ConnectError("down")
    connect(as_editor, remote, reconnect=str(connection.pk))

    for _ in LADDER_HOURS:
        orphans().update(retry_at=now())
        revocations_retry()

    assert not orphans().exists()
    assert len(watching.revoked) == len(LADDER_HOURS) + 1
    assert AuditEvent.objects.filter(action="grant.revoke_gave_up").count() == 1


def test_a_kill_before_the_revoke_only_delays_it(as_editor, remote, watching):
    connection = connect(as_editor, remote)
    grant = Grant.objects.get()
    Grant.objects.create(
        workspace=grant.workspace,
        kind=grant.kind,
        site=grant.site,
        auth_type="oauth",
        data_center=grant.data_center,
        credentials=grant.credentials,
        facts={REVOKING: 0},
        retry_at=now(),
    )

    assert revocations_retry() == 1
    assert orphans().count() == 0
    assert watching.revoked[0][0] == token_of(connection)


def test_a_token_from_a_configuration_file_is_not_ours_to_revoke(
    as_editor, remote, watching
):
    connection = connect(as_editor, remote)
    Grant.objects.update(imported_hash=keyed_hash(token_of(connection)))

    connect(as_editor, remote, reconnect=str(connection.pk))

    assert watching.revoked == []
    assert not orphans().exists()


def test_what_another_account_gave_is_let_go_and_ours_is_not(
    as_editor, remote, watching
):
    connection = connect(as_editor, remote)
    ours = token_of(connection)
    Connection.objects.update(account_id="another")

    with pytest.raises(KeyError):  # a page, not a redirect
        connect(as_editor, remote, reconnect=str(connection.pk))

    [(revoked, _)] = watching.revoked
    assert revoked != ours
    assert not orphans().exists()
    assert token_of(connection) == ours


def test_a_grant_whose_account_nobody_chose_is_let_go_after_a_day(
    as_editor, remote, watching
):
    connection = connect(as_editor, remote)
    kept = connection.grant_id
    url = as_editor.get("/w/acme/connections/connect/zoho_invoice/?site=sandbox")
    as_editor.get(remote.decide(url["Location"], location="us"))
    if Grant.objects.count() == 1:  # one organization: it was reconnected
        pytest.fail("The sandbox should offer several organizations.")

    assert abandoned_discard() == 0
    Grant.objects.update(created_at=now() - timedelta(days=2))
    assert abandoned_discard() == 1

    assert [each.pk for each in Grant.objects.all()] == [kept]
    assert len(watching.revoked) == 1


def test_disconnecting_revokes_and_a_failure_is_tried_again(
    as_editor, remote, watching, editor
):
    connection = connect(as_editor, remote)
    token = token_of(connection)
    watching.answer = httpx.Response(503, text="<html>")

    services.connection_disconnect(connection=connection, actor=editor)

    assert Connection.objects.get().health == "disabled"
    assert Grant.objects.get(connections=connection).credentials == ""
    assert orphans().count() == 1
    orphans().update(retry_at=now())
    watching.answer = None
    assert revocations_retry() == 1
    assert [each for each, _ in watching.revoked] == [token, token]


def test_disconnecting_one_of_two_organizations_revokes_nothing(
    as_editor, remote, watching, editor
):
    connection = connect(as_editor, remote)
    Connection.objects.create(
        workspace=connection.workspace,
        grant=connection.grant,
        kind="zoho_invoice",
        name="Second",
        account_id="second",
    )

    services.connection_disconnect(connection=connection, actor=editor)

    assert watching.revoked == []
    assert Grant.objects.get().credentials != ""
