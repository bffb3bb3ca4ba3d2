"""Searching the log of a workspace: whom runs touched, by name, e-mail, phone or id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThan

from crosswalk import phones
from crosswalk.prefix import Unindexed, begins
from integrations.mirroring.lookup import PERSON
from integrations.models import Connection, RecordKey
from synclog.models import LogEntry
from synclog.searching import search_key
from workspaces.models import Workspace

MAX_WORDS = 200
MOST_PEOPLE = 200  # whose entries a search by phone or last name goes through
_BESIDE = ("outcome", "at")
_PHONE = re.compile(r"[+(]?[\d\s().\-/]{6,30}")


def log_list(
    workspace: Workspace,
    *,
    outcome: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    is_searched: bool = False,
) -> QuerySet[LogEntry]:
    """Return what runs did to people, of all runs of a workspace.

    `is_searched`: for the ways of `log_search`, whose indexes hold outcome and time, too.
    """
    found = LogEntry.objects.filter(workspace=workspace)
    kind, at = (Unindexed(F(name)) if is_searched else F(name) for name in _BESIDE)
    if outcome:
        found = found.filter(Exact(kind, outcome))
    if since:
        found = found.filter(GreaterThanOrEqual(at, since))
    if until:
        found = found.filter(LessThan(at, until))
    wide = ("checkpoint", "targets", "drift", "call_times", "operations", "undo")
    return found.select_related("run").defer(*(f"run__{name}" for name in wide))


@dataclass(frozen=True, slots=True)
class Ways:
    """Conditions of which an entry fits one, as `keyset_page` takes them; all if none."""

    ways: Sequence[Q] = ()
    few: Sequence[Q] = ()


def log_search(workspace: Workspace, words: str) -> Ways:
    """Return the ways in which entries may fit what was asked for, none for all entries.

    Each way has an index of its own, so they are asked one by one and not by an OR.
    An e-mail, a name and an id are found by their beginning, a phone number as a whole.
    """
    words = words.strip()[:MAX_WORDS]
    if not words:
        return Ways()
    if "@" in words.strip("@"):
        return Ways([begins("email_key", search_key(words))])
    ways = [begins("left_id", words), begins("right_id", words)]
    if _PHONE.fullmatch(words):
        return Ways(ways, _by_record(workspace, _by_phone(workspace, words)))
    key = search_key(words)
    return Ways(
        [begins("name_key", key), begins("email_key", key), *ways],
        _by_record(workspace, Q(kind="find") & begins("value", key)),
    )


def _by_phone(workspace: Workspace, words: str) -> Q:
    """Return the keys of a number, as each country that accounts are in reads it."""
    countries = Connection.objects.filter(workspace=workspace).values_list(
        "country", flat=True
    )
    numbers = {phones.e164(words, country) for country in {"", *countries}}
    return Q(kind="phone", value__in=[number for number in numbers if number])


def _by_record(workspace: Workspace, keys: Q) -> list[Q]:
    """Return the entries of records whom some of their keys name."""
    connections = list(
        Connection.objects.filter(workspace=workspace).values_list("pk", flat=True)
    )
    ids = set(
        RecordKey.objects.filter(keys, connection__in=connections, object_type=PERSON)
        .order_by()
        .values_list("record__remote_id", flat=True)[:MOST_PEOPLE]
    )
    return [Q(left_id__in=ids), Q(right_id__in=ids)] if ids else []
