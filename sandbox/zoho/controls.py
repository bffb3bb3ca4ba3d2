"""What a person does at Zoho's screen, over HTTP: a workflow rule with a webhook."""

from __future__ import annotations

from flask import jsonify, request
from werkzeug.wrappers import Response

from sandbox.context import current_context
from sandbox.zoho import billing
from sandbox.zoho.hooks import rule_set
from sandbox.zoho.organizations import main_organization
from sandbox.zoho.wire import blueprint


@blueprint.put("/_sandbox/webhook")
def webhook_set() -> Response:
    """``{"organization_id", "url", "secret"}``: one webhook an organization."""
    body = request.get_json()
    store = current_context().store
    fields = {"url": str(body["url"]), "secret": str(body.get("secret", ""))}
    hook = rule_set(store, str(body["organization_id"]), fields)
    return jsonify({"url": hook["url"] if hook else ""})


@blueprint.post("/_sandbox/<plural>")
def document_make(plural: str) -> tuple[Response, int]:
    """A new invoice, estimate or payment (`customerpayments`) of the main organization."""
    kind = billing.KINDS.get(plural)
    if kind is None:
        return jsonify({"message": "No such kind of document"}), 404
    context = current_context()
    organization = main_organization(context.store)
    made = billing.document_make(context, organization, kind, request.get_json())
    return jsonify(made), 201


@blueprint.put("/_sandbox/<plural>/<id>")
def document_change(plural: str, id: str) -> tuple[Response, int]:
    """A document, sent or paid or made void."""
    kind = billing.KINDS.get(plural)
    if kind is None:
        return jsonify({"message": "No such kind of document"}), 404
    context = current_context()
    organization = main_organization(context.store)
    changed = billing.document_change(
        context, organization, kind, id, request.get_json()
    )
    return jsonify(changed), 200
