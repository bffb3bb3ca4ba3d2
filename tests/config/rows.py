"""Rows that tests of settings and commands begin with."""

from __future__ import annotations

from crosswalk.crypto import encrypt
from integrations.models import Connection, Grant
from mapping.defaults import default_field_maps
from mapping.services import mapping_publish, mapping_save
from sync.models import Sync
from sync.setup.saving import DEFAULTS, sync_save
from workspaces.models import Workspace
from workspaces.services import workspace_create


def connection_make(
    workspace: Workspace, kind: str, name: str, account_id: str = "1", **grant
) -> Connection:
    held = encrypt({"type": "token", "token": f"pit-{name}"})
    row = Grant.objects.create(
        workspace=workspace,
        kind=kind,
        **{"auth_type": "token", "credentials": held, **grant},
    )
    return Connection.objects.create(
        workspace=workspace, grant=row, name=name, kind=kind, account_id=account_id
    )


def pair_make(workspace: Workspace) -> tuple[Connection, Connection]:
    return (
        connection_make(workspace, "highlevel", "GHL", "loc1"),
        connection_make(workspace, "zoho_invoice", "Zoho", "700000001"),
    )


def sync_make(workspace: Workspace | None = None, **changes) -> Sync:
    workspace = workspace or workspace_create(name="Acme", time_zone="Europe/London")
    left, right = changes.pop("pair", None) or pair_make(workspace)
    settings = {"name": "Contacts", **DEFAULTS, **changes}
    return sync_save(
        workspace=workspace, left=left, right=right, actor=None, **settings
    )


def mapped(sync: Sync) -> Sync:
    mapping = mapping_save(
        sync=sync,
        object_type="contact",
        direction="both",
        lines=default_field_maps(sync.left.kind, sync.right.kind, "contact"),
        actor=None,
    )
    mapping_publish(mapping=mapping, actor=None)
    return sync
