"""Zoho contacts as kept here and as printed: list row, detail, person (§4.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sandbox.store import Document, Store
from sandbox.zoho.fields import values_shown
from sandbox.zoho.organizations import CURRENCIES
from sandbox.zoho.wire import local_date, local_time

KIND = "zoho.contact"

PERSON_TEXTS = {
    "salutation": 25,
    "first_name": 100,
    "last_name": 100,
    "email": 100,
    "phone": 50,
    "mobile": 50,
    "department": 50,
    "designation": 50,
    "skype": 50,
    "fax": 50,
}
ADDRESS_TEXTS = {
    "attention": 100,
    "address": 500,
    "street2": 255,
    "city": 100,
    "state_code": 50,
    "state": 100,
    "zip": 50,
    "country": 100,
    "county": 100,
    "phone": 50,
    "fax": 50,
}
CONTACT_TEXTS = {
    "contact_name": 200,
    "company_name": 200,
    "website": 200,
    "twitter": 100,
    "facebook": 100,
    "notes": 36_000,
}
LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "nl": "Dutch",
    "pt": "Portuguese",
    "sv": "Swedish",
    "zh": "Chinese",
}
PROJECTED = ("first_name", "last_name", "email", "phone", "mobile")
Printer = Callable[[Document, str], str]


def new_id(store: Store) -> str:
    """18 digits: text, for they overflow numbers elsewhere (§3)."""
    return f"260815{97000 + store.counter('zoho.id'):012d}"


def blank_address(store: Store) -> Document:
    """Both addresses always exist, blank but with an id (§4.3)."""
    texts = dict.fromkeys(ADDRESS_TEXTS, "")
    return {
        "address_id": new_id(store),
        **texts,
        "country_code": "",
        "latitude": "",
        "longitude": "",
    }


def blank_contact(store: Store, organization: Document, now: str) -> Document:
    return {
        "contact_id": new_id(store),
        "organization_id": organization["organization_id"],
        **dict.fromkeys(CONTACT_TEXTS, ""),
        "contact_type": "customer",
        "customer_sub_type": "business",
        "status": "active",
        "source": "api",
        "language_code": "",
        "payment_terms": 0,
        "payment_terms_label": "Due on Receipt",
        "currency_code": organization["currency_code"],
        "has_transaction": False,
        "outstanding": 0.0,
        "persons": [],
        "primary_contact_id": "",
        "billing_address": blank_address(store),
        "shipping_address": blank_address(store),
        "addresses": [],
        "custom_fields": {},
        "created_at": now,
        "modified_at": now,
        "created_by_id": "",
        "last_modified_by_id": "",
    }


def by_organization(contact: Document) -> list[str]:
    return [contact["organization_id"]]


def by_name(contact: Document) -> list[str]:
    return [name_key(contact["organization_id"], contact["contact_name"])]


def name_key(organization_id: str, name: str) -> str:
    """Names are compared without regard to case and outer blanks (§4.4.1)."""
    return f"{organization_id}:{name.strip().casefold()}"


def by_email(contact: Document) -> list[str]:
    """Only the primary person's counts, as in the vendor's search (§9)."""
    email = primary_person(contact).get("email", "")
    return [email_key(contact["organization_id"], email)] if email else []


def email_key(organization_id: str, email: str) -> str:
    return f"{organization_id}:{email.casefold()}"


def by_person(contact: Document) -> list[str]:
    return [each["contact_person_id"] for each in contact["persons"]]


def primary_person(contact: Document) -> Document:
    for person in contact["persons"]:
        if person["contact_person_id"] == contact["primary_contact_id"]:
            found: Document = person
            return found
    return {}


def row(store: Store, organization: Document, contact: Document) -> Document:
    """A list row, with exactly the keys of §4.3 (no `tags`)."""
    created, modified = contact["created_at"], contact["modified_at"]
    is_customer = contact["contact_type"] == "customer"
    return _shared(store, organization, contact) | {
        "customer_name": contact["contact_name"] if is_customer else "",
        "vendor_name": "" if is_customer else contact["contact_name"],
        "contact_type_formatted": contact["contact_type"].title(),
        "portal_status_formatted": "Disabled",
        "created_time_formatted": local_date(organization, created),
        "last_modified_time_formatted": local_date(organization, modified),
        "contactperson_custom_fields": [],
        "has_attachment": False,
    }


def detail(store: Store, organization: Document, contact: Document) -> Document:
    primary = primary_person(contact)
    billing = contact["billing_address"]
    return _shared(store, organization, contact) | {
        "contact_persons": [
            person_inside(contact, person) for person in contact["persons"]
        ],
        "billing_address": billing,
        "shipping_address": contact["shipping_address"],
        "addresses": contact["addresses"],
        "notes": contact["notes"],
        "contact_salutation": primary.get("salutation", ""),
        "designation": primary.get("designation", ""),
        "department": primary.get("department", ""),
        "photo_url": _photo(primary.get("email", "")),
        "primary_contact_id": contact["primary_contact_id"],
        "owner_id": "",
        "owner_name": "",
        "has_transaction": contact["has_transaction"],
        "zcrm_account_id": "",
        "zcrm_contact_id": "",
        "crm_owner_id": "",
        "is_crm_customer": False,
        "currency_symbol": CURRENCIES[contact["currency_code"]][1],
        "price_precision": 2,
        "payment_reminder_enabled": True,
        "is_sms_enabled": True,
        "documents": [],
        "default_templates": {},
        "opening_balance_amount": 0.0,
        "unused_retainer_payments": 0.0,
        "sales_channel": "direct_sales",
        "contact_category": "",
        "entity_address_id": billing["address_id"],
        "created_by_id": contact["created_by_id"],
        "created_by_name": "Sam Northlight",
        "created_date": local_date(organization, contact["created_at"]),
        "last_modified_by_id": contact["last_modified_by_id"],
        "lock_details": {},
        "customer_currency_summaries": [],
        "contact_blocks": [],
        "approvers_list": [],
        "integration_references": [],
        "additional_information": {},
    }


def person_inside(contact: Document, person: Document) -> Document:
    """A person as part of a contact's detail."""
    is_primary = person["contact_person_id"] == contact["primary_contact_id"]
    return {
        "contact_person_id": person["contact_person_id"],
        **{key: person[key] for key in PERSON_TEXTS},
        "mobile_country_code": "",
        "mobile_code_formatted": "",
        "date_of_birth": "",
        "gender": "",
        "photo_url": _photo(person["email"]),
        "zcrm_contact_id": "",
        "is_portal_mfa_enabled": False,
        "is_added_in_portal": False,
        "can_invite": True,
        "is_primary_contact": is_primary,
        "is_portal_invitation_accepted": False,
        "is_sms_enabled_for_cp": False,
        "contactperson_custom_fields": [],
        "portal_enabled_via": "",
        "communication_preference": {"is_email_enabled": True},
    }


