"""HighLevel's stand-in: its OAuth pages, API and webhooks as one blueprint.

What it does and how is written in reference/highlevel.md; § in comments is its section.
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from sandbox import faults
from sandbox.context import current_context
from sandbox.highlevel import (
    agency,
    appointments,
    businesses,
    calendars,
    children,
    consent,
    contacts,
    controls,
    custom_fields,
    forms,
    locations,
    marketing,
    memberships,
    oauth,
    search,
    tags,
    wire,
)

blueprint = Blueprint(
    "highlevel", __name__, template_folder="templates", static_folder="static"
)
for _part in (
    *(oauth, agency, consent, contacts, search, tags, children, memberships),
    *(locations, custom_fields, businesses, calendars, appointments, controls),
    *(marketing, forms),
):
    blueprint.register_blueprint(_part.routes)
blueprint.register_error_handler(wire.Refusal, wire.refused)


@blueprint.record_once
def _answer_in_own_words(state: BlueprintSetupState) -> None:
    """Addresses that no rule knows reach the application, which asks its systems."""
    state.app.extensions["http_errors"][state.url_prefix or ""] = _http_error


@blueprint.before_request
def _fault_before() -> Response | None:
    if not _is_vendor_call():
        return None
    switches = current_context().switches()
    return faults.before_request_fault("highlevel", request, switches)


@blueprint.after_request
def _fault_after(response: Response) -> Response:
    response = wire.quota_headers(response)
    if not _is_vendor_call():
        return response
    switches = current_context().switches()
    return faults.after_commit_fault("highlevel", request, response, switches)


def _is_vendor_call() -> bool:
    """Faults strike what the vendor has too, not the sandbox's own additions."""
    own = ("highlevel.controls.", "highlevel.static")
    return not (request.endpoint or "").startswith(own)


def _http_error(error: HTTPException) -> Response:
    """HighLevel answers a wrong method like a wrong address (§3)."""
    if error.code in (404, 405):
        return wire.refused(wire.no_such_address())
    return wire.refused(wire.Refusal(error.code or 500, error.name))
