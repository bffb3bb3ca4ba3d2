"""Changes written, as a chart to draw: a day hour by hour, or a month day by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from crosswalk.clock import now
from sync.models import SyncDay
from sync.telling.activity import HOURS, WRITES
from synclog.models import SyncRun
from workspaces.models import Workspace

LEFT, RIGHT, TOP, BOTTOM = 36.0, 760.0, 8.0, 144.0  # the plot, in units of its SVG
BAR_SHARE = 0.64  # of a column's width
HOURS_LABELLED = 4  # every so many columns
DAYS, DAYS_LABELLED = 30, 5
STEPS = (1, 2, 3, 4, 5, 6, 8, 10)  # round numbers for the axis

Column = Mapping[str, int]  # tone → how many, from the bottom up


@dataclass(frozen=True, slots=True)
class Part:
    """One rectangle: what one tone stands for within one hour or day."""

    tone: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template draws."""

    parts: list[Part]
    lines: list[tuple[float, str]]  # y and its number
    labels: list[tuple[float, str]]  # x and its hour or day
    totals: Mapping[str, int]  # tone → how many in all
    busiest: str

    @property
    def error_percent(self) -> float:
        """Return how many of a hundred attempts failed, where failures are counted."""
        failed = self.totals.get("fail", 0)
        tried = sum(self.totals.values())
        return 100 * failed / tried if tried else 0.0


def flow(runs: Iterable[SyncRun]) -> Chart | None:
    """Return the chart of what some runs wrote by side, None when they wrote nothing."""
    start = now() - timedelta(hours=HOURS)
    hours = [{"right": 0, "left": 0} for _ in range(HOURS)]
    for run in runs:
        if run.finished_at is None:
            continue
        slot = int((run.finished_at - start).total_seconds() // 3600)
        cell = hours[min(max(slot, 0), HOURS - 1)]
        for side in cell:
            counts = run.by_side.get(side, {})
            cell[side] += sum(counts.get(key, 0) for key in WRITES)
    names = [
        f"{timezone.localtime(start + timedelta(hours=n + 1)):%H}:00"
        for n in range(HOURS)
    ]
    return _chart(hours, names, HOURS_LABELLED)


def month(workspace: Workspace) -> Chart | None:
    """Return the chart of 30 days: what was written, and what failed. One query."""
    today = now().date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    rows = (
        SyncDay.objects.filter(sync__workspace=workspace, day__gte=days[0])
        .values_list("day")
        .annotate(done=Sum("written"), missed=Sum("failed"))
        .order_by()
    )
    found = {day: (done, missed) for day, done, missed in rows}
    columns = []
    for day in days:
        done, missed = found.get(day, (0, 0))
        columns.append({"ink": done, "fail": missed})
    return _chart(columns, [f"{day.day} {day:%b}" for day in days], DAYS_LABELLED)


def _chart(columns: Sequence[Column], names: Sequence[str], every: int) -> Chart | None:
    sums = [sum(column.values()) for column in columns]
    if not any(sums):
        return None
    top = _round_up(max(sums))
    tones = columns[0]
    return Chart(
        _parts(columns, top),
        [(_y(top * n / 2, top), f"{top * n / 2:g}") for n in range(3)],
        [(_x(n, len(columns)) + 2, names[n]) for n in range(0, len(columns), every)],
        {tone: sum(column[tone] for column in columns) for tone in tones},
        names[sums.index(max(sums))],
    )


def _parts(columns: Sequence[Column], top: float) -> list[Part]:
    width = round((RIGHT - LEFT) / len(columns) * BAR_SHARE, 1)
    parts = []
    for index, column in enumerate(columns):
        below = 0
        for tone, count in column.items():
            if count:
                y, floor = _y(below + count, top), _y(below, top)
                x, height = _x(index, len(columns)), round(floor - y, 1)
                parts.append(Part(tone, x, y, width, height))
            below += count
    return parts


def _x(place: int, places: int) -> float:
    return round(LEFT + 6 + (RIGHT - LEFT - 6) * place / places, 1)


def _y(count: float, top: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * count / top, 1)


def _round_up(count: int) -> float:
    """Return the next round and even number, for an axis with a middle."""
    size = int(10 ** (len(str(count)) - 1))
    return max(2, next(step * size for step in STEPS if step * size >= count))
