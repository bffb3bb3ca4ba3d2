"""What HighLevel tells of, or lets be found: 19 triggers."""

from __future__ import annotations

from typing import Any

from integrations.connectors.highlevel.child_specs import (
    APPOINTMENT,
    CALENDARS_SCOPE,
    EVENTS_SCOPE,
    NOTE,
    TASK,
    TASKS_SCOPE,
)
from integrations.connectors.highlevel.contact_spec import CONTACT, DND_PREFIX
from integrations.connectors.highlevel.operations import (
    appointments,
    contacts,
    notes,
    tasks,
)
from integrations.connectors.highlevel.spec import READ_SCOPE
from integrations.connectors.highlevel.submissions_spec import FORMS_SCOPE, SUBMISSION
from integrations.connectors.operations import (
    CREATED,
    DELETED,
    UPDATED,
    Change,
    Operation,
    Output,
    Trigger,
)

# object type → what is told of its records, an example, and what reading them needs
SHOWN: dict[str, tuple[tuple[Output, ...], dict[str, Any], tuple[str, ...]]] = {
    CONTACT: (contacts.OUTPUTS, contacts.SAMPLE, (READ_SCOPE,)),
    TASK: (tasks.OUTPUTS, tasks.SAMPLE, (READ_SCOPE, TASKS_SCOPE)),
    NOTE: (notes.OUTPUTS, notes.SAMPLE, (READ_SCOPE,)),
    APPOINTMENT: (
        appointments.OUTPUTS,
        appointments.SAMPLE,
        (CALENDARS_SCOPE, EVENTS_SCOPE),
    ),
}
BY_NOTICE_ONLY = (
    "HighLevel must send its notices for this: it cannot be found by asking."
)


def told(
    key: str,
    row: int,
    object_type: str,
    label: str,
    sentence: str,
    changes: frozenset[Change],
    **how: Any,
) -> Operation:
    """Return the trigger of a change of contacts, tasks, notes or appointments."""
    outputs, sample, scopes = SHOWN[object_type]
    return Operation(
        key,
        row,
        "trigger",
        object_type,
        label,
        sentence,
        outputs,
        trigger=Trigger(object_type, changes, **how),
        scopes=scopes,
        sample=sample,
    )


