"""The page on which the fields of two systems are mapped to each other."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from crosswalk.errors import ConfigError
from integrations.fields.catalogue import catalogue_state
from mapping.finding import catalogue_of, mapping_get
from mapping.forms import Catalogue, DirectionForm, FieldMapFormSet, rows_initial
from mapping.models import Mapping
from mapping.pairings import pairing
from mapping.selectors import draft_lines, is_published
from mapping.services import mapping_publish, mapping_save, mapping_warnings
from workspaces.access import WorkspaceRequest, workspace_member

SAVED = "Saved as a draft. Nothing flows by it before you publish it."
PUBLISHED = "Published."
IN_LINE = "Published. The next run brings existing people in line with it."


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_member
def mapping_form(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> HttpResponse:
    """Show and change which field corresponds to which."""
    mapping = mapping_get(request.workspace, sync, object_type)
    catalogue = catalogue_of(mapping.sync, object_type)
    if request.method != "POST":
        return _page(request, mapping, *forms_unbound(mapping, catalogue))
    direction_form, formset = forms_bound(request.POST, catalogue)
    if direction_form.is_valid() and formset.is_valid():
        direction = direction_form.cleaned_data["direction"]
        # a live sync shows first what publishing would change
        looks_first = _publishes(request) and mapping.sync.state == "live"
        if _save(request, mapping, direction, formset, looks_first=looks_first):
            page = "sync:mapping_forecast" if looks_first else "mapping:mapping_form"
            return redirect(page, workspace, sync, object_type)
    return _page(request, mapping, direction_form, formset)


def subject_of(mapping: Mapping) -> str:
    """Return whose fields a mapping is about: the sync's, or "notes of" it."""
    sync = mapping.sync
    found = pairing(sync.left.kind, sync.right.kind, mapping.object_type)
    if found.key == "contact":
        return str(sync.name)
    return f"{found.label.lower()} of {sync.name}"


def sources_of(
    sync: Any, object_type: str, catalogue: Catalogue
) -> list[dict[str, Any]]:
    """Return where the fields of each side come from: its account, read when."""
    types = pairing(sync.left.kind, sync.right.kind, object_type)
    sides = (("left", sync.left, types.left), ("right", sync.right, types.right))
    return [
        {
            "side": side,
            "name": catalogue.name(side),
            "connection": connection,
            "state": catalogue_state(connection, kind),
        }
        for side, connection, kind in sides
    ]


def forms_unbound(mapping: Mapping, catalogue: Catalogue) -> tuple[DirectionForm, Any]:
    """Return the forms filled from the draft."""
    direction = DirectionForm(
        initial={"direction": mapping.direction}, catalogue=catalogue
    )
    rows = FieldMapFormSet(
        initial=rows_initial(draft_lines(mapping)), prefix="rows", catalogue=catalogue
    )
    return direction, rows


def forms_bound(
    data: QueryDict, catalogue: Catalogue, direction: str = ""
) -> tuple[DirectionForm, Any]:
    """Return the forms filled from what was typed; a direction given is not asked."""
    form = DirectionForm(data, catalogue=catalogue)
    if not direction:
        direction = form.cleaned_data["direction"] if form.is_valid() else "both"
    rows = FieldMapFormSet(
        data, prefix="rows", catalogue=catalogue, direction=direction
    )
    return form, rows


def _save(
    request: WorkspaceRequest,
    mapping: Mapping,
    direction: str,
    formset: Any,
    *,
    looks_first: bool,
) -> bool:
    """Save the draft, and publish it if that was asked for; False if refused."""
    try:
        saved = mapping_save(
            sync=mapping.sync,
            object_type=mapping.object_type,
            direction=direction,
            lines=formset.lines(),
            actor=request.user,
        )
        if _publishes(request) and not looks_first:
            mapping_publish(mapping=saved, actor=request.user)
            saved.refresh_from_db()
            for words in mapping_warnings(saved):
                messages.warning(request, words)
    except ConfigError as error:
        messages.error(request, error.message)
        return False
    if not looks_first:
        messages.success(request, PUBLISHED if _publishes(request) else SAVED)
    return True


def _publishes(request: WorkspaceRequest) -> bool:
    return request.POST.get("action") == "publish"


def _page(
    request: WorkspaceRequest,
    mapping: Mapping,
    direction_form: DirectionForm,
    formset: Any,
) -> HttpResponse:
    context = {
        "mapping": mapping,
        "sync": mapping.sync,
        "subject": subject_of(mapping),
        "direction_form": direction_form,
        "formset": formset,
        "catalogue": formset.catalogue,
        "sources": sources_of(mapping.sync, mapping.object_type, formset.catalogue),
        "can_write": request.membership.can_write,
        "is_published": is_published(mapping),
        "is_live": mapping.sync.state == "live",
    }
    return render(request, "mapping/mapping_edit.html", context)
