"""Turns: which lane goes first when permits are short, and how a backfill is spread.

Lanes: webhook before person before poll before backfill. A lane that waits is noted
in the subject's shortest window; until its turn has come, those after it get nothing.
A lane that has waited long goes first whatever it is, so nobody waits for ever.

Within a lane syncs take turns: who has waited longest is next, and while somebody waits
nobody takes more than their part of what is free. A backfill needs no such order: its
calls are spread one by one.
"""

from __future__ import annotations

from integrations.connectors.base import Limit
from integrations.models import BudgetWindow
from integrations.quotas.quota import claim_set, span_of

LANES = ("webhook", "person", "poll", "backfill")  # first served first
STARVED_SECONDS = 10.0
NOTE_SECONDS = 1.5  # a lane that waits asks again within this
LONGEST_NOTE = 60.0  # who waits longer waits for the day, not for a turn
# Of a window: so much may be called at once at the beginning, and a gap so long, as
# between two slices of work, is made up for.
AT_ONCE_SHARE = 0.5
HELD_UP_SHARE = 0.1


def must_yield(row: BudgetWindow, lane: str, moment: float) -> bool:
    """Return whether another lane that waits goes first."""
    waits = row.claims.get("waits", {})
    mine = _rank(lane, waits.get(lane), moment)
    return any(
        _rank(other, note, moment) < mine
        for other, note in waits.items()
        if other != lane and note[1] > moment
    )


def _rank(lane: str, note: list[float] | None, moment: float) -> int:
    if note and note[1] > moment and moment - note[0] >= STARVED_SECONDS:
        return -1
    return LANES.index(lane) if lane in LANES else len(LANES)


def turn_wait(
    row: BudgetWindow, lane: str, moment: float, seconds: float, *, yields: bool
) -> None:
    """Note that a lane waits so many seconds for its turn.

    Only while it yields to others has it waited: a window that is full for it alone,
    because it leaves more to others, is nobody's doing.
    """
    if seconds > LONGEST_NOTE:
        return
    waits = {k: v for k, v in row.claims.get("waits", {}).items() if v[1] > moment}
    since = waits[lane][0] if lane in waits and yields else moment
    waits[lane] = [since, moment + seconds + NOTE_SECONDS]
    claim_set(row, "waits", waits)


def turn_take(row: BudgetWindow, lane: str) -> None:
    """Note that a lane has had its turn."""
    waits = row.claims.get("waits", {})
    claim_set(row, "waits", {k: v for k, v in waits.items() if k != lane})


# --- turns within a lane --------------------------------------------------------------


def is_behind(row: BudgetWindow, lane: str, party: str, moment: float) -> bool:
    """Return whether another sync has waited longer for a turn in the same lane."""
    others = _queue_of(row, lane, moment)
    mine = others.pop(party, moment)
    return any(since < mine for since in others.values())


def part_of(row: BudgetWindow, lane: str, party: str, moment: float, left: int) -> int:
    """Return how many of the calls that are left a sync may take at once, at least 1."""
    others = _queue_of(row, lane, moment).keys() - {party}
    return max(1, left // (1 + len(others)))


def queue_join(
    row: BudgetWindow, lane: str, party: str, moment: float, seconds: float
) -> None:
    """Note that a sync waits so many seconds; it keeps the place it has."""
    if seconds > LONGEST_NOTE:
        return
    queue = {k: v for k, v in row.claims.get("queue", {}).items() if v[2] > moment}
    known = queue.get(party)
    since = known[1] if known and known[0] == lane else moment
    queue[party] = [lane, since, moment + seconds + NOTE_SECONDS]
    claim_set(row, "queue", queue)


def queue_leave(row: BudgetWindow, party: str) -> None:
    """Note that a sync has had its turn: it goes to the end of the queue."""
    queue = row.claims.get("queue", {})
    claim_set(row, "queue", {k: v for k, v in queue.items() if k != party})


def _queue_of(row: BudgetWindow, lane: str, moment: float) -> dict[str, float]:
    """Return who waits in a lane, and since when."""
    queue = row.claims.get("queue", {})
    return {
        party: since
        for party, (of_lane, since, until) in queue.items()
        if of_lane == lane and until > moment
    }


# --- spreading a backfill -------------------------------------------------------------


def spread_left(row: BudgetWindow, limit: Limit, reserve: int, moment: float) -> int:
    """Return how many calls of a backfill may start now, evenly spread."""
    ahead = moment - _paced(row, limit, moment)
    return int(ahead / _pace(row, limit, reserve) + 1e-6) + 1 if ahead >= 0 else 0


def spread_wait(
    row: BudgetWindow, limit: Limit, reserve: int, moment: float, calls: int
) -> float:
    """Return the seconds until so many calls of a backfill may start."""
    last = (calls - 1) * _pace(row, limit, reserve)
    return max(0.0, _paced(row, limit, moment) + last - moment)


def spread_count(
    row: BudgetWindow, limit: Limit, reserve: int, moment: float, calls: int
) -> None:
    """Count calls of a backfill; a negative number gives unused ones back."""
    ahead = calls * _pace(row, limit, reserve)
    claim_set(row, "paced", _paced(row, limit, moment) + ahead)


def spread_held_up(
    row: BudgetWindow, limit: Limit, moment: float, seconds: float
) -> None:
    """Note that a full window holds a backfill up: that is not made up for at once,
    or the same window would be full again after the same time."""
    if seconds > limit.seconds * HELD_UP_SHARE:
        due = max(_paced(row, limit, moment), moment + seconds)
        claim_set(row, "paced", due)


def _paced(row: BudgetWindow, limit: Limit, moment: float) -> float:
    """Return when the next call is due, in the past when several are."""
    earliest = moment - span_of(limit) * AT_ONCE_SHARE
    return max(float(row.claims.get("paced", 0.0)), earliest)


def _pace(row: BudgetWindow, limit: Limit, reserve: int) -> float:
    return span_of(limit) / max(1, row.limit - reserve)
