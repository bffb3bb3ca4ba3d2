"""Values of HighLevel's notes, tasks and appointments that come back as written."""

from __future__ import annotations

import pytest

USER, CALENDAR = "SbxUserOwenHartley01", "SbxCalendarConsult01"
TEN, ELEVEN = "2026-03-03T10:00:00.000Z", "2026-03-03T11:00:00.000Z"
TWELVE = "2026-03-03T12:00:00.000Z"
# object type → field → two values that come back as they were written
SAMPLES = {
    "note": {
        "body": ("Called, no answer", "Called again:\nwants a quote"),
        "title": ("Call", "Second call"),
        "color": ("#FFAA00", "#00AAFF"),
        "pinned": (True, False),
        "userId": (USER, "SbxUserPriyaNair0002"),
    },
    "task": {
        "title": ("Send quote", "Send contract"),
        "body": ("By post", "By e-mail"),
        "dueDate": (TEN, ELEVEN),
        "completed": (True, False),
        "assignedTo": (USER, "SbxUserPriyaNair0002"),
    },
    "appointment": {
        "title": ("Fitting", "Second fitting"),
        "calendarId": (CALENDAR, CALENDAR),
        "startTime": (TEN, ELEVEN),
        "endTime": (ELEVEN, TWELVE),
        "appointmentStatus": ("confirmed", "showed"),
        "assignedUserId": (USER, "SbxUserPriyaNair0002"),
        "address": ("Zoom", "12 High Street"),
        "description": ("Bring samples", "Bring the contract"),
    },
}
MINIMAL = {
    "note": {"body": "Hello"},
    "task": {"title": "Call", "dueDate": TEN},
    "appointment": {"calendarId": CALENDAR, "startTime": TEN, "endTime": TWELVE},
}
# what cannot be emptied, because HighLevel needs it or does not say how
KEPT = {
    "note": {"body"},
    "task": {"title", "dueDate"},
    "appointment": {"calendarId", "startTime", "endTime", "appointmentStatus"},
}
TYPES = tuple(SAMPLES)
every_type = pytest.mark.parametrize("kind", TYPES)


def made(world, kind, person, **values):
    """Make a child through the connector; return it as the detail read has it."""
    return world.write(kind, None, {**MINIMAL[kind], **values}, person)
