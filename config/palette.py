"""What one finds by typing: pages, syncs, people and runs of a workspace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from config.context import PAGES
from crosswalk import names
from mapping.models import Mapping
from sync.models import Sync
from sync.selectors import sync_list
from sync.telling.contacts import people_search
from sync.telling.runstory import run_name
from synclog.models import SyncRun
from workspaces.models import Workspace

MAX_WORDS = 200
MOST_PAGES, MOST_SYNCS, MOST_PEOPLE, MOST_RUNS = 8, 6, 8, 4
# pages by other names than the sidebar's: URL name → words
ALSO = {
    "sync:home": "start overview dashboard quota",
    "sync:attention": "errors problems failing conflicts matches decide removals",
    "sync:sync_list": "mapping fields rules",
    "sync:contact_list": "people persons customers",
    "sync:run_list": "log history tests",
    "integrations:connection_list": "systems accounts highlevel zoho reconnect",
    "integrations:catalogue": "operations actions try calls",
    "workspaces:workspace_page": "settings members people roles time zone audit",
}
# label, icon, URL name, other words, for editors alone
MORE_PAGES = (
    ("Set up a sync", "plus", "sync:setup_new", "new add wizard begin", True),
    ("Connect a system", "plug-connected", "integrations:connection_new", "new", True),
    ("Notices that arrived", "bell", "sync:inbox", "webhooks deliveries", False),
    ("Who is who, as decided", "users", "sync:match_decided", "matches linked", False),
)
OF_A_SYNC = (
    ("{}", "arrows-left-right", "sync:sync_detail", "sync rules"),
    ("People of {}", "users", "sync:sync_people", "contacts list"),
    ("Why is somebody in {}, or not?", "help-circle", "sync:why", "find explain"),
    ("What flows in {}", "route", "sync:sync_objects", "notes tasks appointments"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to go to. `state`: of a person or run, as in crosswalk/states.py."""

    label: str
    url: str
    icon: str
    detail: str = ""
    state: str = ""
    words: str = ""  # other words it is found by


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of one kind."""

    key: str
    title: str
    entries: Sequence[Entry]


def found(workspace: Workspace, words: str, *, can_write: bool) -> list[Group]:
    """Return what fits, in groups; of no words the pages, syncs and newest runs."""
    words = words.strip()[:MAX_WORDS]
    syncs = list(sync_list(workspace))
    groups = [
        Group("pages", "Pages", _pages(workspace, words, can_write)[:MOST_PAGES]),
        Group("syncs", "Syncs", _syncs(workspace, syncs, words)[:MOST_SYNCS]),
        Group("people", "People", _people(workspace, words)),
        Group("runs", "Runs", _runs(workspace, syncs, words)),
    ]
    return [group for group in groups if group.entries]


def _pages(workspace: Workspace, words: str, can_write: bool) -> list[Entry]:
    menu = [(label, icon, name, ALSO.get(name, "")) for label, icon, name, *_ in PAGES]
    more = [entry[:4] for entry in MORE_PAGES if can_write or not entry[4]]
    entries = [
        Entry(label, reverse(name, args=[workspace.slug]), icon, words=other)
        for label, icon, name, other in (*menu, *(more if words else ()))
    ]
    return _fitting(entries, words)


def _syncs(workspace: Workspace, syncs: Sequence[Sync], words: str) -> list[Entry]:
    entries = []
    for sync in syncs:
        systems = f"{sync.left.name} {sync.right.name}"
        for label, icon, name, other in OF_A_SYNC if words else OF_A_SYNC[:1]:
            url = reverse(name, args=[workspace.slug, sync.pk])
            label = label.format(sync.name)
            entries.append(Entry(label, url, icon, words=f"{other} {systems}"))
    if words:
        entries += _mappings(workspace, syncs)
    return _fitting(entries, words)


def _mappings(workspace: Workspace, syncs: Sequence[Sync]) -> list[Entry]:
    """Return the mapping editors: one an object type of a sync."""
    named = {sync.pk: sync.name for sync in syncs}
    rows = Mapping.objects.filter(sync__in=named).order_by("sync", "pk")
    return [
        Entry(
            f"Fields of {named[sync]}: {kind.replace('_', ' ')}s",
            reverse("mapping:mapping_edit", args=[workspace.slug, sync, kind]),
            "adjustments",
            words="mapping editor wires",
        )
        for sync, kind in rows.values_list("sync", "object_type")
    ]


def _people(workspace: Workspace, words: str) -> list[Entry]:
    found, _ = people_search(workspace, words, MOST_PEOPLE, 2 * MOST_PEOPLE)
    return [
        Entry(
            each.label or "A person without a name",
            reverse("sync:contact", args=[workspace.slug, each.pk]),
            "user",
            each.email,
            state=each.lists[0] if each.lists else "",
        )
        for each in found
        if not each.is_gone
    ]


def _runs(workspace: Workspace, syncs: Sequence[Sync], words: str) -> list[Entry]:
    """Return runs: the one of a number, else the newest of syncs that are called so."""
    runs = SyncRun.objects.filter(workspace=workspace).select_related("sync")
    asked = [word for word in _words(words) if word not in ("run", "runs", "test")]
    digits = "".join(asked)
    if digits.isdecimal() and len(digits) <= 12:
        runs = runs.filter(pk=int(digits))
    elif asked:
        named = [s.pk for s in syncs if _fits(s.name, asked)]
        runs = runs.filter(sync__in=named)
    return [
        Entry(
            run_name(run),
            reverse("sync:run_detail", args=[workspace.slug, run.pk]),
            "list-details",
            state=run.state,
        )
        for run in runs.order_by("-pk")[:MOST_RUNS]
    ]


def _fitting(entries: Iterable[Entry], words: str) -> list[Entry]:
    """Return the entries in which each word begins a word: by their own name first."""
    asked = _words(words)
    by_name = [each for each in entries if _fits(each.label, asked)]
    others = [
        each
        for each in entries
        if each not in by_name and _fits(f"{each.label} {each.words}", asked)
    ]
    return by_name + others


def _words(text: str) -> list[str]:
    return names.normal(text).split()


def _fits(text: str, asked: Sequence[str]) -> bool:
    held = _words(text)
    return all(any(word.startswith(part) for word in held) for part in asked)
