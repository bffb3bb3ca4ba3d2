"""Notes and tasks: they hang under a contact, and so do their addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crosswalk.errors import PermanentError, RemoteNotFound, RemoteRejected
from integrations.connectors.base import (
    JSONValue,
    MatchKind,
    ObjectSpec,
    Page,
    Record,
    Step,
    StepResult,
    Values,
)
from integrations.connectors.highlevel.calls import (
    Calls,
    checked,
    row_in,
    rows_in,
    unconfirmed,
    unreadable,
)
from integrations.connectors.highlevel.child_specs import NOTE, NOTES, TASK, TASKS
from integrations.connectors.highlevel.childrows import Row, body_of, child_of, need
from integrations.connectors.highlevel.spec import LABEL
from integrations.connectors.highlevel.tasksearch import TaskSearch
from integrations.http import Answer

CREATE, UPDATE, COMPLETE, DELETE = "create", "update", "complete", "delete"
# How a field is emptied: none may be null in HighLevel's schema (sheet §5, §6.4). The
# text of a note, the title and the due date of a task cannot be.
NOTE_BLANKS = {"title": "", "color": "", "userId": "", "pinned": False}
TASK_BLANKS = {"body": "", "assignedTo": "", "completed": False}


@dataclass(frozen=True, slots=True)
class Shape:
    """How one type of child is spelt: its facts, its path, and how it is emptied."""

    spec: ObjectSpec
    path: str
    blanks: Values

    @property
    def noun(self) -> str:
        return self.spec.key


SHAPES = {
    NOTE: Shape(NOTES, "notes", NOTE_BLANKS),
    TASK: Shape(TASKS, "tasks", TASK_BLANKS),
}


class Children:
    """What `base.Connector` asks for, of the notes or the tasks of a location."""

    def __init__(self, calls: Calls, shape: Shape) -> None:
        self.calls = calls
        self.shape = shape
        self.spec = shape.spec

    # Reading

    def list_page(self, cursor: JSONValue | None) -> Page:
        """Refuse: notes are only shown by contact."""
        raise cannot(self.spec, "list")

    def changes_page(self, since: datetime, cursor: JSONValue | None) -> Page:
        """Refuse: neither notes nor tasks can be asked for by their change."""
        raise cannot(self.spec, "changes")

    def children(self, parent_id: str) -> Sequence[Record]:
        """Return all of one contact; HighLevel shows them in one answer (§7.2)."""
        answer = self.calls.read(
            self.path(parent_id),
            operation=f"list {self.shape.path} of contact",
        )
        return [
            self.record(row, "list", parent_id)
            for row in rows_in(answer, self.shape.path)
            if row.get("id") and row.get("deleted") is not True
        ]

    def get(self, record_id: str, parent_id: str = "") -> Record:
        """Return one child of a contact; RemoteRejected when its contact is unknown."""
        checked(record_id, self.shape.noun)
        if not parent_id:
            raise parent_unknown(self.spec)
        answer = self.calls.read(
            self.path(parent_id, record_id),
            operation=f"get {self.shape.noun}",
            noun=self.shape.noun,
        )
        row = row_in(answer, self.shape.noun)
        if row is None:
            raise unreadable(f"a {self.shape.noun}")
        return self.record(row, "detail", parent_id)

    def find(self, kind: MatchKind, value: str) -> Sequence[Record]:
        """Return nothing: children are matched under their contact."""
        return []

    # Writing

    def steps(
        self, before: Record | None, after: Values, parent_id: str = ""
    ) -> Sequence[Step]:
        """Return the one call that writes `after`. Pure."""
        if before is None:
            return [self.create_step(after, parent_id)]
        body = self.body(UPDATE, after)
        if not body:
            return []
        if set(body) == {"completed"}:
            label = (
                f"{LABEL}: mark the task as {'done' if body['completed'] else 'open'}"
            )
            return [Step(COMPLETE, label, tuple(after), body)]
        label = f"{LABEL}: update {self.shape.noun}"
        return [Step(UPDATE, label, tuple(after), body)]

    def create_step(self, after: Values, parent_id: str) -> Step:
        """Return the create, with the contact it goes under."""
        if not parent_id:
            raise parent_unknown(self.spec)
        body = self.body(CREATE, after)
        need(self.spec, body)
        fields = tuple(body)
        if self.spec is TASKS:  # required there (sheet §5)
            body.setdefault("completed", False)
        return Step(
            CREATE,
            f"{LABEL}: create {self.shape.noun}",
            fields,
            {"parent": parent_id, "values": body},
        )

    def delete_steps(self, before: Record) -> Sequence[Step]:
        """Return the call that deletes a child. Pure."""
        return [Step(DELETE, f"{LABEL}: delete {self.shape.noun}")]

    def perform(self, step: Step, record: Record | None) -> StepResult:
        """Make the call of one step."""
        if step.kind == CREATE:
            return self.create(step)
        if record is None:
            raise ValueError(f"{step.kind} needs the record")
        if not record.parent_id:
            raise parent_unknown(self.spec)
        path = self.path(record.parent_id, record.id)
        if step.kind == DELETE:
            return self.delete(path, record)
        done = step.kind == COMPLETE
        answer = self.calls.write(
            "PUT",
            f"{path}/completed" if done else path,
            operation="complete task" if done else f"update {self.shape.noun}",
            body=step.body,
            noun=self.shape.noun,
        )
        row = row_in(answer, self.shape.noun)
        if row is None or str(row["id"]) != record.id:
            return StepResult(None, record.id, answer.request_id)
        return self.written(row, answer, record.parent_id)

    def create(self, step: Step) -> StepResult:
        """Create a child; an answer without its id leaves the outcome unknown."""
        parent_id = str(step.body["parent"])
        answer = self.calls.write(
            "POST",
            self.path(parent_id),
            operation=f"create {self.shape.noun}",
            body=step.body["values"],
        )
        row = row_in(answer, self.shape.noun)
        if row is None:
            raise unconfirmed(self.shape.noun)
        return self.written(row, answer, parent_id)

    def delete(self, path: str, record: Record) -> StepResult:
        """Delete a child; one that is gone already is as wanted."""
        try:
            answer = self.calls.write(
                "DELETE",
                path,
                operation=f"delete {self.shape.noun}",
                noun=self.shape.noun,
            )
        except RemoteNotFound as error:
            return StepResult(None, record.id, error.request_id)
        return StepResult(None, record.id, answer.request_id)

    # Helpers

    def path(self, parent_id: str, record_id: str = "") -> str:
        """Return the path of a contact's children, or of one of them."""
        path = f"/contacts/{checked(parent_id)}/{self.shape.path}"
        return f"{path}/{checked(record_id, self.shape.noun)}" if record_id else path

    def record(self, row: Row, via: Any, parent_id: str) -> Record:
        return child_of(self.spec, row, via, parent_id=parent_id)

    def written(self, row: Row, answer: Answer, parent_id: str) -> StepResult:
        """Return what a write brought back."""
        record = self.record(row, "write", parent_id)
        return StepResult(record, record.id, answer.request_id)

    def body(self, operation: str, values: Values) -> dict[str, JSONValue]:
        return body_of(self.spec, values, operation=operation, blanks=self.shape.blanks)


