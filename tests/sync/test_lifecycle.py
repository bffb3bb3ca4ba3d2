"""News of the app itself: stored like any delivery, taken up by a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from crosswalk.clock import now
from integrations.connectors.base import Delivery, WebhookRequest
from integrations.models import Connection
from integrations.registry import connector
from sync.inbox.hookroutes import Routes
from sync.inbox.intake import Intake
from sync.jobs import drain_inbox, tick
from sync.models import InboxEvent
from sync.webhooks import Receiver
from tests.config.rows import connection_make
from workspaces.models import Workspace

GONE = Delivery("UNINSTALL", "loc1", "", "", "w1", lifecycle="uninstalled")


@pytest.fixture
def oauth(workspace: Workspace) -> Connection:
    """A location whose own install the app has."""
    return connection_make(workspace, "highlevel", "GHL", "loc1", auth_type="oauth")


def arrive(*deliveries: Delivery) -> int:
    """Store authentic deliveries as the receiver does; return the status."""
    receiver = Receiver(Routes(), Intake(wake=lambda: None))
    request = WebhookRequest(body=b"{}", headers={})
    module = connector("highlevel")
    return receiver._store("crm", module, "vendor", deliveries, request).status


def health(connection: Connection) -> str:
    connection.refresh_from_db()
    return connection.health


def test_an_uninstalled_app_leaves_a_connection_to_be_reconnected(
    oauth: Connection,
) -> None:
    assert arrive(replace(GONE, sent_at=now())) == 200
    assert health(oauth) == Connection.Health.ACTIVE  # nothing but stored

    drain_inbox()

    assert health(oauth) == Connection.Health.NEEDS_RECONNECT
    event = InboxEvent.objects.get()
    assert (event.object_type, event.outcome) == ("app", "noted")


def test_an_app_that_comes_is_noted_and_changes_nothing(oauth: Connection) -> None:
    arrive(replace(GONE, event_type="INSTALL", lifecycle="installed"))

    drain_inbox()

    assert health(oauth) == Connection.Health.ACTIVE
    assert InboxEvent.objects.get().outcome == "noted"


def test_a_companys_news_reaches_the_connections_of_its_grant(
    oauth: Connection,
) -> None:
    oauth.grant.facts = {"company_id": "company1"}
    oauth.grant.save()

    arrive(replace(GONE, account_id="", company_id="company1"))
    arrive(replace(GONE, account_id="", company_id="company2", delivery_id="w2"))

    event = InboxEvent.objects.get()
    assert event.connection == oauth
    assert event.values["company_id"] == "company1"


def test_the_tick_finds_it_where_the_queue_lost_it(oauth: Connection) -> None:
    arrive(GONE)

    tick()

    assert InboxEvent.objects.get().outcome == "noted"


def test_one_delivery_of_several_parts_is_stored_whole_and_once(
    oauth: Connection,
) -> None:
    one = Delivery("ContactUpdate", "loc1", "contact", "a", "w3")
    parts: Sequence[Any] = (one, replace(one, record_id="b"))

    arrive(*parts)
    arrive(*parts)

    stored = InboxEvent.objects.order_by("record_id")
    assert list(stored.values_list("record_id", flat=True)) == ["a", "b"]
