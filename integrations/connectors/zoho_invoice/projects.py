"""Tasks of a customer, kept as tasks of one project that Crosswalk makes for it.

Only where a person has switched it on (`project_tasks`). The project is made together
with its first task, and found again by its customer and its mark; never made blindly.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from crosswalk.errors import ConfigError, RemoteNotFound
from integrations.connectors.base import Account, Record, Step, StepResult, Values
from integrations.connectors.zoho_invoice.children import TASK
from integrations.connectors.zoho_invoice.kind import (
    CREATE,
    READ,
    UPDATE,
    Kind,
    present,
)
from integrations.connectors.zoho_invoice.remote import (
    Remote,
    row_in,
    unconfirmed,
    unreadable,
)
from integrations.connectors.zoho_invoice.rows import cleaned
from integrations.connectors.zoho_invoice.writes import is_empty, wire_value
from integrations.http import Answer

Row = Mapping[str, Any]
BILLING = "based_on_task_hours"  # one of four required answers; without a rate: nothing
# Two tasks of a customer may be written at once: one of them makes the project.
MAKING = tuple(threading.Lock() for _ in range(64))


class Tasks(Kind):
    """The tasks in Crosswalk's project of one customer at a time."""

    key: ClassVar[str] = TASK

    # Reading

    def children(self, parent_id: str) -> Sequence[Record]:
        """Return the tasks of a customer's project, none where there is no project."""
        self.require_enabled()
        with self.permission():
            project = self.project(parent_id)
            if project is None:
                return []
            found = project_id(project)
            path = ("projects", found, "tasks")
            rows = self.remote.all_rows(*path, key="tasks", operation="list tasks")
            return [self.record(row, parent_id, found) for row in rows]

    def get(self, record_id: str, parent_id: str) -> Record:
        """Return one task in full: two calls, one of them finds its project."""
        self.require_enabled()
        if not parent_id:
            raise self.parent_unknown()
        with self.permission():
            project = self.project(parent_id)
            if project is None:
                raise self.not_found()
            return self.read(record_id, parent_id, project_id(project))

    def read(self, record_id: str, parent_id: str, project: str) -> Record:
        """Return one task of a known project."""
        answer = self.remote.get(
            "projects", project, "tasks", record_id, operation="get task"
        )
        row = row_in(answer, "task")
        if not row.get("task_id"):
            raise unreadable("a task")
        return self.record(row, parent_id, project, whole=True)

    def project(self, contact_id: str) -> Row | None:
        """Return Crosswalk's project of a customer, the oldest should there be more.

        The filter by customer is documented for Books, so its answer is checked.
        """
        rows = self.remote.all_rows(
            "projects",
            key="projects",
            operation="list projects",
            params={"customer_id": contact_id, "filter_by": "Status.All"},
        )
        ours = [row for row in rows if is_ours(row, contact_id)]
        return min(ours, key=age, default=None)

    def record(
        self, row: Row, parent_id: str, project: str, *, whole: bool = False
    ) -> Record:
        """Return the record of a task; a list row shows neither text nor status."""
        fields = [f for f in self.spec.fields if whole or f.key in row]
        facts = {"project_id": project}
        if row.get("rate"):
            facts["rate"] = row["rate"]
        return Record(
            id=str(row["task_id"]),
            values={f.key: cleaned(row.get(f.key)) for f in fields},
            via="detail" if whole else "list",
            label=str(row.get("task_name") or ""),
            facts=facts,
            parent_id=parent_id,
        )

    # Writing

    def steps(
        self, before: Record | None, after: Values, parent_id: str
    ) -> Sequence[Step]:
        """Return the calls of a task. Pure.

        A create is one step of two calls: whether the customer has its project yet is
        looked up at the moment of writing, so that two tasks never make two projects.
        """
        self.require_enabled()
        if before is None:
            given = {key: value for key, value in after.items() if not is_empty(value)}
            body = {"parent_id": parent_id, "task": given}
            return (Step(CREATE, "create project task", tuple(after), body, calls=2),)
        steps = []
        # they go out together, and no list shows the text as it is by now
        if not {"task_name", "description"} <= after.keys():
            steps.append(Step(READ, "read project task", writes=False))
        body = {"values": dict(after)}
        return (*steps, Step(UPDATE, "update project task", tuple(after), body))

    def perform(self, step: Step, record: Record | None) -> StepResult:
        self.require_enabled()
        with self.permission():
            if step.kind == CREATE:
                return self.create(str(step.body["parent_id"]), step.body["task"])
            record = present(record, step)
            project = self.project_of(record)
            if step.kind == READ:
                found = self.read(record.id, self.parent_of(record), project)
                return StepResult(found, record.id)
            if step.kind == UPDATE:
                return self.update(record, project, step.body["values"])
            return self.remove(record, project)

    def permission(self) -> AbstractContextManager[None]:
        """Name the permission that is missing, should one be."""
        return self.remote.needing(self.spec.scopes[0], "projects and their tasks")

    def create(self, contact_id: str, task: Values) -> StepResult:
        """Create a task in the customer's project, which may have to be made first."""
        with MAKING[hash((self.remote.account.id, contact_id)) % len(MAKING)]:
            project = self.project(contact_id)
            if project is None:
                return self.create_with_project(contact_id, task)
        return self.add(contact_id, project_id(project), task)

    def create_with_project(self, contact_id: str, task: Values) -> StepResult:
        """Make the project and its first task by one call."""
        body = project_body(self.user_id(), contact_id) | {"tasks": [dict(task)]}
        answer = self.remote.post("projects", operation="create project", body=body)
        project = row_in(answer, "project")
        if not project_id(project):
            raise unconfirmed("project")
        first = row_in(answer_of(answer, project), "tasks")
        if not first.get("task_id"):  # it took the project alone
            return self.add(contact_id, project_id(project), task)
        record = self.written(first, contact_id, project_id(project))
        return StepResult(record, record.id, answer.request_id)

    def add(self, contact_id: str, project: str, task: Values) -> StepResult:
        """Create a task in a project that is there."""
        answer = self.remote.post(
            "projects", project, "tasks", operation="create task", body=task
        )
        row = row_in(answer, "task")
        if not row.get("task_id"):
            raise unconfirmed("task")
        record = self.written(row, contact_id, project)
        return StepResult(record, record.id, answer.request_id)

    def written(self, row: Row, parent_id: str, project: str) -> Record:
        """Return what an answer to a write reports of a task."""
        record = self.record(row, parent_id, project)
        return Record(
            record.id,
            record.values,
            "write",
            label=record.label,
            facts=record.facts,
            parent_id=parent_id,
        )

    def update(self, record: Record, project: str, values: Values) -> StepResult:
        """Change a task; name and text go out whole, the rate as it was."""
        keys = ("task_name", "description")
        known = {key: record.values[key] for key in keys if key in record.values}
        body = {key: wire_value(value) for key, value in {**known, **values}.items()}
        if record.facts.get("rate"):
            body["rate"] = record.facts["rate"]
        answer = self.remote.put(
            "projects",
            project,
            "tasks",
            record.id,
            operation="update task",
            body=body,
        )
        row = {"task_id": record.id, **row_in(answer, "task")}
        written = self.written(row, record.parent_id, project)
        return StepResult(written, record.id, answer.request_id)

    def remove(self, record: Record, project: str) -> StepResult:
        """Delete one task; one that is gone already is deleted."""
        try:
            answer = self.remote.delete(
                "projects",
                project,
                "tasks",
                record.id,
                operation="delete task",
            )
        except RemoteNotFound:
            return StepResult(None, record.id)
        return StepResult(None, record.id, answer.request_id)

    def project_of(self, record: Record) -> str:
        """Return the project of a known task, looked up where it is not remembered."""
        known = str(record.facts.get("project_id") or "")
        if known:
            return known
        project = self.project(self.parent_of(record))
        if project is None:
            raise self.not_found()
        return project_id(project)

    def user_id(self) -> str:
        """Return our own user, who becomes a member of the project: one is required."""
        known = str(self.remote.account.facts.get("user_id") or "")
        return known or current_user(self.remote)

    def require_enabled(self) -> None:
        """Refuse while a person has not switched project tasks on."""
        if not is_enabled(self.remote.account):
            raise ConfigError(self.spec.option_off, path=self.spec.option)


