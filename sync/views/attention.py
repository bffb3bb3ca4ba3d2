"""Needs attention: what failed by cause, what to reconnect, whom to compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from sync import selectors
from sync.choices.choosing import WINNERS, conflict_resolve
from sync.choices.pairing import match_accept, match_refuse
from sync.engine.loops import LOOP
from sync.models import Sync, SyncRecord
from sync.remembering.looping import loop_list
from sync.telling.comparing import conflict_shown, mapped_lines, review_shown
from sync.views.causes import causes_context
from sync.views.deletes import pending_context
from sync.views.parts import part, part_response, record_url
from sync.views.queue import (
    SHOWS,
    cards_joined,
    carried_out,
    decision_made,
    queue_page,
)
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member

CARDS_SHOWN = 4  # of each kind, where everything is on one page
CARDS_A_PAGE = 10


@workspace_member
@require_GET
def attention(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show what waits for a person."""
    show = request.GET.get("show", "")
    show = show if show in SHOWS else ""
    wrong = causes_context(request)
    counts = selectors.decision_counts(request.workspace)
    of_list = selectors.record_list(request.workspace).exclude(reason_code=LOOP)
    of_list = of_list.exclude(selectors.IS_DELETE)  # they have cards of their own
    conflicts = _cards(
        request, of_list.filter(list=SyncRecord.List.CONFLICT), show == "conflicts"
    )
    reviews = _cards(
        request, of_list.filter(list=SyncRecord.List.REVIEW), show == "matches"
    )
    is_moving, carried = carried_out(request.workspace)
    conflict_cards = cards_joined(list(map(conflict_shown, conflicts)), carried)
    loops = _cards(request, loop_list(request.workspace), show == "loops")
    numbers = {
        "causes": sum(len(wrong[key]) for key in ("causes", "broken", "stopped")),
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
        **wrong,
        "conflicts": conflicts,
        "conflict_cards": conflict_cards,
        "side_names": _side_names(conflict_cards),
        "loops": loops,
        "loop_cards": cards_joined(list(map(conflict_shown, loops)), carried),
        "reviews": reviews,
        "review_cards": cards_joined(_reviews(reviews), carried),
        **(
            pending_context(request, show == "deletes", carried)
            if numbers["deletes"]
            else {}
        ),
        "is_moving": is_moving,
        "from_run": _from_run(request),
        "has_live": Sync.objects.filter(
            workspace=request.workspace, state=Sync.State.LIVE
        ).exists(),
        "can_write": request.membership.can_write,
    }
    context["part"] = part(request, "sync/_attention_causes.html", context)
    context["is_settling"] = _is_settling(context)
    if request.htmx and request.htmx.target in {None, "causes"}:
        return part_response(
            request,
            "sync/_attention_live.html",
            context,
            final=not context["is_moving"],
        )
    return render(request, "sync/attention.html", context)


def _side_names(cards: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Return what both sides of all cards are called, where that is one thing."""
    names = {(card["left"], card["right"]) for card in cards}
    return names.pop() if len(names) == 1 else ("The left side", "The right side")


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
    return queue_page(request, found, size=size, is_alone=is_alone)


def _from_run(request: WorkspaceRequest) -> str:
    """Return the run that the person came from, "" when they did not come from one."""
    raw = request.GET.get("run", "")
    return raw if raw.isdecimal() and len(raw) < 19 else ""


def _is_settling(context: dict[str, Any]) -> bool:
    """Whether all that is shown is being carried out: then nobody is at work on a card
    that a new rendering would take away."""
    kinds = ("conflict_cards", "review_cards", "loop_cards", "delete_cards")
    cards = [card for kind in kinds for card in context.get(kind, ())]
    return bool(cards) and all(card["run"] for card in cards)


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
    return decision_made(
        request, conflict_resolve, pk, show="conflicts", winners=winners
    )


@workspace_editor
@require_POST
def same(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Link a person with the one who was found to be the same."""
    raw = request.POST.get("candidate", "")
    candidate = int(raw) if raw.isdecimal() and len(raw) < 19 else 0
    return decision_made(request, match_accept, pk, show="matches", candidate=candidate)


@workspace_editor
@require_POST
def apart(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Keep a person apart from all who were thought to be the same."""
    return decision_made(request, match_refuse, pk, show="matches")
