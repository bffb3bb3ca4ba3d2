"""The last steps of the set-up: the fields, and the test."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from mapping.finding import catalogue_of
from mapping.models import Mapping
from mapping.services import mapping_publish, mapping_save
from mapping.views import forms_bound, forms_unbound, sources_of
from sync.models import Setup
from sync.setup.planstate import plans_outdate
from sync.views.setupconnect import notices_tests
from sync.views.setuppage import (
    forget,
    keep_and_go_back,
    onward,
    page_context,
    step_page,
    typed_before,
)
from sync.views.setuprules import OBJECT_TYPE
from sync.views.testing import test_progress, test_request, test_run_of
from workspaces.access import WorkspaceRequest


def step_fields(request: WorkspaceRequest, setup: Setup, step: str) -> HttpResponse:
    """Map the fields; going on publishes them."""
    sync = setup.sync
    if sync is None:
        raise Http404
    mapping = get_object_or_404(Mapping, sync=sync, object_type=OBJECT_TYPE)
    drawn = f"setup.{setup.pk}.drawn"  # the draft that what is kept was typed over
    if request.method == "POST" and request.POST.get("go") == "back":
        request.session[drawn] = mapping.revision
        return keep_and_go_back(request, setup, step)
    if request.session.get(drawn, mapping.revision) != mapping.revision:
        forget(request, setup, step)  # the editor has gone on from there
    catalogue = catalogue_of(sync, OBJECT_TYPE)
    typed = typed_before(request, setup, step)
    _, formset = forms_unbound(mapping, catalogue)
    if typed is not None:
        _, formset = forms_bound(typed, catalogue, mapping.direction)
    if request.method == "POST" and formset.is_valid():
        saved = mapping_save(
            sync=sync,
            object_type=OBJECT_TYPE,
            direction=mapping.direction,
            lines=formset.lines(),
            actor=request.user,
        )
        version = mapping_publish(mapping=saved, actor=request.user)
        if version.pk != mapping.published_id:
            plans_outdate(sync=sync)
        forget(request, setup, step)
        return onward(request, setup, step)
    context = {
        "formset": formset,
        "catalogue": catalogue,
        "sources": sources_of(sync, OBJECT_TYPE, catalogue),
        "can_write": True,
        **page_context(setup, step),
    }
    return step_page(request, "fields", context)


def step_test(request: WorkspaceRequest, setup: Setup, step: str) -> HttpResponse:
    """Run the test and show how far it is; its end is the page of the plan."""
    sync = setup.sync
    if sync is None:
        raise Http404
    workspace = request.workspace.slug
    if request.method == "POST":
        test_request(request, sync)
        return redirect(request.path)
    run = test_run_of(sync)
    plan_url = reverse("sync:plan", args=[workspace, run.pk]) if run else ""
    progress = test_progress(run, request.path) if run else None
    if progress and progress.is_ready:
        if request.htmx:
            return HttpResponseClientRedirect(plan_url)
        if "again" not in request.GET:
            return redirect(plan_url)
    context = {"progress": progress, "run": run, **page_context(setup, step)}
    context["notices"] = [] if progress else notices_tests(setup)
    if request.htmx and progress:
        return render(request, "sync/_test_progress.html", context)
    return step_page(request, "test", context)
