"""Quota subjects: whose calls a vendor counts together, its limits, what we leave."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from crosswalk.errors import ConfigError
from integrations import registry
from integrations.connectors.base import Limit
from integrations.models import Connection, Site
from workspaces.services import audit

# Of every limit this part stays for what else the customer connects to the account.
RESERVE_PERCENT = 10
MAX_RESERVE_PERCENT = 50
RESERVE_OPTION = "reserve_percent"  # of Connection.options
SANDBOX = "@sandbox"  # how a subject of the sandbox ends
# Until its headers say otherwise: the sandbox's limits are relaxed by default.
SANDBOX_BURST_FACTOR = 50
SANDBOX_DAY_FACTOR = 100


def subject_of(connection: Connection) -> str:
    """Return whose calls the vendor counts together."""
    parts = [connection.kind]
    if registry.spec(connection.kind).quota_per_app:
        parts.append(connection.grant.client_id or "token")
    parts.append(connection.account_id)
    subject = ":".join(parts)
    return subject if connection.grant.site == Site.VENDOR else subject + SANDBOX


def sharers(connection: Connection) -> QuerySet[Connection]:
    """Return the connections of all workspaces that share a connection's subject."""
    found = Connection.objects.filter(
        kind=connection.kind,
        account_id=connection.account_id,
        grant__site=connection.grant.site,
    )
    if registry.spec(connection.kind).quota_per_app:
        found = found.filter(grant__client_id=connection.grant.client_id)
    return found


def reserve_percent(connection: Connection) -> int:
    """Return the percent of each limit that is left to others: the largest that any
    connection of the subject asks for."""
    rows = sharers(connection).exclude(health=Connection.Health.DISABLED)
    chosen = [percent_of(each) for each in rows.values_list("options", flat=True)]
    return max(chosen, default=percent_of(connection.options))


def percent_of(options: Any) -> int:
    """Return the reserve that a connection's options ask for, in percent."""
    chosen = (options or {}).get(RESERVE_OPTION, RESERVE_PERCENT)
    if isinstance(chosen, bool) or not isinstance(chosen, int):
        return RESERVE_PERCENT
    return min(max(chosen, 0), MAX_RESERVE_PERCENT)


def reserve_set(
    *, connection: Connection, percent: int, actor: AbstractBaseUser | None
) -> None:
    """Choose how many percent of each limit stay for others; ConfigError beyond."""
    if isinstance(percent, bool) or not 0 <= percent <= MAX_RESERVE_PERCENT:
        raise ConfigError(
            f"must be from 0 to {MAX_RESERVE_PERCENT} percent", path=RESERVE_OPTION
        )
    before = percent_of(connection.options)
    if percent == before:
        return
    connection.options = {**(connection.options or {}), RESERVE_OPTION: percent}
    connection.save(update_fields=["options"])
    audit(
        workspace=connection.workspace,
        actor=actor,
        action="connection.reserve",
        subject=connection.name,
        data={"before": before, "after": percent},
    )


def limits_of(connection: Connection) -> tuple[Limit, ...]:
    """Return the published limits; the sandbox's are wider."""
    limits = registry.spec(connection.kind).limits
    if connection.grant.site == Site.VENDOR:
        return limits
    return tuple(
        Limit(limit.window, limit.calls * factor_of(limit), limit.seconds, limit.resets)
        for limit in limits
    )


def published_limit(connection: Connection, window: str) -> int:
    """Return the calls that the vendor publishes for a window."""
    limits = registry.spec(connection.kind).limits
    return next(limit.calls for limit in limits if limit.window == window)


def factor_of(limit: Limit) -> int:
    """Return by how much the sandbox's limit is wider than the vendor's."""
    return SANDBOX_BURST_FACTOR if limit.resets == "sliding" else SANDBOX_DAY_FACTOR
