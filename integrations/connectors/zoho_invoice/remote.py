"""One organization's API: paths, answers, pages. What all object types share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from crosswalk.errors import (
    AccessExpired,
    OutcomeUnknown,
    PermanentError,
    RemoteNotFound,
    TransientError,
)
from integrations.connectors.base import Account
from integrations.http import Answer, Api

BASE = "/invoice/v3"
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Remote:
    """Calls in the name of one organization. `zone` is the organization's."""

    api: Api
    account: Account
    zone: tzinfo
    page_size: int

    def get(
        self, *parts: str, operation: str, params: Mapping[str, Any] | None = None
    ) -> Answer:
        """Read at a path below the base."""
        return self.api.call("GET", path(*parts), operation=operation, params=params)

    def post(
        self,
        *parts: str,
        operation: str,
        body: Mapping[str, Any] | None = None,
        repeatable: bool = False,
    ) -> Answer:
        """Create or act; `repeatable` where twice is the same as once."""
        return self.api.call(
            "POST",
            path(*parts),
            operation=operation,
            json_body=dict(body) if body is not None else None,
            repeatable=repeatable,
        )

    def put(
        self,
        *parts: str,
        operation: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Change something."""
        return self.api.call(
            "PUT",
            path(*parts),
            operation=operation,
            json_body=dict(body),
            headers=headers,
        )

    def delete(self, *parts: str, operation: str) -> Answer:
        """Delete something."""
        return self.api.call("DELETE", path(*parts), operation=operation)

    @contextmanager
    def needing(self, scope: str, what: str) -> Iterator[None]:
        """Tell a permission that was never given from an access that has ended.

        Zoho answers both with 57. Here the token has just been renewed, so it is the
        permission: the rest of the connection goes on without it.
        """
        try:
            yield
        except AccessExpired as error:
            if self.api.refused is error:
                self.api.refused = None
            raise PermanentError(
                f"Crosswalk has no permission for {what} at Zoho Invoice. Reconnect "
                "and allow everything it asks for.",
                detail=f"{scope}: {error.detail}",
                code="scope_missing",
                status=error.status,
            ) from error

    def has_more(self, answer: Answer, key: str, size: int = 0) -> bool:
        """Say whether a page follows; without page_context a full one may have one.

        `size`: how many rows were asked for, if not as many as usual.
        """
        rows = rows_in(answer, key)
        context = answer.body.get("page_context")
        if not isinstance(context, dict) or "has_more_page" not in context:
            return len(rows) >= (size or self.page_size)
        if context["has_more_page"] and not rows:
            raise unreadable(key)
        return bool(context["has_more_page"])

    def all_rows(
        self,
        *parts: str,
        key: str,
        operation: str,
        params: Mapping[str, Any] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of every page of a listing."""
        number = 1
        while True:
            paging = {"per_page": self.page_size, "page": number}
            answer = self.get(
                *parts, operation=operation, params={**(params or {}), **paging}
            )
            yield from rows_in(answer, key)
            if not self.has_more(answer, key):
                return
            number += 1


def path(*parts: str) -> str:
    """Return a path below the base.

    Ids may come from a webhook: one that can name nothing there must not reach the
    address, where an empty one or ".." would mean another.
    """
    if not all(ID.fullmatch(part) for part in parts):
        raise RemoteNotFound(
            "Zoho Invoice has no record of this number.", detail="not an id"
        )
    return "/".join((BASE, *parts))


def rows_in(answer: Answer, key: str) -> list[dict[str, Any]]:
    """Return the rows of a listing. None at all is no empty listing: that would read
    as everybody deleted."""
    rows = answer.body.get(key) if isinstance(answer.body, dict) else None
    if not isinstance(rows, list):
        raise unreadable(key)
    return [row for row in rows if isinstance(row, dict)]


def row_in(answer: Answer, key: str) -> dict[str, Any]:
    """Return the one row of an answer, {} for none: some are documented as a list and
    seen as an object."""
    row = answer.body.get(key) if isinstance(answer.body, dict) else None
    if isinstance(row, list):
        row = row[0] if row else None
    return row if isinstance(row, dict) else {}


def unreadable(what: str) -> TransientError:
    """Return the error of an answer without the part that was asked for."""
    return TransientError(
        "Zoho Invoice's answer was incomplete. Crosswalk tries again by itself.",
        detail=f"the answer does not hold {what}",
    )


def unconfirmed(what: str) -> OutcomeUnknown:
    """Return the error of a create whose answer does not name what was made."""
    return OutcomeUnknown(
        "Zoho Invoice did not confirm a change. Crosswalk looks first whether it was "
        "done, then goes on.",
        detail=f"the answer to a create holds no {what}",
    )