def person_alone(
    organization: Document,
    contact: Document,
    person: Document,
    printer: Printer = local_time,
) -> Document:
    """A person answered on its own; in the list times are display strings (§3)."""
    return person_inside(contact, person) | {
        "contact_id": contact["contact_id"],
        "created_time": printer(organization, person["created_at"]),
        "updated_time": printer(organization, person["updated_at"]),
    }


def _shared(store: Store, organization: Document, contact: Document) -> Document:
    primary = primary_person(contact)
    custom_fields, custom_hash = values_shown(store, contact)
    outstanding = contact["outstanding"]
    return {
        "contact_id": contact["contact_id"],
        "contact_name": contact["contact_name"],
        "company_name": contact["company_name"],
        "website": contact["website"],
        "language_code": contact["language_code"],
        "language_code_formatted": LANGUAGES.get(contact["language_code"], ""),
        "contact_type": contact["contact_type"],
        "customer_sub_type": contact["customer_sub_type"],
        "status": contact["status"],
        "source": contact["source"],
        "is_linked_with_zohocrm": False,
        "payment_terms": contact["payment_terms"],
        "payment_terms_id": "",
        "payment_terms_label": contact["payment_terms_label"],
        "currency_id": CURRENCIES[contact["currency_code"]][0],
        "currency_code": contact["currency_code"],
        "twitter": contact["twitter"],
        "facebook": contact["facebook"],
        "outstanding_receivable_amount": outstanding,
        "outstanding_receivable_amount_bcy": outstanding,
        "unused_credits_receivable_amount": 0.0,
        "unused_credits_receivable_amount_bcy": 0.0,
        # Projections of the primary person, blank without one (§4.4.2, §4.4.4).
        **{key: primary.get(key, "") for key in PROJECTED},
        "portal_status": "disabled",
        "created_time": local_time(organization, contact["created_at"]),
        "last_modified_time": local_time(organization, contact["modified_at"]),
        "custom_fields": custom_fields,
        "custom_field_hash": custom_hash,
        "ach_supported": False,
    }


def _photo(email: str) -> str:
    digest = hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest()
    return f"https://secure.gravatar.com/avatar/{digest}?&d=mm"
