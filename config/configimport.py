"""Importing a configuration file: all or nothing, and twice is once.

    rehearse (one transaction, rolled back) → ask the vendors → carry out (one more)

The rehearsal finds everything that is wrong with the file and which credentials are
new. No vendor is asked inside a transaction: it would lock everybody else out, and a
single-use token must not be spent for an import that then fails.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from django.db import transaction

from config.commandline import SCHEMA, workspaces_named
from config.configfile import ConfigFile, WorkspacePart
from config.importconnections import Imported, connection_import
from config.importproofs import Claim, Proof, claims_prove
from config.importsyncs import ImportedSync, sync_import, syncs_prune
from crosswalk.clock import now
from crosswalk.errors import ConfigError
from integrations.models import Connection, Grant
from integrations.selectors import connection_syncs
from integrations.services import connection_disconnect
from sync.models import Sync
from sync.setup.saving import next_poll_after
from sync.setup.schedules import is_clocked
from workspaces.models import Workspace
from workspaces.services import audit, workspace_create


@dataclass(slots=True)
class Report:
    """What an import did."""

    workspace: Workspace
    has_changed: bool = False
    connections: list[Imported] = field(default_factory=list)
    syncs: list[ImportedSync] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    disconnected: list[Connection] = field(default_factory=list)

    @property
    def claims(self) -> list[Claim]:
        """The connections whose credentials are new."""
        return [each.claim for each in self.connections if each.claim]

    def as_json(self) -> dict[str, Any]:
        """Return the report as the command prints it."""
        connections = [
            {**connection_json(each.connection), "result": each.result}
            for each in self.connections
        ]
        gone = [
            {**connection_json(connection), "result": "disconnected"}
            for connection in self.disconnected
        ]
        syncs = [
            {
                "name": each.sync.name,
                "state": each.sync.state,
                "result": each.result,
                **({"warnings": [*each.warnings]} if each.warnings else {}),
            }
            for each in self.syncs
        ]
        removed = [
            {"name": name, "state": None, "result": "removed"} for name in self.removed
        ]
        return {
            "schema": SCHEMA,
            "changed": self.has_changed,
            "workspace": self.workspace.name,
            "connections": connections + gone,
            "syncs": syncs + removed,
        }


def connection_json(connection: Connection) -> dict[str, Any]:
    """Return how a report names a connection."""
    return {
        "name": connection.name,
        "kind": connection.kind,
        "account": connection.account_id,
    }


def config_import(
    config: ConfigFile,
    *,
    workspace_name: str = "",
    prune: bool = False,
    offline: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Report:
    """Make a workspace be as the file says. Idempotent.

    Raises ConfigError with the dotted path of the first thing that does not fit or
    that a vendor refused; then nothing has changed. `offline` asks no vendor.
    """
    with transaction.atomic():
        rehearsed = _carry_out(config, workspace_name, prune, environ, {})
        transaction.set_rollback(True)
    proofs = {} if offline else claims_prove(rehearsed.claims)
    with transaction.atomic():
        report = _carry_out(config, workspace_name, prune, environ, proofs)
    for connection in report.disconnected:  # tells the vendor: no transaction is open
        connection_disconnect(
            connection=connection,
            actor=None,
            transport=httpx.MockTransport(_unreachable) if offline else None,
        )
    return report


def _unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("offline", request=request)


def _carry_out(
    config: ConfigFile,
    workspace_name: str,
    prune: bool,
    environ: Mapping[str, str],
    proofs: Mapping[str, Proof],
) -> Report:
    workspace, has_changed = _workspace(config.workspace, workspace_name)
    grants = Grant.objects.filter(workspace=workspace)
    stored = dict(grants.values_list("pk", "credentials_version"))
    report = Report(workspace, has_changed)
    if prune:
        report.removed = syncs_prune(workspace, {part.name for part in config.syncs})
    for number, connection in enumerate(config.connections):
        report.connections.append(
            connection_import(
                connection,
                path=f"connections[{number}]",
                workspace=workspace,
                environ=environ,
                proofs=proofs,
                stored=stored,
            )
        )
    for number, sync in enumerate(config.syncs):
        report.syncs.append(
            sync_import(sync, path=f"syncs[{number}]", workspace=workspace)
        )
    if prune:
        report.disconnected = _unused(workspace, config)
    _conclude(report)
    return report


def _conclude(report: Report) -> None:
    """Say whether anything changed, and put it into the audit trail."""
    results = [each.result for each in report.connections]
    results += [each.result for each in report.syncs]
    report.has_changed = bool(
        report.has_changed
        or report.removed
        or report.disconnected
        or any(result != "unchanged" for result in results)
    )
    if report.has_changed:
        audit(
            workspace=report.workspace,
            action="config.imported",
            subject=report.workspace.name,
            data={key: report.as_json()[key] for key in ("connections", "syncs")},
        )


def _workspace(part: WorkspacePart | None, name: str) -> tuple[Workspace, bool]:
    """Return the workspace that is meant, made where it is new, and whether it
    changed."""
    named = (
        Workspace.objects.filter(name=part.name)  # never by slug: it may be another's
        if part and not name
        else workspaces_named(name)
    )
    found = list(named.order_by("pk")[:2])
    if len(found) > 1:
        raise ConfigError(
            "several workspaces may be meant; name one by its slug with --workspace",
            path="workspace.name" if part else "workspace",
        )
    if found:
        return found[0], _time_zone(found[0], part)
    if part and not name:
        return workspace_create(name=part.name, time_zone=part.timezone), True
    raise ConfigError(
        f"there is no workspace “{name}”" if name else "is missing", path="workspace"
    )


def _time_zone(workspace: Workspace, part: WorkspacePart | None) -> bool:
    """Give a workspace the file's time zone; return whether it had another."""
    if part is None or "timezone" not in part.model_fields_set:
        return False
    before = workspace.time_zone
    if before == part.timezone:
        return False
    workspace.time_zone = part.timezone
    workspace.save(update_fields=["time_zone"])
    for sync in Sync.objects.filter(workspace=workspace, state=Sync.State.LIVE):
        if is_clocked(sync.schedule):
            sync.next_poll_at = next_poll_after(sync, now())
            sync.save(update_fields=["next_poll_at"])
    audit(
        workspace=workspace,
        action="workspace.changed",
        subject=workspace.name,
        data={"changes": {"time_zone": [before, part.timezone]}},
    )
    return True


def _unused(workspace: Workspace, config: ConfigFile) -> list[Connection]:
    """Return the connections that neither the file nor any sync names."""
    absent = (
        Connection.objects.filter(workspace=workspace)
        .exclude(name__in=[part.name for part in config.connections])
        .exclude(health=Connection.Health.DISABLED)
        .select_related("grant", "workspace")
    )
    return [connection for connection in absent if not connection_syncs(connection)]
