"""Importing a configuration file."""

from __future__ import annotations

import pytest
from django.db import connection as database

from config.configexport import sync_part
from config.configfile import config_read
from config.configimport import config_import
from crosswalk.crypto import decrypt
from crosswalk.errors import ConfigError
from integrations.access.grants import pair_store
from integrations.models import Connection, Grant
from sync.models import Sync
from tests.config.files import ENVIRON, config
from tests.config.rows import connection_make
from tests.config.vendors import Vendors
from workspaces.models import AuditEvent, Workspace
from workspaces.services import workspace_create

pytestmark = pytest.mark.django_db


@pytest.fixture
def vendors(settings):
    settings.TRANSPORT_FACTORY = Vendors()
    return settings.TRANSPORT_FACTORY


def put(*changes, environ=ENVIRON, offline=True, **options):
    return config_import(
        config_read(config(*changes)), environ=environ, offline=offline, **options
    )


def refused(*changes, **options):
    before = (
        Workspace.objects.count(),
        Grant.objects.count(),
        AuditEvent.objects.count(),
    )
    with pytest.raises(ConfigError) as error:
        put(*changes, **options)
    after = Workspace.objects.count(), Grant.objects.count(), AuditEvent.objects.count()
    assert before == after
    return error.value


def results(report):
    data = report.as_json()
    return [each["result"] for each in data["connections"] + data["syncs"]]


def test_it_makes_all_that_the_file_names():
    report = put()

    sync = Sync.objects.get()
    assert results(report) == ["created", "created", "created"]
    assert (sync.state, sync.history) == ("live", {"since": "2026-01-01"})
    assert [line["left"] for line in sync.mappings.get().published.lines] == [
        "phone",
        "email",
    ]
    assert Workspace.objects.get().time_zone == "Europe/London"


def test_going_live_without_a_test_is_audited():
    put()

    audited = AuditEvent.objects.get(action="sync.went_live")
    assert audited.data == {"before": "draft", "tested": False}


def test_a_second_import_changes_nothing():
    put()
    audited = AuditEvent.objects.count()

    report = put()

    assert results(report) == ["unchanged"] * 3
    assert not report.has_changed
    assert AuditEvent.objects.count() == audited


def test_credentials_are_proven_and_the_account_s_facts_kept(vendors):
    put(offline=False)

    ghl, zoho = Connection.objects.order_by("name")
    assert (ghl.account_name, ghl.country) == ("Acme London", "GB")
    assert zoho.time_zone == "Europe/London"
    assert decrypt(zoho.grant.credentials)["access_token"] == "1000.access.1"


def test_filters_are_kept_and_exported():
    wanted = "filters: {left: {field: tags, op: contains, value: customer}}\n"

    put(("direction: both\n", wanted))

    stored = {"left": {"field": "tags", "op": "contains", "value": "customer"}}
    sync = Sync.objects.get()
    assert sync.filters == {"contact": stored}
    assert sync_part(sync)["objects"]["contact"]["filters"] == stored
    assert not put(("direction: both\n", wanted)).has_changed
    assert not put().has_changed  # left out: stays as it is


def test_guards_are_kept_as_far_as_they_are_unusual():
    guards = "max_change_percent: 60, max_delete_percent: 5, canary: 10"
    put(("delete: ignore", f"guards: {{{guards}, max_create_percent: 20}}"))

    sync = Sync.objects.get()
    assert sync.guards == {"max_change_percent": 60, "canary": 10}
    assert sync_part(sync)["guards"] == sync.guards
    assert not put().has_changed  # left out: they stay


def test_what_follows_a_delete_or_a_leave_is_kept_and_exported():
    put(("delete: ignore", "delete: mirror\n    leaving: archive"))

    sync = Sync.objects.get()
    assert (sync.delete_policy, sync.leaving) == ("mirror", "archive")
    part = sync_part(sync)
    assert (part["delete"], part["leaving"]) == ("mirror", "archive")


def test_a_filter_on_a_field_that_is_not_there_names_its_side():
    error = refused(
        ("direction: both\n", "filters: {right: {field: x, op: is_empty}}\n")
    )

    assert error.path == "syncs[0].objects.contact.filters.right"


def test_a_second_import_asks_no_vendor(vendors):
    put(offline=False)
    asked = len(vendors.asked)

    assert not put(offline=False).has_changed
    assert len(vendors.asked) == asked


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_vendor_is_asked(vendors):
    vendors.watch = lambda: database.in_atomic_block

    put(offline=False)

    assert vendors.in_transaction
    assert not any(vendors.in_transaction)


