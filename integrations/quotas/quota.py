"""Quota windows: how many calls of one vendor window are used, leased, kept and left.

A sliding window is `buckets` of [start, calls]. A day counts in `used`; its first
bucket is [start of the day, calls that we ourselves counted] (the vendor's
figure may be higher), the others are notes [time, used] of the last hour.

`claims` of a row are what processes hold of it (docs/decisions/0012):
- "leases": owner → [permits, until]: may be used until then, count until settled;
- "lost": [calls, time]: a day's permits whose holder has died, used or not;
- "waits": lane → [since, until]: a lane that waits for its turn;
- "queue": sync → [lane, since, until]: who waits for a turn within a lane;
- "spent": sync → its calls of the day (integrations/quotas/sharing.py);
- "paced": time up to which the calls of the backfill lane are spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from crosswalk.leases import owner_is_dead
from integrations.connectors.base import Limit, RateSnapshot, local_zone
from integrations.models import BudgetWindow

BUCKETS = 100  # of a sliding window
# Two calls may travel at different speeds: the vendor sees them closer together than
# they were made. A window is taken for longer by this share …
LONGER = 0.01
# … and so much of a burst limit is never used, however small the reserve.
BURST_GUARD_PERCENT = 2
# A vendor may count a few calls of a burst for longer than we do: no other's work.
BURST_TOLERANCE_PERCENT = 5
HOUR = 3600.0
SAMPLE_SECONDS = 300  # between two notes of how far a day's count was
URGENT_LANES = frozenset({"webhook", "person"})
# Calls answered but not yet settled while a header was written.
IN_FLIGHT = 10
LOST_SECONDS = 600.0  # a lease of another host nobody settled: its holder is gone
SETTLED_SECONDS = 5.0  # after which a header knows of all calls of a dead process


def roll(row: BudgetWindow, limit: Limit, moment: float, zone: str) -> None:
    """Forget what no longer counts at this moment."""
    if row.blocked_until and row.blocked_until.timestamp() <= moment:
        row.blocked_until = None
    if limit.resets == "sliding":
        oldest = moment - span_of(limit)
        row.buckets = [each for each in row.buckets if each[0] > oldest]
        row.used = sum(calls for _start, calls in row.buckets)
        held = leases_of(row)
        claim_set(row, "leases", {k: v for k, v in held.items() if v[1] > oldest})
        return
    if row.resets_at is None or row.resets_at.timestamp() <= moment:
        row.resets_at = midnight_after(moment, limit, zone)
        began = row.resets_at.timestamp() - limit.seconds
        row.buckets, row.used = [[began, 0]], 0
        claim_set(row, "lost", None)
        claim_set(row, "spent", None)
    _bury(row, moment)


def _bury(row: BudgetWindow, moment: float) -> None:
    """Move a day's leases whose holder has died to what is lost: used or not, who
    knows; the vendor's next header tells."""
    held = leases_of(row)
    dead = [
        owner
        for owner, (_permits, until) in held.items()
        if until < moment and (until < moment - LOST_SECONDS or owner_is_dead(owner))
    ]
    if not dead:
        return
    lost = lost_of(row) + sum(held.pop(owner)[0] for owner in dead)
    claim_set(row, "leases", held)
    claim_set(row, "lost", [lost, moment] if lost else None)


def span_of(limit: Limit) -> float:
    """Return how long a call of a sliding window counts, from its bucket's start."""
    return limit.seconds * (1 + LONGER + 1 / BUCKETS)


def midnight_after(moment: float, limit: Limit, zone: str) -> datetime:
    """Return the next reset of a day's window."""
    where = local_zone(zone) if limit.resets == "account_midnight" else UTC
    today = datetime.fromtimestamp(moment, where).date()
    start = datetime.combine(today + timedelta(days=1), datetime.min.time(), where)
    return start.astimezone(UTC)


# --- what is held of a window ---------------------------------------------------------


def claim_set(row: BudgetWindow, name: str, value: Any) -> None:
    """Set one of a row's claims; nothing leaves no trace."""
    claims = {key: held for key, held in row.claims.items() if key != name}
    row.claims = {**claims, name: value} if value else claims


def leases_of(row: BudgetWindow) -> dict[str, Any]:
    """Return a copy of owner → [permits, until]."""
    return dict(row.claims.get("leases", {}))


def lost_of(row: BudgetWindow) -> int:
    """Return a day's calls that a process which died may have made."""
    return int(row.claims.get("lost", (0, 0))[0])


def lease_add(row: BudgetWindow, owner: str, permits: int, until: float) -> None:
    """Hold permits for an owner; they count until it settles them."""
    claim_set(row, "leases", {**leases_of(row), owner: [permits, until]})


def lease_settle(
    row: BudgetWindow, limit: Limit, owner: str, used: Sequence[float]
) -> None:
    """End a lease: count the calls that were made at their times, free the others."""
    held = leases_of(row)
    known = held.pop(owner, None) is not None
    claim_set(row, "leases", held)
    if limit.resets == "sliding":
        for moment in used:
            count_calls(row, limit, 1, moment)
    elif known and row.buckets:
        today = sum(moment >= row.buckets[0][0] for moment in used)
        if today:
            count_calls(row, limit, today, used[-1])


