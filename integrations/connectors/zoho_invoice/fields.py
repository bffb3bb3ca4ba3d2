"""The field catalogue of customers, and what the fields' names mean at Zoho.

A customer has one catalogue but three places: the contact itself, its primary contact
person, and its two fixed addresses.
"""

from __future__ import annotations

from integrations.connectors.base import Field

NAME_LENGTH = 200

# Read at the top of a contact, written on its primary contact person (sheet §4.4.2):
# those that a list row shows too, and those that only the detail shows.
PERSON_FIELDS = ("first_name", "last_name", "email", "phone", "mobile")
PERSON_DETAILS = ("designation", "department")
ADDRESSES = ("billing_address", "shipping_address")
ADDRESS_PARTS = ("address", "street2", "city", "state", "zip", "country")
CUSTOM_PREFIX = "custom_fields."

DETAIL = frozenset({"detail"})
NEVER: frozenset[str] = frozenset()
LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "nl", "pt", "sv", "zh")
BY_ZOHO = "Zoho Invoice keeps this by itself."


def address_fields(key: str, group: str) -> tuple[Field, ...]:
    """Return the fields of one of the two addresses; only the detail shows them."""
    return tuple(
        Field(f"{key}.{part}", label, group=group, reads=DETAIL, max_length=length)
        for part, label, length in ADDRESS_TEXTS
    )


ADDRESS_TEXTS = (
    ("address", "Street", 500),
    ("street2", "Street 2", 255),
    ("city", "City", 100),
    ("state", "State", 100),
    ("zip", "Postal code", 50),
    ("country", "Country", 100),
)

WRITTEN = (
    Field("first_name", "First name", "name", "Person", max_length=100),
    Field("last_name", "Last name", "name", "Person", max_length=100),
    Field("email", "E-mail", "email", "Person", max_length=100),
    Field("phone", "Phone", "phone", "Person", max_length=50),
    Field("mobile", "Mobile", "phone", "Person", max_length=50),
    Field("designation", "Job title", "text", "Person", DETAIL, max_length=50),
    Field("department", "Department", "text", "Person", DETAIL, max_length=50),
    Field("company_name", "Company", group="Company", max_length=200),
    Field("website", "Website", "url", "Company"),
    Field(
        "contact_name",
        "Customer name",
        group="Company",
        writes=NEVER,
        max_length=NAME_LENGTH,
        help="The unique name at Zoho Invoice. Made from company or person when a "
        "customer is created, and never changed after that.",
    ),
    Field("facebook", "Facebook", group="More", max_length=100),
    Field("twitter", "X (Twitter)", group="More", max_length=100),
    Field(
        "language_code",
        "Language",
        "choice",
        "More",
        help="One of de, en, es, fr, it, ja, nl, pt, sv, zh.",
        options=LANGUAGES,
    ),
    Field("notes", "Notes", "long_text", "More", DETAIL),
    *address_fields("billing_address", "Billing address"),
    *address_fields("shipping_address", "Shipping address"),
)

# What people expect to see on the other side; nothing of it can be written there.
SHOWN = (
    Field("contact_id", "Customer ID", group="At Zoho Invoice"),
    Field("status", "Status", "choice", options=("active", "inactive")),
    Field("contact_type", "Type", "choice", options=("customer", "vendor")),
    Field(
        "customer_sub_type",
        "Customer type",
        "choice",
        options=("business", "individual"),
    ),
    Field("currency_code", "Currency"),
    Field("payment_terms_label", "Payment terms"),
    Field("outstanding_receivable_amount", "Outstanding amount", "money"),
    Field("unused_credits_receivable_amount", "Unused credits", "money"),
    Field("portal_status", "Client portal", "choice", options=("enabled", "disabled")),
    Field("created_time", "Created", "datetime"),
    Field("has_transaction", "Has transactions", "bool", reads=DETAIL),
    Field("owner_name", "Owner", reads=DETAIL),
)
SHOWN_HELP = {
    "status": "Changed at Zoho Invoice, or by Crosswalk when it archives a customer.",
    "customer_sub_type": "Set when a customer is created: business with a company.",
    "outstanding_receivable_amount": "As of the last read. Invoices and payments do "
    "not mark a customer as changed at Zoho Invoice.",
    "unused_credits_receivable_amount": "As of the last read. Payments do not mark a "
    "customer as changed at Zoho Invoice.",
}


def shown(field: Field) -> Field:
    """Return a field that is only read, with the reason."""
    return Field(
        field.key,
        field.label,
        field.type,
        "At Zoho Invoice",
        field.reads,
        NEVER,
        help=SHOWN_HELP.get(field.key, BY_ZOHO),
        options=field.options,
    )


FIELDS = (*WRITTEN, *(shown(field) for field in SHOWN))
