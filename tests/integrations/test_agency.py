"""Agencies: connecting many locations under one grant, and living with them."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.test import Client

from crosswalk.clock import now
from crosswalk.crypto import decrypt
from crosswalk.errors import TransientError
from integrations import services
from integrations.models import AccountToken, Connection, Grant
from integrations.quotas.budget import subject_of
from integrations.session import agency_accounts, connection_session
from sandbox.highlevel.accounts import COMPANY_ID, HARBOUR_ID, LOCATIONS, NORTHLIGHT_ID
from tests.integrations.agencies import (
    agency_grant,
    company_token,
    connect_both,
    install,
)
from workspaces.services import workspace_create


class Recording(httpx.BaseTransport):
    """The sandbox, with a note of which token went where."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.seen: list[tuple[str, str]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.seen.append((request.url.path, token))
        return self.inner.handle_request(request)


@pytest.fixture
def recorded(remote, settings) -> Recording:
    made = Recording(remote.transport)
    settings.TRANSPORT_FACTORY = lambda: made
    return made


@pytest.mark.django_db
def test_an_agency_shows_its_locations_and_connects_several_at_once(as_editor, remote):
    page = install(as_editor, remote)
    shown = as_editor.get(page)

    assert b"Which locations?" in shown.content
    for location in LOCATIONS:
        assert location["name"].split()[0].encode() in shown.content
    assert shown.content.count(b'name="account"') == 2

    answer = as_editor.post(page, {"account": [NORTHLIGHT_ID, HARBOUR_ID]})

    assert answer["Location"] == "/w/acme/connections/"
    connections = {each.account_id: each for each in Connection.objects.all()}
    assert set(connections) == {NORTHLIGHT_ID, HARBOUR_ID}
    assert Grant.objects.count() == 1
    assert connections[HARBOUR_ID].time_zone == "America/New_York"
    assert connections[NORTHLIGHT_ID].country == "GB"
    grant = Grant.objects.get()
    assert grant.facts["user_type"] == "Company"
    assert grant.facts["company_id"] == COMPANY_ID
    assert set(grant.facts["approved_locations"]) == {NORTHLIGHT_ID, HARBOUR_ID}


@pytest.mark.django_db
def test_nothing_chosen_connects_nothing(as_editor, remote):
    answer = as_editor.post(install(as_editor, remote), {})

    assert answer.status_code == 422
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_a_setup_takes_one_location(as_editor, remote):
    page = install(as_editor, remote, setup="7")

    assert as_editor.get(page).content.count(b'type="radio"') == 2
    answer = as_editor.post(page, {"account": HARBOUR_ID, "setup": "7"})

    connection = Connection.objects.get()
    assert answer["Location"] == f"/w/acme/setup/7/?connection={connection.pk}"


@pytest.mark.django_db
def test_records_are_read_with_the_locations_token_only(as_editor, remote, recorded):
    connect_both(as_editor, remote)
    agencys = company_token(Grant.objects.get())

    for connection in Connection.objects.all():
        with connection_session(connection, lane="person") as session:
            assert session.connector.list_page("contact", None).records

    with_agencys = {path for path, token in recorded.seen if token == agencys}
    assert with_agencys == {
        "/highlevel/oauth/installedLocations",
        "/highlevel/oauth/locationToken",
    }
    made = [path for path, _ in recorded.seen if path.endswith("locationToken")]
    assert len(made) == 2  # one a location, used again for every call


@pytest.mark.django_db
def test_a_locations_token_is_kept_encrypted(as_editor, remote):
    connect_both(as_editor, remote)

    row = AccountToken.objects.get(account_id=HARBOUR_ID)

    assert row.token
    assert not row.token.startswith("eyJ")
    assert decrypt(row.token)["access_token"].startswith("eyJ")
    assert row.expires_at > now() + timedelta(hours=20)


@pytest.mark.django_db
def test_the_quota_stays_the_locations(as_editor, remote):
    connect_both(as_editor, remote)

    subjects = {subject_of(each) for each in Connection.objects.all()}
    assert len(subjects) == 2
    assert all("66aa0000000000000000cafe" in each for each in subjects)