@pytest.mark.parametrize(
    ("environ", "path", "words"),
    [
        ({"GHL_TOKEN": "pit-wrong"}, "connections[0].auth", "HighLevel refused"),
        ({"ZR": "1000.wrong.token"}, "connections[1].auth", "Zoho Invoice refused"),
    ],
)
def test_refused_credentials_change_nothing(vendors, environ, path, words):
    error = refused(environ={**ENVIRON, **environ}, offline=False)

    assert error.path == path
    assert error.message.startswith(words)


def test_an_account_that_the_credentials_do_not_reach_is_named(vendors):
    error = refused(("account: 700000001", "account: 700000002"), offline=False)

    assert error.path == "connections[1].account"


@pytest.mark.usefixtures("no_waiting")
def test_network_trouble_points_to_offline(vendors):
    vendors.down = True

    error = refused(offline=False)

    assert error.path == "connections[0]"
    assert "--offline" in error.message


def test_a_missing_variable_is_named_with_its_path():
    error = refused(environ={**ENVIRON, "ZS": ""})

    assert error.path == "connections[1].auth.client_secret"
    assert "ZS" in error.message


def test_a_secret_may_come_from_a_file(tmp_path):
    secret = tmp_path / "token"
    secret.write_text("pit-from-a-file\n")

    put(environ={**ENVIRON, "GHL_TOKEN": "", "GHL_TOKEN_FILE": str(secret)})

    grant = Grant.objects.get(kind="highlevel")
    assert decrypt(grant.credentials)["token"] == "pit-from-a-file"


def test_a_rotated_pair_survives_a_second_import(vendors):
    put(offline=False)
    grant = Grant.objects.get(kind="zoho_invoice")
    facts = type("F", (), {})()
    facts.access_token, facts.refresh_token = "1000.a.2", "1000.rotated.1"
    facts.expires_in, facts.scopes, facts.facts = 3600, frozenset(), {}
    pair_store(grant, facts)

    put(offline=False)

    held = decrypt(Grant.objects.get(kind="zoho_invoice").credentials)
    assert held["refresh_token"] == "1000.rotated.1"


def test_another_refresh_token_is_taken(vendors):
    put(offline=False)

    report = put(environ={**ENVIRON, "ZR": "1000.refresh.token2"}, offline=False)

    held = decrypt(Grant.objects.get(kind="zoho_invoice").credentials)
    assert results(report) == ["unchanged", "updated", "unchanged"]
    assert held["refresh_token"] == "1000.refresh.token2"
    assert held["access_token"] == "1000.access.1"


def test_two_organizations_of_one_refresh_token_share_its_grant():
    text = (
        "syncs:\n",
        "  - {name: Second, kind: zoho_invoice, account: 700000002, auth: {type: oauth, "
        "client_id: {env: ZC}, client_secret: {env: ZS}, refresh_token: {env: ZR}}}\n"
        "syncs:\n",
    )

    put(text)

    assert Grant.objects.filter(kind="zoho_invoice").count() == 1


def test_a_connection_keeps_its_account():
    put()

    error = refused(("account: loc1", "account: loc2"))

    assert error.path == "connections[0].account"


def test_absent_items_stay_unless_pruned():
    put()
    workspace = Workspace.objects.get()
    connection_make(workspace, "zoho_invoice", "Spare", "9")

    assert not put().has_changed
    report = put(prune=True)

    assert "Spare" in [c.name for c in report.disconnected]
    assert Connection.objects.get(name="Spare").health == "disabled"
    assert not put(prune=True).has_changed


def test_pruning_removes_a_sync_that_the_file_does_not_name():
    put()

    report = put(("name: Contacts", "name: People"), prune=True)

    assert report.removed == ["Contacts"]
    assert Sync.objects.get().name == "People"


