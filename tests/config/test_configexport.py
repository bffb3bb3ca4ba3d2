"""Exporting a workspace, and importing it again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from config.configexport import config_export, config_line, config_text
from config.configfile import FieldPart, config_read
from config.configimport import config_import
from integrations import registry
from mapping.checks import lines_check
from mapping.models import Mapping
from mapping.services import line_normal
from sync.models import Sync
from tests.config.files import ENVIRON, config
from tests.config.rows import connection_make, mapped, sync_make
from workspaces.models import AuditEvent, Workspace
from workspaces.services import workspace_create

pytestmark = pytest.mark.django_db
SIDES = [
    registry.spec(kind).object("contact") for kind in ("highlevel", "zoho_invoice")
]


def again(workspace, **options):
    """Export a workspace and import the file."""
    text = config_text(config_export(workspace))
    return config_import(
        config_read(text.encode()),
        workspace_name=workspace.slug,
        **{"offline": True, "environ": {}, **options},
    )


def test_an_export_names_secrets_and_holds_none():
    config_import(config_read(config()), environ=ENVIRON, offline=True)

    text = config_text(config_export(Workspace.objects.get()))

    assert "CONNECTION_ZOHO_REFRESH_TOKEN" in text
    assert not [value for value in ENVIRON.values() if value in text]


def test_an_export_imports_to_no_change():
    config_import(config_read(config()), environ=ENVIRON, offline=True)
    audited = AuditEvent.objects.count()

    report = again(Workspace.objects.get(), prune=True)

    assert not report.has_changed
    assert AuditEvent.objects.count() == audited


def test_an_export_makes_the_same_elsewhere():
    config_import(config_read(config()), environ=ENVIRON, offline=True)
    exported = config_export(Workspace.objects.get())
    elsewhere = {**exported, "workspace": {**exported["workspace"], "name": "Copy"}}
    names = ("GHL_TOKEN", "ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN")

    config_import(
        config_read(config_text(elsewhere).encode()),
        environ={f"CONNECTION_{name}": "x" for name in names},
        offline=True,
    )

    assert config_export(Workspace.objects.get(name="Copy")) == elsewhere


def test_a_sandbox_connection_and_odd_names_come_back():
    workspace = workspace_create(name="Ω & Söhne: 1")
    connection_make(workspace, "highlevel", "Ω", "0700", site="sandbox")
    connection_make(workspace, "highlevel", "0700", "2026-01-01")
    connection_make(workspace, "zoho_invoice", "Zoho 1", "1")
    connection_make(workspace, "zoho_invoice", "Zoho-1", "2")

    assert not again(workspace, prune=True).has_changed


def test_the_default_mapping_is_exported_by_its_name():
    sync = mapped(sync_make())

    exported = config_export(sync.workspace)

    assert exported["syncs"][0]["objects"]["contact"]["fields"] == "default"
    assert not again(sync.workspace).has_changed


def test_a_draft_that_somebody_edits_survives():
    sync = mapped(sync_make())
    mapping = Mapping.objects.get()
    mapping.field_maps.filter(left="website").delete()

    again(sync.workspace)

    assert mapping.field_maps.count() == 5


def test_a_tested_sync_is_exported_as_draft_and_stays_tested():
    sync = mapped(sync_make())
    Sync.objects.update(state="tested")

    assert config_export(sync.workspace)["syncs"][0]["state"] == "draft"
    assert not again(sync.workspace).has_changed
    assert Sync.objects.get().state == "tested"


def as_stored(found):
    """Return lines as the file's keys become those of a mapping."""
    return [line_normal(FieldPart.model_validate(line).as_line()) for line in found]


