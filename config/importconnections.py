"""Importing the connections of a configuration file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.configerrors import placed
from config.configexport import placeholder
from config.configfile import ConnectionPart, OAuthAuth
from config.importproofs import Claim, Proof
from config.secretrefs import Secret
from crosswalk.errors import ConfigError
from integrations import registry
from integrations.access.endpoints import accounts_roots, is_known_api
from integrations.access.grants import pair_store
from integrations.models import Connection, Grant
from integrations.quotas.subjects import percent_of, reserve_set
from integrations.services import (
    account_facts,
    connection_add_refresh_token,
    connection_add_token,
    connection_kept,
    connection_of,
    connection_reconnect,
)
from integrations.session import account_of
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Imported:
    """A connection as it is after the import, and what the import did to it."""

    connection: Connection
    result: str  # created, updated, unchanged
    claim: Claim | None = None  # its credentials are new


def connection_import(
    part: ConnectionPart,
    *,
    path: str,
    workspace: Workspace,
    environ: Mapping[str, str],
    proofs: Mapping[str, Proof],
    stored: Mapping[int, int],
) -> Imported:
    """Make or update one connection. Vendors are not asked; what they said of new
    credentials is in `proofs`."""
    with placed(path):
        _must_be_same_account(part, workspace)
        existing = connection_of(workspace, part.kind, part.account)
        before = _state(existing)
        connection = _put(part, existing, workspace, environ)
    proof = proofs.get(part.name)
    if proof is not None:
        _store(connection, proof)
    connection = Connection.objects.select_related("grant__workspace").get(
        pk=connection.pk
    )
    after = _state(connection)
    if before == after and proof is None:
        return Imported(connection, "unchanged")
    return Imported(
        connection,
        "updated" if before else "created",
        _claim(connection, before, after, path, stored),
    )


def _put(
    part: ConnectionPart,
    existing: Connection | None,
    workspace: Workspace,
    environ: Mapping[str, str],
) -> Connection:
    if existing and _keeps_secrets(part, existing, environ):
        connection = connection_kept(existing, part.name, None)
    else:
        connection = _add(part, workspace, environ)
    _data_center(part, connection)
    if part.reserve_percent is not None:
        reserve_set(connection=connection, percent=part.reserve_percent, actor=None)
    if connection.health == Connection.Health.DISABLED:  # named again: used again
        connection_reconnect(
            connection, connection.grant, account_of(connection), None, None, False
        )
    return connection


def _state(connection: Connection | None) -> dict[str, Any]:
    if connection is None:
        return {}
    grant = Grant.objects.get(pk=connection.grant_id)
    return {
        "name": connection.name,
        "grant": grant.pk,
        "credentials": (grant.credentials_version, grant.data_center),
        "health": connection.health == Connection.Health.DISABLED,
        "reserve": percent_of(connection.options),
    }


def _claim(
    connection: Connection,
    before: dict[str, Any],
    after: dict[str, Any],
    path: str,
    stored: Mapping[int, int],
) -> Claim | None:
    credentials = ("grant", "credentials")
    if before and all(before[key] == after[key] for key in credentials):
        return None
    grant = connection.grant
    return Claim(
        path=path,
        name=connection.name,
        grant=grant,
        account=account_of(connection),
        is_stored=stored.get(grant.pk) == grant.credentials_version
        and before.get("credentials", after["credentials"]) == after["credentials"],
    )


def _must_be_same_account(part: ConnectionPart, workspace: Workspace) -> None:
    named = Connection.objects.filter(workspace=workspace, name=part.name).first()
    if named and (named.kind, named.account_id) != (part.kind, part.account):
        key = "kind" if named.kind != part.kind else "account"
        raise ConfigError(
            f"“{named.name}” is connected to account {named.account_id} of "
            f"{registry.spec(named.kind).label} and cannot be moved to another; give "
            "the new connection a name of its own",
            path=key,
        )


def _secrets(part: ConnectionPart) -> dict[str, Secret]:
    found = {key: getattr(part.auth, key) for key in type(part.auth).model_fields}
    return {key: value for key, value in found.items() if isinstance(value, Secret)}


def _keeps_secrets(
    part: ConnectionPart, existing: Connection, environ: Mapping[str, str]
) -> bool:
    """Whether the file is our own export, imported again without any secret set.

    Only the names that an export makes up count: any other name that is not set is
    a mistake, and said so.
    """
    if not existing.grant.credentials:
        return False
    base = placeholder(existing.name) or f"CONNECTION_{existing.pk}"
    ours = re.compile(rf"{re.escape(base)}(_{existing.pk})?_[A-Z_]+")
    return all(
        secret.env and ours.fullmatch(secret.env) and not secret.is_set(environ)
        for secret in _secrets(part).values()
    )


def _add(
    part: ConnectionPart, workspace: Workspace, environ: Mapping[str, str]
) -> Connection:
    values: dict[str, Any] = {
        key: secret.resolve(environ, f"auth.{key}")
        for key, secret in _secrets(part).items()
    }
    common: dict[str, Any] = {
        "workspace": workspace,
        "kind": part.kind,
        "name": part.name,
        "account_id": part.account,
        "site": part.site,
        "check": False,
    }
    if isinstance(part.auth, OAuthAuth):
        return connection_add_refresh_token(
            **common, **values, data_center=part.auth.data_center or ""
        )
    return connection_add_token(**common, **values)


def _data_center(part: ConnectionPart, connection: Connection) -> None:
    code = part.auth.data_center if isinstance(part.auth, OAuthAuth) else None
    if not code:
        return
    known = [code for code in accounts_roots(part.kind, part.site) if code]
    if code not in known:
        label = registry.spec(part.kind).label
        raise ConfigError(
            f"must be one of {', '.join(known)}"
            if known
            else f"{label} has no data centers; leave it out",
            path="auth.data_center",
        )
    Grant.objects.filter(pk=connection.grant_id).exclude(data_center=code).update(
        data_center=code, api_url=""
    )


def _store(connection: Connection, proof: Proof) -> None:
    Connection.objects.filter(pk=connection.pk).update(**account_facts(proof.account))
    if proof.facts is not None:
        pair_store(Grant.objects.get(pk=connection.grant_id), proof.facts)
        if is_known_api(connection.kind, proof.facts.api_url):
            Grant.objects.filter(pk=connection.grant_id).update(
                api_url=proof.facts.api_url
            )
