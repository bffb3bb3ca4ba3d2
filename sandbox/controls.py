"""The sandbox's controls: switches, faults, webhooks and their log, starting over."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from flask import Response, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.context import current_context
from sandbox.faults import fault_arm
from sandbox.faults import fault_clear as clear_faults
from sandbox.highlevel import hooks as highlevel_hooks
from sandbox.pages import back, blueprint
from sandbox.seed import reset
from sandbox.store import Store
from sandbox.switch_texts import GROUPS
from sandbox.switches import CHOICES, DEFAULTS, FAULTS, Switches
from sandbox.synthetic import seed_more
from sandbox.webhooks import KIND as DELIVERY
from sandbox.zoho import desk as zoho
from sandbox.zoho.hooks import EVENTS, FORMATS
from sandbox.zoho.wire import ZohoError

__all__ = ["blueprint"]


@blueprint.get("/switches")
def switches_page() -> str:
    return render_template(
        "switches.html",
        groups=GROUPS,
        choices=CHOICES,
        switches=current_context().switches(),
        faults=FAULTS,
        defaults=DEFAULTS,
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
        fault["times"] = int(form.get("times", 1))
        fault["skip"] = int(form.get("skip") or 0)
        if form.get("seconds"):
            fault["seconds"] = float(form["seconds"])
        if form.get("where"):
            fault["where"] = form["where"]
        Switches.save(store, fail_next=fault_arm(Switches.load(store), [fault]))
    except ValueError as error:
        return Response(str(error), 422, mimetype="text/plain")
    return back("pages.switches_page", "fault")


@blueprint.post("/faults/clear")
def fault_clear() -> AnyResponse:
    clear_faults()
    return back("pages.switches_page", "cleared")


@blueprint.post("/seed")
def seed_people() -> AnyResponse:
    form = request.form
    try:
        count = int(form.get("people", 0))
        seed_more(current_context().store, form.get("side", ""), count)
    except ValueError as error:
        return Response(str(error), 422, mimetype="text/plain")
    return back("pages.people", "seeded")


@blueprint.get("/webhooks")
def webhooks_page() -> str:
    return _webhooks_page("")


@blueprint.post("/webhooks")
def webhooks_save() -> AnyResponse:
    """HighLevel's address, and the rule of each Zoho organization."""
    store, form = current_context().store, request.form
    try:
        for organization in zoho.organization_list(store):
            id = organization["organization_id"]
            if f"zoho_url_{id}" in form:
                zoho.webhook_set(store, _rule(id), id)
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


@blueprint.post("/webhooks/zoho/<organization_id>/test")
def webhook_test(organization_id: str) -> AnyResponse:
    try:
        sent = zoho.webhook_test(current_context(), organization_id)
    except LookupError:
        abort(404)
    return back("pages.webhooks_page", "tested" if sent else "untested")


@blueprint.post("/reset")
def start_over() -> AnyResponse:
    context = current_context()
    context.sender.forget()
    context.limiter.clear()
    reset(context.store)
    return back("pages.people", "reset")


def _rule(organization_id: str) -> dict[str, Any]:
    """One organization's part of the form."""

    def sent(name: str) -> str:
        return request.form.get(f"zoho_{name}_{organization_id}", "").strip()

    return {
        "url": sent("url"),
        "secret": sent("secret"),
        "events": request.form.getlist(f"zoho_events_{organization_id}"),
        "format": sent("format") or "json",
        "body": sent("body"),
    }


def _webhooks_page(error: str) -> str:
    store = current_context().store
    organizations = zoho.organization_list(store)
    return render_template(
        "webhooks.html",
        error=error,
        rules=[
            (each, zoho.webhook_get(store, each["organization_id"]))
            for each in organizations
        ],
        events=EVENTS,
        formats=FORMATS,
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
