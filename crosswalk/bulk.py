"""Writing many rows at once, where Django would take a statement for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, models, router
from django.db import connections as databases


def rows_update(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Save these fields of stored rows of one model, in one prepared statement.

    Measured: several times faster than `save` of each, and than `bulk_update`, whose
    CASE grows with rows times fields. Raises DatabaseError when one of the rows is no
    longer there, as `save(update_fields=…)` does.
    """
    if not rows:
        return
    meta = type(rows[0])._meta
    columns: list[models.Field[Any, Any]] = [
        field
        for field in (meta.get_field(name) for name in fields)
        if isinstance(field, models.Field)
    ]
    database = databases[router.db_for_write(type(rows[0]))]
    quote = database.ops.quote_name
    key = meta.pk
    assigned = ", ".join(f"{quote(str(field.column))} = %s" for field in columns)
    statement = (
        f"UPDATE {quote(meta.db_table)} SET {assigned} "  # noqa: S608 - our own names
        f"WHERE {quote(str(key.column))} = %s"
    )
    values = [
        [
            *(f.get_db_prep_save(f.pre_save(row, False), database) for f in columns),
            row.pk,
        ]
        for row in rows
    ]
    with database.cursor() as cursor:
        cursor.executemany(statement, values)
        if cursor.rowcount != len(rows):
            raise DatabaseError(f"{meta.label}: a row to be saved is gone")
