"""Numbered pages that overlap, so that a delete while they are read hides nobody.

Zoho's pages have numbers and no cursor. When somebody on a page already read is
deleted, all later ones move up, and the first of the next page would be on neither. So
a page begins where the one before it ends: page and size are chosen so that somebody
who was met is shown again, which costs a page more in about 2,500 rows. Where nobody is
met again, the page before is read as well, and so on downwards. That is safe: deletes
move rows towards the pages that are still to be read, and nothing moves them back, for
the order is by creation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connectors.base import JSONValue
from integrations.connectors.zoho_invoice.remote import Remote, rows_in
from integrations.http import Answer

KNOWN = 50  # of those met last are looked for: some may be deleted, too
MOST_BACK = 5  # pages: so many rows are not deleted between two calls
Read = Callable[[int, int], Answer]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing stands: the page to read, and who was met last before it.

    `most`: how many rows a page may have. Nobody is `known` of the first page, nor of
    one that was stored before pages overlapped: it is taken as it comes.
    """

    page: int
    per_page: int
    most: int
    known: tuple[str, ...] = ()

    @classmethod
    def of(cls, cursor: JSONValue | None, size: int) -> Place:
        """Return the place a cursor tells, be it a mere number; None: the beginning."""
        if not isinstance(cursor, dict):
            return cls(int(cursor or 1), size, size)
        per_page = cursor.get("per_page", size)
        known = tuple(cursor.get("known", ()))
        return cls(cursor["page"], per_page, cursor.get("most", size), known)

    def cursor(self) -> dict[str, Any]:
        """Return the place as it is stored."""
        return {
            "page": self.page,
            "per_page": self.per_page,
            "most": self.most,
            "known": list(self.known),
        }


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing of rows by numbered pages. `key` names them, `id_key` their id."""

    remote: Remote
    key: str
    id_key: str

    def rows(
        self, place: Place, read: Read, answer: Answer | None = None
    ) -> tuple[list[Row], Place | None]:
        """Return who is met for the first time at a place, and the place that follows.

        One call of `read` (page, size), more after a delete. `answer`: of the first
        call, where it was made already.
        """
        answer = answer or read(place.page, place.per_page)
        found = self._by_id(answer)
        known, lower = set(place.known), place.page
        while self._is_astray(place, lower, known, found):
            lower -= 1
            found = {**self._by_id(read(lower, place.per_page)), **found}
        rows = [row for each, row in found.items() if each not in known]
        if not self.remote.has_more(answer, self.key, place.per_page):
            return rows, None
        size = _size_told(answer, place.per_page)
        most = size if size < place.per_page else place.most
        page, per_page = following(place.page * size, most)
        met = [*place.known, *(each for each in found if each not in known)]
        return rows, Place(page, per_page, most, tuple(met[-KNOWN:]))

    def _is_astray(
        self, place: Place, lower: int, known: set[str], found: Mapping[str, Row]
    ) -> bool:
        """Whether rows may be missing between those met before and those found."""
        may_go_back = lower > 1 and place.page - lower < MOST_BACK
        return bool(known) and may_go_back and known.isdisjoint(found)

    def _by_id(self, answer: Answer) -> dict[str, Row]:
        return {str(row[self.id_key]): row for row in rows_in(answer, self.key)}


def following(met: int, most: int) -> tuple[int, int]:
    """Return the page and the size that show the last of `met` rows again and reach
    furthest. Pure.

    After 200 that is page 2 of 199, which begins with the 200th. Where no size does
    both, as may be with a handful of rows a page, the next whole page.
    """
    reach, page, size = max(
        (((met - 1) // size + 1) * size, (met - 1) // size + 1, size)
        for size in range(1, most + 1)
    )
    return (page, size) if reach > met else (met // most + 1, most)


def _size_told(answer: Answer, asked: int) -> int:
    """Return how many rows Zoho itself says a page has: it may allow fewer."""
    context: Sequence[Any] | Mapping[str, Any] | None = answer.body.get("page_context")
    told = context.get("per_page") if isinstance(context, dict) else None
    return told if isinstance(told, int) and told > 0 else asked
