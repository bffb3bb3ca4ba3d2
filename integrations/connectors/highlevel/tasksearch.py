"""All tasks of a location, by the search over it (sheet §6.4).

It pages by `skip`, says no total, and what it gives at most is not published. So a page
is the last when it is shorter than any server would cut it, and each page begins with
the last row of the one before: if that is not there, rows were deleted meanwhile and
the page above is taken once more. Nothing is skipped; at worst a row comes twice.
"""

from __future__ import annotations

from typing import Any

from integrations.connectors.base import JSONValue, Page, Record
from integrations.connectors.highlevel.calls import Calls, rows_in
from integrations.connectors.highlevel.child_specs import (
    TASK_PAGE,
    TASK_PAGE_DEFAULT,
    TASKS,
    TASKS_SCOPE,
)
from integrations.connectors.highlevel.childrows import Row, child_of


class TaskSearch:
    """The tasks of one location, page by page."""

    def __init__(self, calls: Calls, page_size: int = TASK_PAGE) -> None:
        self.calls = calls
        self.page_size = max(2, min(page_size, TASK_PAGE))  # one row overlaps

    def page(self, cursor: JSONValue | None) -> Page:
        """Return one page. The cursor holds `skip` and the id of the `last` row."""
        skip, last = (cursor["skip"], cursor["last"]) if cursor else (0, "")
        rows = self.rows(skip)
        shown = rows
        if last and (not rows or id_of(rows[0]) != last):
            shown = [*self.rows(max(0, skip - self.page_size)), *rows]
        ids = [id_of(row) for row in shown]
        fresh = shown[ids.index(last) + 1 :] if last in ids else shown
        records = [r for row in fresh if (r := self.record(row)) is not None]
        return Page(records, self.following(skip, rows, last))

    def following(self, skip: int, rows: list[Row], last: str) -> JSONValue | None:
        """Return the next page's cursor, None on the last page."""
        is_short = len(rows) < min(self.page_size, TASK_PAGE_DEFAULT)
        if is_short or id_of(rows[-1]) == last:
            return None
        return {"skip": skip + len(rows) - 1, "last": id_of(rows[-1])}

    def rows(self, skip: int) -> list[Row]:
        """Return rows from a place on; a POST that changes nothing."""
        answer = self.calls.call(
            "POST",
            f"/locations/{self.calls.location}/tasks/search",
            operation="search tasks",
            scope=TASKS_SCOPE,
            noun="location",
            json_body={"limit": self.page_size, "skip": skip},
            repeatable=True,
        )
        return rows_in(answer, "tasks")

    def of_id(self, record_id: str) -> Record | None:
        """Return a task by its id, None if the search does not show it."""
        cursor: JSONValue | None = None
        while True:
            page = self.page(cursor)
            for record in page.records:
                if record.id == record_id:
                    return record
            if page.next is None:
                return None
            cursor = page.next

    def record(self, row: Row) -> Record | None:
        """Return a row as a record, None if it is none of this location's tasks.

        Its form is not documented: an id may be called `_id`.
        """
        location = row.get("locationId")
        if not id_of(row) or row.get("deleted") is True:
            return None
        if location and location != self.calls.account.id:
            return None
        named: dict[str, Any] = {**row, "id": id_of(row)}
        return child_of(TASKS, named, "list")


def id_of(row: Row) -> str:
    """Return the id of a row of the search, "" when it has none."""
    return str(row.get("id") or row.get("_id") or "")
