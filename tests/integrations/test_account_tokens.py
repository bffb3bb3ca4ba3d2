"""Account tokens: one a location, made with the agency's, by one maker at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from django.db import connection as db_connection

from crosswalk.clock import now
from crosswalk.crypto import encrypt
from crosswalk.errors import AuthError, RateLimited
from integrations.access import accounttokens
from integrations.access.accounttokens import AccountCredentials
from integrations.models import AccountToken, Grant
from synclog.models import Event
from tests.integrations.agencies import (
    Agency,
    agency_grant,
    company_token,
    credentials,
    refused,
)
from tests.integrations.helpers import make_connection, make_grant


@pytest.mark.django_db
def test_a_token_is_made_with_company_and_location_and_used_again():
    grant, vendor = agency_grant(), Agency()

    assert credentials(grant, vendor).token() == "loc-token-1"
    assert credentials(grant, vendor).token() == "loc-token-1"

    assert vendor.asked == [("access-1", b"companyId=comp1&locationId=loc1")]


@pytest.mark.django_db
def test_a_token_that_ends_soon_is_made_anew():
    grant, vendor = agency_grant(), Agency()
    credentials(grant, vendor).token()
    AccountToken.objects.update(expires_at=now() + timedelta(seconds=100))

    assert credentials(grant, vendor).token() == "loc-token-2"
    assert AccountToken.objects.get().version == 2


@pytest.mark.django_db
def test_a_refused_token_is_made_anew_once_for_all():
    grant, vendor = agency_grant(), Agency()
    first, second = credentials(grant, vendor), credentials(grant, vendor)
    assert first.token() == second.token() == "loc-token-1"

    assert first.renewed("loc-token-1") == "loc-token-2"
    assert second.renewed("loc-token-1") == "loc-token-2"
    assert len(vendor.asked) == 2


@pytest.mark.django_db
def test_the_agencys_own_pair_is_renewed_underneath():
    grant, vendor = agency_grant(), Agency(refused(401, "Invalid JWT"))

    assert credentials(grant, vendor).token() == "loc-token-2"

    assert [token for token, _ in vendor.asked] == ["access-1", "access-2"]
    assert company_token(grant) == "access-2"


@pytest.mark.django_db
def test_an_agencys_refresh_says_that_it_is_a_companys():
    grant, forms = agency_grant(), []
    Grant.objects.update(expires_at=now() - timedelta(seconds=1))

    def answer(request):
        if request.url.path.endswith("/oauth/token"):
            forms.append(request.content.decode())
            return httpx.Response(200, json=Agency().pair())
        return Agency()(request)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    AccountCredentials(grant.pk, "loc1", client).token()

    assert "user_type=Company" in forms[0]


@pytest.mark.django_db
def test_an_imported_refresh_token_of_an_agency_never_reads_as_the_agency():
    """What it is shows only in the answer to its first refresh."""
    grant, vendor = make_grant(expires_in=-1), Agency()

    assert credentials(grant, vendor).token() == "loc-token-1"
    assert vendor.asked[0][0] == "access-2"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refused(403, "The token does not have access to this location."), "removed"),
        (refused(400, "Location not found"), "removed"),
        (refused(422, "locationId is invalid"), "removed"),
        (refused(401, "The token is not authorized for this scope."), "oauth.write"),
    ],
)
def test_an_account_out_of_reach_is_said_and_the_others_go_on(answer, words):
    grant = agency_grant()
    lost = make_connection(grant, account_id="loc1", name="Lost")
    well = make_connection(grant, account_id="loc2", name="Well")
    vendor = Agency(answer)

    for _ in range(2):
        with pytest.raises(AuthError, match=words):
            credentials(grant, vendor).token()
    assert credentials(grant, vendor, "loc2").token() == "loc-token-2"

    lost.refresh_from_db()
    well.refresh_from_db()
    assert lost.health == "needs_reconnect"
    assert words in lost.health_reason
    assert well.health == "active"
    assert Grant.objects.get().status == "active"
    assert Event.objects.filter(type="connection.needs_reconnect").count() == 1
    assert len(vendor.asked) == 2  # the lost one was asked for once


@pytest.mark.django_db
def test_a_refresh_does_not_heal_an_account_out_of_reach():
    grant = agency_grant()
    lost = make_connection(grant, account_id="loc1")
    vendor = Agency(refused(403, "The token does not have access to this location."))
    with pytest.raises(AuthError):
        credentials(grant, vendor).token()

    credentials(grant, vendor).own.renewed("access-1")

    lost.refresh_from_db()
    assert lost.health == "needs_reconnect"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="<html>"),
        httpx.Response(403, text="<html>"),
        httpx.Response(201, json={}),
        refused(429, "Too Many Requests"),
    ],
)
def test_a_passing_fault_cools_down_and_marks_nothing(answer):
    connection = make_connection(agency_grant(), account_id="loc1")
    vendor = Agency(answer)

    for _ in range(2):
        with pytest.raises(RateLimited):
            credentials(connection.grant, vendor).token()

    assert len(vendor.asked) == 1
    connection.refresh_from_db()
    assert connection.health == "active"
    AccountToken.objects.update(retry_at=now())
    assert credentials(connection.grant, vendor).token() == "loc-token-2"


@pytest.mark.django_db
def test_a_token_of_another_location_is_not_used():
    other = {"access_token": "x", "expires_in": 60, "locationId": "another"}
    vendor = Agency(httpx.Response(201, json=other))

    with pytest.raises(AuthError, match="another location"):
        credentials(agency_grant(), vendor).token()


@pytest.mark.django_db
def test_without_an_account_an_agency_gives_no_token():
    with pytest.raises(AuthError, match="whole agency"):
        credentials(agency_grant(), Agency(), "").token()


@pytest.mark.django_db
def test_a_maker_that_died_is_replaced_at_once_and_a_living_one_is_awaited():
    grant, vendor = agency_grant(), Agency()
    row = AccountToken.objects.create(grant=grant, account_id="loc1")
    AccountToken.objects.update(
        maker=f"{accounttokens.leases.host_name()}|999999|1|x",
        maker_until=now() + timedelta(minutes=1),
    )
    assert credentials(grant, vendor).token() == "loc-token-1"

    def stored_by_another(seconds: float) -> None:
        AccountToken.objects.filter(pk=row.pk).update(
            token=encrypt({"access_token": "others"}),
            expires_at=now() + timedelta(hours=1),
        )

    AccountToken.objects.update(
        token="", maker="other-host|1|1|x", maker_until=now() + timedelta(minutes=1)
    )
    holder = credentials(grant, vendor)
    holder.own.sleep = stored_by_another
    assert holder.token() == "others"


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_make_one_token():
    grant, vendor = agency_grant(), Agency(delay=0.3)
    start = threading.Barrier(16)

    def ask(_number: int) -> str:
        start.wait()
        try:
            return AccountCredentials(grant.pk, "loc1", vendor.client()).token()
        finally:
            db_connection.close()

    with ThreadPoolExecutor(16) as pool:
        tokens = list(pool.map(ask, range(16)))

    assert set(tokens) == {"loc-token-1"}
    assert len(vendor.asked) == 1
