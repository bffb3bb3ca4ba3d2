"""Quota windows: how many calls of one vendor window are used, kept and left.

A sliding window is `buckets` of [start, calls]. A day counts in `used`; its first
bucket holds what we ourselves counted (the vendor's figure may be higher).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from integrations.connectors.base import Limit, RateSnapshot, local_zone
from integrations.models import BudgetWindow

BUCKETS = 20  # of a sliding window
HOUR = 3600.0
SAMPLE_SECONDS = 300  # between two notes of how far a day's count was
URGENT_LANES = frozenset({"webhook", "person"})
# Calls under way while a header was written: an older, higher count is not believed.
IN_FLIGHT = 20


def roll(row: BudgetWindow, limit: Limit, moment: float, zone: str) -> None:
    """Forget what no longer counts at this moment."""
    if row.blocked_until and row.blocked_until.timestamp() <= moment:
        row.blocked_until = None
    if limit.resets == "sliding":
        oldest = moment - limit.seconds * (1 + 2 / BUCKETS)
        row.buckets = [each for each in row.buckets if each[0] > oldest]
        row.used = sum(calls for _start, calls in row.buckets)
    elif row.resets_at is None or row.resets_at.timestamp() <= moment:
        row.buckets, row.used = [[moment, 0]], 0
        row.resets_at = midnight_after(moment, limit, zone)


def midnight_after(moment: float, limit: Limit, zone: str) -> datetime:
    """Return the next reset of a day's window."""
    where = local_zone(zone) if limit.resets == "account_midnight" else UTC
    today = datetime.fromtimestamp(moment, where).date()
    start = datetime.combine(today + timedelta(days=1), datetime.min.time(), where)
    return start.astimezone(UTC)


def used_of(row: BudgetWindow) -> int:
    """Return the calls that count now."""
    return max(0, row.used)


def reserve_of(row: BudgetWindow, lane: str, percent: int) -> int:
    """Return how many calls of a window a lane leaves to others.

    Work that somebody waits for may use half of the reserve.
    """
    share = percent / (2 if lane in URGENT_LANES else 1)
    return -int(-row.limit * share // 100)  # rounded up


def left_of(row: BudgetWindow, reserve: int, moment: float) -> int:
    """Return how many calls may start now beside a reserve."""
    if row.blocked_until and row.blocked_until.timestamp() > moment:
        return 0
    return row.limit - reserve - used_of(row)


def wait_of(row: BudgetWindow, limit: Limit, reserve: int, moment: float) -> float:
    """Return the seconds until one call may start in this window."""
    if row.blocked_until and row.blocked_until.timestamp() > moment:
        return row.blocked_until.timestamp() - moment
    missing = 1 - left_of(row, reserve, moment)
    if missing <= 0:
        return 0.0
    if limit.resets != "sliding":
        return row.resets_at.timestamp() - moment if row.resets_at else 0.0
    for start, calls in sorted(row.buckets):
        missing -= calls
        if missing <= 0:
            return float(start + limit.seconds * (1 + 2 / BUCKETS) - moment)
    return float(limit.seconds)


def count_calls(row: BudgetWindow, limit: Limit, calls: int, moment: float) -> None:
    """Count calls at a moment; a negative number gives unused ones back."""
    if limit.resets != "sliding":
        if row.buckets and (calls > 0 or moment >= row.buckets[0][0]):
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
        if calls > 0:
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
    notes = [note for note in row.buckets[1:] if note[0] > moment - HOUR]
    if not notes:
        return 0.0
    older = [note for note in row.buckets[1:] if note[0] <= moment - HOUR]
    since, before = older[-1] if older else (row.buckets[0][0], 0)
    hours = min(max(moment - since, SAMPLE_SECONDS), HOUR) / HOUR
    return max(0, row.used - before) / hours


def believe(
    row: BudgetWindow, limit: Limit, snapshot: RateSnapshot, moment: float
) -> None:
    """Correct a window by what the vendor's own headers said at a moment."""
    if snapshot.limit > 0:
        row.limit = snapshot.limit
    theirs = row.limit - snapshot.remaining
    if limit.resets == "sliding":
        if theirs > row.used:
            count_calls(row, limit, theirs - row.used, moment)
        return
    if row.buckets and moment < row.buckets[0][0]:
        return  # said before the day turned
    if snapshot.resets_in is not None:
        resets_at = datetime.fromtimestamp(moment + snapshot.resets_in, UTC)
        if row.resets_at is None or abs(resets_at - row.resets_at) > timedelta(0, 60):
            row.resets_at = resets_at
    ours = row.buckets[0][1] if row.buckets else 0
    if theirs > row.used:
        row.used = theirs
    elif row.used > ours:  # raised by a header before, and lower since
        row.used = min(row.used, max(ours, theirs + IN_FLIGHT))


def blocked_row(rows: Sequence[BudgetWindow], window: str) -> BudgetWindow:
    """Return the window a refusal is about, the shortest for an unnamed burst."""
    return next((row for row in rows if row.window == window), rows[0])
