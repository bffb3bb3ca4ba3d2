"""The stand-in's own switches over HTTP: webhook keys and address, uninstalling."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from sandbox.context import current_context
from sandbox.highlevel import agency, hooks
from sandbox.highlevel.accounts import NORTHLIGHT_ID
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
    """``{"url": "…", "always": true}``: always also without an installed app."""
    body = request.get_json()
    store = current_context().store
    hooks.set_webhook(store, url=str(body["url"]), always=body.get("always"))
    return answer({"url": hooks.webhook_url(store)})


@routes.post("/uninstall")
def uninstall() -> Response:
    account = request.args.get("id", NORTHLIGHT_ID)
    return answer({"uninstalled": agency.uninstall(current_context(), account)})