# --- how much is left -----------------------------------------------------------------


def used_of(row: BudgetWindow) -> int:
    """Return the calls that count now: made, leased, or lost track of."""
    leased = sum(permits for permits, _until in leases_of(row).values())
    return max(0, row.used) + int(leased) + lost_of(row)


def reserve_of(row: BudgetWindow, limit: Limit, lane: str, percent: int) -> int:
    """Return how many calls of a window a lane leaves to others.

    Work that somebody waits for may use half of the reserve.
    """
    share = percent / (2 if lane in URGENT_LANES else 1)
    if limit.resets == "sliding":
        share = max(share, BURST_GUARD_PERCENT)
    return -int(-row.limit * share // 100)  # rounded up


def left_of(row: BudgetWindow, reserve: int, moment: float) -> int:
    """Return how many calls may start now beside a reserve."""
    if row.blocked_until and row.blocked_until.timestamp() > moment:
        return 0
    return row.limit - reserve - used_of(row)


def wait_of(
    row: BudgetWindow, limit: Limit, reserve: int, moment: float, calls: int = 1
) -> float:
    """Return the seconds until so many calls may start in this window."""
    if row.blocked_until and row.blocked_until.timestamp() > moment:
        return row.blocked_until.timestamp() - moment
    missing = calls - left_of(row, reserve, moment)
    if missing <= 0:
        return 0.0
    if limit.resets != "sliding":
        return row.resets_at.timestamp() - moment if row.resets_at else 0.0
    counted = [*row.buckets, *([u, n] for n, u in leases_of(row).values())]
    for start, number in sorted(counted):
        missing -= number
        if missing <= 0:
            return float(start + span_of(limit) - moment)
    return float(limit.seconds)


def count_calls(row: BudgetWindow, limit: Limit, calls: int, moment: float) -> None:
    """Count calls that were made at a moment."""
    if limit.resets != "sliding":
        if row.buckets:
            row.buckets[0][1] += calls
            row.used += calls
            note_pace(row, moment)
        return
    width = limit.seconds / BUCKETS
    start = moment // width * width
    for bucket in row.buckets:
        if bucket[0] == start:
            bucket[1] += calls
            break
    else:
        row.buckets.append([start, calls])
    row.used = sum(each[1] for each in row.buckets)


def note_pace(row: BudgetWindow, moment: float) -> None:
    """Note how far a day's count is, every few minutes of the last hour."""
    notes = row.buckets[1:]
    if notes and moment - notes[-1][0] < SAMPLE_SECONDS:
        return
    kept = [note for note in notes if note[0] > moment - HOUR - SAMPLE_SECONDS]
    row.buckets = [row.buckets[0], *kept, [moment, row.used]]


def pace_of(row: BudgetWindow, moment: float) -> float:
    """Return the calls an hour of a day's window: of the last hour, or of the day
    so far where it is younger. 0 when nothing called within the last hour."""
    notes = row.buckets[1:]
    if not notes or notes[-1][0] <= moment - HOUR:
        return 0.0
    older = [note for note in notes if note[0] <= moment - HOUR]
    since, before = older[-1] if older else (notes[0][0], 0)
    hours = min(max(moment - since, SAMPLE_SECONDS), HOUR) / HOUR
    return float(max(0, row.used - before) / hours)


# --- what the vendor says -------------------------------------------------------------


def believe(
    row: BudgetWindow, limit: Limit, snapshot: RateSnapshot, moment: float
) -> None:
    """Correct a window by what the vendor's own headers said at a moment."""
    if snapshot.limit > 0:
        row.limit = snapshot.limit
    theirs = row.limit - snapshot.remaining
    if limit.resets == "sliding":
        others = theirs - used_of(row)
        if others > row.limit * BURST_TOLERANCE_PERCENT // 100:
            count_calls(row, limit, others, moment)
        return
    if row.buckets and moment < row.buckets[0][0]:
        return  # said before the day turned
    if snapshot.resets_in is not None:
        resets_at = datetime.fromtimestamp(moment + snapshot.resets_in, UTC)
        if row.resets_at is None or abs(resets_at - row.resets_at) > timedelta(0, 60):
            row.resets_at = resets_at
    if lost_of(row) and moment > row.claims["lost"][1] + SETTLED_SECONDS:
        claim_set(row, "lost", None)  # what a dead process did use is in their figure
        row.used = max(row.used, theirs)
    _correct_day(row, theirs)


def _correct_day(row: BudgetWindow, theirs: int) -> None:
    ours = row.buckets[0][1] if row.buckets else 0
    if theirs > row.used:
        row.used = theirs
    elif row.used > ours:  # raised by a header before, and lower since
        row.used = min(row.used, max(ours, theirs + IN_FLIGHT))


def blocked_row(rows: Sequence[BudgetWindow], window: str) -> BudgetWindow:
    """Return the window a refusal is about, the shortest for an unnamed burst."""
    return next((row for row in rows if row.window == window), rows[0])
