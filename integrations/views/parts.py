"""Parts of a connection's page, as its templates show them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from integrations import registry
from integrations.access.permissions import missing_permissions
from integrations.connectors.base import ConnectorSpec, ObjectSpec
from integrations.connectors.oauth import Scope
from integrations.fields.catalogue import CatalogueState, catalogue_states
from integrations.models import Connection
from integrations.quotas.callcounts import DayCalls, calls_by_day
from integrations.quotas.forecast import WindowForecast, quota_forecast

MOST_OPERATIONS = 6
LEAST_HEIGHT = 4.0  # percent: a day with one call is seen beside one with thousands
TONES = {"warn": "person", "error": "fail"}  # of forecasts → of crosswalk/states.py


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart; places in percent, as SVG takes them."""

    day: date
    calls: int
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class CallChart:
    """The calls of some days: bars, the day with the most, and what they were."""

    days: list[DayCalls]
    bars: list[Bar]
    total: int
    top: DayCalls | None
    operations: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class SyncedObject:
    """One object type: what reading it costs, what is not possible, its own fields."""

    label: str
    cost: str
    limits: list[str] = field(default_factory=list)
    own: CatalogueState | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission in words; `disables`: what cannot be done without it."""

    name: str
    allows: str
    disables: str = ""
    tone: str = "ok"

    @property
    def is_missing(self) -> bool:
        return bool(self.disables)


def permissions_shown(connection: Connection) -> list[Permission]:
    """Return what the connection may do there, what is missing first."""
    system = registry.spec(connection.kind)
    missing = missing_permissions(connection)
    names = {scope.name for scope, _ in missing}
    tone = "ok" if connection.grant.scopes else "off"
    given = [scope for scope in system.oauth.scopes if scope.name not in names]
    return [
        *(Permission(scope.name, _short(scope), why) for scope, why in missing),
        *(Permission(scope.name, _short(scope), tone=tone) for scope in given),
    ]


def _short(scope: Scope) -> str:
    """Return what a permission allows, without what its lack would mean."""
    return scope.allows.partition("; without")[0]


def windows_shown(connection: Connection) -> list[dict[str, Any]]:
    """Return the quota windows with their forecast and the segments of their meter."""
    return [
        {"at": each, "segments": segments_of(each)}
        for each in quota_forecast(connection)
    ]


def segments_of(window: WindowForecast) -> list[tuple[str, float]]:
    """Return what a window's meter shows: used, and left to others at its end."""
    used = min(window.used, window.limit)
    reserve = min(window.reserve, window.limit - used)
    free = window.limit - used - reserve
    return [("acc", used), ("none", free), ("off", reserve)]


def tone_of(tone: str) -> str:
    """Return a forecast's tone as pages colour it."""
    return TONES.get(tone, tone)


def calls_shown(connection: Connection, days: int = 14) -> CallChart:
    """Return the calls of the last days as a chart."""
    found = calls_by_day(connection, days)
    most = max((day.calls for day in found), default=0)
    sums: Counter[str] = Counter()
    for day in found:
        sums.update(dict(day.operations))
    return CallChart(
        days=found,
        bars=[_bar(number, day, len(found), most) for number, day in enumerate(found)],
        total=sums.total(),
        top=max(found, key=lambda day: day.calls) if most else None,
        operations=_operations(sums),
    )


def _operations(sums: Counter[str]) -> list[tuple[str, int]]:
    """Return the operations called most; the others together."""
    listed = sums.most_common()
    shown, rest = listed[:MOST_OPERATIONS], listed[MOST_OPERATIONS:]
    if len(rest) == 1:
        return listed
    others = sum(calls for _, calls in rest)
    return [*shown, (f"{len(rest)} others", others)] if rest else shown


def _bar(number: int, day: DayCalls, days: int, most: int) -> Bar:
    slot = 100 / days
    height = max(LEAST_HEIGHT, 100 * day.calls / most) if day.calls else 0.0
    return Bar(
        day.day,
        day.calls,
        x=f"{number * slot + slot * 0.14:.2f}%",
        width=f"{slot * 0.72:.2f}%",
        y=f"{100 - height:.2f}%",
        height=f"{height:.2f}%",
    )


def objects_shown(connection: Connection) -> list[SyncedObject]:
    """Return the object types the system has, with what each costs and cannot do."""
    spec = registry.spec(connection.kind)
    states = {state.object_type: state for state in catalogue_states(connection)}
    return [
        SyncedObject(
            each.label_plural,
            _cost(spec, each),
            [*each.cannot.values(), *each.not_carried],
            states.get(each.key),
        )
        for each in spec.objects
    ]


def _cost(spec: ConnectorSpec, each: ObjectSpec) -> str:
    if each.listing == "parent" and each.parent:
        parent = spec.object(each.parent).label.lower()
        return f"Read with one call a {parent}."
    return f"Read {each.page_size:,} at a time, one call each."
