"""Tokens: one refresher, nothing lost, and the right sentence when it is over."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as db_connection

from crosswalk import leases
from crosswalk.clock import now
from crosswalk.crypto import decrypt
from crosswalk.errors import AuthError, RateLimited
from integrations.access.tokens import GrantCredentials
from integrations.models import Connection, Grant, TokenRefresh
from synclog.models import Event
from tests.integrations.helpers import (
    Vendor,
    answers,
    breaks,
    make_connection,
    make_grant,
    new_pair,
)

REVOKED = answers(400, {"error": "invalid_grant"})
THROTTLED = answers(
    400,
    {
        "error": "Access Denied",
        "error_description": "You have made too many requests continuously.",
    },
)


def credentials(grant: Grant, vendor: Vendor) -> GrantCredentials:
    return GrantCredentials(grant.pk, vendor.client(), sleep=lambda seconds: None)


def held(grant: Grant) -> dict[str, str]:
    return decrypt(Grant.objects.get(pk=grant.pk).credentials)


@pytest.mark.django_db
def test_a_token_that_lasts_is_used_as_it_is():
    grant, vendor = make_grant(expires_in=3600), Vendor(new_pair())

    assert credentials(grant, vendor).token() == "access-1"
    assert vendor.seen == []


@pytest.mark.django_db
def test_a_token_that_ends_within_five_minutes_is_renewed_ahead():
    grant, vendor = make_grant(expires_in=299), Vendor(new_pair())

    assert credentials(grant, vendor).token() == "access-2"

    assert vendor.seen[0]["grant_type"] == "refresh_token"
    assert vendor.seen[0]["refresh_token"] == "refresh-1"
    assert vendor.seen[0]["client_id"] == "app-1"
    assert vendor.seen[0]["user_type"] == "Location"
    assert held(grant)["refresh_token"] == "refresh-2"
    assert Grant.objects.get().credentials_version == 2
    assert TokenRefresh.objects.get().outcome == "renewed"


@pytest.mark.django_db
def test_the_journal_is_written_before_the_token_is_spent():
    grant, journal = make_grant(), []

    def look(request):
        journal.append(TokenRefresh.objects.filter(finished_at=None).count())
        return new_pair()(request)

    credentials(grant, Vendor(look)).token()

    assert journal == [1]


@pytest.mark.django_db
def test_an_answer_without_refresh_token_keeps_the_stored_one():
    grant = make_grant("zoho_invoice")
    vendor = Vendor(answers(200, {"access_token": "a2", "expires_in": 3600}))

    assert credentials(grant, vendor).token() == "a2"
    assert held(grant)["refresh_token"] == "refresh-1"


@pytest.mark.django_db
def test_a_refused_token_is_renewed_once_for_all():
    grant, vendor = make_grant(expires_in=3600), Vendor(new_pair())
    first, second = credentials(grant, vendor), credentials(grant, vendor)

    assert first.renewed("access-1") == "access-2"
    assert second.renewed("access-1") == "access-2"
    assert len(vendor.seen) == 1


@pytest.mark.django_db
def test_a_lost_answer_is_asked_for_again_with_the_same_token():
    grant, vendor = make_grant(), Vendor(breaks, answers(502, "<html>"), new_pair())

    assert credentials(grant, vendor).token() == "access-2"
    assert [form["refresh_token"] for form in vendor.seen] == ["refresh-1"] * 3


@pytest.mark.django_db
def test_a_token_spent_by_a_lost_answer_is_explained_with_its_time():
    connection = make_connection(make_grant())
    vendor = Vendor(breaks, REVOKED)

    with pytest.raises(
        AuthError, match=r"HighLevel was asked for a new access at .*lost"
    ):
        credentials(connection.grant, vendor).token()

    connection.refresh_from_db()
    assert connection.health == "needs_reconnect"
    assert "Connect it again" in connection.health_reason


@pytest.mark.django_db
def test_a_killed_refresh_is_tried_once_more_with_the_same_token():
    grant, vendor = make_grant(), Vendor(new_pair())
    TokenRefresh.objects.create(grant=grant, credentials_version=1)

    assert credentials(grant, vendor).token() == "access-2"

    outcomes = TokenRefresh.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["lost", "renewed"]


@pytest.mark.django_db
def test_a_killed_refresh_that_is_refused_says_when_it_was():
    grant, vendor = make_grant(), Vendor(REVOKED)
    entry = TokenRefresh.objects.create(grant=grant, credentials_version=1)
    started = now().replace(hour=12, minute=3)
    TokenRefresh.objects.filter(pk=entry.pk).update(started_at=started)

    with pytest.raises(AuthError, match="asked for a new access at 12:03"):
        credentials(grant, vendor).token()


@pytest.mark.django_db
def test_the_lease_of_a_dead_process_is_taken_at_once():
    grant, vendor = make_grant(), Vendor(new_pair())
    Grant.objects.update(
        refresh_owner=f"{leases.host_name()}|999999|1|x",
        refresh_until=now() + timedelta(minutes=1),
    )

    assert credentials(grant, vendor).token() == "access-2"


@pytest.mark.django_db
def test_a_revoked_grant_needs_a_person_and_says_so_once():
    connection = make_connection(make_grant("zoho_invoice"))
    vendor = Vendor(answers(200, {"error": "invalid_code"}))

    for _ in range(2):
        with pytest.raises(AuthError, match="no longer accepts"):
            credentials(connection.grant, vendor).token()

    connection.refresh_from_db()
    assert connection.health == Connection.Health.NEEDS_RECONNECT
    assert Event.objects.filter(type="connection.needs_reconnect").count() == 1
    assert len(vendor.seen) == 1


@pytest.mark.django_db
def test_a_throttle_cools_down_and_breaks_nothing():
    connection = make_connection(make_grant("zoho_invoice", expires_in=-1))
    vendor = Vendor(THROTTLED)

    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            credentials(connection.grant, vendor).token()

    assert caught.value.retry_after > 590
    assert len(vendor.seen) == 1
    connection.refresh_from_db()
    assert connection.health == "active"


@pytest.mark.django_db
def test_the_cool_down_grows_and_ends_with_success():
    grant, waits = make_grant(expires_in=-1), []

    for _ in range(5):
        Grant.objects.update(retry_at=None)
        with pytest.raises(RateLimited) as caught:
            credentials(grant, Vendor(answers(503, {}))).token()
        waits.append(round(caught.value.retry_after))
    Grant.objects.update(retry_at=None)

    assert waits == [30, 120, 600, 1800, 1800]
    assert credentials(grant, Vendor(new_pair())).token() == "access-2"
    assert Grant.objects.get().failures == 0


@pytest.mark.django_db
def test_trouble_ahead_of_time_is_no_trouble_yet():
    grant, vendor = make_grant(expires_in=200), Vendor(answers(503, {}))
    holder = credentials(grant, vendor)

    assert holder.token() == "access-1"
    asked = len(vendor.seen)
    assert holder.token() == "access-1"
    assert len(vendor.seen) == asked  # it cools down


@pytest.mark.django_db
def test_an_answer_that_names_neither_token_nor_error_revokes_nothing():
    connection = make_connection(make_grant(expires_in=-1))
    vendor = Vendor(answers(200, {"hello": "world"}))

    with pytest.raises(RateLimited):
        credentials(connection.grant, vendor).token()

    connection.refresh_from_db()
    assert connection.health == "active"


@pytest.mark.django_db
def test_a_static_token_is_tried_once_more_before_it_is_dead():
    held = {"type": "token", "token": "pit-1"}
    connection = make_connection(make_grant(held=held))
    holder = credentials(connection.grant, Vendor(breaks))

    assert holder.renewed("pit-1") == "pit-1"
    assert holder.renewed("pit-1") == "pit-1"  # another thread's call of that moment
    holder._doubted_at -= 10
    with pytest.raises(AuthError, match="refused the token twice"):
        holder.renewed("pit-1")

    connection.refresh_from_db()
    assert connection.health == "needs_reconnect"


@pytest.mark.django_db
def test_success_makes_the_connections_work_again():
    connection = make_connection(make_grant(), health="needs_reconnect")

    credentials(connection.grant, Vendor(new_pair())).token()

    connection.refresh_from_db()
    assert connection.health == "active"


@pytest.mark.django_db
def test_no_error_holds_a_secret():
    grant = make_grant(expires_in=-1)

    with pytest.raises(AuthError) as caught:
        credentials(grant, Vendor(REVOKED)).token()

    entry = TokenRefresh.objects.get()
    said = f"{caught.value} {caught.value.detail} {entry.detail}"
    assert not any(word in said for word in ("refresh-1", "access-1", "s3cret"))


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_make_exactly_one_refresh():
    grant = make_grant(expires_in=-1)

    def slowly(request):
        time.sleep(0.3)
        return new_pair()(request)

    vendor, start = Vendor(slowly), threading.Barrier(16)

    def ask(_number: int) -> str:
        start.wait()
        try:
            return GrantCredentials(grant.pk, vendor.client()).token()
        finally:
            db_connection.close()

    with ThreadPoolExecutor(16) as pool:
        tokens = list(pool.map(ask, range(16)))

    assert set(tokens) == {"access-2"}
    assert len(vendor.seen) == 1
