"""Nights: when a sync compares everything. Pure.

Between one and five in the morning in the workspace's zone, each sync at a minute of
its own, so that many do not begin at once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from integrations.connectors.base import local_zone

FIRST_HOUR = 1
SPAN_MINUTES = 4 * 60
STRIDE = 37  # no divisor of the span: neighbours in number lie apart in time


def next_night(number: int, zone: str, moment: datetime) -> datetime:
    """Return the first moment after another at which the sync of a number is due.

    Nights that were missed are not made up one by one: they are one.
    """
    minute = number * STRIDE % SPAN_MINUTES
    start = moment.astimezone(local_zone(zone))
    slot = start.replace(
        hour=FIRST_HOUR + minute // 60, minute=minute % 60, second=0, microsecond=0
    )
    if slot <= start:
        slot += timedelta(days=1)  # on the wall clock: also where clocks change
    return slot.astimezone(UTC)
