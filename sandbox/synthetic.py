"""As many invented people as a benchmark wants, on one side, always the same ones."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import sandbox.zoho.seeding
from sandbox import names
from sandbox.highlevel import directory
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.changes import changed
from sandbox.highlevel.identifiers import iso, short_id
from sandbox.person import SidePerson
from sandbox.store import Store
from sandbox.variants import slug

SIDES = ("zoho", "highlevel")
MOST = 100_000
KIND = "synthetic"
FIRST_DAY = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)
# Kept by the regulator for fiction, a thousand numbers each, and used by nobody else
# in the sandbox; who comes after the last number has none.
PHONES = (
    "+44115496 0",
    "+44191498 0",
    "+4428 9649 6",
    "+4429 2018 0",
    "+441632 960",
    "+447700 900",
    "+443069 990",
)


def seed_more(store: Store, side: str, count: int) -> tuple[int, int]:
    """Add people to a side; the numbers of the first and the last of them.

    Person 17 of one side is person 17 of the other, by e-mail and phone: seeding both
    alike makes pairs, one alone makes a backfill. Calling again goes on where it
    stopped. No webhooks are sent: these people were always there.
    """
    if side not in SIDES or not 0 < count <= MOST:
        raise ValueError(f"side must be one of {SIDES}, people 1 to {MOST}.")
    add = {"zoho": _add_to_zoho, "highlevel": _add_to_highlevel}[side]
    with store.batch():
        first = int((store.get(KIND, side) or {}).get("last", 0)) + 1
        last = first + count - 1
        add(store, range(first, last + 1))
        store.put(KIND, side, {"last": last})
    return first, last


def synthetic_person(number: int) -> SidePerson:
    source = random.Random(number)
    first = source.choice(names.FIRST_NAMES)
    # The number makes the name the person's own: Zoho takes a contact_name once.
    last = f"{source.choice(names.LAST_NAMES)} {number}"
    return SidePerson(
        first_name=first,
        last_name=last,
        email=f"{slug(first)}.{number}@synthetic.example",
        phone=_phone(number),
        address1=f"{number % 180 + 1} {source.choice(names.STREETS)}",
        city="Leeds",
        postal_code="LS1 1AA",
        country="GB",
        contact_name=f"{first} {last}",
    )


def _phone(number: int) -> str:
    place, rest = divmod(number, 1000)
    if place >= len(PHONES):
        return ""
    return PHONES[place].replace(" ", "") + f"{rest:03d}"


def _made_at(number: int) -> datetime:
    """A minute apart, so that lists by time have an order."""
    return FIRST_DAY + timedelta(minutes=number)


def _add_to_zoho(store: Store, numbers: range) -> None:
    people = [(synthetic_person(each), _made_at(each)) for each in numbers]
    sandbox.zoho.seeding.add_people(store, people)


def _add_to_highlevel(store: Store, numbers: range) -> None:
    for number in numbers:
        person, at = synthetic_person(number), iso(_made_at(number))
        start = {
            "id": short_id(random.Random(f"synthetic {number}")),
            "locationId": NORTHLIGHT_ID,
            "type": "lead",
            "dnd": False,
            "dateAdded": at,
            "dateUpdated": at,
        }
        fields = {
            "firstName": person.first_name,
            "lastName": person.last_name,
            "email": person.email,
            "phone": person.phone,
            "address1": person.address1,
            "city": person.city,
            "postalCode": person.postal_code,
            "country": person.country,
        }
        directory.put(store, changed(store, start, fields))
