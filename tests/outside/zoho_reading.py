"""Zoho Invoice's reading: lists, filters, rows and details of contacts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.outside.wire import Call, Refused, Reply, Vendor

ADDRESSES = {"billing_address", "shipping_address"}
ADDRESS = {"attention", "address", "street2", "city", "state_code", "state", "zip"}
ADDRESS |= {"country", "phone", "fax", "county"}
PROJECTED = {"email", "phone", "mobile", "first_name", "last_name"}
TEXTS = ["contact_name", "company_name", "first_name", "last_name", "phone", "address"]
LISTING = {f"{t}{end}" for t in TEXTS for end in ("", "_startswith", "_contains")}
LISTING |= {"email", "search_text", "filter_by", "page", "per_page", "sort_column"}
LISTING |= {"sort_order", "zcrm_contact_id", "zcrm_account_id", "organization_id"}
LISTING |= {"last_modified_time"}
COLUMNS = {"contact_name", "first_name", "last_name", "email", "created_time"}
COLUMNS |= {"last_modified_time", "outstanding_receivable_amount"}
FILTERS = {"Status.All", "Status.Active", "Status.Inactive", "Status.Duplicate"}
FILTERS |= {"Status.Crm"}


class Reading(Vendor):
    """What GET /contacts shows."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Begin with nobody."""
        super().__init__()
        self.zone = zone
        self.contacts: dict[str, dict[str, Any]] = {}
        self.honours_filter = False

    def refuse(self, call: Call, status: int, code: int, message: str) -> Refused:
        """Refuse what the sheet does not allow, and remember it."""
        raise NotImplementedError

    def said(self, message: str, status: int = 200, **more: Any) -> Reply:
        """Wrap a success."""
        raise NotImplementedError

    def standalone(
        self, contact: dict[str, Any], person: dict[str, Any]
    ) -> dict[str, Any]:
        """Write a person outside its contact."""
        raise NotImplementedError

    def primary(self, contact: dict[str, Any]) -> dict[str, Any]:
        """The primary person, or a blank one."""
        persons = contact["persons"]
        return next((p for p in persons if p["is_primary_contact"]), {})

    def stamp(self, seconds: int) -> str:
        """Write a moment in the organization's zone, offset without colon."""
        moment = datetime.fromtimestamp(seconds, self.zone)
        return moment.strftime("%Y-%m-%dT%H:%M:%S%z")

    def listing(self, call: Call) -> Reply:
        """List contacts a page at a time."""
        query = call.query
        self.listing_checked(call, query)
        found = [c for c in self.contacts.values() if self.wanted(c, query)]
        column = query.get("sort_column", "contact_name")
        order = query.get("sort_order", "A")
        found.sort(key=lambda c: self.sort_key(c, column), reverse=order == "D")
        page, size = int(query.get("page", 1)), int(query.get("per_page", 200))
        rows = found[(page - 1) * size : page * size]
        context = {
            "page": page,
            "per_page": size,
            "has_more_page": len(found) > page * size,
            "report_name": "Contacts",
            "applied_filter": query.get("filter_by", "Status.Customers"),
            "custom_fields": [],
            "sort_column": column,
            "sort_order": order,
        }
        shown = [self.row(c) for c in rows]
        return self.said("success", contacts=shown, page_context=context)

    def person_listing(self, call: Call) -> Reply:
        """List the persons of all contacts, by their ids; times are for the eye."""
        query = call.query
        if unknown := set(query) - {"page", "per_page", "organization_id"}:
            raise self.refuse(call, 400, 2, f"Invalid parameter {min(unknown)}")
        page, size = int(query.get("page", 1)), int(query.get("per_page", 200))
        if not 0 < size <= 200:
            raise self.refuse(call, 400, 2, "Invalid value passed for per_page")
        found = sorted(
            (
                {**self.standalone(contact, person), "created_time": "09 Oct 2026"}
                for contact in self.contacts.values()
                for person in contact["persons"]
            ),
            key=lambda person: int(person["contact_person_id"]),
        )
        context = {
            "page": page,
            "per_page": size,
            "has_more_page": len(found) > page * size,
        }
        shown = found[(page - 1) * size : page * size]
        return self.said("success", contact_persons=shown, page_context=context)

    def listing_checked(self, call: Call, query: dict[str, str]) -> None:
        """Refuse a parameter or value that the sheet does not name."""
        for key, value in query.items():
            if key not in LISTING:
                raise self.refuse(call, 400, 2, f"Invalid parameter {key}")
            if key.startswith("email") and " " in value:
                self.sin("a + that is not encoded", call)
            if re.search(r"T[\d:]+ \d{4}$", value) or re.match(r" \d", value):
                self.sin("a + that is not encoded", call)
            if len(value) > 100:
                raise self.refuse(call, 400, 2, f"{key} is longer than 100")
        if query.get("sort_column", "contact_name") not in COLUMNS:
            raise self.refuse(call, 400, 2, "Invalid value passed for sort_column")
        if query.get("filter_by", "Status.All") not in FILTERS:
            raise self.refuse(call, 400, 2, "Invalid value passed for filter_by")
        if query.get("sort_order", "A") not in ("A", "D"):
            raise self.refuse(call, 400, 2, "Invalid value passed for sort_order")
        if not 0 < int(query.get("per_page", 200)) <= 200:
            raise self.refuse(call, 400, 2, "Invalid value passed for per_page")

    def wanted(self, contact: dict[str, Any], query: dict[str, str]) -> bool:
        """Tell whether a contact belongs in a listing."""
        status = query.get("filter_by", "Status.Customers")
        if status == "Status.Customers" and contact["contact_type"] != "customer":
            return False
        if status in ("Status.Active", "Status.Inactive"):
            return status.endswith(contact["status"].title())
        since = query.get("last_modified_time")
        if since and self.honours_filter:
            moment = datetime.strptime(since, "%Y-%m-%dT%H:%M:%S%z")
            if contact["modified"] < moment.timestamp():
                return False
        return all(self.text_fits(contact, k, v) for k, v in query.items())

    def text_fits(self, contact: dict[str, Any], key: str, value: str) -> bool:
        """Tell whether a contact passes one text filter."""
        shown = {**contact, **self.projection(contact)}
        name = re.sub(r"_(startswith|contains)$", "", key)
        mine = str(shown.get(name, "")).lower()
        if key == "search_text":
            return value.lower() in (contact["contact_name"] + contact["notes"]).lower()
        if name not in [*TEXTS, "email"]:
            return True
        if key.endswith("_startswith"):
            return mine.startswith(value.lower())
        if key.endswith("_contains"):
            return value.lower() in mine
        return mine == value.lower()

    def sort_key(self, contact: dict[str, Any], column: str) -> Any:
        """Give the value to sort by."""
        times = {"created_time": "created", "last_modified_time": "modified"}
        if column in times:
            return contact[times[column]]
        return str({**contact, **self.projection(contact)}.get(column, "")).lower()

    def projection(self, contact: dict[str, Any]) -> dict[str, str]:
        """Show the primary person's fields at the top."""
        person = self.primary(contact)
        return {k: person.get(k, "") for k in sorted(PROJECTED)}

    def shared(self, contact: dict[str, Any]) -> dict[str, Any]:
        """Write what list rows and details have in common."""
        keys = ("contact_id", "contact_name", "company_name", "website", "status")
        return {
            **{k: contact[k] for k in keys},
            **self.projection(contact),
            "contact_type": contact["contact_type"],
            "language_code": contact.get("language_code", ""),
            "customer_sub_type": contact.get("customer_sub_type", "business"),
            "source": contact["source"],
            "payment_terms": 0,
            "currency_code": "USD",
            "twitter": contact.get("twitter", ""),
            "facebook": contact.get("facebook", ""),
            "outstanding_receivable_amount": 0.0,
            "portal_status": "disabled",
            "created_time": self.stamp(contact["created"]),
            "last_modified_time": self.stamp(contact["modified"]),
            "custom_fields": [],
            "custom_field_hash": {},
        }

    def row(self, contact: dict[str, Any]) -> dict[str, Any]:
        """Write a list row."""
        name = contact["contact_name"]
        return self.shared(contact) | {"customer_name": name, "has_attachment": False}

    def detail(self, contact: dict[str, Any]) -> dict[str, Any]:
        """Write a contact with its persons and both addresses."""
        blank = dict.fromkeys(sorted(ADDRESS), "")
        own = {
            key: {"address_id": contact["contact_id"] + "9", **blank}
            | contact.get(key, {})
            for key in sorted(ADDRESSES)
        }
        main = self.primary(contact).get("contact_person_id", "")
        more = {"notes": contact["notes"], "primary_contact_id": main}
        persons = [dict(p) for p in contact["persons"]]
        return self.shared(contact) | own | more | {"contact_persons": persons}
