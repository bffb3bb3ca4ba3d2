"""Which contacts a list call shows, in which order, and its page_context (§4.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from sandbox.context import Context
from sandbox.store import Document, Store
from sandbox.zoho import records
from sandbox.zoho.records import KIND, PROJECTED, by_organization, primary_person
from sandbox.zoho.wire import ZohoError, invalid_value

DEFAULT_FILTER = "Status.Customers"
PER_PAGE = 200
SEARCH_LENGTH = 100
SORTS = (
    "contact_name",
    "first_name",
    "last_name",
    "email",
    "outstanding_receivable_amount",
    "created_time",
    "last_modified_time",
)
# Each also as _startswith and _contains.
SEARCHABLE = (
    "contact_name",
    "company_name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "address",
)
Test = Callable[[Document], bool]
# Per store: (organization, column, order) to the version it was made at and the list.
Orders = dict[tuple[str, str, str], tuple[int, list[Document]]]
_orders: WeakKeyDictionary[Store, Orders] = WeakKeyDictionary()


def contacts_found(
    context: Context, organization: Document, args: Mapping[str, str]
) -> list[Document]:
    """All contacts that the parameters let through, sorted; for reading only."""
    organization_id = organization["organization_id"]
    contacts = _sorted(context.store, organization_id, args)
    tests = [*_status(context, organization_id, args), *_searches(args)]
    tests += _since(context, args)
    if not tests:
        return contacts
    return [each for each in contacts if all(test(each) for test in tests)]


def page_of(
    items: list[Document], args: Mapping[str, str], largest: int = PER_PAGE
) -> tuple[list[Document], Document]:
    """One page and the start of its page_context."""
    page = _positive(args, "page", 1)
    per_page = min(_positive(args, "per_page", PER_PAGE), largest)
    start = (page - 1) * per_page
    context = {
        "page": page,
        "per_page": per_page,
        "has_more_page": len(items) > start + per_page,
    }
    return items[start : start + per_page], context


def page_context(
    args: Mapping[str, str], page: Document, custom_fields: list[Document]
) -> Document:
    """Exactly these keys; there is no total (§4.2)."""
    return page | {
        "report_name": "Contacts",
        "applied_filter": args.get("filter_by") or DEFAULT_FILTER,
        "custom_fields": custom_fields,
        "sort_column": args.get("sort_column") or "contact_name",
        "sort_order": args.get("sort_order") or "A",
    }


def _status(
    context: Context, organization_id: str, args: Mapping[str, str]
) -> list[Test]:
    name = args.get("filter_by") or DEFAULT_FILTER
    # Whether the default hides inactive contacts is not verified: a switch (§4.2).
    if not args.get("filter_by") and context.switches().zoho_default_hides_inactive:
        return [
            lambda each: (
                (each["contact_type"], each["status"]) == ("customer", "active")
            )
        ]
    if name == "Status.Duplicate":
        everyone = context.store.find(KIND, by_organization, organization_id)
        return [_is_duplicate(everyone)]
    if name == "Status.All":
        return []
    tests: dict[str, Test] = {
        "Status.Active": lambda each: bool(each["status"] == "active"),
        "Status.Inactive": lambda each: bool(each["status"] == "inactive"),
        "Status.Customers": lambda each: bool(each["contact_type"] == "customer"),
        "Status.Vendors": lambda each: bool(each["contact_type"] == "vendor"),
        "Status.Crm": lambda each: False,
    }
    if name not in tests:
        raise invalid_value("filter_by")
    return [tests[name]]


def _is_duplicate(contacts: list[Document]) -> Test:
    emails = Counter(_value(each, "email").casefold() for each in contacts)
    del emails[""]
    return lambda each: emails[_value(each, "email").casefold()] > 1


def _searches(args: Mapping[str, str]) -> list[Test]:
    tests = []
    for field in SEARCHABLE:
        for ending, how in (
            ("", str.__eq__),
            ("_startswith", str.startswith),
            ("_contains", str.__contains__),
        ):
            wanted = _search_text(args, field + ending)
            if wanted:
                tests.append(_search(field, how, wanted))
    if args.get("zcrm_contact_id") or args.get("zcrm_account_id"):
        # Nobody here comes from Zoho CRM.
        tests.append(lambda each: False)
    text = _search_text(args, "search_text")
    if text:
        tests.append(
            lambda each: any(
                text in _value(each, field).casefold()
                for field in ("contact_name", "company_name", "notes")
            )
        )
    return tests


def _search(field: str, how: Callable[[str, str], Any], wanted: str) -> Test:
    return lambda each: bool(how(_value(each, field).casefold(), wanted))


def _search_text(args: Mapping[str, str], name: str) -> str:
    text = args.get(name, "")
    if len(text) > SEARCH_LENGTH:
        message = f"Please ensure that the {name} has less than 101 characters."
        raise ZohoError(15, message)
    return text.casefold()


def _since(context: Context, args: Mapping[str, str]) -> list[Test]:
    """Undocumented for contacts: honoured, or silently ignored by switch (§4.2)."""
    text = args.get("last_modified_time", "")
    if not text or not context.switches().zoho_last_modified_filter:
        return []
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_value("last_modified_time") from None
    if since.tzinfo is None:
        raise invalid_value("last_modified_time")
    bound = since.astimezone(UTC).isoformat()
    return [lambda each: bool(each["modified_at"] >= bound)]


def _sorted(
    store: Store, organization_id: str, args: Mapping[str, str]
) -> list[Document]:
    """The organization's contacts in order; all of them are kept until one changes.

    An exact e-mail or name is looked up, so that few are left to sort.
    """
    column = args.get("sort_column") or "contact_name"
    order = args.get("sort_order") or "A"
    if column not in SORTS:
        raise invalid_value("sort_column")
    if order not in ("A", "D"):
        raise invalid_value("sort_order")

    def key(each: Document) -> tuple[Any, str]:
        return _sort_value(each, column), each["contact_id"]

    few = _looked_up(store, organization_id, args)
    if few is not None:
        return sorted(few, key=key, reverse=order == "D")
    kept, version = _orders.setdefault(store, {}), store.version(KIND)
    known = kept.get((organization_id, column, order))
    if known is None or known[0] != version:
        contacts = store.find(KIND, by_organization, organization_id)
        known = version, sorted(contacts, key=key, reverse=order == "D")
        kept[organization_id, column, order] = known
    return known[1]


def _looked_up(
    store: Store, organization_id: str, args: Mapping[str, str]
) -> list[Document] | None:
    if args.get("email"):
        key = records.email_key(organization_id, args["email"])
        return store.find(KIND, records.by_email, key)
    if args.get("contact_name"):
        key = records.name_key(organization_id, args["contact_name"])
        return store.find(KIND, records.by_name, key)
    return None


def _sort_value(contact: Document, column: str) -> Any:
    if column == "outstanding_receivable_amount":
        return contact["outstanding"]
    if column == "created_time":
        return contact["created_at"]
    if column == "last_modified_time":
        return contact["modified_at"]
    return _value(contact, column).casefold()


def _value(contact: Document, field: str) -> str:
    if field in PROJECTED:
        return str(primary_person(contact).get(field, ""))
    if field == "address":
        billing = contact["billing_address"]
        return " ".join(billing[key] for key in ("address", "street2", "city", "zip"))
    return str(contact[field])


def _positive(args: Mapping[str, str], name: str, default: int) -> int:
    text = args.get(name) or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise invalid_value(name)
    return int(text)
