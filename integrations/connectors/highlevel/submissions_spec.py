"""Form submissions as data: read for their events only, never synced (sheet §15)."""

from __future__ import annotations

from integrations.connectors.base import Field, ObjectSpec

SUBMISSION = "form_submission"
FORMS_SCOPE = "forms.readonly"
PAGE_SIZE = 100
NEVER: frozenset[str] = frozenset()

SUBMISSIONS = ObjectSpec(
    key=SUBMISSION,
    label="Form submission",
    label_plural="Form submissions",
    fields=tuple(
        Field(key, label, writes=NEVER, group="Form")
        for key, label in (
            ("id", "Submission ID"),
            ("formId", "Form"),
            ("name", "Name"),
            ("email", "E-mail"),
            ("contactId", "Contact ID"),
            ("createdAt", "Sent on"),
            ("answers", "Answers"),
        )
    ),
    match_fields={},
    page_size=PAGE_SIZE,
    operations=frozenset(),
    scopes=(FORMS_SCOPE,),
)
