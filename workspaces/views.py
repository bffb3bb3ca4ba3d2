"""The first visit, the way home, and the workspace page."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from crosswalk.errors import CrosswalkError
from workspaces import members, owner
from workspaces.access import WorkspaceRequest, workspace_member, workspace_owner
from workspaces.forms import MemberForm, RoleForm, WelcomeForm, WorkspaceForm
from workspaces.models import Membership
from workspaces.selectors import (
    member_get,
    member_list,
    owner_exists,
    workspace_current,
    workspace_url,
)
from workspaces.services import workspace_change

LINK_NEEDED = (
    "This server can be reached by others, so its first account needs the one-time "
    "link that it printed when it started. Open that link; it works once."
)


@login_not_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Send everybody where they belong."""
    if not request.user.is_authenticated:
        return redirect("account_login" if owner_exists() else "welcome")
    workspace = workspace_current(request)
    if workspace is None:
        return render(request, "workspaces/none.html")
    return redirect(workspace_url(workspace))


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Make the first account and its workspace; gone once there is one."""
    if owner_exists():
        raise Http404
    if not owner.owner_link_fits(request.GET.get("key", "")):
        raise PermissionDenied(LINK_NEEDED)
    form = WelcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, workspace = owner.owner_create(**form.cleaned_data)
        except owner.OwnerExists as error:
            messages.error(request, error.message)
            return redirect("account_login")
        answer: HttpResponse = perform_login(
            request, user, redirect_url=workspace_url(workspace)
        )
        return answer
    return render(request, "workspaces/welcome.html", {"form": form})


@require_safe
@workspace_member
def workspace_page(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show a workspace: its name and its people."""
    return _page(request)


@require_POST
@workspace_owner
def workspace_edit(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Change name and time zone."""
    form = WorkspaceForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    workspace_change(
        workspace=request.workspace, actor=request.user, **form.cleaned_data
    )
    messages.success(request, "The workspace is saved.")
    return redirect("workspaces:workspace_page", workspace)


@require_POST
@workspace_owner
def member_add(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Add a person, and show the link for a new one, in case no mail arrives."""
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _page(request, member_form=form)
    try:
        added = members.member_add(
            workspace=request.workspace, actor=request.user, **form.cleaned_data
        )
    except members.MemberRefused as error:
        form.add_error("email", error.message)
        return _page(request, member_form=form)
    messages.success(request, f"{added.user.email} has been added.")
    request.session["invited"] = added.pk
    return redirect("workspaces:workspace_page", workspace)


@require_POST
@workspace_owner
def member_invite(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Send a new person the link again, and show it."""
    invited = _try(
        request,
        lambda member: members.member_invite(membership=member, actor=request.user),
        pk,
        "{} has a new link.",
    )
    if invited is not None:
        request.session["invited"] = invited.pk
    return redirect("workspaces:workspace_page", workspace)


@require_POST
@workspace_owner
def member_role(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Change what a person may do."""
    form = RoleForm(request.POST)
    if form.is_valid():
        _try(
            request,
            lambda member: members.member_set_role(
                membership=member, actor=request.user, role=form.cleaned_data["role"]
            ),
            pk,
            "{} has another role now.",
        )
    return redirect("workspaces:workspace_page", workspace)


@require_POST
@workspace_owner
def member_remove(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Take a person out of the workspace."""
    removed = _try(
        request,
        lambda member: members.member_remove(membership=member, actor=request.user),
        pk,
        "{} no longer belongs to this workspace.",
    )
    if removed is not None and removed.user_id == request.user.pk:
        return redirect("start")
    return redirect("workspaces:workspace_page", workspace)


def _try(
    request: WorkspaceRequest, change: Callable[[Membership], None], pk: int, done: str
) -> Membership | None:
    """Change one person of this workspace and say how it went."""
    member = member_get(request.workspace, pk)
    if member is None:
        raise Http404
    try:
        change(member)
    except CrosswalkError as error:
        messages.error(request, error.message)
        return None
    messages.success(request, done.format(member.user.email))
    return member


def _page(
    request: WorkspaceRequest,
    form: WorkspaceForm | None = None,
    member_form: MemberForm | None = None,
) -> HttpResponse:
    wrong = form is not None or member_form is not None
    is_owner = request.membership.role == Membership.Role.OWNER
    context = {
        "is_owner": is_owner,
        "form": form or WorkspaceForm(initial=vars(request.workspace)),
        "member_form": member_form or MemberForm(),
        "members": member_list(request.workspace),
        "roles": Membership.Role.choices,
        "invitation": _invitation(request) if is_owner else None,
    }
    status = 400 if wrong else 200
    return render(request, "workspaces/workspace_page.html", context, status=status)


def _invitation(request: WorkspaceRequest) -> dict[str, str] | None:
    """Return the link of the person added just now, shown once."""
    member = member_get(request.workspace, request.session.pop("invited", 0))
    url = members.invitation_url(member) if member else None
    return {"email": member.user.email, "url": url} if member and url else None
