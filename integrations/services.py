"""Connections: adding, checking, reconnecting and disconnecting them.

New credentials are always proven on a grant of their own before a connection takes
them over; a connection keeps its identity (and with it every mapping and link) for as
long as the remote account is the same.
"""

from __future__ import annotations

from typing import Any

import httpx
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.clock import now
from crosswalk.crypto import decrypt, encrypt, keyed_hash
from crosswalk.errors import AuthError, ConfigError
from integrations import registry
from integrations.access.grants import (
    connection_refused,
    grant_client_update,
    grant_erase,
)
from integrations.access.hooksecrets import secret_stored
from integrations.access.replacing import grant_follow
from integrations.access.revoke import revocation_keep, revocation_try
from integrations.connectors.base import Account
from integrations.fields.catalogue import FACT_OPTIONS
from integrations.fields.fieldreading import catalogue_refresh_soon
from integrations.models import Connection, Grant, OAuthApp, Site
from integrations.selectors import connection_syncs, free_name
from integrations.session import connection_session, session_for_grant
from synclog.models import Event
from workspaces.models import Workspace
from workspaces.services import audit

Person = AbstractBaseUser | None


def connection_add_token(
    *,
    workspace: Workspace,
    kind: str,
    name: str,
    account_id: str,
    token: str,
    actor: Person = None,
    check: bool = True,
    site: str = Site.VENDOR,
) -> Connection:
    """Connect an account by a static token; the same account is updated in place."""
    spec = registry.spec(kind)
    if not spec.token_auth:
        raise ConfigError(f"{spec.label} has no static tokens. Use OAuth.", path="auth")
    held = {"type": "token", "token": token}
    existing = connection_of(workspace, kind, account_id)
    if (
        existing
        and is_working(existing)
        and decrypt(existing.grant.credentials) == held
    ):
        return connection_kept(existing, name, actor)
    grant = Grant.objects.create(
        workspace=workspace,
        kind=kind,
        site=site,
        auth_type="token",
        credentials=encrypt(held),
        credentials_version=1,
    )
    return connection_prove(
        grant=grant, account_id=account_id, name=name, actor=actor, check=check
    )


def connection_add_refresh_token(
    *,
    workspace: Workspace,
    kind: str,
    name: str,
    account_id: str,
    client_id: str,
    client_secret: str,
    refresh_token: str,
    data_center: str = "",
    actor: Person = None,
    check: bool = True,
    site: str = Site.VENDOR,
) -> Connection:
    """Connect an account by an OAuth refresh token from a configuration file.

    The token is taken only if it differs from the one imported last: a second
    import never overwrites what rotation has put in its place. Connections that name
    the same token share one grant.
    """
    imported = keyed_hash(refresh_token)
    held = {
        "type": "oauth",
        "client_id": client_id,
        "client_secret": client_secret,
        "access_token": "",
        "refresh_token": refresh_token,
    }
    grant = Grant.objects.filter(
        workspace=workspace, kind=kind, site=site, imported_hash=imported
    ).first()
    existing = connection_of(workspace, kind, account_id)
    if grant is not None:
        grant_client_update(grant=grant, client_id=client_id, secret=client_secret)
        if existing and existing.grant_id == grant.pk:
            return connection_kept(existing, name, actor)
    else:
        grant = Grant.objects.create(
            workspace=workspace,
            kind=kind,
            site=site,
            auth_type="oauth",
            data_center=data_center,
            client_id=client_id,
            imported_hash=imported,
            credentials=encrypt(held),
            credentials_version=1,
        )
    return connection_prove(
        grant=grant, account_id=account_id, name=name, actor=actor, check=check
    )


def connection_prove(
    *, grant: Grant, account_id: str, name: str, actor: Person, check: bool
) -> Connection:
    """Check a fresh grant on an account and connect it; on failure nothing stays.

    Only a pair that the vendor has renewed meanwhile is kept: it exists nowhere else.
    """
    account = Account(id=account_id, name="")
    try:
        if check:
            with session_for_grant(grant, account) as connector:
                account = connector.check()
            grant.refresh_from_db()  # the check may have renewed the access
        return connection_from_grant(
            workspace=grant.workspace,
            grant=grant,
            account=account,
            name=name,
            actor=actor,
            is_checked=check,
        )
    except Exception:
        Grant.objects.filter(
            pk=grant.pk, refreshed_at__isnull=True, connections__isnull=True
        ).delete()
        raise