def is_enabled(account: Account) -> bool:
    """Say whether tasks may be kept as project tasks."""
    return account.facts.get("project_tasks") is True


def current_user(remote: Remote) -> str:
    """Return the id of the user who connected."""
    answer = remote.get("users", "me", operation="get user")
    user = str(row_in(answer, "user").get("user_id") or "")
    if not user:
        raise unreadable("a user")
    return user


def project_body(user_id: str, contact_id: str) -> dict[str, Any]:
    """Return a new project; the mark stays when a person renames it."""
    return {
        "project_name": project_name(contact_id),
        "customer_id": contact_id,
        "billing_type": BILLING,
        "user_id": user_id,
        "description": f"The tasks of this customer, kept by Crosswalk. {mark(contact_id)}",
    }


def project_name(contact_id: str) -> str:
    """Return the name of a customer's project, unique in the organization."""
    return f"Tasks by Crosswalk {contact_id}"


def mark(contact_id: str) -> str:
    """Return the text by which Crosswalk knows its project again."""
    return f"[crosswalk:{contact_id}]"


def is_ours(row: Row, contact_id: str) -> bool:
    """Say whether a project is the one Crosswalk made for a customer."""
    if str(row.get("customer_id") or "") != contact_id:
        return False
    named = row.get("project_name") == project_name(contact_id)
    return named or mark(contact_id) in str(row.get("description") or "")


def project_id(row: Row) -> str:
    return str(row.get("project_id") or "")


def age(row: Row) -> tuple[int, str]:
    """Return what orders projects by age: their ids are numbers that grow."""
    return len(project_id(row)), project_id(row)


def answer_of(answer: Answer, body: Row) -> Answer:
    """Return a part of an answer as an answer of its own."""
    return Answer(dict(body), answer.headers, answer.request_id)
