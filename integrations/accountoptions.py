"""What people choose for an account: the reserve, and what its system lets them choose.

A connector is told of its choices through the account's facts (catalogue.FACT_OPTIONS).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import CrosswalkError
from integrations.connectors.base import Field
from integrations.fields.catalogue import fields_of
from integrations.models import Connection
from integrations.quotas.subjects import RESERVE_OPTION
from integrations.session import connection_session
from workspaces.services import audit

# kind → the options that its connector understands
OFFERED: Mapping[str, tuple[str, ...]] = {
    "zoho_invoice": ("unique_field", "project_tasks"),
}
UNIQUE_TYPES = frozenset({"text", "number", "email", "phone", "url"})


def options_offered(kind: str) -> tuple[str, ...]:
    """Return the options that a kind's connector understands, () for none."""
    return OFFERED.get(kind, ())


def unique_fields(connection: Connection) -> list[Field]:
    """Return the own fields of contacts that could hold a unique value."""
    return [
        field
        for field in fields_of(connection, "contact")
        if field.is_custom and "create" in field.writes and field.type in UNIQUE_TYPES
    ]


@transaction.atomic
def connection_options_save(
    *, connection: Connection, actor: AbstractBaseUser | None, **chosen: Any
) -> None:
    """Store what was chosen; other options stay. "" and None take one back."""
    row = Connection.objects.select_for_update().get(pk=connection.pk)
    before = dict(row.options)
    kept = {**before, **chosen}
    row.options = {k: v for k, v in kept.items() if v not in ("", None)}
    if row.options == before:
        return
    row.save(update_fields=["options"])
    connection.options = row.options
    audit(
        workspace=connection.workspace,
        actor=actor,
        action="connection.options_saved",
        subject=connection.name,
        data={"before": before, "after": row.options},
    )


def unique_field_problem(connection: Connection, key: str) -> str:
    """Ask the vendor whether it creates by this field; return why not, "" if it does.

    One call. A field that is chosen already was asked about then.
    """
    if not key or key == connection.options.get("unique_field"):
        return ""
    try:
        with connection_session(connection, lane="person") as session:
            probe = getattr(session.connector, "probe_unique_field", None)
            found = probe(key) if probe else None
    except CrosswalkError as error:
        return error.message
    return "" if found is None or found.honoured else str(found.text)


def reserve_save(
    *, connection: Connection, percent: int, actor: AbstractBaseUser | None
) -> None:
    """Store which part of the quota stays for what else uses the account."""
    connection_options_save(
        connection=connection, actor=actor, **{RESERVE_OPTION: percent}
    )
