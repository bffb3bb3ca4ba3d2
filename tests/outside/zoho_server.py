"""Zoho Invoice as its fact sheet describes it: accounts server, contacts, persons."""

from __future__ import annotations

import itertools
import re
import time
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from tests.outside.wire import Call, Refused, Reply
from tests.outside.zoho_reading import ADDRESS, ADDRESSES, PROJECTED, Reading

ORGANIZATION = "700000001"
CLIENT_ID = "1000.OUTSIDECLIENTID0000000000000"
CLIENT_SECRET = "outside-zoho-client-secret-4711"
REFRESH_TOKEN = "1000.outside0refresh0token0f00d.beefbeefbeefbeef"
PERSON = {"salutation", "first_name", "last_name", "email", "phone", "mobile"}
PERSON |= {"mobile_country_code", "designation", "department", "skype", "fax"}
PERSON |= {"is_primary_contact", "communication_preference", "enable_portal"}
PLAIN = {"contact_name", "company_name", "website", "language_code", "contact_type"}
PLAIN |= {"customer_sub_type", "payment_terms", "payment_terms_label", "notes"}
PLAIN |= {"facebook", "twitter", "currency_id", "custom_fields", "is_portal_enabled"}
CONTACT = PLAIN | ADDRESSES | {"contact_persons"}
LENGTHS = {"contact_name": 200, "company_name": 200, "first_name": 100}
LENGTHS |= {"last_name": 100, "email": 100, "phone": 50, "mobile": 50}
ACCESS_DENIED = {
    "error": "Access Denied",
    "error_description": "You have made too many requests continuously. "
    "Please try again after some time.",
    "status": "failure",
}


