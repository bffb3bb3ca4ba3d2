"""Django's PostgreSQL backend, emptied between tests by DELETE instead of TRUNCATE.

TRUNCATE makes new files for every table and index: over a second for our hundred
tables, after each of the tests that need real transactions. Deleting the few rows that
such a test leaves takes milliseconds; its order does not matter, since Django's foreign
keys are checked at the end of the transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    """PostgreSQL's operations with a cheap flush."""

    def sql_flush(
        self,
        style: Any,
        tables: Sequence[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        """Return the statements that empty the tables."""
        if reset_sequences or allow_cascade:
            return super().sql_flush(
                style,
                tables,
                reset_sequences=reset_sequences,
                allow_cascade=allow_cascade,
            )
        return [f"DELETE FROM {self.quote_name(name)}" for name in tables]  # noqa: S608


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with these operations."""

    ops_class = DatabaseOperations
