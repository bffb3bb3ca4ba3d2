"""The sandbox's own page: the people of both systems, side by side, to be edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from sandbox.context import Context, current_context
from sandbox.highlevel import service as highlevel
from sandbox.store import Document, Store
from sandbox.zoho import desk as zoho
from sandbox.zoho.wire import ZohoError

SHOWN = 100
NOTICES = {
    "saved": "Saved. If Crosswalk listens, the change is on its way.",
    "deleted": "Deleted.",
    "reset": "Everything is as on the first day. Earlier tokens no longer work.",
    "switches": "The switches are set.",
    "fault": "The fault is armed.",
    "cleared": "No fault is waiting any more.",
    "webhooks": "The webhook addresses are set.",
    "sent": "The event is on its way.",
    "no_address": "Nothing was sent: set the address of HighLevel’s webhooks first.",
    "uninstalled": "The app is uninstalled. Its tokens no longer work.",
    "seeded": "The people are there.",
    "tested": "A test event is on its way. The delivery log below tells how it went.",
    "untested": "No test event was sent: the organization has no address yet.",
}

blueprint = Blueprint("pages", __name__)


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    kind: str = "text"
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    name: str
    email: str
    phone: str
    company: str
    marks: tuple[str, ...]
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class System:
    """One stand-in as this page sees it."""

    key: str
    label: str
    fields: tuple[Field, ...]
    rows: Callable[[Store, str], list[Row]]
    values: Callable[[Context, str], Mapping[str, Any]]
    save: Callable[[Context, str | None, dict[str, str]], None]
    delete: Callable[[Context, str], None]


@blueprint.get("/")
def people() -> str:
    """Both systems; `side` narrows to one, `live` reloads every three seconds."""
    q, side = request.args.get("q", ""), request.args.get("side", "both")
    store = current_context().store
    shown = [each for each in SYSTEMS.values() if side in ("both", each.key)]
    return render_template(
        "people.html",
        q=q,
        side=side,
        live="live" in request.args,
        columns=[(each, each.rows(store, q)) for each in shown],
        limit=SHOWN,
        now=current_context().clock.now(),
    )


@blueprint.get("/people/<system>/new")
def person_new(system: str) -> str:
    return _form(_system(system), None, {}, "")


@blueprint.get("/people/<system>/<person_id>")
def person_edit(system: str, person_id: str) -> str:
    chosen = _system(system)
    return _form(chosen, person_id, _values(chosen, person_id), "")


@blueprint.post("/people/<system>/new")
@blueprint.post("/people/<system>/<person_id>")
def person_save(system: str, person_id: str | None = None) -> AnyResponse:
    chosen = _system(system)
    values = {field.name: request.form.get(field.name, "") for field in chosen.fields}
    try:
        chosen.save(current_context(), person_id, values)
    except (ValueError, ZohoError) as refusal:
        page = _form(chosen, person_id, values, str(refusal))
        return Response(page, 422, mimetype="text/html")
    except LookupError:
        abort(404)
    return back("pages.people", "saved")


@blueprint.post("/people/<system>/<person_id>/delete")
def person_delete(system: str, person_id: str) -> AnyResponse:
    chosen = _system(system)
    values = _values(chosen, person_id)
    try:
        chosen.delete(current_context(), person_id)
    except ZohoError as refusal:
        page = _form(chosen, person_id, values, str(refusal))
        return Response(page, 422, mimetype="text/html")
    return back("pages.people", "deleted")


@blueprint.app_template_filter("ago")
def ago(moment: datetime | None) -> str:
    """How long since then, in the coarsest words that help."""
    if moment is None:
        return ""
    seconds = int((current_context().clock.now() - moment).total_seconds())
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {word} ago"
    return f"{max(seconds, 0)} s ago"


@blueprint.app_context_processor
def _notice() -> dict[str, object]:
    return {"notice": NOTICES.get(request.args.get("done", ""), "")}


@blueprint.after_request
def _policy(response: AnyResponse) -> AnyResponse:
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def back(endpoint: str, done: str) -> AnyResponse:
    return redirect(url_for(endpoint, done=done), 303)


def _system(key: str) -> System:
    return SYSTEMS[key] if key in SYSTEMS else abort(404)


def _values(system: System, person_id: str) -> Mapping[str, Any]:
    try:
        return system.values(current_context(), person_id)
    except (LookupError, ZohoError):
        abort(404)


def _form(
    system: System, person_id: str | None, values: Mapping[str, Any], error: str
) -> str:
    return render_template(
        "person.html", system=system, person_id=person_id, values=values, error=error
    )


def _highlevel_rows(store: Store, q: str) -> list[Row]:
    rows = [_highlevel_row(each) for each in highlevel.contact_list(store, q)]
    return sorted(rows, key=_changed, reverse=True)


def _highlevel_row(contact: Document) -> Row:
    changed_at = contact.get("dateUpdated")
    return Row(
        id=contact["id"],
        name=contact.get("name", ""),
        email=contact.get("email", ""),
        phone=contact.get("phone", ""),
        company=contact.get("companyName", ""),
        marks=tuple(contact.get("tags", [])),
        changed_at=datetime.fromisoformat(changed_at) if changed_at else None,
    )


def _changed(row: Row) -> float:
    return row.changed_at.timestamp() if row.changed_at else 0.0


def _highlevel_values(context: Context, contact_id: str) -> Mapping[str, Any]:
    for contact in highlevel.contact_list(context.store, ""):
        if contact["id"] == contact_id:
            return contact | {"tags": ", ".join(contact.get("tags", []))}
    raise LookupError(contact_id)


def _highlevel_save(
    context: Context, contact_id: str | None, values: dict[str, str]
) -> None:
    tags = [tag.strip() for tag in values["tags"].split(",") if tag.strip()]
    fields: dict[str, Any] = values | {"tags": tags}
    highlevel.contact_save(context, contact_id, fields)


def _highlevel_delete(context: Context, contact_id: str) -> None:
    highlevel.contact_delete(context, contact_id)


def _zoho_rows(store: Store, q: str) -> list[Row]:
    return [_zoho_row(each) for each in zoho.contact_list(store, q)]


def _zoho_row(contact: Document) -> Row:
    marks = [contact["status"]] if contact["status"] != "active" else []
    marks += ["vendor"] if contact["contact_type"] == "vendor" else []
    person = f"{contact['first_name']} {contact['last_name']}".strip()
    same = person.casefold() == contact["contact_name"].casefold()
    return Row(
        id=contact["contact_id"],
        name=contact["contact_name"],
        email=contact["email"],
        phone=contact["phone"],
        company=" · ".join(
            part for part in ("" if same else person, contact["company_name"]) if part
        ),
        marks=tuple(marks),
        changed_at=datetime.fromisoformat(contact["last_modified_time"]),
    )


def _zoho_save(
    context: Context, contact_id: str | None, values: dict[str, str]
) -> None:
    zoho.contact_save(context, contact_id, values)


SYSTEMS = {
    "highlevel": System(
        key="highlevel",
        label="HighLevel",
        fields=(
            Field("firstName", "First name"),
            Field("lastName", "Last name"),
            Field("email", "E-mail", "email"),
            Field("phone", "Phone", "tel"),
            Field("companyName", "Company"),
            Field("website", "Website"),
            Field("address1", "Street"),
            Field("city", "City"),
            Field("postalCode", "Post code"),
            Field("country", "Country (two letters)"),
            Field("tags", "Tags, with commas"),
        ),
        rows=_highlevel_rows,
        values=_highlevel_values,
        save=_highlevel_save,
        delete=_highlevel_delete,
    ),
    "zoho": System(
        key="zoho",
        label="Zoho Invoice",
        fields=(
            Field("contact_name", "Contact name (unique)"),
            Field("first_name", "First name"),
            Field("last_name", "Last name"),
            Field("email", "E-mail", "email"),
            Field("phone", "Phone", "tel"),
            Field("company_name", "Company"),
            Field("website", "Website"),
            Field("status", "Status", "select", ("active", "inactive")),
            Field("notes", "Notes", "textarea"),
        ),
        rows=_zoho_rows,
        values=zoho.contact_get,
        save=_zoho_save,
        delete=zoho.contact_delete,
    ),
}
