"""Needs attention: what failed by cause, what to reconnect, whom to compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from crosswalk.clock import now
from integrations.models import Connection
from sync import selectors
from sync.advice import advice
from sync.choosing import WINNERS, conflict_resolve, match_accept, match_refuse
from sync.comparing import conflict_shown, mapped_lines, review_shown
from sync.engine.loops import LOOP
from sync.looping import loop_list
from sync.models import Sync, SyncRecord
from sync.retrying import cause_retry
from sync.standing import system_label
from sync.views.deletes import pending_context
from sync.views.needs import system_of
from sync.views.parts import (
    mapping_url,
    reconnect_url,
    record_here,
    record_url,
    run_started,
    sync_here,
)
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member

SHOWS = ("causes", "conflicts", "matches", "loops", "deletes")
PEOPLE_SHOWN = 6  # of one cause
CARDS_SHOWN = 4  # of each kind, where everything is on one page
CARDS_A_PAGE = 10


@workspace_member
@require_GET
def attention(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show what waits for a person."""
    show = request.GET.get("show", "")
    show = show if show in SHOWS else ""
    causes = _causes(request)
    broken = list(selectors.connections_broken(request.workspace))
    counts = selectors.decision_counts(request.workspace)
    of_list = selectors.record_list(request.workspace).exclude(reason_code=LOOP)
    of_list = of_list.exclude(selectors.IS_DELETE)  # they have cards of their own
    conflicts = _cards(
        request, of_list.filter(list=SyncRecord.List.CONFLICT), show == "conflicts"
    )
    reviews = _cards(
        request, of_list.filter(list=SyncRecord.List.REVIEW), show == "matches"
    )
    loops = _cards(request, loop_list(request.workspace), show == "loops")
    numbers = {
        "causes": len(causes) + len(broken),
        "conflicts": counts[SyncRecord.List.CONFLICT],
        "matches": counts[SyncRecord.List.REVIEW] - loops.paginator.count,
        "loops": loops.paginator.count,
        "deletes": counts[selectors.DELETES],
    }
    context = {
        "title": _title(sum(numbers.values())),
        "lead": _lead(sum(numbers.values())),
        "show": show,
        "none_here": bool(show) and not numbers.get(show),
        "numbers": numbers,
        "total": sum(numbers.values()),
        "causes": causes,
        "failing": sum(cause["units"] for cause in causes),
        "broken": [_broken(request, connection) for connection in broken],
        "conflicts": conflicts,
        "conflict_cards": [conflict_shown(r) for r in conflicts],
        "loops": loops,
        "loop_cards": [conflict_shown(record) for record in loops],
        "reviews": reviews,
        "review_cards": _reviews(reviews),
        **(pending_context(request, show == "deletes") if numbers["deletes"] else {}),
        "now": now(),
        "has_live": Sync.objects.filter(
            workspace=request.workspace, state=Sync.State.LIVE
        ).exists(),
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/attention.html", context)


def _title(total: int) -> str:
    if not total:
        return "Nothing needs you"
    return f"{total:,} {'thing needs' if total == 1 else 'things need'} you"


def _lead(total: int) -> str:
    if not total:
        return "Whatever a sync cannot settle by itself comes here."
    return (
        "Grouped by cause, so one fix clears many. Everything else goes on meanwhile."
    )


def _cards(
    request: WorkspaceRequest, found: QuerySet[SyncRecord], is_alone: bool
) -> Page[SyncRecord]:
    """Return the people of a list: a few, or a page when only they are shown."""
    size = CARDS_A_PAGE if is_alone else CARDS_SHOWN
    return Paginator(found.order_by("pk"), size).get_page(
        request.GET.get("page") if is_alone else 1
    )


def _reviews(page: Page[SyncRecord]) -> list[dict[str, Any]]:
    found = selectors.candidates_of(page)
    kinds = {(record.sync_id, record.object_type): record.sync for record in page}
    shown = {key: mapped_lines(sync, key[1]) for key, sync in kinds.items()}
    return [
        _with_links(
            review_shown(record, found, shown[record.sync_id, record.object_type])
        )
        for record in page
    ]


def _with_links(card: dict[str, Any]) -> dict[str, Any]:
    """Add to a comparison where each person is at the vendor."""
    sync = card["record"].sync
    sides = {"left": sync.left, "right": sync.right}
    person = card["record"].left or card["record"].right
    url = record_url(sides[card["side"]], person.remote_id) if person else ""
    for each in card["candidates"]:
        each["url"] = record_url(sides[each["side"]], each["row"].remote_id)
    return {**card, "url": url, "more": card["candidates"][1:]}


def _causes(request: WorkspaceRequest) -> list[dict[str, Any]]:
    """Return what went wrong, grouped so that one fix clears many."""
    causes = selectors.failing_causes(request.workspace)
    since = selectors.failing_since(causes)
    syncs = {sync.pk: sync for sync in selectors.sync_list(request.workspace)}
    people = selectors.failing_people(request.workspace, PEOPLE_SHOWN)
    slug = request.workspace.slug
    return [
        _cause(cause, syncs[cause["sync"]], slug)
        | _who(cause, people.get((cause["sync"], cause["reason_code"]), []))
        | {"first_at": since.get((cause["sync"], cause["reason_code"]))}
        for cause in causes
    ]


def _who(cause: dict[str, Any], people: list[SyncRecord]) -> dict[str, Any]:
    return {"people": people, "more": cause["units"] - len(people)}


def _cause(cause: dict[str, Any], sync: Sync, slug: str) -> dict[str, Any]:
    code = cause["reason_code"]
    said = advice(code, system_of(sync, cause["side"]))
    page = reverse("sync:sync_people", args=[slug, sync.pk])
    return {
        **cause,
        "sync": sync,
        "said": said,
        "detail": cause["reason"] if cause["reasons"] == 1 else "",
        "map_url": mapping_url(slug, sync.pk, cause["kind"])
        if said.action == "map"
        else "",
        "url": f"{page}?list=failing&cause={code}",
    }


def _broken(request: WorkspaceRequest, connection: Connection) -> dict[str, Any]:
    return {
        "connection": connection,
        "label": system_label(connection),
        "url": reconnect_url(connection, request.workspace.slug),
    }


@workspace_editor
@require_POST
def retry_cause(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Try everybody of one cause again, in one run."""
    return run_started(
        request,
        cause_retry,
        back=reverse("sync:attention", args=[workspace]),
        sync=sync_here(request, pk),
        code=request.POST.get("cause", ""),
    )


# --- decisions --------------------------------------------------------------------------


@workspace_editor
@require_POST
def choose(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Have one side's values win in the conflicts of a person."""
    sent = request.POST
    winners = {
        int(name.removeprefix("winner-")): sent[name]
        for name in sent
        if name.startswith("winner-")
        and name.removeprefix("winner-").isdecimal()
        and len(name) < 12
        and sent[name] in WINNERS
    }
    return _decided(
        request,
        conflict_resolve,
        "conflicts",
        record_here(request, pk),
        winners=winners,
    )


@workspace_editor
@require_POST
def same(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Link a person with the one who was found to be the same."""
    raw = request.POST.get("candidate", "")
    candidate = int(raw) if raw.isdecimal() and len(raw) < 19 else 0
    record = record_here(request, pk)
    return _decided(request, match_accept, "matches", record, candidate=candidate)


@workspace_editor
@require_POST
def apart(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Keep a person apart from all who were thought to be the same."""
    return _decided(request, match_refuse, "matches", record_here(request, pk))


def _decided(
    request: WorkspaceRequest,
    decide: Callable[..., SyncRun],
    show: str,
    record: SyncRecord,
    **decision: Any,
) -> HttpResponse:
    page = reverse("sync:attention", args=[request.workspace.slug])
    back = f"{page}?show={show}"
    return run_started(request, decide, back=back, record=record, **decision)
