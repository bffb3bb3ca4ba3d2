"""Invoices, estimates and payments: read, commented on; made at Zoho's screens (§13).

The sandbox has no screens for them: `document_make` and `document_change` stand for a
person there. Nothing lets the API write one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response

from sandbox.context import Context
from sandbox.store import Document, Store
from sandbox.zoho import history, hooks, records, service
from sandbox.zoho.comments import described
from sandbox.zoho.listing import page_of
from sandbox.zoho.wire import (
    Call,
    answer,
    created,
    invalid_value,
    local_time,
    missing,
    route,
)

Sort = Callable[[Document], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document: how it is called, and what a new one holds."""

    singular: str
    plural: str  # also of the path
    noun: str
    id_key: str
    number_key: str
    prefix: str
    blank: Document

    @property
    def store_kind(self) -> str:
        return f"zoho.{self.singular}"


INVOICE = Kind(
    *("invoice", "invoices", "Invoice", "invoice_id", "invoice_number", "INV"),
    {"status": "draft", "due_date": "", "total": 0.0, "balance": 0.0},
)
ESTIMATE = Kind(
    *("estimate", "estimates", "Estimate", "estimate_id", "estimate_number", "EST"),
    {"status": "draft", "expiry_date": "", "total": 0.0},
)
PAYMENT = Kind(
    *("payment", "customerpayments", "Payment", "payment_id", "payment_number", "PAY"),
    {"amount": 0.0, "payment_mode": "banktransfer", "invoice_numbers": ""},
)
KINDS = {each.plural: each for each in (INVOICE, ESTIMATE, PAYMENT)}


def document_make(
    context: Context, organization: Document, kind: Kind, fields: Document
) -> Document:
    """A new document, as a person at Zoho's screen makes it."""
    store, now = context.store, service.timestamp(context)
    contact = store.peek(records.KIND, str(fields.get("customer_id") or ""))
    number = store.counter(f"zoho.{kind.plural}.{organization['organization_id']}")
    made = {
        kind.id_key: records.new_id(store),
        kind.number_key: f"{kind.prefix}-{number:06d}",
        "organization_id": organization["organization_id"],
        "customer_id": contact["contact_id"] if contact else "",
        "customer_name": contact["contact_name"] if contact else "",
        "date": now[:10],
        "currency_code": organization["currency_code"],
        **kind.blank,
        **{key: fields[key] for key in kind.blank if key in fields},
        "created_at": now,
        "modified_at": now,
    }
    store.put(kind.store_kind, made[kind.id_key], made)
    _announce(context, organization, kind, made)
    return made


def document_change(
    context: Context, organization: Document, kind: Kind, id: str, fields: Document
) -> Document:
    """A document, changed at Zoho's screen: sent, viewed, paid, made void."""
    with context.store.lock:
        found = context.store.get(kind.store_kind, id)
        if found is None:
            raise missing(kind.noun)
        known = {key: fields[key] for key in kind.blank if key in fields}
        changed = {**found, **known, "modified_at": service.timestamp(context)}
        context.store.put(kind.store_kind, id, changed)
    _announce(context, organization, kind, changed)
    return changed


def seed(store: Store, organization: Document, contact: Document, now: str) -> None:
    """An invoice of a customer that has transactions."""
    number = store.counter(f"zoho.invoices.{organization['organization_id']}")
    made = {
        "invoice_id": records.new_id(store),
        "invoice_number": f"INV-{number:06d}",
        "organization_id": organization["organization_id"],
        "customer_id": contact["contact_id"],
        "customer_name": contact["contact_name"],
        "date": now[:10],
        "currency_code": organization["currency_code"],
        **INVOICE.blank,
        "status": "sent",
        "total": 120.0,
        "balance": 120.0,
        "created_at": now,
        "modified_at": now,
    }
    store.put(INVOICE.store_kind, made["invoice_id"], made)


def _listed(call: Call, kind: Kind) -> Response:
    organization_id = call.organization_id
    found = [
        each
        for each in call.context.store.all(kind.store_kind)
        if each["organization_id"] == organization_id
        and call.args.get("customer_id") in (None, each["customer_id"])
    ]
    column = call.args.get("sort_column") or "created_time"
    sorts: dict[str, Sort] = {
        "created_time": lambda each: each["created_at"],
        "date": lambda each: each["date"],
        "customer_name": lambda each: each["customer_name"].casefold(),
    }
    # Not documented as a column of documents; people's own lists sort by it (§13).
    if call.context.switches().zoho_documents_sort_by_change:
        sorts["last_modified_time"] = lambda each: each["modified_at"]
    if column not in sorts:
        raise invalid_value("sort_column")
    down = call.args.get("sort_order") == "D"
    found.sort(key=lambda each: (sorts[column](each), each[kind.id_key]), reverse=down)
    rows, page = page_of(found, call.args, call.largest_page)
    shown = [_shown(call.organization, each) for each in rows]
    found_here: dict[str, Any] = {kind.plural: shown, "page_context": page}
    return answer(**found_here)


def _one(call: Call, kind: Kind, id: str) -> Document:
    found = call.context.store.get(kind.store_kind, id)
    if found is None or found["organization_id"] != call.organization_id:
        raise missing(kind.noun)
    return found


def _announce(
    context: Context, organization: Document, kind: Kind, document: Document
) -> None:
    """Tell the organization's webhooks, as a rule on that module would."""
    hooks.fire_document(
        context, organization, kind.singular, _shown(organization, document)
    )


def _shown(organization: Document, document: Document) -> Document:
    hidden = ("organization_id", "created_at", "modified_at")
    return {
        **{key: value for key, value in document.items() if key not in hidden},
        "created_time": local_time(organization, document["created_at"]),
        "last_modified_time": local_time(organization, document["modified_at"]),
    }


def _commented(call: Call, kind: Kind, id: str) -> Response:
    _one(call, kind, id)
    text = described(call)
    comment = history.note(
        call.context.store,
        id,
        text,
        at=service.timestamp(call.context),
        user_id=call.user_id,
    )
    shown = {
        kind.id_key: id,
        **history.shown(call.context, call.organization, comment),
    }
    return created("Comments added.", f"{kind.plural}/{id}/comments", comment=shown)


@route("GET", "/invoices", "invoices.READ")
def invoices(call: Call) -> Response:
    return _listed(call, INVOICE)


@route("GET", "/invoices/<id>", "invoices.READ")
def invoice(call: Call, id: str) -> Response:
    return answer(invoice=_shown(call.organization, _one(call, INVOICE, id)))


@route("POST", "/invoices/<id>/comments", "invoices.CREATE")
def invoice_comment(call: Call, id: str) -> Response:
    return _commented(call, INVOICE, id)


@route("GET", "/estimates", "estimates.READ")
def estimates(call: Call) -> Response:
    return _listed(call, ESTIMATE)


@route("GET", "/estimates/<id>", "estimates.READ")
def estimate(call: Call, id: str) -> Response:
    return answer(estimate=_shown(call.organization, _one(call, ESTIMATE, id)))


@route("POST", "/estimates/<id>/comments", "estimates.CREATE")
def estimate_comment(call: Call, id: str) -> Response:
    return _commented(call, ESTIMATE, id)


@route("GET", "/customerpayments", "customerpayments.READ")
def payments(call: Call) -> Response:
    return _listed(call, PAYMENT)


@route("GET", "/customerpayments/<id>", "customerpayments.READ")
def payment(call: Call, id: str) -> Response:
    return answer(payment=_shown(call.organization, _one(call, PAYMENT, id)))
