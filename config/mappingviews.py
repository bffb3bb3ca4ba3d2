"""The page on which a mapping is exported, imported and copied from another sync."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from config.mappingfile import (
    copies_from,
    mapping_copy,
    mapping_import,
    mapping_text,
)
from config.yamlfile import MAX_BYTES
from crosswalk.errors import ConfigError
from mapping.finding import mapping_get
from mapping.models import Mapping
from mapping.views import subject_of
from workspaces.access import WorkspaceRequest, workspace_member

DRAFT = "Nothing flows by it before you publish it."
SHOWN = 10  # fields that a message names


@require_safe
@workspace_member
def download(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> HttpResponse:
    """Send the draft as a file."""
    mapping = mapping_get(request.workspace, sync, object_type)
    name = f"{slugify(mapping.sync.name) or 'sync'}-{object_type}-fields.yaml"
    return HttpResponse(
        mapping_text(mapping),
        content_type="application/yaml; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_member
def mapping_file(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> HttpResponse:
    """Show the mapping as a file, and take one, or another sync's mapping."""
    mapping = mapping_get(request.workspace, sync, object_type)
    error, typed = "", ""
    if request.method == "POST":
        try:
            words = _take(request, mapping)
        except ConfigError as refused:
            error = (
                f"{refused.path}: {refused.message}"
                if refused.path
                else refused.message
            )
            typed = request.POST.get("text", "")
        else:
            messages.success(request, f"{words} {DRAFT}")
            return redirect("mapping:mapping_edit", workspace, sync, object_type)
    context = {
        "mapping": mapping,
        "sync": mapping.sync,
        "subject": subject_of(mapping),
        "text": mapping_text(mapping),
        "typed": typed,
        "error": error,
        "from_copy": request.POST.get("action") == "copy",
        "sources": copies_from(mapping),
        "can_write": request.membership.can_write,
    }
    return render(request, "mapping/file.html", context, status=400 if error else 200)


def _take(request: WorkspaceRequest, mapping: Mapping) -> str:
    """Take what was sent as the draft; return what was done, in words."""
    revision = _number(request.POST.get("revision", ""))
    if request.POST.get("action") == "copy":
        chosen = _number(request.POST.get("source", ""))
        source = copies_from(mapping).filter(pk=chosen).first() if chosen else None
        if source is None:
            raise ConfigError("Choose the sync to copy from.")
        done = mapping_copy(
            mapping=mapping, source=source, revision=revision, actor=request.user
        )
        if not done.left_out:
            return f"Copied all {done.taken} field maps of “{source.sync.name}”."
        names = "; ".join(done.left_out[:SHOWN])
        more = (
            f" and {len(done.left_out) - SHOWN} more"
            if len(done.left_out) > SHOWN
            else ""
        )
        return f"Copied {done.taken} field maps. Left out, for these accounts cannot take them: {names}{more}."
    mapping_import(
        mapping=mapping, data=_sent(request), revision=revision, actor=request.user
    )
    return "The file is the draft now."


def _sent(request: HttpRequest) -> bytes:
    """Return the file that was chosen, or else the text that was typed."""
    file = request.FILES.get("file")
    if file is not None:
        return bytes(file.read(MAX_BYTES + 1))
    text = request.POST.get("text", "").strip()
    if not text:
        raise ConfigError("Choose a file, or paste its text.")
    return text.encode(errors="replace")


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
