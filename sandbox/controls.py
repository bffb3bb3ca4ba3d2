"""The sandbox's controls: switches, faults, webhooks and their log, starting over."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from flask import Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.context import current_context
from sandbox.highlevel import hooks as highlevel_hooks
from sandbox.highlevel.unknowns import CHOICES as HIGHLEVEL_CHOICES
from sandbox.highlevel.unknowns import UNKNOWNS
from sandbox.pages import back, blueprint
from sandbox.seed import reset
from sandbox.store import Store
from sandbox.switches import DEFAULTS, FAULTS, WEBHOOK_MODES, Switches
from sandbox.webhooks import KIND as DELIVERY
from sandbox.zoho import desk as zoho
from sandbox.zoho.wire import ZohoError

__all__ = ["blueprint"]

# Grouped as on the page: name and what it means, in plain words.
GROUPS: dict[str, dict[str, str]] = {
    "Both systems": {
        "published_limits": "Refuse calls over the published rate limits",
        "latency_ms": "Delay of every answer, in milliseconds",
        "webhook_mode": "How webhooks are delivered",
        "webhooks_paused": "Hold webhooks back",
    },
    "HighLevel": {
        "search_lag_ms": "Search lags behind writes by so many milliseconds",
        "lowercase_search_names": "Search rows have lower-case names alone",
        "allow_duplicates": "Allow contacts with the same e-mail or phone",
        "companyname_on_put": "Accept companyName on PUT",
        "lost_refresh_answer": "Lose the next answer of a token refresh",
        "refresh_grace_seconds": "A used refresh token works so many seconds more",
        "access_token_seconds": "Life of an access token, in seconds",
        **UNKNOWNS,
        "highlevel_burst_limit": "Calls in 10 seconds",
        "highlevel_daily_limit": "Calls in a day",
        "highlevel_retry_policy": "Webhook retries (a: only on 429, b: on any failure)",
    },
    "Zoho Invoice": {
        "zoho_last_modified_filter": "Honour the last_modified_time filter",
        "zoho_webhook_endpoint": "Offer the webhook settings endpoint",
        "zoho_throttle_tokens": "Refuse the 11th access token in ten minutes",
        "zoho_access_token_seconds": "Life of an access token, in seconds",
        "zoho_minute_limit": "Calls in a minute",
        "zoho_daily_limit": "Calls in a day",
        "zoho_concurrent_limit": "Calls at the same time",
    },
}
CHOICES = {
    "webhook_mode": WEBHOOK_MODES,
    "highlevel_retry_policy": ("a", "b"),
    **HIGHLEVEL_CHOICES,
}


@blueprint.get("/switches")
def switches_page() -> str:
    return render_template(
        "switches.html",
        groups=GROUPS,
        choices=CHOICES,
        switches=current_context().switches(),
        faults=FAULTS,
    )


@blueprint.post("/switches")
def switches_save() -> AnyResponse:
    try:
        Switches.save(current_context().store, **_changes())
    except (TypeError, ValueError) as error:
        return Response(str(error), 422, mimetype="text/plain")
    return back("pages.switches_page", "switches")


@blueprint.post("/faults")
def fault_add() -> AnyResponse:
    form, store = request.form, current_context().store
    fault: dict[str, Any] = {
        "system": form.get("system", "zoho"),
        "match": f"{form.get('method', '*')} {form.get('path', '')}".strip(),
        "fault": form.get("fault", ""),
    }
    try:
        fault["times"] = int(form.get("times") or 1)
        if form.get("seconds"):
            fault["seconds"] = float(form["seconds"])
        queue = Switches.load(store).fail_next
        Switches.save(store, fail_next=[*queue, fault])
    except ValueError as error:
        return Response(str(error), 422, mimetype="text/plain")
    return back("pages.switches_page", "fault")


@blueprint.post("/faults/clear")
def fault_clear() -> AnyResponse:
    Switches.save(current_context().store, fail_next=[])
    return back("pages.switches_page", "cleared")


@blueprint.get("/webhooks")
def webhooks_page() -> str:
    return _webhooks_page("")


@blueprint.post("/webhooks")
def webhooks_save() -> AnyResponse:
    store, form = current_context().store, request.form
    try:
        zoho.webhook_set(
            store, form.get("zoho_url", "").strip(), form.get("zoho_secret", "").strip()
        )
    except ZohoError as refusal:
        return Response(_webhooks_page(str(refusal)), 422, mimetype="text/html")
    always = "highlevel_always" in form
    highlevel_hooks.set_webhook(
        store,
        url=form.get("highlevel_url", "").strip(),
        # Untouched, the environment's word stands.
        always=None if always == _highlevel_always(store) else always,
    )
    return back("pages.webhooks_page", "webhooks")


@blueprint.post("/reset")
def start_over() -> AnyResponse:
    context = current_context()
    context.sender.forget()
    context.limiter.clear()
    reset(context.store)
    return back("pages.people", "reset")


def _webhooks_page(error: str) -> str:
    store = current_context().store
    return render_template(
        "webhooks.html",
        error=error,
        zoho_hook=zoho.webhook_get(store),
        highlevel_url=highlevel_hooks.webhook_url(store),
        highlevel_always=_highlevel_always(store),
        highlevel_keys=highlevel_hooks.webhook_public_keys(store),
        deliveries=list(reversed(store.all(DELIVERY))),
    )


def _highlevel_always(store: Store) -> bool:
    settings = store.get(highlevel_hooks.SETTINGS, highlevel_hooks.WEBHOOK) or {}
    return bool(settings.get("always", False))


def _changes() -> dict[str, Any]:
    """The form by the types of the defaults; an unticked box is not sent at all."""
    changes: dict[str, Any] = {}
    for each in fields(Switches):
        default = getattr(DEFAULTS, each.name)
        if isinstance(default, bool):
            changes[each.name] = each.name in request.form
        elif isinstance(default, int) and each.name in request.form:
            changes[each.name] = int(request.form[each.name])
        elif isinstance(default, str) and each.name in request.form:
            changes[each.name] = request.form[each.name]
    return changes
