"""HighLevel as data: its fields, limits, scopes and which read reports what.

Facts and their evidence: docs/connectors/highlevel.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from integrations.connectors.base import (
    ConnectorSpec,
    Field,
    Limit,
    OAuthSpec,
    ObjectSpec,
    ReadVia,
    Scope,
    WebhookScheme,
)

LABEL = "HighLevel"
CONTACT = "contact"
VERSION = "2021-07-28"  # of all contact and location calls (sheet §1)
PAGE_SIZE = 500  # the most a search answers (sheet §7.2)
CUSTOM_PREFIX = "customFields."
# The permissions as HighLevel's own pages call them, for sentences that name one.
READ_SCOPE, WRITE_SCOPE = "contacts.readonly", "contacts.write"
LOCATION_SCOPE = "locations.readonly"

# PUT has no companyName, create and upsert have (sheet §5.1, §12).
ANY_WRITE = frozenset({"create", "update", "upsert"})
NOT_BY_PUT = frozenset({"create", "upsert"})
NEVER: frozenset[str] = frozenset()

# Search rows and webhooks have no time zone (sheet §7.2, §9).
DETAIL = frozenset({"detail"})

FIELDS = (
    Field("firstName", "First name", "name", "Person", writes=ANY_WRITE),
    Field("lastName", "Last name", "name", "Person", writes=ANY_WRITE),
    Field("email", "E-mail", "email", "Person", writes=ANY_WRITE),
    Field("phone", "Phone", "phone", "Person", writes=ANY_WRITE),
    Field(
        "companyName",
        "Company",
        group="Company",
        writes=NOT_BY_PUT,
        help="HighLevel changes the company only of people with an e-mail or a phone "
        "number that nobody else there has.",
    ),
    Field("website", "Website", "url", "Company", writes=ANY_WRITE),
    Field("address1", "Street", group="Address", writes=ANY_WRITE),
    Field("city", "City", group="Address", writes=ANY_WRITE),
    Field("state", "State", group="Address", writes=ANY_WRITE),
    Field("postalCode", "Postal code", group="Address", writes=ANY_WRITE),
    Field(
        "country",
        "Country",
        group="Address",
        writes=ANY_WRITE,
        help="A code of two letters, as in “GB”.",
    ),
    Field(
        "timezone",
        "Time zone",
        group="More",
        reads=DETAIL,
        writes=ANY_WRITE,
        help="A name as in “Europe/London”.",
    ),
    Field("source", "Source", group="More", writes=ANY_WRITE),
    Field("dateOfBirth", "Date of birth", "date", "More", writes=ANY_WRITE),
    Field("dnd", "Do not disturb", "bool", "More", writes=ANY_WRITE),
    # A write replaces the whole set and would drop tags added meanwhile (sheet §10.2).
    Field("tags", "Tags", "tags", "More", writes=NEVER),
)


def reported_by(via: ReadVia) -> frozenset[str]:
    """Return the keys of the fields that a read reports."""
    return frozenset(field.key for field in FIELDS if via in field.reads)


# A field that is listed here and left out of an answer is empty; one that is not listed
# was not read. The answer to a write proves only what it names (design §4.3), so its set
# is nothing: it reports what is present.
READS: Mapping[ReadVia, frozenset[str]] = {
    "list": reported_by("list"),
    "detail": reported_by("detail"),
    "write": frozenset(),
    "webhook": reported_by("list"),
}

CONTACTS = ObjectSpec(
    key=CONTACT,
    label="Contact",
    label_plural="Contacts",
    fields=FIELDS,
    match_fields={
        "email": ("email",),
        "phone": ("phone",),
        "first_name": ("firstName",),
        "last_name": ("lastName",),
        "company": ("companyName",),
    },
    create_needs=("email", "phone"),
    create_needs_text="HighLevel only takes people with an e-mail or a phone number.",
    page_size=PAGE_SIZE,
)

OAUTH = OAuthSpec(
    scopes=(
        Scope(READ_SCOPE, "Read your contacts"),
        Scope(WRITE_SCOPE, "Create and change contacts"),
        Scope(
            LOCATION_SCOPE,
            "Read the location's name, country and time zone",
            required=False,
        ),
    ),
    scope_separator=" ",
    rotating_refresh=True,  # single use, each refresh brings a new one (sheet §2.1)
    grace_seconds=30,
    refresh_days=365,  # one year or until used (sheet §2.1)
    needs_https=True,  # the portal refuses plain http redirect addresses
    token_params={"user_type": "Location"},
)

SPEC = ConnectorSpec(
    kind="highlevel",
    label=LABEL,
    account_label="location",
    oauth=OAUTH,
    token_auth="Private Integration Token",  # noqa: S106 - a label
    limits=(
        Limit("10s", calls=100, seconds=10),
        # When the day begins is not published and no header tells (sheet §4, §12).
        Limit("day", calls=200_000, seconds=86_400, resets="utc_midnight"),
    ),
    concurrency=0,  # no limit of calls at once is published
    objects=(CONTACTS,),
    webhooks=WebhookScheme(routing="app", slug="crm"),
    overlap_seconds=300,  # search lags writes by seconds (sheet §7.2)
    website="https://www.gohighlevel.com/",
    record_url="https://app.gohighlevel.com/v2/location/{account}/contacts/detail/{id}",
    quota_per_app=True,  # sheet §4
)
