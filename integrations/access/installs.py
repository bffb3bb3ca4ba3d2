"""Installs: an app came to or left an account at the vendor, as its notices say.

What a notice says is believed where it fits what is stored: a grant that was renewed,
or an account that was entered, *after* the app is said to have left is alive.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crosswalk.clock import now
from integrations import registry
from integrations.access.accounttokens import account_refused, agency_of
from integrations.access.grants import connections_recovered, grant_refused
from integrations.connectors.base import local_zone
from integrations.models import AccountToken, Connection, Grant
from workspaces.services import audit


def app_uninstalled(
    kind: str,
    site: str,
    account_id: str = "",
    company_id: str = "",
    *,
    app_id: str = "",
    at: datetime | None = None,
) -> list[Connection]:
    """Mark what died when the app left one account, or a whole agency.

    With an account, only that one; with a company alone, the agency's grants with all
    their accounts. `app_id` tells apart several apps at one account, `at` is when it
    happened (now). Static tokens and other workspaces' other apps live on. Returns the
    connections that were marked; safe to repeat.
    """
    grants = Grant.objects.filter(kind=kind, site=site, auth_type="oauth")
    grants = grants.exclude(credentials="").select_related("workspace")
    if account_id:
        found = grants.filter(connections__account_id=account_id).distinct()
    elif company_id:
        found = grants.filter(facts__company_id=company_id)
    else:
        return []
    marked: list[Connection] = []
    with transaction.atomic():
        for grant in found:
            if is_of_app(grant, app_id):
                marked += _left(grant, account_id, at or now())
    return marked


def app_installed(
    kind: str, site: str, account_id: str = "", company_id: str = ""
) -> list[Connection]:
    """Let an agency's accounts be entered again where the app has come back.

    An account's own grant died with the app and needs a person.
    """
    rows = AccountToken.objects.exclude(reason="").filter(
        grant__kind=kind, grant__site=site
    )
    if account_id:
        rows = rows.filter(account_id=account_id)
    elif company_id:
        rows = rows.filter(grant__facts__company_id=company_id)
    else:
        return []
    back: list[Connection] = []
    with transaction.atomic():
        for row in rows.select_related("grant"):
            row.reason, row.failures, row.retry_at = "", 0, None
            row.save(update_fields=["reason", "failures", "retry_at"])
            if row.grant.status == Grant.Status.ACTIVE:
                connections_recovered(row.grant)
            back += row.grant.connections.filter(account_id=row.account_id)
        _note(back, "connection.app_installed")
    return back


def is_of_app(grant: Grant, app_id: str) -> bool:
    """Whether a grant was given to an app; a client id begins with its app's."""
    return not app_id or grant.client_id.partition("-")[0] == app_id.partition("-")[0]


def _left(grant: Grant, account_id: str, at: datetime) -> list[Connection]:
    is_agencys = agency_of(grant) is not None
    if account_id and is_agencys:
        return _account_left(grant, account_id, at)
    if not account_id and not is_agencys:
        return []  # one account's own install; its own notice tells
    if grant.refreshed_at and grant.refreshed_at > at:
        return []
    reason = reason_of(grant, account_id, at)
    concerned = _working(grant.connections.all())
    if not grant_refused(grant=grant, reason=reason):
        return []
    AccountToken.objects.filter(grant_id=grant.pk).update(token="", expires_at=None)
    return _note(concerned, "connection.app_uninstalled")


def _account_left(grant: Grant, account_id: str, at: datetime) -> list[Connection]:
    row = AccountToken.objects.filter(grant=grant, account_id=account_id).first()
    if row and row.made_at and row.made_at > at:
        return []
    concerned = _working(grant.connections.filter(account_id=account_id))
    reason = reason_of(grant, account_id, at)
    account_refused(grant=grant, account_id=account_id, reason=reason)
    return _note(concerned, "connection.app_uninstalled")


def _working(connections: Iterable[Connection]) -> list[Connection]:
    dead = {Connection.Health.NEEDS_RECONNECT, Connection.Health.DISABLED}
    return [each for each in connections if each.health not in dead]


def _note(connections: list[Connection], action: str) -> list[Connection]:
    for connection in connections:
        connection.refresh_from_db()
        audit(
            workspace=connection.workspace,
            action=action,
            subject=connection.name,
            data={"connection": connection.pk, "account": connection.account_id},
        )
    return connections


def reason_of(grant: Grant, account_id: str, at: datetime) -> str:
    """Say what ended, where and when, and what to do."""
    spec = registry.spec(grant.kind)
    where = f"this {spec.account_label}" if account_id else "the agency"
    when = timezone.localtime(at, local_zone(grant.workspace.time_zone))
    return (
        f"The app was removed from {where} at {spec.label} on {when.day} "
        f"{when:%B %Y at %H:%M}. Its access ended with that. Install it again, then "
        "reconnect."
    )