chains = st.lists(
    st.sampled_from(
        [
            {"name": "trim"},
            {"name": "email"},
            {"name": "phone"},
            {"name": "phone", "format": "national"},
        ]
    ),
    max_size=2,
)
lines = st.fixed_dictionaries(
    {
        "left": st.sampled_from(["email", "phone", "source", "customFields.a1"]),
        "right": st.sampled_from(["email", "mobile", "notes", "custom_fields.cf_0"]),
        "direction": st.sampled_from(["both", "left_to_right", "right_to_left"]),
        "write": st.sampled_from(["always", "if_empty", "on_create", "never"]),
        "to_right": chains,
        "to_left": chains,
    },
    optional={
        "conflict": st.sampled_from(["left", "ask"]),
        "value_map": st.sampled_from(
            [
                {"gold": "Tier 1", "*": ""},
                {"1": "one", "0": "none"},
                [{"left": "a", "right": "x"}, {"left": "a", "right": "y"}],
            ]
        ),
        "default": st.sampled_from([{"right": "x"}, {"left": "0", "right": "y"}]),
    },
) | st.fixed_dictionaries(
    {
        "right": st.sampled_from(["notes", "custom_fields.cf_0"]),
        "constant": st.sampled_from(["HighLevel", 0, False, 1.5]),
        "direction": st.just("both"),
        "write": st.sampled_from(["always", "if_empty", "append", "on_create"]),
    }
)
names = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20
)
syncs = st.fixed_dictionaries(
    {
        "name": names,
        "match": st.lists(
            st.sampled_from(["email", "phone", "name"]), min_size=1, unique=True
        ),
        "first_merge": st.sampled_from(["left", "right", "newest", "non_empty"]),
        "conflict": st.sampled_from(["left", "right", "newest", "ask"]),
        "history": st.sampled_from(["all", "new"])
        | st.dates().map(lambda day: {"since": day.isoformat()}),
        "schedule": st.just("manual")
        | st.integers(5, 40_000).map(lambda n: {"every_minutes": n})
        | st.sampled_from(
            [
                {"cron": "0 3 * * *"},
                {"cron": "*/7 8-17 * * 1-5"},
                {"daily": "13:00"},
                {"weekly": {"day": "friday", "at": "22:30"}},
            ]
        ),
        "state": st.sampled_from(["draft", "live", "paused"]),
        "objects": st.fixed_dictionaries(
            {
                "contact": st.fixed_dictionaries(
                    {
                        "direction": st.sampled_from(["both", "right_to_left"]),
                        "fields": st.just("default")
                        | st.lists(lines, min_size=1, max_size=3).filter(
                            lambda found: not lines_check(as_stored(found), *SIDES)
                        ),
                    }
                )
            }
        ),
    }
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
@given(sync=syncs, account=st.integers(0, 10**18).map(str) | names)
def test_whatever_can_be_imported_comes_back(db, sync, account):
    data = {**CONNECTIONS, "syncs": [{**sync, "left": "L", "right": "R"}]}
    for connection in data["connections"]:
        connection["account"] = account

    with transaction.atomic():
        config_import(config_read(config_text(data).encode()), environ={}, offline=True)
        workspace = Workspace.objects.get()
        first = config_export(workspace)
        report = again(workspace, prune=True)
        second = config_export(workspace)
        transaction.set_rollback(True)

    assert not report.has_changed
    assert first == second
    for key in ("match", "first_merge", "conflict", "history", "schedule", "state"):
        assert first["syncs"][0][key] == sync[key]


TOKEN = {"type": "token", "token": "a"}
OAUTH = {"type": "oauth", "client_id": "a", "client_secret": "b", "refresh_token": "c"}
CONNECTIONS = {
    "version": 1,
    "workspace": {"name": "Acme", "timezone": "Asia/Tokyo"},
    "connections": [
        {"name": "L", "kind": "highlevel", "auth": TOKEN},
        {"name": "R", "kind": "zoho_invoice", "auth": OAUTH},
    ],
}


def test_a_chosen_reserve_is_exported_and_imports_to_no_change():
    changed = ("    account: loc1\n", "    account: loc1\n    reserve_percent: 0\n")
    config_import(config_read(config(changed)), environ=ENVIRON, offline=True)

    exported = config_export(Workspace.objects.get())

    assert exported["connections"][0]["reserve_percent"] == 0
    assert "reserve_percent" not in exported["connections"][1]
    assert not again(Workspace.objects.get()).has_changed


@pytest.mark.parametrize(
    "gather",
    [
        {"template": "{firstName} {lastName}"},
        {"first_of": ["firstName", "email"]},
        {"by_tag": {"vip": "Gold"}, "otherwise": "Bronze"},
    ],
)
def test_what_several_fields_come_to_is_read_and_written_again(gather: Any) -> None:
    raw = {"left": "firstName", "right": "twitter", "gather": gather}
    line = line_normal(FieldPart.model_validate(raw).as_line())
    assert config_line(line)["gather"] == gather


def test_a_wrong_gathering_is_refused_with_its_place() -> None:
    with pytest.raises(ValidationError) as caught:
        FieldPart.model_validate({"left": "a", "right": "b", "gather": {"sum": 1}})
    (error,) = caught.value.errors()
    assert error["loc"] == ("gather",)
    assert "takes one of template, first_of, by_tag" in error["msg"]
