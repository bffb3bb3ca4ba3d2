"""Invoices, estimates, payments and tasks of projects: read, never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from crosswalk.errors import RemoteRejected
from integrations.connectors.base import JSONValue, Page, Record
from integrations.connectors.zoho_invoice.billing_spec import (
    ESTIMATE,
    INVOICE,
    PAYMENT,
    PROJECT_TASK,
    PROJECT_TASKS,
)
from integrations.connectors.zoho_invoice.errors import INVALID_VALUE
from integrations.connectors.zoho_invoice.kind import Kind
from integrations.connectors.zoho_invoice.remote import row_in, rows_in, unreadable
from integrations.connectors.zoho_invoice.rows import cleaned, time_of
from integrations.http import Answer

# The first is not documented for documents of sale, though their pages sort by it;
# the second is (sheet §13).
SORTS = ("last_modified_time", "created_time")
TASKS_MOST = 40  # projects whose tasks one reading looks at, newest changes first


class Documents(Kind):
    """Documents of sale, newest change first."""

    path: ClassVar[str]  # also the key of the listing
    id_key: ClassVar[str]
    number_key: ClassVar[str]

    def list_page(self, cursor: JSONValue | None) -> Page:
        """Return one page of all documents, newest change first."""
        place = cursor or {"page": 1, "sort": SORTS[0]}
        answer, sort = self._page(place["page"], place["sort"])
        more = self.remote.has_more(answer, self.path)
        following = {"page": place["page"] + 1, "sort": sort}
        return Page(self._records(answer), following if more else None)

    def changes_page(self, since: datetime, cursor: JSONValue | None) -> Page:
        """Return one page of what changed at or after `since`, newest first."""
        page = self.list_page(cursor)
        since = since.replace(microsecond=0)  # their times have whole seconds
        fresh = [
            r for r in page.records if r.modified_at is None or r.modified_at >= since
        ]
        reached = len(fresh) < len(page.records)
        return Page(fresh, None if reached else page.next)

    def children(self, parent_id: str) -> Sequence[Record]:
        """Return a customer's newest documents, one page of them: one call.

        Rows of other customers are left out, should a server not know the parameter.
        """
        answer = self._sorted(1, SORTS[1], customer_id=parent_id)
        found = self._records(answer)
        return [each for each in found if each.values.get("customer_id") == parent_id]

    def get(self, record_id: str, parent_id: str = "") -> Record:
        """Return one document."""
        answer = self.remote.get(
            self.path, record_id, operation=f"get {self.spec.label.lower()}"
        )
        row = row_in(answer, self.key)
        if not row.get(self.id_key):
            raise unreadable(f"a {self.key}")
        return self.record(row, is_detail=True)

    def record(self, row: Mapping[str, Any], *, is_detail: bool = False) -> Record:
        """Return a document as a record; the total is in the document's currency."""
        return Record(
            id=str(row[self.id_key]),
            values={
                f.key: cleaned(row.get(f.key)) for f in self.spec.fields if f.key in row
            },
            via="detail" if is_detail else "list",
            modified_at=time_of(row.get("last_modified_time"), self.remote.zone),
            created_at=time_of(row.get("created_time"), self.remote.zone),
            label=f"{row.get(self.number_key) or ''} {row.get('customer_name') or ''}",
            parent_id=str(row.get("customer_id") or "") if self.spec.about else "",
        )

    def _records(self, answer: Answer) -> list[Record]:
        rows = rows_in(answer, self.path)
        return [self.record(row) for row in rows if row.get(self.id_key)]

    def _page(self, page: int, sort: str) -> tuple[Answer, str]:
        try:
            return self._sorted(page, sort), sort
        except RemoteRejected as error:
            if error.code != INVALID_VALUE or page != 1 or sort != SORTS[0]:
                raise
            return self._sorted(page, SORTS[1]), SORTS[1]

    def _sorted(self, page: int, sort: str, **only: str) -> Answer:
        plural = self.spec.label_plural.lower()
        params = {
            "sort_column": sort,
            "sort_order": "D",
            "per_page": self.remote.page_size,
            "page": page,
            **only,
        }
        with self.remote.needing(self.spec.scopes[0], plural):
            return self.remote.get(self.path, operation=f"list {plural}", params=params)


class Invoices(Documents):
    key, path = INVOICE, "invoices"
    id_key, number_key = "invoice_id", "invoice_number"


class Estimates(Documents):
    key, path = ESTIMATE, "estimates"
    id_key, number_key = "estimate_id", "estimate_number"


class Payments(Documents):
    """Payments of customers; the singular of their answer is `payment`."""

    key, path = PAYMENT, "customerpayments"
    id_key, number_key = "payment_id", "payment_number"


class ProjectTasks(Kind):
    """Tasks of all projects: no task says when it changed, its project does."""

    key: ClassVar[str] = PROJECT_TASK

    def list_page(self, cursor: JSONValue | None) -> Page:
        """Return the tasks of the projects that changed last: a call each."""
        return Page([task for p in self._projects() for task in self._tasks(p)], None)

    def _projects(self) -> Sequence[str]:
        with self.remote.needing(PROJECT_TASKS.scopes[0], "projects"):
            answer = self.remote.get(
                "projects",
                operation="list projects",
                params={
                    "sort_column": "last_modified_time",
                    "sort_order": "D",
                    "per_page": TASKS_MOST,
                },
            )
        found = rows_in(answer, "projects")
        return [str(row["project_id"]) for row in found if row.get("project_id")]

    def _tasks(self, project_id: str) -> Iterator[Record]:
        rows = self.remote.all_rows(
            "projects", project_id, "tasks", key="tasks", operation="list tasks"
        )
        for row in rows:
            yield project_task_of({**row, "project_id": project_id})


def project_task_of(row: Mapping[str, Any]) -> Record:
    """Return a task as a record."""
    return Record(
        id=str(row["task_id"]),
        values={
            f.key: cleaned(row.get(f.key)) for f in PROJECT_TASKS.fields if f.key in row
        },
        via="list",
        label=str(row.get("task_name") or ""),
    )
