"""The set-up wizard: beginning, going on where it stands, leaving it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from integrations.models import Connection
from sync import selectors
from sync.models import Setup
from sync.setup import wizard
from sync.setup.forms import SystemsForm
from sync.setup.wizard import SIDES, STEPS
from sync.views.setupconnect import SIDE_KEY, step_connect, step_systems
from sync.views.setuppage import first_sentence, setup_get, step_page, steps_of
from sync.views.setuprules import rules_form, rules_sentence, step_rules
from sync.views.setupscope import step_scope
from sync.views.setuptest import step_fields, step_test
from workspaces.access import WorkspaceRequest, workspace_editor

StepView = Callable[[WorkspaceRequest, Setup, str], HttpResponse]
VIEWS: dict[str, StepView] = {
    "systems": step_systems,
    "left": step_connect,
    "right": step_connect,
    "rules": step_rules,
    "scope": step_scope,
    "fields": step_fields,
    "test": step_test,
}


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_editor
def setup_new(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Choose two systems, or go on with a set-up that was begun before."""
    left, right = wizard.default_systems(request.workspace)
    form = SystemsForm(
        request.POST if request.method == "POST" else None,
        initial={"left": left.key, "right": right.key},
    )
    if request.method == "POST" and form.is_valid():
        setup = wizard.setup_start(
            workspace=request.workspace, actor=request.user, **form.cleaned_data
        )
        return redirect("sync:setup_step", workspace, setup.pk, "left")
    begun = [
        {"setup": setup, "title": wizard.setup_title(setup)}
        for setup in selectors.setups_open(request.workspace).order_by("-pk")
    ]
    context = {
        "form": form,
        "begun": begun,
        "steps": steps_of(None, "systems", (left, right)),
        "sentence": first_sentence(left.label, right.label),
        "left": left,
        "right": right,
        "sofar": [],
    }
    return step_page(request, "systems", context)


@require_safe
@workspace_editor
def setup(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Go to where a set-up stands; the way back from a vendor ends here too."""
    found = setup_get(request.workspace, pk)
    if found.finished_at:
        return redirect("sync:home", workspace)
    side = _take_connection(request, found)
    return redirect("sync:setup_step", workspace, pk, side or wizard.step_now(found))


@require_POST
@workspace_editor
def setup_discard(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Leave a set-up for good; connections and a sync made by it stay."""
    setup_get(request.workspace, pk).delete()
    messages.success(request, "The set-up is gone. What was connected stays connected.")
    return redirect("sync:home", workspace)


def _take_connection(request: WorkspaceRequest, setup: Setup) -> str:
    """Use the connection just made; return its side, "" where it fits neither.

    The side is the one the person left for the vendor from, else one that is empty:
    a link cannot replace a connection that was chosen.
    """
    number = request.GET.get("connection", "")
    if not number.isdecimal() or len(number) > 12:
        return ""
    connection = (
        Connection.objects.filter(workspace=request.workspace, pk=int(number))
        .select_related("grant")
        .first()
    )
    if connection is None:
        return ""
    left_for = request.session.pop(SIDE_KEY.format(setup.pk), "")
    empty = [side for side in SIDES if not wizard.step_is_done(setup, side)]
    for side in [left_for, *empty] if left_for in SIDES else empty:
        if wizard.setup_attach(setup=setup, side=side, connection=connection):
            return str(side)
    return ""


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_editor
def setup_step(
    request: WorkspaceRequest, workspace: str, pk: int, step: str
) -> HttpResponse:
    """Show one step; steps whose turn has not come lead to the one that is due."""
    if step not in STEPS:
        raise Http404
    found = setup_get(request.workspace, pk)
    if found.finished_at and step != "rules":  # the rules may change later, too
        return redirect("sync:home", workspace)
    if not wizard.step_is_open(found, step):
        return redirect("sync:setup_step", workspace, pk, wizard.step_now(found))
    return VIEWS[step](request, found, step)


@require_safe
@workspace_editor
def setup_sentence(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Answer what the rules as they stand on the page would do."""
    found = setup_get(request.workspace, pk)
    form = rules_form(request, found, request.GET)
    return HttpResponse(rules_sentence(found, form))
