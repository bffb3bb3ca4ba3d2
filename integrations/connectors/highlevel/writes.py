"""Which calls write a contact of HighLevel, decided before any is made. Pure.

create          POST /contacts/
without company PUT /contacts/{id}
with company    POST /contacts/upsert, which finds the contact by e-mail and phone
company + key   PUT, then the upsert that names the contact by its new keys

PUT does not take the company's name (sheet §5.1); an upsert names no id, so it must
carry keys that nobody else has (§8).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crosswalk.errors import RemoteRejected
from integrations.connectors.base import Record, Step, Values
from integrations.connectors.highlevel.spec import CONTACTS, LABEL

CREATE, UPDATE, UPSERT = "create", "update", "upsert"
COMPANY = "companyName"
KEYS = ("email", "phone")
# Not nullable in HighLevel's schema: emptied by an empty text (sheet §5.1, §10.9).
BLANKS = {
    UPDATE: {"postalCode": "", "country": "", "dnd": False},
    UPSERT: {"postalCode": "", "country": "", "dnd": False, "source": ""},
}


def steps_of(location_id: str, before: Record | None, after: Values) -> Sequence[Step]:
    """Return the cheapest documented calls that write `after`."""
    refuse_unwritable(CREATE if before is None else UPSERT, after)
    if before is None:
        return [create_step(location_id, after)]
    if COMPANY not in after:
        return [update_step(after)] if after else []
    keys = keys_of(before, after)
    if not any(key in after for key in KEYS):
        return [upsert_step(location_id, keys, after)]
    others = {key: value for key, value in after.items() if key != COMPANY}
    company = {COMPANY: after[COMPANY]}
    return [update_step(others), upsert_step(location_id, keys, company)]


def create_step(location_id: str, after: Values) -> Step:
    """Return the create; an empty field is left out rather than sent."""
    values = {key: value for key, value in after.items() if value is not None}
    return Step(
        kind=CREATE,
        label=f"{LABEL}: create contact",
        fields=tuple(values),
        body={"locationId": location_id, **values},
    )


def update_step(after: Values) -> Step:
    """Return the update; it must not carry the location (sheet §3)."""
    return Step(
        kind=UPDATE,
        label=f"{LABEL}: update contact",
        fields=tuple(after),
        body=as_sent(UPDATE, after),
    )


def upsert_step(location_id: str, keys: Values, after: Values) -> Step:
    """Return the upsert that changes the contact of these keys."""
    return Step(
        kind=UPSERT,
        label=f"{LABEL}: update contact with its company",
        fields=tuple(after),
        body={"locationId": location_id, **keys, **as_sent(UPSERT, after)},
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
        raise RemoteRejected(
            "HighLevel changes the company only of a person with an e-mail or a phone "
            "number of their own. Give this person one, or change the company there.",
            detail="companyName cannot be written by PUT, and no key is unique",
            code="company_not_writable",
            fields={COMPANY: "not writable without an e-mail or phone of their own"},
        )
    return keys


def as_sent(kind: str, after: Values) -> dict[str, Any]:
    """Return values as a call sends them: empty is null where that is allowed."""
    blanks = BLANKS[kind]
    return {
        key: blanks.get(key) if value is None else value for key, value in after.items()
    }


def refuse_unwritable(operation: str, after: Values) -> None:
    """Raise when a value has no way in: it must not vanish in silence."""
    for key in after:
        field = CONTACTS.field(key)
        if field is None or operation not in field.writes:
            raise RemoteRejected(
                f"HighLevel’s field “{field.label if field else key}” cannot be "
                "written.",
                code="field_not_writable",
                fields={key: "not writable"},
            )
