"""The pages of the mapping editor: wires, publishing, history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from crosswalk.errors import ConfigError
from integrations.fields.catalogue import catalogue_state
from integrations.models import Connection
from mapping.drafts import version_restore
from mapping.editor import columns, editor_data, previewed
from mapping.finding import catalogue_of, mapping_get
from mapping.forms import Catalogue
from mapping.history import changes_between
from mapping.models import Mapping, MappingVersion
from mapping.pairings import pairing
from mapping.sampling import person_find, person_json
from mapping.selectors import is_published
from mapping.services import mapping_publish as publish
from mapping.views import IN_LINE, PUBLISHED, subject_of
from workspaces.access import WorkspaceRequest, workspace_member

LOOK_FIRST = "This is what publishing would change now. Look, then publish."
ENDPOINTS = ("preview", "report", "draft", "sample", "dismiss")


@require_safe
@workspace_member
def mapping_edit(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> HttpResponse:
    """Show the fields of both sides with the wires between them."""
    mapping = mapping_get(request.workspace, sync, object_type)
    catalogue = catalogue_of(mapping.sync, object_type)
    place = [workspace, sync, object_type]
    data = editor_data(mapping, catalogue)
    person = person_find(mapping)
    data["sample"] = person_json(mapping, person)
    data["can_write"] = request.membership.can_write
    if not request.membership.can_write:  # who may not change it asks for nothing
        data["results"] = previewed(mapping, catalogue, data, person)
    data["urls"] = {
        name: reverse(f"mapping:mapping_{name}", args=place) for name in ENDPOINTS
    }
    context = {
        "mapping": mapping,
        "sync": mapping.sync,
        "subject": subject_of(mapping),
        "setup": _setup(mapping),
        "columns": _columns(mapping, catalogue, data),
        "data": data,
        "version": mapping.published,
        "is_published": is_published(mapping),
        "is_live": mapping.sync.state == "live",
        "can_write": request.membership.can_write,
    }
    return render(request, "mapping/editor.html", context)


def _setup(mapping: Mapping) -> Any:
    """Return the set-up under way that this mapping is a step of, if any."""
    found = getattr(mapping.sync, "setup", None)
    return found if found is not None and found.finished_at is None else None


def _columns(
    mapping: Mapping, catalogue: Catalogue, data: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return both columns with the accounts their fields come from."""
    found = columns(catalogue, data["lines"], data["suggestions"])
    sync = mapping.sync
    sides: Sequence[Connection] = (sync.left, sync.right)
    types = pairing(sync.left.kind, sync.right.kind, mapping.object_type)
    for column, connection in zip(found, sides, strict=True):
        state = catalogue_state(connection, types.type(column["side"]))
        column.update(
            connection=connection,
            account=connection.account_name or connection.name,
            refresh_label=f"Read the fields of {column['name']} again",
            read_words=state.error or "Read the fields again",
        )
    return found


@require_POST
@workspace_member
def mapping_publish(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> HttpResponse:
    """Put the draft in force, or say what stands in the way."""
    mapping = mapping_get(request.workspace, sync, object_type)
    is_live = mapping.sync.state == "live"
    if is_live and request.POST.get("revision") != str(mapping.revision):
        messages.info(request, LOOK_FIRST)
        return redirect("sync:mapping_forecast", workspace, sync, object_type)
    try:
        publish(mapping=mapping, actor=request.user)
    except ConfigError as error:
        text = f"{error.message[:1].upper()}{error.message[1:].rstrip('.')}."
        messages.error(request, text)
    else:
        messages.success(request, IN_LINE if is_live else PUBLISHED)
    return redirect("mapping:mapping_edit", workspace, sync, object_type)


@require_safe
@workspace_member
def mapping_history(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> HttpResponse:
    """Show what each published version changed."""
    mapping = mapping_get(request.workspace, sync, object_type)
    catalogue = catalogue_of(mapping.sync, object_type)
    versions = list(mapping.versions.select_related("published_by").order_by("number"))
    told = [
        _version(mapping, catalogue, before, version)
        for before, version in zip([None, *versions], versions, strict=False)
    ]
    context = {
        "mapping": mapping,
        "sync": mapping.sync,
        "subject": subject_of(mapping),
        "versions": told[::-1],
        "can_write": request.membership.can_write,
    }
    return render(request, "mapping/history.html", context)


def _version(
    mapping: Mapping,
    catalogue: Catalogue,
    before: MappingVersion | None,
    version: MappingVersion,
) -> dict[str, Any]:
    is_in_force = mapping.published_id == version.pk
    author = (
        version.published_by.get_username() if version.published_by else "a command"
    )
    return {
        "number": version.number,
        "title": f"Version {version.number}{', in force' if is_in_force else ''}",
        "anchor": f"v{version.number}",
        "note": f"{version.published_at:%-d %B %Y, %H:%M} by {author}",
        "count": len(version.lines),
        "is_in_force": is_in_force,
        "changes": changes_between(before, version, catalogue) if before else [],
    }


@require_POST
@workspace_member
def mapping_restore(
    request: WorkspaceRequest,
    workspace: str,
    sync: int,
    object_type: str,
    number: int,
) -> HttpResponse:
    """Make an older version the draft."""
    mapping = mapping_get(request.workspace, sync, object_type)
    try:
        version_restore(mapping=mapping, number=number, actor=request.user)
    except MappingVersion.DoesNotExist:
        raise Http404 from None
    messages.success(
        request,
        f"Version {number} is the draft now. Publish it to put it in force.",
    )
    return redirect("mapping:mapping_edit", workspace, sync, object_type)
