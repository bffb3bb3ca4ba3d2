"""One run: its page with live progress, whom it touched, and its buttons."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from crosswalk.keyset import keyset_page
from crosswalk.states import look
from sync import selectors
from sync.choices.undoscope import can_undo
from sync.jobs import run_enqueue
from sync.models import SyncRecord
from sync.policy import side_connection
from sync.services import run_cancel, run_pause, run_resume
from sync.telling import runstory
from sync.telling.activity import entry_systems
from sync.telling.advice import CAUSES, advice
from sync.telling.driftstory import drift_shown
from sync.telling.outlook import finish_words
from sync.telling.standing import needs_reconnect, system_label
from sync.views.needs import side_told, system_of
from sync.views.parts import (
    PAGE_SIZE,
    canary_shown,
    part,
    part_response,
    reconnect_url,
    run_here,
)
from sync.views.undone import undo_test_request
from sync.words import duration, people
from synclog.models import LogEntry, SyncRun
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member

PLAN_ORDER = (
    *("create", "update", "delete", "link", "conflict", "review", "failed"),
    *("unchanged", "excluded"),
)


@workspace_member
@require_GET
def run_detail(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show one run."""
    context = _context(request, run_here(request, pk))
    return render(request, "sync/run_detail.html", context)


@workspace_member
@require_GET
def run_progress(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show the part of a run's page that moves; the last answer ends the asking."""
    run = run_here(request, pk)
    context = _context(request, run)
    return part_response(
        request, "sync/_run_live.html", context, final=not run.is_active
    )


def _context(request: WorkspaceRequest, run: SyncRun) -> dict[str, Any]:
    counts = selectors.entry_counts(run)
    slug = request.workspace.slug
    plan_url = _plan_url(run, slug)
    failed, done = counts.get("failed", 0), runstory.looked_at(run, counts)
    left = runstory.seconds_left(run, done)
    context: dict[str, Any] = {
        "run": run,
        "name": runstory.short_name(run),
        "title": runstory.title(run),
        "started": runstory.started(run),
        "safety": runstory.safety(run),
        "phases": runstory.phases(run, done),
        "percent": runstory.percent(run, done),
        "looked_at": done,
        "segments": runstory.segments(done, failed),
        "whole": runstory.whole(run, done),
        "speed": runstory.speed(run, done),
        "left_words": duration(left) if left else "",
        "finish_words": finish_words(run, done),
        "took": duration(runstory.worked_seconds(run)) if run.started_at else "",
        "failed": failed,
        "failed_words": f"{failed:,} failed so far",
        "meter_label": f"{done:,} people done, {failed:,} of them failed",
        "causes": _causes(run, counts),
        "calls": runstory.calls(run),
        "operations": runstory.operations(run),
        "slowest": runstory.slowest(run),
        "drift": drift_shown(run),
        "untouched": _untouched(run, slug),
        "advice": _run_advice(run, slug),
        "plan_url": plan_url,
        "can_undo": can_undo(run),
        "canary": _canary(run),
        "plan_words": _plan_words(run, plan_url),
        "can_write": request.membership.can_write,
        **_entries(request, run, counts),
    }
    context["part"] = part(request, "sync/_run.html", context)
    return context


def _entries(
    request: WorkspaceRequest, run: SyncRun, counts: selectors.Counts
) -> dict[str, Any]:
    """Return the people of a run: facets, one page, who can be tried again."""
    chosen = request.GET.get("list", "")
    chosen = chosen if chosen in LogEntry.Outcome.values else ""
    found = selectors.entry_list(run)
    found = found.filter(outcome=chosen) if chosen else found
    page = keyset_page(found, request.GET.get("page", ""), PAGE_SIZE)
    units = selectors.units_of(run.sync_id, page)
    rows = [
        {
            "entry": entry,
            "what": runstory.what_words(entry),
            "systems": entry_systems(entry, run),
            "failing": still_failing(units.get(entry.unit)),
        }
        for entry in page
    ]
    return {
        "facets": _facets(run, counts, chosen),
        "all_count": sum(counts.values()),
        "is_all": not chosen,
        "chosen": chosen,
        "page": page,
        "rows": rows,
        "query": _query(request),
    }


def _query(request: WorkspaceRequest) -> str:
    """Return what is asked for of a page beyond the run itself."""
    query = request.GET.copy()
    query.pop("seen", None)
    return query.urlencode()


def _facets(
    run: SyncRun, counts: selectors.Counts, chosen: str
) -> list[dict[str, Any]]:
    page = reverse("sync:run_detail", args=[run.workspace.slug, run.pk])
    return [
        {
            "value": value,
            "label": words,
            "count": count,
            "url": f"{page}?list={value}",
            "active": value == chosen,
            "icon": look(value, past=True).icon,
        }
        for value, words, count in runstory.facets(counts)
    ]


def _causes(run: SyncRun, counts: selectors.Counts) -> list[dict[str, Any]]:
    """Return why people failed in a run, when several did."""
    if counts.get("failed", 0) < 2:
        return []
    return [
        {
            "count_words": f"{people(cause['units'])} of one cause:",
            "said": advice(cause["error_code"], system_of(run.sync, cause["side"])),
        }
        for cause in selectors.entry_causes(run)
        if cause["units"] > 1
    ]


def still_failing(record: SyncRecord | None) -> SyncRecord | None:
    failing = record is not None and record.list == SyncRecord.List.FAILING
    return record if failing else None


def _untouched(run: SyncRun, slug: str) -> list[dict[str, Any]]:
    page = reverse("sync:sync_people", args=[slug, run.sync_id])
    lists = {"unchanged": "in_sync"}
    return [
        {"value": key, "count": count, "url": f"{page}?list={lists.get(key, key)}"}
        for key, count in runstory.untouched(run)
    ]


def _run_advice(run: SyncRun, slug: str) -> dict[str, Any] | None:
    """Return what to do about a run that failed as a whole, or waits for a system."""
    waits = run.state == SyncRun.State.WAITING and run.reason_code in CAUSES
    if run.state != SyncRun.State.FAILED and not waits:
        return None
    broken = [c for c in (run.sync.left, run.sync.right) if needs_reconnect(c)]
    side = side_told(run.sync, run.reason)
    system = system_label(broken[0]) if broken else system_of(run.sync, side)
    said = advice(run.reason_code, system, run.reason)
    if not broken and side and said.action in ("reconnect", "grant"):
        broken = [side_connection(run.sync, side)]
    return {
        "said": said,
        "reconnect": [(system_label(c), reconnect_url(c, slug)) for c in broken],
    }


def _canary(run: SyncRun) -> dict[str, Any] | None:
    """Return that the rest of a run's plan waits, on the page of its first people."""
    return canary_shown(run.sync, here=True) if run.sync.canary_id == run.pk else None


def _plan_url(run: SyncRun, slug: str) -> str:
    if run.mode != SyncRun.Mode.TEST or run.plan_id is None:
        return ""
    return reverse("sync:plan", args=[slug, run.pk])


def _plan_words(run: SyncRun, plan_url: str) -> list[dict[str, Any]]:
    """Return what a test came to, in the order of a page."""
    if run.mode != SyncRun.Mode.TEST:
        return []
    return [
        {
            "value": key,
            "label": look(key).words,
            "count": run.counts[key],
            "url": f"{plan_url}?show={key}" if plan_url else "",
        }
        for key in PLAN_ORDER
        if run.counts.get(key)
    ]


@workspace_editor
@require_POST
def cancel(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Stop a run before its next call."""
    run = run_here(request, pk)
    if run_cancel(run=run, actor=request.user):
        messages.success(
            request, "The run stops before its next call. What is written stays."
        )
    else:
        messages.info(request, "The run had already ended.")
    return redirect("sync:run_detail", workspace, run.pk)


@workspace_editor
@require_POST
def pause(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Have a run rest before its next call."""
    run = run_here(request, pk)
    if run_pause(run=run, actor=request.user):
        messages.success(
            request, "The run rests before its next call, until you resume it."
        )
    else:
        messages.info(request, "The run cannot be paused now. Look at its state.")
    return redirect("sync:run_detail", workspace, run.pk)


@workspace_editor
@require_POST
def resume(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Have a paused run go on where it rests."""
    run = run_here(request, pk)
    if run_resume(run=run, actor=request.user):
        run_enqueue(run.pk)
    else:
        messages.info(request, "The run was not paused any more.")
    return redirect("sync:run_detail", workspace, run.pk)


@workspace_editor
@require_POST
def undo(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show what undoing a run would change; nothing is put back before approval."""
    run = run_here(request, pk)
    test = undo_test_request(request, run)
    if test is None:
        return redirect("sync:run_detail", workspace, run.pk)
    return redirect("sync:plan", workspace, test.pk)
