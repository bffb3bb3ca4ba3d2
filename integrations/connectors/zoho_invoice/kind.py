"""The behaviour of one object type, as the connector dispatches to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from crosswalk.errors import PermanentError, RemoteNotFound, RemoteRejected
from integrations.connectors.base import (
    Field,
    JSONValue,
    MatchKind,
    ObjectSpec,
    Page,
    Record,
    Step,
    StepResult,
    Values,
)
from integrations.connectors.zoho_invoice.remote import Remote
from integrations.connectors.zoho_invoice.spec import SPEC

CREATE, READ, UPDATE, DELETE = "create", "read", "update", "delete"


class Kind:
    """An object type. What it does not override, the system cannot do.

    The methods are those of `base.Connector`, without the object type.
    """

    key: ClassVar[str]

    def __init__(self, remote: Remote, own_fields: Sequence[Field] = ()) -> None:
        self.remote = remote
        self.own_fields = own_fields

    @property
    def spec(self) -> ObjectSpec:
        found = SPEC.known(self.key)
        assert found is not None  # noqa: S101 - each kind is declared there
        return found

    def fields(self) -> Sequence[Field]:
        return self.spec.fields

    def list_page(self, cursor: JSONValue | None) -> Page:
        raise self.cannot("list all at once: only those of one customer")

    def changes_page(self, since: datetime, cursor: JSONValue | None) -> Page:
        raise self.cannot("say which have changed: only list those of one customer")

    def children(self, parent_id: str) -> Sequence[Record]:
        raise self.cannot("list by parent: they have none")

    def get(self, record_id: str, parent_id: str) -> Record:
        """Return one record from its parent's children, where none is read alone."""
        if not parent_id:
            raise self.parent_unknown()
        for record in self.children(parent_id):
            if record.id == record_id:
                return record
        raise self.not_found()

    def find(self, kind: MatchKind, value: str) -> Sequence[Record]:
        raise self.cannot(f"search by {kind}")

    def steps(
        self, before: Record | None, after: Values, parent_id: str
    ) -> Sequence[Step]:
        raise self.cannot("write")

    def delete_steps(self, before: Record) -> Sequence[Step]:
        return (Step(DELETE, f"delete {self.noun}"),)

    def perform(self, step: Step, record: Record | None) -> StepResult:
        raise self.cannot(step.kind)

    def unique_name(self, values: Values, attempt: int) -> str:
        return ""

    @property
    def noun(self) -> str:
        """Return what one is called inside a sentence."""
        return self.spec.label.lower()

    def cannot(self, what: str) -> PermanentError:
        """Return the refusal of something the system has no call for."""
        reason = self.spec.cannot.get(what, "")
        plural = self.spec.label_plural.lower()
        return PermanentError(
            reason or f"For {plural}, Zoho Invoice has no way to {what}.",
            code="unsupported_call",
        )

    def parent_unknown(self) -> RemoteRejected:
        """Return the error of a child that cannot be read without its customer."""
        return RemoteRejected(
            f"Zoho Invoice shows a {self.noun} only together with its customer, and "
            "the customer is not known here. The next full read finds it.",
            code="parent_unknown",
        )

    def not_found(self) -> RemoteNotFound:
        """Return that the record is gone."""
        return RemoteNotFound(f"Zoho Invoice no longer has this {self.noun}.")

    def parent_of(self, before: Record) -> str:
        """Return the customer of a known record; without it nothing is written."""
        if not before.parent_id:
            raise self.parent_unknown()
        return before.parent_id


def present(record: Record | None, step: Step) -> Record:
    """Return the record that a step is about; a mistake of the caller without."""
    if record is None:
        raise ValueError(f"{step.kind} needs the record")
    return record
