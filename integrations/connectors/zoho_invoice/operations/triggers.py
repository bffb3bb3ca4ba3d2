"""What Zoho Invoice tells of, or lets be found: eight triggers."""

from __future__ import annotations

from typing import Any

from integrations.connectors.operations import (
    CREATED,
    UPDATED,
    Operation,
    Output,
    Trigger,
)
from integrations.connectors.zoho_invoice.billing_spec import (
    ESTIMATE,
    ESTIMATES_SCOPE,
    INVOICE,
    INVOICES_SCOPE,
    PAYMENT,
    PAYMENTS_SCOPE,
    PROJECT_TASK,
)
from integrations.connectors.zoho_invoice.children import COMMENT
from integrations.connectors.zoho_invoice.operations import (
    comments,
    contacts,
    projects,
)
from integrations.connectors.zoho_invoice.spec import CONTACT

ESTIMATE_OUTPUTS = (
    Output("estimate_id", "Estimate ID"),
    Output("estimate_number", "Number"),
    Output("customer_id", "Customer ID"),
    Output("customer_name", "Customer"),
    Output("status", "Status"),
    Output("date", "Date"),
    Output("expiry_date", "Valid until"),
    Output("total", "Total", "number"),
    Output("currency_code", "Currency"),
)
INVOICE_OUTPUTS = (
    Output("invoice_id", "Invoice ID"),
    Output("invoice_number", "Number"),
    Output("customer_id", "Customer ID"),
    Output("customer_name", "Customer"),
    Output("status", "Status"),
    Output("date", "Date"),
    Output("due_date", "Due"),
    Output("total", "Total", "number"),
    Output("balance", "Still open", "number"),
    Output("currency_code", "Currency"),
)
PAYMENT_OUTPUTS = (
    Output("payment_id", "Payment ID"),
    Output("payment_number", "Number"),
    Output("customer_id", "Customer ID"),
    Output("customer_name", "Customer"),
    Output("date", "Date"),
    Output("amount", "Amount", "number"),
    Output("payment_mode", "Paid by"),
    Output("invoice_numbers", "Invoices"),
)
INVOICE_SAMPLE = {
    "invoice_id": "460000000028001",
    "invoice_number": "INV-000001",
    "customer_id": "460000000026049",
    "customer_name": "Sample & Co",
    "status": "sent",
    "date": "2026-02-01",
    "due_date": "2026-02-15",
    "total": 120.0,
    "balance": 120.0,
    "currency_code": "GBP",
}


def told(
    key: str,
    row: int,
    object_type: str,
    label: str,
    sentence: str,
    outputs: tuple[Output, ...],
    sample: dict[str, Any],
    scope: str,
    trigger: Trigger,
) -> Operation:
    """Return a trigger."""
    return Operation(
        key,
        row,
        "trigger",
        object_type,
        label,
        sentence,
        outputs,
        trigger=trigger,
        scopes=(scope,),
        sample=sample,
    )


OPERATIONS = (
    told(
        "zi.contact_created",
        69,
        CONTACT,
        "Customer created",
        "Tells when a customer is created.",
        contacts.OUTPUTS,
        contacts.SAMPLE,
        contacts.READ,
        Trigger(CONTACT, CREATED, notices=("contact",)),
    ),
    told(
        "zi.contact_updated",
        70,
        CONTACT,
        "Customer updated",
        "Tells when a customer or its contact person changes.",
        contacts.OUTPUTS,
        contacts.SAMPLE,
        contacts.READ,
        Trigger(CONTACT, UPDATED, notices=("contact",)),
    ),
    told(
        "zi.estimate_created",
        71,
        ESTIMATE,
        "Estimate created",
        "Tells when an estimate is created.",
        ESTIMATE_OUTPUTS,
        {
            "estimate_id": "460000000027001",
            "estimate_number": "EST-000001",
            "customer_id": "460000000026049",
            "customer_name": "Sample & Co",
            "status": "draft",
            "date": "2026-01-20",
            "expiry_date": "2026-02-20",
            "total": 120.0,
            "currency_code": "GBP",
        },
        ESTIMATES_SCOPE,
        Trigger(ESTIMATE, CREATED, notices=("estimate",)),
    ),
    told(
        "zi.invoice_created",
        72,
        INVOICE,
        "Invoice created",
        "Tells when an invoice is created.",
        INVOICE_OUTPUTS,
        {**INVOICE_SAMPLE, "status": "draft"},
        INVOICES_SCOPE,
        Trigger(INVOICE, CREATED, notices=("invoice",)),
    ),
    told(
        "zi.invoice_updated",
        73,
        INVOICE,
        "Invoice updated",
        "Tells when an invoice is sent, viewed, paid, changed or made void.",
        INVOICE_OUTPUTS,
        INVOICE_SAMPLE,
        INVOICES_SCOPE,
        Trigger(INVOICE, UPDATED, notices=("invoice",)),
    ),
    told(
        "zi.payment_received",
        74,
        PAYMENT,
        "Payment received",
        "Tells when a customer’s payment is recorded.",
        PAYMENT_OUTPUTS,
        {
            "payment_id": "460000000029001",
            "payment_number": "1",
            "customer_id": "460000000026049",
            "customer_name": "Sample & Co",
            "date": "2026-02-10",
            "amount": 120.0,
            "payment_mode": "banktransfer",
            "invoice_numbers": "INV-000001",
        },
        PAYMENTS_SCOPE,
        Trigger(PAYMENT, CREATED, notices=("customerpayment",)),
    ),
    told(
        "zi.project_task_changed",
        75,
        PROJECT_TASK,
        "Project task created or changed",
        "Tells when a task of a project is created or changed. Zoho Invoice says of no "
        "task when it changed: those of every project are read.",
        projects.OUTPUTS,
        projects.SAMPLE,
        f"{projects.SCOPE}.READ",
        Trigger(PROJECT_TASK, CREATED | UPDATED, poll="listing"),
    ),
    told(
        "zi.comment_added",
        76,
        COMMENT,
        "Comment added to a customer",
        "Tells when somebody writes a comment about a customer. Zoho Invoice shows "
        "comments one customer at a time: those of customers that changed are read.",
        comments.OUTPUTS,
        comments.SAMPLE,
        contacts.READ,
        Trigger(COMMENT, CREATED, poll="children"),
    ),
)
