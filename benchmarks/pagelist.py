"""Every list, filter, search and facet of a seeded workspace, by its address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from crosswalk.keyset import keyset_page
from integrations.models import RemoteRecord
from sync.models import InboxEvent, Plan, PlannedChange, Sync, SyncRecord
from synclog.models import LogEntry, SyncRun
from workspaces.models import Workspace

Page = tuple[str, str]  # what it is, its address


def pages_of(workspace: Workspace) -> list[Page]:
    """Return each page as (name, address)."""
    base = f"/w/{workspace.slug}/"
    sync = Sync.objects.get(workspace=workspace)
    return [
        *_shell(base),
        *_runs(base, workspace, sync),
        *_run(base, workspace),
        *_log(base, workspace),
        *_contacts(base, workspace, sync),
        *_attention(base),
        *_sync(base, sync),
        *_plan(base, sync),
        *_arrived(base, sync),
    ]


def _shell(base: str) -> Iterator[Page]:
    yield "home", base
    yield "home: the month", f"{base}?span=month"
    yield "palette: a name", f"{base}find/?q=maya"
    yield "palette: two letters", f"{base}find/?q=an"
    yield "connections", f"{base}connections/"
    yield "catalogue", f"{base}catalogue/"


def _runs(base: str, workspace: Workspace, sync: Sync) -> Iterator[Page]:
    runs = f"{base}runs/"
    first = SyncRun.objects.filter(workspace=workspace).earliest("pk")
    count = SyncRun.objects.filter(workspace=workspace).count()
    day = (datetime.now(UTC) - timedelta(days=45)).date().isoformat()
    yield "runs", runs
    yield "runs: a page in the middle", f"{runs}?page=o{first.pk + count // 2}"
    yield "runs: the last page", f"{runs}?page=n{first.pk - 1}"
    yield "runs: of a sync", f"{runs}?sync={sync.pk}"
    yield "runs: of no sync", f"{runs}?sync=99999999"
    for state in ("completed", "completed_with_failures", "failed", "running"):
        yield f"runs: {state.replace('_', ' ')}", f"{runs}?state={state}"
    for trigger in ("manual", "webhook", "undo"):
        yield f"runs: by {trigger}", f"{runs}?trigger={trigger}"
    yield "runs: tests", f"{runs}?mode=test"
    yield "runs: also those that found nothing", f"{runs}?quiet=1"
    yield "runs: of a day", f"{runs}?since={day}&until={day}"
    yield "runs: since a day", f"{runs}?since={day}"
    yield "runs: by a person (none)", f"{runs}?by=999"
    yield (
        "runs: failed tests by notice of a day (none)",
        f"{runs}?state=failed&mode=test&trigger=webhook&since={day}&until={day}",
    )


def _run(base: str, workspace: Workspace) -> Iterator[Page]:
    first = SyncRun.objects.filter(workspace=workspace).earliest("pk")
    one = f"{base}runs/{first.pk}/"
    entry = LogEntry.objects.filter(run=first).order_by("pk")
    middle = entry[entry.count() // 2]
    yield "the largest run", one
    yield "the largest run: failed", f"{one}?list=failed"
    yield "the largest run: created", f"{one}?list=create"
    yield "the largest run: removed (none)", f"{one}?list=delete"
    yield "the largest run: a page in the middle", f"{one}?page=o{middle.pk}"
    yield "one entry", f"{one}people/{middle.pk}/"


def _log(base: str, workspace: Workspace) -> Iterator[Page]:
    log = f"{base}runs/log/"
    entries = LogEntry.objects.filter(workspace=workspace)
    moment = datetime.now(UTC) - timedelta(days=45)
    deep = keyset_page(entries.filter(at__lte=moment), "", 1, moment="at").older
    day = moment.date().isoformat()
    yield "log", log
    yield "log: a page in the middle", f"{log}?page={deep}"
    yield "log: failed", f"{log}?outcome=failed"
    yield "log: removed (none)", f"{log}?outcome=delete"
    yield "log: of a day", f"{log}?since={day}&until={day}"
    yield "log: failed of a day", f"{log}?outcome=failed&since={day}&until={day}"
    for what, words in SEARCHES:
        yield f"log: {what}", f"{log}?q={quote(words)}"
    for what, words in SEARCHES[:5]:
        yield f"log: {what}, failed", f"{log}?q={quote(words)}&outcome=failed"
    yield "log: a first name, removed (none)", f"{log}?q=maya&outcome=delete"
    yield (
        "log: a first name, failed, of a day",
        f"{log}?q=maya&outcome=failed&since={day}&until={day}",
    )
    yield "log: a first name, page in the middle", f"{log}?q=maya&page={deep}"


SEARCHES = (
    ("a first name", "maya"),
    ("a whole name", "maya nowak"),
    ("two letters of many names", "an"),
    ("a last name", "nowak"),
    ("a name that nobody has", "zzzz"),
    ("an e-mail", "maya.12@example.com"),
    ("the beginning of an e-mail", "maya.1"),
    ("a phone number", "+441184960012"),
    ("a number as they dial it", "0118 496 0012"),
    ("an id", "ghl00000012"),
    ("the beginning of an id", "46000000000"),
)


def _contacts(base: str, workspace: Workspace, sync: Sync) -> Iterator[Page]:
    found = f"{base}contacts/"
    person = RemoteRecord.objects.filter(connection=sync.left).order_by("pk")[7]
    yield "contacts", found
    for what, words in SEARCHES:
        yield f"contacts: {what}", f"{found}?q={quote(words)}"
    yield "one person", f"{found}{person.pk}/"
    yield "one person: changes", f"{found}{person.pk}/?show=change"


def _attention(base: str) -> Iterator[Page]:
    page = f"{base}attention/"
    yield "needs attention", page
    for show in ("causes", "conflicts", "matches", "loops", "deletes"):
        yield f"needs attention: {show}", f"{page}?show={show}"
    yield "needs attention: conflicts, a late page", f"{page}?show=conflicts&page=90"
    yield "needs attention: deletes, a late page", f"{page}?show=deletes&page=20"
    yield "decided: kept apart", f"{page}decided/"
    yield "decided: linked", f"{page}decided/?show=linked"


def _sync(base: str, sync: Sync) -> Iterator[Page]:
    one = f"{base}syncs/{sync.pk}/"
    people = f"{one}people/"
    yield "syncs", f"{base}syncs/"
    yield "a sync", one
    yield "people of a sync", people
    for name in SyncRecord.List.values:
        yield f"people of a sync: {name}", f"{people}?list={name}"
    yield "people of a sync: of a cause", f"{people}?list=failing&cause=name_taken"
    yield "people of a sync: of a cause, all", f"{people}?cause=name_taken"
    count = SyncRecord.objects.filter(sync=sync).count()
    yield "people of a sync: in the middle", f"{people}?page={count // 100}"
    yield "people of a sync: in sync, late", f"{people}?list=in_sync&page={count // 60}"
    for what, words in SEARCHES[:5]:
        yield f"people of a sync: {what}", f"{people}?q={quote(words)}"
        yield (
            f"people of a sync: {what}, failing",
            f"{people}?list=failing&q={quote(words)}",
        )
    for what, words in SEARCHES:
        yield f"why: {what}", f"{one}why/?q={quote(words)}"
    yield "who takes part", f"{one}filters/"
    yield "who stands twice", f"{one}duplicates/"
    yield "the mapping", f"{one}mapping/contact/"


def _plan(base: str, sync: Sync) -> Iterator[Page]:
    plan = Plan.objects.filter(sync=sync).latest("pk")
    test = SyncRun.objects.get(plan=plan, mode=SyncRun.Mode.TEST)
    page = f"{base}runs/{test.pk}/plan/"
    count = PlannedChange.objects.filter(plan=plan).count()
    yield "a test's changes", page
    yield "a test's changes: in the middle", f"{page}?page={count // 100}"
    yield "a test's changes: the last page", f"{page}?page={count // 50}"
    for show in ("create", "update", "review", "unchanged"):
        yield f"a test's changes: {show}", f"{page}?show={show}"
    yield "a test's changes: update, late", f"{page}?show=update&page={count // 120}"
    for what, words in SEARCHES:
        yield f"a test's changes: {what}", f"{page}?q={quote(words)}"
    yield "a test's changes: a first name, created", f"{page}?q=maya&show=create"


def _arrived(base: str, sync: Sync) -> Iterator[Page]:
    notices, calls = f"{base}connections/notices/", f"{base}catalogue/log/"
    events = InboxEvent.objects.filter(connection=sync.left)
    yield "a connection", f"{base}connections/{sync.left_id}/"
    yield "notices", notices
    yield "notices: of a connection", f"{notices}?connection={sync.left_id}"
    yield "notices: failed", f"{notices}?show=failed"
    yield "notices: waiting (none)", f"{notices}?show=waiting"
    middle = events.earliest("pk").pk + events.count() // 2
    yield "notices: in the middle", f"{notices}?before={middle}"
    yield "notices: failed, in the middle", f"{notices}?show=failed&before={middle}"
    yield "operations used", calls
    yield "operations used: late", f"{calls}?page=90"
    audit = f"{base}workspace/audit/"
    yield "audit trail", audit
    yield "audit trail: late", f"{audit}?page=150"
    yield "audit trail: an action", f"{audit}?what=plan.approved"
    yield "audit trail: words", f"{audit}?q=cont"
    yield "audit trail: by nobody, since", f"{audit}?who=crosswalk&since=2026-01-01"
    yield "alerts", f"{base}workspace/alerts/"
    yield "what is kept", f"{base}workspace/data/"
