"""Beginnings: what begins with a text, found by an index in either database, also among
rows that must fit more than that."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Func, Q

LAST = "\U0010ffff"  # sorts after every other character


def begins(field: str, text: str) -> Q:
    """Return the condition that a field begins with a text, in just this case.

    SQLite's LIKE ignores case and therefore most indexes: there it is a range of the
    binary order. PostgreSQL wants LIKE and an index of `varchar_pattern_ops`.
    """
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": text + LAST})
    return Q(**{f"{field}__startswith": text})


class Unindexed(Func):
    """A column that no index is looked up by, so that a beginning beside it is.

    SQLite keeps no figures about its rows: it takes an equality or the index of the
    order for better than a beginning, and passes half the table. PostgreSQL counts.
    """

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        context["template"] = "+%(expressions)s"
        return self.as_sql(compiler, connection, **context)
