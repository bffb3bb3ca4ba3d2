"""Mappings: saving a draft, publishing a version."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from typing import Any, Protocol

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from integrations.models import Connection
from mapping.checks import DIRECTIONS, lines_check
from mapping.defaults import FieldMapData, default_field_maps, rules_chosen
from mapping.fieldrule import Countries, Side, rules_build
from mapping.gather import gather_read
from mapping.kinds import as_text
from mapping.models import FieldMap, Mapping, MappingVersion
from mapping.pairings import object_specs, pairing, switched_off
from mapping.parts import part_problem
from mapping.roundtrip import loss_warnings
from mapping.selectors import draft_lines, is_published, published_lines
from mapping.versions import version_next
from workspaces.models import Workspace
from workspaces.services import audit

__all__ = [
    "default_field_maps",
    "line_normal",
    "lines_check",
    "mapping_publish",
    "mapping_save",
    "mapping_warnings",
]


class SyncSides(Protocol):
    """What a mapping needs to know of its sync, which is an app further up."""

    @property
    def pk(self) -> Any: ...

    @property
    def name(self) -> str: ...

    @property
    def workspace(self) -> Workspace: ...

    @property
    def left(self) -> Connection: ...

    @property
    def right(self) -> Connection: ...


def line_normal(line: MappingType[str, Any] | FieldMapData) -> dict[str, Any]:
    """Return a line with every key in place, as it is stored."""
    if isinstance(line, FieldMapData):
        return line.as_line()
    return FieldMapData(
        left=line.get("left") or "",
        right=line.get("right") or "",
        direction=line.get("direction") or "both",
        write=line.get("write") or "always",
        conflict=line.get("conflict") or "",
        to_right=tuple(dict(step) for step in line.get("to_right") or ()),
        to_left=tuple(dict(step) for step in line.get("to_left") or ()),
        value_map=tuple((row[0], row[1]) for row in line.get("value_map") or ()),
        constant=as_text(line.get("constant")),
        default={
            side: as_text(value)
            for side, value in rules_chosen(line.get("default") or {}).items()
        },
        gather=gather_read(line.get("gather")),
    ).as_line()


@transaction.atomic
def mapping_save(
    *,
    sync: SyncSides,
    object_type: str,
    direction: str,
    lines: Sequence[MappingType[str, Any] | FieldMapData],
    actor: AbstractBaseUser | None,
) -> Mapping:
    """Replace the draft of a mapping. Idempotent: the same lines change nothing.

    Raises ConfigError with the path of the first line that cannot be used.
    """
    wanted = [line_normal(line) for line in lines]
    _must_fit(sync, object_type, direction, wanted)
    mapping, _ = Mapping.objects.select_for_update().get_or_create(
        workspace=sync.workspace, sync_id=sync.pk, object_type=object_type
    )
    is_new = draft_lines(mapping) != wanted
    if mapping.direction != direction or is_new:
        mapping.direction = direction
        mapping.revision += 1  # whoever has the editor open is told
        mapping.save(update_fields=["direction", "revision"])
    if is_new:
        mapping.field_maps.all().delete()
        FieldMap.objects.bulk_create(
            FieldMap(mapping=mapping, position=position, **line)
            for position, line in enumerate(wanted)
        )
        audit(
            workspace=sync.workspace,
            actor=actor,
            action="mapping.saved",
            subject=f"{sync.name}: {object_type}",
            data={"lines": len(wanted)},
        )
    return mapping


@transaction.atomic
def mapping_publish(
    *, mapping: Mapping, actor: AbstractBaseUser | None
) -> MappingVersion:
    """Put the draft in force. Idempotent: an unchanged draft keeps its version."""
    mapping = Mapping.objects.select_for_update().get(pk=mapping.pk)
    version = version_next(mapping)
    lines = version.lines
    _must_fit(mapping.sync, mapping.object_type, mapping.direction, lines)
    if mapping.published and is_published(mapping):
        return mapping.published
    before = published_lines(mapping)
    version.published_by_id = actor.pk if actor else None
    version.save()
    mapping.published = version
    mapping.save(update_fields=["published"])
    audit(
        workspace=mapping.workspace,
        actor=actor,
        action="mapping.published",
        subject=f"{mapping.sync.name}: {mapping.object_type}",
        data={"number": version.number, "before": before, "after": lines},
    )
    return version


def mapping_warnings(mapping: Mapping) -> list[str]:
    """Return what a published mapping does not keep of values that go there and back.

    Nothing is wrong with it, and nothing can loop; but people should have read it.
    """
    sync, version = mapping.sync, mapping.published
    if version is None or version.direction != "both":
        return []
    specs = object_specs(sync.left, sync.right, mapping.object_type)
    left, right = ({field.key: field for field in spec.fields} for spec in specs)
    countries = Countries(sync.left.country, sync.right.country)
    names: dict[Side, str] = {"left": sync.left.name, "right": sync.right.name}
    return [
        words
        for rule in rules_build(version.lines, left, right)
        for words in loss_warnings(rule, countries, names)
    ]


def _must_fit(
    sync: SyncSides, object_type: str, direction: str, lines: Sequence[dict[str, Any]]
) -> None:
    _must_be_possible(sync, object_type, direction)
    problems = lines_check(
        lines,
        *object_specs(sync.left, sync.right, object_type),
        direction=direction,
    )
    part = part_problem(sync.pk, (sync.left, sync.right), object_type, lines)
    for problem in (*problems, *([part] if part else [])):
        raise ConfigError(problem.message, path=problem.path)


def _must_be_possible(sync: SyncSides, object_type: str, direction: str) -> None:
    if direction not in DIRECTIONS:
        raise ConfigError(f"must be one of {', '.join(DIRECTIONS)}", path="direction")
    found = pairing(sync.left.kind, sync.right.kind, object_type)
    why = found.missing or switched_off(sync.left, sync.right, object_type)
    if why:
        raise ConfigError(why)
    if direction not in found.directions:
        words = " or ".join(found.directions)
        raise ConfigError(
            f"{found.label} only flow {words} between these systems", path="direction"
        )
