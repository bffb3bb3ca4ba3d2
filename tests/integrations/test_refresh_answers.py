"""What each answer of a sign-in server means: go on, wait, or ask a person."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.db import OperationalError
from django.db import connection as db_connection

from crosswalk.clock import now
from crosswalk.crypto import decrypt, encrypt
from crosswalk.errors import AuthError, ConfigError, RateLimited, TransientError
from integrations.access import refresh
from integrations.access.grants import grant_client_update, grant_refused
from integrations.access.tokens import GrantCredentials
from integrations.models import Connection, Grant, TokenRefresh
from tests.integrations.helpers import (
    Vendor,
    answers,
    breaks,
    make_connection,
    make_grant,
    new_pair,
)

pytestmark = pytest.mark.django_db
GOOGLE_LIKE = {"error": "UnAuthorized!", "error_description": "Invalid refresh token"}
THROTTLE = {
    "error": "Access Denied",
    "error_description": "You have made too many requests continuously. Please try "
    "again after some time.",
}


def page(status: int):
    text = f"<html><body>{status}</body></html>"
    return lambda request: httpx.Response(status, text=text)


def cut(request):
    return httpx.Response(200, content=b'{"access_token": "acc')


def refuses_to_connect(request):
    raise httpx.ConnectError("no route", request=request)


def resets(request):
    raise httpx.RemoteProtocolError("reset", request=request)


# kind, answer, what becomes of the connection: "waits" or "person"
TABLE = [
    ("highlevel", answers(401, GOOGLE_LIKE), "person"),
    ("highlevel", answers(400, {"error": "invalid_grant"}), "person"),
    ("highlevel", answers(422, {"message": ["refresh_token invalid"]}), "person"),
    ("highlevel", answers(403, {"message": "Forbidden"}), "person"),
    ("highlevel", answers(429, {"message": "Too Many Requests"}), "waits"),
    ("highlevel", answers(500, {"message": "Internal"}), "waits"),
    ("highlevel", answers(404, {"message": "Cannot POST /oauth/token"}), "waits"),
    ("highlevel", answers(200, {"ok": True}), "waits"),
    ("highlevel", answers(200, []), "waits"),
    ("highlevel", page(502), "waits"),
    ("highlevel", page(403), "waits"),  # a firewall's page revokes nothing
    ("highlevel", page(200), "waits"),
    ("highlevel", answers(302, {}), "waits"),
    ("highlevel", cut, "waits"),
    ("highlevel", breaks, "waits"),
    ("highlevel", resets, "waits"),
    ("highlevel", refuses_to_connect, "waits"),
    ("zoho_invoice", answers(200, {"error": "invalid_code"}), "person"),
    ("zoho_invoice", answers(400, {"error": "invalid_code"}), "person"),
    ("zoho_invoice", answers(200, {"error": "invalid_client"}), "person"),
    ("zoho_invoice", answers(200, {"error": "invalid_client_secret"}), "person"),
    ("zoho_invoice", answers(400, THROTTLE), "waits"),
    ("zoho_invoice", answers(200, THROTTLE), "waits"),
    ("zoho_invoice", answers(500, {"error": "general_error"}), "waits"),
    ("zoho_invoice", page(200), "waits"),
    ("zoho_invoice", page(503), "waits"),
    ("zoho_invoice", cut, "waits"),
    ("zoho_invoice", breaks, "waits"),
]


def credentials(grant: Grant, vendor: Vendor) -> GrantCredentials:
    return GrantCredentials(grant.pk, vendor.client(), sleep=lambda seconds: None)


@pytest.mark.parametrize(("kind", "answer", "becomes"), TABLE)
def test_every_answer_is_a_passing_fault_or_asks_a_person(kind, answer, becomes):
    connection = make_connection(make_grant(kind, expires_in=-1))

    with pytest.raises((AuthError, ConfigError, RateLimited)) as caught:
        credentials(connection.grant, Vendor(answer)).token()

    connection.refresh_from_db()
    grant = Grant.objects.get()
    assert decrypt(grant.credentials)["refresh_token"] == "refresh-1"
    assert not TokenRefresh.objects.filter(finished_at=None).exists()
    if becomes == "person":
        assert connection.health == Connection.Health.NEEDS_RECONNECT
        assert connection.health_reason == caught.value.message
        assert grant.status == Grant.Status.NEEDS_RECONNECT
    else:
        assert isinstance(caught.value, RateLimited)
        assert caught.value.retry_after >= 30
        assert connection.health == Connection.Health.ACTIVE
        assert grant.retry_at > now()


def test_a_throttle_of_highlevel_is_asked_once_and_then_left_alone():
    grant, vendor = make_grant(expires_in=-1), Vendor(answers(429, {}))

    with pytest.raises(RateLimited):
        credentials(grant, vendor).token()

    assert len(vendor.seen) == 1


def test_a_passing_fault_ends_with_the_next_good_answer():
    connection = make_connection(make_grant(expires_in=-1))
    with pytest.raises(RateLimited):
        credentials(connection.grant, Vendor(page(502))).token()
    Grant.objects.update(retry_at=now() - timedelta(seconds=1))

    assert credentials(connection.grant, Vendor(new_pair())).token() == "access-2"

    grant = Grant.objects.get()
    assert (grant.failures, grant.retry_at, grant.reason) == (0, None, "")


def test_the_lease_of_another_machine_runs_out_within_the_grace():
    """A machine that died holds its lease no longer than the vendor's grace lasts."""
    grant = make_grant(expires_in=-1)

    assert refresh.lease_take(grant, "other-machine|1|1|x")

    ends = Grant.objects.get().refresh_until - now()
    assert ends < timedelta(seconds=30 - refresh.CALL_SECONDS)


