"""Rows read and written by statements that Django need not build each time anew.

For the engine's inner loop, where building a statement takes longer than carrying it
out. Whatever is not done thousands of times a minute is better off with a queryset.
"""

from __future__ import annotations

import threading
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import UTC, datetime
from itertools import islice
from types import NoneType
from typing import Any, TypeVar

from django.db import DatabaseError, models, router
from django.db import connections as databases
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=models.Model)
Item = TypeVar("Item")
Convert = Callable[[Any, Any, BaseDatabaseWrapper], Any]

# what every driver takes as it is, from fields that do nothing to it on the way
_AS_IS = frozenset({str, int, float, bool, NoneType})
_PLAIN = frozenset(
    {
        models.AutoField,
        models.BigAutoField,
        models.BigIntegerField,
        models.BooleanField,
        models.CharField,
        models.FloatField,
        models.IntegerField,
        models.PositiveIntegerField,
        models.PositiveSmallIntegerField,
        models.TextField,
    }
)
_JSON = frozenset({dict, list})
_KEYS = frozenset({models.ForeignKey, models.OneToOneField})
_known = threading.local()  # each thread's tables: they hold on to its connection


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield items some at a time, as lists of a size; the last may be shorter."""
    found = iter(items)
    while batch := list(islice(found, size)):
        yield batch


# --- writing -----------------------------------------------------------------------------


def rows_update(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Save these fields of stored rows of one model, in one prepared statement.

    Measured: several times faster than `save` of each, and than `bulk_update`, whose
    CASE grows with rows times fields. Raises DatabaseError when one of the rows is no
    longer there, as `save(update_fields=…)` does.
    """
    if not rows:
        return
    table = _table(type(rows[0]))
    columns = [table.column(name) for name in fields]
    statement = table.update(columns, [table.key])
    values = [[*_values(row, columns, add=False), row.pk] for row in rows]
    with table.database.cursor() as cursor:
        cursor.executemany(statement, values)
        if cursor.rowcount != len(rows):
            raise DatabaseError(f"{table.label}: a row to be saved is gone")


def rows_change(
    model: type[models.Model], changes: Mapping[str, Any], **where: Any
) -> int:
    """Set fields of the rows that have all of some values; return how many there were.

    As `filter(**where).update(**changes)`, for plain fields and plain values.
    """
    table = _table(model)
    columns = [table.column(name) for name in changes]
    conditions = [table.column(name) for name in where]
    given = [*zip(columns, changes.values(), strict=True)]
    given += zip(conditions, where.values(), strict=True)
    with table.database.cursor() as cursor:
        cursor.execute(
            table.update(columns, conditions),
            [column.prepared(value) for column, value in given],
        )
        return int(cursor.rowcount)


def rows_insert(rows: Sequence[models.Model]) -> None:
    """Store new rows of one model in one prepared statement; they get no keys.

    For rows that nobody asks for their key: then it is several times faster than
    `bulk_create`, which puts each value through the compiler.
    """
    if not rows:
        return
    table = _table(type(rows[0]))
    with table.database.cursor() as cursor:
        statement = f"{table.into} VALUES {table.places}"
        cursor.executemany(statement, [table.values(row) for row in rows])


