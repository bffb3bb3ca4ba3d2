"""Steps of the set-up: which systems, and connecting each of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from integrations import registry
from integrations.access.permissions import missing_permissions
from integrations.hearing import hearing
from integrations.models import Connection, Site
from integrations.selectors import redirect_uri, webhook_url
from integrations.setupdoc import setup_doc
from integrations.views.options import connect_options
from sync.models import Setup
from sync.setup import wizard
from sync.setup.forms import SystemsForm
from sync.setup.wizard import SIDES, System
from sync.views.setuppage import onward, page_context, step_page
from workspaces.access import WorkspaceRequest

SIDE_KEY = "setup-{}-side"  # which side the person left for the vendor from


def step_systems(request: WorkspaceRequest, setup: Setup, step: str) -> HttpResponse:
    """Change which two systems; connections that still fit are kept."""
    initial = {side: wizard.side_system(setup, side).key for side in SIDES}
    form = SystemsForm(
        request.POST if request.method == "POST" else None, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        wizard.setup_systems(setup=setup, **form.cleaned_data)
        return onward(request, setup, step)
    return step_page(request, "systems", {"form": form, **page_context(setup, step)})


def step_connect(request: WorkspaceRequest, setup: Setup, step: str) -> HttpResponse:
    """Connect one side, or use a connection that is there."""
    side = step
    system = wizard.side_system(setup, side)
    if request.method == "POST":
        _use_connection(request, setup, side)
        return redirect(request.path)
    connection = wizard.side_connection(setup, side)
    is_done = wizard.step_is_done(setup, side)
    wants_other = "other" in request.GET
    offers = wizard.connections_on_offer(setup, side)
    context: dict[str, Any] = {
        "side": side,
        "system": system,
        "system_spec": registry.spec(system.kind),
        "connection": connection,
        "is_done": is_done and not wants_other,
        "wants_other": is_done and wants_other,
        "missing": missing_permissions(connection) if connection and is_done else [],
        "offers": [each for each in offers if each != connection],
        "following": _following(setup, side),
        **page_context(setup, side),
    }
    if connection and context["is_done"]:
        context |= _notices_context(connection)
    else:
        request.session[SIDE_KEY.format(setup.pk)] = side
        context |= _connect_context(
            request, setup, system, None if is_done else connection
        )
    return step_page(request, "connect", context)


def _notices_context(connection: Connection) -> dict[str, Any]:
    """Return what a person needs to have a vendor tell of changes at once, and to see
    that it does; nothing where it happens by itself or cannot happen."""
    if connection.grant.site == Site.SANDBOX or _sends_none(connection):
        return {}
    return {
        "hearing": hearing(connection),
        "webhook_url": webhook_url(connection),
        "is_own_hook": registry.spec(connection.kind).webhooks.routing == "connection",
        "is_reachable": settings.IS_HTTPS,
        "setup_doc_html": setup_doc(
            connection.kind,
            redirect_uri=redirect_uri(),
            webhook_url=webhook_url(connection),
        ),
    }


def notices_tests(setup: Setup) -> list[dict[str, Any]]:
    """Return for each side whether a test event can be waited for, or why it cannot."""
    return [
        {
            "side": side,
            "system": wizard.side_system(setup, side),
            "connection": connection,
            "why_not": _unheard(connection),
            "sandbox_url": settings.SANDBOX_URL
            if connection.grant.site == Site.SANDBOX
            else "",
        }
        for side in SIDES
        if (connection := wizard.side_connection(setup, side)) is not None
    ]


def _unheard(connection: Connection) -> str:
    """Return why no test event can arrive, "" where one can."""
    label = registry.spec(connection.kind).label
    if _sends_none(connection):
        words = registry.spec(connection.kind).token_auth
        return (
            f"{label} sends no notices for a {words}; changes arrive at the next poll."
        )
    if connection.grant.site != Site.SANDBOX and not settings.IS_HTTPS:
        return (
            f"{label} reaches this server only at a public https address; until then, "
            "changes arrive at the next poll."
        )
    return ""


def _sends_none(connection: Connection) -> bool:
    """Whether its system tells apps alone, and this connection goes by a token."""
    routing = registry.spec(connection.kind).webhooks.routing
    return routing == "app" and connection.grant.auth_type == "token"


def _following(setup: Setup, side: str) -> dict[str, str]:
    if side == "right":
        return {"step": "rules", "label": "Rules"}
    return {"step": "right", "label": wizard.side_system(setup, "right").label}


def _connect_context(
    request: WorkspaceRequest, setup: Setup, system: System, broken: Connection | None
) -> dict[str, Any]:
    return connect_options(
        request, system.kind, site=system.site, setup=setup.pk, reconnect=broken
    )


def _use_connection(request: WorkspaceRequest, setup: Setup, side: str) -> None:
    offers = wizard.connections_on_offer(setup, side)
    chosen = request.POST.get("connection", "")
    for connection in offers:
        if str(connection.pk) == chosen:
            wizard.setup_attach(setup=setup, side=side, connection=connection)
            return
    raise Http404
