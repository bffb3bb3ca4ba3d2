"""The ways to connect one system, and the page for when it does not work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from crosswalk.errors import CrosswalkError
from integrations import registry
from integrations.access.endpoints import oauth_is_possible
from integrations.access.oauthapps import environment_app, oauth_app_for
from integrations.forms import CodeForm, OAuthAppForm, TokenForm
from integrations.models import Connection, Site
from integrations.selectors import app_webhook_url, redirect_uri, webhook_url
from integrations.setupdoc import setup_doc
from workspaces.access import WorkspaceRequest
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a connection is made for: a site, a set-up, or an old connection."""

    site: str = Site.VENDOR
    setup: int = 0
    reconnect: int = 0

    @property
    def query(self) -> str:
        given = {"site": self.site, "setup": self.setup, "reconnect": self.reconnect}
        return urlencode({name: value for name, value in given.items() if value})


def purpose_of(data: Mapping[str, Any]) -> Purpose:
    """Return the purpose that a link or form carries; 404 for nonsense."""
    site = data.get("site") or Site.VENDOR
    if site not in Site.values or (site == Site.SANDBOX and not settings.SANDBOX):
        raise Http404
    return Purpose(site, number(data.get("setup")), number(data.get("reconnect")))


def number(text: object) -> int:
    """Return a small whole number of a query, 0 for none; 404 for nonsense."""
    if not text:
        return 0
    if not str(text).isdecimal() or len(str(text)) > 12:
        raise Http404
    return int(str(text))


def require_kind(kind: str) -> None:
    """Raise 404 for a system there is no connector for."""
    if kind not in registry.CONNECTORS:
        raise Http404


def reconnect_of(
    workspace: Workspace, purpose: Purpose, kind: str
) -> Connection | None:
    """Return the connection that is to be reconnected; 404 if it is not here."""
    if not purpose.reconnect:
        return None
    return get_object_or_404(
        Connection, workspace=workspace, pk=purpose.reconnect, kind=kind
    )


def options_page(
    request: WorkspaceRequest,
    kind: str,
    purpose: Purpose,
    status: int = 200,
    **bound: Any,
) -> HttpResponse:
    """Render the options; a refused form comes back in `bound`."""
    reconnect = reconnect_of(request.workspace, purpose, kind)
    context = connect_options(
        request,
        kind,
        site=purpose.site,
        setup=purpose.setup,
        reconnect=reconnect,
        **bound,
    )
    return render(
        request, "integrations/connection_options.html", context, status=status
    )


def connect_options(
    request: WorkspaceRequest,
    kind: str,
    *,
    site: str = Site.VENDOR,
    setup: int = 0,
    reconnect: Connection | None = None,
    **bound: Any,
) -> dict[str, Any]:
    """Return the context of `integrations/_connect_options.html`."""
    spec, agency = registry.spec(kind), registry.connector(kind).agency
    purpose = Purpose(site, setup, reconnect.pk if reconnect else 0)
    app = oauth_app_for(request.workspace, kind, site)
    initial = {
        "site": site,
        "setup": setup or None,
        "reconnect": purpose.reconnect or None,
    }
    path = reverse("integrations:connect", args=[request.workspace.slug, kind])
    hook = webhook_url(reconnect) if reconnect else app_webhook_url(kind)
    return {
        "kind": kind,
        "site": site,
        "spec": spec,
        "agency_scopes": agency.scopes if agency else (),
        "has_optional_scopes": bool(agency)
        or any(not scope.required for scope in spec.oauth.scopes),
        "oauth_app": {"client_id": app[0]} if app else None,
        "app_is_fixed": site == Site.SANDBOX or environment_app(kind) is not None,
        "oauth_possible": oauth_is_possible(kind, site),
        "connect_url": f"{path}?{purpose.query}",
        "redirect_uri": redirect_uri(),
        "webhook_url": hook,
        "setup": setup,
        "reconnect": reconnect,
        "setup_doc_html": setup_doc(
            kind, redirect_uri=redirect_uri(), webhook_url=hook
        ),
        "other_host": other_host(request),
        "token_form": token_form(kind, reconnect, initial),
        "app_form": OAuthAppForm(initial=initial, prefix="app"),
        "code_form": CodeForm(initial=initial, prefix="code", kind=kind)
        if spec.oauth.self_client
        else None,
        **bound,
    }


def token_form(
    kind: str, reconnect: Connection | None, initial: dict[str, Any]
) -> TokenForm | None:
    """Return the empty form of a static token, None where there are none."""
    spec = registry.spec(kind)
    if not spec.token_auth:
        return None
    if reconnect:
        initial = {**initial, "account_id": reconnect.account_id}
    return TokenForm(
        initial=initial,
        prefix="token",
        account_label=spec.account_label,
        token_label=spec.token_auth,
    )


def other_host(request: HttpRequest) -> bool:
    """Say whether this page is open at another address than vendors come back to:
    the browser would not know its session there."""
    here = f"{request.scheme}://{request.get_host()}/"
    return not redirect_uri().startswith(here)


def problem_page(
    request: HttpRequest,
    error: CrosswalkError,
    workspace: Workspace | None,
    kind: str = "",
    purpose: Purpose | None = None,
    **more: Any,
) -> HttpResponse:
    """Say what went wrong with connecting, and offer what can be done."""
    purpose = purpose or Purpose()
    retry = ""
    if workspace and kind and getattr(error, "can_retry", True):
        path = reverse("integrations:connect", args=[workspace.slug, kind])
        retry = f"{path}?{purpose.query}"
    context = {
        "title": getattr(error, "title", "Connecting did not work."),
        "message": error.message,
        "code": error.code,
        "retry_url": retry,
        "workspace": workspace,
        "kind": kind,
        "label": registry.spec(kind).label if kind else "",
        "options_url": options_url(workspace, kind, purpose),
        **more,
    }
    # Saying no at the vendor is a choice, not a fault.
    status = 200 if error.code == "denied" else 400
    return render(request, "integrations/connect_problem.html", context, status=status)


def options_url(workspace: Workspace | None, kind: str, purpose: Purpose) -> str:
    """Return where the other ways to connect are."""
    if not workspace or not kind:
        return ""
    path = reverse("integrations:connection_options", args=[workspace.slug, kind])
    return f"{path}?{purpose.query}"


def purpose_in(form: Any, request: WorkspaceRequest) -> Purpose:
    """Return the purpose that a form carries in its hidden fields."""
    names = ("site", "setup", "reconnect")
    return purpose_of({n: request.POST.get(form.add_prefix(n), "") for n in names})
