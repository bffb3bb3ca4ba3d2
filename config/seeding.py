"""A large workspace made up for development: people, runs, a log. No call is made.

The same figures give the same people: names, e-mails and outcomes come from a
generator with a fixed start. Rows are stored in bulk, past what usually makes them.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from config.seedwaiting import waiting_seed
from crosswalk.bulk import batches, rows_create, rows_insert, values_insert
from crosswalk.clock import now
from crosswalk.crypto import encrypt
from integrations.mirroring.keys import record_keys
from integrations.models import Connection, Grant, RecordKey, RemoteRecord, Site
from mapping.defaults import default_field_maps
from mapping.services import mapping_publish, mapping_save
from sync.models import RecordLink, Sync, SyncRecord
from sync.policy import object_spec
from sync.setup.filters import filters_save
from sync.setup.saving import DEFAULTS, sync_save
from synclog.models import LogEntry, SyncRun
from synclog.searching import search_key
from workspaces.models import Workspace
from workspaces.services import workspace_create

FIRST = (
    *("Anna", "Ben", "Chloé", "Dariusz", "Elif", "Freya", "George", "Hélène", "Ines"),
    *("Jonas", "Kasia", "Liam", "Maya", "Noah", "Olga", "Priya", "Quentin", "Rosa"),
    *("Sven", "Tomasz", "Uma", "Viktor", "Wanda", "Xenia", "Yusuf", "Zoë"),
)
LAST = (
    *("Adeyemi", "Berg", "Costa", "Dufour", "Evans", "Ferreira", "Grünwald", "Haddad"),
    *("Ivanov", "Jensen", "Kaya", "Lindqvist", "Müller", "Nowak", "O’Connor", "Patel"),
    *("Quist", "Raman", "Smith", "Tanaka", "Urban", "Vidal", "Walsh", "Young"),
)
# list → how many of a hundred people, with reason code and line of the mapping
LISTS = (
    ("in_sync", 88, "", ""),
    ("excluded", 4, "no_contact_data", ""),
    ("waiting", 2, "", ""),
    ("failing", 1, "remote_rejected", ""),
    ("failing", 1, "mapping", "website|website"),
    ("failing", 1, "name_taken", ""),
    ("review", 2, "likely", ""),
    ("conflict", 1, "ask", ""),
)
OUTCOMES = (
    "create",
    *["update"] * 14,
    "link",
    *["unchanged"] * 2,
    "failed",
    "conflict",
)
FILTER = {"and": [{"field": "companyName", "op": "not_contains", "value": "Berg"}]}
SAID = "HighLevel refused the change: the phone number is invalid."
AT_ONCE = 2000
DAYS = 90
SHARE = 50  # of so many runs one is made up, the others are copies


@dataclass(frozen=True, slots=True)
class Size:
    """How much to make."""

    contacts: int = 100_000
    runs: int = 5_000
    entries: int = 1_000_000


def seed(name: str, size: Size, say: Callable[[str], None]) -> Workspace:
    """Make a workspace of a size; what it is at is said now and then."""
    workspace = workspace_create(name=name)
    with transaction.atomic():
        sync = _sync(workspace)
    # only for the shape of what is made up
    chance = random.Random(size.entries)  # noqa: S311
    say(f"{size.contacts:,} people")
    _people(sync, size.contacts, chance)
    say(f"{size.runs:,} runs with {size.entries:,} entries")
    _runs(sync, size, chance)
    waiting_seed(sync, say)
    return workspace


def _sync(workspace: Workspace) -> Sync:
    left = _connection(workspace, "highlevel", "HighLevel", "seeded")
    right = _connection(workspace, "zoho_invoice", "Zoho", "700000099")
    sync = sync_save(
        workspace=workspace,
        name="Contacts",
        left=left,
        right=right,
        actor=None,
        **DEFAULTS,
    )
    mapping = mapping_save(
        sync=sync,
        object_type="contact",
        direction="both",
        lines=default_field_maps(left.kind, right.kind, "contact"),
        actor=None,
    )
    mapping_publish(mapping=mapping, actor=None)
    return filters_save(
        sync=sync, object_type="contact", filters={"left": FILTER}, actor=None
    )


def _connection(workspace: Workspace, kind: str, name: str, account: str) -> Connection:
    """Make a connection to nowhere: its token opens nothing, its sync is a draft."""
    held = encrypt({"type": "token", "token": "made up"})
    grant = Grant.objects.create(
        workspace=workspace,
        kind=kind,
        site=Site.SANDBOX,
        auth_type="token",
        credentials=held,
    )
    return Connection.objects.create(
        workspace=workspace,
        grant=grant,
        name=name,
        kind=kind,
        account_id=f"{account}-{workspace.pk}",
        account_name=name,
        country="GB",
    )


# --- people ---------------------------------------------------------------------------


def person(number: int) -> dict[str, str]:
    """Return the values of the person of a number, as HighLevel has them."""
    first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
    turn = number // (len(FIRST) * len(LAST))
    return {
        "firstName": first,
        "lastName": f"{last} {turn}" if turn else last,
        "email": f"{search_key(first)}.{number}@example.com",
        "phone": f"+44118{4960000 + number:07d}",
        "companyName": f"{last} {number % 97} Ltd",
    }


def _people(sync: Sync, count: int, chance: random.Random) -> None:
    moment = now()
    for numbers in batches(range(count), AT_ONCE):
        with transaction.atomic():
            lefts = [_remote(sync.left, n, person(n), moment) for n in numbers]
            rights = [_remote(sync.right, n, _at_zoho(n), moment) for n in numbers]
            rows_create([*lefts, *rights])
            rows_insert([key for row in lefts for key in _keys(sync.left, row)])
            rows_insert([key for row in rights for key in _keys(sync.right, row)])
            rows_insert(
                [_unit(sync, *pair, chance) for pair in zip(lefts, rights, strict=True)]
            )
            rows_insert(
                [
                    RecordLink(
                        sync=sync,
                        object_type="contact",
                        left=left,
                        right=right,
                        how="email",
                    )
                    for left, right in zip(lefts, rights, strict=True)
                ]
            )


def _at_zoho(number: int) -> dict[str, str]:
    values = person(number)
    return {
        "first_name": values["firstName"],
        "last_name": values["lastName"],
        "email": values["email"],
        "phone": values["phone"],
        "company_name": values["companyName"],
    }


def _remote(
    connection: Connection, number: int, values: dict[str, str], moment: datetime
) -> RemoteRecord:
    names = [values.get(key, "") for key in ("firstName", "first_name")]
    names += [values.get(key, "") for key in ("lastName", "last_name")]
    prefix = "ghl" if connection.kind == "highlevel" else "46000000"
    return RemoteRecord(
        connection=connection,
        object_type="contact",
        remote_id=f"{prefix}{number:08d}",
        label=" ".join(name for name in names if name),
        values=values,
        read_at=moment,
        modified_at=moment,
    )


def _keys(connection: Connection, row: RemoteRecord) -> list[RecordKey]:
    spec = object_spec(connection, row.object_type)
    return [
        RecordKey(
            record=row,
            connection=connection,
            object_type=row.object_type,
            kind=kind,
            value=value,
        )
        for kind, value in record_keys(spec, row.values, connection.country)
    ]


def _unit(
    sync: Sync, left: RemoteRecord, right: RemoteRecord, chance: random.Random
) -> SyncRecord:
    weights = [weight for _, weight, _, _ in LISTS]
    name, _, code, line = chance.choices(LISTS, weights)[0]
    field = {"left_value": "A Ltd", "right_value": "B Ltd", "reason": "Both changed."}
    return SyncRecord(
        sync=sync,
        object_type="contact",
        left=left,
        right=right,
        list=name,
        label=left.label,
        reason=SAID if name == "failing" else "",
        reason_code=code,
        field_map=line,
        since=now() - timedelta(days=chance.random() * DAYS),
        detail={"conflicts": [{"label": "Company", "left": "companyName", **field}]}
        if name == "conflict"
        else {},
    )


# --- runs -----------------------------------------------------------------------------


def _runs(sync: Sync, size: Size, chance: random.Random) -> None:
    """Make the runs: the first is the import of everybody, the others share the rest.

    Some of the others are made up; the database copies them for the remaining ones.
    """
    first = min(size.contacts, size.entries // 2)
    others = max(1, size.runs - 1)
    each = (size.entries - first) // others
    numbers = itertools.cycle(range(size.contacts))
    counts = [first, *[each] * (size.runs - 1)]
    outcomes = [
        chance.choices(OUTCOMES, k=count) for count in counts[: others // SHARE + 2]
    ]
    pattern = max(1, len(outcomes) - 1)  # runs after the first that are made up
    runs = [
        _run(
            sync, number, size, counts[number], _outcomes_of(number, pattern, outcomes)
        )
        for number in range(size.runs)
    ]
    rows_create(runs)
    for run, found in zip(runs, outcomes, strict=False):
        _entries(
            run, list(zip(itertools.islice(numbers, len(found)), found, strict=True))
        )
    for start in range(1 + pattern, size.runs, pattern):
        _copy(runs[1 : 1 + pattern], runs[start : start + pattern])


def _outcomes_of(number: int, pattern: int, made: list[list[str]]) -> list[str]:
    """Return the outcomes of a run: made up, or those of the run that it copies."""
    return made[number] if number < len(made) else made[1 + (number - 1) % pattern]


def _run(
    sync: Sync, number: int, size: Size, count: int, outcomes: list[str]
) -> SyncRun:
    counts = {name: outcomes.count(name) for name in dict.fromkeys(outcomes)}
    began = now() - timedelta(days=DAYS * (1 - number / size.runs))
    return SyncRun(
        workspace_id=sync.workspace_id,
        sync=sync,
        mode="test" if number % 10 == 9 else "live",
        trigger=("schedule", "webhook", "manual", "retry")[number % 4],
        state="completed_with_failures" if counts.get("failed") else "completed",
        phase="done",
        counts=counts,
        calls={"HighLevel": count, "Zoho": count},
        total_units=count,
        done_units=count,
        started_at=began,
        finished_at=began + timedelta(seconds=1 + count / 20),
    )


def _entries(run: SyncRun, people: list[tuple[int, str]]) -> None:
    began = run.started_at or now()
    SyncRun.objects.filter(pk=run.pk).update(created_at=began)
    for some in batches(people, AT_ONCE):
        rows = [log_entry(run, number, outcome, began) for number, outcome in some]
        with transaction.atomic():
            _stored(rows)


def _copy(patterns: list[SyncRun], runs: list[SyncRun]) -> None:
    """Have the database copy the entries of some runs for others, at their times."""
    if not runs:
        return
    meta = LogEntry._meta
    fields = [
        str(field.column)
        for field in meta.local_concrete_fields
        if not field.primary_key
    ]
    quote = connection.ops.quote_name
    taken = {"run_id": "r.id", "at": "r.started_at"}
    source = ", ".join(taken.get(name, f"e.{quote(name)}") for name in fields)
    entries, table = quote(meta.db_table), quote(SyncRun._meta.db_table)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {entries} ({', '.join(map(quote, fields))}) "  # noqa: S608
            f"SELECT {source} FROM {entries} e JOIN {table} r ON r.id = e.run_id + %s "
            "WHERE e.run_id BETWEEN %s AND %s AND r.id <= %s",
            [runs[0].pk - patterns[0].pk, patterns[0].pk, patterns[-1].pk, runs[-1].pk],
        )
        cursor.execute(
            f"UPDATE {table} SET created_at = started_at WHERE id BETWEEN %s AND %s",  # noqa: S608
            [runs[0].pk, runs[-1].pk],
        )


def log_entry(
    run: SyncRun, number: int, outcome: str, at: datetime | None = None
) -> LogEntry:
    """Return what a run did to the person of a number."""
    values = person(number)
    label = f"{values['firstName']} {values['lastName']}"
    failed = outcome == "failed"
    return LogEntry(
        workspace_id=run.workspace_id,
        run_id=run.pk,
        object_type="contact",
        unit=f"l{number}",
        left_id=f"ghl{number:08d}",
        right_id=f"46000000{number:08d}",
        label=label,
        email=values["email"],
        name_key=search_key(label),
        email_key=search_key(values["email"]),
        outcome=outcome,
        side="right",
        reason="Changed at HighLevel.",
        changes=[
            {
                "left": "phone",
                "right": "phone",
                "label": "Phone",
                "side": "right",
                "action": "write",
                "before": "",
                "after": values["phone"],
                "left_value": values["phone"],
                "right_value": "",
                "reason": "Changed at HighLevel.",
            }
        ],
        trace=[["matched", "Same e-mail."], ["Phone", "Changed at HighLevel."]],
        error_code="remote_rejected" if failed else "",
        error_message=SAID if failed else "",
        at=at or now(),
    )


def _stored(rows: list[LogEntry]) -> None:
    """Store entries with the times they have: saved as objects they would get now."""
    fields = [f for f in LogEntry._meta.concrete_fields if not f.primary_key]
    values_insert(
        LogEntry,
        [field.name for field in fields],
        ([getattr(row, field.attname) for field in fields] for row in rows),
    )
