"""Notes of a contact: read, added, changed, deleted."""

from __future__ import annotations

from integrations.connectors.highlevel.child_specs import NOTE
from integrations.connectors.highlevel.operations.contacts import CONTACT_ID
from integrations.connectors.highlevel.operations.lists import USERS
from integrations.connectors.highlevel.spec import READ_SCOPE, WRITE_SCOPE
from integrations.connectors.operations import (
    Call,
    Input,
    Operation,
    Output,
    optional,
    path_id,
)

OUTPUTS = (
    Output("id", "Note ID"),
    Output("title", "Title"),
    Output("body", "Text"),
    Output("userId", "Written by"),
    Output("pinned", "Pinned", "bool"),
    Output("contactId", "Contact ID"),
    Output("dateAdded", "Added on", "datetime"),
)
SAMPLE = {
    "id": "NotSample00000000001",
    "title": "First call",
    "body": "Wants an offer for the garden.",
    "userId": "UsrSample00000000001",
    "pinned": False,
    "contactId": "ConSample00000000001",
    "dateAdded": "2026-02-03T10:00:00.000Z",
}
NOTE_ID = path_id("note_id", "Note ID", NOTE)
ALL, ONE = "/contacts/{contact_id}/notes", "/contacts/{contact_id}/notes/{note_id}"
WRITTEN = (
    Input("body", "Text", "long_text", required=True, max_length=5000),
    Input("title", "Title", max_length=200),
    Input("pinned", "Pinned", "bool"),
    Input("user_id", "Written by", "choice", name="userId", options=USERS),
)

OPERATIONS = (
    Operation(
        "hl.list_notes",
        28,
        "search",
        NOTE,
        "List a contact’s notes",
        "Lists the notes of one contact.",
        OUTPUTS,
        (CONTACT_ID,),
        Call("GET", ALL, "list notes", "notes"),
        scopes=(READ_SCOPE,),
        sample=SAMPLE,
        noun="contact",
    ),
    Operation(
        "hl.get_note",
        29,
        "search",
        NOTE,
        "Get one note",
        "Gets one note of a contact.",
        OUTPUTS,
        (CONTACT_ID, NOTE_ID),
        Call("GET", ONE, "get note", "note"),
        scopes=(READ_SCOPE,),
        sample=SAMPLE,
        noun="note",
    ),
    Operation(
        "hl.create_note",
        51,
        "action",
        NOTE,
        "Add note",
        "Adds a note to a contact.",
        OUTPUTS,
        (CONTACT_ID, *WRITTEN),
        Call("POST", ALL, "create note", "note"),
        scopes=(WRITE_SCOPE,),
        is_idempotent=False,
        sample=SAMPLE,
        noun="contact",
        leaves="record",
    ),
    Operation(
        "hl.update_note",
        52,
        "action",
        NOTE,
        "Update note",
        "Changes the given parts of a note and leaves the others.",
        OUTPUTS,
        (CONTACT_ID, NOTE_ID, *optional(WRITTEN)),
        Call("PUT", ONE, "update note", "note"),
        scopes=(WRITE_SCOPE,),
        sample=SAMPLE,
        noun="note",
        leaves="record",
        leaves_id="note_id",
    ),
    Operation(
        "hl.delete_note",
        53,
        "action",
        NOTE,
        "Delete note",
        "Deletes a note for good.",
        (Output("succeded", "Done", "bool"),),
        (CONTACT_ID, NOTE_ID),
        Call("DELETE", ONE, "delete note"),
        scopes=(WRITE_SCOPE,),
        is_dangerous=True,
        sample={"succeded": True},
        noun="note",
        leaves="gone",
        leaves_id="note_id",
    ),
)
