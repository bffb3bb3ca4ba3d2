"""Calls per day and operation of each connection, as its page draws them.

Counted in memory by the session's gate and written in batches; a killed process
loses what it counted in the last seconds. The budget does not depend on these.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from crosswalk.clock import now
from integrations.connectors.base import local_zone
from integrations.models import CallCount, Connection

OPERATION_LENGTH = 60
Counted = Counter[tuple[date, str]]  # (day of the account's zone, operation) → calls


@dataclass(frozen=True, slots=True)
class DayCalls:
    """One day of a connection: all calls, and by operation, the most first."""

    day: date
    calls: int
    operations: list[tuple[str, int]]


def day_of(moment: float, zone: str) -> date:
    """Return the day of an account's zone at a unix time."""
    return datetime.fromtimestamp(moment, UTC).astimezone(local_zone(zone)).date()


def calls_add(connection_id: int, counted: Counted) -> None:
    """Add calls to what is stored; those of a connection deleted meanwhile are lost."""
    try:
        with transaction.atomic():
            for (day, operation), calls in sorted(counted.items()):
                _add(connection_id, day, operation[:OPERATION_LENGTH], calls)
    except IntegrityError:
        if Connection.objects.filter(pk=connection_id).exists():
            raise


def _add(connection_id: int, day: date, operation: str, calls: int) -> None:
    row = {"connection_id": connection_id, "day": day, "operation": operation}
    if CallCount.objects.filter(**row).update(calls=F("calls") + calls):
        return
    CallCount.objects.bulk_create([CallCount(**row, calls=0)], ignore_conflicts=True)
    CallCount.objects.filter(**row).update(calls=F("calls") + calls)


def calls_by_day(connection: Connection, days: int = 14) -> list[DayCalls]:
    """Return the last days of a connection, oldest first, today last.

    Every day is there, days without a call too; a day is one of the account's zone.
    """
    today = day_of(now().timestamp(), connection.time_zone)
    first = today - timedelta(days=days - 1)
    found: dict[date, list[tuple[str, int]]] = defaultdict(list)
    rows = CallCount.objects.filter(connection=connection, day__gte=first)
    for row in rows.order_by("-calls", "operation"):
        found[row.day].append((row.operation, row.calls))
    return [
        DayCalls(day, sum(calls for _, calls in found[day]), found[day])
        for day in (first + timedelta(days=number) for number in range(days))
    ]
