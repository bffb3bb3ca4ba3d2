"""Syncs: the list, the page of one, its people by list, and its buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from crosswalk.clock import now
from crosswalk.errors import CrosswalkError
from mapping.models import Mapping
from mapping.pairings import pairing
from sync import selectors
from sync.deciding.pauses import pauses_count
from sync.models import Sync, SyncRecord
from sync.policy import side_connection, system_name
from sync.running.reconciling import reconcile_request
from sync.services import run_request
from sync.setup.saving import sync_pause, sync_resume
from sync.setup.sentences import schedule_words, settings_sentences
from sync.telling.activity import SIDES
from sync.telling.standing import needs_reconnect, standing_of, standings
from sync.views.parts import (
    PAGE_SIZE,
    canary_shown,
    mapping_url,
    reconnect_url,
    record_url,
    rules_url,
    run_started,
    setup_url,
    sync_here,
)
from sync.words import counts_words, people
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member

RUNS_SHOWN = 6
LIST_TITLES = {
    "in_sync": " in sync",
    "excluded": " left out",
    "waiting": " waiting",
    "failing": " failing",
    "review": " to compare",
    "conflict": " with two values",
}
LIST_LEADS = {
    "": "Everybody in either system, each in exactly one list, with the reason.",
    "in_sync": "They mean the same on both sides, as far as this sync goes.",
    "excluded": "They are left as they are, each for the reason beside the name.",
    "waiting": "They are written as soon as there are calls for it.",
    "failing": "They are tried again by themselves, less often each time.",
    "review": "They look like somebody else too. Nothing is written until that is "
    "settled.",
    "conflict": "Both sides changed the same field. Nothing is written until they agree.",
}


@workspace_member
@require_GET
def sync_list(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show every sync and how it is going."""
    context = {
        "rows": [
            {"at": s, "schedule": schedule_words(s.sync.schedule)}
            for s in standings(request.workspace)
        ],
        "setup_url": setup_url(workspace),
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/sync_list.html", context)


@workspace_member
@require_GET
def sync_detail(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show one sync: how it goes, its rules in words, its people, its last runs."""
    sync = sync_here(request, pk)
    at = standing_of(sync)
    runs = selectors.run_list(request.workspace).filter(sync=sync, is_quiet=False)
    context = {
        "sync": sync,
        "at": at,
        "facets": _facets(sync, at.counts),
        "runs": [{"run": r, "words": counts_words(r)} for r in runs[:RUNS_SHOWN]],
        "sides": _sides(sync, workspace),
        "sentences": settings_sentences(sync),
        "schedule": schedule_words(sync.schedule),
        "mappings": _mappings(sync),
        "canary": canary_shown(sync),
        "paused": pauses_count(sync),
        "edit_url": rules_url(sync) if request.membership.can_write else "",
        "runs_url": f"{reverse('sync:run_list', args=[workspace])}?sync={sync.pk}",
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/sync_detail.html", context)


def _facets(
    sync: Sync, counts: selectors.Counts, chosen: str = ""
) -> list[dict[str, Any]]:
    """Return the lists of a sync, each with a link to its people."""
    page = reverse("sync:sync_people", args=[sync.workspace.slug, sync.pk])
    return [
        {
            "value": value,
            "label": label,
            "count": counts[value],
            "url": f"{page}?list={value}",
            "active": value == chosen,
        }
        for value, label in SyncRecord.List.choices
    ]


def _mappings(sync: Sync) -> list[dict[str, Any]]:
    """Return what is mapped of a sync, with the page where it is edited."""
    slug = sync.workspace.slug
    return [
        {
            "mapping": mapping,
            "label": pairing(
                sync.left.kind, sync.right.kind, mapping.object_type
            ).label,
            "lines": len(mapping.published.lines) if mapping.published else 0,
            "url": mapping_url(slug, sync.pk, mapping.object_type),
        }
        for mapping in Mapping.objects.filter(sync=sync).select_related("published")
    ]


def _sides(sync: Sync, slug: str) -> list[dict[str, Any]]:
    return [
        {
            "side": side,
            "connection": connection,
            "label": system_name(sync, side),
            "reconnect": reconnect_url(connection, slug)
            if needs_reconnect(connection)
            else "",
        }
        for side in SIDES
        for connection in (side_connection(sync, side),)
    ]


@workspace_member
@require_GET
def sync_people(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show the people of a sync by list, with the reason each is in it."""
    sync = sync_here(request, pk)
    counts = selectors.list_counts([sync])[sync.pk]
    name = request.GET.get("list", "")
    chosen = name if name in selectors.LISTS else ""
    cause, words = request.GET.get("cause", ""), request.GET.get("q", "").strip()
    line = request.GET.get("line", "")
    narrowed = {"reason_code": cause, "field_map": line, "label__icontains": words}
    pages = _people_pages(sync, chosen, {k: v for k, v in narrowed.items() if v})
    if not any(narrowed.values()):  # they are counted already
        pages.count = counts[chosen] if chosen else sum(counts.values())
    page = pages.get_page(request.GET.get("page"))
    by_key = selectors.record_list(request.workspace).in_bulk(list(page))
    rows = [by_key[pk] for pk in page if pk in by_key]
    total = sum(counts.values())
    context = {
        "sync": sync,
        "title": _people_title(sync, chosen, counts[chosen] if chosen else total, rows),
        "lead": LIST_LEADS.get(chosen, ""),
        "chosen": chosen,
        "is_all": not chosen,
        "cause": cause,
        "q": words,
        "facets": _facets(sync, counts, chosen),
        "total": total,
        "page": page,
        "people": [{"record": r, "links": _links(sync, r)} for r in rows],
        "now": now(),
        "people_url": reverse("sync:sync_people", args=[workspace, sync.pk]),
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/sync_people.html", context)


def _people_pages(sync: Sync, chosen: str, narrowed: dict[str, str]) -> Paginator[int]:
    """Return the people of a list by key, which an index holds with their order."""
    found = SyncRecord.objects.filter(sync=sync, **narrowed)
    found = found.filter(list=chosen) if chosen else found
    keys = found.order_by("label", "pk").values_list("pk", flat=True)
    # to find words in labels an index is read through: once, not again to count
    return Paginator(list(keys) if "label__icontains" in narrowed else keys, PAGE_SIZE)


def _people_title(
    sync: Sync, chosen: str, count: int, page: Iterable[SyncRecord]
) -> str:
    words = people(count)
    if any(record.object_type != "contact" for record in page):
        words = f"{count:,} record{'' if count == 1 else 's'}"
    return f"{words} of {sync.name}{LIST_TITLES.get(chosen, '')}"


def _links(sync: Sync, record: SyncRecord) -> list[dict[str, str]]:
    """Return where a person is known, with the page at the vendor where there is one."""
    rows = {"left": record.left, "right": record.right}
    return [
        {
            "side": side,
            "label": system_name(sync, side),
            "url": record_url(side_connection(sync, side), row.remote_id),
        }
        for side in SIDES
        for row in (rows[side],)
        if row is not None and row.gone_at is None
    ]


# --- buttons --------------------------------------------------------------------------


@workspace_editor
@require_POST
def sync_run(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Look for changes now."""
    return _run_live(
        request,
        pk,
        run_request,
        mode=SyncRun.Mode.LIVE,
        trigger=SyncRun.Trigger.MANUAL,
        scope="dirty",
    )


@workspace_editor
@require_POST
def sync_compare(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """List everybody on both sides, and find what nobody has told of."""
    return _run_live(request, pk, reconcile_request)


def _run_live(
    request: WorkspaceRequest, pk: int, ask: Callable[..., SyncRun], **options: Any
) -> HttpResponse:
    """Ask for a run that may write, which only a live sync has."""
    sync = sync_here(request, pk)
    back = reverse("sync:sync_detail", args=[request.workspace.slug, sync.pk])
    if sync.state != Sync.State.LIVE:
        messages.error(request, f"“{sync.name}” is not live, so it writes nothing yet.")
        return redirect(back)
    return run_started(request, ask, back=back, sync=sync, **options)


@workspace_editor
@require_POST
def sync_test(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Plan a whole run and write nothing."""
    sync = sync_here(request, pk)
    return run_started(
        request,
        run_request,
        back=reverse("sync:sync_detail", args=[workspace, sync.pk]),
        sync=sync,
        page="sync:plan",
        mode=SyncRun.Mode.TEST,
        trigger=SyncRun.Trigger.MANUAL,
    )


@workspace_editor
@require_POST
def pause(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Switch a sync off until it is resumed."""
    sync = sync_here(request, pk)
    sync_pause(sync=sync, actor=request.user)
    messages.success(
        request, f"“{sync.name}” is paused. What it remembers stays as it is."
    )
    return redirect("sync:sync_detail", workspace, sync.pk)


@workspace_editor
@require_POST
def resume(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Switch a paused sync on again; what was missed is read at once."""
    sync = sync_here(request, pk)
    try:
        sync_resume(sync=sync, actor=request.user)
    except CrosswalkError as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request, f"“{sync.name}” is live again and looks for what it missed."
        )
    return redirect("sync:sync_detail", workspace, sync.pk)
