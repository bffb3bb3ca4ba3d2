"""Home: how everything is going, on one page that keeps itself up to date."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from crosswalk.clock import now
from integrations.models import Connection
from integrations.quotas.budget import windows
from integrations.selectors import connection_list
from sync import selectors
from sync.telling.activity import Day, activity, days, entry_systems
from sync.telling.flow import flow, month
from sync.telling.noticemeter import heard_of
from sync.telling.standing import Standing, meaning, sentence, standings, system_label
from sync.views.needs import needs_of
from sync.views.parts import part, part_response, setup_url
from sync.words import listed
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest, workspace_member

FORECAST_AFTER = 0.1  # of the day; before that its pace says little
DAY_SECONDS = 86_400


@workspace_member
@require_GET
def home(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show how everything is going; htmx asks for the inner part again."""
    context = _context(request)
    if request.htmx and not request.htmx.boosted:
        return part_response(request, "sync/_home_live.html", context, final=False)
    return render(request, "sync/home.html", context)


def _context(request: WorkspaceRequest) -> dict[str, Any]:
    found = standings(request.workspace)
    connections = list(connection_list(request.workspace))
    day = selectors.runs_of_day(request.workspace)
    setups = list(selectors.setups_open(request.workspace))
    needs, waiting = needs_of(request, found)
    is_month = request.GET.get("span") == "month"
    context: dict[str, Any] = {
        "rows": _rows(day, found),
        "flow": month(request.workspace) if is_month else flow(day),
        "is_month": is_month,
        "heard": _heard(request, connections, found),
        "flow_left": listed(sorted({s.left_label for s in found})),
        "flow_right": listed(sorted({s.right_label for s in found})),
        "has_syncs": bool(found),
        "title": sentence(found),
        "lead": meaning(found, waiting),
        "needs": needs,
        "waiting": waiting,
        "quotas": [_quota(c, found, _name(c, connections)) for c in connections],
        "activity": [
            {"it": each, "systems": entry_systems(each.entry, each.run)}
            if each.entry
            else {"it": each, "systems": []}
            for each in activity(request.workspace)
        ],
        "setups": setups,
        "setup_url": setup_url(request.workspace.slug),
        "can_write": request.membership.can_write,
        "now": now(),
    }
    context["part"] = part(request, "sync/_home.html", context)
    return context


def _rows(day: list[SyncRun], found: list[Standing]) -> list[dict[str, Any]]:
    charts = days(day)
    empty = Day([], 0, 0)
    return [{"at": s, "day": charts.get(s.sync.pk, empty)} for s in found]


def _heard(
    request: WorkspaceRequest, connections: list[Connection], found: list[Standing]
) -> list[dict[str, Any]]:
    """Return how well each system tells of its changes, of those that changed."""
    weeks = heard_of(request.workspace)
    page = reverse("sync:inbox", args=[request.workspace.slug])
    return [
        {
            "week": weeks[each.pk],
            "label": _name(each, connections),
            "side": _side(each, found),
            "url": page,
        }
        for each in connections
        if each.pk in weeks
    ]


def _name(connection: Connection, connections: list[Connection]) -> str:
    """Return a system's name; two connections of one kind go by their own."""
    alike = [each for each in connections if each.kind == connection.kind]
    return connection.name if len(alike) > 1 else system_label(connection)


def _quota(connection: Connection, found: list[Standing], label: str) -> dict[str, Any]:
    """Return what a connection used of its day, and where that leads."""
    day = windows(connection)[-1]
    used, limit, reserve = day["used"], day["limit"], day["reserve"]
    expected = _expected(day)
    segments = [("acc", used), ("next", max(0, min(expected, limit) - used))]
    return {
        "label": label,
        "side": _side(connection, found),
        "used": used,
        "limit": limit,
        "resets_at": day["resets_at"],
        "segments": segments,
        "words": _quota_words(used, limit, reserve, expected),
    }


def _expected(day: dict[str, Any]) -> int:
    """Return the calls until the reset at the pace of the day so far, 0: unknown."""
    if day["resets_at"] is None:
        return 0
    left = (day["resets_at"] - now()).total_seconds() / DAY_SECONDS
    gone = 1 - min(max(left, 0.0), 1.0)
    return int(day["used"] / gone) if gone >= FORECAST_AFTER else 0


def _quota_words(used: int, limit: int, reserve: int, expected: int) -> str:
    kept = f"{reserve:,} are left to your other tools."
    if used >= limit - reserve:
        return f"Used up for today. {kept}"
    if expected > limit - reserve:
        return f"At this pace they are used up before the day ends. {kept}"
    if expected and used:
        return f"At this pace {expected:,} by the end of the day. {kept}"
    return kept


def _side(connection: Connection, found: list[Standing]) -> str:
    for each in found:
        if connection.pk in (each.sync.left_id, each.sync.right_id):
            return "left" if connection.pk == each.sync.left_id else "right"
    return ""
