"""Seeding: two locations, their people, fields, tags, notes, tasks, and the app."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.highlevel import accounts, directory, marketing, oauth, service
from sandbox.highlevel.calendars import CALENDAR
from sandbox.highlevel.changes import changed
from sandbox.highlevel.children import NOTE, TASK
from sandbox.highlevel.custom_fields import (
    CUSTOM_FIELD,
    FOLDER,
    custom_field_definition,
    folder_definition,
)
from sandbox.highlevel.identifiers import iso, short_id
from sandbox.people import Person, SidePerson
from sandbox.store import Store

SEED = 20260103
FIRST_DAY = datetime(2024, 3, 4, 8, 0, tzinfo=UTC)
# A token that can be typed into the wizard without OAuth; the page shows it.
SEEDED_PIT = "pit-5a4db0c5-0001-4000-8000-000000000001"
# The agency's own, which a person may confuse with it: it reaches no contacts (§2.3).
SEEDED_AGENCY_PIT = "pit-5a4db0c5-0002-4000-8000-000000000002"

FIELDS = (
    ("SbxFieldPetName00001", "Pet name", "TEXT", ()),
    ("SbxFieldBudget000002", "Budget", "MONETORY", ()),
    ("SbxFieldPackage00003", "Package", "SINGLE_OPTIONS", ("Basic", "Plus", "Studio")),
    ("SbxFieldInterest0004", "Interests", "CHECKBOX", ("Portrait", "Wedding", "Film")),
    ("SbxFieldSince0000005", "Customer since", "DATE", ()),
)
HARBOUR_PEOPLE = (
    ("Nora", "Whitfield", "nora.whitfield@tideline.example", "(212) 555-0111"),
    ("Elias", "Okafor", "elias.okafor@tideline.example", "212 555 0112"),
    ("June", "Castellano", "june.castellano@inbox.example", "+1 646 555 0113"),
    ("Theo", "Brandt", "theo.brandt@inbox.example", ""),
    ("Priya", "Raman", "", "+1 917 555 0115"),
)


def seed(store: Store, people: Sequence[Person]) -> None:
    """The same documents every time, ids included."""
    source = random.Random(SEED)
    _accounts(store)
    kept = []
    for place, person in enumerate(people):
        if person.left is not None:
            contact = _contact(source, place, accounts.NORTHLIGHT_ID)
            kept.append(_put(store, contact, _fields(person.left, source)))
    for place, (first, last, email, phone) in enumerate(HARBOUR_PEOPLE):
        side = SidePerson(first_name=first, last_name=last, email=email, phone=phone)
        contact = _contact(source, place, accounts.HARBOUR_ID)
        _put(store, contact, _fields(side, source))
    for contact in source.sample(kept, min(24, len(kept))):
        _children(store, contact, source)


def _accounts(store: Store) -> None:
    marketing.seed(store, accounts.NORTHLIGHT_ID)
    for location in accounts.LOCATIONS:
        store.put("highlevel_location", location["id"], location)
    for number, (id, name, data_type, options) in enumerate(FIELDS, 1):
        field = custom_field_definition(
            accounts.NORTHLIGHT_ID, name, data_type, id=id, position=50 * number
        )
        store.put(CUSTOM_FIELD, id, {**field, "picklistOptions": list(options)})
    folder_id = "SbxFolderAdditional1"
    folder = folder_definition(accounts.NORTHLIGHT_ID, "Additional info", id=folder_id)
    store.put(FOLDER, folder_id, folder)
    _users(store)
    calendar_id = "SbxCalendarConsult01"
    calendar = {
        "id": calendar_id,
        "locationId": accounts.NORTHLIGHT_ID,
        "name": "Consultation",
        "slotDuration": 30,
        "isActive": True,
    }
    store.put(CALENDAR, calendar_id, calendar)
    oauth.seeded_app(store)
    oauth.issue_location_token(store, token=SEEDED_PIT)
    oauth.issue_agency_token(store, token=SEEDED_AGENCY_PIT)


def _users(store: Store) -> None:
    both = [location["id"] for location in accounts.LOCATIONS]
    for id, first, last, places in (
        (accounts.OWNER_USER_ID, "Owen", "Hartley", both),
        ("SbxUserMinaPereira02", "Mina", "Pereira", both[:1]),
    ):
        user: dict[str, Any] = {
            "id": id,
            "name": f"{first} {last}",
            "firstName": first,
            "lastName": last,
            "email": f"{first}.{last}@northlight.example".lower(),
            "phone": "",
            "extension": "",
            "roles": {"type": "account", "role": "admin", "locationIds": places},
        }
        store.put("highlevel_user", id, user)


def _contact(source: random.Random, place: int, location_id: str) -> dict[str, Any]:
    """Spread over a year and a half, so that dates differ and pages have an order."""
    minutes = place * 1733 + source.randint(0, 900)
    added = FIRST_DAY + timedelta(minutes=minutes, milliseconds=source.randint(0, 999))
    changed = added + timedelta(hours=source.choice((0, 0, 3, 71, 1200)))
    return {
        "id": short_id(source),
        "locationId": location_id,
        "type": "lead",
        "dnd": False,
        "dateAdded": iso(added),
        "dateUpdated": iso(changed),
    }


def _fields(side: SidePerson, source: random.Random) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "firstName": side.first_name,
        "lastName": side.last_name,
        "email": side.email,
        "phone": side.phone,
        "companyName": side.company,
        "website": side.website,
        "address1": side.address1,
        "city": side.city,
        "postalCode": side.postal_code,
        "country": side.country,
        "tags": side.tags,
        "source": source.choice(("website", "referral", "csv import", "")),
    }
    if source.random() < 0.2:
        package = source.choice(FIELDS[2][3])
        fields["customFields"] = [{"id": FIELDS[2][0], "field_value": package}]
    return fields


def _put(
    store: Store, contact: dict[str, Any], fields: dict[str, Any]
) -> dict[str, Any]:
    """Normalised as by the API, but duplicates are let in: they are meant."""
    after = changed(store, contact, fields)
    directory.put(store, after)
    for name in after.get("tags", []):
        service.tag_ensure(store, after["locationId"], name)
    return after


def _children(store: Store, contact: dict[str, Any], source: random.Random) -> None:
    """One note each, and for some a task."""
    shared = {"contactId": contact["id"], "locationId": contact["locationId"]}
    shared["dateAdded"] = contact["dateUpdated"]
    subjects = ("the album", "an invoice by post", "a date in June", "the second print")
    note = {"id": short_id(source), "body": f"Asked for {source.choice(subjects)}."}
    store.put(NOTE, note["id"], {**note, **shared, "userId": accounts.OWNER_USER_ID})
    if source.random() < 0.5:
        task_id = short_id(source)
        task = {
            "id": task_id,
            "title": f"Call {contact.get('firstName', 'back')}",
            "dueDate": "2026-12-01T10:00:00.000Z",
            "completed": source.random() < 0.5,
            "assignedTo": accounts.OWNER_USER_ID,
        }
        store.put(TASK, task_id, {**task, **shared})
