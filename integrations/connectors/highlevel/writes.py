"""Which calls write a contact of HighLevel, decided before any is made. Pure.

create          POST /contacts/, its tags with it
without company PUT /contacts/{id}
with company    look-up, then POST /contacts/upsert, which finds by e-mail and phone
company + key   PUT, then look-up and upsert by the new keys
tags            calls of their own, see tags.py
delete          DELETE /contacts/{id}

PUT does not take the company's name (sheet §5.1). An upsert names no id: it must carry
keys that nobody else has, and one that matches an additional e-mail moves that to the
front and loses the former one (§8, #337). So the look-up proves first, by the read that
matches as an upsert does, that these are this contact's own first keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crosswalk.errors import RemoteRejected
from integrations.connectors.base import Field, Record, Step, Values
from integrations.connectors.highlevel import customs, tags
from integrations.connectors.highlevel.contact_spec import CONTACTS
from integrations.connectors.highlevel.customs import Customs
from integrations.connectors.highlevel.spec import LABEL

CREATE, UPDATE, UPSERT, DELETE = "create", "update", "upsert", "delete"
LOOK_UP = "look_up"
COMPANY, TAGS = "companyName", "tags"
KEYS = ("email", "phone")
# Not nullable in HighLevel's schema: emptied by an empty text (sheet §5.1, §10.9).
NOT_NULL = {"postalCode": "", "country": "", "dnd": False}
BLANKS: dict[str, dict[str, Any]] = {
    CREATE: {},
    UPDATE: NOT_NULL,
    UPSERT: {**NOT_NULL, "source": "", "assignedTo": ""},
}


def steps_of(
    location_id: str, before: Record | None, after: Values, known: Customs
) -> Sequence[Step]:
    """Return the cheapest documented calls that write `after`."""
    refuse_unwritable(CREATE if before is None else UPSERT, after, known)
    if before is None:
        return [create_step(location_id, after, known)]
    fields = {key: value for key, value in after.items() if key != TAGS}
    steps = field_steps(location_id, before, fields, known)
    if TAGS in after:
        steps += tags.steps_of(before, after[TAGS])
    return steps


def field_steps(
    location_id: str, before: Record, after: Values, known: Customs
) -> list[Step]:
    """Return the calls that write anything but tags."""
    if COMPANY not in after:
        return [update_step(after, known)] if after else []
    keys = keys_of(before, after)
    look_up = Step(LOOK_UP, f"{LABEL}: look the contact up", body=keys, writes=False)
    if not any(key in after for key in KEYS):
        return [look_up, upsert_step(location_id, keys, after, known)]
    others = {key: value for key, value in after.items() if key != COMPANY}
    company = {COMPANY: after[COMPANY]}
    return [
        update_step(others, known),
        look_up,
        upsert_step(location_id, keys, company, known),
    ]


def delete_steps(before: Record) -> Sequence[Step]:
    """Return the call that deletes a contact, its notes and tasks with it."""
    return [Step(DELETE, f"{LABEL}: delete contact")]


def create_step(location_id: str, after: Values, known: Customs) -> Step:
    """Return the create; an empty field is left out rather than sent."""
    values = {key: value for key, value in after.items() if value not in (None, [])}
    if TAGS in values:
        values[TAGS] = tags.unique(values[TAGS])
    return Step(
        kind=CREATE,
        label=f"{LABEL}: create contact",
        fields=tuple(values),
        body={"locationId": location_id, **as_sent(CREATE, values, known)},
    )


def update_step(after: Values, known: Customs) -> Step:
    """Return the update; it must not carry the location (sheet §3)."""
    return Step(
        kind=UPDATE,
        label=f"{LABEL}: update contact",
        fields=tuple(after),
        body=as_sent(UPDATE, after, known),
    )


def upsert_step(location_id: str, keys: Values, after: Values, known: Customs) -> Step:
    """Return the upsert that changes the contact of these keys."""
    return Step(
        kind=UPSERT,
        label=f"{LABEL}: update contact with its company",
        fields=tuple(after),
        body={"locationId": location_id, **keys, **as_sent(UPSERT, after, known)},
    )


def keys_of(before: Record, after: Values) -> dict[str, Any]:
    """Return the e-mail and phone by which an upsert finds this contact and no other.

    `facts["ambiguous_keys"]` names those that several contacts share. RemoteRejected
    when none is left.
    """
    shared = before.facts.get("ambiguous_keys") or ()
    now = {**before.values, **after}
    keys = {key: now[key] for key in KEYS if now.get(key) and key not in shared}
    if not keys:
        raise no_key_of_its_own("no key is unique")
    return keys


def no_key_of_its_own(detail: str) -> RemoteRejected:
    """Return the error of a contact that no upsert can name."""
    return RemoteRejected(
        "HighLevel changes the company only of a person with an e-mail or a phone "
        "number of their own. Give this person one, or change the company there.",
        detail=f"companyName cannot be written by PUT, and {detail}",
        code="company_not_writable",
        fields={COMPANY: "not writable without an e-mail or phone of their own"},
    )


def as_sent(kind: str, after: Values, known: Customs) -> dict[str, Any]:
    """Return values as a call sends them: empty is null where that is allowed."""
    blanks = BLANKS[kind]
    own = {key: value for key, value in after.items() if key in known}
    body = {
        key: blanks.get(key) if value is None else value
        for key, value in after.items()
        if key not in own
    }
    if own:
        body["customFields"] = customs.sent(own, known)
    return body


def refuse_unwritable(operation: str, after: Values, known: Customs) -> None:
    """Raise when a value has no way in: it must not vanish in silence."""
    for key in after:
        field = CONTACTS.field(key) or known.get(key)
        if field is not None and is_way_in(field, operation):
            continue
        raise RemoteRejected(
            f"HighLevel’s field “{field.label if field else key}” cannot be written.",
            code="field_not_writable",
            fields={key: "not writable"},
        )


def is_way_in(field: Field, operation: str) -> bool:
    """Say whether a field can be written on a create, or by any call afterwards."""
    return operation in field.writes or (
        operation != CREATE and bool(field.writes - {CREATE})
    )