def values_insert(
    model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Store new rows given as values of these fields, which must be all it has.

    For rows so many and so small that making an object of each would take longer.
    """
    table = _table(model)
    columns = [table.column(name) for name in fields]
    if {column.name for column in columns} != {column.name for column in table.new}:
        raise TypeError(f"{table.label} has other fields than {', '.join(fields)}")
    names = ", ".join(column.name for column in columns)
    statement = f"INSERT INTO {table.name} ({names}) VALUES {table.places}"  # noqa: S608
    values = [
        [column.prepared(each) for column, each in zip(columns, row, strict=True)]
        for row in rows
    ]
    if values:
        with table.database.cursor() as cursor:
            cursor.executemany(statement, values)


def rows_create(rows: Sequence[models.Model]) -> None:
    """Store new rows of one model and give them their keys, as `bulk_create` does.

    Without its compiler; where a database cannot tell the keys, it is left to that.
    """
    if not rows:
        return
    table = _table(type(rows[0]))
    if not table.database.features.can_return_rows_from_bulk_insert:
        type(rows[0])._default_manager.bulk_create(rows)
        return
    for start in range(0, len(rows), table.at_once):
        table.create(rows[start : start + table.at_once])


def rows_delete(model: type[models.Model], keys: Collection[Any]) -> None:
    """Delete rows that nothing hangs under, by their keys."""
    if not keys:
        return
    table = _table(model)
    with table.database.cursor() as cursor:
        cursor.executemany(
            f"DELETE FROM {table.name} WHERE {table.key.name} = %s",  # noqa: S608
            [(key,) for key in keys],
        )


# --- reading -----------------------------------------------------------------------------


def rows_where(
    model: type[Row],
    any_of: Mapping[str, Collection[Any]],
    *,
    locked: bool = False,
    **where: Any,
) -> list[Row]:
    """Return the rows that have all values of `where` and one of those of `any_of`.

    In the order of their keys, `locked` until the transaction ends: so no two
    transactions wait for each other. `any_of` gives some values for one field or for
    several, of which one must fit; without any there is no row and no statement.
    """
    wanted = {name: list(values) for name, values in any_of.items() if values}
    if not wanted:
        return []
    table = _table(model)
    return table.read(wanted, where, locked=locked)


def values_at(model: type[models.Model], pk: Any, *fields: str) -> tuple[Any, ...]:
    """Return plain fields (texts, numbers) of a row; KeyError when it is gone."""
    table = _table(model)
    columns = [table.column(name) for name in fields]
    if not all(column.as_is for column in columns):
        raise TypeError(f"{table.label}: {', '.join(fields)} are not all plain")
    names = ", ".join(column.name for column in columns)
    with table.database.cursor() as cursor:
        cursor.execute(
            f"SELECT {names} FROM {table.name} "  # noqa: S608 - our own names
            f"WHERE {table.key.name} = %s",
            [pk],
        )
        found = cursor.fetchone()
    if found is None:
        raise KeyError(f"{table.label} {pk}")
    return tuple(found)


# --- tables ------------------------------------------------------------------------------


class _Column:
    """A column of a table: how a value gets into it."""

    def __init__(self, field: models.Field[Any, Any], database: BaseDatabaseWrapper):
        self.field = field
        self.database = database
        self.name = database.ops.quote_name(str(field.column))
        self.attribute = field.attname
        kind = type(field)
        self.as_is = _AS_IS if kind in _PLAIN else frozenset()
        if kind in _KEYS:
            self.as_is = frozenset({int, NoneType})
        self.is_moment = kind is models.DateTimeField
        self.is_naive = database.vendor == "sqlite" and database.timezone is UTC
        self.is_json = kind is models.JSONField
        self.is_given = not (
            getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
        )
        self.nothing: dict[type, Any] = {}
        if self.is_json:  # most are: asked for once
            self.nothing = {kind: self._as_json(kind()) for kind in _JSON}

    def prepared(self, value: Any) -> Any:
        """Return a value as the driver takes it."""
        kind = type(value)
        if kind in self.as_is:
            return value
        if self.is_moment and kind is datetime and value.tzinfo is not None:
            if self.is_naive and value.tzinfo is UTC:  # as it does, at a third
                return str(value.replace(tzinfo=None))
            return self.database.ops.adapt_datetimefield_value(value)
        if self.is_json and kind in _JSON:
            return self._as_json(value) if value else self.nothing[kind]
        if isinstance(value, models.Model):
            value = value.pk
        return self.field.get_db_prep_save(value, self.database)

    def _as_json(self, value: Any) -> Any:
        return self.database.ops.adapt_json_value(value, self.field.encoder)  # type: ignore[attr-defined]


def _values(
    row: models.Model, columns: Iterable[_Column], *, add: bool
) -> Iterator[Any]:
    """Yield values of a row as the driver takes them: most are plain."""
    for column in columns:
        if column.is_given:
            value = getattr(row, column.attribute)
        else:
            value = column.field.pre_save(row, add)
        yield value if type(value) in column.as_is else column.prepared(value)


class _Table:
    """The table of a model as one connection knows it."""

    def __init__(self, model: type[models.Model], database: BaseDatabaseWrapper):
        meta = model._meta
        self.model = model
        self.database = database
        self.label = meta.label
        quote = database.ops.quote_name
        self.name = quote(meta.db_table)
        fields = meta.local_concrete_fields
        self.columns = {field.name: _Column(field, database) for field in fields}
        self.key = self.column(_name_of(meta.pk))
        self.new = [c for c in self.columns.values() if not c.field.primary_key]
        names = ", ".join(column.name for column in self.new)
        self.into = f"INSERT INTO {self.name} ({names})"
        self.places = f"({', '.join(['%s'] * len(self.new))})"
        most = database.features.max_query_params or 10_000
        self.at_once = max(1, most // len(self.new))
        self.attributes = [field.attname for field in fields]
        self.converts = _converts(fields, meta.db_table, database)
        read = ", ".join(column.name for column in self.columns.values())
        self.select = f"SELECT {read} FROM {self.name}"  # noqa: S608 - our own names

    def column(self, name: str) -> _Column:
        """Return a column by its field's name, `pk` for the key."""
        if name == "pk":
            return self.key
        return self.columns[name]

    def update(self, columns: Sequence[_Column], conditions: Sequence[_Column]) -> str:
        """Return the statement that sets columns where others have values."""
        return (
            f"UPDATE {self.name} SET {_each_equal(columns, ', ')} "  # noqa: S608
            f"WHERE {_each_equal(conditions, ' AND ')}"
        )

    def values(self, row: models.Model) -> list[Any]:
        """Return the values of a new row."""
        return list(_values(row, self.new, add=True))

    def create(self, rows: Sequence[models.Model]) -> None:
        """Insert rows, and give them their keys."""
        places = ", ".join([self.places] * len(rows))
        values = [value for row in rows for value in self.values(row)]
        statement = f"{self.into} VALUES {places} RETURNING {self.key.name}"
        with self.database.cursor() as cursor:
            cursor.execute(statement, values)
            keys = cursor.fetchall()
        for row, (key,) in zip(rows, keys, strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, self.database.alias

    def read(
        self,
        any_of: Mapping[str, Sequence[Any]],
        where: Mapping[str, Any],
        *,
        locked: bool,
    ) -> list[Any]:
        """Return rows as `rows_where` promises them."""
        choices = " OR ".join(
            f"{self.column(name).name} IN ({', '.join(['%s'] * len(values))})"
            for name, values in any_of.items()
        )
        conditions = [self.column(name) for name in where]
        # "+" for SQLite: what they have in common is no way to few of them, as any index
        # that begins with it would seem to be
        mark = "+" if len(any_of) > 1 and self.database.vendor == "sqlite" else ""
        all_of = "".join(f"{mark}{column.name} = %s AND " for column in conditions)
        # "+": by an index that is in the order of the keys, too, SQLite would rather go
        # through all rows of an account than look up a few of them
        order = f"ORDER BY +{self.key.name}"
        statement = f"{self.select} WHERE {all_of}({choices}) {order}"
        if locked and self.database.features.has_select_for_update:
            statement += " FOR UPDATE"
        given = [(self.column(name), value) for name, value in where.items()]
        for name, values in any_of.items():
            given += [(self.column(name), value) for value in values]
        with self.database.cursor() as cursor:
            cursor.execute(statement, [c.prepared(value) for c, value in given])
            found = cursor.fetchall()
        return [self._row(list(each)) for each in found]

    def _row(self, values: list[Any]) -> models.Model:
        for place, expression, converts in self.converts:
            for convert in converts:
                values[place] = convert(values[place], expression, self.database)
        # as `from_db` does, without setting a hundred thousand fields one by one
        row = self.model.__new__(self.model)
        row.__dict__.update(zip(self.attributes, values, strict=True))
        row._state = ModelState()
        row._state.adding, row._state.db = False, self.database.alias
        return row


def _table(model: type[models.Model]) -> _Table:
    """Return the table of a model, for this thread's connection."""
    database = databases[router.db_for_write(model)]
    tables: dict[type[models.Model], _Table] = _known.__dict__.setdefault("tables", {})
    found = tables.get(model)
    if found is None or found.database is not database:
        found = tables[model] = _Table(model, database)
    return found


def _converts(
    fields: Iterable[models.Field[Any, Any]], table: str, database: BaseDatabaseWrapper
) -> list[tuple[int, Any, list[Convert]]]:
    """Return what turns values of the driver into Python's, by their places."""
    found = []
    for place, field in enumerate(fields):
        expression = field.get_col(table)
        converts = [
            *database.ops.get_db_converters(expression),
            *expression.get_db_converters(database),
        ]
        if converts:
            found.append((place, expression, converts))
    return found


def _each_equal(columns: Iterable[_Column], between: str) -> str:
    return between.join(f"{column.name} = %s" for column in columns)


def _name_of(field: Any) -> str:
    if not isinstance(field, models.Field):
        raise TypeError(f"{field} is no column")
    return field.name
