"""The pages of instant notices: the list, one of them, reading again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from crosswalk.clock import now
from integrations.models import RemoteRecord
from sync.models import InboxEvent, Sync
from sync.views.parts import PAGE_SIZE
from tests.sync.rows import live_sync
from workspaces.models import Workspace

PAGE = "/w/acme/connections/notices/"


@pytest.fixture
def sync(workspace: Workspace) -> Sync:
    return live_sync(workspace)


def notice(sync: Sync, **fields: Any) -> InboxEvent:
    given = {"event_type": "ContactUpdate", "record_id": "left-1", "body": "{}"}
    given |= {"object_type": "contact", "outcome": "read", "connection": sync.left}
    return InboxEvent.objects.create(**{**given, **fields})


def failed(sync: Sync, **fields: Any) -> InboxEvent:
    return notice(sync, outcome="failed", error="It was refused.", **fields)


def shown(browser: Client, url: str = PAGE) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_lists_what_came_and_what_it_came_to(as_owner: Client, sync: Sync) -> None:
    RemoteRecord.objects.create(
        connection=sync.left,
        object_type="contact",
        remote_id="left-1",
        label="Anna Berg",
        read_at=now(),
    )
    notice(sync, is_late=True, repeats=2)

    page = shown(as_owner)

    for words in ("ContactUpdate", "Anna Berg", "GHL", "Read", "late", "3 times"):
        assert words in page


def test_it_says_that_none_has_come(as_owner: Client, sync: Sync) -> None:
    assert "No notice has come yet" in shown(as_owner)
    assert "None fits" in shown(as_owner, f"{PAGE}?show=failed")


@pytest.mark.parametrize(
    ("show", "there"),
    [
        ("", {"one", "two", "three", "four"}),
        ("waiting", {"two", "three"}),
        ("failed", {"three", "four"}),
    ],
)
def test_it_shows_those_that_wait_or_failed(
    as_owner: Client, sync: Sync, show: str, there: set[str]
) -> None:
    notice(sync, event_type="one")
    notice(sync, event_type="two", outcome="", next_at=now())
    notice(sync, event_type="three", outcome="", error="Not now.", next_at=now())
    failed(sync, event_type="four")

    page = shown(as_owner, f"{PAGE}?show={show}")

    assert {e for e in ("one", "two", "three", "four") if f"<td>{e}</td>" in page} == (
        there
    )


def test_it_shows_one_connection_and_how_well_it_tells(
    as_owner: Client, sync: Sync
) -> None:
    notice(sync, event_type="mine")
    notice(sync, event_type="others", connection=sync.right)

    page = shown(as_owner, f"{PAGE}?connection={sync.left_id}")

    assert "<td>mine</td>" in page
    assert "<td>others</td>" not in page
    assert "None has come yet" in page  # the sentence of hearing


def test_older_ones_come_after_the_newest(as_owner: Client, sync: Sync) -> None:
    rows = [notice(sync, event_type=f"n{n}") for n in range(PAGE_SIZE + 1)]

    first = shown(as_owner)
    second = shown(as_owner, f"{PAGE}?before={rows[1].pk}")

    assert f"before={rows[1].pk}" in first
    assert "<td>n0</td>" not in first
    assert "<td>n0</td>" in second
    assert "Older" not in second


def test_the_list_asks_the_database_the_same_however_long(
    as_owner: Client, sync: Sync, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        notice(sync, record_id=f"left-{number}")

    with django_assert_max_num_queries(16):
        shown(as_owner)


def test_the_body_is_shown_without_secrets_and_escaped(
    as_owner: Client, sync: Sync
) -> None:
    body = '{"note": "<script>alert(1)</script>", "api_key": "sesame"}'
    event = notice(sync, body=body)

    page = shown(as_owner, f"{PAGE}{event.pk}/")

    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "sesame" not in page


def test_a_body_that_is_no_json_is_shown_too(as_owner: Client, sync: Sync) -> None:
    event = notice(sync, body="contact_id=42&token=sesame")

    page = shown(as_owner, f"{PAGE}{event.pk}/")

    assert "contact_id=42" in page
    assert "sesame" not in page


def test_a_failed_one_is_read_again(as_owner: Client, sync: Sync) -> None:
    event = failed(sync, attempts=9)

    answer = as_owner.post(f"{PAGE}{event.pk}/again/", follow=True)

    event.refresh_from_db()
    assert "read again" in answer.content.decode()
    assert event.next_at is not None
    assert (event.outcome, event.attempts) == ("", 0)


def test_one_that_was_read_is_not_repeated(as_owner: Client, sync: Sync) -> None:
    event = notice(sync)

    answer = as_owner.post(f"{PAGE}{event.pk}/again/", follow=True)

    event.refresh_from_db()
    assert event.next_at is None
    assert "nothing to repeat" in answer.content.decode()


def test_all_failed_ones_are_read_again(as_owner: Client, sync: Sync) -> None:
    failed(sync)
    failed(sync, connection=sync.right)
    notice(sync)

    as_owner.post(f"{PAGE}again/?connection={sync.left_id}")
    waiting_left = InboxEvent.objects.filter(next_at__isnull=False).count()
    as_owner.post(f"{PAGE}again/")

    assert waiting_left == 1
    assert InboxEvent.objects.filter(next_at__isnull=False).count() == 2


def test_other_workspaces_notices_are_not_there(
    client: Client, sync: Sync, stranger: User
) -> None:
    event = failed(sync)
    client.force_login(stranger)

    assert client.get(PAGE).status_code == 404
    own = "/w/elsewhere/connections/notices/"
    assert client.get(f"{own}{event.pk}/").status_code == 404
    client.post(f"{own}again/")
    event.refresh_from_db()
    assert event.outcome == "failed"


def test_whoever_is_not_signed_in_is_asked_to(client: Client, sync: Sync) -> None:
    assert client.get(PAGE).status_code == 302
