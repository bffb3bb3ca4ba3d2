"""The webhook settings by API as a sister product documents them (§7).

Nobody found this page for Zoho Invoice, so it is absent unless a switch offers it.
"""

from __future__ import annotations

from flask import Response

from sandbox.store import Document
from sandbox.zoho.hooks import KIND, webhook_list, webhook_save
from sandbox.zoho.wire import (
    Call,
    ZohoError,
    answer,
    created,
    invalid_value,
    missing,
    route,
)


@route("POST", "/settings/webhooks", "settings.CREATE")
def create(call: Call) -> Response:
    _available(call)
    fields = call.body()
    if fields.get("entity") not in ("contact", "customer"):
        raise invalid_value("entity")
    if not fields.get("url"):
        raise invalid_value("url")
    hook = webhook_save(call.context.store, call.organization_id, fields)
    path = f"settings/webhooks/{hook['webhook_id']}"
    return created("The webhook has been created.", path, webhook=_shown(hook))


@route("GET", "/settings/webhooks", "settings.READ")
def listing(call: Call) -> Response:
    _available(call)
    hooks = webhook_list(call.context.store, call.organization_id)
    return answer(webhooks=[_shown(each) for each in hooks])


@route("GET", "/settings/webhooks/<webhook_id>", "settings.READ")
def detail(call: Call, webhook_id: str) -> Response:
    return answer(webhook=_shown(_get(call, webhook_id)))


@route("PUT", "/settings/webhooks/<webhook_id>", "settings.UPDATE")
def update(call: Call, webhook_id: str) -> Response:
    _get(call, webhook_id)
    hook = webhook_save(
        call.context.store, call.organization_id, call.body(), webhook_id
    )
    return answer("The webhook has been updated.", webhook=_shown(hook))


@route("DELETE", "/settings/webhooks/<webhook_id>", "settings.DELETE")
def delete(call: Call, webhook_id: str) -> Response:
    _get(call, webhook_id)
    call.context.store.delete(KIND, webhook_id)
    return answer("The webhook has been deleted.")


def _get(call: Call, webhook_id: str) -> Document:
    _available(call)
    hook = call.context.store.get(KIND, webhook_id)
    if hook is None or hook["organization_id"] != call.organization_id:
        raise missing("Webhook")
    return hook


def _available(call: Call) -> None:
    if not call.context.switches().zoho_webhook_endpoint:
        raise ZohoError(5, "Invalid URL Passed", 404)


def _shown(hook: Document) -> Document:
    """The secret is never printed."""
    return {key: value for key, value in hook.items() if key != "secret"}
