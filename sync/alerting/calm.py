"""When people are told: once when a trouble begins, once when it is over. Pure.

It begins at the first look that sees it. It is over when it has not been seen for a
while, and that while grows with every time it came back within a day. So what comes
and goes every minute is told of once, and at the very worst a dozen times a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SETTLE = timedelta(minutes=5)  # unseen for so long after the first time
GROWTH = 4  # times as long after each further one of a day
LONGEST = timedelta(hours=24)
MEMORY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Told:
    """What was seen of a trouble, and what people know of it."""

    changed_at: datetime  # when `holds` last changed
    is_open: bool = False  # what they were last told
    holds: bool = False  # what the last look saw
    raises: tuple[datetime, ...] = ()  # when they were told that it began


def looked(told: Told, holds: bool, moment: datetime) -> tuple[Told, str]:
    """Return what is known after a look, and what to tell: "raised", "recovered", ""."""
    if holds != told.holds:
        told = replace(told, holds=holds, changed_at=moment)
    if holds and not told.is_open:
        recent = tuple(at for at in told.raises if moment - at < MEMORY)
        return replace(told, is_open=True, raises=(*recent, moment)), "raised"
    if told.is_open and not holds and moment - told.changed_at >= settle(told, moment):
        return replace(told, is_open=False), "recovered"
    return told, ""


def settle(told: Told, moment: datetime) -> timedelta:
    """Return for how long a trouble must stay away before it counts as over."""
    times = sum(moment - at < MEMORY for at in told.raises)
    factor: int = GROWTH ** max(times - 1, 0)
    return min(SETTLE * factor, LONGEST)