@transaction.atomic
def connection_from_grant(
    *,
    workspace: Workspace,
    grant: Grant,
    account: Account,
    name: str | None = None,
    actor: Person = None,
    is_checked: bool = True,
) -> Connection:
    """Connect an account under a grant; one that is there is reconnected in place."""
    existing = connection_of(workspace, grant.kind, account.id)
    if existing is not None:
        return connection_reconnect(existing, grant, account, name, actor, is_checked)
    if name and Connection.objects.filter(workspace=workspace, name=name).exists():
        raise ConfigError(
            f"There is already a connection named “{name}”. Choose another name.",
            path="name",
        )
    label = registry.spec(grant.kind).label
    connection = Connection.objects.create(
        workspace=workspace,
        grant=grant,
        kind=grant.kind,
        account_id=account.id,
        name=name or free_name(workspace, account.name or label),
        **(account_facts(account) if is_checked else {}),
    )
    if is_checked:
        catalogue_refresh_soon(connection)
    tell(connection, "connection.connected", actor)
    return connection


def connection_reconnect(
    connection: Connection,
    grant: Grant,
    account: Account,
    name: str | None,
    actor: Person,
    is_checked: bool,
) -> Connection:
    """Put a connection on a new grant. All that hangs on it stays: it is the same row."""
    before = connection.grant
    if before.site != grant.site:
        raise ConfigError(
            f"“{connection.name}” is the same account at "
            f"{'the sandbox' if before.site == Site.SANDBOX else 'the vendor'}. "
            "Disconnect it first."
        )
    if before.imported_hash and not grant.imported_hash:
        # importing the old file again must not put its old token back
        grant.imported_hash = before.imported_hash
        grant.save(update_fields=["imported_hash"])
    connection.grant = grant_follow(connection, grant, account, is_proven=is_checked)
    changes: dict[str, Any] = {
        "grant": connection.grant,
        "health": Connection.Health.ACTIVE,
        "health_reason": "",
        "health_at": now(),
        **(account_facts(account) if is_checked else {}),
    }
    for field, value in changes.items():
        setattr(connection, field, value)
    connection.save(update_fields=list(changes))  # a sync moves its cursors meanwhile
    if name:
        connection_rename(connection=connection, name=name, actor=actor)
    if before.pk != connection.grant_id and not before.connections.exists():
        before.delete()  # its token is set aside to be revoked
    if is_checked:
        catalogue_refresh_soon(connection)
    tell(connection, "connection.reconnected", actor)
    return connection


def connection_check(
    connection: Connection, *, transport: httpx.BaseTransport | None = None
) -> Account:
    """Prove a connection and store the account's facts; a refusal marks it."""
    try:
        with connection_session(
            connection, lane="person", transport=transport
        ) as session:
            account = session.connector.check()
    except AuthError as error:
        connection_refused(connection=connection, reason=error.message)
        connection.refresh_from_db()
        raise
    Connection.objects.filter(pk=connection.pk).update(
        **account_facts(account),
        health=Connection.Health.ACTIVE,
        health_reason="",
        health_at=now(),
    )
    connection.refresh_from_db()
    return account


def is_working(connection: Connection) -> bool:
    """Whether nobody needs to reconnect a connection."""
    return connection.grant.status == Grant.Status.ACTIVE and connection.health in {
        Connection.Health.ACTIVE,
        Connection.Health.DEGRADED,
    }


def connection_kept(connection: Connection, name: str, actor: Person) -> Connection:
    """Return a connection whose credentials are already these, under this name."""
    if name and connection.name != name:
        connection_rename(connection=connection, name=name, actor=actor)
    return connection


