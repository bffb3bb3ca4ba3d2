"""Reconnect links: the account's owner gives access anew without being a member here.

Whoever holds the link can do one thing: give access to the one account it names, once,
within seven days. Only a hash of its token is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from crosswalk.clock import now
from integrations.models import Connection, ReconnectLink
from workspaces.services import audit

LINK_DAYS = 7
TOKEN_BYTES = 32

Person = AbstractBaseUser | None


def reconnect_link_make(*, connection: Connection, actor: Person) -> str:
    """Return the absolute address of a new link; it replaces an older open one.

    The address is shown this once: nothing kept here leads back to it.
    """
    open_links(connection).delete()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = ReconnectLink.objects.create(
        connection=connection,
        token_hash=hash_of(token),
        created_by_id=actor.pk if actor else None,
        expires_at=now() + timedelta(days=LINK_DAYS),
    )
    _audit(link, "connection.reconnect_link_made", actor)
    return f"{settings.BASE_URL}/reconnect/{token}/"


def reconnect_links_revoke(*, connection: Connection, actor: Person) -> int:
    """Withdraw every open link of a connection; return how many there were."""
    links = list(open_links(connection))
    for link in links:
        link.delete()
        _audit(link, "connection.reconnect_link_withdrawn", actor)
    return len(links)


def open_links(connection: Connection) -> QuerySet[ReconnectLink]:
    """Return the links of a connection that were not used yet."""
    return ReconnectLink.objects.filter(connection=connection, used_at__isnull=True)


def hash_of(token: str) -> str:
    """Return what is kept of a token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def _audit(link: ReconnectLink, action: str, actor: Person) -> None:
    audit(
        workspace=link.connection.workspace,
        actor=actor,
        action=action,
        subject=link.connection.name,
        data={"connection": link.connection_id},
    )
