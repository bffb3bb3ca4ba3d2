"""The live field catalogue: standard fields with the location's own choices and fields.

What a permission hides is left out of it, and what was known of it stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from integrations.connectors.base import Field, ObjectSpec
from integrations.connectors.highlevel import customs
from integrations.connectors.highlevel.appointments import Appointments
from integrations.connectors.highlevel.calls import Calls, optional, rows_in
from integrations.connectors.highlevel.customs import Customs
from integrations.connectors.highlevel.spec import (
    BUSINESSES_SCOPE,
    CUSTOM_FIELDS_SCOPE,
    SPEC,
    TAGS_SCOPE,
    USERS_SCOPE,
)

# Values of fields that name a user or a calendar, and what they are called.
Names = Mapping[str, str]
MOST_NAMED = 30  # names in one help text
USER_FIELDS = {"assignedTo", "assignedUserId", "userId"}


class FieldCatalogue:
    """Reads what one location adds to the fields all locations have."""

    def __init__(
        self, calls: Calls, known: Customs, appointments: Appointments
    ) -> None:
        self.calls = calls
        self.known = known
        self.appointments = appointments

    def fields(self, object_type: str) -> Sequence[Field]:
        """Return the fields of an object type: the standard ones, then its own."""
        spec = SPEC.object(object_type)
        users = self.user_names() if has(spec, USER_FIELDS) else {}
        calendars = self.calendar_names() if has(spec, {"calendarId"}) else {}
        tags = optional(self.tags) or () if has(spec, {"tags"}) else ()
        found = []
        for field in spec.fields:
            if field.key in USER_FIELDS:
                found.append(offering(field, users))
            elif field.key == "calendarId":
                found.append(offering(field, calendars))
            elif field.key == "businessId":
                found.append(offering(field, self.business_names()))
            elif field.key == "tags":
                found.append(replace(field, options=tuple(tags)))
            else:
                found.append(field)
        own = self.own() if object_type == "contact" else ()
        return (*found, *own)

    def own(self) -> Sequence[Field]:
        """Return the location's contact fields, as last known if we may not ask."""
        found = optional(self.definitions)
        return tuple(self.known.values()) if found is None else found

    def definitions(self) -> Sequence[Field]:
        """Return the location's contact fields."""
        answer = self.calls.call(
            "GET",
            f"/locations/{self.calls.location}/customFields",
            operation="list custom fields",
            scope=CUSTOM_FIELDS_SCOPE,
            noun="location",
            params={"model": "contact"},
        )
        fields = map(customs.field_of, rows_in(answer, "customFields"))
        return [field for field in fields if field is not None]

    def tags(self) -> Sequence[str]:
        """Return the names of the location's tags."""
        answer = self.calls.call(
            "GET",
            f"/locations/{self.calls.location}/tags",
            operation="list tags",
            scope=TAGS_SCOPE,
            noun="location",
        )
        return [str(row["name"]) for row in rows_in(answer, "tags") if row.get("name")]

    def users(self) -> Sequence[tuple[str, str]]:
        """Return the users of the location: id and name."""
        answer = self.calls.call(
            "GET",
            "/users/",
            operation="list users",
            scope=USERS_SCOPE,
            noun="location",
            params={"locationId": self.calls.location},
        )
        return [
            (str(row["id"]), str(row.get("name") or row.get("email") or row["id"]))
            for row in rows_in(answer, "users")
            if row.get("id") and row.get("deleted") is not True
        ]

    def user_names(self) -> Names:
        """Return the users of the location by id; {} where they may not be read."""
        return dict(optional(self.users) or ())

    def business_names(self) -> Names:
        """Return the businesses of the location by id; {} where they may not be read."""
        return dict(optional(self.businesses) or ())

    def businesses(self) -> Sequence[tuple[str, str]]:
        """Return the businesses of the location: id and name."""
        answer = self.calls.call(
            "GET",
            "/businesses/",
            operation="list businesses",
            scope=BUSINESSES_SCOPE,
            noun="location",
            params={"locationId": self.calls.location},
        )
        return [
            (str(row["id"]), str(row.get("name") or row["id"]))
            for row in rows_in(answer, "businesses")
            if row.get("id")
        ]

    def calendar_names(self) -> Names:
        """Return the calendars of the location by id."""
        rows = optional(self.appointments.calendars) or ()
        return {str(row["id"]): str(row.get("name") or row["id"]) for row in rows}


def has(spec: ObjectSpec, keys: set[str]) -> bool:
    return any(field.key in keys for field in spec.fields)


def offering(field: Field, names: Names) -> Field:
    """Return a field with the ids it may hold, and whose they are."""
    if not names:
        return field
    said = [f"{name} is {key}" for key, name in list(names.items())[:MOST_NAMED]]
    more = "; …" if len(names) > MOST_NAMED else ""
    return replace(
        field,
        options=tuple(names),
        names=tuple(names.values()),
        help=f"{field.help} {'; '.join(said)}{more}.",
    )
