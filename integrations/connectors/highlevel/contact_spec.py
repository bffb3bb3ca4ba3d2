"""HighLevel's contact as data: its fields, how each is written and which read shows it.

Facts and their evidence: docs/connectors/highlevel.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from integrations.connectors.base import Field, FieldType, ObjectSpec, ReadVia

CONTACT = "contact"
PAGE_SIZE = 500  # the most a search answers (sheet §7.2)
CUSTOM_PREFIX = "customFields."
DND_PREFIX = "dndSettings."
# Version 3 writes them in lower case (sheet §1); told apart without regard to case.
DND_CHANNELS = {
    "Call": "calls",
    "Email": "e-mail",
    "SMS": "text messages",
    "WhatsApp": "WhatsApp",
    "GMB": "Google messages",
    "FB": "Facebook messages",
}
DND_STATES = ("active", "inactive", "permanent")

# PUT has no companyName, create and upsert have (sheet §5.1, §12).
ANY_WRITE = frozenset({"create", "update", "upsert"})
NOT_BY_PUT = frozenset({"create", "upsert"})
# PUT and upsert replace the whole set and would drop tags added meanwhile (§10.2).
BY_TAG_CALLS = frozenset({"create", "tags"})
NEVER: frozenset[str] = frozenset()

# Search rows and webhooks have no time zone and no settings per channel (§7.2, §9).
DETAIL = frozenset({"detail"})


def known_only(key: str, label: str, help: str, kind: FieldType = "text") -> Field:
    """Return a field that HighLevel sets by itself."""
    return Field(key, label, kind, "About the record", writes=NEVER, help=help)


def channel_field(name: str, words: str) -> Field:
    """Return the read-only field of one channel's "do not disturb"."""
    return Field(
        f"{DND_PREFIX}{name}",
        f"Do not disturb: {words}",
        "choice",
        "More",
        reads=DETAIL,
        writes=NEVER,
        options=DND_STATES,
        help="Read only: HighLevel does not say whether naming one channel leaves the "
        "others as they are.",
    )


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
        "number that nobody else there has. It costs one call more.",
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
    Field(
        "assignedTo",
        "Assigned to",
        "choice",
        "More",
        writes=ANY_WRITE,
        help="The ID of a user of the location.",
    ),
    Field("dnd", "Do not disturb", "bool", "More", writes=ANY_WRITE),
    *(channel_field(name, words) for name, words in DND_CHANNELS.items()),
    Field(
        "tags",
        "Tags",
        "tags",
        "More",
        writes=BY_TAG_CALLS,
        help="HighLevel keeps tags in lower case. Tags are added and removed one by "
        "one, so those given there meanwhile stay. A new name makes a new tag.",
    ),
    known_only("id", "Contact ID", "HighLevel gives it; it never changes."),
    known_only(
        "type", "Type", "As in “lead” or “customer”; HighLevel takes it from nobody."
    ),
    known_only(
        "businessId",
        "Business",
        "The ID of a business of the location. It is chosen in HighLevel itself.",
        "choice",
    ),
    known_only("dateAdded", "Added on", "When HighLevel made the contact.", "datetime"),
)


def reported_by(via: ReadVia) -> frozenset[str]:
    """Return the keys of the fields that a read reports."""
    return frozenset(field.key for field in FIELDS if via in field.reads)


# A field that is listed here and left out of an answer is empty; one that is not listed
# was not read. The answer to a write proves only what it names (design §4.3), so its set
# is nothing: it reports what is present. In a webhook `type` is that of the event.
READS: Mapping[ReadVia, frozenset[str]] = {
    "list": reported_by("list"),
    "detail": reported_by("detail"),
    "write": frozenset(),
    "webhook": reported_by("list") - {"type", "businessId"},
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
        "city": ("city",),
        "postcode": ("postalCode",),
        "website": ("website",),
    },
    create_needs=("email", "phone"),
    create_needs_text="HighLevel only takes people with an e-mail or a phone number.",
    page_size=PAGE_SIZE,
    operations=frozenset({"create", "update", "delete", "archive", "restore"}),
    archived="tagged “archived”",
    not_carried=(
        "Additional e-mails and phone numbers: HighLevel shows them but lets no app "
        "write them. They stay as they are.",
        "Attachments, followers, campaigns and where a contact came from on the web.",
        "The business a contact belongs to; only its ID can be read.",
    ),
)
