"""Needs attention: what went wrong, by cause, each with the button that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from integrations.models import Connection
from sync import selectors
from sync.choices.caring import cause_assign, cause_bring_back, cause_put_aside
from sync.choices.retrying import cause_preview, cause_retry
from sync.deciding.guarding import GuardTripped
from sync.failing import Cause, cares_of, failing_causes, failing_people, is_over
from sync.models import CauseCare, Sync, SyncRecord
from sync.telling.advice import advice
from sync.telling.standing import system_label
from sync.views.needs import SIDES, side_told, system_of
from sync.views.parts import (
    attention_url,
    mapping_url,
    reconnect_url,
    rules_url,
    run_started,
    sync_here,
)
from workspaces.access import WorkspaceRequest, workspace_editor
from workspaces.selectors import member_get, member_list

PEOPLE_SHOWN = 6  # of one cause
# how long a cause may be put aside → words, and the span
LATER: dict[str, tuple[str, timedelta | None]] = {
    "hour": ("For an hour", timedelta(hours=1)),
    "day": ("Until tomorrow", timedelta(days=1)),
    "week": ("For a week", timedelta(days=7)),
    "ever": ("Ignore it", None),
}


@dataclass(frozen=True, slots=True)
class Button:
    """What cures a cause: a link to where it is done."""

    words: str
    url: str


def causes_context(request: WorkspaceRequest) -> dict[str, Any]:
    """Return what went wrong in a workspace, in a fixed number of queries."""
    syncs = {sync.pk: sync for sync in selectors.sync_list(request.workspace)}
    cares = cares_of(request.workspace)
    people = failing_people(request.workspace, PEOPLE_SHOWN)

    def shown(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [_cause(request, each, syncs, cares, people) for each in groups]

    causes = shown(failing_causes(request.workspace))
    broken = list(selectors.connections_broken(request.workspace))
    stopped = list(selectors.syncs_stopped(request.workspace))
    # whoever put something aside still finds it; nobody asks for it where there is none
    aside = failing_causes(request.workspace, is_aside=True) if cares else []
    return {
        "causes": causes,
        "aside": shown(aside),
        "failing": sum(cause["units"] for cause in causes),
        "broken": [_broken(request, connection) for connection in broken],
        "stopped": _stopped(request, [syncs[sync.pk] for sync in stopped]),
        "members": list(member_list(request.workspace)) if causes else [],
        "later": [(key, words) for key, (words, span) in LATER.items() if span],
        "now": now(),
    }


def _cause(
    request: WorkspaceRequest,
    group: dict[str, Any],
    syncs: dict[int, Sync],
    cares: dict[tuple[Any, ...], CauseCare],
    people: dict[tuple[Any, ...], list[SyncRecord]],
) -> dict[str, Any]:
    key = (group["sync"], group["reason_code"], group["field_map"])
    cause = Cause(syncs[group["sync"]], group["reason_code"], group["field_map"])
    system = system_of(cause.sync, group["side"], group["reason"])
    said = advice(cause.code, system)
    some, care = people.get(key, []), cares.get(key)
    slug = request.workspace.slug
    query = {"list": "failing", "cause": cause.code, "line": cause.line}
    page = reverse("sync:sync_people", args=[slug, cause.sync.pk])
    return {
        **group,
        "sync": cause.sync,
        "line": cause.line,
        "said": said,
        "detail": group["reason"] if group["reasons"] == 1 else "",
        "button": _button(cause, said.action, group, slug),
        "url": f"{page}?{urlencode({k: v for k, v in query.items() if v})}",
        "people": some,
        "more": group["units"] - len(some),
        "owner": care.owner if care else None,
        "care": care if care and not is_over(care, now()) else None,
    }


def _button(
    cause: Cause, action: str, group: dict[str, Any], slug: str
) -> Button | None:
    """Return where the cause is cured, None where trying again is all there is."""
    if action == "map":
        left, right = cause.fields
        url = mapping_url(slug, cause.sync.pk, group["kind"])
        if not cause.line:
            return Button("Change the mapping", url)
        return Button(
            "Open the wire", f"{url}?{urlencode({'left': left, 'right': right})}"
        )
    return _access(cause.sync, group["side"] or "right", action, slug)


def _access(sync: Sync, side: str | None, action: str, slug: str) -> Button | None:
    """Return where access to the system of a side is given anew, if that is the cure."""
    if side not in SIDES or action not in ("reconnect", "grant"):
        return None
    connection = sync.left if side == "left" else sync.right
    words = "Reconnect" if action == "reconnect" else "Allow it at"
    label = f"{words} {system_label(connection)}"
    return Button(label, reconnect_url(connection, slug))


def _broken(request: WorkspaceRequest, connection: Connection) -> dict[str, Any]:
    return {
        "connection": connection,
        "label": system_label(connection),
        "url": reconnect_url(connection, request.workspace.slug),
    }


def _stopped(request: WorkspaceRequest, syncs: list[Sync]) -> list[dict[str, Any]]:
    """Return syncs whose last run failed as a whole, with what to do about each."""
    last = selectors.last_runs(syncs) if syncs else {}
    found = []
    for sync in syncs:
        run = last[sync.pk]
        side = side_told(sync, run.reason)
        said = advice(run.reason_code, system_of(sync, side), run.reason)
        rules = rules_url(sync) or reverse(
            "sync:sync_detail", args=[request.workspace.slug, sync.pk]
        )
        found.append(
            {
                "sync": sync,
                "run": run,
                "said": said,
                "button": _access(sync, side, said.action, request.workspace.slug),
                "is_paused": sync.state == Sync.State.PAUSED,
                "guard_url": rules if run.reason_code == GuardTripped.code else "",
            }
        )
    return found


# --- buttons --------------------------------------------------------------------------


def _cause_here(request: WorkspaceRequest, pk: int) -> Cause:
    code, line = request.POST.get("cause", ""), request.POST.get("line", "")
    return Cause(sync_here(request, pk), code[:60], line[:250])


@workspace_editor
@require_POST
def retry(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Try everybody of one cause again, in one run."""
    cause = _cause_here(request, pk)
    back = attention_url(workspace)
    return run_started(request, cause_retry, back=back, cause=cause)


