"""Exporting a workspace as a configuration file, without its secrets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml
from django.utils.text import slugify

from integrations.models import Connection, Site
from integrations.quotas.subjects import RESERVE_OPTION, percent_of
from mapping.checks import lines_check
from mapping.defaults import RULE_KEYS, default_field_maps
from mapping.gather import gather_table
from mapping.models import Mapping
from mapping.pairings import object_specs
from mapping.selectors import draft_lines, published_lines
from mapping.valuemap import rows_table
from sync.models import Sync
from sync.setup.saving import COLUMNS, DEFAULTS, SETTINGS
from sync.setup.schedules import MANUAL
from workspaces.models import Workspace

UNSET = {**DEFAULTS, "schedule": MANUAL}  # what an empty column means
HEADER = """\
# Crosswalk configuration. Secrets are never exported: each {env: NAME} names the
# environment variable that holds one. Imported into the installation it came from,
# names that are not set keep the secret that is stored there.
"""


def config_export(workspace: Workspace) -> dict[str, Any]:
    """Return a workspace as the data of a configuration file."""
    connections = list(
        Connection.objects.filter(workspace=workspace)
        .exclude(health=Connection.Health.DISABLED)
        .select_related("grant")
        .order_by("pk")
    )
    syncs = (
        Sync.objects.filter(workspace=workspace)
        .select_related("left", "right")
        .order_by("pk")
    )
    return {
        "version": 1,
        "workspace": {"name": workspace.name, "timezone": workspace.time_zone},
        "connections": [
            connection_part(connection, prefix)
            for connection, prefix in zip(
                connections, placeholders(connections), strict=True
            )
        ],
        "syncs": [sync_part(sync) for sync in syncs],
    }


def config_text(data: dict[str, Any]) -> str:
    """Return the data of a configuration file as YAML."""
    return HEADER + yaml_text(data)


def yaml_text(data: dict[str, Any]) -> str:
    """Return data as the YAML that every reader takes for the same."""
    return yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )


def placeholders(connections: Iterable[Connection]) -> list[str]:
    """Return per connection how the names of its variables begin."""
    prefixes: list[str] = []
    for connection in connections:
        base = placeholder(connection.name) or f"CONNECTION_{connection.pk}"
        taken = base in prefixes
        prefixes.append(f"{base}_{connection.pk}" if taken else base)
    return prefixes


def placeholder(name: str) -> str:
    """Return how the variables of a connection are named in an export."""
    slug = slugify(name).upper().replace("-", "_")
    return f"CONNECTION_{slug}" if slug else ""


def connection_part(connection: Connection, prefix: str) -> dict[str, Any]:
    """Return one connection as the file names it."""
    part: dict[str, Any] = {
        "name": connection.name,
        "kind": connection.kind,
        "account": connection.account_id,
    }
    if connection.grant.site == Site.SANDBOX:
        part["site"] = Site.SANDBOX.value
    if RESERVE_OPTION in (connection.options or {}):
        part[RESERVE_OPTION] = percent_of(connection.options)
    return {**part, "auth": _auth(connection, prefix)}


def sync_part(sync: Sync) -> dict[str, Any]:
    """Return one sync as the file names it, its mapping as it is in force."""
    state = "draft" if sync.state == Sync.State.TESTED else str(sync.state)
    part = {
        "name": sync.name,
        "left": sync.left.name,
        "right": sync.right.name,
        "state": state,
        **{key: getattr(sync, COLUMNS.get(key, key)) or UNSET[key] for key in SETTINGS},
    }
    mappings = Mapping.objects.filter(
        workspace_id=sync.workspace_id, sync_id=sync.pk
    ).select_related("published")
    objects = {
        mapping.object_type: _object(mapping, sync)
        for mapping in mappings
        if _lines(mapping, sync)
    }
    return {**part, "objects": objects} if objects else part


def _auth(connection: Connection, prefix: str) -> dict[str, Any]:
    if connection.grant.auth_type == "token":
        return {"type": "token", "token": {"env": f"{prefix}_TOKEN"}}
    auth: dict[str, Any] = {"type": "oauth"}
    for key in ("client_id", "client_secret", "refresh_token"):
        auth[key] = {"env": f"{prefix}_{key.upper()}"}
    if connection.grant.data_center:
        auth["data_center"] = connection.grant.data_center
    return auth


def _lines(mapping: Mapping, sync: Sync) -> list[dict[str, Any]]:
    """Return the lines in force; of a draft alone only what can be imported again."""
    if lines := published_lines(mapping):
        return lines
    draft = draft_lines(mapping)
    specs = object_specs(sync.left, sync.right, mapping.object_type)
    is_fit = not lines_check(draft, *specs, direction=mapping.direction)
    return draft if is_fit else []


def _object(mapping: Mapping, sync: Sync) -> dict[str, Any]:
    source = mapping.published or mapping
    lines = _lines(mapping, sync)
    defaults = default_field_maps(sync.left.kind, sync.right.kind, mapping.object_type)
    is_default = lines == [line.as_line() for line in defaults]
    filters = sync.filters.get(mapping.object_type)
    return {
        "direction": source.direction,
        **({"filters": filters} if filters else {}),
        "fields": "default" if is_default else [config_line(line) for line in lines],
    }


def config_line(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line of a mapping as the file names it."""
    always = {key: line[key] for key in ("left", "right") if line[key]}
    always |= {key: line[key] for key in ("direction", "write")}
    chosen = {
        key: line[key] for key in ("conflict", "to_right", "to_left") if line[key]
    }
    rules = {key: line[key] for key in RULE_KEYS if key in line}
    if "value_map" in rules:
        rules["value_map"] = rows_table(rules["value_map"])
    if "gather" in rules:
        rules["gather"] = gather_table(rules["gather"])
    return {**always, **chosen, **rules}


class _Dumper(yaml.SafeDumper):
    """Writes every text that another YAML reader could take for a number in quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
