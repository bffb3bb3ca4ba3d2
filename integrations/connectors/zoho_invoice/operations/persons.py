"""Contact persons of a customer: added and changed."""

from __future__ import annotations

from integrations.connectors.operations import (
    Call,
    Input,
    Operation,
    Options,
    Output,
    optional,
    path_id,
)
from integrations.connectors.zoho_invoice.children import PERSON
from integrations.connectors.zoho_invoice.operations.contacts import (
    CREATE,
    READ,
    UPDATE,
)
from integrations.connectors.zoho_invoice.spec import CONTACT

OUTPUTS = (
    Output("contact_person_id", "Person ID"),
    Output("first_name", "First name"),
    Output("last_name", "Last name"),
    Output("email", "E-mail"),
    Output("phone", "Phone"),
    Output("mobile", "Mobile"),
    Output("is_primary_contact", "Primary person", "bool"),
)
SAMPLE = {
    "contact_person_id": "460000000026051",
    "first_name": "Ada",
    "last_name": "Sample",
    "email": "ada@example.com",
    "phone": "+44 20 7946 0000",
    "mobile": "",
    "is_primary_contact": False,
}
WRITTEN = (
    Input("first_name", "First name", required=True, max_length=100),
    Input("last_name", "Last name", max_length=100),
    Input("email", "E-mail", "email", max_length=100),
    Input("phone", "Phone", "phone", max_length=50),
    Input("mobile", "Mobile", "phone", max_length=50),
    Input("designation", "Job title", max_length=50),
    Input("department", "Department", max_length=50),
)
CUSTOMER = Input("contact_id", "Customer ID", "id", required=True, record=CONTACT)
PERSONS = Options(
    Call(
        "GET",
        "/contacts/{contact_id}/contactpersons",
        "list contact persons",
        "contact_persons",
    ),
    value="contact_person_id",
    label="first_name",
    scope=READ,
    inputs=("contact_id",),
)

OPERATIONS = (
    Operation(
        "zi.create_contact_person",
        85,
        "action",
        PERSON,
        "Add contact person",
        "Adds a person to a customer.",
        OUTPUTS,
        (CUSTOMER, *WRITTEN),
        Call(
            "POST",
            "/contacts/contactpersons",
            "create contact person",
            "contact_person",
        ),
        scopes=(CREATE,),
        is_idempotent=False,
        sample=SAMPLE,
        noun="customer",
        leaves="record",
    ),
    Operation(
        "zi.update_contact_person",
        86,
        "action",
        PERSON,
        "Update contact person",
        "Changes the given fields of a contact person and leaves the others.",
        OUTPUTS,
        (
            CUSTOMER,
            path_id("person_id", "Person ID", PERSON, options=PERSONS),
            *optional(WRITTEN),
        ),
        Call(
            "PUT",
            "/contacts/contactpersons/{person_id}",
            "update contact person",
            "contact_person",
        ),
        scopes=(UPDATE,),
        sample=SAMPLE,
        noun="contact person",
        leaves="record",
        leaves_id="person_id",
    ),
)
