"""What can be set or asked for on a connection's page, beside its name and secret."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from crosswalk.errors import CrosswalkError
from integrations.access.reconnecting import reconnect_link_make, reconnect_links_revoke
from integrations.accountoptions import (
    connection_options_save,
    options_offered,
    reserve_save,
    unique_field_problem,
)
from integrations.fields.catalogue import catalogue_states
from integrations.fields.fieldreading import catalogue_refresh
from integrations.forms import AccountOptionsForm, ReserveForm
from integrations.models import Connection
from integrations.views.connections import connection_here, page
from workspaces.access import WorkspaceRequest, workspace_editor


@workspace_editor
@require_POST
def fields_read(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Read the account's own fields anew, and go back to where that was asked."""
    connection = connection_here(request, pk)
    problems = catalogue_refresh(connection)
    if problems:
        kept = "What was known before is kept."
        messages.error(request, f"{' '.join(problems)} {kept}")
    else:
        messages.success(request, fields_words(connection))
    back = request.POST.get("next", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, None):
        return HttpResponseRedirect(back)
    return redirect("integrations:connection", workspace, pk)


def fields_words(connection: Connection) -> str:
    """Return how many own fields an account has."""
    found = [
        f"{state.count} of {state.label.lower()}"
        for state in catalogue_states(connection)
        if state.count
    ]
    return (
        f"“{connection.name}” has own fields: {', '.join(found)}."
        if found
        else f"“{connection.name}” has no fields of its own."
    )


@workspace_editor
@require_POST
def reserve(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Set which part of the quota stays for others."""
    connection, form = connection_here(request, pk), ReserveForm(request.POST)
    if not form.is_valid():
        return page(request, connection, 422, reserve_form=form)
    percent = form.cleaned_data["percent"]
    reserve_save(connection=connection, percent=percent, actor=request.user)
    messages.success(
        request, f"{percent} % of the calls stay for what else uses the account."
    )
    return redirect("integrations:connection", workspace, pk)


@workspace_editor
@require_POST
def options(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Set what the account's system lets people choose."""
    connection = connection_here(request, pk)
    form = AccountOptionsForm(request.POST, connection=connection)
    if form.is_valid():
        key = form.cleaned_data.get("unique_field", "")
        problem = unique_field_problem(connection, key)
        if problem:
            form.add_error("unique_field", problem)
    if form.errors:
        return page(request, connection, 422, options_form=form)
    offered = options_offered(connection.kind)
    chosen = {key: form.cleaned_data.get(key) for key in offered}
    connection_options_save(
        connection=connection,
        actor=request.user,
        **{key: value or None for key, value in chosen.items()},
    )
    messages.success(request, "Saved. The next run follows it.")
    return redirect("integrations:connection", workspace, pk)


@workspace_editor
@require_POST
@never_cache
def reconnect_link(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Make a link for the account's owner. It is shown in this answer and never again."""
    connection = connection_here(request, pk)
    try:
        link = reconnect_link_make(connection=connection, actor=request.user)
    except CrosswalkError as error:
        messages.error(request, error.message)
        return redirect("integrations:connection", workspace, pk)
    return page(request, connection, reconnect_link=link)


@workspace_editor
@require_POST
def reconnect_link_withdraw(
    request: WorkspaceRequest, workspace: str, pk: int
) -> HttpResponse:
    """Take open links back."""
    connection = connection_here(request, pk)
    gone = reconnect_links_revoke(connection=connection, actor=request.user)
    words = "The link no longer works." if gone else "There was no open link."
    messages.success(request, words)
    return redirect("integrations:connection", workspace, pk)
