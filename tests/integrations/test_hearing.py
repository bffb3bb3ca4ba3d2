"""Hearing: how changes became known, and the page that listens for a test event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from crosswalk.clock import now
from integrations.hearing import hearing
from integrations.models import Connection
from sync.models import HookCount, HookMeter, InboxEvent
from tests.integrations.helpers import make_connection, make_grant
from workspaces.models import Workspace

HTMX = {"HX-Request": "true"}


@pytest.fixture
def connection(workspace: Workspace) -> Connection:
    return make_connection(make_grant(workspace=workspace), name="GHL")


def metered(connection: Connection, heard: int, missed: int, days_ago: int = 0) -> None:
    connection.webhook_seen_at = now()
    connection.save()
    HookMeter.objects.create(
        connection=connection,
        day=now().date() - timedelta(days=days_ago),
        heard=heard,
        missed=missed,
    )


def page(connection: Connection) -> str:
    return f"/w/acme/connections/{connection.pk}/listening/"


def milliseconds(minutes_ago: float) -> int:
    moment = now() - timedelta(minutes=minutes_ago)
    return int(moment.timestamp() * 1000)


def test_nothing_heard_yet_says_so(connection: Connection) -> None:
    found = hearing(connection)

    assert (found.last_at, found.heard, found.missed) == (None, 0, 0)
    assert found.tone == "off"
    assert "next poll" in found.sentence


@pytest.mark.parametrize(
    ("heard", "missed", "tone", "words"),
    [
        (0, 0, "ok", "Nothing has changed"),
        (1, 0, "ok", "The one change"),
        (12, 0, "ok", "All 12 changes"),
        (1200, 3, "wait", "Of 1,203 changes in the last 7 days, 3 came only"),
        (0, 4, "person", "the poll found 4"),
    ],
)
def test_it_says_what_was_told_and_what_the_poll_found(
    connection: Connection, heard: int, missed: int, tone: str, words: str
) -> None:
    metered(connection, heard, missed)

    found = hearing(connection)

    assert (found.heard, found.missed, found.tone) == (heard, missed, tone)
    assert words in found.sentence


def test_older_days_do_not_count(connection: Connection) -> None:
    metered(connection, 5, 5, days_ago=7)

    assert hearing(connection).missed == 0
    assert hearing(connection, days=8).missed == 5


# --- listening --------------------------------------------------------------------------


def test_the_page_begins_to_listen(as_owner: Client, connection: Connection) -> None:
    answer = as_owner.get(page(connection))

    assert answer.status_code == 200
    assert "listening" in answer.content.decode()
    assert "<html" in answer.content.decode()


def test_it_asks_again_until_something_comes(
    as_owner: Client, connection: Connection
) -> None:
    url = f"{page(connection)}?since={milliseconds(1)}"

    waiting = as_owner.get(url, headers=HTMX)
    InboxEvent.objects.create(
        connection=connection, event_type="ContactUpdate", body="{}"
    )
    heard = as_owner.get(url, headers=HTMX)

    assert waiting.status_code == 200
    assert "every 2s" in waiting.content.decode()
    assert heard.status_code == 286
    assert "ContactUpdate" in heard.content.decode()
    assert "every 2s" not in heard.content.decode()


def test_what_came_before_is_not_shown(
    as_owner: Client, connection: Connection
) -> None:
    row = InboxEvent.objects.create(
        connection=connection, event_type="LongAgo", body="{}"
    )
    InboxEvent.objects.filter(pk=row.pk).update(received_at=now() - timedelta(hours=1))

    answer = as_owner.get(f"{page(connection)}?since={milliseconds(5)}", headers=HTMX)

    assert "LongAgo" not in answer.content.decode()


@pytest.mark.parametrize(
    ("slug", "outcome", "words"),
    [
        ("crm", "refused 401", "Refused: The signature does not fit."),
        ("crm", "unknown account", "not connected here"),
        ("own", "unknown type", "no use for this event"),
    ],
)
def test_it_shows_why_a_delivery_did_not_count(
    as_owner: Client, connection: Connection, slug: str, outcome: str, words: str
) -> None:
    HookCount.objects.create(
        day=now().date(),
        slug=f"c{connection.pk}" if slug == "own" else slug,
        outcome=outcome,
        last_at=now(),
        last_words="The signature does not fit.",
    )

    answer = as_owner.get(f"{page(connection)}?since={milliseconds(1)}", headers=HTMX)

    assert answer.status_code == 286
    assert words in answer.content.decode()


def test_it_ends_after_ten_minutes_and_says_so(
    as_owner: Client, connection: Connection
) -> None:
    answer = as_owner.get(f"{page(connection)}?since={milliseconds(10)}", headers=HTMX)

    assert answer.status_code == 286
    assert "Nothing came within 10 minutes" in answer.content.decode()


@pytest.mark.parametrize("since", ["", "soon", "-1", "9" * 40, "²", "99999999999999"])
def test_nonsense_begins_now(
    as_owner: Client, connection: Connection, since: str
) -> None:
    answer = as_owner.get(page(connection), {"since": since}, headers=HTMX)

    assert answer.status_code == 200


def test_another_workspaces_connection_is_not_there(
    as_owner: Client, connection: Connection
) -> None:
    other: Any = make_connection(make_grant())

    assert as_owner.get(page(other)).status_code == 404


def test_strangers_and_the_unsigned_see_nothing(
    client: Client, stranger: User, connection: Connection
) -> None:
    assert client.get(page(connection)).status_code == 302
    client.force_login(stranger)
    assert client.get(page(connection)).status_code == 404
