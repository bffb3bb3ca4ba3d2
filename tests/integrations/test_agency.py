"""Agencies: many locations under one grant, each entered with a token of its own."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from django.db import connection as db_connection
from django.test import Client

from crosswalk.clock import now
from crosswalk.crypto import decrypt, encrypt
from crosswalk.errors import AuthError, RateLimited, TransientError
from integrations import accounttokens, services
from integrations.accounttokens import AccountCredentials
from integrations.budget import subject_of
from integrations.installs import app_installed, app_uninstalled
from integrations.models import AccountToken, Connection, Grant
from integrations.session import agency_accounts, connection_session
from sandbox.highlevel.accounts import COMPANY_ID, HARBOUR_ID, LOCATIONS, NORTHLIGHT_ID
from synclog.models import Event
from tests.integrations.helpers import make_connection, make_grant, make_workspace
from workspaces.services import workspace_create

AGENCY = {
    "user_type": "Company",
    "company_id": "comp1",
    "approved_locations": ["loc1", "loc2"],
}


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


def install(browser: Client, remote, slug="acme", **query):
    """Approve the whole agency; return where the browser is sent."""
    path = f"/w/{slug}/connections/connect/highlevel/"
    url = browser.get(path, {"site": "sandbox", **query})["Location"]
    return browser.get(remote.decide(url, account=COMPANY_ID))["Location"]


def connect_both(browser: Client, remote, slug="acme"):
    page = install(browser, remote, slug)
    return browser.post(page, {"account": [NORTHLIGHT_ID, HARBOUR_ID]})


def company_token(grant: Grant) -> str:
    return decrypt(Grant.objects.get(pk=grant.pk).credentials)["access_token"]


# Connecting


@pytest.mark.django_db
def test_an_agency_shows_its_locations_and_connects_several_at_once(as_editor, remote):
    page = install(as_editor, remote)
    shown = as_editor.get(page)

    assert b"Which locations?" in shown.content
    for location in LOCATIONS:
        assert location["name"].split()[0].encode() in shown.content
    assert shown.content.count(b'type="checkbox"') == 2

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
    assert "eyJ" not in row.token
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


# Listing


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


def agency_grant(name: str = "Acme") -> Grant:
    return make_grant(
        workspace=make_workspace(name),
        expires_in=3600,
        facts=AGENCY,
        refreshed_at=now(),
    )


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


# Tokens of locations


class Agency:
    """HighLevel's exchange, with answers on order."""

    def __init__(self, *answers: httpx.Response, delay: float = 0.0) -> None:
        self.answers = list(answers)
        self.delay = delay
        self.asked: list[tuple[str, bytes]] = []
        self.lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            if request.url.path.endswith("/oauth/token"):
                return httpx.Response(200, json=self.pair())
            token = request.headers["Authorization"].removeprefix("Bearer ")
            self.asked.append((token, request.content))
            number = len(self.asked)
            answer = self.answers.pop(0) if self.answers else None
        time.sleep(self.delay)
        return answer or httpx.Response(
            201,
            json={
                "access_token": f"loc-token-{number}",
                "expires_in": 86400,
                "locationId": dict(
                    pair.split("=") for pair in request.content.decode().split("&")
                )["locationId"],
            },
        )

    def pair(self):
        return {
            "access_token": "access-2",
            "refresh_token": "refresh-2",
            "expires_in": 86399,
            "userType": "Company",
            "companyId": "comp1",
        }

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self))


def credentials(grant: Grant, vendor: Agency, account="loc1") -> AccountCredentials:
    return AccountCredentials(
        grant.pk, account, vendor.client(), sleep=lambda seconds: None
    )


def refused(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"statusCode": status, "message": message})


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


# Disconnecting, reconnecting, uninstalling


@pytest.mark.django_db
def test_disconnecting_one_location_leaves_the_others(as_editor, remote, editor):
    connect_both(as_editor, remote)
    gone = Connection.objects.get(account_id=HARBOUR_ID)
    stays = Connection.objects.get(account_id=NORTHLIGHT_ID)

    services.connection_disconnect(connection=gone, actor=editor)

    assert not AccountToken.objects.filter(account_id=HARBOUR_ID).exists()
    assert services.connection_check(stays).id == NORTHLIGHT_ID
    services.connection_disconnect(connection=stays, actor=editor)
    assert not AccountToken.objects.exists()
    assert Grant.objects.get().credentials == ""


