"""Contacts: found, made, changed, deleted."""

from __future__ import annotations

from integrations.connectors.highlevel.contact_spec import CONTACT, CUSTOM_PREFIX
from integrations.connectors.highlevel.operations.lists import LOCATION, TAGS, USERS
from integrations.connectors.highlevel.spec import READ_SCOPE, WRITE_SCOPE
from integrations.connectors.operations import (
    Call,
    Input,
    Operation,
    Output,
    OwnFields,
    optional,
    path_id,
)

OUTPUTS = (
    Output("id", "Contact ID"),
    Output("firstName", "First name"),
    Output("lastName", "Last name"),
    Output("email", "E-mail"),
    Output("phone", "Phone"),
    Output("companyName", "Company"),
    Output("tags", "Tags", "list"),
    Output("city", "City"),
    Output("country", "Country"),
    Output("dateAdded", "Added on", "datetime"),
    Output("dateUpdated", "Changed on", "datetime"),
)
SAMPLE = {
    "id": "ConSample00000000001",
    "firstName": "Ada",
    "lastName": "Sample",
    "email": "ada@example.com",
    "phone": "+442079460000",
    "companyName": "Sample & Co",
    "tags": ["customer"],
    "city": "London",
    "country": "GB",
    "dateAdded": "2026-01-05T09:30:00.000Z",
    "dateUpdated": "2026-02-01T14:05:00.000Z",
}
CONTACT_ID = path_id("contact_id", "Contact ID", CONTACT)
OWN_FIELDS = OwnFields(CONTACT, "customFields", "id", "field_value", CUSTOM_PREFIX)
LIMIT = Input(
    "limit", "At most", "number", default=20, minimum=1, maximum=100, name="pageLimit"
)
PAGE = Input("page", "Page", "number", minimum=1, maximum=500, default=1)

PERSON = (
    Input("first_name", "First name", name="firstName", max_length=100),
    Input("last_name", "Last name", name="lastName", max_length=100),
    Input("email", "E-mail", "email"),
    Input(
        "phone", "Phone", "phone", help="Best with the country code: +44 20 7946 0000."
    ),
)
COMPANY = Input("company", "Company", name="companyName", max_length=200)
REST = (
    Input("website", "Website", "url"),
    Input("street", "Street", name="address1", max_length=200),
    Input("city", "City", max_length=100),
    Input("state", "State", max_length=100),
    Input("postal_code", "Postal code", name="postalCode", max_length=40),
    Input(
        "country", "Country", max_length=2, help="A code of two letters, as in “GB”."
    ),
    Input("source", "Source", max_length=100),
    Input("date_of_birth", "Date of birth", "date", name="dateOfBirth"),
    Input("assigned_to", "Assigned to", "choice", name="assignedTo", options=USERS),
    Input("dnd", "Do not disturb", "bool"),
)
TAGS_INPUT = Input(
    "tags", "Tags", "texts", options=TAGS, help="A new name makes a tag."
)


def search_call(direction: str) -> Call:
    """Return a search of contacts by when they were added; a POST that only reads."""
    return Call(
        "POST",
        "/contacts/search",
        "search contacts",
        "contacts",
        body={**LOCATION, "sort": [{"field": "dateAdded", "direction": direction}]},
        repeatable=True,
    )


