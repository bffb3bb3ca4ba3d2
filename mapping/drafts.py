"""The draft of a mapping as the editor keeps it: saved at every change, errors and all."""

from __future__ import annotations

from collections.abc import Mapping as Data
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from mapping.models import FieldMap, Mapping, MappingVersion
from mapping.selectors import draft_lines
from mapping.services import line_normal
from workspaces.services import audit

CHANGED = (
    "Somebody else has changed this draft meanwhile. Reload the page to see it; what you "
    "changed since is not saved."
)
MOST_DISMISSED = 2000


@transaction.atomic
def draft_save(
    *,
    mapping: Mapping,
    direction: str,
    lines: Sequence[Data[str, Any]],
    revision: Any,
    actor: AbstractBaseUser | None,
) -> Mapping:
    """Replace the draft. It may hold what cannot be published yet. Idempotent.

    `revision`: of the draft the changes were made on. Raises ConfigError when there is
    a newer one.
    """
    mapping = Mapping.objects.select_for_update().get(pk=mapping.pk)
    if revision != mapping.revision:
        raise ConfigError(CHANGED)
    wanted = list(
        {(x["left"], x["right"]): x for x in map(line_normal, lines)}.values()
    )
    if draft_lines(mapping) == wanted and mapping.direction == direction:
        return mapping
    mapping.field_maps.all().delete()
    FieldMap.objects.bulk_create(
        FieldMap(mapping=mapping, position=position, **line)
        for position, line in enumerate(wanted)
    )
    mapping.direction = direction
    mapping.revision += 1
    mapping.save(update_fields=["direction", "revision"])
    audit(
        workspace=mapping.workspace,
        actor=actor,
        action="mapping.saved",
        subject=f"{mapping.sync.name}: {mapping.object_type}",
        data={"lines": len(wanted), "revision": mapping.revision},
    )
    return mapping


@transaction.atomic
def suggestion_dismiss(*, mapping: Mapping, left: str, right: str) -> None:
    """Never suggest a pair of fields again in this mapping. Idempotent."""
    mapping = Mapping.objects.select_for_update().get(pk=mapping.pk)
    if [left, right] not in mapping.dismissed:
        mapping.dismissed = [*mapping.dismissed, [left, right]][-MOST_DISMISSED:]
        mapping.save(update_fields=["dismissed"])


@transaction.atomic
def version_restore(
    *, mapping: Mapping, number: int, actor: AbstractBaseUser | None
) -> Mapping:
    """Make an older version the draft; nothing flows by it before it is published.

    Raises MappingVersion.DoesNotExist.
    """
    mapping = Mapping.objects.select_for_update().get(pk=mapping.pk)
    version = MappingVersion.objects.get(mapping=mapping, number=number)
    return draft_save(
        mapping=mapping,
        direction=version.direction,
        lines=version.lines,
        revision=mapping.revision,
        actor=actor,
    )


def accepted_before(mapping: Mapping) -> set[tuple[str, str]]:
    """Return the pairs that this workspace has in force between the same systems."""
    sync = mapping.sync
    others = Mapping.objects.filter(
        workspace=mapping.workspace,
        object_type=mapping.object_type,
        published__isnull=False,
        sync__left__kind=sync.left.kind,
        sync__right__kind=sync.right.kind,
    ).exclude(pk=mapping.pk)
    return {
        (line["left"], line["right"])
        for other in others.select_related("published")
        if other.published
        for line in other.published.lines
    }
