"""An appointment in one text."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from integrations.connectors.base import Record
from integrations.connectors.highlevel.summaries import summary, with_summary

LONDON = ZoneInfo("Europe/London")
VALUES = {
    "title": "Consultation",
    "startTime": "2026-07-24T10:00:00.000Z",
    "endTime": "2026-07-24T10:30:00.000Z",
    "address": None,
    "appointmentStatus": "confirmed",
}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "When: 2026-07-24 11:00 – 11:30 (Europe/London)"),
        ({"endTime": None}, "When: 2026-07-24 11:00 (Europe/London)"),
        (
            {"endTime": "2026-07-25T10:30:00.000Z"},
            "When: 2026-07-24 11:00 – 2026-07-25 11:30 (Europe/London)",
        ),
        ({"title": None}, "Appointment: (no title)"),
        ({"address": "12 High Street"}, "Where: 12 High Street"),
    ],
)
def test_it_says_what_when_where_and_how_it_stands(changes, line):
    assert line in summary({**VALUES, **changes}, LONDON).splitlines()


def test_what_is_empty_has_no_line():
    assert "Where" not in summary(VALUES, LONDON)


def test_it_is_only_told_where_all_of_it_was_read():
    partly = {key: VALUES[key] for key in ("title", "startTime")}

    record = with_summary(Record("a1", partly, "webhook"), LONDON)

    assert "summary" not in record.values