def test_a_disconnected_connection_is_connected_again():
    put()
    text = config().decode().split("syncs:")[0]
    nothing = text.split("connections:")[0].encode()
    config_import(config_read(nothing), prune=True, offline=True, environ={})
    assert set(Connection.objects.values_list("health", flat=True)) == {"disabled"}

    put()

    assert set(Connection.objects.values_list("health", flat=True)) == {"active"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (("left: GHL", "left: Gone"), "syncs[0].left"),
        (("right: Zoho", "right: GHL"), "syncs[0].right"),
        (("every_minutes: 5", "every_minutes: 4"), "syncs[0].schedule.every_minutes"),
        (("{left: phone", "{left: fone"), "syncs[0].objects.contact.fields[0].left"),
        (
            ("left: email, right: email", "left: email, right: phone"),
            "syncs[0].objects.contact.fields[1].right",
        ),
        (("data_center: us", "data_center: mars"), "connections[1].auth.data_center"),
        (("match: [email, phone, name]", "match: []"), "syncs[0].match"),
        (
            (
                "type: token, token: {env: GHL_TOKEN}",
                "type: oauth, client_id: a, client_secret: b, refresh_token: c, data_center: us",
            ),
            "connections[0].auth.data_center",
        ),
        (
            (
                "kind: zoho_invoice\n    account: 700000001\n    auth: {type: oauth, client_id: {env: ZC}, client_secret: {env: ZS}, refresh_token: {env: ZR}, data_center: us}",
                "kind: zoho_invoice\n    account: 7\n    auth: {type: token, token: x}",
            ),
            "connections[1].auth",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(change, path):
    assert refused(change).path == path


def test_keys_that_are_left_out_stay_as_they_are():
    put(("conflict: newest\n", "conflict: ask\n"))
    short = config().decode().split("syncs:")[0]
    short += "syncs:\n  - {name: Contacts, left: GHL, right: Zoho, state: paused}\n"

    config_import(config_read(short.encode()), environ=ENVIRON, offline=True)

    sync = Sync.objects.get()
    assert (sync.state, sync.conflict) == ("paused", "ask")
    assert sync.mappings.get().versions.count() == 1


@pytest.mark.parametrize(
    "states",
    [("live", "paused", "live"), ("paused", "draft"), ("live", "draft", "live")],
)
def test_a_state_follows_the_file(states):
    for state in states:
        put(("state: live", f"state: {state}"))
        assert Sync.objects.get().state == state
        assert not put(("state: live", f"state: {state}")).has_changed


def test_default_fields_are_the_default_mapping():
    text = config().decode().split("        fields:")[0] + "        fields: default\n"

    config_import(config_read(text.encode()), environ=ENVIRON, offline=True)

    assert len(Sync.objects.get().mappings.get().published.lines) == 6


def test_a_workspace_is_found_by_name_or_named():
    workspace_create(name="Acme")
    other = workspace_create(name="Acme")

    assert refused().path == "workspace.name"
    assert put(workspace_name=other.slug).workspace == other


def test_a_name_in_a_file_is_never_another_workspace_s_slug():
    workspace_create(name="Acme")

    put(("name: Acme", "name: acme"))

    assert Workspace.objects.count() == 2


RESERVE = ("    account: loc1\n", "    account: loc1\n    reserve_percent: 25\n")


def test_a_reserve_is_taken_over_and_kept_by_a_file_that_says_nothing(vendors):
    put(RESERVE)
    assert Connection.objects.get(name="GHL").options == {"reserve_percent": 25}

    report = put()

    assert results(report) == ["unchanged"] * 3
    assert Connection.objects.get(name="GHL").options == {"reserve_percent": 25}


def test_a_changed_reserve_is_an_update_and_audited(vendors):
    put()

    report = put(RESERVE)

    assert results(report) == ["updated", "unchanged", "unchanged"]
    assert AuditEvent.objects.get(action="connection.reserve").data == {
        "before": 10,
        "after": 25,
    }


def test_a_reserve_beyond_half_is_refused_with_its_path(vendors):
    error = refused(
        ("    account: loc1\n", "    account: loc1\n    reserve_percent: 51\n")
    )

    assert error.path == "connections[0].reserve_percent"


TABLE = (
    "direction: both, write: always, conflict: newest",
    "value_map: {a: x, b: x}",
)


def test_values_that_do_not_come_back_are_named(vendors):
    report = put(TABLE)

    (sync,) = report.as_json()["syncs"]
    assert "“b” becomes “x”, and “a” on the way back" in sync["warnings"][0]
    assert "warnings" not in put(TABLE).as_json()["syncs"][0]


def test_a_table_that_names_a_value_twice_is_refused_with_its_path():
    error = refused((TABLE[0], "value_map: [{left: a, right: x}, {left: A, right: X}]"))

    assert error.path == "syncs[0].objects.contact.fields[0].value_map"