class Zoho(Reading):
    """One organization with its accounts server."""

    def __init__(self, zone: str = "America/New_York", country: str = "US") -> None:
        """Begin with an empty organization."""
        super().__init__(ZoneInfo(zone))
        self.country = country
        self.ids = itertools.count(4_600_000_000_310_001, 2)
        self.valid_refresh = REFRESH_TOKEN
        self.settings_scope = True
        self.tokens: dict[str, float] = {}
        self.token_number = itertools.count(1)
        self.token_uses = 0
        self.token_times: list[float] = []
        self.uses: dict[str, int] = {}
        self.unauthorized_code = 57
        self.person_answer_is_list = False
        self.per_minute = 100
        self.minute: list[float] = []
        self.per_day = 1000
        self.daily_left = 1000
        self.concurrency = 5
        self.base_url = "http://127.0.0.1"

    # -- what a test does behind the API's back

    def put(self, **values: Any) -> str:
        """Add a contact as the vendor's own page would; return the id."""
        id_ = str(next(self.ids))
        persons = values.pop("persons", None)
        if persons is None:
            own = {k: values.pop(k) for k in list(values) if k in PROJECTED}
            persons = [own] if own else []
        contact: dict[str, Any] = {
            "contact_id": id_,
            "company_name": "",
            "website": "",
            "contact_type": "customer",
            "status": "active",
            "source": "user",
            "notes": "",
            "created": self.now(),
            "modified": self.now(),
            **values,
        }
        contact["persons"] = [self.person(p) for p in persons]
        self.one_primary(contact)
        self.contacts[id_] = contact
        return id_

    def person(self, values: dict[str, Any]) -> dict[str, Any]:
        """Make a contact person with an id and blanks."""
        blank = dict.fromkeys(sorted(PERSON - {"is_primary_contact"}), "")
        id_ = values.get("contact_person_id") or str(next(self.ids))
        own = {"contact_person_id": id_, "is_primary_contact": False}
        return blank | own | values

    def one_primary(self, contact: dict[str, Any]) -> None:
        """Exactly one primary person, the first unless one is named."""
        persons = contact["persons"]
        chosen = next((p for p in persons if p["is_primary_contact"]), None)
        for person in persons:
            person["is_primary_contact"] = person is (chosen or persons[0])

    def edit(self, id_: str, **values: Any) -> None:
        """Change a contact or its primary person as the vendor's page would."""
        contact = self.contacts[id_]
        for key, value in values.items():
            if key in PROJECTED:
                self.primary(contact)[key] = value
            else:
                contact[key] = value
        contact["modified"] = self.now()

    def now(self) -> int:
        """Tell the time in whole seconds, as stored."""
        return int(time.time())

    # -- the accounts server

    def is_write(self, call: Call) -> bool:
        """A token request writes nothing that is synced."""
        return call.method != "GET" and not call.path.startswith("/oauth/")

    def api_calls(self) -> int:
        """Token requests do not count against the organization."""
        return sum(c.path.startswith("/invoice/") for c in self.log)

    def answer(self, call: Call) -> Reply:
        """Tell the accounts server from the API."""
        if call.path == "/oauth/v2/token" and call.method == "POST":
            return Reply(*self.token(call))
        if call.path.startswith("/invoice/v3/"):
            return self.api(call)
        self.sin("no such address", call)
        return Reply(404, {"code": 5, "message": "Invalid URL Passed"})

    def token(self, call: Call) -> tuple[int, dict[str, Any]]:
        """Refresh an access token. Errors come with HTTP 200."""
        kind = call.headers.get("content-type", "")
        if "json" in kind:
            self.sin("JSON to the token endpoint", call)
            return 200, {"error": "invalid_client"}
        now = time.monotonic()
        self.token_times = [t for t in self.token_times if t > now - 600] + [now]
        if len(self.token_times) > 10:
            return 400, ACCESS_DENIED
        form = call.query | dict(parse_qsl(call.raw_body.decode()))
        if form.get("client_id") != CLIENT_ID:
            return 200, {"error": "invalid_client"}
        if form.get("client_secret") != CLIENT_SECRET:
            return 200, {"error": "invalid_client_secret"}
        if form.get("grant_type") != "refresh_token":
            return 200, {"error": "invalid_code"}
        if form.get("refresh_token") != self.valid_refresh:
            return 200, {"error": "invalid_code"}
        access = self.issue()
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 3600}
        return 200, {**answer, "api_domain": self.base_url}

    def issue(self) -> str:
        """Make the next access token, good for an hour."""
        access = f"1000.outside0access0{next(self.token_number):04d}.cafecafecafe"
        self.tokens[access] = time.monotonic() + 3600
        return access

    # -- the API

    def error(self, status: int, code: int, message: str) -> Reply:
        """Write an error body."""
        return Reply(status, {"code": code, "message": message})

    def refuse(self, call: Call, status: int, code: int, message: str) -> Refused:
        """Refuse what the sheet does not allow, and remember it."""
        self.sin(f"{status}/{code} {message}", call)
        return Refused(self.error(status, code, message))

    def dressed(self, call: Call, reply: Reply) -> Reply:
        """Add the three rate-limit headers to answers of the API."""
        if not call.path.startswith("/invoice/"):
            return reply
        midnight = datetime.now(self.zone).replace(hour=0, minute=0, second=0)
        spent = (datetime.now(self.zone) - midnight).total_seconds()
        headers = {
            "x-rate-limit-limit": str(self.per_day),
            "x-rate-limit-remaining": str(self.daily_left),
            "x-rate-limit-reset": str(int(86_400 - spent)),
        }
        return Reply(
            reply.status, reply.body, {**headers, **reply.headers}, reply.reset
        )

    def api(self, call: Call) -> Reply:
        """Count, check who asks, then do it."""
        self.count(call)
        self.admit(call)
        tail = call.path.removeprefix("/invoice/v3/").strip("/").split("/")
        if tail == ["organizations"] and call.method == "GET":
            return self.organizations()
        self.organization(call)
        if tail[0] != "contacts":
            raise self.refuse(call, 404, 5, "Invalid URL Passed")
        return self.route(call, tail[1:])

    def count(self, call: Call) -> None:
        """Keep the minute, the day and the number in flight."""
        now = time.monotonic()
        self.minute = [t for t in self.minute if t > now - 60] + [now]
        self.daily_left -= 1
        if self.in_flight > self.concurrency:
            raise self.refuse(call, 429, 1070, "too many concurrent calls")
        if self.daily_left < 0:
            message = (
                f"You have exceeded the maximum call rate limit of {self.per_day}."
            )
            raise self.refuse(call, 429, 45, message)
        if len(self.minute) > self.per_minute:
            raise self.refuse(call, 429, 44, "more than 100 requests in a minute")

    def admit(self, call: Call) -> None:
        """Check the token; one may be good for a few calls only."""
        header = call.headers.get("authorization", "")
        if not header.startswith("Zoho-oauthtoken "):
            self.sin("authorization is not Zoho-oauthtoken", call)
        token = header.removeprefix("Zoho-oauthtoken ")
        self.uses[token] = self.uses.get(token, 0) + 1
        spent = self.token_uses and self.uses[token] > self.token_uses
        if spent or self.tokens.get(token, 0) < time.monotonic():
            message = "You are not authorized to perform this operation"
            raise Refused(self.error(401, self.unauthorized_code, message))

    def organizations(self) -> Reply:
        """List the organizations, without a page context."""
        if not self.settings_scope:
            message = "You are not authorized to perform this operation"
            return self.error(401, 57, message)
        one = {
            "organization_id": ORGANIZATION,
            "name": "Outside",
            "time_zone": self.zone.key,
            "is_org_active": True,
            "is_default_org": True,
            "country_code": self.country,
            "currency_code": "USD",
            "fiscal_year_start_month": "april",
        }
        return Reply(200, {"code": 0, "message": "success", "organizations": [one]})

    def organization(self, call: Call) -> None:
        """Every call but one needs the organization."""
        named = [
            call.query.get("organization_id"),
            call.headers.get("x-com-zoho-invoice-organizationid"),
        ]
        named = [n for n in named if n]
        if not named:
            raise self.refuse(call, 400, 4, "organization_id is missing")
        if any(n != ORGANIZATION for n in named):
            message = "This user is not associated with the CompanyID/CompanyName:"
            raise Refused(self.error(400, 6041, f"{message}{named[0]}."))

    def route(self, call: Call, tail: list[str]) -> Reply:
        """Find the operation of /contacts…."""
        method = call.method
        if not tail:
            if method not in ("GET", "POST"):
                raise self.refuse(call, 405, 37, "method not allowed")
            return self.listing(call) if method == "GET" else self.create(call)
        if tail[0] == "contactpersons":
            return self.person_route(call, tail[1:])
        contact = self.contacts.get(tail[0])
        if contact is None:
            return self.error(404, 1002, "Contact does not exist")
        if len(tail) == 1 and method == "GET":
            return self.said("success", contact=self.detail(contact))
        if len(tail) == 1 and method == "PUT":
            return self.update(call, contact)
        if tail[1:] == ["contactpersons"] and method == "GET":
            persons = [self.standalone(contact, p) for p in contact["persons"]]
            return self.said("success", contact_persons=persons)
        raise self.refuse(call, 404, 5, "Invalid URL Passed")

    def said(self, message: str, status: int = 200, **more: Any) -> Reply:
        """Wrap a success."""
        return Reply(status, {"code": 0, "message": message, **more})

    def body(self, call: Call, allowed: set[str]) -> dict[str, Any]:
        """Read a JSON body whose keys are all known."""
        body = call.body
        if not isinstance(body, dict):
            raise self.refuse(call, 400, 4, "Invalid JSON")
        self.known(call, body, allowed)
        return body

    def known(self, call: Call, body: dict[str, Any], allowed: set[str]) -> None:
        """Refuse unknown keys and values that are too long."""
        for key in body:
            if key not in allowed:
                raise self.refuse(call, 400, 15, f"{key} is no parameter")
        for key, most in LENGTHS.items():
            if isinstance(body.get(key), str) and len(body[key]) > most:
                message = f"Please ensure that {key} has less than {most} characters"
                raise self.refuse(call, 400, 15, message)

    # -- writing contacts

    def create(self, call: Call) -> Reply:
        """Create a contact; the first person becomes the primary one."""
        body = self.writable(call)
        if not str(body.get("contact_name") or "").strip():
            raise self.refuse(call, 400, 3013, "Enter a valid Contact Name")
        self.name_free(body["contact_name"])
        persons = body.pop("contact_persons", [])
        for person in persons:
            self.person_checked(call, person)
        id_ = self.put(**body, persons=persons, source="api")
        detail = self.detail(self.contacts[id_])
        return self.said("The contact has been added.", 201, contact=detail)

    def update(self, call: Call, contact: dict[str, Any]) -> Reply:
        """Change a contact; a person array replaces them all."""
        body = self.writable(call)
        if "contact_name" in body:
            self.name_free(body["contact_name"], but=contact["contact_id"])
        if contact["contact_type"] == "vendor" or contact["status"] == "inactive":
            self.sin("a vendor or inactive contact is changed", call)
        if "contact_persons" in body:
            self.persons_replaced(call, contact, body.pop("contact_persons"))
        contact.update(body)
        contact["modified"] = self.now()
        message = "Contact information has been saved."
        return self.said(message, contact=self.detail(contact))

    def writable(self, call: Call) -> dict[str, Any]:
        """Check a contact's body; top-level person fields go nowhere."""
        body = self.body(call, CONTACT | PROJECTED)
        for key in PROJECTED & set(body):
            self.sin(f"top-level {key} is ignored", call)
            del body[key]
        for key in ADDRESSES & set(body):
            self.known(call, body[key], ADDRESS)
        return body

    def persons_replaced(self, call: Call, contact: dict[str, Any], new: Any) -> None:
        """Replace the persons, and note who was lost."""
        kept = {p.get("contact_person_id") for p in new}
        lost = [p for p in contact["persons"] if p["contact_person_id"] not in kept]
        if lost:
            self.sin(f"contact_persons drops {len(lost)} persons", call)
        old = {p["contact_person_id"]: p for p in contact["persons"]}
        persons = []
        for person in new:
            self.person_checked(call, person)
            before = old.get(person.get("contact_person_id"), {})
            persons.append(self.person({**before, **person}))
        contact["persons"] = persons
        self.one_primary(contact)

    def name_free(self, name: str, but: str = "") -> None:
        """Names are unique over everybody, case aside."""
        for id_, contact in self.contacts.items():
            same = contact["contact_name"].strip().lower() == name.strip().lower()
            if same and id_ != but:
                message = f'The customer "{name}" already exists. '
                message += "Please specify a different name."
                raise Refused(self.error(400, 3062, message))

    def person_checked(self, call: Call, person: dict[str, Any]) -> None:
        """Check one person of a body."""
        self.known(call, person, PERSON | {"contact_person_id", "contact_id"})
        if person.get("is_primary_contact", True) is not True:
            raise self.refuse(call, 400, 4, "is_primary_contact accepts only true")
        if person.get("email") and not re.fullmatch(r"\S+@\S+", person["email"]):
            raise self.refuse(call, 400, 4, "Enter a valid email")

    # -- persons

    def person_route(self, call: Call, tail: list[str]) -> Reply:
        """Find the operation of /contacts/contactpersons…."""
        if not tail and call.method == "POST":
            return self.person_add(call)
        if not tail and call.method == "GET":
            return self.person_listing(call)
        if not tail:
            raise self.refuse(call, 405, 37, "method not allowed")
        for contact in self.contacts.values():
            for person in contact["persons"]:
                if person["contact_person_id"] == tail[0]:
                    return self.person_do(call, contact, person, tail[1:])
        return self.error(404, 1002, "Contact person does not exist")

    def person_add(self, call: Call) -> Reply:
        """Add a person to a contact."""
        body = self.body(call, PERSON | {"contact_id"})
        self.person_checked(call, body)
        contact = self.contacts.get(str(body.pop("contact_id", "")))
        if contact is None or not body.get("first_name"):
            raise self.refuse(call, 400, 4, "contact_id and first_name are required")
        body.pop("is_primary_contact", None)
        person = self.person(body)
        contact["persons"].append(person)
        contact["modified"] = self.now()
        return self.person_said(contact, person, 201)

    def person_do(
        self,
        call: Call,
        contact: dict[str, Any],
        person: dict[str, Any],
        tail: list[str],
    ) -> Reply:
        """Read, change or promote one person."""
        if call.method == "GET" and not tail:
            one = self.standalone(contact, person)
            return self.said("success", contact_person=one)
        if call.method == "POST" and tail == ["primary"]:
            for other in contact["persons"]:
                other["is_primary_contact"] = other is person
            contact["modified"] = self.now()
            return self.said(
                "This contact person has been marked as your primary contact person."
            )
        if call.method != "PUT" or tail:
            raise self.refuse(call, 404, 5, "Invalid URL Passed")
        body = self.body(call, PERSON | {"contact_id"})
        self.person_checked(call, body)
        if contact["contact_type"] == "vendor" or contact["status"] == "inactive":
            self.sin("a vendor or inactive contact is changed", call)
        body.pop("contact_id", None)
        if body.pop("is_primary_contact", False):
            for other in contact["persons"]:
                other["is_primary_contact"] = other is person
        person.update(body)
        contact["modified"] = self.now()
        return self.person_said(contact, person)

    def person_said(
        self, contact: dict[str, Any], person: dict[str, Any], status: int = 200
    ) -> Reply:
        """Answer with the person, as an object or a list."""
        one = self.standalone(contact, person)
        shown = [one] if self.person_answer_is_list else one
        message = "Contact person's information has been saved."
        return self.said(message, status, contact_person=shown)

    def standalone(
        self, contact: dict[str, Any], person: dict[str, Any]
    ) -> dict[str, Any]:
        """Write a person outside its contact."""
        return {**person, "contact_id": contact["contact_id"]}
