"""The filter and sort language of POST /contacts/search (§7.2), on stored contacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.highlevel.identifiers import milliseconds
from sandbox.highlevel.shapes import Contact, full_name

Condition = Callable[[Contact], bool]
Sort = list[tuple[str, bool]]  # field, descending


class InvalidSearch(ValueError):
    """The filter or sort is refused with 400 and this message."""


_EQUAL = frozenset({"eq", "not_eq"})
_EXISTS = frozenset({"exists", "not_exists"})
_TEXT = _EQUAL | _EXISTS | {"contains", "not_contains"}
_DATE = _EXISTS | {"range"}
OPERATORS: Mapping[str, frozenset[str]] = {
    "id": _EQUAL,
    **dict.fromkeys(("address", "businessName", "city", "companyName"), _TEXT),
    **dict.fromkeys(("postalCode", "source", "state", "tags", "phone"), _TEXT),
    **dict.fromkeys(("firstNameLowerCase", "lastNameLowerCase"), _TEXT),
    **dict.fromkeys(("email", "website", "assignedTo", "country"), _EQUAL | _EXISTS),
    **dict.fromkeys(("dnd", "followers", "timezone", "type"), _EQUAL | _EXISTS),
    **dict.fromkeys(("validEmail", "isValidWhatsapp"), _EQUAL | _EXISTS),
    **dict.fromkeys(("activeWorkflows", "finishedWorkflows"), _EQUAL | _EXISTS),
    **dict.fromkeys(("dateAdded", "dateUpdated", "lastAppointment"), _DATE),
    **dict.fromkeys(("lastEmailClickedDate", "lastEmailOpenedDate"), _DATE),
    **{f"dndSettings.{c}.status": _EQUAL | _EXISTS for c in ("Email", "SMS", "Call")},
    "inboundDndSettings.all.status": _EQUAL | _EXISTS,
    "opportunities": frozenset({"nested"}),
}
_CUSTOM = _TEXT | {"range"}
SORTABLE = frozenset(
    {
        *("firstNameLowerCase", "lastNameLowerCase", "businessName", "dateAdded"),
        *("dateUpdated", "email", "dnd", "source"),
    }
)
_BOUNDS: Mapping[str, Callable[[float, float], bool]] = {
    "gte": lambda value, bound: value >= bound,
    "gt": lambda value, bound: value > bound,
    "lte": lambda value, bound: value <= bound,
    "lt": lambda value, bound: value < bound,
}


def condition(items: list[object]) -> Condition:
    """One condition for the whole list, whose items are AND-ed.

    Raises InvalidSearch for an unknown field, operator or value.
    """
    parts = [_item(item) for item in items]
    return lambda contact: all(part(contact) for part in parts)


def matches_query(contact: Contact, query: str) -> bool:
    """Full text over name, e-mail, phone and company: every word must occur."""
    text = " ".join(
        (full_name(contact), contact.get("email", ""), contact.get("phone", ""))
    )
    text = f"{text} {contact.get('companyName', '')}".lower()
    return all(word in text for word in query.lower().split())


def value_of(contact: Contact, field: str) -> Any:
    """What the index holds for the field; None when empty."""
    if field.startswith("customFields."):
        wanted, _, option = field.removeprefix("customFields.").partition(".")
        values = contact.get("customFields", [])
        found = next((item["value"] for item in values if item["id"] == wanted), None)
        # A TEXTBOX_LIST holds a map from the id of each box to its text.
        return found.get(option) if option and isinstance(found, dict) else found
    if field.endswith(".status"):
        outer, channel, _ = field.split(".")
        return contact.get(outer, {}).get(channel, {}).get("status")
    if field in ("firstNameLowerCase", "lastNameLowerCase"):
        return contact.get(field.removesuffix("LowerCase"), "").lower() or None
    return contact.get("address1" if field == "address" else field)


def cursor_of(contact: Contact, sort: Sort) -> list[Any]:
    """The row's ``searchAfter``: its sort values, then its id."""
    return [*(_sort_value(contact, field) for field, _ in sort), contact["id"]]


