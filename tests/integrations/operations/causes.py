"""What people do at the vendors' own screens: the causes that triggers tell of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.highlevel import forms
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.oauth import issue_location_token
from sandbox.zoho import billing, desk, issue_access_token
from sandbox.zoho.organizations import MAIN_ID, main_organization
from tests.integrations.operations.world import ZOHO_SCOPE, World

CALENDAR = "SbxCalendarConsult01"
START = "2026-12-01T10:00:00+00:00"
LATER = "2026-12-02T11:00:00+00:00"


@dataclass
class Person:
    """Somebody at both vendors' screens, who does not use Crosswalk."""

    world: World
    made: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        transport = httpx.WSGITransport(app=self.world.app)
        self.http = httpx.Client(transport=transport, base_url="http://sandbox")
        self.highlevel = issue_location_token(self.world.store)
        with self.world.app.app_context():
            self.zoho = issue_access_token(self.world.context, ZOHO_SCOPE)

    def at_highlevel(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        version = "2021-04-15" if path.startswith("/calendars") else "2021-07-28"
        answer = self.http.request(
            method,
            f"/highlevel{path}",
            headers={"Authorization": f"Bearer {self.highlevel}", "Version": version},
            json=body,
        )
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def at_zoho(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        answer = self.http.request(
            method,
            f"/zoho/api/invoice/v3{path}",
            params={"organization_id": MAIN_ID},
            headers={"Authorization": f"Zoho-oauthtoken {self.zoho}"},
            json=body,
        )
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    # --- what is there before ---

    def contact(self) -> str:
        if "contact" not in self.made:
            body = {"locationId": NORTHLIGHT_ID, "email": "ada@example.com"}
            body |= {"firstName": "Ada", "tags": ["old"]}
            made = self.at_highlevel("POST", "/contacts/", **body)
            self.made["contact"] = made["contact"]["id"]
        return self.made["contact"]

    def path(self, kind: str) -> str:
        """Return the address of a child, made if it is not there yet."""
        under = f"/contacts/{self.contact()}/{kind}s"
        if kind not in self.made:
            bodies = {
                "task": {"title": "Call", "dueDate": LATER, "completed": False},
                "note": {"body": "First"},
            }
            made = self.at_highlevel("POST", under, **bodies[kind])
            self.made[kind] = made[kind]["id"]
        return f"{under}/{self.made[kind]}"

    def appointment(self) -> str:
        if "appointment" not in self.made:
            body = {"calendarId": CALENDAR, "locationId": NORTHLIGHT_ID}
            body |= {"contactId": self.contact(), "startTime": START}
            made = self.at_highlevel("POST", "/calendars/events/appointments", **body)
            self.made["appointment"] = made["id"]
        return self.made["appointment"]

    def customer(self) -> str:
        if "customer" not in self.made:
            with self.world.app.app_context():
                made = desk.contact_save(
                    self.world.context,
                    None,
                    {"contact_name": "Ada Ltd", "email": "ada@example.com"},
                )
            self.made["customer"] = made["contact_id"]
        return self.made["customer"]

    def project(self) -> str:
        if "project" not in self.made:
            made = self.at_zoho(
                "POST",
                "/projects",
                project_name="Garden",
                customer_id=self.customer(),
                billing_type="based_on_task_hours",
                user_id="260815000000000017",
            )
            self.made["project"] = made["project"]["project_id"]
        return self.made["project"]

    def document(self, plural: str) -> str:
        with self.world.app.app_context():
            made = billing.document_make(
                self.world.context,
                main_organization(self.world.store),
                billing.KINDS[plural],
                {"customer_id": self.customer(), "total": 120.0},
            )
        self.made[plural] = made[billing.KINDS[plural].id_key]
        return self.made[plural]

    def change_invoice(self) -> None:
        with self.world.app.app_context():
            billing.document_change(
                self.world.context,
                main_organization(self.world.store),
                billing.KINDS["invoices"],
                self.made["invoices"],
                {"status": "sent"},
            )

    def rename_customer(self) -> None:
        with self.world.app.app_context():
            fields = {"company_name": "Ada & Daughters"}
            desk.contact_save(self.world.context, self.customer(), fields)

    def send_form(self) -> None:
        with self.world.app.app_context():
            forms.form_send(
                self.world.context, {"name": "Ada", "message": "Please call."}
            )


Act = Callable[[Person], Any]


@dataclass(frozen=True)
class Cause:
    """What is there before a trigger is switched on, and what happens after."""

    act: Act
    before: Act = lambda person: None
    also: tuple[str, ...] = ()  # triggers that rightly tell of it too


def child(kind: str, method: str, **body: Any) -> Cause:
    """Return the change of a task or a note that is there already."""
    return Cause(
        lambda p: p.at_highlevel(method, p.path(kind), **body), lambda p: p.path(kind)
    )


def appointment(method: str, path: str, **body: Any) -> Cause:
    return Cause(
        lambda p: p.at_highlevel(method, path.format(p.appointment()), **body),
        lambda p: p.appointment(),
    )


def contact(method: str, under: str = "", **body: Any) -> Cause:
    return Cause(
        lambda p: p.at_highlevel(method, f"/contacts/{p.contact()}{under}", **body),
        lambda p: p.contact(),
    )


EVENT = "/calendars/events/appointments/{}"
CAUSES: dict[str, Cause] = {
    "hl.contact_created": Cause(Person.contact),
    "hl.contact_updated": contact("PUT", city="Leeds"),
    "hl.contact_deleted": contact("DELETE"),
    "hl.contact_tag_added": contact("POST", "/tags", tags=["vip"]),
    "hl.contact_tag_removed": contact("DELETE", "/tags", tags=["old"]),
    "hl.contact_dnd_changed": contact("PUT", dnd=True),
    "hl.task_created": Cause(lambda p: p.path("task"), Person.contact),
    "hl.task_updated": child("task", "PUT", title="Call again"),
    "hl.task_completed": Cause(
        lambda p: p.at_highlevel("PUT", f"{p.path('task')}/completed", completed=True),
        lambda p: p.path("task"),
    ),
    "hl.task_deleted": child("task", "DELETE"),
    "hl.note_created": Cause(lambda p: p.path("note"), Person.contact),
    "hl.note_updated": child("note", "PUT", body="Second"),
    "hl.note_deleted": child("note", "DELETE"),
    "hl.appointment_created": Cause(Person.appointment, Person.contact),
    "hl.appointment_updated": appointment("PUT", EVENT, title="Another visit"),
    "hl.appointment_status_changed": appointment(
        "PUT", EVENT, appointmentStatus="cancelled"
    ),
    "hl.appointment_deleted": appointment("DELETE", "/calendars/events/{}"),
    "hl.form_submitted": Cause(Person.send_form),
    "zi.contact_created": Cause(Person.customer),
    "zi.contact_updated": Cause(Person.rename_customer, Person.customer),
    "zi.estimate_created": Cause(lambda p: p.document("estimates"), Person.customer),
    "zi.invoice_created": Cause(lambda p: p.document("invoices"), Person.customer),
    "zi.invoice_updated": Cause(
        Person.change_invoice, lambda p: p.document("invoices")
    ),
    "zi.payment_received": Cause(
        lambda p: p.document("customerpayments"), Person.customer
    ),
    "zi.project_task_changed": Cause(
        lambda p: p.at_zoho("POST", f"/projects/{p.project()}/tasks", task_name="Dig"),
        Person.project,
    ),
    "zi.comment_added": Cause(
        lambda p: p.at_zoho(
            "POST", f"/contacts/{p.customer()}/comments", description="Called."
        ),
        Person.customer,
    ),
}