def test_whoever_lost_the_lease_asks_no_more():
    """Held up between two tries, it leaves the vendor to the one that took over."""
    grant = make_grant(expires_in=-1)

    def fails_and_is_taken_over(request):
        Grant.objects.update(refresh_owner="other-machine|1|1|x")
        return httpx.Response(502)

    vendor = Vendor(fails_and_is_taken_over)

    with pytest.raises(TransientError, match="Another process"):
        credentials(grant, vendor).token()

    assert len(vendor.seen) == 1
    assert Grant.objects.get().failures == 0


def test_a_new_client_secret_meanwhile_does_not_cost_the_new_pair():
    grant = make_grant(expires_in=-1)

    def answers_late(request):
        grant_client_update(
            grant=Grant.objects.get(), client_id="app-1", secret="another"
        )
        return new_pair()(request)

    assert credentials(grant, Vendor(answers_late)).token() == "access-2"

    held = decrypt(Grant.objects.get().credentials)
    assert held["refresh_token"] == "refresh-2"
    assert held["client_secret"] == "another"


def test_a_reconnect_meanwhile_wins_over_the_older_answer():
    grant = make_grant(expires_in=-1)
    newer = {"type": "oauth", "access_token": "fresh", "refresh_token": "fresh-r"}

    def answers_late(request):
        Grant.objects.update(
            credentials=encrypt(newer),
            credentials_version=5,
            expires_at=now() + timedelta(hours=1),
        )
        return new_pair()(request)

    assert credentials(grant, Vendor(answers_late)).token() == "fresh"
    assert decrypt(Grant.objects.get().credentials) == newer


def test_a_refusal_of_what_was_replaced_meanwhile_marks_nothing():
    connection = make_connection(make_grant())
    stale = Grant.objects.get()
    Grant.objects.update(credentials_version=2)

    assert not grant_refused(grant=stale, reason="old")

    connection.refresh_from_db()
    assert connection.health == Connection.Health.ACTIVE


def test_a_grant_that_was_removed_by_a_reconnect_only_passes():
    grant = make_grant(expires_in=-1)
    holder = credentials(grant, Vendor(new_pair()))
    Grant.objects.all().delete()

    with pytest.raises(TransientError, match="connected again"):
        holder.token()


class Away:
    """A database that is away for the first few statements that store a pair."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, execute, sql, params, many, context):
        if self.left and sql.startswith("UPDATE") and "refreshed_at" in sql:
            self.left -= 1
            raise OperationalError("database is away")
        return execute(sql, params, many, context)


@pytest.mark.django_db(transaction=True)
def test_a_pair_in_hand_survives_a_database_that_is_away():
    grant, vendor = make_grant(expires_in=-1), Vendor(new_pair())

    with db_connection.execute_wrapper(Away(3)):
        assert credentials(grant, vendor).token() == "access-2"

    assert len(vendor.seen) == 1
    assert decrypt(Grant.objects.get().credentials)["refresh_token"] == "refresh-2"
