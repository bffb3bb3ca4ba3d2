"""All notes of a contact in one text, for systems that keep a text field instead.

2026-11-24 10:05, Owen Hartley:
Called about the invoice.

2026-11-20 16:30:
Met at the fair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from crosswalk.errors import PermanentError
from integrations.connectors.base import (
    JSONValue,
    MatchKind,
    Page,
    Record,
    Step,
    StepResult,
    Values,
)
from integrations.connectors.highlevel.child_specs import NOTES_IN_ONE_TEXT, NOTES_TEXT
from integrations.connectors.highlevel.children import Children, cannot, parent_unknown

LABEL = "All notes"


class NoteText:
    """What `base.Connector` asks for, of the notes of a contact as one text.

    `authors` returns user id → name, {} where they may not be read.
    """

    spec = NOTES_IN_ONE_TEXT

    def __init__(
        self, notes: Children, authors: Callable[[], Mapping[str, str]], zone: tzinfo
    ) -> None:
        self.notes = notes
        self.zone = zone
        self._ask_authors = authors
        self._authors: Mapping[str, str] | None = None

    def children(self, parent_id: str) -> Sequence[Record]:
        """Return the one text of a contact; nothing where there are no notes."""
        found = self.notes.children(parent_id)
        return [self.record(found, parent_id)] if found else []

    def get(self, record_id: str, parent_id: str = "") -> Record:
        """Return the text of a contact, an empty one when the last note is gone."""
        if not parent_id:
            raise parent_unknown(self.spec)
        return self.record(self.notes.children(parent_id), parent_id)

    def record(self, notes: Sequence[Record], parent_id: str) -> Record:
        """Return the text of these notes. It is known by the contact's own id."""
        newest = sorted(notes, key=_age, reverse=True)
        text = "\n\n".join(self.entry(note) for note in newest)
        return Record(
            parent_id,
            {NOTES_TEXT: text or None},
            "detail",
            label=LABEL,
            parent_id=parent_id,
        )

    def entry(self, note: Record) -> str:
        """Return one note with its day and author."""
        head = []
        if note.created_at is not None:
            head.append(f"{note.created_at.astimezone(self.zone):%Y-%m-%d %H:%M}")
        if author := self.author(str(note.values.get("userId") or "")):
            head.append(author)
        body = str(note.values.get("body") or "").strip()
        return f"{', '.join(head)}:\n{body}" if head else body

    def author(self, user_id: str) -> str:
        """Return the name of a user, "" when nobody says. One call a connector."""
        if not user_id:
            return ""
        if self._authors is None:
            self._authors = self._ask_authors()
        return self._authors.get(user_id, "")

    # What there is not

    def list_page(self, cursor: JSONValue | None) -> Page:
        raise cannot(self.spec, "list")

    def changes_page(self, since: datetime, cursor: JSONValue | None) -> Page:
        raise cannot(self.spec, "changes")

    def find(self, kind: MatchKind, value: str) -> Sequence[Record]:
        return []

    def steps(
        self, before: Record | None, after: Values, parent_id: str = ""
    ) -> Sequence[Step]:
        raise self._read_only()

    def delete_steps(self, before: Record) -> Sequence[Step]:
        raise self._read_only()

    def perform(self, step: Step, record: Record | None) -> StepResult:
        raise self._read_only()

    def _read_only(self) -> PermanentError:
        return cannot(self.spec, "write")


def _age(note: Record) -> tuple[datetime, str]:
    return note.created_at or datetime.min.replace(tzinfo=UTC), note.id