@pytest.mark.django_db
def test_reconnecting_one_location_by_the_agency_heals_them_all(as_editor, remote):
    connect_both(as_editor, remote)
    Grant.objects.update(status="needs_reconnect", reason="gone")
    Connection.objects.update(health="needs_reconnect", health_reason="gone")
    AccountToken.objects.update(token="", reason="gone")
    one = Connection.objects.get(account_id=HARBOUR_ID)

    install(as_editor, remote, reconnect=str(one.pk))

    assert Grant.objects.count() == 1
    for connection in Connection.objects.all():
        assert connection.health == "active"
        assert services.connection_check(connection).id == connection.account_id


@pytest.mark.django_db
def test_an_uninstall_of_one_location_marks_that_one():
    grant = agency_grant()
    gone = make_connection(grant, account_id="loc1", name="Gone")
    stays = make_connection(grant, account_id="loc2", name="Stays")
    at = now() - timedelta(minutes=1)

    for _ in range(2):
        app_uninstalled("highlevel", "vendor", "loc1", "comp1", at=at)

    gone.refresh_from_db()
    stays.refresh_from_db()
    assert gone.health == "needs_reconnect"
    assert "removed from this location" in gone.health_reason
    assert "Install it again" in gone.health_reason
    assert stays.health == "active"
    assert Event.objects.filter(type="connection.needs_reconnect").count() == 1
    with pytest.raises(AuthError, match="removed from this location"):
        credentials(grant, Agency()).token()

    app_installed("highlevel", "vendor", "loc1", "comp1")
    gone.refresh_from_db()
    assert gone.health == "active"
    assert credentials(grant, Agency()).token() == "loc-token-1"


@pytest.mark.django_db
def test_an_uninstall_of_the_agency_marks_all_its_locations_everywhere():
    for name in ("Acme", "Beta"):
        grant = agency_grant(name)
        make_connection(grant, account_id="loc1")
    own = make_grant(workspace=make_workspace("Own"), facts={"company_id": "comp1"})
    location_install = make_connection(own, account_id="loc9")

    marked = app_uninstalled(
        "highlevel", "vendor", "", "comp1", at=now() + timedelta(seconds=1)
    )

    assert len(marked) == 2
    assert all("removed from the agency" in each.health_reason for each in marked)
    location_install.refresh_from_db()
    assert location_install.health == "active"  # its own notice would tell


@pytest.mark.django_db
def test_an_uninstall_marks_neither_static_tokens_nor_other_apps_nor_other_sites():
    static = make_grant(
        held={"type": "token", "token": "pit-1"}, workspace=make_workspace("One")
    )
    other_app = make_grant(workspace=make_workspace("Two"))
    other_app.client_id = "another-key"
    other_app.save()
    sandbox = make_grant(workspace=make_workspace("Three"), site="sandbox")
    for grant in (static, other_app, sandbox):
        make_connection(grant, account_id="loc1")

    assert app_uninstalled("highlevel", "vendor", "loc1", "", app_id="app") == []
    assert not Connection.objects.exclude(health="active").exists()


@pytest.mark.django_db
def test_a_late_notice_does_not_end_what_was_renewed_since():
    grant = make_grant(refreshed_at=now())
    make_connection(grant, account_id="loc1")

    earlier = now() - timedelta(hours=1)
    assert app_uninstalled("highlevel", "vendor", "loc1", "", at=earlier) == []
    assert len(app_uninstalled("highlevel", "vendor", "loc1", "")) == 1


@pytest.mark.django_db
def test_an_uninstall_at_the_sandbox_is_noticed_by_the_next_call(as_editor, remote):
    connect_both(as_editor, remote)
    answer = remote.http.post(
        f"http://localhost:8010/highlevel/_sandbox/uninstall?id={COMPANY_ID}"
    )
    assert answer.json()["uninstalled"]
    connection = Connection.objects.first()

    with pytest.raises(AuthError, match="no longer accepts this authorisation"):
        services.connection_check(connection)

    assert set(Connection.objects.values_list("health", flat=True)) == {
        "needs_reconnect"
    }


# Two workspaces, one agency


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
