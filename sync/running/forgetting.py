"""Forgetting a person: their values are erased everywhere, a keyed hash stays.

What is stored about somebody hangs on their records: rows that refer to them go, log
entries lose all words. The hash keeps them from being taken up again while a vendor
still has them (integrations/mirroring/forgotten.py); at the vendors nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models, transaction
from django.db.models import Q

from crosswalk.errors import ConfigError
from integrations.mirroring.forgotten import record_forget
from integrations.models import RecordKey, RemoteRecord
from sync.models import InboxEvent, PlannedChange, SyncRecord
from synclog.models import Event, LogEntry, OperationCall, SyncRun
from workspaces.models import AuditEvent, Workspace
from workspaces.services import audit

NOBODY = "Somebody forgotten"
# of a log entry: what says nothing about a person
KEPT = frozenset(
    {"outcome", "object_type", "unit", "side", "reason_code", "error_code"}
)
ABOUT_OTHERS = ("sync.", "connection.", "member.", "workspace.", "alert_", "api_key.")


@transaction.atomic
def person_forget(
    *, workspace: Workspace, records: Collection[int], actor: AbstractBaseUser
) -> int:
    """Erase what is stored of a person; return how many records it was.

    `records` are the person's records of all systems. Raises ConfigError while a run
    is under way that might still write about them.
    """
    people = list(
        RemoteRecord.objects.select_for_update(of=("self",))
        .filter(pk__in=records, connection__workspace=workspace)
        .select_related("connection")
        .order_by("pk")
    )
    rows = [*people, *_children(people)]
    _nobody_works(workspace, rows)
    _entries_erase(workspace, rows)
    InboxEvent.objects.filter(
        _of(rows, "record_id") | _of(people, "parent_id")
    ).delete()
    pks = {row.pk for row in rows}
    _events_erase(workspace, {row.remote_id for row in rows})
    _calls_erase(workspace, rows)
    _candidates_erase(workspace, pks)
    _drift_erase(workspace, {row.remote_id for row in rows})
    _audit_erase(workspace, {row.label for row in rows} - {""})
    _referring_delete(RemoteRecord, pks)
    for row in rows:
        record_forget(row)
    audit(
        workspace=workspace,
        actor=actor,
        action="person.forgotten",
        subject=NOBODY,
        data={"records": [row.remote_id for row in people]},
    )
    return len(rows)


def _of(rows: Iterable[RemoteRecord], field: str) -> Q:
    """Return the condition that a row of a connection names one of some records."""
    found = Q(pk__in=())
    for row in rows:
        found |= Q(connection=row.connection, **{field: row.remote_id})
    return found


def _children(people: Sequence[RemoteRecord]) -> list[RemoteRecord]:
    if not people:
        return []
    found = RemoteRecord.objects.filter(_of(people, "parent_id"))
    return list(found.select_related("connection").order_by("pk"))


def _nobody_works(workspace: Workspace, rows: Iterable[RemoteRecord]) -> None:
    used = {row.connection_id for row in rows}
    run = SyncRun.objects.filter(
        Q(sync__left__in=used) | Q(sync__right__in=used),
        workspace=workspace,
        state__in=SyncRun.ACTIVE,
    ).first()
    if run is not None:
        raise ConfigError(
            f"Run {run.pk} is under way and may still write about this person. Try "
            "again when it has ended, or stop it."
        )


def _entries_erase(workspace: Workspace, rows: Iterable[RemoteRecord]) -> None:
    """Take all words out of the log entries about some records."""
    about = Q(pk__in=())
    for row in rows:
        for side in ("left", "right"):
            about |= Q(
                **{f"{side}_id": row.remote_id, f"run__sync__{side}": row.connection_id}
            )
    entries = LogEntry.objects.filter(about, workspace=workspace)
    pks = set(entries.values_list("pk", flat=True))
    _referring_delete(LogEntry, pks)
    blank = {
        field.attname: field.get_default() if field.has_default() else ""
        for field in LogEntry._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField)
        and field.name not in KEPT
    }
    LogEntry.objects.filter(pk__in=pks).update(**{**blank, "label": NOBODY})


def _events_erase(workspace: Workspace, ids: set[str]) -> None:
    """Delete what was told of their records: it carries the values of the moment."""
    about = Q(payload__id__in=ids) | Q(payload__parent_id__in=ids)
    Event.objects.filter(about, workspace=workspace).delete()


def _calls_erase(workspace: Workspace, rows: Sequence[RemoteRecord]) -> None:
    """Delete the calls of operations that name them, in whatever field."""
    keys = RecordKey.objects.filter(record__in=rows, kind__in=("email", "phone"))
    words = {row.remote_id for row in rows} | {row.label for row in rows}
    words |= set(keys.values_list("value", flat=True))
    found = OperationCall.objects.filter(workspace=workspace)
    named = [
        row["pk"]
        for row in found.values(*("pk", *_words_of(OperationCall))).iterator()
        if any(word and word in str(row) for word in words)
    ]
    OperationCall.objects.filter(pk__in=named).delete()


def _words_of(model: type[models.Model]) -> list[str]:
    kinds = (models.CharField, models.TextField, models.JSONField)
    return [f.name for f in model._meta.concrete_fields if isinstance(f, kinds)]


def _referring_delete(model: type[models.Model], pks: Collection[int]) -> None:
    """Delete all rows that exist only with some others, whatever model they are of."""
    for relation in model._meta.related_objects:
        if relation.on_delete is models.CASCADE:
            rows: Any = relation.related_model
            rows._default_manager.filter(**{f"{relation.field.name}__in": pks}).delete()


def _candidates_erase(workspace: Workspace, pks: set[int]) -> None:
    """Take somebody out of the candidates of others who wait for a decision."""
    waiting: Iterable[Any] = (
        *SyncRecord.objects.filter(
            sync__workspace=workspace, list=SyncRecord.List.REVIEW
        ),
        *PlannedChange.objects.filter(
            plan__workspace=workspace, outcome=LogEntry.Outcome.REVIEW
        ),
    )
    for row in waiting:
        candidates = row.detail.get("candidates", [])
        left = [each for each in candidates if each.get("record") not in pks]
        if len(left) < len(candidates):
            row.detail = {**row.detail, "candidates": left}
            row.save(update_fields=["detail"])


def _drift_erase(workspace: Workspace, ids: set[str]) -> None:
    """Take names out of the reports of comparisons; their numbers stay."""
    for run in SyncRun.objects.filter(workspace=workspace).exclude(drift={}):
        for side in run.drift.values():
            if isinstance(side, dict) and "who" in side:
                side["who"] = [each for each in side["who"] if each[-1] not in ids]
        run.save(update_fields=["drift"])


def _audit_erase(workspace: Workspace, labels: set[str]) -> None:
    """Take a name out of the lines about what was decided of that person."""
    lines = AuditEvent.objects.filter(workspace=workspace, subject__in=labels)
    for start in ABOUT_OTHERS:
        lines = lines.exclude(action__startswith=start)
    lines.update(subject=NOBODY, data={})
