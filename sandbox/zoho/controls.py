"""What a person does at Zoho's screen, over HTTP: a workflow rule with a webhook."""

from __future__ import annotations

from flask import jsonify, request
from werkzeug.wrappers import Response

from sandbox.context import current_context
from sandbox.zoho.hooks import rule_set
from sandbox.zoho.wire import blueprint


@blueprint.put("/_sandbox/webhook")
def webhook_set() -> Response:
    """``{"organization_id", "url", "secret"}``: one webhook an organization."""
    body = request.get_json()
    store = current_context().store
    fields = {"url": str(body["url"]), "secret": str(body.get("secret", ""))}
    hook = rule_set(store, str(body["organization_id"]), fields)
    return jsonify({"url": hook["url"] if hook else ""})
