"""Grants: what one authorisation holds, and how it is going.

Credentials change by version only: whoever stores a pair names the version it
follows, so that an older answer never replaces a newer one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from crosswalk.clock import now
from crosswalk.crypto import decrypt, encrypt, rotate
from crosswalk.errors import AuthError, ConnectorError, RateLimited, TransientError
from integrations import registry
from integrations.connectors.oauth import TokenFacts
from integrations.models import AccountToken, Connection, Grant
from synclog.models import Event

LADDER_SECONDS = (30.0, 120.0, 600.0, 1800.0)  # cool-down of refreshes
LONGEST_SECONDS = 10 * 365 * 86_400  # no token is believed to last longer


@dataclass(frozen=True, slots=True)
class Pair:
    """What a grant holds at one version."""

    version: int
    access: str
    refresh: str
    expires_at: datetime | None
    is_static: bool

    def is_good(self, ahead: float = 0.0) -> bool:
        """Whether the access token may be used for `ahead` more seconds."""
        if not self.access:
            return False
        return self.expires_at is None or self.expires_at > now() + timedelta(
            seconds=ahead
        )


def pair_of(grant: Grant) -> Pair:
    """Return what a grant holds."""
    held = decrypt(grant.credentials)
    is_static = held.get("type") == "token"
    return Pair(
        version=grant.credentials_version,
        access=str(held.get("token" if is_static else "access_token") or ""),
        refresh=str(held.get("refresh_token") or ""),
        expires_at=None if is_static else grant.expires_at,
        is_static=is_static,
    )


def grant_usable(grant_id: int) -> Grant:
    """Return a grant as it is now; AuthError when a person must reconnect it."""
    grant = Grant.objects.filter(pk=grant_id).select_related("workspace").first()
    if grant is None:
        raise TransientError(
            "This account was connected again meanwhile. Crosswalk goes on by itself."
        )
    if grant.status == Grant.Status.NEEDS_RECONNECT:
        raise AuthError(grant.reason or "This connection must be connected again.")
    return grant


def cooling_down(grant: Grant) -> RateLimited | None:
    """Return the error of a grant that was asked for in vain a moment ago."""
    if grant.retry_at is None or grant.retry_at <= now():
        return None
    label = registry.spec(grant.kind).label
    return RateLimited(
        f"{label} gives no new access at the moment. Crosswalk goes on by itself.",
        retry_after=(grant.retry_at - now()).total_seconds(),
        window="token",
        status=0,
        detail=grant.reason,
    )


def pair_store(grant: Grant, facts: TokenFacts) -> Pair:
    """Store a new pair over the version it follows, and return what holds now.

    Should somebody have stored another pair meanwhile (our lease ran out while this
    process was stopped), theirs is the newer one and stays. If only the app's id or
    secret was changed meanwhile, the new pair still follows what is there.
    """
    spent = decrypt(grant.credentials).get("refresh_token")
    latest = grant
    while not _pair_stored(latest, facts):
        found = Grant.objects.filter(pk=grant.pk).first()
        if found is None or found.credentials_version == latest.credentials_version:
            break  # connected again: the row is gone
        latest = found
        if not spent or decrypt(latest.credentials).get("refresh_token") != spent:
            break
    return pair_of(grant_usable(grant.pk))


def _pair_stored(grant: Grant, facts: TokenFacts) -> bool:
    """Store a pair over this very version; False when it is no longer there."""
    held = decrypt(grant.credentials)
    held["access_token"] = facts.access_token
    held["refresh_token"] = facts.refresh_token or held.get("refresh_token", "")
    moment = now()
    changes: dict[str, Any] = {
        "credentials": encrypt(held),
        "credentials_version": F("credentials_version") + 1,
        "expires_at": expiry_of(facts, moment),
        "refreshed_at": moment,
        "failures": 0,
        "retry_at": None,
        "reason": "",
        "status": Grant.Status.ACTIVE,
    }
    if facts.scopes:
        changes["scopes"] = sorted(facts.scopes)
    if facts.facts:
        changes["facts"] = {**grant.facts, **facts.facts}
    same = Grant.objects.filter(
        pk=grant.pk, credentials_version=grant.credentials_version
    )
    with transaction.atomic():
        done = bool(same.update(**changes))
        if done:
            connections_recovered(grant)
    return done


def expiry_of(facts: TokenFacts, moment: datetime) -> datetime | None:
    """Return when the access token ends."""
    if facts.expires_in <= 0:
        return None
    return moment + timedelta(seconds=min(facts.expires_in, LONGEST_SECONDS))


def grant_refused(*, grant: Grant, reason: str) -> bool:
    """Mark a grant and its connections as needing a person; tell it once.

    False, and nothing is marked, when its credentials are others by now.
    """
    reason = reason[:400]
    with transaction.atomic():
        same = Grant.objects.filter(
            pk=grant.pk, credentials_version=grant.credentials_version
        )
        if not same.update(status=Grant.Status.NEEDS_RECONNECT, reason=reason):
            return False
        for connection in Connection.objects.filter(grant_id=grant.pk):
            connection_refused(connection=connection, reason=reason)
    return True


def connection_refused(*, connection: Connection, reason: str) -> None:
    """Mark one connection as needing a person, with one event of it."""
    moved = (
        Connection.objects.filter(pk=connection.pk)
        .exclude(
            health__in=(
                Connection.Health.NEEDS_RECONNECT,
                Connection.Health.DISABLED,
            )
        )
        .update(
            health=Connection.Health.NEEDS_RECONNECT,
            health_reason=reason[:400],
            health_at=now(),
        )
    )
    if moved:
        Event.objects.create(
            workspace_id=connection.workspace_id,
            type="connection.needs_reconnect",
            payload={
                "connection": connection.pk,
                "name": connection.name,
                "kind": connection.kind,
                "reason": reason[:400],
            },
        )


def connections_recovered(grant: Grant) -> None:
    """Mark the connections of a grant as working again, but for accounts that an
    agency's grant can no longer enter."""
    lost = AccountToken.objects.filter(grant_id=grant.pk).exclude(reason="")
    Connection.objects.filter(
        grant_id=grant.pk, health=Connection.Health.NEEDS_RECONNECT
    ).exclude(account_id__in=lost.values("account_id")).update(
        health=Connection.Health.ACTIVE, health_reason="", health_at=now()
    )


