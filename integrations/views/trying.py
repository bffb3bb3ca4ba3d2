"""Trying an operation: its form, the request it would make, and making it."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

from django.forms.utils import ErrorList
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from crosswalk.errors import CrosswalkError
from crosswalk.redact import redact
from integrations.connectors.operations import Operation
from integrations.models import Connection
from integrations.operations.choices import Offered, options_load, records_known
from integrations.operations.forms import OperationForm
from integrations.operations.offers import Offer
from integrations.operations.requests import request_build
from integrations.operations.running import (
    InvalidInputs,
    NotPermitted,
    fields_for,
    operation_run,
    request_shown,
)
from integrations.views.catalogue import (
    operation_context,
    operation_here,
    pretty,
)
from synclog.models import OperationCall
from workspaces.access import WorkspaceRequest, workspace_member

PREVIEW, RUN = "preview", "run"


@workspace_member
@require_http_methods(["GET", "HEAD", "POST"])
def operation_page(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Show an operation; with a connection chosen, let it be tried."""
    operation = operation_here(key)
    context = operation_context(request, operation)
    connection = chosen(request, context["offer"])
    if connection is None or operation.call is None:
        if request.method == "POST":
            raise Http404
        return page(request, context)
    if not request.membership.can_write:
        return page(request, context)
    context["connection"] = connection
    if request.method == "POST":
        return posted(request, operation, connection, context)
    form, offered = form_for(request, operation, connection)
    return page(request, context, form=form, offered=offered, once=uuid4())


def chosen(request: WorkspaceRequest, offer: Offer) -> Connection | None:
    """Return the connection that the address names; 404 for one that may not."""
    wanted = request.GET.get("connection", "")
    if not wanted:
        return None
    for each in offer.usable:
        if str(each.pk) == wanted:
            return each
    raise Http404


def form_for(
    request: WorkspaceRequest,
    operation: Operation,
    connection: Connection,
    data: dict[str, Any] | None = None,
) -> tuple[OperationForm, Offered]:
    """Return the form with what there is to choose from, loaded live."""
    # what lists depend on may come by the address: tasks of a project, say
    given = data if data is not None else request.GET.dict()
    try:
        offered = options_load(connection, operation, given)
    except CrosswalkError as error:
        offered = Offered(problems=[error.message])
    form = OperationForm(
        data,
        initial={} if data is not None else given,
        operation=operation,
        own_fields=fields_for(connection, operation),
        choices=offered.choices,
    )
    return form, offered


def posted(
    request: WorkspaceRequest,
    operation: Operation,
    connection: Connection,
    context: dict[str, Any],
) -> HttpResponse:
    """Show the request that was asked for, or make the one that was confirmed."""
    data = given_in(request, operation, connection)
    form, offered = form_for(request, operation, connection, data)
    shown: dict[str, Any] = {
        "form": form,
        "offered": offered,
        "once": once_in(request),
    }
    if not form.is_valid():
        return page(request, context, status=400, **shown)
    wanted = request_build(operation, form.values, connection.account_id)
    mark = mark_of(request_shown(wanted))
    preview: dict[str, Any] = {"preview": redact(request_shown(wanted)), "mark": mark}
    is_seen = not operation.writes or request.POST.get("mark") == mark
    if request.POST.get("step") != RUN or not is_seen:
        return page(request, context, **shown, **preview)
    if operation.is_dangerous and not request.POST.get("sure"):
        return page(request, context, status=400, unsure=True, **shown, **preview)
    return made(request, operation, connection, context, form, shown)


def made(
    request: WorkspaceRequest,
    operation: Operation,
    connection: Connection,
    context: dict[str, Any],
    form: OperationForm,
    shown: dict[str, Any],
) -> HttpResponse:
    """Make the call; what the vendor refused comes back beside the inputs."""
    try:
        call = operation_run(
            connection=connection,
            operation=operation,
            given=form.values,
            actor=request.user,
            once=shown["once"],
        )
    except (InvalidInputs, NotPermitted) as error:
        form.add_error(None, error.message)
        return page(request, context, status=400, **shown)
    if call.state != OperationCall.State.FAILED:
        return redirect("integrations:call", request.workspace.slug, call.pk)
    for key, words in call.error_fields.items():
        form.add_error(key if key in form.fields else None, words)
    # the same request once more is another one: this one is over
    return page(request, context, **{**shown, "once": uuid4()}, failed=call)


def given_in(
    request: WorkspaceRequest, operation: Operation, connection: Connection
) -> dict[str, Any]:
    """Return what was posted, input by input: lists as lists."""
    form = OperationForm(
        operation=operation, own_fields=fields_for(connection, operation)
    )
    found: dict[str, Any] = {}
    for key in form.fields:
        values = [str(each) for each in request.POST.getlist(key)]
        found[key] = values if len(values) > 1 else "".join(values)
    return found


def once_in(request: WorkspaceRequest) -> UUID:
    """Return the mark that makes two presses of a button one call."""
    try:
        return UUID(request.POST.get("once", ""))
    except ValueError:
        return uuid4()


def mark_of(shown: dict[str, Any]) -> str:
    """Return a short form of a request: what is confirmed is what was shown."""
    text = json.dumps(shown, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def page(
    request: WorkspaceRequest,
    context: dict[str, Any],
    *,
    status: int = 200,
    form: OperationForm | None = None,
    **more: Any,
) -> HttpResponse:
    """Render the page of an operation; with a form, to be tried."""
    if form is not None:
        more["known"] = records_known(context["connection"], context["operation"])
        for key in more["known"]:
            form.fields[key].widget.attrs["list"] = f"known-{key}"
        more["wrong"] = form.non_field_errors() if form.is_bound else ErrorList()
    if "preview" in more:
        more["preview_text"] = pretty(more["preview"]["body"])
    return render(
        request,
        "integrations/operation.html",
        {**context, "form": form, **more},
        status=status,
    )
