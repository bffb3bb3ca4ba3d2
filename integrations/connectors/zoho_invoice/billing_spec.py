"""Invoices, estimates, payments and tasks of projects as data: only read, for what
happens to them. Never synced."""

from __future__ import annotations

from integrations.connectors.base import Field, FieldType, ObjectSpec

INVOICE, ESTIMATE, PAYMENT = "invoice", "estimate", "payment"
PROJECT_TASK = "project_task"
INVOICES_SCOPE = "ZohoInvoice.invoices.READ"
ESTIMATES_SCOPE = "ZohoInvoice.estimates.READ"
PAYMENTS_SCOPE = "ZohoInvoice.customerpayments.READ"
NEVER: frozenset[str] = frozenset()


def document(
    key: str, label: str, plural: str, scope: str, *names: str, about: str = ""
) -> ObjectSpec:
    """Return an object type that is read for its events; `names` are its fields."""
    return ObjectSpec(
        key=key,
        label=label,
        label_plural=plural,
        fields=tuple(
            Field(
                name,
                name.replace("_", " ").capitalize(),
                type_of(name),
                label,
                writes=NEVER,
            )
            for name in names
        ),
        match_fields={},
        page_size=200,
        operations=frozenset(),
        scopes=(scope,),
        about=about,
    )


def type_of(name: str) -> FieldType:
    """Return the type of a field by its name."""
    return "money" if name in {"total", "balance", "amount"} else "text"


INVOICES = document(
    INVOICE,
    "Invoice",
    "Invoices",
    INVOICES_SCOPE,
    *("invoice_id", "invoice_number", "customer_id", "customer_name", "status"),
    *("date", "due_date", "total", "balance", "currency_code"),
    about="contact",
)
ESTIMATES = document(
    ESTIMATE,
    "Estimate",
    "Estimates",
    ESTIMATES_SCOPE,
    *("estimate_id", "estimate_number", "customer_id", "customer_name", "status"),
    *("date", "expiry_date", "total", "currency_code"),
)
PAYMENTS = document(
    PAYMENT,
    "Payment",
    "Payments",
    PAYMENTS_SCOPE,
    *("payment_id", "payment_number", "customer_id", "customer_name", "date"),
    *("amount", "payment_mode", "invoice_numbers"),
)
PROJECT_TASKS = document(
    PROJECT_TASK,
    "Project task",
    "Project tasks",
    "ZohoInvoice.projects.READ",
    *("task_id", "task_name", "description", "status", "project_id"),
)
WATCHED = (INVOICES, ESTIMATES, PAYMENTS, PROJECT_TASKS)
