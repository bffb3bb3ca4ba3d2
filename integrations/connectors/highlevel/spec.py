"""HighLevel as data: its limits, scopes and object types.

Facts and their evidence: docs/connectors/highlevel.md.
"""

from __future__ import annotations

from integrations.connectors.base import ConnectorSpec, Limit, WebhookScheme
from integrations.connectors.highlevel.child_specs import (
    APPOINTMENTS,
    BOOK_SCOPE,
    CALENDARS_SCOPE,
    EVENTS_SCOPE,
    NOTES,
    NOTES_IN_ONE_TEXT,
    TASKS,
    TASKS_SCOPE,
)
from integrations.connectors.highlevel.contact_spec import CONTACTS
from integrations.connectors.highlevel.submissions_spec import FORMS_SCOPE, SUBMISSIONS
from integrations.connectors.oauth import OAuthSpec, Scope

LABEL = "HighLevel"
VERSION = "2021-07-28"  # of contact, location and user calls (sheet §1)
CALENDARS_VERSION = "2021-04-15"  # of calendar calls (sheet §1)
# The permissions as HighLevel's own pages call them, for sentences that name one.
READ_SCOPE, WRITE_SCOPE = "contacts.readonly", "contacts.write"
LOCATION_SCOPE = "locations.readonly"
CUSTOM_FIELDS_SCOPE = "locations/customFields.readonly"
TAGS_SCOPE = "locations/tags.readonly"
USERS_SCOPE = "users.readonly"
BUSINESSES_SCOPE, BUSINESSES_WRITE_SCOPE = "businesses.readonly", "businesses.write"
CAMPAIGNS_SCOPE, WORKFLOWS_SCOPE = "campaigns.readonly", "workflows.readonly"

# What each allows, and what is off without it; an agency's are in agency.py.
OPTIONAL_SCOPES = (
    (CUSTOM_FIELDS_SCOPE, "Sync your custom fields; without it they cannot be mapped"),
    (TAGS_SCOPE, "Offer your tags to choose from; without it they must be typed"),
    (
        USERS_SCOPE,
        "Offer your users to choose from; without it their IDs must be typed",
    ),
    (TASKS_SCOPE, "List all tasks; without it tasks cannot be synced"),
    (CALENDARS_SCOPE, "Read your calendars; without it appointments cannot be synced"),
    (EVENTS_SCOPE, "Read appointments; without it appointments cannot be synced"),
    (BOOK_SCOPE, "Book and change appointments; without it they can only be read"),
)
# Asked for too; whoever does not give them lacks single operations of the catalogue.
EXTRA_SCOPES = (
    (BUSINESSES_SCOPE, "Read your businesses"),
    (BUSINESSES_WRITE_SCOPE, "Create and change businesses"),
    (CAMPAIGNS_SCOPE, "List your campaigns"),
    (WORKFLOWS_SCOPE, "List your workflows"),
    (FORMS_SCOPE, "Read what is sent by your forms"),
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
        *(Scope(name, allows, required=False) for name, allows in OPTIONAL_SCOPES),
        *(
            Scope(name, allows, required=False, extra=True)
            for name, allows in EXTRA_SCOPES
        ),
    ),
    scope_separator=" ",
    rotating_refresh=True,  # single use, each refresh brings a new one (sheet §2.1)
    grace_seconds=30,
    refresh_days=365,  # one year or until used (sheet §2.1)
    needs_https=True,  # the portal refuses plain http redirect addresses
    token_params={"user_type": "Location"},
    # The request has no field for a company or a location (sheet §2.1, OpenAPI).
    client_credentials="Client ID and secret alone (the client_credentials grant) are "
    "not enough: such access stands for the app and names no location, and HighLevel "
    "shows contacts only to access of one location.",
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
    objects=(CONTACTS, NOTES, TASKS, APPOINTMENTS),
    texts=(NOTES_IN_ONE_TEXT,),
    watched=(SUBMISSIONS,),
    webhooks=WebhookScheme(routing="app", slug="crm"),
    overlap_seconds=300,  # search lags writes by seconds (sheet §7.2)
    website="https://www.gohighlevel.com/",
    record_url="https://app.gohighlevel.com/v2/location/{account}/contacts/detail/{id}",
    quota_per_app=True,  # sheet §4
    token_unused_days=90,  # both: sheet §2.3
    token_rotate_days=90,
)
