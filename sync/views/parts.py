"""What the pages of sync share: rows of this workspace, parts that update themselves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django_htmx.http import HttpResponseStopPolling

from crosswalk.errors import CrosswalkError
from integrations.models import Connection, Site
from integrations.registry import spec
from sync import selectors
from sync.choices.shown import canary_stamp
from sync.choices.undoscope import can_undo
from sync.jobs import run_enqueue
from sync.models import Setup, Sync, SyncRecord
from sync.services import RunActive
from sync.setup.resting import rest_words
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest

PAGE_SIZE = 50
# differs in every rendering although nothing has changed
_FRESH = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


def sync_here(request: WorkspaceRequest, pk: int) -> Sync:
    """Return a sync of this workspace; 404 for any other."""
    return get_object_or_404(selectors.sync_list(request.workspace), pk=pk)


def run_here(request: WorkspaceRequest, pk: int) -> SyncRun:
    """Return a run of this workspace; 404 for any other."""
    return get_object_or_404(selectors.run_list(request.workspace), pk=pk)


def record_here(request: WorkspaceRequest, pk: int) -> SyncRecord:
    """Return a unit of this workspace; 404 for any other."""
    return get_object_or_404(selectors.record_list(request.workspace), pk=pk)


def part(request: WorkspaceRequest, template: str, context: dict[str, Any]) -> Any:
    """Return a part that a page asks for again and again, with its fingerprint."""
    html = render_to_string(template, context, request)
    seen = hashlib.sha256(_FRESH.sub("", html).encode()).hexdigest()[:16]
    return {"html": html, "seen": seen}


def part_response(
    request: WorkspaceRequest, template: str, context: dict[str, Any], *, final: bool
) -> HttpResponse:
    """Answer a part that updates itself: nothing when nothing has changed."""
    if final:
        return HttpResponseStopPolling(render_to_string(template, context, request))
    if request.GET.get("seen") == context["part"]["seen"]:
        return HttpResponse(status=204)
    return HttpResponse(render_to_string(template, context, request))


def reconnect_url(connection: Connection, slug: str) -> str:
    """Return where a connection is connected again."""
    page = reverse("integrations:connection_options", args=[slug, connection.kind])
    return f"{page}?site={connection.grant.site}&reconnect={connection.pk}"


def record_url(connection: Connection, remote_id: str) -> str:
    """Return a record's page at the vendor, "" where there is none."""
    pattern = spec(connection.kind).record_url
    if not pattern or not remote_id or connection.grant.site != Site.VENDOR:
        return ""
    return pattern.format(account=connection.account_id, id=remote_id)


def run_started(
    request: WorkspaceRequest,
    ask: Callable[..., SyncRun],
    *,
    back: str,
    page: str = "sync:run_detail",
    **kwargs: Any,
) -> HttpResponse:
    """Ask for a run, wake a worker, and go to its page; say why where it can't be."""
    try:
        run = ask(actor=request.user, **kwargs)
    except RunActive as error:
        messages.info(request, error.words("Try again"))
        return redirect(page, request.workspace.slug, error.run.pk)
    except CrosswalkError as error:
        messages.error(request, error.message)
        return redirect(back)
    run_enqueue(run.pk)
    return redirect(page, request.workspace.slug, run.pk)


def decision_started(
    request: WorkspaceRequest,
    ask: Callable[..., SyncRun],
    pk: int,
    **decision: Any,
) -> HttpResponse:
    """Carry out what was decided of one unit, as `run_started` does.

    Where it cannot be, it goes back to what waits for a person.
    """
    back = attention_url(request.workspace.slug)
    record = record_here(request, pk)
    return run_started(request, ask, back=back, record=record, **decision)


def attention_url(slug: str, show: str = "") -> str:
    """Return the page of what waits for a person: all, or one kind of it."""
    page = reverse("sync:attention", args=[slug])
    return f"{page}?show={show}" if show else page


def canary_shown(sync: Sync, *, here: bool = False) -> dict[str, Any] | None:
    """Return what waits after the first people of a plan, None when nothing does.

    `here`: on the page of that run, where nobody needs a link to it.
    """
    run = sync.canary
    if run is None:
        return None
    url = reverse("sync:run_detail", args=[sync.workspace.slug, run.pk])
    return {
        "sync": sync,
        "run": run,
        "title": "It waits for you.",
        "words": rest_words(run),
        "url": "" if here else url,
        "can_undo": can_undo(run),
        "seen": canary_stamp(run),
    }


def setup_url(slug: str) -> str:
    """Return where a new sync is set up."""
    return reverse("sync:setup_new", args=[slug])


def rules_url(sync: Sync) -> str:
    """Return where the rules of a sync are changed: a step of its set-up, if any."""
    setup = Setup.objects.filter(workspace=sync.workspace, sync=sync).first()
    if setup is None:
        return ""
    return reverse("sync:setup_step", args=[sync.workspace.slug, setup.pk, "rules"])


def mapping_url(slug: str, sync_id: int, object_type: str) -> str:
    """Return where the fields of a sync are mapped."""
    return reverse("mapping:mapping_edit", args=[slug, sync_id, object_type])