class Tasks(Children):
    """Tasks; the location has a search for them, which notes have not."""

    def __init__(self, calls: Calls, page_size: int) -> None:
        super().__init__(calls, SHAPES[TASK])
        self.search = TaskSearch(calls, page_size)

    def list_page(self, cursor: JSONValue | None) -> Page:
        """Return one page of all tasks of the location."""
        return self.search.page(cursor)

    def get(self, record_id: str, parent_id: str = "") -> Record:
        """Return one task; a notice may leave its contact out (#332): looked for then.

        What the search does not show is not proven gone, so that is no "not found".
        """
        if not parent_id:
            found = self.search.of_id(checked(record_id, TASK))
            if found is None or not found.parent_id:
                raise parent_unknown(self.spec)
            parent_id = found.parent_id
        return super().get(record_id, parent_id)


def notes(calls: Calls) -> Children:
    """Return the notes of a location."""
    return Children(calls, SHAPES[NOTE])


def parent_unknown(spec: ObjectSpec) -> RemoteRejected:
    """Return the error of a child whose contact nobody named."""
    return RemoteRejected(
        f"HighLevel did not say to whom this {spec.label.lower()} belongs. The next "
        "complete reading finds it.",
        detail=f"a {spec.key} is only reached through its contact",
        code="parent_unknown",
    )


def cannot(spec: ObjectSpec, what: str) -> PermanentError:
    """Return the error of something the system has no call for."""
    return PermanentError(spec.cannot[what], code="not_offered")
