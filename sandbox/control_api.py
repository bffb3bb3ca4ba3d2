"""The sandbox's controls over HTTP, as JSON: `/__/…`, for tests and benchmarks.

The pages set the same things by hand; docs/development/sandbox.md lists the calls.
A wrong value is answered with 422 and ``{"error": "…"}``.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from sandbox.context import current_context
from sandbox.faults import fault_arm
from sandbox.seed import reset
from sandbox.store import Document
from sandbox.switch_texts import GROUPS
from sandbox.switches import FAULTS, Switches
from sandbox.synthetic import seed_more
from sandbox.traffic import Traffic
from sandbox.webhooks import KIND as DELIVERY
from sandbox.zoho import hooks
from sandbox.zoho.organizations import KIND as ORGANIZATION
from sandbox.zoho.records import KIND as CONTACT
from sandbox.zoho.wire import ZohoError

blueprint = Blueprint("control_api", __name__, url_prefix="/__")


@blueprint.get("/switches")
def switches_get() -> Response:
    """All switches as they are, and what each means."""
    texts = {name: text for group in GROUPS.values() for name, text in group.items()}
    return jsonify(switches=asdict(current_context().switches()), meanings=texts)


@blueprint.put("/switches")
def switches_set() -> Response:
    """``{"latency_ms": 250, …}``: the named ones change, the others stay."""
    switches = Switches.save(current_context().store, **_object())
    return jsonify(switches=asdict(switches))


@blueprint.delete("/switches")
def switches_forget() -> Response:
    return jsonify(switches=asdict(Switches.forget(current_context().store)))


@blueprint.get("/faults")
def faults_get() -> Response:
    """The faults that wait, and which there are."""
    return jsonify(faults=current_context().switches().fail_next, kinds=FAULTS)


@blueprint.post("/faults")
def faults_add() -> Response:
    """One fault, or ``{"faults": [one, …]}``; the keys are in sandbox/faults.py."""
    given = _object()
    store = current_context().store
    with store.lock:
        queue = fault_arm(Switches.load(store), given.get("faults") or [given])
        switches = Switches.save(store, fail_next=queue)
    return jsonify(faults=switches.fail_next)


@blueprint.delete("/faults")
def faults_clear() -> Response:
    Switches.save(current_context().store, fail_next=[])
    return jsonify(faults=[])


@blueprint.post("/seed")
def seed() -> Response:
    """``{"side": "zoho" | "highlevel", "people": 5000}``: synthetic people, more each time."""
    given = _object()
    store = current_context().store
    first, last = seed_more(store, str(given.get("side")), int(given.get("people", 0)))
    return jsonify(first=first, last=last)


@blueprint.post("/reset")
def start_over() -> Response:
    """Everything as on the first day; tokens no longer work."""
    context = current_context()
    context.sender.forget()
    context.limiter.clear()
    _traffic().clear()
    reset(context.store)
    return jsonify(reset=True)


@blueprint.post("/limits/clear")
def limits_clear() -> Response:
    """Forget which calls were made: minute, burst and day begin anew."""
    current_context().limiter.clear()
    return jsonify(cleared=True)


@blueprint.post("/clock")
def clock_advance() -> Response:
    """``{"advance": 3600}``: the sandbox's clock goes so many seconds forward."""
    seconds = float(_object().get("advance", 0))
    if seconds < 0:
        raise ValueError("advance must not be negative.")
    context = current_context()
    context.clock.advance(seconds)
    return jsonify(now=context.clock.now().isoformat())


@blueprint.get("/calls")
def calls_get() -> Response:
    """How often each system answered, by method and status."""
    return jsonify(_traffic().shown())


@blueprint.delete("/calls")
def calls_clear() -> Response:
    _traffic().clear()
    return jsonify({})


@blueprint.put("/zoho/contacts/<contact_id>")
def zoho_contact_set(contact_id: str) -> Response:
    """``{"has_transaction": true, "outstanding": 12.5}``: an invoice was written.

    The contact's time stays: balances do not bump it (§4.4.9 of the fact sheet).
    """
    store, given = current_context().store, _object()
    with store.lock:
        contact = store.get(CONTACT, contact_id)
        if contact is None:
            raise LookupError(f"There is no contact {contact_id}.")
        contact["has_transaction"] = bool(given.get("has_transaction", True))
        contact["outstanding"] = float(given.get("outstanding", 0))
        store.put(CONTACT, contact_id, contact)
    return jsonify(contact_id=contact_id)


@blueprint.put("/webhooks/zoho/<organization_id>")
def zoho_webhook_set(organization_id: str) -> Response:
    """The organization's one rule: ``{"url", "secret", "events", "body"}``.

    An empty address takes the rule away.
    """
    _organization(organization_id)
    hook = hooks.rule_set(current_context().store, organization_id, _object())
    return jsonify(webhook=hook)


@blueprint.post("/webhooks/zoho/<organization_id>/test")
def zoho_webhook_test(organization_id: str) -> Response:
    """Send the organization's rules one test event; how many went out."""
    sent = hooks.fire_test(current_context(), _organization(organization_id))
    return jsonify(sent=sent)


@blueprint.get("/deliveries")
def deliveries() -> Response:
    """The last deliveries of both systems, oldest first."""
    return jsonify(deliveries=current_context().store.all(DELIVERY))


@blueprint.errorhandler(ValueError)
@blueprint.errorhandler(TypeError)
@blueprint.errorhandler(ZohoError)
def _wrong(error: Exception) -> tuple[Response, int]:
    return jsonify(error=str(error)), 422


@blueprint.errorhandler(LookupError)
def _unknown(error: LookupError) -> tuple[Response, int]:
    return jsonify(error=str(error.args[0])), 404


def _object() -> dict[str, Any]:
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise ValueError("Send a JSON object.")
    return given


def _organization(organization_id: str) -> Document:
    found = current_context().store.get(ORGANIZATION, organization_id)
    if found is None:
        raise LookupError(f"There is no organization {organization_id}.")
    return found


def _traffic() -> Traffic:
    traffic: Traffic = current_app.extensions["traffic"]
    return traffic
