"""What hangs under HighLevel's contacts, as data: notes, tasks and appointments.

Facts and their evidence: docs/connectors/highlevel.md.
"""

from __future__ import annotations

from integrations.connectors.base import Field, ObjectSpec
from integrations.connectors.highlevel.contact_spec import CONTACT

NOTE, TASK, APPOINTMENT = "note", "task", "appointment"
NOTE_TEXT, NOTES_TEXT = "note_text", "notes_text"
# A search of tasks gives 25 unless asked for more; the most it gives is not published
# (sheet §6.4), hence paging by what came, never by what was asked for.
TASK_PAGE, TASK_PAGE_DEFAULT = 100, 25
NEVER: frozenset[str] = frozenset()
STATUSES = ("new", "confirmed", "cancelled", "showed", "noshow", "invalid")

TASKS_SCOPE = "locations/tasks.readonly"
CALENDARS_SCOPE = "calendars.readonly"
EVENTS_SCOPE, BOOK_SCOPE = "calendars/events.readonly", "calendars/events.write"


def id_field(what: str) -> Field:
    """Return the read-only field of a record's id."""
    return Field("id", f"{what} ID", writes=NEVER, group=what, help="It never changes.")


def user_field(key: str, label: str, group: str) -> Field:
    """Return a field that names a user of the location."""
    return Field(key, label, "choice", group, help="The ID of a user of the location.")


NOTES = ObjectSpec(
    key=NOTE,
    label="Note",
    label_plural="Notes",
    fields=(
        Field("body", "Text", "long_text", "Note", required=True),
        Field("title", "Title", group="Note"),
        Field("color", "Colour", group="Note", help="As in “#FFAA00”."),
        Field("pinned", "Pinned", "bool", "Note"),
        user_field("userId", "Written by", "Note"),
        Field(
            "dateAdded",
            "Added on",
            "datetime",
            "Note",
            writes=NEVER,
            help="When HighLevel made the note.",
        ),
        id_field("Note"),
    ),
    match_fields={},
    create_needs=("body",),
    create_needs_text="HighLevel only takes notes with a text.",
    parent=CONTACT,
    listing="parent",
    cannot={
        "list": "HighLevel shows notes one contact at a time: reading all of them costs "
        "one call for each contact.",
        "changes": "HighLevel does not say which notes changed; it sends a notice when "
        "a note is made, edited or deleted.",
    },
    not_carried=(
        "When a note was edited: HighLevel keeps no such time.",
        "Files and mentions inside a note.",
    ),
)

NOTES_IN_ONE_TEXT = ObjectSpec(
    key=NOTE_TEXT,
    label="Notes in one text",
    label_plural="Notes in one text",
    fields=(
        Field(
            NOTES_TEXT,
            "All notes",
            "long_text",
            "Notes",
            writes=NEVER,
            help="The newest first, each with its day and author, put together by "
            "Crosswalk.",
            is_derived=True,
        ),
    ),
    match_fields={},
    parent=CONTACT,
    listing="parent",
    operations=frozenset(),
    cannot={
        "list": "HighLevel shows notes one contact at a time.",
        "changes": "HighLevel does not say which notes changed; its notices have the "
        "contact looked at by the next poll.",
        "write": "HighLevel cannot take one text apart into notes again.",
    },
    not_carried=(
        "Each note by itself: they become one text, the newest first, and the oldest "
        "are cut off where the field ends.",
        "What stands in that field, or is written into it there: the next note replaces "
        "it, and nothing of it comes to HighLevel.",
        "The end of it: when the last note is deleted, the text stays.",
    ),
    gathers=NOTE,
)

TASKS = ObjectSpec(
    key=TASK,
    label="Task",
    label_plural="Tasks",
    fields=(
        Field("title", "Title", group="Task", required=True),
        Field("body", "Description", "long_text", "Task"),
        Field(
            "dueDate",
            "Due",
            "datetime",
            "Task",
            required=True,
            help="HighLevel has no task without a due date.",
        ),
        Field(
            "completed",
            "Done",
            "bool",
            "Task",
            writes=frozenset({"create", "update", "completed"}),
        ),
        user_field("assignedTo", "Assigned to", "Task"),
        id_field("Task"),
    ),
    match_fields={},
    create_needs=("title",),
    create_needs_text="HighLevel only takes tasks with a title and a due date.",
    page_size=TASK_PAGE,
    parent=CONTACT,
    cannot={
        "changes": "HighLevel does not say which tasks changed, and sends no notice "
        "when a task is edited or opened again: all tasks are read to find that.",
    },
    not_carried=("When a task was made or changed: HighLevel does not show it.",),
    scopes=(TASKS_SCOPE,),
)

APPOINTMENTS = ObjectSpec(
    key=APPOINTMENT,
    label="Appointment",
    label_plural="Appointments",
    fields=(
        Field("title", "Title", group="Appointment"),
        Field(
            "calendarId",
            "Calendar",
            "choice",
            "Appointment",
            required=True,
            help="The ID of a calendar of the location.",
        ),
        Field("startTime", "Start", "datetime", "Appointment", required=True),
        Field("endTime", "End", "datetime", "Appointment"),
        Field("appointmentStatus", "Status", "choice", "Appointment", options=STATUSES),
        user_field("assignedUserId", "Assigned to", "Appointment"),
        Field("address", "Place", group="Appointment"),
        Field("description", "Description", "long_text", "Appointment"),
        Field(
            "isRecurring",
            "Repeats",
            "bool",
            "Appointment",
            writes=NEVER,
            help="Crosswalk reads repeating appointments and leaves them alone.",
        ),
        Field(
            "dateAdded",
            "Added on",
            "datetime",
            "Appointment",
            writes=NEVER,
            help="When HighLevel made the appointment.",
        ),
        Field(
            "summary",
            "In one text",
            "long_text",
            "Appointment",
            writes=NEVER,
            help="What, when, where and how it stands, put together by Crosswalk.",
            is_derived=True,
        ),
        id_field("Appointment"),
    ),
    match_fields={},
    exclusions={
        "recurring": "It is one of a series. Crosswalk reads repeating appointments "
        "and leaves them alone.",
    },
    create_needs=("startTime",),
    create_needs_text="HighLevel only takes appointments with a calendar and a start.",
    parent=CONTACT,
    cannot={
        "changes": "HighLevel does not say which appointments changed; it sends a "
        "notice when one is booked, changed or deleted.",
    },
    not_carried=(
        "Appointments that started more than a year ago or start in more than two "
        "years are not in the listing; a notice or their contact still brings them.",
        "The series of a repeating appointment, rooms, equipment and further owners.",
        "Notes inside an appointment.",
    ),
    listing_cost="one call and three more for each calendar",
    lists_all=False,
    scopes=(CALENDARS_SCOPE, EVENTS_SCOPE),
)
