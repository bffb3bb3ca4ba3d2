"""Going through what waits for a person: back to where one was, and what is under way.

A decision is carried out by a run, and the person stays in the queue: at the card after
the one they decided. Only whoever came from a run is shown the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from crosswalk.errors import CrosswalkError
from sync import selectors
from sync.engine.loops import LOOP
from sync.jobs import run_enqueue
from sync.models import PendingDelete, SyncRecord
from sync.services import BEHIND, RunActive
from sync.views.parts import record_here
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest
from workspaces.models import Workspace

SHOWS = ("causes", "conflicts", "matches", "loops", "deletes")
Row = TypeVar("Row", bound=Model)
_CARD = re.compile(r"card-[0-9]{1,18}")


def queue_url(slug: str, card: str = "", **query: str | int) -> str:
    """Return the queue at a card. `show`: of one kind; `at`: on the page where this row
    is or was; `run`: for somebody who comes from its page."""
    page = reverse("sync:attention", args=[slug])
    asked = urlencode({name: value for name, value in query.items() if value})
    return f"{page}{'?' if asked else ''}{asked}{'#' if card else ''}{card}"


def card_url(slug: str, record: SyncRecord, run: int = 0) -> str:
    """Return where a unit is decided, "" for one that nobody is asked about."""
    if record.list not in selectors.DECISIONS:
        return ""
    show = "matches" if record.list == SyncRecord.List.REVIEW else "conflicts"
    if record.reason_code == LOOP:
        show = "loops"
    elif record.reason_code.startswith(selectors.DELETE_CODES):
        show = "deletes"
    at = _row_of(record, show)
    return queue_url(slug, f"card-{record.pk}", show=show, at=at, run=run)


def queue_page(
    request: WorkspaceRequest, found: QuerySet[Row], *, size: int, is_alone: bool
) -> Page[Row]:
    """Return the rows of a queue (by pk): the first, or where only they are shown the
    page that is asked for, by its number or by a row that is or was on it."""
    pages, number = Paginator(found.order_by("pk"), size), request.GET.get("page")
    at = request.GET.get("at", "")
    if not is_alone:
        return pages.get_page(1)
    if number is None and at.isdecimal() and len(at) < 19:
        return pages.get_page(found.filter(pk__lt=int(at)).count() // size + 1)
    return pages.get_page(number)


def cards_joined(
    cards: Sequence[dict[str, Any]], carried: dict[int, int]
) -> list[dict[str, Any]]:
    """Add to cards which one comes after each, and the run that carries out what was
    decided of it, if one does."""
    pks = [card["record"].pk for card in cards]
    after = [*pks[1:], pks[-2] if len(pks) > 1 else 0][: len(pks)]
    return [
        {**card, "after": f"card-{pk}" if pk else "", "run": _run_of(card, carried)}
        for card, pk in zip(cards, after, strict=True)
    ]


def _run_of(card: dict[str, Any], carried: dict[int, int]) -> int:
    record: SyncRecord = card["record"]
    return carried.get(record.left_id or 0) or carried.get(record.right_id or 0) or 0


def carried_out(workspace: Workspace) -> tuple[bool, dict[int, int]]:
    """Return whether a run is under way, and record → run of people it is about."""
    found = SyncRun.objects.filter(workspace=workspace, state__in=SyncRun.ACTIVE)
    rows = list(found.values_list("pk", "mode", "scope", "targets"))
    return bool(rows), {
        target: pk
        for pk, mode, scope, targets in rows
        if mode == SyncRun.Mode.LIVE and scope == "records"
        for target in targets
    }


def decision_made(
    request: WorkspaceRequest,
    ask: Callable[..., SyncRun | None],
    pk: int,
    *,
    show: str,
    **decision: Any,
) -> HttpResponse:
    """Carry out what was decided of one unit, and go on in the queue.

    `ask` is told what the page showed (sync/choices/shown.py), and returns the run that
    carries it out, None where the next one does.
    """
    record = record_here(request, pk)
    asked = show if request.POST.get("show") == show else ""
    at = _row_of(record, show) if asked else 0
    slug, seen = request.workspace.slug, request.POST.get("seen", "")
    here = queue_url(slug, f"card-{pk}", show=asked, at=at)
    try:
        run = ask(actor=request.user, record=record, seen=seen, **decision)
    except RunActive as error:
        messages.info(request, error.words("Decide again"))
        return redirect(here)
    except CrosswalkError as error:
        messages.error(request, error.message)
        return redirect(here)
    if run is not None:
        run_enqueue(run.pk)
    if run is not None and request.POST.get("run"):
        return redirect("sync:run_detail", slug, run.pk)
    run_told(request, run, record.label or "this person")
    after = request.POST.get("after", "")
    card = after if _CARD.fullmatch(after) else ""
    return redirect(queue_url(slug, card, show=asked, at=at))


def _row_of(record: SyncRecord, show: str) -> int:
    """Return the row by which a card has its place in its queue."""
    if show != "deletes":
        return record.pk
    pending = PendingDelete.objects.filter(
        sync=record.sync_id, link__left=record.left_id
    )
    return pending.values_list("pk", flat=True).first() or 0


def run_told(request: WorkspaceRequest, run: SyncRun | None, whom: str) -> None:
    """Say which run carries out what was just decided; None: the next one."""
    if run is None:
        messages.success(request, f"The next run takes up {whom}.")
        return
    url = reverse("sync:run_detail", args=[request.workspace.slug, run.pk])
    said = '<a href="{}">Run {}</a> carries it out for {}{}.'
    after = ", after the run under way" if run.reason_code == BEHIND else ""
    messages.success(request, format_html(said, url, run.pk, whom, after))
