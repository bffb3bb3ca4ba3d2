"""HighLevel's search: filters, sorts, pages, and rows with their quirks."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from tests.outside.wire import Call, Refused, Reply, Vendor

SEARCH = {"locationId", "pageLimit", "page", "searchAfter", "query", "filters", "sort"}
SORTS = {"firstNameLowerCase", "lastNameLowerCase", "businessName", "dateAdded"}
SORTS |= {"dateUpdated", "email", "dnd", "source"}
EQUAL = {"eq", "not_eq"}
HAVE = {"exists", "not_exists"}
FULL = EQUAL | HAVE | {"contains", "not_contains"}
OPERATORS = dict.fromkeys(
    [
        "address",
        "businessName",
        "city",
        "companyName",
        "postalCode",
        "source",
        "state",
        "tags",
        "firstNameLowerCase",
        "lastNameLowerCase",
        "phone",
    ],
    FULL,
)
OPERATORS |= dict.fromkeys(
    [
        "email",
        "website",
        "assignedTo",
        "country",
        "dnd",
        "followers",
        "timezone",
        "type",
    ],
    EQUAL | HAVE,
)
OPERATORS |= dict.fromkeys(["dateAdded", "dateUpdated"], {"range"} | HAVE)
OPERATORS["id"] = {"eq"}
LIST_KEYS = ["id", "phone", "email", "firstName", "lastName", "companyName", "city"]
LIST_KEYS += ["state", "country", "postalCode", "website", "source", "type", "dnd"]
LIST_KEYS += ["tags", "customFields", "assignedTo", "dateOfBirth", "dateAdded"]
LIST_KEYS += ["dateUpdated", "locationId", "businessId", "additionalEmails"]


def iso(ms: int) -> str:
    """Write a moment as HighLevel does."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def moment(value: Any) -> int:
    """Read a moment: milliseconds or ISO 8601."""
    if isinstance(value, int | float):
        return int(value)
    parsed = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return round(parsed.timestamp() * 1000)


