"""Why somebody is, or is not, in sync: found by name, told stage by stage."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from crosswalk.errors import ConfigError, CrosswalkError
from sync.choices.releasing import fields_apart, is_undone
from sync.models import Sync
from sync.policy import names_of, side_connection
from sync.telling.explaining import SIDES, Explanation, explain, look_again
from sync.telling.finding import MAX_WORDS, people_ask, people_find
from sync.telling.runstory import run_name
from sync.views.parts import record_url, sync_here
from sync.words import people
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member

ICONS = {"ok": "circle-check", "stopped": "circle-x", "waits": "hourglass"}
NOT_REACHED = "circle-dashed"


@workspace_member
@require_GET
def why(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Find somebody, and show how far they get in this sync and why."""
    sync = sync_here(request, pk)
    words = request.GET.get("q", "").strip()[:MAX_WORDS]
    key = request.GET.get("unit", "")[:30]
    hits = people_find(sync, words) if words and not key else []
    if len(hits) == 1:
        key = hits[0].key
    context = {
        "sync": sync,
        "q": words,
        "key": key,
        "hits": hits if len(hits) > 1 else [],
        "can_write": request.membership.can_write,
        "title": f"Is somebody in {sync.name}?",
    }
    if key:
        try:
            context |= _shown(explain(sync, key))
        except ConfigError as error:
            context["problem"] = error.message
    return render(request, "sync/why.html", context)


def _shown(found: Explanation) -> dict[str, Any]:
    """Return what the page shows of an explanation."""
    sync, unit, record = found.sync, found.unit, found.record
    names = names_of(sync)
    return {
        "found": found,
        "name": unit.label or "A person without a name",
        "title": f"{unit.label or 'A person without a name'} in {sync.name}",
        "stages": [
            {"at": each, "icon": ICONS.get(each.state, NOT_REACHED)}
            for each in found.stages
        ],
        "left": names["left"],
        "right": names["right"],
        "sides": [_side(found, side) for side in SIDES],
        "record": record,
        "entries": [{"entry": e, "run": run_name(e.run)} for e in found.entries],
        "apart": fields_apart(record) if record else [],
        "is_undone": is_undone(record) if record else False,
    }


def _side(found: Explanation, side: Any) -> dict[str, Any]:
    row = found.unit.row(side)
    connection = side_connection(found.sync, side)
    return {
        "side": side,
        "label": names_of(found.sync)[side],
        "row": row,
        "url": record_url(connection, row.remote_id) if row else "",
    }


@workspace_editor
@require_POST
def look(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Read somebody from both systems now, and show what that changes."""
    sync = sync_here(request, pk)
    key = request.POST.get("unit", "")[:30]
    words = request.POST.get("q", "").strip()[:MAX_WORDS]
    try:
        messages.success(request, _looked(sync, key, words))
    except CrosswalkError as error:
        messages.error(request, error.message)
    query = urlencode({"unit": key} if key else {"q": words})
    return redirect(f"{reverse('sync:why', args=[workspace, pk])}?{query}")


def _looked(sync: Sync, key: str, words: str) -> str:
    if key:
        look_again(sync, key)
        return "Read just now. This is what a run would decide from it."
    found = people_ask(sync, words) if words else 0
    if not found:
        return "Asked both systems: neither knows anybody like that."
    return f"Asked both systems: {people(found)} found."
