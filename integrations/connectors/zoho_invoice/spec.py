"""Zoho Invoice as data: its fields, limits, scopes and addresses.

Facts and their evidence: docs/connectors/zoho-invoice.md.
"""

from __future__ import annotations

from integrations.connectors.base import (
    ConnectorSpec,
    Field,
    Limit,
    OAuthSpec,
    ObjectSpec,
    Scope,
    WebhookScheme,
)

LABEL = "Zoho Invoice"
CONTACT = "contact"
PAGE_SIZE = 200  # the default and the largest seen live (sheet §3)
NAME_LENGTH = 200
SEARCH_LENGTH = 100  # longest value of a search parameter (sheet §4.2)

# Read at the top of a contact, written on its primary contact person (sheet §4.4.2).
PERSON_FIELDS = ("first_name", "last_name", "email", "phone", "mobile")
ADDRESSES = ("billing_address", "shipping_address")
ADDRESS_PARTS = ("address", "street2", "city", "state", "zip", "country")
CUSTOM_PREFIX = "custom_fields."

DETAIL = frozenset({"detail"})


def address_fields(key: str, group: str) -> tuple[Field, ...]:
    """Return the fields of one of the two addresses; only the detail shows them."""
    parts = (
        ("address", "Street", 500),
        ("street2", "Street 2", 255),
        ("city", "City", 100),
        ("state", "State", 100),
        ("zip", "Postal code", 50),
        ("country", "Country", 100),
    )
    return tuple(
        Field(f"{key}.{part}", label, group=group, reads=DETAIL, max_length=length)
        for part, label, length in parts
    )


FIELDS = (
    Field("first_name", "First name", "name", "Person", max_length=100),
    Field("last_name", "Last name", "name", "Person", max_length=100),
    Field("email", "E-mail", "email", "Person", max_length=100),
    Field("phone", "Phone", "phone", "Person", max_length=50),
    Field("mobile", "Mobile", "phone", "Person", max_length=50),
    Field("company_name", "Company", group="Company", max_length=200),
    Field("website", "Website", "url", "Company"),
    Field(
        "contact_name",
        "Customer name",
        group="Company",
        writes=frozenset(),
        max_length=NAME_LENGTH,
        help="The unique name at Zoho Invoice. Made from company or person when a "
        "customer is created, and never changed after that.",
    ),
    Field("facebook", "Facebook", group="More", max_length=100),
    Field("twitter", "X (Twitter)", group="More", max_length=100),
    Field(
        "language_code",
        "Language",
        group="More",
        help="One of de, en, es, fr, it, ja, nl, pt, sv, zh.",
    ),
    Field("notes", "Notes", group="More", reads=DETAIL),
    *address_fields("billing_address", "Billing address"),
    *address_fields("shipping_address", "Shipping address"),
)

CONTACTS = ObjectSpec(
    key=CONTACT,
    label="Customer",
    label_plural="Customers",
    fields=FIELDS,
    match_fields={
        "email": ("email",),
        "phone": ("phone", "mobile"),
        "first_name": ("first_name",),
        "last_name": ("last_name",),
        "company": ("company_name",),
        "name": ("contact_name",),
    },
    exclusions={
        "vendor": "A vendor at Zoho Invoice. Vendors are never changed.",
        "inactive": "Inactive at Zoho Invoice. Inactive customers are never changed.",
    },
    create_needs=("company_name", *PERSON_FIELDS),
    create_needs_text="Zoho Invoice needs a name, a company, an e-mail address or a "
    "phone number to name a customer.",
    page_size=PAGE_SIZE,
)

OAUTH = OAuthSpec(
    scopes=(
        Scope("ZohoInvoice.contacts.ALL", "Read and write customers"),
        Scope(
            "ZohoInvoice.settings.READ",
            "Read the organization's name, country and time zone",
            required=False,
        ),
    ),
    scope_separator=",",
    # Without them there is no refresh token, or only the first time (sheet §2.2).
    authorize_params={"access_type": "offline", "prompt": "consent"},
    # sheet §2: twenty refresh tokens a user, the next one silently ends the oldest
    ends_when="Zoho ends it when its user removes Crosswalk under Connected Apps or "
    "changes the password and signs out everywhere, or when a 21st connection is made "
    "with the same app.",
    self_client=True,
)

SPEC = ConnectorSpec(
    kind="zoho_invoice",
    label=LABEL,
    account_label="organization",
    oauth=OAUTH,
    token_auth="",
    limits=(
        Limit("minute", calls=100, seconds=60),
        Limit("day", calls=1000, seconds=86_400, resets="account_midnight"),
    ),
    concurrency=5,
    objects=(CONTACTS,),
    webhooks=WebhookScheme(routing="connection"),
    overlap_seconds=60,
    website="https://www.zoho.com/invoice/",
    record_url="https://invoice.zoho.com/app/{account}#/contacts/{id}",
)
