"""All operations of HighLevel, in the order of the catalogue; and what there is not."""

from __future__ import annotations

from integrations.connectors.highlevel.operations import (
    appointments,
    businesses,
    contacts,
    lists,
    memberships,
    notes,
    tags,
    tasks,
    triggers,
)
from integrations.connectors.operations import Absent

MODULES = (
    *(triggers, contacts, tags, tasks, notes, appointments, businesses, lists),
    memberships,
)
OPERATIONS = tuple(
    sorted(
        (each for module in MODULES for each in module.OPERATIONS),
        key=lambda each: each.row,
    )
)
ABSENT = (
    Absent(
        "contact",
        "Attach a file to a contact",
        "HighLevel shows attachments and lets no app add one: a contact sent with "
        "attachments is refused.",
    ),
    Absent(
        "contact",
        "Write additional e-mails and phone numbers",
        "HighLevel shows them and refuses every contact sent with them.",
    ),
    Absent(
        "contact",
        "Change many contacts with one call",
        "HighLevel has such a call for tags and for businesses only.",
    ),
    Absent(
        "note",
        "Attach a file to a note",
        "HighLevel’s notes are text; it has no call that adds a file.",
    ),
    Absent(
        "campaign",
        "Create a campaign or a workflow",
        "HighLevel lists them and lets no app make or change one.",
    ),
)
