"""Rows of a plan as its page shows them: what happens, where, which fields, why."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from integrations.models import RemoteRecord
from mapping.convert import is_empty
from sync.choices.approving import READY
from sync.choices.planmatching import DECIDED, planned_elsewhere
from sync.choices.shown import match_stamp
from sync.engine.trace import STAGE_WORDS
from sync.models import PlannedChange, Sync
from sync.policy import side_connection, system_name, system_spec
from sync.setup.sentences import SIDE_CLASS

SIDES = ("left", "right")
MANY_FIELDS = 3


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of a person: what it was, what it becomes, why.

    `shape`: "write" (before → after), "new" (source value → written value) or "pair"
    (what both sides have, and keep).
    """

    label: str
    shape: str
    before: Any
    after: Any
    why: SafeString
    side: str = ""  # where it is written, told when a person is written on both


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """Somebody who may be the same person."""

    pk: int
    side: str
    system: str
    label: str
    email: Any
    phone: Any
    why: str
    is_taken: bool = False  # the plan links them with somebody else


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One person of the plan."""

    change: PlannedChange
    places: list[tuple[str, str]]  # (name, side) of each system written to
    fields: str
    why: SafeString
    diffs: list[FieldRow]
    candidates: list[CandidateRow] = field(default_factory=list)
    seen: str = ""  # the stamp of those under review, see sync/choices/shown.py

    @property
    def can_pick(self) -> bool:
        """Whether it can be approved on its own."""
        return self.change.outcome in READY and self.change.approved_in_id is None

    @property
    def side(self) -> str:
        """Return the side of a person whom the other side may know, too."""
        return "left" if self.change.left_id else "right"

    @property
    def decided(self) -> str:
        """Return what was said of them while looking: same, apart or ""."""
        return str(self.change.detail.get(DECIDED, ""))

    @property
    def is_new(self) -> bool:
        return self.change.outcome == "create"

    @property
    def trace(self) -> list[tuple[str, str]]:
        """Return how it was decided, step by step."""
        return [(STAGE_WORDS.get(a, str(a)), str(b)) for a, b in self.change.trace]


def plan_rows(sync: Sync, changes: Iterable[PlannedChange]) -> list[PlanRow]:
    """Return a page of planned changes, with the people under review, in two queries."""
    page = list(changes)
    people = _candidates(sync, page)
    taken = planned_elsewhere(page[0].plan_id, people) if people else set()
    return [_row(sync, change, people, taken) for change in page]


def _row(
    sync: Sync,
    change: PlannedChange,
    people: Mapping[int, RemoteRecord],
    taken: Collection[int],
) -> PlanRow:
    return PlanRow(
        change=change,
        places=[(system_name(sync, s), s) for s in SIDES if change.side in (s, "both")],  # type: ignore[arg-type]
        fields=_fields_words(change),
        why=with_systems(sync, change.reason),
        diffs=[
            row for each in change.changes if (row := _field_row(sync, change, each))
        ],
        candidates=[
            _candidate(sync, people[each["record"]], each, each["record"] in taken)
            for each in change.detail.get("candidates", ())
            if each["record"] in people
        ],
        seen=_seen(change, people),
    )


def _seen(change: PlannedChange, people: Mapping[int, RemoteRecord]) -> str:
    found = change.detail.get("candidates") or []
    mine = change.left_id or change.right_id
    return match_stamp(mine, found, people) if found else ""


def with_systems(sync: Sync, text: str) -> SafeString:
    """Return a sentence with the names of both systems marked by their side."""
    looks = {
        str(escape(system_name(sync, side))): SIDE_CLASS[side]  # type: ignore[arg-type]
        for side in SIDES
    }
    # at once, the longer name first: one may be part of the other, or of our markup
    names = "|".join(map(re.escape, sorted(looks, key=len, reverse=True)))
    return mark_safe(
        re.sub(
            names,
            lambda m: f'<span class="sys {looks[m[0]]}">{m[0]}</span>',
            str(escape(text)),
        )
    )


def _fields_words(change: PlannedChange) -> str:
    if change.outcome == "review":
        return "Nothing until you decide"
    if change.outcome == "link":
        return "No change"
    if change.outcome == "delete":
        return "The whole person"
    wanted = "conflict" if change.outcome == "conflict" else "write"
    names = [e["label"] for e in change.changes if e["action"] == wanted]
    labels = list(dict.fromkeys(names))
    if len(labels) > MANY_FIELDS:
        return f"{len(labels)} fields"
    return ", ".join([*labels[:1], *(_lower(label) for label in labels[1:])])


def _lower(label: str) -> str:
    """Return a label inside a sentence: "First name" → "first name", "VAT" stays."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _field_row(
    sync: Sync, change: PlannedChange, each: Mapping[str, Any]
) -> FieldRow | None:
    why = with_systems(sync, each["reason"])
    if each["action"] != "write":
        left, right = each["left_value"], each["right_value"]
        return FieldRow(each["label"], "pair", left, right, why)
    if change.outcome == "create":
        source = each["left_value"] if each["side"] == "right" else each["right_value"]
        return FieldRow(each["label"], "new", source, each["after"], why)
    side = each["side"] if change.side == "both" else ""
    before = None if is_empty(each["before"]) else each["before"]
    return FieldRow(each["label"], "write", before, each["after"], why, side)


def _candidates(sync: Sync, page: list[PlannedChange]) -> dict[int, RemoteRecord]:
    wanted = {
        pk
        for change in page
        for each in change.detail.get("candidates", ())
        for pk in (each["record"], change.left_id or change.right_id)
        if pk
    }
    if not wanted:
        return {}
    found = RemoteRecord.objects.filter(
        pk__in=wanted, connection_id__in=[sync.left_id, sync.right_id]
    )
    return {row.pk: row for row in found}


def _candidate(
    sync: Sync, person: RemoteRecord, each: Mapping[str, Any], is_taken: bool
) -> CandidateRow:
    side = str(each["side"])
    spec = system_spec(side_connection(sync, side), person.object_type)
    return CandidateRow(
        pk=person.pk,
        side=side,
        system=system_name(sync, side),  # type: ignore[arg-type]
        label=person.label,
        email=_first(person, spec.match_fields.get("email", ())),
        phone=_first(person, spec.match_fields.get("phone", ())),
        why=str(each["why"]),
        is_taken=is_taken,
    )


def _first(person: RemoteRecord, keys: Iterable[str]) -> Any:
    values = (person.values.get(key) for key in keys)
    return next((value for value in values if not is_empty(value)), None)
