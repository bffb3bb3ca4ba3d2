"""Changes written in the last 24 hours, hour by hour, as a chart to draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from crosswalk.clock import now
from sync.activity import HOURS, WRITES
from synclog.models import SyncRun

LEFT, RIGHT, TOP, BOTTOM = 36.0, 760.0, 8.0, 144.0  # the plot, in units of its SVG
BAR_SHARE = 0.64  # of an hour's width
LABEL_EVERY = 4
STEPS = (1, 2, 3, 4, 5, 6, 8, 10)  # round numbers for the axis


@dataclass(frozen=True, slots=True)
class Part:
    """One rectangle: changes to one side within one hour."""

    side: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template draws."""

    parts: list[Part]
    lines: list[tuple[float, str]]  # y and its number
    labels: list[tuple[float, str]]  # x and its hour
    left: int
    right: int
    busiest: str


def flow(runs: Iterable[SyncRun]) -> Chart | None:
    """Return the chart of what some runs wrote, None when they wrote nothing."""
    start = now() - timedelta(hours=HOURS)
    hours = [{"left": 0, "right": 0} for _ in range(HOURS)]
    for run in runs:
        if run.finished_at is None:
            continue
        slot = int((run.finished_at - start).total_seconds() // 3600)
        cell = hours[min(max(slot, 0), HOURS - 1)]
        for side in cell:
            counts = run.by_side.get(side, {})
            cell[side] += sum(counts.get(key, 0) for key in WRITES)
    sums = [sum(cell.values()) for cell in hours]
    if not any(sums):
        return None
    top = _round_up(max(sums))
    names = [
        f"{timezone.localtime(start + timedelta(hours=n)):%H}:00" for n in range(25)
    ]
    return Chart(
        _parts(hours, top),
        [(_y(top * n / 2, top), f"{top * n / 2:g}") for n in range(3)],
        [(_x(n) + 2, names[n + 1]) for n in range(0, HOURS, LABEL_EVERY)],
        sum(cell["left"] for cell in hours),
        sum(cell["right"] for cell in hours),
        names[sums.index(max(sums)) + 1],
    )


def _parts(hours: Sequence[Mapping[str, int]], top: float) -> list[Part]:
    width = round((RIGHT - LEFT) / HOURS * BAR_SHARE, 1)
    parts = []
    for index, cell in enumerate(hours):
        below = 0
        for side in ("right", "left"):
            count = cell[side]
            if count:
                y, floor = _y(below + count, top), _y(below, top)
                height = round(floor - y, 1)
                parts.append(Part(side, _x(index), y, width, height))
            below += count
    return parts


def _x(hour: int) -> float:
    return round(LEFT + 6 + (RIGHT - LEFT - 6) * hour / HOURS, 1)


def _y(count: float, top: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * count / top, 1)


def _round_up(count: int) -> float:
    """Return the next round and even number, for an axis with a middle."""
    size = int(10 ** (len(str(count)) - 1))
    return max(2, next(step * size for step in STEPS if step * size >= count))
