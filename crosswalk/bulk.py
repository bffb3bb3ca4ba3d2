"""Writing many rows at once, where Django would take a statement for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, models, router
from django.db import connections as databases
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    Column = models.Field[Any, Any]


def rows_update(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Save these fields of stored rows of one model, in one prepared statement.

    Measured: several times faster than `save` of each, and than `bulk_update`, whose
    CASE grows with rows times fields. Raises DatabaseError when one of the rows is no
    longer there, as `save(update_fields=…)` does.
    """
    if not rows:
        return
    meta = type(rows[0])._meta
    columns = [_column(meta.get_field(name)) for name in fields]
    key = _column(meta.pk)
    database = databases[router.db_for_write(type(rows[0]))]
    quote = database.ops.quote_name
    assigned = ", ".join(f"{quote(str(field.column))} = %s" for field in columns)
    statement = (
        f"UPDATE {quote(meta.db_table)} SET {assigned} "  # noqa: S608 - our own names
        f"WHERE {quote(str(key.column))} = %s"
    )
    values = [[*_values(row, columns, database, add=False), row.pk] for row in rows]
    with database.cursor() as cursor:
        cursor.executemany(statement, values)
        if cursor.rowcount != len(rows):
            raise DatabaseError(f"{meta.label}: a row to be saved is gone")


def rows_insert(rows: Sequence[models.Model]) -> None:
    """Store new rows of one model in one prepared statement; they get no keys.

    For rows that nobody asks for their key: then it is several times faster than
    `bulk_create`, which puts each value through the compiler.
    """
    if not rows:
        return
    meta = type(rows[0])._meta
    columns = [field for field in meta.local_concrete_fields if not field.primary_key]
    database = databases[router.db_for_write(type(rows[0]))]
    quote = database.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in columns)
    places = ", ".join(["%s"] * len(columns))
    statement = (
        f"INSERT INTO {quote(meta.db_table)} ({names}) "  # noqa: S608 - our own names
        f"VALUES ({places})"
    )
    values = [_values(row, columns, database, add=True) for row in rows]
    with database.cursor() as cursor:
        cursor.executemany(statement, values)


def _column(field: Any) -> Column:
    if not isinstance(field, models.Field):
        raise TypeError(f"{field} is no column")
    return field


def _values(
    row: models.Model,
    columns: Sequence[Column],
    database: BaseDatabaseWrapper,
    *,
    add: bool,
) -> list[Any]:
    return [f.get_db_prep_save(f.pre_save(row, add), database) for f in columns]