OPERATIONS = (
    told(
        "hl.contact_created",
        1,
        CONTACT,
        "Contact created",
        "Tells when a contact is created.",
        CREATED,
        notices=("ContactCreate",),
    ),
    told(
        "hl.contact_updated",
        2,
        CONTACT,
        "Contact updated",
        "Tells when any field of a contact changes.",
        UPDATED,
        notices=("ContactUpdate",),
    ),
    told(
        "hl.contact_deleted",
        3,
        CONTACT,
        "Contact deleted",
        "Tells when a contact is deleted.",
        DELETED,
        notices=("ContactDelete",),
        poll="listing",
    ),
    told(
        "hl.contact_tag_added",
        4,
        CONTACT,
        "Tag added to contact",
        "Tells when a contact gets a tag it did not have.",
        UPDATED,
        fields=("tags",),
        turns="added",
        notices=("ContactTagUpdate",),
    ),
    told(
        "hl.contact_tag_removed",
        5,
        CONTACT,
        "Tag removed from contact",
        "Tells when a tag is taken off a contact.",
        UPDATED,
        fields=("tags",),
        turns="removed",
        notices=("ContactTagUpdate",),
    ),
    told(
        "hl.contact_dnd_changed",
        6,
        CONTACT,
        "Contact’s do-not-disturb changed",
        "Tells when somebody may be written to no longer, or again.",
        UPDATED,
        fields=("dnd", DND_PREFIX),
        notices=("ContactDndUpdate",),
    ),
    told(
        "hl.task_created",
        7,
        TASK,
        "Task created",
        "Tells when a task is created.",
        CREATED,
        notices=("TaskCreate",),
        poll="listing",
    ),
    told(
        "hl.task_updated",
        8,
        TASK,
        "Task changed",
        "Tells when a task is edited. HighLevel sends no notice of that: all tasks are "
        "read to find it.",
        UPDATED,
        but=("completed",),
        poll="listing",
    ),
    told(
        "hl.task_completed",
        9,
        TASK,
        "Task completed",
        "Tells when a task is ticked off.",
        UPDATED,
        fields=("completed",),
        turns="true",
        notices=("TaskComplete",),
        poll="listing",
    ),
    told(
        "hl.task_deleted",
        10,
        TASK,
        "Task deleted",
        "Tells when a task is deleted.",
        DELETED,
        notices=("TaskDelete",),
        poll="listing",
    ),
    told(
        "hl.note_created",
        11,
        NOTE,
        "Note added",
        f"Tells when a note is added to a contact. {BY_NOTICE_ONLY}",
        CREATED,
        notices=("NoteCreate",),
        poll="",
    ),
    told(
        "hl.note_updated",
        12,
        NOTE,
        "Note changed",
        f"Tells when a note is edited. {BY_NOTICE_ONLY}",
        UPDATED,
        notices=("NoteUpdate",),
        poll="",
    ),
    told(
        "hl.note_deleted",
        13,
        NOTE,
        "Note deleted",
        f"Tells when a note is deleted. {BY_NOTICE_ONLY}",
        DELETED,
        notices=("NoteDelete",),
        poll="",
    ),
    told(
        "hl.appointment_created",
        14,
        APPOINTMENT,
        "Appointment booked",
        "Tells when an appointment is booked.",
        CREATED,
        notices=("AppointmentCreate",),
        poll="listing",
    ),
    told(
        "hl.appointment_updated",
        15,
        APPOINTMENT,
        "Appointment rescheduled or edited",
        "Tells when the time, the place or another part of an appointment changes.",
        UPDATED,
        but=("appointmentStatus", "summary"),
        notices=("AppointmentUpdate",),
        poll="listing",
    ),
    told(
        "hl.appointment_status_changed",
        16,
        APPOINTMENT,
        "Appointment status changed",
        "Tells when an appointment is confirmed, cancelled, kept or missed.",
        UPDATED,
        fields=("appointmentStatus",),
        notices=("AppointmentUpdate",),
        poll="listing",
    ),
    told(
        "hl.appointment_deleted",
        17,
        APPOINTMENT,
        "Appointment deleted",
        f"Tells when an appointment is deleted. {BY_NOTICE_ONLY}",
        DELETED,
        notices=("AppointmentDelete",),
        poll="",
    ),
    Operation(
        "hl.form_submitted",
        18,
        "trigger",
        SUBMISSION,
        "Form submitted",
        "Tells when somebody sends a form. HighLevel sends no notice of that: the latest "
        "forms are read to find it.",
        (
            Output("id", "Submission ID"),
            Output("formId", "Form"),
            Output("name", "Name"),
            Output("email", "E-mail"),
            Output("contactId", "Contact ID"),
            Output("createdAt", "Sent on", "datetime"),
            Output("answers", "Answers", "object"),
        ),
        trigger=Trigger(SUBMISSION, CREATED),
        scopes=(FORMS_SCOPE,),
        sample={
            "id": "38303ec7-629a-49e2-888a-cf8bf0b1f97e",
            "formId": "FrmSample00000000001",
            "name": "Ada Sample",
            "email": "ada@example.com",
            "contactId": "ConSample00000000001",
            "createdAt": "2026-02-03T10:00:00+00:00",
            "answers": {"message": "Please call me."},
        },
    ),
    Operation(
        "hl.workflow_webhook",
        19,
        "trigger",
        "workflow",
        "A HighLevel workflow called",
        "Tells when a workflow reaches its step “Custom Webhook” with this connection’s "
        "own address.",
        (
            Output("id", "Call ID"),
            Output("workflow", "Workflow"),
            Output("contact_id", "Contact ID"),
            Output("data", "What it sent", "object"),
        ),
        trigger=Trigger("workflow", CREATED, notices=("WorkflowWebhook",), poll=""),
        sample={
            "id": "9f2c1e54-0000-4000-8000-000000000002",
            "workflow": "Ask for a review",
            "contact_id": "ConSample00000000001",
            "data": {"contact_id": "ConSample00000000001", "score": 9},
        },
    ),
)
