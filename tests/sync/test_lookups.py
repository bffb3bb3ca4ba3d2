"""No statement that a run makes again and again goes through all rows of an account.

SQLite has no statistics of ours and guesses: an index that only begins with the account,
the sync or the run may seem as good as the one that finds a row. Then each page costs as
much as there are people, which nobody sees with a hundred of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection
from sync.deciding import matchrun, people, units, verdicts
from sync.models import RecordLink, SyncRecord
from tests.sync.test_statements import add_people, edit_people
from tests.sync.world import World

pytestmark = pytest.mark.skipif(
    database.vendor != "sqlite", reason="PostgreSQL has statistics of each table"
)
GROWING = {  # tables with rows for each person
    "integrations_childlisting",
    "integrations_recordkey",
    "integrations_remoterecord",
    "sync_inboxevent",
    "sync_intent",
    "sync_keptapart",
    "sync_matchverdict",
    "sync_plannedchange",
    "sync_recordlink",
    "sync_syncrecord",
    "synclog_exchange",
    "synclog_logentry",
}
COARSE = r"(?:connection|sync|run|workspace)_id=\?(?: AND object_type=\?)?"
THROUGH_ALL = re.compile(
    rf"SEARCH (\w+)(?: AS \w+)? USING (?:COVERING )?INDEX \w+ \({COARSE}\)|SCAN (\w+)"
)
LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+\b|NULL")
LIST = re.compile(r"\?(?:, \?)+")
FEW, MANY = 6, 30


def shape(statement: str) -> str:
    return LIST.sub("?", LITERAL.sub("?", statement))


def made(world: World, numbers: range, name: str) -> Iterator[str]:
    """Take people up, write edits, list and match all again; yield each statement."""
    with CaptureQueriesContext(database) as found:
        add_people(world, numbers)
        world.run()
        edit_people(world, name, len(numbers))
        world.run()
        Connection.objects.update(cursors={})
        world.sync.refresh_from_db()
        world.run()
        SyncRecord.objects.all().delete()
        RecordLink.objects.all().delete()
        world.run()  # and find out again who is who
    for query in found.captured_queries:
        if query["sql"].startswith(("SELECT", "UPDATE", "DELETE")):
            yield query["sql"]


def test_what_is_asked_again_and_again_goes_by_an_index_of_its_own(
    empty_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, size in ((units, "CHUNK"), (matchrun, "CHUNK"), (people, "CHUNK")):
        monkeypatch.setattr(module, size, 3)
    monkeypatch.setattr(verdicts, "WINDOW", 3)
    empty_world.sync.guards = {"max_change_percent": 100}
    empty_world.sync.save()
    few = list(made(empty_world, range(FEW), "Moor"))
    many = list(made(empty_world, range(FEW, FEW + MANY), "Fell"))
    before, after = Counter(map(shape, few)), Counter(map(shape, many))
    # the longest of each, as SQLite looks at how many are looked up
    longest = {shape(sql): sql for sql in sorted(many, key=len)}
    again = {k: sql for k, sql in longest.items() if after[k] > before[k] + 2}

    assert len(again) > 20  # else it looked at nothing
    assert list(chain.from_iterable(map(costly, again.values()))) == []


def costly(statement: str) -> list[str]:
    """Return how SQLite would go through all rows of a growing table, if it would."""
    with database.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        steps = [row[3] for row in cursor.fetchall()]
    return [
        f"{step}: {statement[:2000]}"
        for step in steps
        if (found := THROUGH_ALL.search(step)) and GROWING & set(found.groups())
    ]
