"""All operations of Zoho Invoice, in the order of the catalogue; and what there is not."""

from __future__ import annotations

from integrations.connectors.operations import Absent
from integrations.connectors.zoho_invoice.operations import (
    comments,
    contacts,
    persons,
    projects,
    triggers,
)

OPERATIONS = tuple(
    sorted(
        (
            each
            for module in (triggers, contacts, persons, comments, projects)
            for each in module.OPERATIONS
        ),
        key=lambda each: each.row,
    )
)
ABSENT = (
    Absent(
        "contact",
        "Tag a customer",
        "Zoho Invoice has no tags. A text field of your own can keep them.",
    ),
    Absent(
        "contact",
        "Attach a file to a customer",
        "A call for it is only documented for Zoho Books, a product of its own.",
    ),
    Absent(
        "note",
        "Change a comment",
        "Zoho Invoice has no call that changes a comment: it can be added and deleted "
        "only.",
    ),
    Absent(
        "appointment",
        "Book an appointment",
        "Zoho Invoice has no calendar. Time entries log hours already worked.",
    ),
    Absent(
        "task",
        "Complete a task",
        "A task of a project at Zoho Invoice cannot be ticked off.",
    ),
    Absent(
        "invoice",
        "Create or change an invoice, estimate or payment",
        "Crosswalk reads them and tells of them; it never writes to your books.",
    ),
)
