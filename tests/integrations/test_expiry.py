"""Expiry: when an authorisation ends by itself, and how that is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from integrations.access.expiry import expiry_forecast
from integrations.models import Grant
from integrations.session import connection_session
from tests.integrations.helpers import make_connection, make_grant

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 12, 12, tzinfo=UTC)
STATIC = {"type": "token", "token": "pit-1"}


def oauth_grant(**more):
    return make_grant(refreshed_at=AT, **more)


def static_grant(*, entered_days_ago=0, used_days_ago=None):
    grant = make_grant(held=STATIC)
    grant.created_at = AT - timedelta(days=entered_days_ago)
    if used_days_ago is not None:
        grant.used_at = AT - timedelta(days=used_days_ago)
    grant.save()
    return grant


def test_an_unused_refresh_token_dies_a_year_after_its_last_renewal():
    forecast = expiry_forecast(oauth_grant(), AT)

    assert forecast.ends_at == AT + timedelta(days=365)
    assert forecast.tone == "ok"
    assert (
        forecast.sentence == "If nothing uses it until 12 March 2027, this link dies."
    )


def test_the_last_two_weeks_are_a_warning_and_afterwards_an_error():
    grant = oauth_grant()

    assert expiry_forecast(grant, AT + timedelta(days=352)).tone == "warn"
    over = expiry_forecast(grant, AT + timedelta(days=366))
    assert over.tone == "error"
    assert "12 March 2027" in over.sentence


def test_the_day_is_that_of_the_workspace():
    grant = oauth_grant()
    grant.workspace.time_zone = "Pacific/Auckland"

    assert "13 March 2027" in expiry_forecast(grant, AT).sentence


def test_a_static_token_lives_ninety_days_from_its_last_use():
    grant = static_grant(entered_days_ago=50, used_days_ago=2)

    forecast = expiry_forecast(grant, AT)

    assert forecast.ends_at == AT + timedelta(days=88)
    assert forecast.tone == "ok"
    assert "advises a new token from 21 April 2026 on" in forecast.sentence


def test_a_static_token_of_ninety_days_should_be_replaced():
    forecast = expiry_forecast(static_grant(entered_days_ago=90, used_days_ago=1), AT)

    assert forecast.tone == "warn"
    assert "90 days old or more" in forecast.sentence


def test_a_static_token_that_nobody_uses_is_about_to_go():
    forecast = expiry_forecast(static_grant(entered_days_ago=80), AT)

    assert forecast.tone == "warn"
    assert "22 March 2026" in forecast.sentence


def test_zoho_names_what_ends_it_and_no_day():
    forecast = expiry_forecast(make_grant("zoho_invoice", refreshed_at=AT), AT)

    assert forecast.ends_at is None
    assert forecast.tone == "ok"
    for word in ("does not end by itself", "Connected Apps", "password", "21st"):
        assert word in forecast.sentence


def test_a_dead_grant_says_why():
    grant = oauth_grant(status="needs_reconnect", reason="Its user withdrew it.")

    forecast = expiry_forecast(grant, AT)

    assert (forecast.ends_at, forecast.tone) == (None, "error")
    assert forecast.sentence == "It has ended. Its user withdrew it."


def test_a_grant_that_cools_down_says_until_when():
    grant = oauth_grant(retry_at=AT + timedelta(minutes=10))

    forecast = expiry_forecast(grant, AT)

    assert forecast.tone == "warn"
    assert "12:10" in forecast.sentence
    assert forecast.ends_at == AT + timedelta(days=365)


def test_a_disconnected_grant_is_off():
    grant = oauth_grant(status="needs_reconnect")
    grant.credentials = ""

    assert expiry_forecast(grant, AT).tone == "off"


def check(connection, status):
    answer = httpx.MockTransport(
        lambda request: httpx.Response(status, json={"location": {"id": "acc1"}})
    )
    with connection_session(connection, lane="person", transport=answer) as session:
        session.api.sleep = lambda seconds: None
        session.connector.check()


def test_use_is_noted_when_a_call_succeeded_and_at_most_hourly():
    connection = make_connection(make_grant(held=STATIC))

    check(connection, 200)
    first = Grant.objects.get().used_at
    check(connection, 200)

    assert first is not None
    assert Grant.objects.get().used_at == first

    Grant.objects.update(used_at=first - timedelta(hours=2))
    check(connection, 200)
    assert Grant.objects.get().used_at > first


def test_a_failed_call_is_no_use():
    connection = make_connection(make_grant(held=STATIC))

    with pytest.raises(Exception, match="HighLevel"):
        check(connection, 503)

    assert Grant.objects.get().used_at is None
