"""Deleting, archiving and restoring customers.

Zoho deletes no contact that has transactions (code 3000): such a one becomes inactive.
"""

from __future__ import annotations

from collections.abc import Sequence

from crosswalk.errors import RemoteNotFound, RemoteRejected
from integrations.connectors.base import Record, Step, StepResult
from integrations.connectors.zoho_invoice.errors import HAS_TRANSACTIONS
from integrations.connectors.zoho_invoice.remote import Remote

DELETE, ARCHIVE, RESTORE = "delete", "archive", "restore"
STEPS = frozenset({DELETE, ARCHIVE, RESTORE})


def delete_steps(before: Record) -> Sequence[Step]:
    """Return the one call that makes a customer go. Pure."""
    if before.facts.get("has_transaction") is True:
        return archive_steps(
            "mark customer inactive: it has transactions, so it cannot be deleted"
        )
    return (Step(DELETE, "delete customer"),)


def archive_steps(label: str = "mark customer inactive") -> Sequence[Step]:
    """Return the call that makes a customer inactive. Pure."""
    return (Step(ARCHIVE, label, ("status",)),)


def restore_steps() -> Sequence[Step]:
    """Return the call that makes an inactive customer active again. Pure."""
    return (Step(RESTORE, "mark customer active", ("status",)),)


def perform(remote: Remote, step: Step, record: Record) -> StepResult:
    """Make the call. One that ends inactive brings its record back, a deleted one
    does not."""
    if step.kind == ARCHIVE:
        return mark(remote, record, "inactive")
    if step.kind == RESTORE:
        return mark(remote, record, "active")
    try:
        answer = remote.delete("contacts", record.id, operation="delete contact")
    except RemoteNotFound:  # a delete repeated after a lost answer
        return StepResult(None, record.id)
    except RemoteRejected as error:
        if error.code != HAS_TRANSACTIONS:
            raise
        return mark(remote, record, "inactive", has_transaction=True)
    return StepResult(None, record.id, answer.request_id)


def mark(remote: Remote, record: Record, status: str, **facts: bool) -> StepResult:
    """Set the status; doing so twice is the same as once."""
    answer = remote.post(
        "contacts",
        record.id,
        status,
        operation=f"mark contact {status}",
        repeatable=True,
    )
    marked = Record(
        record.id,
        {"status": status},
        "write",
        excluded="inactive" if status == "inactive" else "",
        facts={"status": status, **facts},
    )
    return StepResult(marked, record.id, answer.request_id)