def sort_key(cursor: list[Any], sort: Sort) -> tuple[Any, ...]:
    """Orders cursors as the index does: missing values last, ties by id."""
    parts: list[Any] = []
    for value, (_, descending) in zip(cursor, sort, strict=False):
        parts.append(value is None)
        parts.append(_Reversed(value) if descending else value)
    return (*parts, cursor[-1])


def parse_sort(items: object) -> Sort:
    """At most two fields; newest first where none is given."""
    if not items:
        return [("dateAdded", True)]
    if not isinstance(items, list) or len(items) > 2:
        raise InvalidSearch("Sort can have at most 2 fields")
    sort: Sort = []
    for item in items:
        field = item.get("field") if isinstance(item, dict) else None
        if field not in SORTABLE:
            raise InvalidSearch(f"Invalid field {field}")
        direction = item.get("direction", "asc")
        if direction not in ("asc", "desc"):
            raise InvalidSearch(f"Invalid sort direction {direction}")
        sort.append((field, direction == "desc"))
    return sort


class _Reversed:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Reversed) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and bool(self.value == other.value)

    __hash__ = None  # type: ignore[assignment]


def _sort_value(contact: Contact, field: str) -> Any:
    value = value_of(contact, field)
    if field in ("dateAdded", "dateUpdated"):
        return milliseconds(value)
    return value.lower() if isinstance(value, str) else value


def _item(item: object) -> Condition:
    if not isinstance(item, dict):
        raise InvalidSearch("Invalid filter")
    if "group" in item:
        return _group(item)
    field, operator = item.get("field"), item.get("operator")
    if not isinstance(field, str):
        raise InvalidSearch(f"Invalid field {field}")
    allowed = _CUSTOM if field.startswith("customFields.") else OPERATORS.get(field)
    if allowed is None:
        raise InvalidSearch(f"Invalid field {field}")
    if operator not in allowed:
        raise InvalidSearch(f"Invalid operator {operator} for field {field}")
    test = _test(operator, item.get("value"))
    return lambda contact: test(value_of(contact, field))


def _group(item: dict[str, Any]) -> Condition:
    inner = item.get("filters")
    if item["group"] not in ("AND", "OR") or not isinstance(inner, list):
        raise InvalidSearch("Invalid filter group")
    parts = [_item(each) for each in inner]
    both = all if item["group"] == "AND" else any
    return lambda contact: both(part(contact) for part in parts)


def _test(operator: str, wanted: Any) -> Callable[[Any], bool]:
    if operator.startswith("not_"):
        positive = _test(operator.removeprefix("not_"), wanted)
        return lambda value: not positive(value)
    if operator == "exists":
        return lambda value: value is not None and value != []
    if operator == "range":
        return _range(wanted)
    if operator == "nested":
        return lambda value: bool(value)
    if isinstance(wanted, str) and len(wanted) > 75:
        raise InvalidSearch("Filter value can not exceed 75 characters")
    if is_missing(wanted):
        raise InvalidSearch(f"Operator {operator} needs a value")
    if operator == "contains":
        return lambda value: any(str(_folded(wanted)) in v for v in _words(value))
    options = [_folded(each) for each in wanted] if isinstance(wanted, list) else None
    if options is not None:
        return lambda value: any(each in options for each in _all(value))
    return lambda value: _folded(wanted) in _all(value)


def is_missing(value: object) -> bool:
    return value is None or value == "" or value == []


def _range(wanted: Any) -> Callable[[Any], bool]:
    if not isinstance(wanted, dict) or not wanted or wanted.keys() - _BOUNDS.keys():
        raise InvalidSearch("Invalid range value")
    bounds = [(_BOUNDS[name], _point(value)) for name, value in wanted.items()]
    return lambda value: (
        value is not None
        and all(holds(_point(value), bound) for holds, bound in bounds)
    )


def _point(value: Any) -> float:
    """A bound or a value of a range: epoch milliseconds, ISO time or plain number."""
    if isinstance(value, int | float):
        return value
    try:
        return float(value) if str(value).isdigit() else milliseconds(str(value))
    except ValueError:
        raise InvalidSearch("Invalid range value") from None


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _all(value: Any) -> list[Any]:
    return [_folded(each) for each in (value if isinstance(value, list) else [value])]


def _words(value: Any) -> list[str]:
    return [str(each) for each in _all(value) if each is not None]
