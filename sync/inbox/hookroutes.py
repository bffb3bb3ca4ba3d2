"""Whose a delivery is: the connections of a path token, an account or a company."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.crypto import constant_time_compare

from integrations.access.hooksecrets import secrets_in_force
from integrations.models import Connection

PREFIX = 6  # characters of a path token by which it is looked up
MOST = 10_000  # answers kept at a time


@dataclass(frozen=True, slots=True)
class Route:
    """What the receiver needs to know of a connection."""

    pk: int
    kind: str
    account_id: str
    token: str
    secrets: tuple[str, ...]  # in force at present, several during a change-over
    seen_at: datetime | None


class Routes:
    """Finds connections that are in use, and remembers what it found for `seconds`.

    Nothing found is not remembered: a connection just made is known at once.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._kept: dict[tuple[str, ...], tuple[float, list[Route]]] = {}

    def of_token(self, token: str) -> Route | None:
        """Return the connection of a path token, compared in constant time."""
        start = token[:PREFIX]
        found = self._recall(
            ("token", start), lambda: Q(webhook_token__startswith=start)
        )
        same = [each for each in found if constant_time_compare(each.token, token)]
        return same[0] if same else None

    def of_account(self, kind: str, site: str, account_id: str) -> list[Route]:
        """Return the connections of a remote account, in all workspaces."""
        return self._recall(
            ("account", kind, site, account_id),
            lambda: Q(kind=kind, grant__site=site, account_id=account_id),
        )

    def of_company(self, kind: str, site: str, company_id: str) -> list[Route]:
        """Return the connections that live by a company's grant."""
        return self._recall(
            ("company", kind, site, company_id),
            lambda: Q(kind=kind, grant__site=site, grant__facts__company_id=company_id),
        )

    def _recall(self, key: tuple[str, ...], condition: Callable[[], Q]) -> list[Route]:
        moment = time.monotonic()
        until, found = self._kept.get(key, (0.0, []))
        if until > moment:
            return found
        rows = Connection.objects.filter(condition())
        found = [
            route_of(row) for row in rows.exclude(health=Connection.Health.DISABLED)
        ]
        if found and self._seconds:
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[key] = (moment + self._seconds, found)
        return found


def route_of(connection: Connection) -> Route:
    """Return a connection as the receiver sees it."""
    return Route(
        pk=connection.pk,
        kind=connection.kind,
        account_id=connection.account_id,
        token=connection.webhook_token,
        secrets=secrets_in_force(connection.webhook_secret),
        seen_at=connection.webhook_seen_at,
    )
