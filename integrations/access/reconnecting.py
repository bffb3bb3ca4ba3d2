"""Reconnect links: the account's owner gives access anew without being a member here.

Whoever holds the link can do one thing: give access to the one account it names, once,
within seven days. Only a hash of its token is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from integrations import registry
from integrations.access import oauth
from integrations.access.accept import ConnectProblem, reconnected
from integrations.access.endpoints import oauth_is_possible
from integrations.access.oauthapps import oauth_app_for
from integrations.models import Connection, ReconnectLink
from integrations.services import connection_add_token
from workspaces.services import audit

LINK_DAYS = 7
TOKEN_BYTES = 32

Person = AbstractBaseUser | None


def reconnect_link_make(*, connection: Connection, actor: Person) -> str:
    """Return the absolute address of a new link; it replaces an older open one.

    The address is shown this once: nothing kept here leads back to it. ConfigError
    when there is no way a link could lead.
    """
    if not way_of(connection):
        label = registry.spec(connection.kind).label
        raise ConfigError(
            f"A link cannot reconnect “{connection.name}”: this Crosswalk has no app at "
            f"{label} that sends people back here. Reconnect it yourself."
        )
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
        _audit(link, "connection.reconnect_link_withdrawn", actor)
        link.delete()
    return len(links)


def open_links(connection: Connection) -> QuerySet[ReconnectLink]:
    """Return the links of a connection that were not used yet."""
    return ReconnectLink.objects.filter(connection=connection, used_at__isnull=True)


def link_of(token: str) -> ReconnectLink | None:
    """Return the link of a token, used and expired ones too."""
    rows = ReconnectLink.objects.select_related(
        "connection__grant", "connection__workspace"
    )
    return rows.filter(token_hash=hash_of(token)).first()


def state_of(link: ReconnectLink | None) -> str:
    """Return what can be done with a link: "open", "used", "expired", "unknown"."""
    if link is None:
        return "unknown"
    if link.used_at is not None:
        return "used"
    return "open" if link.expires_at > now() else "expired"


def way_of(connection: Connection) -> str:
    """Return how a link leads there: "oauth", "token", "" where neither is possible."""
    kind, grant = connection.kind, connection.grant
    if grant.auth_type == "token":
        return "token" if registry.spec(kind).token_auth else ""
    has_app = oauth_app_for(connection.workspace, kind, grant.site) is not None
    return "oauth" if has_app and oauth_is_possible(kind, grant.site) else ""


def link_consent_url(link: ReconnectLink, session: oauth.SessionStore) -> str:
    """Return the vendor's consent page, with a state that knows the link."""
    connection = link.connection
    return oauth.attempt_start(
        session,
        workspace=connection.workspace,
        kind=connection.kind,
        site=connection.grant.site,
        reconnect=connection.pk,
        link=link.pk,
    )


def link_finish(attempt: oauth.Attempt, params: Mapping[str, str]) -> ReconnectLink:
    """Reconnect what a link is for by what the vendor answered; return the link."""
    link = (
        ReconnectLink.objects.select_related(
            "connection__grant", "connection__workspace"
        )
        .filter(pk=attempt.link, connection_id=attempt.reconnect)
        .first()
    )
    if link is None:
        raise link_over()
    connection = link.connection
    with link_spent(link):
        grant, accounts = oauth.attempt_finish(attempt, connection.workspace, params)
        reconnected(grant, accounts, connection, None, shown_as=account_name(link))
    return link


def link_token(link: ReconnectLink, token: str) -> Connection:
    """Reconnect what a link is for by a static token of the same account."""
    connection = link.connection
    with link_spent(link):
        return connection_add_token(
            workspace=connection.workspace,
            kind=connection.kind,
            name="",
            account_id=connection.account_id,
            token=token,
            site=connection.grant.site,
        )


@contextmanager
def link_spent(link: ReconnectLink) -> Iterator[None]:
    """Use a link up for what is done inside; given back if that does not work out."""
    moment = now()
    mine = ReconnectLink.objects.filter(pk=link.pk, used_at__isnull=True)
    if not mine.filter(expires_at__gt=moment).update(used_at=moment):
        raise link_over()
    try:
        yield
    except BaseException:
        ReconnectLink.objects.filter(pk=link.pk, used_at=moment).update(used_at=None)
        raise
    _audit(link, "connection.reconnected_by_link", None)


def link_over() -> ConnectProblem:
    """Return the problem of a link that is used, expired or withdrawn by now."""
    return ConnectProblem(
        "This link works no longer.",
        "It was used, has expired or was withdrawn. Nothing was changed. Ask whoever "
        "sent it for a new one.",
        code="link_over",
        can_retry=False,
    )


def account_name(link: ReconnectLink) -> str:
    """Return what a link calls its account."""
    return link.connection.account_name or link.connection.account_id


def hash_of(token: str) -> str:
    """Return what is kept of a token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def _audit(link: ReconnectLink, action: str, actor: Person) -> None:
    audit(
        workspace=link.connection.workspace,
        actor=actor,
        action=action,
        subject=link.connection.name,
        data={"connection": link.connection_id, "link": link.pk},
    )