def connection_rename(*, connection: Connection, name: str, actor: Person) -> None:
    """Give a connection another name."""
    name = name.strip()
    if connection.name == name:
        return
    others = Connection.objects.filter(workspace_id=connection.workspace_id, name=name)
    if not name or others.exclude(pk=connection.pk).exists():
        raise ConfigError(
            f"There is already a connection named “{name}”. Choose another name."
            if name
            else "A connection needs a name.",
            path="name",
        )
    before, connection.name = connection.name, name
    connection.save(update_fields=["name"])
    audit(
        workspace=connection.workspace,
        actor=actor,
        action="connection.renamed",
        subject=name,
        data={"before": before},
    )


def connection_disconnect(
    *,
    connection: Connection,
    actor: Person,
    transport: httpx.BaseTransport | None = None,
) -> None:
    """Stop using an account: revoke at the vendor where it can be, erase credentials.

    Refused while a live sync uses it. What was read stays until its retention ends.
    """
    live = [sync.name for sync in connection_syncs(connection) if sync.state == "live"]
    if live:
        raise ConfigError(
            f"“{live[0]}” is live and uses this connection. Pause it first, then "
            "disconnect."
        )
    with transaction.atomic():
        orphan = grant_leave(connection)
        connection.reconnect_links.filter(used_at__isnull=True).delete()
        connection.health = Connection.Health.DISABLED
        connection.health_reason, connection.health_at = "Disconnected.", now()
        connection.save(update_fields=["health", "health_reason", "health_at"])
        tell(connection, "connection.disconnected", actor)
    if orphan is not None:
        revocation_try(orphan, transport=transport)


def grant_leave(connection: Connection) -> Grant | None:
    """Forget what a connection needs of its grant; return what is to be revoked.

    The grant itself stays for as long as others use it.
    """
    grant = connection.grant
    others = grant.connections.exclude(pk=connection.pk)
    if others.exclude(health=Connection.Health.DISABLED).exists():
        grant.account_tokens.filter(account_id=connection.account_id).delete()
        return None
    orphan = revocation_keep(grant)
    grant_erase(grant=grant)
    return orphan


def oauth_app_save(
    *, workspace: Workspace, kind: str, client_id: str, secret: str, actor: Person
) -> OAuthApp:
    """Store a workspace's client id and secret of a kind, the secret encrypted."""
    app, _made = OAuthApp.objects.update_or_create(
        workspace=workspace,
        kind=kind,
        defaults={
            "client_id": client_id.strip(),
            "secret": encrypt({"client_secret": secret.strip()}),
        },
    )
    label = registry.spec(kind).label
    audit(workspace=workspace, actor=actor, action="oauth_app.saved", subject=label)
    return app


def webhook_secret_save(*, connection: Connection, secret: str, actor: Person) -> None:
    """Store the secret that a connection's deliveries are signed with; "" clears it."""
    connection.webhook_secret = secret_stored(connection.webhook_secret, secret)
    connection.save(update_fields=["webhook_secret"])
    audit(
        workspace=connection.workspace,
        actor=actor,
        action="connection.webhook_secret_saved",
        subject=connection.name,
    )


def connection_of(
    workspace: Workspace, kind: str, account_id: str
) -> Connection | None:
    """Return a workspace's connection of a remote account."""
    return (
        Connection.objects.select_related("grant", "workspace")
        .filter(workspace=workspace, kind=kind, account_id=account_id)
        .first()
    )


def account_facts(account: Account) -> dict[str, Any]:
    """Return the columns of a connection that come from its remote account."""
    return {
        "account_name": account.name[:200],
        "time_zone": account.time_zone or "UTC",
        "country": account.country[:2].upper(),
        "facts": {k: v for k, v in account.facts.items() if k not in FACT_OPTIONS},
    }


def tell(connection: Connection, type_: str, actor: Person) -> None:
    """Write the audit line and the event of something done to a connection."""
    payload = {
        "connection": connection.pk,
        "name": connection.name,
        "kind": connection.kind,
        "account": connection.account_id,
    }
    audit(
        workspace=connection.workspace,
        actor=actor,
        action=type_,
        subject=connection.name,
        data=payload,
    )
    Event.objects.create(workspace=connection.workspace, type=type_, payload=payload)
