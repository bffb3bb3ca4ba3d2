"""Connecting a system: its options, the way to the vendor, and the forms beside it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from crosswalk.errors import ConnectorError, CrosswalkError
from integrations import registry
from integrations.access import accept, oauth
from integrations.access.endpoints import endpoints_for
from integrations.access.permissions import missing_sentence
from integrations.connectors.base import Account
from integrations.forms import CodeForm, OAuthAppForm, TokenForm
from integrations.models import Connection, Grant, Site
from integrations.services import (
    connection_add_token,
    oauth_app_save,
)
from integrations.views.options import (
    Purpose,
    options_page,
    options_url,
    problem_page,
    purpose_in,
    purpose_of,
    reconnect_of,
    require_kind,
)
from workspaces.access import WorkspaceRequest, workspace_editor
from workspaces.models import Workspace


def next_url(workspace: Workspace, setup: int, connection: Connection) -> str:
    """Return where to go on: the set-up that asked, else the connection's page."""
    if setup:
        query = urlencode({"connection": connection.pk})
        return f"/w/{workspace.slug}/setup/{setup}/?{query}"
    return reverse("integrations:connection", args=[workspace.slug, connection.pk])


@workspace_editor
@require_GET
def connection_new(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Choose which system to connect."""
    sites = [Site.VENDOR, *([Site.SANDBOX] if settings.SANDBOX else [])]
    choices = [
        {"kind": kind, "label": label, "site": site}
        for site in reversed(sites)
        for kind, label in registry.kinds()
    ]
    return render(request, "integrations/connection_new.html", {"choices": choices})


@workspace_editor
@require_GET
def connection_options(
    request: WorkspaceRequest, workspace: str, kind: str
) -> HttpResponse:
    """Show every way to connect one system."""
    require_kind(kind)
    return options_page(request, kind, purpose_of(request.GET))


@workspace_editor
@require_GET
def connect_start(request: WorkspaceRequest, workspace: str, kind: str) -> HttpResponse:
    """Send the person to the vendor's consent page. A link, not a form: the content
    policy lets forms go nowhere else."""
    require_kind(kind)
    purpose = purpose_of(request.GET)
    reconnect = reconnect_of(request.workspace, purpose, kind)
    try:
        url = oauth.attempt_start(
            request.session,
            workspace=request.workspace,
            kind=kind,
            site=purpose.site,
            setup=purpose.setup,
            reconnect=reconnect.pk if reconnect else 0,
        )
    except CrosswalkError as error:
        return problem_page(request, error, request.workspace, kind, purpose)
    return HttpResponseRedirect(url)


@workspace_editor
@require_POST
def token_add(request: WorkspaceRequest, workspace: str, kind: str) -> HttpResponse:
    """Connect an account by its static token."""
    require_kind(kind)
    spec = registry.spec(kind)
    form = TokenForm(
        request.POST,
        prefix="token",
        account_label=spec.account_label,
        token_label=spec.token_auth,
    )
    purpose = purpose_in(form, request)
    if form.is_valid():
        try:
            connection = token_accept(request, kind, purpose, form.cleaned_data)
            return connected(request, connection, purpose.setup)
        except CrosswalkError as error:
            form.add_error(None, error.message)
    return options_page(request, kind, purpose, 422, token_form=form)


def token_accept(
    request: WorkspaceRequest, kind: str, purpose: Purpose, data: dict[str, Any]
) -> Connection:
    """Prove a token on its account and connect it."""
    reconnect = reconnect_of(request.workspace, purpose, kind)
    account_id = data["account_id"].strip()
    if reconnect and reconnect.account_id != account_id:
        raise ConnectorError(
            f"“{reconnect.name}” is {reconnect.account_id}, and this is another "
            "account. Nothing was changed."
        )
    return connection_add_token(
        workspace=request.workspace,
        kind=kind,
        name="",
        account_id=account_id,
        token=data["token"].strip(),
        actor=request.user,
        site=purpose.site,
    )


@workspace_editor
@require_POST
def code_add(request: WorkspaceRequest, workspace: str, kind: str) -> HttpResponse:
    """Connect by a self-client's code that was pasted."""
    require_kind(kind)
    if not registry.spec(kind).oauth.self_client:
        raise Http404
    form = CodeForm(request.POST, prefix="code", kind=kind)
    purpose = purpose_in(form, request)
    if form.is_valid():
        try:
            grant, accounts = code_accept(request.workspace, kind, purpose, form)
            return accepted(request, grant, accounts, purpose)
        except CrosswalkError as error:
            form.add_error(None, error.message)
    return options_page(request, kind, purpose, 422, code_form=form)


def code_accept(
    workspace: Workspace, kind: str, purpose: Purpose, form: CodeForm
) -> tuple[Grant, list[Account]]:
    """Exchange a pasted code; it has no redirect address."""
    data = form.cleaned_data
    app = data["client_id"].strip(), data["client_secret"].strip()
    center = data.get("data_center", "")
    facts = accept.exchange_explained(
        kind, endpoints_for(kind, purpose.site, center), app, data["code"].strip()
    )
    return accept.grant_accept(
        workspace=workspace,
        kind=kind,
        site=purpose.site,
        data_center=center,
        app=app,
        facts=facts,
    )


@workspace_editor
@require_POST
def app_save(request: WorkspaceRequest, workspace: str, kind: str) -> HttpResponse:
    """Store the client id and secret of the workspace's own app."""
    require_kind(kind)
    form = OAuthAppForm(request.POST, prefix="app")
    purpose = purpose_in(form, request)
    if not form.is_valid():
        return options_page(request, kind, purpose, 422, app_form=form)
    oauth_app_save(
        workspace=request.workspace,
        kind=kind,
        client_id=form.cleaned_data["client_id"],
        secret=form.cleaned_data["client_secret"],
        actor=request.user,
    )
    messages.success(request, "Saved. Now choose Connect.")
    if purpose.setup:
        return redirect(f"/w/{workspace}/setup/{purpose.setup}/")
    return redirect(options_url(request.workspace, kind, purpose))


@workspace_editor
@require_POST
def code_arrived(request: WorkspaceRequest, workspace: str, kind: str) -> HttpResponse:
    """Take an install that was started at the vendor: this person says it is theirs,
    and confirms the account on the next page before anything is connected."""
    require_kind(kind)
    attempt = oauth.Attempt(kind, Site.VENDOR, request.workspace.pk)
    params = {n: request.POST.get(n, "") for n in ("code", "accounts-server")}
    try:
        grant, _accounts = oauth.attempt_finish(attempt, request.workspace, params)
    except CrosswalkError as error:
        return problem_page(request, error, request.workspace, kind)
    return redirect(choose_url(request.workspace, grant, Purpose()))


def accepted(
    request: WorkspaceRequest,
    grant: Grant,
    accounts: list[Account],
    purpose: Purpose,
) -> HttpResponse:
    """Go on after a vendor said yes: reconnect, connect the one account, or choose."""
    if reconnect := reconnect_of(request.workspace, purpose, grant.kind):
        connection = accept.reconnected(grant, accounts, reconnect, request.user)
        return connected(request, connection, purpose.setup)
    if len(accounts) > 1:
        return redirect(choose_url(request.workspace, grant, purpose))
    return several_connected(request, grant, accounts, purpose)


def choose_url(workspace: Workspace, grant: Grant, purpose: Purpose) -> str:
    path = reverse("integrations:choose", args=[workspace.slug, grant.pk])
    return f"{path}?{purpose.query}"


def connected(
    request: WorkspaceRequest, connection: Connection, setup: int
) -> HttpResponse:
    """Say so, with what was not allowed, and go on where the person came from."""
    messages.success(request, f"“{connection.name}” is connected.")
    if missing := missing_sentence(connection):
        messages.warning(request, missing)
    return redirect(next_url(request.workspace, setup, connection))


@workspace_editor
def account_choose(
    request: WorkspaceRequest, workspace: str, grant: int
) -> HttpResponse:
    """Choose which accounts of a fresh grant to connect; a set-up takes one."""
    found = get_object_or_404(Grant, pk=grant, workspace=request.workspace)
    purpose = purpose_of(request.POST or request.GET)
    accounts = accept.stored_accounts(found)
    wanted = set(request.POST.getlist("account"))
    chosen = [each for each in accounts if each.id in wanted]
    if request.method == "POST" and chosen:
        chosen = chosen[:1] if purpose.setup else chosen
        return several_connected(request, found, chosen, purpose)
    taken = Connection.objects.filter(workspace=request.workspace, kind=found.kind)
    context = {
        "accounts": accounts,
        "taken": set(taken.values_list("account_id", flat=True)),
        "spec": registry.spec(found.kind),
        "purpose": purpose,
        "is_one": bool(purpose.setup),
        "is_missing": request.method == "POST",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "integrations/account_choose.html", context, status=status)


def several_connected(
    request: WorkspaceRequest, grant: Grant, accounts: list[Account], purpose: Purpose
) -> HttpResponse:
    """Connect the chosen accounts, say what did not work, and go on."""
    made, problems = accept.accounts_connect(grant, accounts, request.user)
    if not made:
        error = ConnectorError(next(iter(problems.values())), code="accounts")
        return problem_page(request, error, request.workspace, grant.kind, purpose)
    names = {each.id: each.name or each.id for each in accounts}
    for account_id, message in problems.items():
        messages.error(request, f"“{names[account_id]}” is not connected. {message}")
    if len(made) == 1:
        return connected(request, made[0], purpose.setup)
    named = ", ".join(f"“{each.name}”" for each in made[:5])
    more = f" and {len(made) - 5} more" if len(made) > 5 else ""
    messages.success(request, f"{len(made)} connections: {named}{more}.")
    return redirect("integrations:connection_list", request.workspace.slug)
