"""Zoho's first day: organizations, the client of the sandbox, the people."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sandbox.people import Person, SidePerson
from sandbox.store import Document, Store
from sandbox.zoho import billing, grants, history, records
from sandbox.zoho.fields import field_define
from sandbox.zoho.organizations import (
    MAIN_ID,
    SECOND_ID,
    main_organization,
    organization_create,
)
from sandbox.zoho.records import PERSON_TEXTS

FIRST_DAY = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)
BETWEEN = timedelta(hours=17)
COUNTRY_NAMES = {
    "GB": "United Kingdom",
    "US": "U.S.A",
    "DE": "Germany",
    "FR": "France",
    "AU": "Australia",
}
# Every twentieth has invoices, so it cannot be deleted (§4.4.7).
WITH_TRANSACTIONS = 20


def seed(store: Store, people: list[Person]) -> None:
    organization = organization_create(
        store,
        MAIN_ID,
        name="Northlight Studio",
        time_zone="Europe/London",
        country_code="GB",
        currency_code="GBP",
        is_default=True,
    )
    organization_create(
        store,
        SECOND_ID,
        name="Northlight Studio New York",
        time_zone="America/New_York",
        country_code="US",
        currency_code="USD",
    )
    grants.client_register(store, grants.CLIENT_ID, grants.CLIENT_SECRET)
    sides = [person.right for person in people if person.right]
    for place, side in enumerate(sides):
        now = FIRST_DAY + place * BETWEEN
        _add(store, organization, side, now, has_invoices=_has_invoices(place))
    _define_fields(store)


def _define_fields(store: Store) -> None:
    """The second organization has none, like one where nobody set any up."""
    define = functools.partial(field_define, store, MAIN_ID)
    define("cf_highlevel_id", "HighLevel ID", is_unique=True)
    define(
        "cf_segment",
        "Segment",
        data_type="dropdown",
        options=("Private", "Trade", "Public sector"),
    )
    define("cf_birthday", "Birthday", data_type="date")
    define("cf_newsletter", "Newsletter", data_type="check_box")
    define("cf_tags", "Tags")


def add_people(store: Store, people: Sequence[tuple[SidePerson, datetime]]) -> None:
    """More people for the main organization, each with the time of their making."""
    organization = main_organization(store)
    for side, made_at in people:
        _add(store, organization, side, made_at)


def _has_invoices(place: int) -> bool:
    return place % WITH_TRANSACTIONS == WITH_TRANSACTIONS - 1


def _add(
    store: Store,
    organization: Document,
    side: SidePerson,
    made_at: datetime,
    *,
    has_invoices: bool = False,
) -> None:
    now = made_at.isoformat()
    contact = records.blank_contact(store, organization, now)
    contact |= {
        "contact_name": side.contact_name,
        "company_name": side.company,
        "website": side.website,
        "contact_type": side.contact_type,
        "customer_sub_type": side.sub_type,
        "status": side.status,
        "source": "user",
        "has_transaction": has_invoices,
        "outstanding": 120.0 if has_invoices else 0.0,
        "created_by_id": grants.USER_ID,
        "last_modified_by_id": grants.USER_ID,
        "billing_address": contact["billing_address"]
        | {
            "address": side.address1,
            "city": side.city,
            "zip": side.postal_code,
            "country": COUNTRY_NAMES[side.country],
            "country_code": side.country,
        },
    }
    person = _person(store, side, now)
    contact["persons"] = [person]
    contact["primary_contact_id"] = person["contact_person_id"]
    store.put(records.KIND, contact["contact_id"], contact)
    if has_invoices:
        billing.seed(store, organization, contact, now)
    history.note(
        store,
        contact["contact_id"],
        "Contact created",
        at=now,
        user_id=grants.USER_ID,
        operation="added",
    )


def _person(store: Store, side: SidePerson, now: str) -> Document:
    return {
        "contact_person_id": records.new_id(store),
        **dict.fromkeys(PERSON_TEXTS, ""),
        "first_name": side.first_name,
        "last_name": side.last_name,
        "email": side.email,
        "phone": side.phone,
        "created_at": now,
        "updated_at": now,
    }
