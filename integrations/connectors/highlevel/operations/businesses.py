"""Businesses: found, made, changed, deleted, and which contacts belong to them."""

from __future__ import annotations

from integrations.connectors.highlevel.operations.lists import LOCATION
from integrations.connectors.highlevel.spec import (
    BUSINESSES_SCOPE,
    BUSINESSES_WRITE_SCOPE,
)
from integrations.connectors.operations import (
    Call,
    Input,
    Operation,
    Options,
    Output,
    optional,
    path_id,
)

BUSINESS = "business"
OUTPUTS = (
    Output("id", "Business ID"),
    Output("name", "Name"),
    Output("email", "E-mail"),
    Output("phone", "Phone"),
    Output("website", "Website"),
    Output("city", "City"),
    Output("country", "Country"),
)
SAMPLE = {
    "id": "63771dcac1116f0e21de8e12",
    "name": "Sample & Co",
    "email": "office@example.com",
    "phone": "+442079460000",
    "website": "https://example.com",
    "city": "London",
    "country": "GB",
}
LIST = Call("GET", "/businesses/", "list businesses", "businesses", LOCATION)
BUSINESSES = Options(LIST, scope=BUSINESSES_SCOPE)
BUSINESS_ID = path_id("business_id", "Business", BUSINESS, options=BUSINESSES)
ONE = "/businesses/{business_id}"
# the first spelling is the one that comes today
ANSWER = "buiseness|business"
WRITTEN = (
    Input("name", "Name", required=True, max_length=200),
    Input("email", "E-mail", "email"),
    Input("phone", "Phone", "phone"),
    Input("website", "Website", "url"),
    Input("address", "Street", max_length=200),
    Input("city", "City", max_length=100),
    Input("state", "State", max_length=100),
    Input("postal_code", "Postal code", name="postalCode", max_length=40),
    Input("country", "Country", max_length=100),
    Input("description", "Description", "long_text", max_length=1000),
)

OPERATIONS = (
    Operation(
        "hl.list_businesses",
        34,
        "search",
        BUSINESS,
        "List businesses",
        "Lists the businesses of the location.",
        OUTPUTS,
        call=LIST,
        scopes=(BUSINESSES_SCOPE,),
        sample=SAMPLE,
    ),
    Operation(
        "hl.get_business",
        35,
        "search",
        BUSINESS,
        "Get one business",
        "Gets one business.",
        OUTPUTS,
        (BUSINESS_ID,),
        Call("GET", ONE, "get business", "business"),
        scopes=(BUSINESSES_SCOPE,),
        sample=SAMPLE,
        noun="business",
    ),
    Operation(
        "hl.create_business",
        65,
        "action",
        BUSINESS,
        "Create business",
        "Creates a business.",
        OUTPUTS,
        WRITTEN,
        Call("POST", "/businesses/", "create business", ANSWER, body=LOCATION),
        scopes=(BUSINESSES_WRITE_SCOPE,),
        is_idempotent=False,
        sample=SAMPLE,
    ),
    Operation(
        "hl.update_business",
        66,
        "action",
        BUSINESS,
        "Update business",
        "Changes the given fields of a business and leaves the others.",
        OUTPUTS,
        (BUSINESS_ID, *optional(WRITTEN)),
        Call("PUT", ONE, "update business", ANSWER),
        scopes=(BUSINESSES_WRITE_SCOPE,),
        sample=SAMPLE,
        noun="business",
    ),
    Operation(
        "hl.delete_business",
        67,
        "action",
        BUSINESS,
        "Delete business",
        "Deletes a business for good. Its contacts stay.",
        (Output("success", "Done", "bool"),),
        (BUSINESS_ID,),
        Call("DELETE", ONE, "delete business"),
        scopes=(BUSINESSES_WRITE_SCOPE,),
        is_dangerous=True,
        sample={"success": True},
        noun="business",
    ),
    Operation(
        "hl.link_business",
        68,
        "action",
        BUSINESS,
        "Add or remove contacts of a business",
        "Puts contacts into a business; without a business, takes them out of theirs.",
        (Output("success", "Done", "bool"), Output("ids", "Contacts", "list")),
        (
            Input(
                "contact_ids",
                "Contact IDs",
                "ids",
                name="ids",
                required=True,
                record="contact",
            ),
            Input(
                "business_id",
                "Business",
                "choice",
                name="businessId",
                options=BUSINESSES,
                record=BUSINESS,
                when_empty="null",
                help="Choose none to take the contacts out of their business.",
            ),
        ),
        Call(
            "POST",
            "/contacts/bulk/business",
            "link business",
            body=LOCATION,
            repeatable=True,
        ),
        sample={"success": True, "ids": ["ConSample00000000001"]},
    ),
)
