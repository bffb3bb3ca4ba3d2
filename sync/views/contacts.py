"""Contacts: people across systems in one search, and the whole story of one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from crosswalk.errors import ConfigError
from sync.running.forgetting import person_forget
from sync.telling.contacts import MAX_WORDS, MOST, people_recent, people_search
from sync.telling.person import Person, entries_of, person_get, person_refresh
from sync.telling.provenance import fields_shown, others_shown
from sync.telling.timeline import KINDS, timeline
from sync.views.parts import record_url
from sync.views.why import ICONS, NOT_REACHED
from workspaces.access import (
    WorkspaceRequest,
    workspace_editor,
    workspace_member,
    workspace_owner,
)
from workspaces.models import Membership

ENTRIES = 60
NAMELESS = "A person without a name"
MOST_KEY = 2**63


@workspace_member
@require_GET
def contact_list(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Find people by how a name or e-mail begins, by phone or id."""
    words = request.GET.get("q", "").strip()[:MAX_WORDS]
    if words:
        found, has_more = people_search(request.workspace, words)
    else:
        found, has_more = people_recent(request.workspace), False
    if words and len(found) == 1 and not has_more:
        return redirect("sync:contact", workspace, found[0].pk)
    context = {"q": words, "found": found, "has_more": has_more, "most": MOST}
    return render(request, "sync/contact_list.html", context)


@workspace_member
@require_GET
def contact(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Tell one person's story, from what is stored."""
    person = _here(request, pk)
    entries = entries_of(request.workspace, person, ENTRIES)
    chosen = request.GET.get("show", "")
    kind = chosen if chosen in dict(KINDS) else ""
    moments = timeline(request.workspace, person, entries)
    present = {each.kind for each in moments}
    context = {
        "pk": pk,
        "person": person,
        "name": person.label or NAMELESS,
        "is_owner": request.membership.role == Membership.Role.OWNER,
        "places": [
            {"at": p, "url": record_url(p.connection, p.row.remote_id)}
            for p in person.places
        ],
        "syncs": [
            {
                "at": each,
                "fields": fields_shown(each, entries),
                "others": others_shown(each),
                "record": each.found.record if each.found else None,
                "stages": [
                    {"at": s, "icon": ICONS.get(s.state, NOT_REACHED)}
                    for s in (each.found.stages if each.found else ())
                ],
            }
            for each in person.syncs
        ],
        "kinds": [(key, words) for key, words in KINDS if key in ("", *present)],
        "kind": kind,
        "moments": [m for m in moments if kind in ("", m.kind)],
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/contact.html", context)


@workspace_editor
@require_POST
def contact_refresh(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Read one person anew at every system that knows them, within the quota."""
    person = _here(request, pk)
    read, problems = person_refresh(request.workspace, person)
    for problem in dict.fromkeys(problems):
        messages.error(request, problem)
    if read:
        messages.success(request, "Read just now. Nothing was written by looking.")
    return redirect("sync:contact", workspace, pk)


@workspace_owner
@require_http_methods(["GET", "POST"])
def contact_forget(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Ask whether somebody is really to be forgotten, and do it."""
    person = _here(request, pk)
    if request.method == "POST":
        try:
            person_forget(
                workspace=request.workspace,
                records=[row.pk for row in person.rows],
                actor=request.user,
            )
        except ConfigError as error:
            messages.error(request, error.message)
            return redirect("sync:contact_forget", workspace, pk)
        messages.success(request, "They are forgotten here.")
        return redirect("sync:contact_list", workspace)
    context = {"pk": pk, "person": person, "name": person.label or NAMELESS}
    return render(request, "sync/contact_forget.html", context)


def _here(request: WorkspaceRequest, pk: int) -> Person:
    """Return a person of this workspace; 404 for any other."""
    person = person_get(request.workspace, pk) if pk < MOST_KEY else None
    if person is None:
        raise Http404
    return person
