"""Watches: which triggers are switched on, for which connection."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.clock import now
from integrations.connectors.operations import Operation
from integrations.models import Connection, Watch
from integrations.operations.declared import operations, triggers_of
from integrations.operations.permitting import permitted
from integrations.operations.running import NotPermitted
from workspaces.services import audit


@transaction.atomic
def watch_start(
    *, connection: Connection, operation: Operation, actor: AbstractBaseUser | None
) -> Watch:
    """Switch a trigger on; what was there before is no news. NotPermitted if it may not.

    Another trigger of the same records needs nothing read again but where it tells of
    changes, for which all must have been read once.
    """
    verdict = permitted(connection, operation)
    if not verdict.allowed:
        raise NotPermitted(verdict.reason, code=verdict.code)
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    moment = now()
    watch, _ = Watch.objects.get_or_create(
        connection=locked,
        object_type=operation.object_type,
        defaults={"since": moment},
    )
    if operation.key not in watch.keys:
        watch.keys = sorted([*watch.keys, operation.key])
        watch.next_at = moment if is_polled(watch) else None
        watch.error = ""
        watch.save()
        audit(
            workspace=connection.workspace,
            actor=actor,
            action="trigger.switched_on",
            subject=f"{connection.name}: {operation.key}",
        )
    watched_write(locked, watch)
    connection.watched = locked.watched
    return watch


@transaction.atomic
def watch_stop(
    *, connection: Connection, operation: Operation, actor: AbstractBaseUser | None
) -> None:
    """Switch a trigger off; the last one of its records ends their reading."""
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    watch = Watch.objects.filter(
        connection=locked, object_type=operation.object_type
    ).first()
    if watch is None or operation.key not in watch.keys:
        return
    watch.keys = [key for key in watch.keys if key != operation.key]
    watched_write(locked, watch)
    if watch.keys:
        watch.save(update_fields=["keys"])
    else:
        watch.delete()
    connection.watched = locked.watched
    audit(
        workspace=connection.workspace,
        actor=actor,
        action="trigger.switched_off",
        subject=f"{connection.name}: {operation.key}",
    )


def watched_write(connection: Connection, watch: Watch) -> None:
    """Write on the connection what every change of its mirror must know of a watch."""
    held = dict(connection.watched)
    held.pop(watch.object_type, None)
    if watch.keys:
        held[watch.object_type] = {
            "keys": watch.keys,
            "since": watch.since.isoformat(),
            "baseline": watch.baseline_at is not None,
        }
    connection.watched = held
    connection.save(update_fields=["watched"])


def triggers_on(watch: Watch) -> list[Operation]:
    """Return the triggers that a watch is for."""
    found = triggers_of(watch.connection.kind, watch.object_type)
    return [each for each in found if each.key in watch.keys]


def polls_of(watch: Watch) -> set[str]:
    """Return the ways in which a watch is read."""
    found = (operations()[key].trigger for key in watch.keys)
    return {each.poll for each in found if each and each.poll}


def is_polled(watch: Watch) -> bool:
    """Whether anything is read for it, or deliveries alone tell of it."""
    return bool(polls_of(watch))


def needs_baseline(watch: Watch) -> bool:
    """Whether all must be read once: to know a change, what was there must be known."""
    if not is_polled(watch) or "children" in polls_of(watch):
        return False
    found = (operations()[key].trigger for key in watch.keys)
    return any(
        each.poll == "listing" or each.changes - {"created"} for each in found if each
    )