SEARCHES = (
    Operation(
        "hl.get_contact",
        20,
        "search",
        CONTACT,
        "Get one contact",
        "Gets one contact with all its fields.",
        OUTPUTS,
        (CONTACT_ID,),
        Call("GET", "/contacts/{contact_id}", "get contact", "contact"),
        scopes=(READ_SCOPE,),
        sample=SAMPLE,
        noun="contact",
    ),
    Operation(
        "hl.search_contacts",
        21,
        "search",
        CONTACT,
        "Search contacts",
        "Finds contacts by words, tag, company or city, newest first.",
        OUTPUTS,
        (
            Input(
                "query", "Words", max_length=75, help="In the name, e-mail or phone."
            ),
            Input(
                "tag",
                "Tag",
                "text",
                name="filters",
                options=TAGS,
                max_length=75,
                item={"field": "tags", "operator": "contains"},
            ),
            Input(
                "company",
                "Company",
                name="filters",
                max_length=75,
                item={"field": "companyName", "operator": "contains"},
            ),
            Input(
                "city",
                "City",
                name="filters",
                max_length=75,
                item={"field": "city", "operator": "eq"},
            ),
            LIMIT,
            PAGE,
        ),
        search_call("desc"),
        scopes=(READ_SCOPE,),
        sample=SAMPLE,
    ),
    Operation(
        "hl.list_contacts",
        22,
        "search",
        CONTACT,
        "List all contacts",
        "Lists contacts page by page, oldest first. HighLevel has retired its own list "
        "of contacts, so its search answers.",
        OUTPUTS,
        (LIMIT, PAGE),
        search_call("asc"),
        scopes=(READ_SCOPE,),
        sample=SAMPLE,
    ),
    Operation(
        "hl.find_duplicate",
        23,
        "search",
        CONTACT,
        "Find a duplicate",
        "Finds the contact that has an e-mail or a phone number already.",
        OUTPUTS,
        (
            Input("email", "E-mail", "email", "query"),
            Input("phone", "Phone", "phone", "query", "number"),
        ),
        Call("GET", "/contacts/search/duplicate", "find contact", "contact", LOCATION),
        scopes=(READ_SCOPE,),
        one_of=(("email",), ("phone",)),
        sample=SAMPLE,
    ),
    Operation(
        "hl.contacts_by_business",
        24,
        "search",
        CONTACT,
        "List contacts of a business",
        "Lists the contacts that belong to a business.",
        OUTPUTS,
        (
            path_id("business_id", "Business ID", "business"),
            Input(
                "limit",
                "At most",
                "number",
                "query",
                default=25,
                minimum=1,
                maximum=100,
            ),
            Input("skip", "Leave out the first", "number", "query", minimum=0),
        ),
        Call(
            "GET",
            "/contacts/business/{business_id}",
            "list contacts of a business",
            "contacts",
            LOCATION,
        ),
        scopes=(READ_SCOPE,),
        sample=SAMPLE,
        noun="business",
    ),
)

ACTIONS = (
    Operation(
        "hl.create_contact",
        40,
        "action",
        CONTACT,
        "Create contact",
        "Creates a contact. HighLevel refuses one whose e-mail or phone somebody has.",
        OUTPUTS,
        (*PERSON, COMPANY, *REST, TAGS_INPUT),
        Call("POST", "/contacts/", "create contact", "contact", body=LOCATION),
        scopes=(WRITE_SCOPE,),
        is_idempotent=False,
        one_of=(("email",), ("phone",)),
        own_fields=OWN_FIELDS,
        sample=SAMPLE,
        leaves="record",
    ),
    Operation(
        "hl.update_contact",
        41,
        "action",
        CONTACT,
        "Update contact",
        "Changes the given fields of a contact and leaves the others. The company "
        "and tags are changed by operations of their own.",
        OUTPUTS,
        (CONTACT_ID, *optional((*PERSON, *REST))),
        Call("PUT", "/contacts/{contact_id}", "update contact", "contact"),
        scopes=(WRITE_SCOPE,),
        own_fields=OWN_FIELDS,
        sample=SAMPLE,
        noun="contact",
        leaves="record",
        leaves_id="contact_id",
    ),
    Operation(
        "hl.upsert_contact",
        42,
        "action",
        CONTACT,
        "Create or update contact",
        "Changes the contact with this e-mail or phone, or creates one.",
        OUTPUTS,
        (*PERSON, COMPANY, *REST),
        Call("POST", "/contacts/upsert", "upsert contact", "contact", body=LOCATION),
        scopes=(WRITE_SCOPE,),
        one_of=(("email",), ("phone",)),
        own_fields=OWN_FIELDS,
        sample=SAMPLE,
        leaves="record",
    ),
    Operation(
        "hl.delete_contact",
        43,
        "action",
        CONTACT,
        "Delete contact",
        "Deletes a contact with its notes and tasks. An admin can restore the contact "
        "at HighLevel for 60 days, its notes and tasks never.",
        (Output("succeded", "Done", "bool"),),
        (CONTACT_ID,),
        Call("DELETE", "/contacts/{contact_id}", "delete contact"),
        scopes=(WRITE_SCOPE,),
        is_dangerous=True,
        sample={"succeded": True},
        noun="contact",
        leaves="gone",
        leaves_id="contact_id",
    ),
)
OPERATIONS = (*SEARCHES, *ACTIONS)
