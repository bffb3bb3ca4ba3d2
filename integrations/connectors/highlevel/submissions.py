"""Form submissions: read for their events only, never synced (sheet §15).

`GET /forms/submissions` answers newest first, for a range of days, in pages of at most
a hundred; there is no notice of a submission.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.connectors.base import JSONValue, Page, Record
from integrations.connectors.highlevel.calls import Calls, rows_in
from integrations.connectors.highlevel.submissions_spec import FORMS_SCOPE, PAGE_SIZE
from integrations.connectors.highlevel.times import moment_text, time_of


class Submissions:
    """What has been sent by forms, by the day it was sent."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def changes_page(self, since: datetime, cursor: JSONValue | None) -> Page:
        """Return one page of what was sent since a moment; nothing sent ever changes."""
        page = int(cursor or 1)
        answer = self.calls.call(
            "GET",
            "/forms/submissions",
            operation="list form submissions",
            scope=FORMS_SCOPE,
            noun="form",
            params={
                "locationId": self.calls.location,
                "startAt": since.date().isoformat(),
                "limit": PAGE_SIZE,
                "page": page,
            },
        )
        rows = rows_in(answer, "submissions")
        records = [submission_of(row) for row in rows if row.get("id")]
        fresh = [r for r in records if r.created_at is None or r.created_at >= since]
        meta = answer.body.get("meta")
        more = isinstance(meta, dict) and bool(meta.get("nextPage"))
        return Page(fresh, page + 1 if more and rows else None)


def submission_of(row: Mapping[str, Any]) -> Record:
    """Return a submission as a record; `others` holds the answers by question."""
    answers = row.get("others")
    values = {
        **{key: row.get(key) or None for key in ("id", "formId", "name", "email")},
        "contactId": row.get("contactId") or None,
        "createdAt": moment_text(row.get("createdAt")),
        "answers": answers if isinstance(answers, dict) else None,
    }
    made = time_of(row.get("createdAt"))
    return Record(
        id=str(row["id"]),
        values=values,
        via="list",
        modified_at=made,
        created_at=made,
        label=str(row.get("name") or row.get("email") or row["id"])[:80],
    )