def refused_for_now(grant: Grant, error: ConnectorError) -> RateLimited:
    """Start the cool-down of a grant and return the error with its waiting time."""
    failures = grant.failures + 1
    pause = LADDER_SECONDS[min(failures, len(LADDER_SECONDS)) - 1]
    if isinstance(error, RateLimited):
        pause = max(pause, error.retry_after)
    Grant.objects.filter(
        pk=grant.pk, credentials_version=grant.credentials_version
    ).update(
        failures=failures,
        retry_at=now() + timedelta(seconds=pause),
        reason=error.message[:400],
    )
    return RateLimited(
        error.message,
        retry_after=pause,
        window="token",
        status=0,
        detail=error.detail,
    )


def grant_replace_credentials(*, grant: Grant, source: Grant) -> None:
    """Give a grant the credentials and facts of another one, as its next version."""
    copied = (
        *("auth_type", "data_center", "api_url", "client_id", "owner", "scopes"),
        *("accounts", "credentials", "imported_hash", "expires_at", "facts"),
    )
    values: dict[str, Any] = {field: getattr(source, field) for field in copied}
    values["credentials"] = rotate(source.credentials)  # never put an old key back
    AccountToken.objects.filter(grant_id=grant.pk).delete()  # made by the old ones
    Grant.objects.filter(pk=grant.pk).update(
        **values,
        refreshed_at=source.refreshed_at or source.created_at,
        used_at=now(),
        credentials_version=F("credentials_version") + 1,
        status=Grant.Status.ACTIVE,
        reason="",
        failures=0,
        retry_at=None,
    )
    grant.refresh_from_db()


def grant_client_update(*, grant: Grant, client_id: str, secret: str) -> None:
    """Store another client id or secret beside the tokens a grant has now."""
    held = decrypt(grant.credentials)
    if (held.get("client_id"), held.get("client_secret")) == (client_id, secret):
        return
    held |= {"client_id": client_id, "client_secret": secret}
    Grant.objects.filter(
        pk=grant.pk, credentials_version=grant.credentials_version
    ).update(
        credentials=encrypt(held),
        client_id=client_id,
        credentials_version=F("credentials_version") + 1,
        status=Grant.Status.ACTIVE,
        reason="",
    )
    grant.refresh_from_db()


def grant_erase(*, grant: Grant) -> None:
    """Forget the credentials of a grant, and the tokens that were made with them."""
    AccountToken.objects.filter(grant_id=grant.pk).delete()
    Grant.objects.filter(pk=grant.pk).update(
        credentials="",
        credentials_version=F("credentials_version") + 1,
        imported_hash="",
        expires_at=None,
        status=Grant.Status.NEEDS_RECONNECT,
        reason="It was disconnected. Connect it again.",
    )
    grant.refresh_from_db()
