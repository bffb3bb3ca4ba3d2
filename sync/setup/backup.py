"""The backup before going live: what both sides have in the mapped fields, as CSV files.

From what was read last, so it costs no call; streamed, so its size does not matter. It
is for looking up or importing again what a value was before the sync wrote to it.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.utils.text import slugify

from crosswalk.clock import iso, now
from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from mapping.convert import Side
from mapping.models import Mapping
from sync.context import SIDES
from sync.engine.types import Policy
from sync.models import Sync
from sync.policy import (
    object_spec,
    policy_build,
    remote_type,
    side_connection,
    system_name,
)
from workspaces.services import audit

BOM = "\ufeff"  # without it, spreadsheet programs take UTF-8 for something else
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so may be executed
ROWS = 500
ABOUT = """\
Backup of the sync "{name}", made {at}.

One file a system and kind of record. The first column is the record's id in that system,
the others are the mapped fields, as they were last read. Records that were deleted there
are not in it. Nothing of it was read anew for this backup.

It is for looking up what a value was before the sync wrote to it, and for importing it
again by the means of that system. An apostrophe was put before values that begin with
= + - or @, so that no spreadsheet program takes them for a formula: remove it before you
import such a value.
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file of the backup."""

    name: str
    heads: Sequence[str]
    keys: Sequence[str]
    rows: QuerySet[RemoteRecord]


def backup_open(*, sync: Sync, actor: AbstractBaseUser | None) -> Iterator[bytes]:
    """Return the backup of a sync as the bytes of a zip file, made as they are taken.

    Raises ConfigError when nothing is mapped or nothing was read yet.
    """
    sheets = backup_sheets(sync)
    people = sum(sheet.rows.count() for sheet in sheets)
    if not people:
        raise ConfigError(
            f"Nothing of “{sync.name}” was read yet. Test it first: that reads both "
            "sides and writes nothing."
        )
    audit(
        workspace=sync.workspace,
        actor=actor,
        action="sync.backup_taken",
        subject=sync.name,
        data={"records": people},
    )
    about = ABOUT.format(name=sync.name, at=iso(now()))
    return _zipped(about, sheets)


def backup_name(sync: Sync) -> str:
    """Return the name of the file: contacts-backup-2026-11-21.zip."""
    return f"{slugify(sync.name) or 'sync'}-backup-{now():%Y-%m-%d}.zip"


def backup_sheets(sync: Sync) -> list[Sheet]:
    """Return the files of a backup: each side of each mapped object type."""
    mappings = Mapping.objects.filter(sync=sync, published__isnull=False)
    return [
        _sheet(sync, mapping.object_type, policy_build(sync, mapping), side)
        for mapping in mappings.select_related("published").order_by("object_type")
        for side in SIDES
    ]


def _sheet(sync: Sync, object_type: str, policy: Policy, side: Side) -> Sheet:
    connection = side_connection(sync, side)
    kind = remote_type(sync, side, object_type)
    labels = {f.key: f.label for f in object_spec(connection, kind).fields}
    keys = list(dict.fromkeys(key for rule in policy.rules for key in rule.keys(side)))
    named = [labels.get(key, key) for key in keys]
    heads = [
        label if named.count(label) == 1 else f"{label} ({key})"
        for key, label in zip(keys, named, strict=True)
    ]
    rows = RemoteRecord.objects.filter(
        connection=connection, object_type=kind, gone_at__isnull=True
    )
    name = f"{side}-{slugify(system_name(sync, side))}-{object_type}.csv"
    return Sheet(name, ["Id", *map(_safe, heads)], keys, rows.order_by("pk"))


# --- writing --------------------------------------------------------------------------


@dataclass(slots=True)
class _Sink(io.RawIOBase):
    """Takes what the zip file writes, until it is sent on. It cannot go back."""

    held: list[bytes] = field(default_factory=list)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.held.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        found, self.held = b"".join(self.held), []
        return found


def _zipped(about: str, sheets: Sequence[Sheet]) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", about)
        for sheet in sheets:
            with archive.open(sheet.name, "w", force_zip64=True) as file:
                for text in _lines(sheet):
                    file.write(text.encode())
                    if found := sink.taken():
                        yield found
    yield sink.taken()


def _lines(sheet: Sheet) -> Iterator[str]:
    """Yield a sheet as CSV, some rows at a time."""
    yield BOM + csv_text([sheet.heads])
    batch: list[list[str]] = []
    rows = sheet.rows.only("pk", "remote_id", "values")
    for row in rows.iterator(chunk_size=ROWS):
        cells = (cell(row.values.get(key)) for key in sheet.keys)
        batch.append([_safe(row.remote_id), *cells])
        if len(batch) == ROWS:
            yield csv_text(batch)
            batch = []
    yield csv_text(batch)


def csv_text(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as the lines of a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def cell(value: Any) -> str:
    """Return a value as the text of a cell that no spreadsheet program executes."""
    if value is None:
        return ""
    if isinstance(value, list):
        return _safe("; ".join(str(each) for each in value))
    if isinstance(value, dict):
        return _safe(json.dumps(value, ensure_ascii=False, sort_keys=True))
    return _safe(str(value))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
