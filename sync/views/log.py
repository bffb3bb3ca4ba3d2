"""The log over all runs: whom they touched, found, filtered, downloaded."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from crosswalk.keyset import keyset_page
from sync import selectors
from sync.telling import runstory
from sync.telling.activity import entry_systems
from sync.telling.logexport import as_csv, as_json
from sync.telling.logsearch import MAX_WORDS, log_list, log_search
from sync.views.parts import PAGE_SIZE
from sync.views.runlist import day_moment
from synclog.models import LogEntry
from synclog.terms import LONGEST, terms_of, terms_set
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member
from workspaces.services import audit

FILES = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "json": (as_json, "application/json"),
}


@workspace_member
@require_GET
def log(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show whom runs touched, the latest first."""
    chosen = _chosen(request)
    search = log_search(request.workspace, chosen["q"])
    page = keyset_page(
        _filtered(request, chosen),
        request.GET.get("page", ""),
        PAGE_SIZE,
        moment="at",
        ways=search.ways,
        few=search.few,
        near=_filtered(request, chosen, is_searched=False) if search.ways else None,
    )
    # a few syncs once, not with each entry: a page is half as dear
    syncs = {sync.pk: sync for sync in selectors.sync_list(request.workspace)}
    for entry in page:
        entry.run.sync = syncs[entry.run.sync_id]
    context = {
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "page": page,
        "rows": [
            {
                "entry": entry,
                "what": runstory.what_words(entry),
                "systems": entry_systems(entry, entry.run),
            }
            for entry in page
        ],
        "outcomes": [(v, w.capitalize()) for v, w in runstory.ENTRY_WORDS.items()],
        "query": _query(request),
        "terms": terms_of(request.workspace),
        "longest": LONGEST,
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/log.html", context)


def _chosen(request: WorkspaceRequest) -> dict[str, str]:
    """Return the filters in the address; what cannot be read counts as none."""
    asked = request.GET
    outcome = asked.get("outcome", "")
    days = {key: asked.get(key, "") for key in ("since", "until")}
    return {
        "q": asked.get("q", "").strip().replace("\x00", "")[:MAX_WORDS],
        "outcome": outcome if outcome in LogEntry.Outcome.values else "",
        **{key: day if day_moment(day) else "" for key, day in days.items()},
    }


def _filtered(
    request: WorkspaceRequest,
    chosen: dict[str, str],
    *,
    is_searched: bool | None = None,
) -> Any:
    """Return the list that is asked for, as the indexes of a search have it, or its own."""
    return log_list(
        request.workspace,
        outcome=chosen["outcome"],
        since=day_moment(chosen["since"]),
        until=day_moment(chosen["until"], days_later=1),
        is_searched=bool(chosen["q"]) if is_searched is None else is_searched,
    )


def _query(request: WorkspaceRequest) -> str:
    """Return the filters as an address carries them, without the place in the list."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


@workspace_member
@require_GET
def log_export(
    request: WorkspaceRequest, workspace: str, kind: str
) -> HttpResponseBase:
    """Send what the filters leave of the log as a file; it goes into the audit trail."""
    if kind not in FILES:
        raise Http404
    chosen = _chosen(request)
    write, content_type = FILES[kind]
    found = _filtered(request, chosen)
    lines = write(found, log_search(request.workspace, chosen["q"]))
    audit(
        workspace=request.workspace,
        actor=request.user,
        action="log.exported",
        data={"kind": kind, **{key: value for key, value in chosen.items() if value}},
    )
    name = f"{workspace}-log-{now():%Y-%m-%d}.{kind}"
    return StreamingHttpResponse(
        (line.encode() for line in lines),
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


@workspace_editor
@require_POST
def log_keep(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Choose how long the log is kept."""
    sent = [request.POST.get(key, "") for key in ("log_days", "request_days")]
    try:
        if not all(text.isdecimal() and len(text) < 6 for text in sent):
            raise ConfigError("Write both terms as numbers of days.")
        terms_set(
            workspace=request.workspace,
            log_days=int(sent[0]),
            request_days=int(sent[1]),
            actor=request.user,
        )
    except ConfigError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Kept as you chose. What is older goes within hours.")
    return redirect("sync:log", workspace)
