"""Tags of contacts: one contact's, and many contacts' at once."""

from __future__ import annotations

from integrations.connectors.highlevel.contact_spec import CONTACT
from integrations.connectors.highlevel.operations.contacts import CONTACT_ID
from integrations.connectors.highlevel.operations.lists import LOCATION, TAGS
from integrations.connectors.highlevel.spec import WRITE_SCOPE
from integrations.connectors.operations import Call, Input, Operation, Output

TAGS_NOW = (Output("tags", "Tags now", "list"),)
SAMPLE = {"tags": ["customer", "newsletter"]}
NAMES = Input("tags", "Tags", "texts", options=TAGS, required=True)
PATH = "/contacts/{contact_id}/tags"

OPERATIONS = (
    Operation(
        "hl.add_tags",
        44,
        "action",
        CONTACT,
        "Add tags",
        "Adds tags to a contact and leaves the tags it has. A new name makes a tag.",
        TAGS_NOW,
        (CONTACT_ID, NAMES),
        Call("POST", PATH, "add tags", repeatable=True),
        scopes=(WRITE_SCOPE,),
        sample=SAMPLE,
        noun="contact",
        leaves="record",
        leaves_id="contact_id",
    ),
    Operation(
        "hl.remove_tags",
        45,
        "action",
        CONTACT,
        "Remove tags",
        "Takes tags off a contact and leaves the others.",
        TAGS_NOW,
        (CONTACT_ID, NAMES),
        Call("DELETE", PATH, "remove tags"),
        scopes=(WRITE_SCOPE,),
        sample=SAMPLE,
        noun="contact",
        leaves="record",
        leaves_id="contact_id",
    ),
    Operation(
        "hl.bulk_tags",
        46,
        "action",
        CONTACT,
        "Add or remove tags on many contacts",
        "Adds tags to several contacts, or takes them off, with one call.",
        (
            Output("contactId", "Contact ID"),
            Output("message", "Message"),
            Output("type", "Outcome"),
            Output("tagsAdded", "Added", "list"),
            Output("tagsRemoved", "Removed", "list"),
        ),
        (
            Input(
                "direction",
                "What to do",
                "choice",
                "path",
                required=True,
                choices=(("add", "Add the tags"), ("remove", "Remove the tags")),
            ),
            Input(
                "contact_ids",
                "Contact IDs",
                "ids",
                name="contacts",
                required=True,
                record=CONTACT,
            ),
            NAMES,
        ),
        Call(
            "POST",
            "/contacts/bulk/tags/update/{direction}",
            "bulk tags",
            "responses",
            body=LOCATION,
            repeatable=True,
        ),
        sample={
            "contactId": "ConSample00000000001",
            "message": "Tags updated",
            "type": "success",
            "tagsAdded": ["newsletter"],
            "tagsRemoved": [],
        },
        leaves="read",
        leaves_id="contact_ids",
    ),
)
