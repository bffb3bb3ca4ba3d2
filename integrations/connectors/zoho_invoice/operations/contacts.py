"""Customers: found, made, changed, put aside, deleted."""

from __future__ import annotations

from integrations.connectors.operations import (
    Call,
    Input,
    Operation,
    Output,
    OwnFields,
    optional,
    path_id,
)
from integrations.connectors.zoho_invoice.fields import CUSTOM_PREFIX, LANGUAGES
from integrations.connectors.zoho_invoice.spec import CONTACT

READ, CREATE, UPDATE, DELETE = (
    f"ZohoInvoice.contacts.{right}" for right in ("READ", "CREATE", "UPDATE", "DELETE")
)
OUTPUTS = (
    Output("contact_id", "Customer ID"),
    Output("contact_name", "Customer name"),
    Output("company_name", "Company"),
    Output("first_name", "First name"),
    Output("last_name", "Last name"),
    Output("email", "E-mail"),
    Output("phone", "Phone"),
    Output("status", "Status"),
    Output("created_time", "Created", "datetime"),
    Output("last_modified_time", "Changed", "datetime"),
)
SAMPLE = {
    "contact_id": "460000000026049",
    "contact_name": "Sample & Co",
    "company_name": "Sample & Co",
    "first_name": "Ada",
    "last_name": "Sample",
    "email": "ada@example.com",
    "phone": "+44 20 7946 0000",
    "status": "active",
    "created_time": "2026-01-05T09:30:00+0000",
    "last_modified_time": "2026-02-01T14:05:00+0000",
}
DONE = (Output("message", "Answer"),)
CUSTOMER_ID = path_id("contact_id", "Customer ID", CONTACT)
OWN_FIELDS = OwnFields(CONTACT, "custom_fields", "api_name", "value", CUSTOM_PREFIX)
PAGE = (
    Input("page", "Page", "number", "query", minimum=1, default=1),
    Input("per_page", "At most", "number", "query", minimum=1, maximum=200, default=25),
)
STATUSES = (
    ("Status.All", "All"),
    ("Status.Active", "Active"),
    ("Status.Inactive", "Inactive"),
)
FILTER = Input(
    "filter",
    "Which",
    "choice",
    "query",
    "filter_by",
    choices=STATUSES,
    default="Status.All",
)
COMPANY = (
    Input("company_name", "Company", max_length=200),
    Input("website", "Website", "url"),
    Input("notes", "Notes", "long_text"),
    Input(
        "language_code",
        "Language",
        "choice",
        choices=tuple((code, code) for code in LANGUAGES),
    ),
    Input("street", "Street", name="billing_address.address", max_length=500),
    Input("city", "City", name="billing_address.city", max_length=100),
    Input("state", "State", name="billing_address.state", max_length=100),
    Input("zip", "Postal code", name="billing_address.zip", max_length=50),
    Input("country", "Country", name="billing_address.country", max_length=100),
)
NAME = Input(
    "contact_name",
    "Customer name",
    required=True,
    max_length=200,
    help="Zoho Invoice lets no two customers have the same.",
)


def person(key: str, label: str, kind: str = "text", length: int = 100) -> Input:
    """Return an input of the person that a new customer begins with."""
    return Input(
        key,
        label,
        kind,  # type: ignore[arg-type]
        name=f"contact_persons.0.{key}",
        max_length=length,
    )


SEARCHES = (
    Operation(
        "zi.find_contact",
        77,
        "search",
        CONTACT,
        "Find customer",
        "Finds customers by e-mail, phone or name. The e-mail must be the same, of the "
        "others a part is enough.",
        OUTPUTS,
        (
            Input("email", "E-mail", "email", "query"),
            Input("phone", "Phone", "text", "query", "phone_contains", max_length=100),
            Input(
                "name", "Name", "text", "query", "contact_name_contains", max_length=100
            ),
        ),
        Call(
            "GET", "/contacts", "list contacts", "contacts", {"filter_by": "Status.All"}
        ),
        scopes=(READ,),
        one_of=(("email",), ("phone",), ("name",)),
        sample=SAMPLE,
    ),
    Operation(
        "zi.get_contact",
        78,
        "search",
        CONTACT,
        "Get customer with contact persons",
        "Gets one customer with its contact persons and addresses.",
        (*OUTPUTS, Output("contact_persons", "Contact persons", "list")),
        (CUSTOMER_ID,),
        Call("GET", "/contacts/{contact_id}", "get contact", "contact"),
        scopes=(READ,),
        sample={**SAMPLE, "contact_persons": []},
        noun="customer",
    ),
    Operation(
        "zi.list_contacts",
        79,
        "search",
        CONTACT,
        "List customers",
        "Lists customers page by page.",
        OUTPUTS,
        (FILTER, *PAGE),
        Call("GET", "/contacts", "list contacts", "contacts"),
        scopes=(READ,),
        sample=SAMPLE,
    ),
)
ACTIONS = (
    Operation(
        "zi.create_contact",
        81,
        "action",
        CONTACT,
        "Create customer",
        "Creates a customer and its first contact person.",
        OUTPUTS,
        (
            NAME,
            person("first_name", "First name"),
            person("last_name", "Last name"),
            person("email", "E-mail", "email"),
            person("phone", "Phone", "phone", 50),
            person("mobile", "Mobile", "phone", 50),
            *COMPANY,
        ),
        Call("POST", "/contacts", "create contact", "contact"),
        scopes=(CREATE,),
        is_idempotent=False,
        own_fields=OWN_FIELDS,
        sample=SAMPLE,
        leaves="record",
    ),
    Operation(
        "zi.update_contact",
        82,
        "action",
        CONTACT,
        "Update customer",
        "Changes the given fields of a customer. E-mail and phone belong to its contact "
        "person and are changed there. An address is written as a whole.",
        OUTPUTS,
        (CUSTOMER_ID, *optional((NAME, *COMPANY))),
        Call("PUT", "/contacts/{contact_id}", "update contact", "contact"),
        scopes=(UPDATE,),
        own_fields=OWN_FIELDS,
        sample=SAMPLE,
        noun="customer",
        leaves="record",
        leaves_id="contact_id",
    ),
    Operation(
        "zi.delete_contact",
        83,
        "action",
        CONTACT,
        "Delete customer",
        "Deletes a customer for good. Zoho Invoice refuses it where there are "
        "transactions: make it inactive instead.",
        DONE,
        (CUSTOMER_ID,),
        Call("DELETE", "/contacts/{contact_id}", "delete contact"),
        scopes=(DELETE,),
        is_dangerous=True,
        sample={"message": "The customer has been deleted."},
        noun="customer",
        leaves="gone",
        leaves_id="contact_id",
    ),
    Operation(
        "zi.set_contact_status",
        84,
        "action",
        CONTACT,
        "Mark customer active or inactive",
        "Puts a customer aside without deleting it, or takes it into use again.",
        DONE,
        (
            CUSTOMER_ID,
            Input(
                "status",
                "Status",
                "choice",
                "path",
                required=True,
                choices=(("active", "Active"), ("inactive", "Inactive")),
            ),
        ),
        Call(
            "POST", "/contacts/{contact_id}/{status}", "mark contact", repeatable=True
        ),
        scopes=(CREATE,),
        sample={"message": "The contact has been marked as inactive."},
        noun="customer",
        leaves="read",
        leaves_id="contact_id",
    ),
)
OPERATIONS = (*SEARCHES, *ACTIONS)
