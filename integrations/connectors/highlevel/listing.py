"""Pages of contacts: by search, and by the older list where search is refused.

A cursor holds `seen`, the rows so far, and where the next page begins:

search   `after` (the last row's searchAfter) or, without those, `page` (sheet §7.2)
list     `start`: what `startAfter` and `startAfterId` ask for (§7.1)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crosswalk.errors import PermanentError
from integrations.connectors.base import JSONValue, Page
from integrations.connectors.highlevel.calls import (
    NO_SEARCH,
    Calls,
    rows_in,
    unreadable,
)
from integrations.connectors.highlevel.customs import Customs
from integrations.connectors.highlevel.rows import Row, records_of
from integrations.connectors.highlevel.spec import READ_SCOPE
from integrations.connectors.highlevel.times import iso

LIST_PAGE = 100  # the most the older list answers (sheet §7.1)
BUSINESS_PAGE = 25  # its default; more is not documented (sheet §5)


class Listing:
    """All contacts of one location, page by page."""

    def __init__(self, calls: Calls, customs: Customs, page_size: int) -> None:
        self.calls = calls
        self.customs = customs
        self.page_size = page_size

    def all(self, cursor: JSONValue | None) -> Page:
        """Return one page of all contacts, oldest first: edits move no row."""
        return self.page({"sort": ascending("dateAdded")}, cursor)

    def changed(self, since: datetime, cursor: JSONValue | None) -> Page:
        """Return one page of what changed at or after `since`, oldest change first.

        Search lags by seconds, hence `spec.overlap_seconds` (sheet §7.2). The older
        list knows no such filter: all is read, and what did not change dropped.
        """
        changed = {
            "field": "dateUpdated",
            "operator": "range",
            "value": {"gte": iso(since)},
        }
        page = self.page(
            {"filters": [changed], "sort": ascending("dateUpdated")}, cursor
        )
        fresh = [r for r in page.records if not r.modified_at or r.modified_at >= since]
        return Page(fresh, page.next)

    def page(self, body: dict[str, Any], cursor: JSONValue | None) -> Page:
        """Return one page of a search and where the next one begins."""
        place = cursor or {"seen": 0}
        if "start" in place:
            return self.older(place)
        start = {"searchAfter": place.get("after"), "page": place.get("page")}
        start = {key: value for key, value in start.items() if value is not None}
        try:
            answer = self.calls.search({**body, "pageLimit": self.page_size, **start})
        except PermanentError as error:
            if error.code not in NO_SEARCH or cursor:
                raise
            return self.older({"seen": 0})
        rows = rows_in(answer)
        following = self.following(place, rows, answer.body.get("total"))
        records = records_of(rows, self.calls.account.id, self.customs)
        return Page(records, following)

    def following(
        self, place: dict[str, Any], rows: Sequence[Row], total: JSONValue
    ) -> JSONValue | None:
        """Return the next page's cursor, None on the clean last page."""
        seen = place["seen"] + len(rows)
        if is_last(rows, self.page_size, seen, total):
            return None
        after = rows[-1].get("searchAfter")
        if after is None:
            if isinstance(total, int) and seen >= total:
                return None
            return {"page": place.get("page", 1) + 1, "seen": seen}
        if after == place.get("after"):
            raise stuck(f"searchAfter stays {after}")
        return {"after": after, "seen": seen}

    def older(self, place: dict[str, Any]) -> Page:
        """Return one page of GET /contacts/, newest first; deprecated, but there."""
        start = place.get("start") or {}
        size = min(self.page_size, LIST_PAGE)
        answer = self.calls.list_older({"limit": size, **start})
        rows = rows_in(answer)
        meta = answer.body.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        seen = place["seen"] + len(rows)
        records = records_of(rows, self.calls.account.id, self.customs)
        if is_last(rows, size, seen, meta.get("total", answer.body.get("count"))):
            return Page(records, None)
        after = start_after(rows[-1], meta)
        if after == start:
            raise stuck(f"startAfter stays {after}")
        return Page(records, {"start": after, "seen": seen})

    def of_business(self, business_id: str, cursor: JSONValue | None) -> Page:
        """Return one page of the contacts of a business. Its form is not documented
        field by field, so only what is present counts as read."""
        skip = int(cursor or 0)
        answer = self.calls.call(
            "GET",
            f"/contacts/business/{business_id}",
            operation="list contacts of business",
            scope=READ_SCOPE,
            noun="business",
            params={
                "locationId": self.calls.account.id,
                "limit": str(BUSINESS_PAGE),
                "skip": str(skip),
            },
        )
        rows = rows_in(answer)
        seen = skip + len(rows)
        records = records_of(
            rows, self.calls.account.id, self.customs, only_present=True
        )
        is_end = is_last(rows, BUSINESS_PAGE, seen, answer.body.get("count"))
        return Page(records, None if is_end else seen)


def is_last(rows: Sequence[Row], size: int, seen: int, total: JSONValue) -> bool:
    """Say whether a page is the last one: empty, or short.

    A short page is not the last while the total says that the server only gives fewer
    rows than asked for.
    """
    return not rows or (
        len(rows) < size and not (isinstance(total, int) and seen < total)
    )


def start_after(row: Row, meta: dict[str, Any]) -> dict[str, Any]:
    """Return both halves of the older list's cursor: of the last row, else of meta."""
    own = row.get("startAfter")
    if isinstance(own, list) and len(own) == 2:
        return {"startAfter": own[0], "startAfterId": own[1]}
    if meta.get("startAfter") and meta.get("startAfterId"):
        return {
            "startAfter": meta["startAfter"],
            "startAfterId": meta["startAfterId"],
        }
    raise unreadable("where the next page begins")


def ascending(field: str) -> list[dict[str, str]]:
    """Return a search's sort: by one field, smallest first."""
    return [{"field": field, "direction": "asc"}]


def stuck(detail: str) -> PermanentError:
    """Return the error of a listing that does not move on."""
    return PermanentError(
        "HighLevel shows the same page of contacts again and again.",
        detail=detail,
        code="paging_stuck",
    )
