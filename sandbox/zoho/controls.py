"""What a person does at Zoho's screen, over HTTP: a workflow rule with a webhook."""

from __future__ import annotations

from flask import jsonify, request
from werkzeug.wrappers import Response

from sandbox.context import current_context
from sandbox.zoho.hooks import KIND, webhook_list, webhook_save
from sandbox.zoho.wire import blueprint


@blueprint.put("/_sandbox/webhook")
def webhook_set() -> Response:
    """``{"organization_id", "url", "secret"}``: one webhook an organization."""
    body = request.get_json()
    store = current_context().store
    organization = str(body["organization_id"])
    for old in webhook_list(store, organization):
        store.delete(KIND, old["webhook_id"])
    fields = {"url": str(body["url"]), "secret": str(body.get("secret", ""))}
    hook = webhook_save(store, organization, {**fields, "webhook_name": "Crosswalk"})
    return jsonify({"url": hook["url"]})
