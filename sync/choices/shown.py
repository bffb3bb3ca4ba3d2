"""What was shown: a form carries a stamp of what its card said, and brings it back.

Between the page and the click a poll may have seen an edit, a second field may conflict,
somebody more may be gone. What is decided counts for what the person saw: where the stamp
of what is stored is another one by then, it is refused and nothing changes. A caller that
shows no page sends none (None): it decides about what is stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sync.models import PendingDelete, SyncRecord
from synclog.models import SyncRun

GONE_ON = "This was settled meanwhile. Look again."
Shown = Mapping[str, str]  # key of what was ticked or pressed → its stamp


def stamp(*said: Any) -> str:
    """Return a short fingerprint of what is said to a person."""
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def must_be_as_shown(seen: str | None, now: str) -> None:
    """Raise ConfigError when a stamp that came back is not the one of today."""
    if seen is not None and seen != now:
        raise ConfigError(GONE_ON)


def shown_read(values: Iterable[str]) -> dict[str, str]:
    """Return what was ticked, key → stamp, from values like "12.0f3a…"."""
    parts = (value.partition(".") for value in values)
    return {key: seen for key, _, seen in parts}


def seen_of(shown: Shown | None, record: SyncRecord) -> str | None:
    """Return the stamp that came back for one of several; "" fits nothing."""
    return None if shown is None else shown.get(str(record.pk), "")


# --- of what ------------------------------------------------------------------------------


def conflicts_stamp(record: SyncRecord) -> str:
    """Return the stamp of fields that differ: which, and both their values."""
    return stamp("conflicts", record.pk, record.detail.get("conflicts") or [])


def removal_stamp(pending: PendingDelete) -> str:
    """Return the stamp of a question about who is left: why it is asked, of which state."""
    return stamp("removal", pending.pk, pending.at, pending.code, pending.version)


def canary_stamp(first: SyncRun) -> str:
    """Return the stamp of a run after whose people the rest waits."""
    return stamp("canary", first.pk)


def match_stamp(
    mine: int | None,
    candidates: Sequence[Mapping[str, Any]],
    rows: Mapping[int, RemoteRecord],
) -> str:
    """Return the stamp of somebody under review beside all who may be the same, the
    likeliest first. `rows`: these records, as they are shown."""
    people = [mine, *(each["record"] for each in candidates)]
    versions = [rows[pk].version if pk in rows else None for pk in people]
    return stamp("match", people, versions)


def match_stamp_now(mine: int | None, candidates: Sequence[Mapping[str, Any]]) -> str:
    """Return the stamp of somebody under review as the records are stored now."""
    people = [mine, *(each["record"] for each in candidates)]
    rows = RemoteRecord.objects.only("version").in_bulk([pk for pk in people if pk])
    return match_stamp(mine, candidates, rows)
