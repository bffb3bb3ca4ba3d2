"""Who takes part: the filters of both sides, built by buttons, counted as one goes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from crosswalk.errors import ConfigError
from mapping.convert import Side
from sync.models import Sync
from sync.policy import side_connection, spec_at, system_name
from sync.setup.filterform import FilterForm, filter_form, filter_typed
from sync.setup.filters import SIDES, filters_save
from sync.setup.scopecount import ScopeCount, scope_count, values_seen
from sync.views.parts import sync_here
from workspaces.access import WorkspaceRequest, workspace_editor

OBJECT_TYPE = "contact"
# types of which what others have is worth being offered; names and addresses are not
SUGGESTED = frozenset({"tags", "text", "choices", "choice"})


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_editor
def sync_filters(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show and change who takes part in a sync."""
    sync = sync_here(request, pk)
    forms = filter_forms(request, sync)
    if request.htmx:
        return filter_part(request, sync, forms)
    if is_saved(request) and filters_saved(request, sync, forms):
        messages.success(request, "Saved. The next run looks at everybody anew.")
        return redirect("sync:sync_detail", workspace, sync.pk)
    context = {"sync": sync, **filter_context(sync, forms)}
    return render(request, "sync/sync_filters.html", context)


@require_POST
@workspace_editor
def filters_count(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Answer how many of a side take part by what stands in the form."""
    sync = sync_here(request, pk)
    side: Side = "right" if request.GET.get("side") == "right" else "left"
    form = filter_typed(side, spec_at(sync, side, OBJECT_TYPE), request.POST)
    context = {"row": {"form": form, "count": count_of(sync, form)}, "sync": sync}
    return render(request, "sync/_filter_counted.html", context)


def filter_forms(request: WorkspaceRequest, sync: Sync) -> list[FilterForm]:
    """Return the filters of both sides, as sent or as stored; a button has been done."""
    stored = sync.filters.get(OBJECT_TYPE, {})
    forms = []
    for side in SIDES:
        spec = spec_at(sync, side, OBJECT_TYPE)
        if request.method != "POST":
            forms.append(filter_form(side, spec, stored.get(side, {})))
            continue
        form = filter_typed(side, spec, request.POST)
        form.press(request.POST.get("do", ""))
        forms.append(form)
    return forms


def is_saved(request: WorkspaceRequest) -> bool:
    """Whether a form was sent to be saved, not to be changed by one of its buttons."""
    return request.method == "POST" and not request.POST.get("do")


def filters_saved(
    request: WorkspaceRequest, sync: Sync, forms: list[FilterForm]
) -> bool:
    """Save the filters of both sides; False where a line of one cannot be."""
    checked = [form.is_valid() for form in forms]  # each says what is wrong with it
    if not all(checked):
        return False
    try:
        filters_save(
            sync=sync,
            object_type=OBJECT_TYPE,
            filters={form.side: form.wanted for form in forms},
            actor=request.user,
        )
    except ConfigError as error:
        side = error.path.removeprefix("filters.").partition(".")[0]
        for form in forms:
            form.error = error.message if form.side == side else form.error
        return False
    return True


def filter_context(
    sync: Sync, forms: list[FilterForm], *, is_counted: bool = True
) -> dict[str, Any]:
    """Return what `_filters.html` shows. A part of a page counts afterwards."""
    return {
        "sync": sync,
        "count_url": reverse("sync:filters_count", args=[sync.workspace.slug, sync.pk]),
        "filters": [
            {
                "form": form,
                "name": system_name(sync, form.side),  # type: ignore[arg-type]
                "seen": _seen(sync, form),
                "count": count_of(sync, form, is_quick=True) if is_counted else None,
            }
            for form in forms
        ],
        "has_filter_errors": any(_is_wrong(form) for form in forms),
    }


def filter_part(
    request: WorkspaceRequest, sync: Sync, forms: list[FilterForm]
) -> HttpResponse:
    """Answer the builder as it stands after a button or another field."""
    context = filter_context(sync, forms, is_counted=False)
    return render(request, "sync/_filters.html", context)


def count_of(sync: Sync, form: FilterForm, *, is_quick: bool = False) -> ScopeCount:
    """Return how many take part by what is finished of a filter."""
    connection = side_connection(sync, form.side)
    return scope_count(connection, form.spec, form.wanted, is_quick=is_quick)


def _seen(sync: Sync, form: FilterForm) -> list[tuple[str, list[str]]]:
    """Return what text fields in use hold, to be offered: (field, values)."""
    keys = {
        each.key
        for each in form.root.conditions()
        if each.spec and each.spec.type in SUGGESTED and not each.spec.options
    }
    found = values_seen(side_connection(sync, form.side), form.spec, keys)
    return sorted(found.items())


def _is_wrong(form: FilterForm) -> bool:
    return bool(form.error or any(each.error for each in form.root.conditions()))
