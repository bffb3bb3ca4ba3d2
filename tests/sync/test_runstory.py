"""What a run's page says was done to each person."""

from __future__ import annotations

import pytest

from sync.telling import runstory
from synclog.models import LogEntry

BOTH = {"left_id": "a", "right_id": "b"}
ARCHIVED = [{"side": "right", "label": "mark inactive", "removed": "archived"}]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (LogEntry(outcome="create", side="right"), "Created at"),
        (LogEntry(outcome="update", side="both"), "Updated at"),
        (LogEntry(outcome="link", **BOTH), "Nothing to write"),
        (LogEntry(outcome="delete", side="left"), "Deleted at"),
        (LogEntry(outcome="delete", side="right", steps=ARCHIVED), "Archived at"),
        (LogEntry(outcome="failed", side="right", left_id="a"), "Create at"),
        (LogEntry(outcome="failed", side="right", **BOTH), "Update at"),
        (LogEntry(outcome="failed", **BOTH), "Nothing was written"),
        (LogEntry(outcome="excluded", **BOTH), "Nothing was written"),
        (LogEntry(outcome="conflict", **BOTH), "Nothing was written"),
        (LogEntry(outcome="conflict", side="left", **BOTH), "Updated at"),
    ],
)
def test_it_says_what_happened(entry: LogEntry, words: str) -> None:
    assert runstory.what_words(entry) == words


def test_whoever_was_spared_has_a_filter_of_their_own() -> None:
    found = runstory.facets({"update": 46, "excluded": 4, "link": 0})

    assert found == [("update", "Updated", 46), ("excluded", "Excluded", 4)]
