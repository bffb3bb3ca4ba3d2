"""The stand-in's own switches over HTTP: webhooks, installations, new locations."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from sandbox.context import current_context
from sandbox.highlevel import agency, desk, hooks, service
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.identifiers import short_id
from sandbox.highlevel.wire import answer

routes = Blueprint("controls", __name__, url_prefix="/_sandbox")


@routes.get("/webhook-keys")
def webhook_keys() -> Response:
    return answer({"keys": hooks.webhook_public_keys(current_context().store)})


@routes.get("/webhook")
def webhook() -> Response:
    store = current_context().store
    return answer({"url": hooks.webhook_url(store)})


@routes.put("/webhook")
def webhook_set() -> Response:
    """``{"url": "…", "always": true, "events": {"NoteCreate": "…"}}``.

    `always`: also without an installed app; an event's "" switches it off.
    """
    body = request.get_json()
    store = current_context().store
    hooks.set_webhook(
        store,
        url=str(body["url"]),
        always=body.get("always"),
        events=body.get("events"),
    )
    return answer({"url": hooks.webhook_url(store)})


@routes.post("/test-event")
def test_event() -> Response:
    """Of a type and a location, by form or query; a form's sender gets the page back."""
    sent = request.values
    kind, place = sent.get("type", "ContactUpdate"), sent.get("location", NORTHLIGHT_ID)
    try:
        is_sent = desk.event_send(current_context(), kind, place)
    except LookupError:
        abort(404)
    if request.form:
        done = "sent" if is_sent else "no_address"
        return redirect(url_for("pages.webhooks_page", done=done), 303)
    return answer({"sent": is_sent})


@routes.post("/uninstall")
def uninstall() -> Response:
    account = request.args.get("id", NORTHLIGHT_ID)
    is_gone = agency.uninstall(current_context(), account)
    if request.form:
        return redirect(url_for("pages.webhooks_page", done="uninstalled"), 303)
    return answer({"uninstalled": is_gone})


@routes.post("/locations")
def location_new() -> Response:
    """``{"name": "…"}``: the agency makes a location, like its first one in the rest."""
    ctx, body = current_context(), request.get_json()
    pattern = ctx.store.get("highlevel_location", NORTHLIGHT_ID) or {}
    made = {**pattern, **body, "id": body.get("id") or short_id()}
    return answer({"location": made, "installed": agency.location_add(ctx, made)}, 201)


@routes.post("/restore")
def restore() -> Response:
    """An admin brings a deleted contact back: ``?id=…``."""
    contact_id = request.args.get("id", "")
    return answer({"restored": service.contact_restore(current_context(), contact_id)})


@routes.app_context_processor
def _desk() -> dict[str, object]:
    """`highlevel_desk()` for the sandbox's page of webhooks."""

    def show() -> dict[str, object]:
        store = current_context().store
        return {
            "events": desk.EVENTS,
            "locations": store.all("highlevel_location"),
            "installs": desk.installs_list(store),
        }

    return {"highlevel_desk": show}
