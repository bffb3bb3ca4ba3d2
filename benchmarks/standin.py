"""A stand-in for both vendors that costs next to nothing: for measuring the engine.

It speaks just what a sync of contacts needs, from inside the process, without limits,
latency or a memory of what was written. Its people are computed from their numbers, so
that a hundred thousand of them take no room beside the worker that is measured.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

LOCATION, ORGANIZATION = "bench-location", "700000001"
FIRST_DAY = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)
LATER = timedelta(days=300)  # edits and writes come after all that was there
APART = timedelta(seconds=10)  # between two people's arrival: no rush at the end
PERSON_OFFSET = 50_000_000  # a customer's number and that of its primary person
CREATED_FROM = 10_000_000  # records that the stand-in was told to create
NUMBER = re.compile(r"\d+")


@dataclass
class Side:
    """The people of one vendor: numbers `first` to `last`."""

    first: int = 1
    last: int = 0
    edited: int = 0  # so many of the first have been edited, all at once,
    generation: int = 0  # so often,
    edited_at: datetime = FIRST_DAY  # last at this time
    spelling: str = ""  # what the last names of this side have more than the other's

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    def generation_of(self, number: int) -> int:
        return self.generation if number < self.first + self.edited else 0

    def modified(self, number: int) -> datetime:
        if self.generation_of(number):
            return self.edited_at
        return FIRST_DAY + number * APART

    def person(self, number: int) -> dict[str, str]:
        """Return what both vendors' rows of a person are made of."""
        generation = self.generation_of(number)
        return {
            "first": f"Robin{number}",
            "last": f"Marlow{self.spelling}" + (f"-{generation}" if generation else ""),
            "email": f"robin.{number}@people.example",
            "phone": f"+1202{5_000_000 + number:07d}"[:12],
            "company": f"Marlow Works {number}",
        }


