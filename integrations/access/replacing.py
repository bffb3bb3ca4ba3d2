"""Replacing: a connection goes on under new credentials, in place.

The old grant's row takes over the new credentials where they reach all its accounts,
so that one reconnect heals them all and whoever is calling meanwhile only sees a newer
token. What was replaced is revoked once its successor is stored.
"""

from __future__ import annotations

from django.db import transaction

from crosswalk.clock import now
from crosswalk.crypto import decrypt
from integrations.access.grants import grant_replace_credentials
from integrations.access.revoke import revocation_keep, revocation_try
from integrations.connectors.base import Account
from integrations.models import Connection, Grant


def grant_follow(
    connection: Connection, grant: Grant, account: Account, *, is_proven: bool
) -> Grant:
    """Return the grant under which a connection goes on, the old one's row if it can.

    Runs in a transaction. A row that nobody needs any more is removed; its token is
    revoked after the commit, if the new credentials are proven.
    """
    before = connection.grant
    if before.pk == grant.pk:
        return before
    others = before.connections.exclude(pk=connection.pk)
    reached = {account.id, *(str(each.get("id")) for each in grant.accounts)}
    is_heir = set(others.values_list("account_id", flat=True)) <= reached
    if is_proven and (is_heir or not others.exists()) and is_another(before, grant):
        revoke_after_commit(before)
    if grant.connections.exists() or not is_heir:
        return grant
    grant_replace_credentials(grant=before, source=grant)
    grant.delete()
    before.connections.exclude(health=Connection.Health.DISABLED).update(
        health=Connection.Health.ACTIVE, health_reason="", health_at=now()
    )
    return before


def is_another(before: Grant, grant: Grant) -> bool:
    """Whether two grants hold different refresh tokens."""
    held = decrypt(grant.credentials).get("refresh_token")
    return decrypt(before.credentials).get("refresh_token") != held


def revoke_after_commit(grant: Grant) -> None:
    """Set a grant's credentials aside, and revoke them once all is stored."""
    orphan = revocation_keep(grant, was_replaced=True)
    if orphan is not None:
        transaction.on_commit(lambda: revocation_try(orphan))
