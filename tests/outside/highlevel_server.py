"""HighLevel as its fact sheet describes it: contacts, search, duplicates, quirks."""

from __future__ import annotations

import random
import string
import time
from copy import deepcopy
from typing import Any

import phonenumbers

from tests.outside.highlevel_search import Searching, iso
from tests.outside.wire import Call, Refused, Reply

LOCATION = "Ab3dEf6hIj9kLm2nOp5q"
TOKEN = "pit-0a1b2c3d-4e5f-6789-abcd-ef0123456789"
TEXT = {"firstName", "lastName", "name", "email", "phone", "address1", "city", "state"}
TEXT |= {"website", "timezone", "dateOfBirth"}
PLAIN = {"postalCode", "country", "source"}
UPDATE = TEXT | PLAIN | {"dnd", "dndSettings", "inboundDndSettings", "tags"}
UPDATE |= {"customFields", "assignedTo"}
CREATE = UPDATE | {"companyName", "gender", "locationId"}
UPSERT = CREATE | {"createNewIfDuplicateAllowed"}


class HighLevel(Searching):
    """One location, its contacts, and a search index that lags."""

    def __init__(self, country: str = "US") -> None:
        """Begin with an empty location."""
        super().__init__()
        self.country = country
        self.contacts: dict[str, dict[str, Any]] = {}
        self.waiting: list[tuple[float, str, dict[str, Any] | None]] = []
        self.token = TOKEN
        self.allow_duplicates = False
        self.location_scope = True
        self.lag = 0.0
        self.minimal_answers = False
        self.bad_phone = "keep"
        self.headers_on = True
        self.daily_left = 200_000
        self.burst = 100
        self.window: list[float] = []
        self.clock = 1_760_000_000_000
        self.random = random.Random(7)

    # -- what a test does behind the API's back

    def put(self, **values: Any) -> str:
        """Add a person as the vendor's own page would; return the id."""
        id_ = "".join(self.random.choices(string.ascii_letters + string.digits, k=20))
        now = self.tick()
        fixed = {"id": id_, "locationId": LOCATION, "dateAdded": iso(now), "dnd": False}
        self.contacts[id_] = {**fixed, "type": "lead", "tags": []}
        self.edit(id_, **values)
        return id_

    def edit(self, id_: str, **values: Any) -> None:
        """Change a person as the vendor's own page would."""
        contact = self.contacts[id_]
        for key, value in self.stored(values).items():
            contact[key] = value
            if value in (None, "", []) and key != "tags":
                del contact[key]
        contact["dateUpdated"] = iso(self.tick())
        self.publish(id_)

    def remove(self, id_: str) -> None:
        """Delete a person."""
        self.contacts.pop(id_, None)
        self.publish(id_)

    def tick(self) -> int:
        """Move the clock; it never stands still."""
        self.clock = max(self.clock + 1, int(time.time() * 1000))
        return self.clock

    def stored(self, values: dict[str, Any]) -> dict[str, Any]:
        """Normalise as HighLevel does on save."""
        values = dict(values)
        if values.get("email"):
            values["email"] = values["email"].strip().lower()
        if values.get("phone"):
            values["phone"] = self.e164(values["phone"])
        if values.get("tags"):
            values["tags"] = [t.lower() for t in values["tags"]]
        return values

    def e164(self, phone: str) -> str | None:
        """Store phones as E.164; what is no number goes by the switch."""
        try:
            parsed = phonenumbers.parse(phone, self.country)
            if phonenumbers.is_possible_number(parsed):
                kind = phonenumbers.PhoneNumberFormat.E164
                return phonenumbers.format_number(parsed, kind)
        except phonenumbers.NumberParseException:
            pass
        if self.bad_phone == "refuse":
            raise Refused(self.error(400, "Invalid phone number"))
        return phone if self.bad_phone == "keep" else None

    def publish(self, id_: str) -> None:
        """Send a contact to the search index, where it arrives late."""
        copy = deepcopy(self.contacts.get(id_))
        self.waiting.append((time.monotonic() + self.lag, id_, copy))
        self.settle()

    def settle(self) -> None:
        """Let what is due appear in search."""
        now = time.monotonic()
        for due, id_, copy in [w for w in self.waiting if w[0] <= now]:
            self.waiting.remove((due, id_, copy))
            if copy is None:
                self.index.pop(id_, None)
            else:
                self.index[id_] = copy

    # -- the API

    def is_write(self, call: Call) -> bool:
        """A search is a POST that writes nothing."""
        return call.method != "GET" and not call.path.endswith("/search")

    def error(self, status: int, message: Any, **more: Any) -> Reply:
        """Write an error body."""
        names = {400: "Bad Request", 401: "Unauthorized", 422: "Unprocessable Entity"}
        body = {"statusCode": status, "message": message}
        if status in names:
            body["error"] = names[status]
        return Reply(status, {**body, "traceId": "t", **more})

    def refuse(self, call: Call, status: int, message: Any) -> Refused:
        """Refuse what the sheet does not allow, and remember it."""
        self.sin(f"{status} {message}", call)
        return Refused(self.error(status, message))

    def dressed(self, call: Call, reply: Reply) -> Reply:
        """Add the five rate-limit headers."""
        if not self.headers_on:
            return reply
        left = max(0, self.burst - len(self.window))
        headers = {
            "X-RateLimit-Limit-Daily": "200000",
            "X-RateLimit-Daily-Remaining": str(self.daily_left),
            "X-RateLimit-Interval-Milliseconds": "10000",
            "X-RateLimit-Max": str(self.burst),
            "X-RateLimit-Remaining": str(left),
        }
        return Reply(
            reply.status, reply.body, {**headers, **reply.headers}, reply.reset
        )

    def answer(self, call: Call) -> Reply:
        """Count, check who asks, then do it."""
        self.count(call)
        self.admit(call)
        parts = call.path.strip("/").split("/")
        if parts[0] == "locations":
            return self.location(call, parts)
        if parts[0] != "contacts":
            raise self.refuse(call, 404, f"Cannot {call.method} {call.path}")
        return self.contact_route(call, parts[1:])

    def count(self, call: Call) -> None:
        """Keep the published limit."""
        now = time.monotonic()
        self.window = [t for t in self.window if t > now - 10] + [now]
        self.daily_left -= 1
        if len(self.window) > self.burst or self.daily_left < 0:
            raise self.refuse(call, 429, "Too Many Requests")

    def admit(self, call: Call) -> None:
        """Check version, bearer and media type."""
        if "version" not in call.headers:
            raise self.refuse(call, 401, "version header was not found.")
        if call.headers["version"] != "2021-07-28":
            raise self.refuse(call, 401, "version header is invalid")
        if call.headers.get("authorization") != f"Bearer {self.token}":
            raise Refused(self.error(401, "Invalid JWT"))
        if "application/json" not in call.headers.get("accept", ""):
            self.sin("no Accept: application/json", call)
        kind = call.headers.get("content-type", "")
        if call.raw_body and "application/json" not in kind:
            raise self.refuse(call, 400, "body is not JSON")

    def here(self, call: Call, location: Any) -> None:
        """Refuse another tenant's location."""
        if location is None:
            raise self.refuse(call, 422, ["locationId must be a string"])
        if location != LOCATION:
            message = "The token does not have access to this location."
            raise Refused(self.error(403, message))

    def location(self, call: Call, parts: list[str]) -> Reply:
        """Answer for the location itself, where the token may see it."""
        if not self.location_scope:
            message = "The token is not authorized for this scope."
            raise Refused(self.error(401, message))
        self.here(call, parts[1] if len(parts) > 1 else None)
        tail = parts[2:]
        if call.method == "GET" and not tail:
            settings = {"allowDuplicateContact": self.allow_duplicates}
            base = {"id": LOCATION, "name": "Outside", "country": self.country}
            zone = {"timezone": "America/New_York", "settings": settings}
            return Reply(200, {"location": base | zone, "traceId": "t"})
        if call.method == "GET" and tail in (["customFields"], ["tags"]):
            return Reply(200, {tail[0]: []})
        raise self.refuse(call, 404, f"Cannot {call.method} {call.path}")

    def contact_route(self, call: Call, tail: list[str]) -> Reply:
        """Find the operation of /contacts/…."""
        what = (call.method, *tail)
        if what == ("POST", "search"):
            return self.search(call)
        if what == ("GET", "search", "duplicate"):
            return self.duplicate(call)
        if what == ("POST",):
            return self.create(call)
        if what == ("POST", "upsert"):
            return self.upsert(call)
        if len(tail) == 1 and call.method in ("GET", "PUT", "DELETE"):
            return self.one(call, tail[0])
        raise self.refuse(call, 404, f"Cannot {call.method} {call.path}")

    def one(self, call: Call, id_: str) -> Reply:
        """Read, change or delete one contact."""
        if id_ not in self.contacts:
            raise Refused(self.error(400, f"Contact with id {id_} not found"))
        if call.method == "GET":
            return Reply(200, {"contact": self.detail(id_), "traceId": "t"})
        if call.method == "DELETE":
            self.remove(id_)
            return Reply(200, {"succeded": True})
        values = self.checked(call, UPDATE)
        self.unique(self.stored(values), but=id_)
        self.edit(id_, **values)
        return Reply(200, {"succeded": True, "contact": self.written(id_)})

    def checked(self, call: Call, allowed: set[str]) -> dict[str, Any]:
        """Refuse unknown properties and wrong types, as the whitelist does."""
        body = call.body
        if not isinstance(body, dict):
            raise self.refuse(call, 422, ["body must be an object"])
        wrong = [f"property {k} should not exist" for k in body if k not in allowed]
        for key, value in body.items():
            nullable = key in TEXT or key in {"companyName", "assignedTo"}
            if value is None and (
                nullable or (key == "source" and call.method == "PUT")
            ):
                continue
            textual = key in TEXT | PLAIN | {"companyName", "gender", "assignedTo"}
            if textual and not isinstance(value, str):
                wrong.append(f"{key} must be a string")
            if key == "email" and value and "@" not in value:
                wrong.append("email must be an email")
            if key == "dnd" and not isinstance(value, bool):
                wrong.append("dnd must be a boolean value")
        if wrong:
            raise self.refuse(call, 422, wrong)
        values = {k: v for k, v in body.items() if k != "createNewIfDuplicateAllowed"}
        if "locationId" in allowed:
            self.here(call, values.pop("locationId", None))
        return values

    def holder(self, values: dict[str, Any]) -> tuple[str, str] | None:
        """Find who holds the e-mail, else the phone."""
        for key in ("email", "phone"):
            for id_, contact in self.contacts.items():
                if values.get(key) and contact.get(key) == values[key]:
                    return id_, key
        return None

    def unique(self, values: dict[str, Any], but: str = "") -> None:
        """Refuse a duplicate with the holder's id, unless allowed."""
        held = self.holder(values)
        if self.allow_duplicates or not held or held[0] == but:
            return
        contact = self.contacts[held[0]]
        names = [contact.get("firstName"), contact.get("lastName")]
        meta = {"contactId": held[0], "matchingField": held[1]}
        meta["contactName"] = " ".join(n for n in names if n)
        message = "This location does not allow duplicated contacts."
        raise Refused(self.error(400, message, meta=meta))

    def create(self, call: Call) -> Reply:
        """Create a contact."""
        values = self.checked(call, CREATE)
        if not values.get("email") and not values.get("phone"):
            raise self.refuse(call, 400, "Email or Phone are required")
        self.unique(self.stored(values))
        id_ = self.put(**values)
        return Reply(201, {"contact": self.written(id_), "traceId": "t"})

    def upsert(self, call: Call) -> Reply:
        """Change whoever matches, else create."""
        values = self.checked(call, UPSERT)
        if not values.get("email") and not values.get("phone"):
            raise self.refuse(call, 400, "Email or Phone are required")
        held = self.holder(self.stored(values))
        id_ = held[0] if held else self.put(**values)
        if held:
            self.edit(id_, **values)
        return Reply(200, {"new": not held, "contact": self.written(id_)})

    def written(self, id_: str) -> dict[str, Any]:
        """Write the answer to a write: full, or hardly anything."""
        return {"id": id_} if self.minimal_answers else self.detail(id_)

    def detail(self, id_: str) -> dict[str, Any]:
        """Write a contact as GET by id does."""
        contact = deepcopy(self.contacts[id_])
        names = [contact.get("firstName"), contact.get("lastName")]
        full = " ".join(n for n in names if n)
        extra = {"name": full, "fullNameLowerCase": full.lower()}
        extra["emailLowerCase"] = contact.get("email", "")
        return contact | {k: v for k, v in extra.items() if v}

    def duplicate(self, call: Call) -> Reply:
        """Look an e-mail or number up, without lag."""
        query = call.query
        self.here(call, query.get("locationId"))
        unknown = set(query) - {"locationId", "email", "number"}
        if unknown:
            raise self.refuse(
                call, 422, [f"property {k} should not exist" for k in unknown]
            )
        if not query.get("email") and not query.get("number"):
            message = "Pass at least one of number, email query parameter"
            raise self.refuse(call, 400, message)
        if " " in query.get("email", "") or query.get("number", "+")[:1] == " ":
            self.sin("a + that is not encoded", call)
        email = query.get("email", "").lower()
        held = self.holder({"email": email, "phone": query.get("number")})
        return Reply(200, {"contact": self.detail(held[0]) if held else None})
