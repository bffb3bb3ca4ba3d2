"""What JSON columns hold under a key, as text to group by, alike in both databases."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Func, TextField


class HeldAt(Func):
    """The value under a key as JSON text: NULL where the key is absent, 'null' where
    it is there and empty."""

    arity = 1
    output_field = TextField()

    def __init__(self, column: str, key: str) -> None:
        super().__init__(column)
        self.key = key

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        return f"({sql} -> %s)::text", [*params, self.key]

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """SQLite's JSON has no booleans once they are taken out: their type says them."""
        sql, params = compiler.compile(self.source_expressions[0])
        path = f"$.{json.dumps(self.key)}"
        kind, value = f"json_type({sql}, %s)", f"json_extract({sql}, %s)"
        said = (
            f"CASE WHEN {kind} IS NULL THEN NULL "
            f"WHEN {kind} IN ('true', 'false') THEN {kind} ELSE json_quote({value}) END"
        )
        return said, tuple([*params, path] * 4)
