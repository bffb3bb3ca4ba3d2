"""The seeded agency, its two locations, and the Marketplace app that connects to them."""

from __future__ import annotations

from sandbox.store import Document

COMPANY_ID = "SbxAgency0Northlight"
NORTHLIGHT_ID = "SbxLocNorthlightLdn1"
HARBOUR_ID = "SbxLocHarbourFinch02"
OWNER_USER_ID = "SbxUserOwenHartley01"

CLIENT_ID = "66aa0000000000000000cafe-sandbox1"
CLIENT_SECRET = "11111111-2222-3333-4444-555555555555"
# The app id is the part before the dash (§2.1); one version of it exists.
APP_ID = CLIENT_ID.partition("-")[0]
VERSION_ID = APP_ID

SCOPES = (
    "contacts.readonly",
    "contacts.write",
    "locations.readonly",
    "locations/customFields.readonly",
    "locations/customFields.write",
    "locations/tags.readonly",
    "locations/tags.write",
    "locations/tasks.readonly",
    "users.readonly",
    "businesses.readonly",
    "businesses.write",
    "campaigns.readonly",
    "workflows.readonly",
    "forms.readonly",
    "calendars.readonly",
    "calendars.write",
    "calendars/events.readonly",
    "calendars/events.write",
    "oauth.readonly",
    "oauth.write",
)

LOCATIONS: tuple[Document, ...] = (
    {
        "id": NORTHLIGHT_ID,
        "companyId": COMPANY_ID,
        "name": "Northlight Studio",
        "address": "14 Lamb's Conduit Street",
        "city": "London",
        "country": "GB",
        "postalCode": "WC1N 3LE",
        "website": "https://northlight.example",
        "timezone": "Europe/London",
        "email": "hello@northlight.example",
        "phone": "+442071838750",
    },
    {
        "id": HARBOUR_ID,
        "companyId": COMPANY_ID,
        "name": "Harbour & Finch",
        "address": "208 Water Street",
        "city": "New York",
        "state": "NY",
        "country": "US",
        "postalCode": "10038",
        "website": "https://harbourfinch.example",
        "timezone": "America/New_York",
        "email": "office@harbourfinch.example",
        "phone": "+12125550143",
    },
)
