"""Who may see and change what: decorators of every view under /w/<workspace>/.

A stranger and an unknown workspace get the same 404. Changing anything (any unsafe
method) needs an editor, whatever the decorator.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from workspaces.models import Membership, Workspace

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
SESSION_KEY = "workspace"
EDITORS_ONLY = (
    "You can look at everything in this workspace, but not change it. "
    "Ask an owner to make you an editor."
)
OWNERS_ONLY = "Only an owner of this workspace can do this. Ask one of them."

View = Callable[..., HttpResponseBase]


class WorkspaceRequest(HttpRequest):
    """A request whose person has been found to belong to the workspace."""

    user: User
    htmx: HtmxDetails
    workspace: Workspace
    membership: Membership


def workspace_member(view: View) -> View:
    """Let members in: viewers to look, editors and owners also to change."""
    return _guard(view, lambda membership, is_safe: is_safe or membership.can_write)


def workspace_editor(view: View) -> View:
    """Let only editors and owners in."""
    return _guard(view, lambda membership, is_safe: membership.can_write)


def workspace_owner(view: View) -> View:
    """Let only owners in."""
    return _guard(
        view,
        lambda membership, is_safe: membership.role == Membership.Role.OWNER,
        refusal=OWNERS_ONLY,
    )


def _guard(
    view: View, allows: Callable[[Membership, bool], bool], refusal: str = EDITORS_ONLY
) -> View:
    @wraps(view)
    def guarded(
        request: WorkspaceRequest, workspace: str, *args: object, **kwargs: object
    ) -> HttpResponseBase:
        membership = _membership(request, workspace)
        request.membership = membership
        request.workspace = membership.workspace
        if not allows(membership, request.method in SAFE_METHODS):
            raise PermissionDenied(refusal)
        if request.session.get(SESSION_KEY) != workspace:
            request.session[SESSION_KEY] = workspace
        with timezone.override(ZoneInfo(membership.workspace.time_zone)):
            return view(request, workspace, *args, **kwargs)

    return guarded


def _membership(request: HttpRequest, slug: str) -> Membership:
    if not request.user.is_authenticated:
        raise Http404
    found = (
        Membership.objects.select_related("workspace")
        .filter(workspace__slug=slug, user_id=request.user.pk)
        .first()
    )
    if found is None:
        raise Http404
    return found
