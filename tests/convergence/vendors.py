"""The hands of people at both vendors, and their eyes: nothing here knows the engine.

What is judged in the end is what the stand-ins hold in their own store.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from flask import has_request_context, request

from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.zoho import desk as zoho
from sandbox.zoho import service as zoho_api
from sandbox.zoho.organizations import MAIN_ID, main_organization
from sandbox.zoho.service import PERSON_AT_ZOHO

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
# what is mapped, by one name for both sides; people are known by their last name
FIELDS = ("first", "email", "phone", "company", "website")
LEFT = {
    "first": "firstName",
    "last": "lastName",
    "email": "email",
    "phone": "phone",
    "company": "companyName",
    "website": "website",
}
RIGHT = {
    "first": "first_name",
    "last": "last_name",
    "email": "email",
    "phone": "phone",
    "company": "company_name",
    "website": "website",
}
KEYS = {"left": LEFT, "right": RIGHT}
# a list that may be mapped too: tags at the left, a text of items at the right
LABELS = {"left": "tags", "right": "custom_fields.cf_labels"}
Values = dict[str, str]


class SkewedClock(Clock):
    """A clock of which one vendor's is ahead of the other's, or behind."""

    skew = timedelta()

    def now(self) -> datetime:
        """Return the time as the vendor that is being called tells it."""
        at_zoho = has_request_context() and request.path.startswith("/zoho")
        return self.at_zoho() if at_zoho else super().now()

    def at_zoho(self) -> datetime:
        """Return the time as Zoho tells it."""
        return super().now() + self.skew

    def put_forward(self, skew: timedelta) -> None:
        """Have one vendor's clock jump: never back, or its newer would seem older."""
        self.skew = max(self.skew, skew)


class ZohoClock(Clock):
    """The clock that people at Zoho see, as those see who call it."""

    def __init__(self, shared: SkewedClock) -> None:
        super().__init__()
        self.shared = shared

    def now(self) -> datetime:
        """Return the time at Zoho."""
        return self.shared.at_zoho()


@dataclass
class Vendors:
    """Both accounts, as the people who work in them see and change them."""

    context: Context
    clock: SkewedClock

    @property
    def at_zoho(self) -> Context:
        """The stand-in as people at Zoho use it: by Zoho's time."""
        return replace(self.context, clock=ZohoClock(self.clock))

    def create(self, side: Side, values: Values) -> str:
        """Make a person; return the id of the record."""
        fields = {KEYS[side][key]: value for key, value in values.items()}
        if side == "left":
            return str(highlevel.contact_save(self.context, None, fields)["id"])
        fields["contact_name"] = f"{values['first']} {values['last']}"
        return str(zoho.contact_save(self.at_zoho, None, fields)["contact_id"])

    def edit(self, side: Side, record: str, values: Values) -> None:
        """Change fields of a record; "" empties one."""
        fields = {KEYS[side][key]: value for key, value in values.items()}
        if side == "left":
            highlevel.contact_save(self.context, record, fields)
        else:
            zoho.contact_save(self.at_zoho, record, fields)

    def retag(self, record: str, *, add: list[str], remove: list[str]) -> None:
        """Change what nobody maps: it moves the record's time all the same."""
        highlevel.contact_retag(self.context, record, add=add, remove=remove)

    def labels(self, side: Side, record: str) -> set[str]:
        """Return the items of the list of a record."""
        if side == "left":
            row = self.context.store.get("highlevel_contact", record) or {}
            return set(row.get("tags") or ())
        row = self.context.store.get("zoho.contact", record) or {}
        text = str((row.get("custom_fields") or {}).get("cf_labels") or "")
        return {item.strip() for item in text.split(",") if item.strip()}

    def relabel(self, side: Side, record: str, items: set[str]) -> None:
        """Have somebody give a record these items, and no others."""
        now = self.labels(side, record)
        if side == "left":
            self.retag(record, add=sorted(items - now), remove=sorted(now - items))
            return
        field = {"api_name": "cf_labels", "value": ", ".join(sorted(items))}
        zoho_api.contact_update(
            self.at_zoho,
            main_organization(self.context.store),
            record,
            {"custom_fields": [field]},
            PERSON_AT_ZOHO,
        )

    def delete(self, side: Side, record: str) -> None:
        """Delete a record for good."""
        if side == "left":
            highlevel.contact_delete(self.context, record)
        else:
            zoho.contact_delete(self.at_zoho, record)

    def live(self, side: Side) -> dict[str, Values]:
        """Return every living record of a side by its id."""
        store = self.context.store
        if side == "left":
            rows = store.scan("highlevel_contact")
            here = [row for row in rows if row["locationId"] == NORTHLIGHT_ID]
            return {row["id"]: shown(row, LEFT) for row in here}
        return {
            row["contact_id"]: shown({**row, **row["persons"][0]}, RIGHT)
            for row in store.scan("zoho.contact")
            if row["organization_id"] == MAIN_ID
        }


def shown(row: dict[str, Any], keys: Values) -> Values:
    """Return a stored record's mapped fields by their common names."""
    return {name: str(row.get(key) or "") for name, key in keys.items()}
