"""The sandbox's memory: documents by kind and id, written through to SQLite."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]
# Under which keys an index files a document. The function itself is the index's name,
# so it must be a module's own function, not one made anew at each call.
Keys = Callable[[Document], Iterable[str]]

SCHEMA = """
create table if not exists documents (
    seq integer primary key autoincrement,
    kind text not null, id text not null, body text not null,
    unique (kind, id)
);
create table if not exists counters (name text primary key, value integer not null);
"""


def copied(value: Any) -> Any:
    """A deep copy of plain JSON data; several times faster than copy.deepcopy."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


class Store:
    """Thread safe. What goes in and out is a copy, so nobody shares a document.

    Hold `store.lock` around several calls that belong together.
    """

    def __init__(self, path: str | None = None) -> None:
        self.lock = threading.RLock()
        self._documents: dict[str, dict[str, Document]] = {}
        self._indexes: dict[str, dict[Keys, dict[str, dict[str, None]]]] = {}
        self._versions: dict[str, int] = {}
        self._counters: dict[str, int] = {}
        self._db = self._open(path) if path else None
        if self._db:
            self._read_all(self._db)

    def get(self, kind: str, id: str) -> Document | None:
        with self.lock:
            document = self._documents.get(kind, {}).get(id)
            return copied(document) if document is not None else None

    def put(self, kind: str, id: str, doc: Document) -> None:
        with self.lock:
            documents = self._documents.setdefault(kind, {})
            old, documents[id] = documents.get(id), copied(doc)
            self._refile(kind, id, old, documents[id])
            self._execute(
                "insert into documents (kind, id, body) values (?, ?, ?)"
                " on conflict (kind, id) do update set body = excluded.body",
                (kind, id, json.dumps(doc)),
            )

    def delete(self, kind: str, id: str) -> bool:
        with self.lock:
            old = self._documents.get(kind, {}).pop(id, None)
            self._refile(kind, id, old, None)
            self._execute("delete from documents where kind = ? and id = ?", (kind, id))
            return old is not None

    def all(self, kind: str) -> list[Document]:
        """Copies of all documents of a kind, oldest first."""
        return [copied(document) for document in self.scan(kind)]

    def scan(self, kind: str) -> list[Document]:
        """The documents themselves, oldest first: for reading only, never to change.

        A put replaces a document as a whole, so what was scanned stays as it was.
        """
        with self.lock:
            return list(self._documents.get(kind, {}).values())

    def peek(self, kind: str, id: str) -> Document | None:
        """The document itself: for reading only, never to change."""
        with self.lock:
            return self._documents.get(kind, {}).get(id)

    def find(self, kind: str, keys: Keys, key: str) -> list[Document]:
        """The documents that `keys` files under this key: for reading only.

        The first call builds the index, later ones cost what they find.
        """
        with self.lock:
            index = self._indexes.setdefault(kind, {}).get(keys)
            if index is None:
                index = self._build(kind, keys)
            documents = self._documents.get(kind, {})
            return [documents[id] for id in index.get(key, ())]

    def version(self, kind: str) -> int:
        """A number that differs after every change to this kind, for caches."""
        with self.lock:
            return self._versions.get(kind, 0)

    def counter(self, name: str) -> int:
        """The next number of this name: 1, 2, 3 … also across restarts."""
        with self.lock:
            value = self._counters.get(name, 0) + 1
            self._counters[name] = value
            self._execute(
                "insert into counters (name, value) values (?, ?)"
                " on conflict (name) do update set value = excluded.value",
                (name, value),
            )
            return value

    def clear(self) -> None:
        with self.lock:
            for kind in self._documents:
                self._versions[kind] = self._versions.get(kind, 0) + 1
            self._documents.clear()
            self._indexes.clear()
            self._counters.clear()
            self._execute("delete from documents")
            self._execute("delete from counters")

    def close(self) -> None:
        with self.lock:
            if self._db:
                self._db.close()
                self._db = None

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Write many documents as one transaction; for seeding thousands."""
        with self.lock:
            self._execute("begin")
            try:
                yield
            finally:
                self._execute("commit")

    def _build(self, kind: str, keys: Keys) -> dict[str, dict[str, None]]:
        index: dict[str, dict[str, None]] = {}
        for id, document in self._documents.get(kind, {}).items():
            for key in keys(document):
                index.setdefault(key, {})[id] = None
        self._indexes[kind][keys] = index
        return index

    def _refile(
        self, kind: str, id: str, old: Document | None, new: Document | None
    ) -> None:
        self._versions[kind] = self._versions.get(kind, 0) + 1
        for keys, index in self._indexes.get(kind, {}).items():
            before = set(keys(old)) if old is not None else set()
            after = list(keys(new)) if new is not None else []
            for key in before.difference(after):
                index[key].pop(id, None)
            for key in after:
                index.setdefault(key, {})[id] = None

    def _execute(self, sql: str, parameters: tuple[object, ...] = ()) -> None:
        if self._db:
            self._db.execute(sql, parameters)

    @staticmethod
    def _open(path: str) -> sqlite3.Connection:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # Autocommit: each put is its own transaction, so kill -9 loses nothing.
        db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = off")
        db.executescript(SCHEMA)
        return db

    def _read_all(self, db: sqlite3.Connection) -> None:
        for kind, id, body in db.execute(
            "select kind, id, body from documents order by seq"
        ):
            self._documents.setdefault(kind, {})[id] = json.loads(body)
        self._counters = dict(db.execute("select name, value from counters"))
