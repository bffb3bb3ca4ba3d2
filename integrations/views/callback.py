"""The way back from a vendor: one address for all kinds, told apart by `state`."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from crosswalk.errors import CrosswalkError
from integrations import registry
from integrations.access import oauth
from integrations.access.accept import ConnectProblem
from integrations.access.endpoints import known_data_centers
from integrations.access.oauthapps import oauth_app_for
from integrations.models import Site
from integrations.views.connect import accepted
from integrations.views.options import Purpose, problem_page
from integrations.views.reconnect import link_callback
from integrations.views.reconnect import problem as link_problem
from workspaces.access import WorkspaceRequest
from workspaces.models import Membership

Params = dict[str, str]


@login_not_required
@require_GET
def connect_callback(request: HttpRequest) -> HttpResponse:
    """Finish what a connect link began; every failure is a page of its own.

    Only an answer to a reconnect link that was opened in this very browser needs
    nobody to be signed in.
    """
    params: Params = {name: str(value)[:2000] for name, value in request.GET.items()}
    state, is_signed_in = params.get("state", ""), request.user.is_authenticated
    if not is_signed_in and not oauth.is_without_sign_in(request.session, state):
        return redirect_to_login(request.get_full_path())
    try:
        attempt = oauth.attempt_take(request.session, state)
    except ConnectProblem as error:
        if not is_signed_in:
            return link_problem(request, error)
        offers = arrivals(request, params) if error.code == "state_missing" else []
        more: dict[str, Any] = {
            "offers": offers,
            "arrived_code": params.get("code", ""),
            "accounts_server": params.get("accounts-server", ""),
        }
        return problem_page(request, error, None, **more)
    if attempt.link:
        return link_callback(request, attempt, params)
    membership = editor_of(request, attempt.workspace)
    inside = cast(WorkspaceRequest, request)
    inside.membership, inside.workspace = membership, membership.workspace
    purpose = Purpose(attempt.site, attempt.setup, attempt.reconnect)
    try:
        grant, accounts = oauth.attempt_finish(attempt, inside.workspace, params)
        return accepted(inside, grant, accounts, purpose)
    except CrosswalkError as error:
        return problem_page(request, error, inside.workspace, attempt.kind, purpose)


def editor_of(request: HttpRequest, workspace: int) -> Membership:
    """Return the person's membership, if it still lets them connect."""
    found = (
        Membership.objects.select_related("workspace")
        .filter(workspace_id=workspace, user=cast(User, request.user))
        .first()
    )
    if found is None or not found.can_write:
        raise Http404
    return found


def arrivals(request: HttpRequest, params: Params) -> list[dict[str, object]]:
    """Return where an install that was started at the vendor could belong.

    Nothing is attached by itself: a person picks the workspace and then confirms the
    account. Which vendor it was shows in whether it names a data centre.
    """
    if not params.get("code"):
        return []
    has_centers = "accounts-server" in params
    kinds = [
        kind
        for kind in registry.CONNECTORS
        if bool(known_data_centers(kind)) == has_centers
    ]
    memberships = Membership.objects.select_related("workspace").filter(
        user=cast(User, request.user), role__in=Membership.WRITERS
    )
    return [
        {"workspace": each.workspace, "kind": kind, "label": registry.spec(kind).label}
        for each in memberships
        for kind in kinds
        if oauth_app_for(each.workspace, kind, Site.VENDOR)
    ]