@workspace_editor
@require_POST
def preview(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show what becomes of everybody of one cause, to be approved."""
    return run_started(
        request,
        cause_preview,
        back=attention_url(workspace),
        page="sync:plan",
        cause=_cause_here(request, pk),
    )


@workspace_editor
@require_POST
def aside(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Put a cause aside for a while, or for good with a reason."""
    _, span = LATER.get(request.POST.get("for", ""), LATER["day"])
    return _cared(
        request,
        cause_put_aside,
        _cause_here(request, pk),
        "Put aside. It is at the end of this page, and its people are still tried.",
        until=now() + span if span else None,
        reason=request.POST.get("reason", ""),
    )


@workspace_editor
@require_POST
def back(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Have a cause on the list again."""
    cause = _cause_here(request, pk)
    return _cared(request, cause_bring_back, cause, "It is on the list again.")


@workspace_editor
@require_POST
def assign(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Say who sees to a cause."""
    raw = request.POST.get("member", "")
    wanted = int(raw) if raw.isdecimal() and len(raw) < 10 else 0
    member = member_get(request.workspace, wanted)
    said = f"{member.user.email} sees to it." if member else "Nobody has it now."
    return _cared(request, cause_assign, _cause_here(request, pk), said, member=member)


def _cared(
    request: WorkspaceRequest,
    care: Callable[..., CauseCare],
    cause: Cause,
    said: str,
    **how: Any,
) -> HttpResponse:
    try:
        care(cause=cause, actor=request.user, **how)
    except ConfigError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect(attention_url(request.workspace.slug))
