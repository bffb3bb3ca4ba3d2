"""The page of a reconnect link: for the account's owner, who need not sign in.

It names the workspace that asks and the account it is about, and nothing else of the
workspace. Every answer is private to this browser and never cached.
"""

from __future__ import annotations

from functools import wraps
from typing import Any, Protocol

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from crosswalk.errors import CrosswalkError
from integrations import registry
from integrations.access import oauth
from integrations.access.accept import ConnectProblem
from integrations.access.reconnecting import (
    account_name,
    link_consent_url,
    link_finish,
    link_of,
    link_token,
    state_of,
    way_of,
)
from integrations.connectors.oauth import Scope
from integrations.forms import LinkTokenForm
from integrations.models import ReconnectLink

DONE_KEY = "reconnected_link"  # of the session: the link this browser has used
PER_MINUTE = 30  # pages a minute and address
TOKENS_PER_HOUR = 10  # tries a link, each asks the vendor
STATUS = {"open": 200, "used": 410, "expired": 410, "unknown": 404}


class LinkView(Protocol):
    def __call__(self, request: HttpRequest, token: str) -> HttpResponse: ...


def limited(view: LinkView) -> LinkView:
    """Refuse whoever opens too many pages in a minute."""

    @wraps(view)
    def run(request: HttpRequest, token: str) -> HttpResponse:
        address = request.META.get("REMOTE_ADDR", "")
        if count(f"reconnect-page-{address}", 60) > PER_MINUTE:
            return problem(request, too_many())
        return view(request, token)

    return run


def count(key: str, seconds: int) -> int:
    """Count one more of something, and return how many there were in this while."""
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out this very moment
        return 1


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
@limited
def reconnect_link(request: HttpRequest, token: str) -> HttpResponse:
    """Explain who asks for what, and lead on; take a static token where one is used."""
    link = link_of(token)
    if link is None or state_of(link) != "open":
        return over(request, link)
    way = way_of(link.connection)
    form = token_form(request, link) if way == "token" else None
    status = 200
    if form is not None and request.method == "POST":
        status = 422
        if form.is_valid() and token_taken(request, link, form):
            return done(request, link)
    return page(request, link, token, status=status, way=way, form=form)


@login_not_required
@never_cache
@require_GET
@limited
def reconnect_start(request: HttpRequest, token: str) -> HttpResponse:
    """Send the person to the vendor's consent page (a link: docs/decisions/0010)."""
    link = link_of(token)
    if link is None or state_of(link) != "open":
        return over(request, link)
    try:
        url = link_consent_url(link, request.session)
    except CrosswalkError as error:
        return problem(request, error)
    return HttpResponseRedirect(url)


def link_callback(
    request: HttpRequest, attempt: oauth.Attempt, params: dict[str, str]
) -> HttpResponse:
    """Finish at the vendors' way back what a link began."""
    try:
        link = link_finish(attempt, params)
    except CrosswalkError as error:
        return problem(request, error)
    return done(request, link)


@login_not_required
@never_cache
@require_GET
def reconnect_done(request: HttpRequest) -> HttpResponse:
    """Say what this browser has given access to, whose link it used up."""
    used = request.session.get(DONE_KEY, 0)
    link = (
        ReconnectLink.objects.select_related("connection__workspace")
        .filter(pk=used, used_at__isnull=False)
        .first()
    )
    if link is None:
        return over(request, None)
    context = {
        "asker": link.connection.workspace.name,
        "account": account_name(link),
        "label": registry.spec(link.connection.kind).label,
    }
    return render(request, "integrations/reconnect_done.html", context)


def token_form(request: HttpRequest, link: ReconnectLink) -> LinkTokenForm:
    label = registry.spec(link.connection.kind).token_auth
    data = request.POST if request.method == "POST" else None
    return LinkTokenForm(data, token_label=label)


def token_taken(request: HttpRequest, link: ReconnectLink, form: LinkTokenForm) -> bool:
    """Try the pasted token; what is wrong with it is said in the form."""
    if count(f"reconnect-try-{link.pk}", 3600) > TOKENS_PER_HOUR:
        form.add_error(None, too_many().message)
        return False
    try:
        link_token(link, form.cleaned_data["token"].strip())
    except CrosswalkError as error:
        form.add_error(None, error.message)
        return False
    return True


def done(request: HttpRequest, link: ReconnectLink) -> HttpResponse:
    """Remember which link this browser has used, and go where that is said."""
    request.session[DONE_KEY] = link.pk
    return redirect("reconnect_done")


def page(
    request: HttpRequest, link: ReconnectLink, token: str, *, status: int, **more: Any
) -> HttpResponse:
    connection = link.connection
    context = {
        "asker": connection.workspace.name,
        "account": account_name(link),
        "account_id": connection.account_id,
        "spec": registry.spec(connection.kind),
        "scopes": scopes_shown(link),
        "expires_at": link.expires_at,
        "token": token,
        **more,
    }
    return render(request, "integrations/reconnect_link.html", context, status=status)


def scopes_shown(link: ReconnectLink) -> list[Scope]:
    """Return what the person is about to allow."""
    return list(registry.spec(link.connection.kind).oauth.scopes)


def over(request: HttpRequest, link: ReconnectLink | None) -> HttpResponse:
    """Say why a link leads nowhere, and nothing of what it was for."""
    state = state_of(link)
    return render(
        request,
        "integrations/reconnect_over.html",
        {"state": state},
        status=STATUS[state],
    )


def problem(request: HttpRequest, error: CrosswalkError) -> HttpResponse:
    """Say what went wrong; nothing was changed, and most often the link still works."""
    context = {
        "title": getattr(error, "title", "That did not work."),
        "message": error.message,
        "code": error.code,
        "can_retry": getattr(error, "can_retry", True),
    }
    status = {"denied": 200, "too_many": 429}.get(error.code, 400)
    return render(
        request, "integrations/reconnect_problem.html", context, status=status
    )


def too_many() -> ConnectProblem:
    return ConnectProblem(
        "Too many tries.",
        "Wait a while, then open the link again.",
        code="too_many",
        can_retry=False,
    )