class Searching(Vendor):
    """What POST /contacts/search does with an index."""

    def __init__(self) -> None:
        """Begin with an empty index and no quirks."""
        super().__init__()
        self.index: dict[str, dict[str, Any]] = {}
        self.lower_names = self.raw_names = False
        self.page_cap = 500

    def settle(self) -> None:
        """Let what is due appear in the index."""
        raise NotImplementedError

    def here(self, call: Call, location: Any) -> None:
        """Refuse another tenant's location."""
        raise NotImplementedError

    def refuse(self, call: Call, status: int, message: Any) -> Refused:
        """Refuse what the sheet does not allow, and remember it."""
        raise NotImplementedError

    def search(self, call: Call) -> Reply:
        """List contacts as the index knows them."""
        self.settle()
        body = call.body or {}
        self.search_checked(call, body)
        self.here(call, body.get("locationId"))
        sort = body.get("sort") or [{"field": "dateAdded", "direction": "desc"}]
        found = [
            c for c in self.index.values() if self.fits(c, body.get("filters", []))
        ]
        found = self.sorted(found, sort)
        total = len(found)
        size = min(body["pageLimit"], self.page_cap)
        if "searchAfter" in body:
            found = self.after(call, found, sort, body["searchAfter"])
        else:
            found = found[(body.get("page", 1) - 1) * size :]
        rows = [self.row(c) | {"searchAfter": self.keys(c, sort)} for c in found[:size]]
        return Reply(200, {"contacts": rows, "total": total, "traceId": "t"})

    def search_checked(self, call: Call, body: dict[str, Any]) -> None:
        """Refuse what the search does not document."""
        wrong = [f"property {k} should not exist" for k in body if k not in SEARCH]
        limit = body.get("pageLimit")
        if not isinstance(limit, int) or not 0 < limit <= 500:
            wrong.append("pageLimit must be a number not greater than 500")
        if "page" in body and "searchAfter" in body:
            wrong.append("page and searchAfter exclude each other")
        if len(body.get("sort", [])) > 2 or len(body.get("query", "")) > 75:
            wrong.append("too many sorts or too long a query")
        wrong += [
            f"Invalid sort {s}"
            for s in body.get("sort", [])
            if s.get("field") not in SORTS or s.get("direction") not in ("asc", "desc")
        ]
        if wrong:
            raise self.refuse(call, 422, wrong)
        if body.get("page", 1) * limit > 10_000:
            raise self.refuse(call, 400, "page reaches over 10000 records")
        for item in body.get("filters", []):
            self.filter_checked(call, item)

    def filter_checked(self, call: Call, item: dict[str, Any]) -> None:
        """Refuse a filter on a field or with an operator that do not exist."""
        if "group" in item:
            for inner in item["filters"]:
                self.filter_checked(call, inner)
            return
        allowed = OPERATORS.get(item.get("field", ""))
        if allowed is None:
            raise self.refuse(call, 400, f"Invalid field {item.get('field')}")
        if item.get("operator") not in allowed:
            raise self.refuse(call, 400, f"Invalid operator {item}")
        if isinstance(item.get("value"), str) and len(item["value"]) > 75:
            raise self.refuse(call, 400, "value is longer than 75")

    def fits(self, contact: dict[str, Any], filters: list[dict[str, Any]]) -> bool:
        """Tell whether a contact passes all filters."""
        return all(self.passes(contact, f) for f in filters)

    def passes(self, contact: dict[str, Any], item: dict[str, Any]) -> bool:
        """Tell whether a contact passes one filter or group."""
        if "group" in item:
            inner = [self.passes(contact, f) for f in item["filters"]]
            return all(inner) if item["group"] == "AND" else any(inner)
        value, wanted = self.value(contact, item["field"]), item.get("value")
        match item["operator"]:
            case "range":
                return _within(moment(value), wanted)
            case "exists" | "not_exists":
                return bool(value) == (item["operator"] == "exists")
            case "eq" | "not_eq":
                same = wanted in value if isinstance(value, list) else value == wanted
                return same == (item["operator"] == "eq")
        have = str(wanted).lower() in str(value or "").lower()
        return have == (item["operator"] == "contains")

    def value(self, contact: dict[str, Any], name: str) -> Any:
        """Read a field by the name that search gives it."""
        if name.endswith("LowerCase"):
            return str(contact.get(name.removesuffix("LowerCase"), "")).lower()
        aliases = {"address": "address1", "businessName": "companyName"}
        return contact.get(aliases.get(name, name))

    def keys(self, contact: dict[str, Any], sort: list[dict[str, Any]]) -> list[Any]:
        """Write the position of a contact in this order."""
        keys: list[Any] = []
        for item in sort:
            value = self.value(contact, item["field"])
            dated = item["field"].startswith("date")
            keys.append(moment(value) if dated else (value or ""))
        return [*keys, contact["id"]]

    def sorted(
        self, found: list[dict[str, Any]], sort: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Sort as asked; equals by id."""
        found = sorted(found, key=lambda c: c["id"])
        for at in reversed(range(len(sort))):
            down = sort[at]["direction"] == "desc"
            found.sort(key=lambda c: self.keys(c, sort)[at], reverse=down)
        return found

    def after(
        self,
        call: Call,
        found: list[dict[str, Any]],
        sort: list[dict[str, Any]],
        mark: Any,
    ) -> list[dict[str, Any]]:
        """Go on behind the row that had this mark."""
        if not isinstance(mark, list) or len(mark) != len(sort) + 1:
            raise self.refuse(call, 422, ["searchAfter does not fit the sort"])

        def behind(contact: dict[str, Any]) -> bool:
            mine = self.keys(contact, sort)
            for at, item in enumerate(sort):
                if mine[at] != mark[at]:
                    return (mine[at] < mark[at]) == (item["direction"] == "desc")
            return mine[-1] > mark[-1]

        return [c for c in found if behind(c)]

    def row(self, contact: dict[str, Any]) -> dict[str, Any]:
        """Write a search row: empty fields left out, names as the switches say."""
        row = {k: deepcopy(contact[k]) for k in LIST_KEYS if k in contact}
        if "address1" in contact:
            row["address"] = contact["address1"]
        for name in ("firstName", "lastName"):
            if name not in contact:
                continue
            row[name + "LowerCase"] = contact[name].lower()
            if self.raw_names:
                row[name + "Raw"] = contact[name]
            if self.lower_names:
                row[name] = contact[name].lower()
        return row


def _within(value: int, bounds: dict[str, Any]) -> bool:
    tests = {
        "gte": lambda b: value >= b,
        "gt": lambda b: value > b,
        "lte": lambda b: value <= b,
        "lt": lambda b: value < b,
    }
    return all(tests[name](moment(bound)) for name, bound in bounds.items())