class StandIn(httpx.BaseTransport):
    """Answers the calls of a sync. `calls` counts them, `seconds` is its own time."""

    def __init__(self, left: Side, right: Side) -> None:
        self.left, self.right = left, right
        self.calls: Counter[str] = Counter()
        self.seconds = 0.0
        self._made = 0
        self._clock = FIRST_DAY + LATER
        self._lock = threading.Lock()

    def edit(self, side: Side, count: int) -> None:
        """Let somebody change the last names of the first people of a side."""
        side.edited, side.generation = count, side.generation + 1
        side.edited_at = self._tick(3600)

    def _tick(self, seconds: int = 1) -> datetime:
        with self._lock:
            self._clock += timedelta(seconds=seconds)
            return self._clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = time.thread_time()
        path = request.url.path
        self.calls[f"{request.method} {NUMBER.sub('#', path)}"] += 1
        answers = (answer for route, answer in self._routes() if route.search(path))
        answer = next(answers, None)
        found = (
            httpx.Response(200, content=answer(request))
            if answer
            else httpx.Response(404, json={"message": f"no stand-in for {path}"})
        )
        self.seconds += time.thread_time() - began
        return found

    def _routes(self) -> Iterator[tuple[re.Pattern[str], Callable[..., bytes]]]:
        yield re.compile(r"/contacts/search$"), self._search
        yield re.compile(r"/invoice/v3/contacts/contactpersons/\d+$"), self._put_person
        yield re.compile(r"/invoice/v3/contacts/\d+$"), self._customer
        yield re.compile(r"/invoice/v3/contacts$"), self._customers
        yield re.compile(r"/contacts/(\w+)?$"), self._contact
        yield re.compile(r"/oauth/v2/token$"), self._token
        yield re.compile(r"/organizations"), self._organizations
        yield re.compile(r"/locations/|/users/"), self._location

    # --- accounts -------------------------------------------------------------------

    def _token(self, request: httpx.Request) -> bytes:
        token = {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}
        return json.dumps(token).encode()

    def _organizations(self, request: httpx.Request) -> bytes:
        row = {
            "organization_id": ORGANIZATION,
            "name": "Bench",
            "time_zone": "UTC",
            "country_code": "US",
            "country": "U.S.A.",
        }
        body = {"code": 0, "organizations": [row], "organization": row}
        return json.dumps(body).encode()

    def _location(self, request: httpx.Request) -> bytes:
        row = {"id": LOCATION, "name": "Bench", "timezone": "UTC", "country": "US"}
        return json.dumps(
            {"location": row, "customFields": [], "tags": [], "users": []}
        ).encode()

    # --- the left one ---------------------------------------------------------------

    def _search(self, request: httpx.Request) -> bytes:
        body = json.loads(request.content)
        size, side = body["pageLimit"], self.left
        after = body.get("searchAfter", [side.first - 1])[0]
        numbers: range | list[int] = range(after + 1, side.last + 1)
        if body.get("filters"):
            since = datetime.fromisoformat(body["filters"][0]["value"]["gte"])
            numbers = [n for n in numbers if side.modified(n) >= since]
        rows = [self._contact_row(number) for number in numbers[:size]]
        total = len(numbers) + (
            after - side.first + 1 if not body.get("filters") else 0
        )
        return json.dumps({"contacts": rows, "total": total}).encode()

    def _contact_row(self, number: int) -> dict[str, Any]:
        person = self.left.person(number)
        return {
            "id": f"left{number}",
            "locationId": LOCATION,
            "firstName": person["first"],
            "lastName": person["last"],
            "contactName": f"{person['first']} {person['last']}",
            "email": person["email"],
            "phone": person["phone"],
            "companyName": person["company"],
            "website": "",
            "type": "lead",
            "tags": [],
            "dateAdded": iso(FIRST_DAY + number * APART),
            "dateUpdated": iso(self.left.modified(number)),
            "searchAfter": [number],
        }

    def _contact(self, request: httpx.Request) -> bytes:
        number = self._number(request)
        sent = json.loads(request.content) if request.content else {}
        row = {**self._contact_row(number), **sent}
        if sent:
            row["dateUpdated"] = iso(self._tick())
        return json.dumps({"contact": row}).encode()

    # --- the right one --------------------------------------------------------------

    def _customers(self, request: httpx.Request) -> bytes:
        if request.method == "POST":
            return self._create(request)
        params, side = request.url.params, self.right
        if "sort_column" not in params:
            return json.dumps({"code": 0, "contacts": [], **paging(False)}).encode()
        size, page = int(params["per_page"]), int(params["page"])
        start, stop = (page - 1) * size, page * size
        if params["sort_order"] == "A":
            numbers = range(side.first, side.last + 1)[start:stop]
        else:
            numbers = self._newest(side)[start:stop]
        rows = [self._list_row(number) for number in numbers]
        more = paging(stop < side.count)
        return json.dumps({"code": 0, "contacts": rows, **more}).encode()

    def _newest(self, side: Side) -> list[int]:
        edited = side.edited if side.generation else 0
        fresh = range(side.first, side.first + edited)
        return [*fresh, *range(side.last, side.first + edited - 1, -1)]

    def _list_row(self, number: int) -> dict[str, Any]:
        person = self.right.person(number)
        name = f"{person['company']}"
        return {
            "contact_id": str(number),
            "contact_name": name,
            "customer_name": name,
            "company_name": person["company"],
            "contact_type": "customer",
            "status": "active",
            "first_name": person["first"],
            "last_name": person["last"],
            "email": person["email"],
            "phone": person["phone"],
            "mobile": "",
            "website": "",
            "created_time": iso(FIRST_DAY + number * APART),
            "last_modified_time": iso(self.right.modified(number)),
        }

    def _customer(self, request: httpx.Request) -> bytes:
        sent = json.loads(request.content) if request.content else {}
        row = self._whole_row(self._number(request))
        if sent:
            row |= {**sent, "last_modified_time": iso(self._tick())}
        return json.dumps({"code": 0, "contact": row}).encode()

    def _whole_row(self, number: int) -> dict[str, Any]:
        row = self._list_row(number)
        persons = [self._person(row, number)]
        return {
            **row,
            "primary_contact_id": persons[0]["contact_person_id"],
            "contact_persons": persons,
        }

    def _person(self, row: dict[str, Any], number: int) -> dict[str, Any]:
        shown = ("first_name", "last_name", "email", "phone", "mobile")
        return {
            "contact_person_id": str(number + PERSON_OFFSET),
            "is_primary_contact": True,
            **{key: row[key] for key in shown},
        }

    def _create(self, request: httpx.Request) -> bytes:
        sent = json.loads(request.content)
        number = self._fresh()
        at = iso(self._tick())
        person = (sent.get("contact_persons") or [{}])[0]
        row = {**dict.fromkeys(self._list_row(1), ""), **person, **sent}
        row |= {
            "contact_id": str(number),
            "status": "active",
            "created_time": at,
            "last_modified_time": at,
            "primary_contact_id": str(number + PERSON_OFFSET),
            "contact_persons": [
                {**person, "contact_person_id": str(number + PERSON_OFFSET)}
            ],
        }
        return json.dumps({"code": 0, "contact": row}).encode()

    def _put_person(self, request: httpx.Request) -> bytes:
        sent = json.loads(request.content)
        person = {"contact_person_id": request.url.path.rsplit("/", 1)[1], **sent}
        return json.dumps({"code": 0, "contact_person": person}).encode()

    # --- both -----------------------------------------------------------------------

    def _number(self, request: httpx.Request) -> int:
        """Return the number of the record that a path names, or of a new one."""
        found = NUMBER.search(request.url.path.rsplit("/", 1)[1])
        return int(found[0]) if found else self._fresh()

    def _fresh(self) -> int:
        with self._lock:
            self._made += 1
            return CREATED_FROM + self._made


def iso(moment: datetime) -> str:
    """Return a time as both vendors write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def paging(more: bool) -> dict[str, Any]:
    """Return what the right vendor says of further pages."""
    return {"page_context": {"has_more_page": more}}
