"""Reading a configuration file."""

from __future__ import annotations

import pytest

from config.configfile import config_read
from crosswalk.errors import ConfigError
from tests.config.files import config

CONTACT = "syncs[0].objects.contact"
FIELD = f"{CONTACT}.fields[0]"
LATER = [
    ("name: phone, format", "name: upper, format", f"{FIELD}.to_right[0].name"),
    ("contact:", "invoice:", "syncs[0].objects.invoice"),
]
WRONG = [
    ("version: 1", "version: 2", "version"),
    ("version: 1", "", "version"),
    ("version: 1", "version: 1\nextra: 1", "extra"),
    ("version: 1", "version: 1\nversion: 1", "version"),
    ("account: loc1", "account: loc1\n    account: loc2", "connections[0].account"),
    ("account: loc1", "account: [1]", "connections[0].account"),
    ("account: loc1", "account: true", "connections[0].account"),
    ("Europe/London", "Europe/Atlantis", "workspace.timezone"),
    ("name: Acme", "name: ''", "workspace.name"),
    ("kind: highlevel", "kind: hubspot", "connections[0].kind"),
    ("name: Zoho", "name: GHL", "connections[1].name"),
    ("type: token,", "type: magic,", "connections[0].auth"),
    ("type: token,", "type: client_credentials,", "connections[0].auth.type"),
    ("{env: GHL_TOKEN}", "{enV: GHL_TOKEN}", "connections[0].auth.token"),
    ("{env: GHL_TOKEN}", "{env: 'a b'}", "connections[0].auth.token"),
    ("token: {env: GHL_TOKEN}", "tokn: x", "connections[0].auth.tokn"),
    ("state: live", "state: tested", "syncs[0].state"),
    ("state: live", "state:", "syncs[0].state"),
    ("delete: ignore", "delete: never", "syncs[0].delete"),
    ("delete: ignore", "guards:", "syncs[0].guards"),
    (
        "delete: ignore",
        "guards: {max_change_percent: 101}",
        "syncs[0].guards.max_change_percent",
    ),
    ("delete: ignore", "guards: {canary: 1001}", "syncs[0].guards.canary"),
    ("delete: ignore", "guards: {most: 1}", "syncs[0].guards.most"),
    ("name: Contacts", "name: Contacts\n    nam: x", "syncs[0].nam"),
    ("{every_minutes: 5}", "{every_minutes: five}", "syncs[0].schedule.every_minutes"),
    ("{every_minutes: 5}", "{every: 5}", "syncs[0].schedule.every"),
    ("{every_minutes: 5}", "sometimes", "syncs[0].schedule"),
    ("{every_minutes: 5}", "{daily: 7}", "syncs[0].schedule.daily"),
    ("{every_minutes: 5}", "{weekly: {day: monday}}", "syncs[0].schedule.weekly.at"),
    ("{since: 2026-01-01}", "{since: soon}", "syncs[0].history.since"),
    ("{since: 2026-01-01}", "[]", "syncs[0].history"),
    ("[email, phone, name]", "[email, fax]", "syncs[0].match[1]"),
    ("[email, phone, name]", "email", "syncs[0].match"),
    ("format: e164", "format: long", f"{FIELD}.to_right[0].format"),
    ("format: e164", "fomat: e164", f"{FIELD}.to_right[0].fomat"),
    ("write: always", "wirte: always", f"{FIELD}.wirte"),
    ("left: phone, ", "", f"{FIELD}.left"),
    ("left: phone, right: phone", "constant: x", f"{FIELD}.right"),
    ("write: always", "value_map: [a, b]", f"{FIELD}.value_map"),
    ("write: always", "value_map: {a: [b]}", f"{FIELD}.value_map"),
    ("write: always", "constant: {a: b}", f"{FIELD}.constant"),
    ("write: always", "constant: ''", f"{FIELD}.constant"),
    ("write: always", "default: {up: x}", f"{FIELD}.default.up"),
    ("direction: both\n", "filters: {top: {}}\n", f"{CONTACT}.filters.top"),
    ("direction: both\n", "filters: {left: []}\n", f"{CONTACT}.filters.left"),
    (
        "direction: both\n",
        "filters: {left: {and: [{field: tags, op: like}]}}\n",
        f"{CONTACT}.filters.left.and[0].op",
    ),
]


def problem(*changes):
    with pytest.raises(ConfigError) as refused:
        config_read(config(*changes))
    return refused.value


def test_it_reads_the_file_of_the_contract():
    read = config_read(config())

    assert read.connections[1].account == "700000001"
    assert read.syncs[0].settings()["history"] == {"since": "2026-01-01"}
    assert read.syncs[0].settings()["schedule"] == {"every_minutes": 5}


@pytest.mark.parametrize(("before", "after", "path"), LATER)
def test_it_refuses_what_comes_later_with_its_path(before, after, path):
    error = problem((before, after))

    assert (error.path, error.message.split(" (")[0]) == (path, "not supported yet")


@pytest.mark.parametrize(("before", "after", "path"), WRONG)
def test_it_refuses_what_is_wrong_with_its_path(before, after, path):
    assert problem((before, after)).path == path


@pytest.mark.parametrize(
    "account", ["0700", "0x10", "12:30", "1_000", "no", "1.50", "+5"]
)
def test_an_account_is_what_is_written(account):
    read = config_read(config(("account: loc1", f"account: {account}")))

    assert read.connections[0].account == account


def test_no_error_quotes_a_secret():
    secret = "pit-0123456789"

    for change in (f"{{x: {secret}}}", f"[{secret}]", f"{secret}: {{"):
        error = problem(("{env: GHL_TOKEN}", change))
        assert secret not in error.message + error.detail


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"- 1",
        b"version: [",
        b"\xff\xfe",
        b"a: &a [*a]\nb: *a",
        b"version: 1\n---\nversion: 1",
        b"version: !!python/object:os.system x",
        b"version: " + b"9" * 6000,
        b"[" * 2000,
        b"#" * 1_000_001,
    ],
)
def test_it_refuses_what_is_no_such_file(data):
    with pytest.raises(ConfigError):
        config_read(data)


def test_a_secret_is_not_shown_when_printed():
    read = config_read(config(("{env: GHL_TOKEN}", "pit-0123456789")))

    assert "pit-0123456789" not in repr(read)
