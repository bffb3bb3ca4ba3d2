"""The field catalogue of a connection: the standard fields and the account's own.

Standard fields are facts of the connector. An account's own ("custom") fields are read
from the vendor when it is connected or checked, when a person asks, and once a day;
pages, planning and connectors work with what was stored and make no call for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from integrations import registry
from integrations.connectors.base import Catalogue, Field, ObjectSpec
from integrations.fields.foreignfields import fields_stored
from integrations.models import Connection, CustomFields

# What people choose for an account (`Connection.options`) that its connector must know.
FACT_OPTIONS = ("unique_field", "project_tasks")


@dataclass(frozen=True, slots=True)
class OwnFields:
    """An object type's own fields, and what the account adds to standard ones.

    `is_complete`: they were read, and the system names all there are. Only then is a
    field that is not among them known not to exist.
    """

    fields: tuple[Field, ...] = ()
    added: tuple[Field, ...] = ()
    is_complete: bool = False

    def over(self, spec: ObjectSpec) -> ObjectSpec:
        """Return the facts of an object type as they are in this account."""
        added = {field.key: field for field in self.added}
        if not self.fields and not added:
            return spec
        standard = (
            _with(f, added[f.key]) if f.key in added else f for f in spec.fields
        )
        return replace(spec, fields=(*standard, *self.fields))


def _with(field: Field, added: Field) -> Field:
    """Return a standard field with what an account adds to it."""
    return replace(field, options=added.options, names=added.names, help=added.help)


@dataclass(frozen=True, slots=True)
class CatalogueState:
    """What is known of an object type's own fields, for pages."""

    object_type: str
    label: str
    count: int
    read_at: datetime | None
    error: str


def fields_of(connection: Connection, object_type: str) -> tuple[Field, ...]:
    """Return the fields of an object type: the standard ones, then the account's own.

    No call. KeyError when the system has no such object type.
    """
    return object_spec_of(connection, object_type).fields


def object_spec_of(connection: Connection, object_type: str) -> ObjectSpec:
    """Return the facts of an object type with the account's own fields among them."""
    spec = registry.spec(connection.kind).known(object_type)
    if spec is None:
        raise KeyError(object_type)
    return own_fields(connection, object_type).over(spec)


def own_fields(connection: Connection, object_type: str) -> OwnFields:
    """Return the account's own fields of an object type, as last read."""
    return _held(connection).get(object_type, OwnFields())


def catalogue_of(connection: Connection) -> Catalogue:
    """Return object type → the account's own fields, for its connector."""
    return {key: own.fields for key, own in _held(connection).items()}


def _held(connection: Connection) -> dict[str, OwnFields]:
    """Return what is stored, read from the database once a connection object."""
    held: dict[str, OwnFields] = connection.own_fields
    if not held:
        rows = {row.object_type: row for row in connection.custom_fields.all()}
        system = registry.spec(connection.kind)
        for spec in system.objects:
            own = _own(spec, rows.get(spec.key), is_all=system.lists_own_fields)
            held[spec.key] = own
        for spec in system.texts:
            held[spec.key] = _texts_among(held.get(spec.part_of, OwnFields()))
    return held


def _texts_among(own: OwnFields) -> OwnFields:
    """Return the long texts among an object type's own fields."""
    texts = tuple(field for field in own.fields if field.type == "long_text")
    return OwnFields(texts, is_complete=own.is_complete)


def _own(spec: ObjectSpec, row: CustomFields | None, *, is_all: bool) -> OwnFields:
    if row is None or (row.error and not row.fields):
        return OwnFields()
    standard = {field.key for field in spec.fields}
    fields = fields_stored(row.fields)
    return OwnFields(
        tuple(f for f in fields if f.is_custom and f.key not in standard),
        tuple(f for f in fields if not f.is_custom),
        is_complete=is_all,
    )


def catalogue_forget(connection: Connection) -> None:
    """Have the catalogue of a connection object read from the database again."""
    connection.own_fields.clear()


def catalogue_states(connection: Connection) -> list[CatalogueState]:
    """Return what is known of each object type that can have fields of its own."""
    rows = {row.object_type: row for row in connection.custom_fields.all()}
    return [
        _state(spec, rows.get(spec.key))
        for spec in registry.spec(connection.kind).objects
        if not spec.parent
    ]


def catalogue_state(connection: Connection, object_type: str) -> CatalogueState:
    """Return what is known of the own fields of one object type."""
    spec = registry.spec(connection.kind).object(object_type)
    return _state(
        spec, connection.custom_fields.filter(object_type=object_type).first()
    )


def facts_with_options(connection: Connection) -> Mapping[str, Any]:
    """Return the facts of the account, with what people chose for it."""
    chosen = {k: connection.options.get(k) for k in FACT_OPTIONS}
    return {**connection.facts, **{k: v for k, v in chosen.items() if v}}


def field_json(field: Field) -> dict[str, Any]:
    """Return a field as it is stored."""
    data = asdict(field)
    for key in ("reads", "writes"):
        data[key] = sorted(data[key])
    return {**data, "options": [*field.options], "names": [*field.names]}


def _state(spec: ObjectSpec, row: CustomFields | None) -> CatalogueState:
    if row is None:
        return CatalogueState(spec.key, spec.label_plural, 0, None, "")
    count = sum(field.is_custom for field in fields_stored(row.fields))
    return CatalogueState(spec.key, spec.label_plural, count, row.read_at, row.error)
