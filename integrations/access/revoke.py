"""Revoke: telling a vendor that we no longer use what it gave us.

Zoho keeps twenty refresh tokens a user and silently ends the oldest of them, so what
is replaced must go. It goes *after* its successor is stored: until the vendor has
confirmed, the old credentials wait in a grant row of their own, which no connection
uses; a kill or a vendor that is down only means that it is tried again.
"""

from __future__ import annotations

import logging
from datetime import timedelta

import httpx
from django.db.models import Q

from crosswalk.clock import now
from crosswalk.crypto import decrypt, keyed_hash, rotate
from crosswalk.errors import CrosswalkError
from integrations import registry
from integrations.access.endpoints import endpoints_for
from integrations.http import client_build, parse_body
from integrations.models import Grant
from integrations.session import default_transport
from workspaces.services import audit

log = logging.getLogger(__name__)
REVOKING = "revoking"  # key of `Grant.facts`: how often it was tried
LADDER_HOURS = (1, 3, 6, 12, 24, 24, 24)
ABANDONED_AFTER = timedelta(days=1)
REASON = "It was replaced and is being revoked."


def revocation_keep(grant: Grant, *, was_replaced: bool = False) -> Grant | None:
    """Set a grant's credentials aside to be revoked; None where there is nothing to.

    Called in the transaction that replaces or erases them. A token that was replaced
    stays if it came from a configuration file: others may be using it.
    """
    held = decrypt(grant.credentials)
    token = str(held.get("refresh_token") or "")
    if not token or not revoke_url(grant):
        return None
    if was_replaced and keyed_hash(token) == grant.imported_hash:
        return None
    return Grant.objects.create(
        workspace_id=grant.workspace_id,
        kind=grant.kind,
        site=grant.site,
        auth_type=grant.auth_type,
        data_center=grant.data_center,
        client_id=grant.client_id,
        owner=grant.owner,
        credentials=rotate(grant.credentials),
        credentials_version=grant.credentials_version,
        status=Grant.Status.NEEDS_RECONNECT,
        reason=REASON,
        facts={REVOKING: 0},
        retry_at=now(),
    )


def grant_discard(
    grant: Grant, *, transport: httpx.BaseTransport | None = None
) -> None:
    """Let go of a grant that no connection took: revoke it, then forget it."""
    if not revoke_url(grant) or grant.auth_type != "oauth":
        grant.delete()
        return
    grant.facts, grant.reason, grant.retry_at = {REVOKING: 0}, REASON, now()
    grant.status, grant.imported_hash = Grant.Status.NEEDS_RECONNECT, ""
    grant.save(update_fields=["facts", "reason", "retry_at", "status", "imported_hash"])
    revocation_try(grant, transport=transport)


def abandoned_discard(*, limit: int = 20) -> int:
    """Let go of grants whose account nobody chose within a day; return how many.

    An imported one stays: the file that names its token may come again.
    """
    abandoned = Grant.objects.filter(
        connections__isnull=True,
        imported_hash="",
        created_at__lt=now() - ABANDONED_AFTER,
    ).exclude(facts__has_key=REVOKING)
    found = list(abandoned.select_related("workspace").order_by("pk")[:limit])
    for grant in found:
        grant_discard(grant)
    return len(found)


def revocation_try(
    orphan: Grant, *, transport: httpx.BaseTransport | None = None
) -> bool:
    """Revoke what was set aside; on failure note when to try again, and say so."""
    if was_revoked(orphan, transport=transport):
        orphan.delete()
        return True
    tries = int(orphan.facts.get(REVOKING, 0)) + 1
    label = registry.spec(orphan.kind).label
    has_given_up = tries > len(LADDER_HOURS)
    if tries == 1 or has_given_up:
        audit(
            workspace=orphan.workspace,
            action="grant.revoke_gave_up" if has_given_up else "grant.revoke_failed",
            subject=f"{label}, {orphan.owner}" if orphan.owner else label,
        )
    if has_given_up:
        orphan.delete()
        return False
    Grant.objects.filter(pk=orphan.pk).update(
        facts={REVOKING: tries},
        retry_at=now() + timedelta(hours=LADDER_HOURS[tries - 1]),
    )
    return False


def revocations_retry(*, limit: int = 20) -> int:
    """Try again what was set aside and is due; return how many were revoked."""
    waiting = Grant.objects.filter(
        Q(retry_at__isnull=True) | Q(retry_at__lte=now()),
        facts__has_key=REVOKING,
        connections__isnull=True,
    ).select_related("workspace")
    return sum(revocation_try(orphan) for orphan in waiting.order_by("pk")[:limit])


def was_revoked(grant: Grant, *, transport: httpx.BaseTransport | None = None) -> bool:
    """Revoke a grant's refresh token; whether the vendor knows it no longer."""
    try:
        url = revoke_url(grant)
        token = decrypt(grant.credentials).get("refresh_token")
        if not url or not token:
            return True
        with client_build(transport or default_transport()) as client:
            answer = client.post(url, params={"token": token})
    except (httpx.HTTPError, CrosswalkError) as error:
        log.info("Revoking grant %s failed: %s", grant.pk, type(error).__name__)
        return False
    return is_settled(answer)


def is_settled(answer: httpx.Response) -> bool:
    """Whether an answer means that the token is gone: done, or not known there.

    A throttle ("Access Denied") and a gateway's page mean neither.
    """
    body, readable = parse_body(answer)
    if not readable or not isinstance(body, dict):
        return False
    error = str(body.get("error") or "")
    return (answer.is_success and not error) or error.startswith("invalid_")


def revoke_url(grant: Grant) -> str:
    """Return where a grant is revoked, "" where the vendor has no such thing."""
    return endpoints_for(grant.kind, grant.site, grant.data_center).revoke
