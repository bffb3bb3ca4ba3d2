"""Pages above every app: is it alive, is it ready, what is where, how its parts look."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.palette import MAX_WORDS, found
from config.styleguide import samples
from workspaces.access import WorkspaceRequest, workspace_member


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. It asks nobody else."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: the database answers and is of this version."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return _not_ready("The database does not answer.")
    if pending:
        return _not_ready(
            f"{len(pending)} migrations are not applied yet: run manage.py migrate."
        )
    return JsonResponse({"ready": True})


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse({"ready": False, "reason": reason}, status=503)


@workspace_member
@require_safe
def find(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show what fits some words: as a page, or as the options of the palette."""
    words = request.GET.get("q", "").strip()[:MAX_WORDS]
    groups = found(request.workspace, words, can_write=request.membership.can_write)
    is_palette = bool(request.htmx) and not request.htmx.boosted
    template = "shell/_found.html" if is_palette else "find.html"
    context = {"groups": groups, "q": words, "is_palette": is_palette}
    return render(request, template, context)


@login_not_required
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every element of the look, to those who build pages.

    While developing to everybody; with the sandbox to whoever is signed in; else to
    staff, and nobody else learns that it is there.
    """
    user = request.user
    if not settings.DEBUG:
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not (settings.SANDBOX or user.is_staff):
            raise Http404
    return render(request, "styleguide/page.html", {"samples": samples(request)})
