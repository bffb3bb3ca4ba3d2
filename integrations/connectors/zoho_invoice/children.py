"""What hangs under a customer, as data: persons, addresses, comments, tasks."""

from __future__ import annotations

from integrations.connectors.base import Field, ObjectSpec
from integrations.connectors.zoho_invoice.fields import (
    ADDRESS_TEXTS,
    BY_ZOHO,
    DETAIL,
    NEVER,
)

PERSON, ADDRESS, COMMENT, TASK = "contact_person", "address", "note", "task"
NOTE_TEXT = "note_text"
PARENT = "contact"
# What is written is kept shorter than any text field of a customer is known to be.
NOTES_LENGTH = 2000
LISTED = frozenset({"list", "detail"})
CREATE_ONLY = frozenset({"create"})

PERSON_OBJECT = ObjectSpec(
    key=PERSON,
    label="Contact person",
    label_plural="Contact persons",
    fields=(
        Field("salutation", "Salutation", group="Person", max_length=25),
        Field(
            "first_name", "First name", "name", "Person", max_length=100, required=True
        ),
        Field("last_name", "Last name", "name", "Person", max_length=100),
        Field("email", "E-mail", "email", "Person", max_length=100),
        Field("phone", "Phone", "phone", "Person", max_length=50),
        Field("mobile", "Mobile", "phone", "Person", max_length=50),
        Field("designation", "Job title", group="Person", max_length=50),
        Field("department", "Department", group="Person", max_length=50),
        Field("skype", "Skype", group="Person", max_length=50),
        Field("fax", "Fax", group="Person", max_length=50),
        Field(
            "is_primary_contact",
            "Primary person",
            "bool",
            "Person",
            writes=NEVER,
            help="A person becomes the primary one by a call of its own; somebody "
            "always is.",
        ),
    ),
    match_fields={
        "email": ("email",),
        "phone": ("phone", "mobile"),
        "first_name": ("first_name",),
        "last_name": ("last_name",),
    },
    exclusions={
        "primary": "The primary contact person is part of the customer itself, and "
        "synced with it."
    },
    create_needs=("first_name",),
    create_needs_text="Zoho Invoice needs the first name of a contact person.",
    page_size=200,
    parent=PARENT,
    operations=frozenset({"create", "update", "delete", "primary"}),
)

ADDRESS_OBJECT = ObjectSpec(
    key=ADDRESS,
    label="Additional address",
    label_plural="Additional addresses",
    fields=(
        Field("attention", "Attention", group="Address", max_length=100),
        *(
            Field(part, label, group="Address", max_length=length)
            for part, label, length in ADDRESS_TEXTS
        ),
        Field("phone", "Phone", "phone", "Address", max_length=50),
        Field("fax", "Fax", group="Address", max_length=50),
    ),
    match_fields={},
    create_needs=("address", "city", "zip", "country"),
    create_needs_text="An additional address needs a street, a city, a postal code or "
    "a country.",
    parent=PARENT,
    listing="parent",
)

COMMENT_OBJECT = ObjectSpec(
    key=COMMENT,
    label="Comment",
    label_plural="Comments",
    fields=(
        Field(
            "description",
            "Text",
            "long_text",
            "Comment",
            writes=CREATE_ONLY,
            required=True,
            help="A comment cannot be changed at Zoho Invoice once it is there.",
        ),
        Field("commented_by", "Author", group="Comment", writes=NEVER, help=BY_ZOHO),
    ),
    match_fields={},
    create_needs=("description",),
    create_needs_text="A comment needs a text.",
    parent=PARENT,
    listing="parent",
    operations=frozenset({"create", "delete"}),
    cannot={
        "update": "Zoho Invoice has no call that changes a comment: it can be added "
        "and deleted only.",
    },
    not_carried=(
        "Later edits: a comment cannot be changed at Zoho Invoice.",
        "Author and time: Zoho Invoice records the user who connected it, and the "
        "moment of the sync.",
        "The history that Zoho Invoice writes among the comments is left out.",
    ),
)

TASK_OBJECT = ObjectSpec(
    key=TASK,
    label="Project task",
    label_plural="Project tasks",
    fields=(
        Field("task_name", "Title", group="Task", max_length=100, required=True),
        Field(
            "description",
            "Description",
            "long_text",
            "Task",
            reads=DETAIL,
            max_length=500,
        ),
        Field(
            "status", "Status", group="Task", reads=DETAIL, writes=NEVER, help=BY_ZOHO
        ),
    ),
    match_fields={},
    create_needs=("task_name",),
    create_needs_text="A project task needs a title.",
    parent=PARENT,
    listing="parent",
    not_carried=(
        "Due date: a project task at Zoho Invoice has none.",
        "Assigned user: a project task at Zoho Invoice has none.",
        "Whether it is completed: a project task at Zoho Invoice cannot be ticked off.",
        "Text beyond 500 characters, and a title beyond 100.",
    ),
    scopes=("ZohoInvoice.projects.ALL",),
    option="project_tasks",
    option_off="Tasks are not kept at Zoho Invoice: that is switched off for this "
    "connection. Switch it on in the connection's settings, and Crosswalk makes one "
    "project for each customer who has a task.",
)

NOTE_TEXT_OBJECT = ObjectSpec(
    key=NOTE_TEXT,
    label="Text field of the customer",
    label_plural="Text fields of customers",
    fields=(
        Field(
            "notes",
            "Notes",
            "long_text",
            "Customer",
            max_length=NOTES_LENGTH,
        ),
    ),
    match_fields={},
    parent=PARENT,
    listing="parent",
    operations=frozenset({"update"}),
    cannot={
        "create": "A text field belongs to its customer: it is written as soon as the "
        "customer is there.",
        "delete": "A text field belongs to its customer and stays with it.",
    },
    part_of=PARENT,
)