@pytest.mark.django_db
def test_an_agency_without_the_permission_to_enter_is_explained(
    as_editor, remote, settings
):
    path = "/w/acme/connections/connect/highlevel/?site=sandbox"
    callback = remote.decide(as_editor.get(path)["Location"], account=COMPANY_ID)
    body = {
        "access_token": "a",
        "refresh_token": "r",
        "scope": "contacts.readonly contacts.write",
        "userType": "Company",
        "companyId": "c",
        "approvedLocations": ["loc1"],
    }
    settings.TRANSPORT_FACTORY = lambda: httpx.MockTransport(
        lambda request: httpx.Response(200, json=body)
    )

    page = as_editor.get(callback)

    assert page.context["code"] == "scope_missing"
    assert b"oauth.write" in page.content
    assert not Grant.objects.exists()


def answering(rows, *, page_limit=2, status=200):
    """A list of installed locations that gives at most `page_limit` rows."""
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.url.params))
        if status != 200:
            return httpx.Response(status, json={"message": "Forbidden"})
        skip = int(request.url.params["skip"])
        some = rows[skip : skip + page_limit]
        return httpx.Response(200, json={"locations": some, "count": len(rows)})

    return httpx.MockTransport(answer), seen


@pytest.mark.django_db
def test_the_list_is_paged_to_its_end():
    rows = [{"_id": f"l{n}", "name": f"Shop {n}"} for n in range(5)]
    transport, seen = answering(rows)

    found = agency_accounts(agency_grant(), transport=transport)

    assert [each.id for each in found] == ["l0", "l1", "l2", "l3", "l4"]
    assert [each["skip"] for each in seen] == ["0", "2", "4"]
    assert seen[0]["companyId"] == "comp1"
    assert seen[0]["appId"] == "app"


@pytest.mark.django_db
def test_a_list_that_repeats_itself_ends():
    def always(request):
        rows = [{"_id": "l1", "name": "One"}]
        return httpx.Response(200, json={"locations": rows, "count": 99})

    found = agency_accounts(agency_grant(), transport=httpx.MockTransport(always))

    assert [each.id for each in found] == ["l1"]


@pytest.mark.django_db
@pytest.mark.parametrize("status", [403, 404, 422])
def test_without_the_list_the_approved_locations_count(status):
    transport, _ = answering([], status=status)

    found = agency_accounts(agency_grant(), transport=transport)

    assert [each.id for each in found] == ["loc1", "loc2"]


@pytest.mark.django_db
def test_two_workspaces_share_an_agency_and_see_nothing_of_each_other(
    as_editor, remote, stranger
):
    connect_both(as_editor, remote)
    other = workspace_create(name="Rival", owner=stranger)
    browser = Client()
    browser.force_login(stranger)
    connect_both(browser, remote, other.slug)

    mine = Grant.objects.get(workspace__slug="acme")
    theirs = Grant.objects.get(workspace=other)
    assert mine.connections.count() == theirs.connections.count() == 2
    assert company_token(mine) != company_token(theirs)
    assert (
        browser.get(f"/w/{other.slug}/connections/choose/{mine.pk}/").status_code == 404
    )
    tokens = [decrypt(row.token)["access_token"] for row in AccountToken.objects.all()]
    assert len(set(tokens)) == 4

    services.connection_disconnect(
        connection=theirs.connections.first(), actor=stranger
    )
    for connection in mine.connections.all():
        services.connection_check(connection)


@pytest.mark.django_db
def test_a_failing_exchange_is_no_lasting_verdict_on_the_connection(as_editor, remote):
    connect_both(as_editor, remote)
    AccountToken.objects.update(token="", expires_at=None)
    remote.down = True
    connection = Connection.objects.first()

    with pytest.raises(TransientError):
        services.connection_check(connection)

    connection.refresh_from_db()
    assert connection.health == "active"
