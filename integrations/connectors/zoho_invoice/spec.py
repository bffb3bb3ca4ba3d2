"""Zoho Invoice as data: object types, limits, scopes and addresses.

Facts and their evidence: docs/connectors/zoho-invoice.md.
"""

from __future__ import annotations

from integrations.connectors.base import (
    ConnectorSpec,
    Limit,
    ObjectSpec,
    StandIn,
    WebhookScheme,
)
from integrations.connectors.oauth import OAuthSpec, Scope
from integrations.connectors.zoho_invoice.billing_spec import (
    ESTIMATES_SCOPE,
    INVOICES_SCOPE,
    PAYMENTS_SCOPE,
    WATCHED,
)
from integrations.connectors.zoho_invoice.children import (
    ADDRESS_OBJECT,
    COMMENT,
    COMMENT_OBJECT,
    NOTE_TEXT_OBJECT,
    PERSON_OBJECT,
    TASK_OBJECT,
)
from integrations.connectors.zoho_invoice.fields import FIELDS, PERSON_FIELDS

LABEL = "Zoho Invoice"
CONTACT = "contact"
PAGE_SIZE = 200  # the default and the largest seen live (sheet §3)
SEARCH_LENGTH = 100  # longest value of a search parameter (sheet §4.2)

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
        "city": ("billing_address.city", "shipping_address.city"),
        "postcode": ("billing_address.zip", "shipping_address.zip"),
        "website": ("website",),
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
    operations=frozenset({"create", "update", "delete", "archive", "restore"}),
    archived="made inactive",
    not_carried=(
        "Tags: Zoho Invoice has none. A text field of your own can keep them.",
        "Further e-mail addresses: they belong to contact persons, not to the customer.",
    ),
)

OAUTH = OAuthSpec(
    scopes=(
        Scope("ZohoInvoice.contacts.ALL", "Read and write customers"),
        Scope(
            "ZohoInvoice.settings.READ",
            "Read the organization's name, country and time zone",
            required=False,
        ),
        Scope(
            "ZohoInvoice.projects.ALL",
            "Keep tasks as tasks of projects, once you switch that on",
            required=False,
        ),
        *(
            Scope(name, allows, required=False, extra=True)
            for name, allows in (
                (INVOICES_SCOPE, "Read your invoices"),
                ("ZohoInvoice.invoices.CREATE", "Add comments to invoices"),
                (ESTIMATES_SCOPE, "Read your estimates"),
                ("ZohoInvoice.estimates.CREATE", "Add comments to estimates"),
                (PAYMENTS_SCOPE, "Read your customers' payments"),
            )
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
    objects=(CONTACTS, PERSON_OBJECT, ADDRESS_OBJECT, COMMENT_OBJECT, TASK_OBJECT),
    texts=(NOTE_TEXT_OBJECT,),
    watched=WATCHED,
    webhooks=WebhookScheme(routing="connection"),
    overlap_seconds=300,
    website="https://www.zoho.com/invoice/",
    record_url="https://invoice.zoho.com/app/{account}#/contacts/{id}",
    lists_own_fields=False,  # only those that a contact has a value of (sheet §5)
    missing_objects={
        "appointment": "Zoho Invoice has no calendar. Time entries log hours already "
        "worked on a project, so an appointment has no place there.",
        "tag": "Zoho Invoice has no tags. Map tags to a text field of your own there "
        "if you want to see them.",
    },
    stand_ins={
        "appointment": StandIn(
            COMMENT,
            (
                "An appointment becomes a comment that says what, when, where and how "
                "it stands. When it changes, the comment is made anew.",
                "Nothing comes back: what is changed in such a comment stays there.",
            ),
        )
    },
)
