"""Further pages of a workspace: API keys, the audit trail, taking everything along."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from workspaces import keys
from workspaces.access import WorkspaceRequest, workspace_member, workspace_owner
from workspaces.audittrail import TrailForm, event_row, trail_csv
from workspaces.export import export_stream
from workspaces.forms import ApiKeyForm
from workspaces.keys import SCOPES, KeyRequest
from workspaces.models import ApiKey, Membership
from workspaces.selectors import action_words
from workspaces.services import audit

AUDIT_PAGE = 100
API_PAGE = 200


@require_safe
@workspace_member
def key_list(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show the keys of programs, and make one."""
    return _keys(request, ApiKeyForm())


@require_POST
@workspace_owner
def key_add(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Make a key and show it, this once."""
    form = ApiKeyForm(request.POST)
    if not form.is_valid():
        return _keys(request, form, status=400)
    try:
        row, key = keys.api_key_create(
            workspace=request.workspace, actor=request.user, **form.cleaned_data
        )
    except ConfigError as error:
        form.add_error("name", error.message)
        return _keys(request, form, status=400)
    # not by a redirect: the key would have to be kept somewhere on the way
    answer = _keys(request, ApiKeyForm(), made={"row": row, "key": key})
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@workspace_owner
def key_revoke(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """End a key at once."""
    key = get_object_or_404(ApiKey, workspace=request.workspace, pk=pk)
    keys.api_key_revoke(key=key, actor=request.user)
    messages.success(request, f"{key.name} no longer works.")
    return redirect("workspaces:key_list", workspace)


def _keys(
    request: WorkspaceRequest,
    form: ApiKeyForm,
    made: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = ApiKey.objects.filter(workspace=request.workspace, revoked_at__isnull=True)
    context = {
        "keys": rows.select_related("created_by").order_by("name"),
        "form": form,
        "made": made,
        "scopes": SCOPES,
        "now": now(),
        "is_owner": _is_owner(request),
    }
    return render(request, "workspaces/key_list.html", context, status=status)


@require_safe
@workspace_member
def audit_page(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show who did what, filtered."""
    form = TrailForm(request.workspace, request.GET)
    page = Paginator(form.events(), AUDIT_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "audit": page,
        "events": [(event, action_words(event.action), _told(event)) for event in page],
        "query": request.GET.urlencode(),
        "is_filtered": form.is_filtered,
    }
    return render(request, "workspaces/audit_page.html", context)


def _is_nested(value: Any) -> bool:
    """Whether a value is no list of words that fits a line: the file has it whole."""
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(each, dict | list) for each in parts)


def _short(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _told(event: Any) -> str:
    """Return what a line has noted beside its subject, short."""
    parts = [
        f"{name.replace('_', ' ')}: {_short(value)}"
        for name, value in event.data.items()
        if value not in ("", None, [], {}) and not _is_nested(value)
    ]
    text = "; ".join(parts)
    return text if len(text) <= 160 else text[:159] + "…"


@require_safe
@workspace_owner
def audit_export(request: WorkspaceRequest, workspace: str) -> StreamingHttpResponse:
    """Give the trail as CSV, as it is filtered."""
    form = TrailForm(request.workspace, request.GET)
    answer = StreamingHttpResponse(
        trail_csv(form.events()), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{workspace}-audit.csv"'
    return answer


@require_POST
@workspace_owner
def export(request: WorkspaceRequest, workspace: str) -> StreamingHttpResponse:
    """Give everything the workspace holds as one zip."""
    audit(
        workspace=request.workspace,
        actor=request.user,
        action="workspace.exported",
        subject=request.workspace.name,
    )
    answer = StreamingHttpResponse(
        export_stream(request.workspace), content_type="application/zip"
    )
    name = f"{workspace}-{now():%Y-%m-%d}.zip"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@keys.api("audit")
@require_safe
def audit_api(request: KeyRequest) -> JsonResponse:
    """Give the trail to a program, the newest first; `before` is the id to go on from."""
    form = TrailForm(request.workspace, request.GET)
    events = form.events()
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) < 19:
        events = events.filter(pk__lt=int(before))
    return JsonResponse({"events": [event_row(event) for event in events[:API_PAGE]]})


def _is_owner(request: WorkspaceRequest) -> bool:
    return request.membership.role == Membership.Role.OWNER
