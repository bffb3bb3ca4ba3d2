"""Comments of a customer: the counterpart of notes. Listed, added, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar

from crosswalk.errors import ConnectorError, RemoteNotFound
from integrations.connectors.base import Record, Step, StepResult, Values
from integrations.connectors.zoho_invoice.children import COMMENT
from integrations.connectors.zoho_invoice.kind import CREATE, Kind, present
from integrations.connectors.zoho_invoice.remote import row_in, unconfirmed
from integrations.connectors.zoho_invoice.rows import cleaned
from integrations.http import Answer

DISPLAYED = "%Y-%m-%d %I:%M %p"  # "2026-10-09 6:03 PM", the organization's time


class Comments(Kind):
    """The comments that people have left on one customer at a time."""

    key: ClassVar[str] = COMMENT

    def children(self, parent_id: str) -> Sequence[Record]:
        """Return the comments of a customer, without the history among them."""
        rows = self.remote.all_rows(
            "contacts",
            parent_id,
            "comments",
            key="contact_comments",
            operation="list comments",
        )
        return [self.record(row, parent_id) for row in rows if not is_history(row)]

    def record(self, row: Mapping[str, Any], parent_id: str) -> Record:
        """Return the record of one comment."""
        text = str(row.get("description") or "")
        return Record(
            id=str(row.get("comment_id") or ""),
            values={f.key: cleaned(row.get(f.key)) for f in self.spec.fields},
            via="list",
            created_at=time_of(row, self.remote.zone),
            label=" ".join(text.split())[:80],
            parent_id=parent_id,
        )

    def steps(
        self, before: Record | None, after: Values, parent_id: str
    ) -> Sequence[Step]:
        """Return the call that adds a comment; there is none to change one. Pure.

        Where the answer does not name the comment, a read finds it: two calls at most.
        """
        if before is not None:
            raise self.cannot("update")
        body = {"parent_id": parent_id, "description": after.get("description")}
        return (Step(CREATE, "add comment", ("description",), body),)

    def perform(self, step: Step, record: Record | None) -> StepResult:
        if step.kind == CREATE:
            return self.create(str(step.body["parent_id"]), step.body["description"])
        return self.remove(present(record, step))

    def create(self, parent_id: str, text: str) -> StepResult:
        """Add a comment; its id comes with the answer or by listing."""
        answer = self.remote.post(
            "contacts",
            parent_id,
            "comments",
            operation="add comment",
            body={"description": text},
        )
        row = named(answer)
        record = (
            self.record({"description": text, **row}, parent_id)
            if row
            else self.newest_of(parent_id, text)
        )
        return StepResult(record, record.id, answer.request_id)

    def newest_of(self, parent_id: str, text: str) -> Record:
        """Return the comment just added. It is there: whatever fails here leaves the
        outcome of the create unknown, never undone."""
        try:
            found = [r for r in self.children(parent_id) if said(r) == same_text(text)]
        except ConnectorError as error:
            raise unconfirmed("comment") from error
        if not found:
            raise unconfirmed("comment")
        return max(found, key=lambda record: (len(record.id), record.id))

    def remove(self, record: Record) -> StepResult:
        """Delete one comment; one that is gone already is deleted."""
        try:
            answer = self.remote.delete(
                "contacts",
                self.parent_of(record),
                "comments",
                record.id,
                operation="delete comment",
            )
        except RemoteNotFound:
            return StepResult(None, record.id)
        return StepResult(None, record.id, answer.request_id)


def named(answer: Answer) -> Mapping[str, Any]:
    """Return the comment of an answer, {} where it names none (as documented)."""
    for key in ("comment", "contact_comment"):
        row = row_in(answer, key)
        if row.get("comment_id"):
            return row
    return {}


def is_history(row: Mapping[str, Any]) -> bool:
    """Say whether Zoho wrote an entry itself: it names an operation or a transaction,
    and is never to be deleted."""
    if row.get("comment_type"):
        return str(row["comment_type"]).lower() == "system"
    return bool(row.get("operation_type") or row.get("transaction_id"))


def said(record: Record) -> str:
    return same_text(record.values.get("description"))


def same_text(text: object) -> str:
    """Return a text as it compares: Zoho may trim it or change line ends."""
    return " ".join(str(text or "").split())


def time_of(row: Mapping[str, Any], zone: tzinfo) -> datetime | None:
    """Return when a comment was made, to the minute; None where it cannot be read."""
    shown = f"{row.get('date') or ''} {row.get('time') or ''}".strip()
    try:
        return datetime.strptime(shown, DISPLAYED).replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None
