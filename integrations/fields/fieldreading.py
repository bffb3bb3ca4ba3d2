"""Reading the account's own fields from the vendor, and keeping them.

A read that fails keeps what was known and says why; a field that the vendor no longer
lists leaves the catalogue, and its stored values stay (docs/concepts.md).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

import httpx
from django.apps import apps
from django.db import transaction
from django.db.models import Q, QuerySet

from crosswalk.clock import now
from crosswalk.errors import CrosswalkError
from integrations import registry
from integrations.connectors.base import Connector, Field, ObjectSpec
from integrations.fields.catalogue import catalogue_forget, field_json, own_fields
from integrations.fields.foreignfields import MAX_FIELDS, fields_added, fields_checked
from integrations.models import Connection, CustomFields
from integrations.session import connection_session

READ_EVERY = timedelta(days=1)


def catalogue_refresh(
    connection: Connection,
    *,
    lane: str = "person",
    transport: httpx.BaseTransport | None = None,
) -> list[str]:
    """Read the own fields of every object type anew; return what went wrong, as
    sentences. Raises nothing that the vendor causes."""
    try:
        with connection_session(connection, lane=lane, transport=transport) as session:
            return catalogue_read(connection, session.connector)
    except CrosswalkError as error:  # there was no session: nothing could be asked
        for spec in registry.spec(connection.kind).objects:
            _failed(connection, spec.key, error.message)
        catalogue_forget(connection)
        return [error.message]


def catalogue_read(
    connection: Connection,
    connector: Connector,
    object_types: Collection[str] | None = None,
) -> list[str]:
    """Read and keep the fields of some object types (all) by a connector at hand."""
    problems = [
        _read(connection, spec, connector)
        for spec in connector.spec.objects
        if object_types is None or spec.key in object_types
    ]
    catalogue_forget(connection)
    return list(dict.fromkeys(problem for problem in problems if problem))


def catalogue_refresh_soon(connection: Connection) -> None:
    """Read the fields once this transaction is over; connecting never fails by it."""
    read = partial(catalogue_refresh_by_id, connection.pk)
    transaction.on_commit(read, robust=True)


def catalogue_refresh_by_id(pk: int, *, lane: str = "person") -> list[str]:
    """Read the fields of a connection that may be gone meanwhile."""
    found = Connection.objects.select_related("grant", "workspace").filter(pk=pk)
    connection = found.first()
    return catalogue_refresh(connection, lane=lane) if connection else []


def catalogues_due(moment: datetime | None = None) -> QuerySet[Connection]:
    """Return the working connections of syncs whose fields were last read a day ago."""
    uses = apps.get_model("sync", "Sync")._default_manager.values_list
    old = (moment or now()) - READ_EVERY
    recent = CustomFields.objects.filter(read_at__gt=old).values("connection_id")
    return Connection.objects.filter(
        Q(pk__in=uses("left_id")) | Q(pk__in=uses("right_id")),
        health__in=[Connection.Health.ACTIVE, Connection.Health.DEGRADED],
    ).exclude(pk__in=recent)


def _read(connection: Connection, spec: ObjectSpec, connector: Connector) -> str:
    """Read one object type; return what is wrong with it, "" when all is well."""
    try:
        live = list(connector.fields(spec.key))
    except CrosswalkError as error:
        _failed(connection, spec.key, error.message)
        return error.message
    fields, refused = fields_checked(live, spec.fields)
    if not connector.spec.lists_own_fields:
        fields = _with_known(connection, spec.key, fields)
    problem = _left_out(spec, len(fields), refused) if refused else ""
    CustomFields.objects.update_or_create(
        connection=connection,
        object_type=spec.key,
        defaults={
            "fields": [
                field_json(field)
                for field in (*fields, *fields_added(live, spec.fields))
            ],
            "read_at": now(),
            "error": problem[:400],
        },
    )
    return problem


def _with_known(
    connection: Connection, object_type: str, fields: list[Field]
) -> list[Field]:
    """Add what was known before, for a system that does not name all its fields: one
    that nobody has a value of today may still be there."""
    named = {field.key for field in fields}
    known = own_fields(connection, object_type).fields
    return [*fields, *(f for f in known if f.key not in named)][:MAX_FIELDS]


def _failed(connection: Connection, object_type: str, message: str) -> None:
    """Keep the fields that were known, with why they could not be read anew."""
    row, _made = CustomFields.objects.get_or_create(
        connection=connection, object_type=object_type, defaults={"read_at": now()}
    )
    row.error = message[:400]
    row.save(update_fields=["error"])


def _left_out(spec: ObjectSpec, kept: int, refused: int) -> str:
    if kept >= MAX_FIELDS:
        return (
            f"{spec.label_plural}: there are {kept + refused:,} own fields; the first "
            f"{MAX_FIELDS} can be mapped."
        )
    return f"{spec.label_plural}: {refused} own fields have no usable name."
