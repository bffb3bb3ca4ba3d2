"""A mapping on its own: as a file in the form of the configuration, and from elsewhere.

What is taken over becomes the draft: nothing flows by it before it is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from pydantic import ValidationError

from config.configerrors import config_error
from config.configexport import config_line, yaml_text
from config.configfile import Fields, Part
from config.configvalues import Direction
from config.yamlfile import yaml_read
from crosswalk.errors import ConfigError
from mapping.api import MAX_LINES
from mapping.checks import Problem, is_lost, line_keys, lines_check
from mapping.defaults import default_field_maps
from mapping.drafts import draft_save
from mapping.finding import catalogue_of
from mapping.models import Mapping
from mapping.pairings import object_specs, pairing
from mapping.selectors import draft_lines, published_lines
from mapping.services import line_normal

HEADER = (
    "# Fields of one object type, as under syncs: objects: in a configuration file.\n"
)
SIDES = ("left", "right")
Line = dict[str, Any]


class MappingPart(Part):
    """A file: what the configuration says of one object type, without its filters."""

    direction: Direction = "both"
    fields: Fields


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of a copy: the lines taken over, and the fields that were not."""

    taken: int
    left_out: tuple[str, ...] = ()


def mapping_text(mapping: Mapping) -> str:
    """Return the draft of a mapping as a file."""
    lines = [config_line(line) for line in draft_lines(mapping)]
    return HEADER + yaml_text({"direction": mapping.direction, "fields": lines})


def mapping_import(
    *, mapping: Mapping, data: bytes, revision: Any, actor: User
) -> Mapping:
    """Make a file the draft of a mapping. All of it fits, or nothing is changed.

    Raises ConfigError with the place of the first thing that is wrong.
    """
    raw = yaml_read(data)
    if not isinstance(raw, dict):
        raise ConfigError("The file must hold keys: direction and fields.")
    try:
        part = MappingPart.model_validate(raw)
    except ValidationError as exc:
        raise config_error(exc) from None  # pydantic's own may quote values
    lines = _lines(mapping, part)
    if len(lines) > MAX_LINES:
        raise ConfigError(f"takes {MAX_LINES} field maps at most", path="fields")
    _must_flow(mapping, part.direction)
    for problem in _problems(mapping, lines, part.direction):
        raise ConfigError(problem.message, path=problem.path)
    return draft_save(
        mapping=mapping,
        direction=part.direction,
        lines=lines,
        revision=revision,
        actor=actor,
    )


def copies_from(mapping: Mapping) -> QuerySet[Mapping]:
    """Return the mappings of this workspace that a mapping can be copied from: of the
    same object type, between the same two systems."""
    sync = mapping.sync
    return (
        Mapping.objects.filter(
            workspace=mapping.workspace,
            object_type=mapping.object_type,
            sync__left__kind=sync.left.kind,
            sync__right__kind=sync.right.kind,
            field_maps__isnull=False,
        )
        .exclude(pk=mapping.pk)
        .select_related("sync", "published")
        .distinct()
        .order_by("sync__name")
    )


def mapping_copy(
    *, mapping: Mapping, source: Mapping, revision: Any, actor: User
) -> Copied:
    """Make what is in force in another sync the draft of this one (its draft, where
    nothing is). A line whose fields these accounts do not have is left out and told.

    Raises ConfigError when no line fits.
    """
    published = source.published
    direction = published.direction if published else source.direction
    lines = published_lines(source) or draft_lines(source)
    _must_flow(mapping, direction)
    unfit = _unfit(_problems(mapping, lines, direction), len(lines))
    kept = [line for place, line in enumerate(lines) if place not in unfit]
    if not kept:
        raise ConfigError(f"No field of “{source.sync.name}” exists in these accounts.")
    draft_save(
        mapping=mapping,
        direction=direction,
        lines=kept,
        revision=revision,
        actor=actor,
    )
    return Copied(len(kept), tuple(_name(lines[place]) for place in sorted(unfit)))


def _lines(mapping: Mapping, part: MappingPart) -> list[Line]:
    if isinstance(part.fields, list):
        return [line_normal(line.as_line()) for line in part.fields]
    sync = mapping.sync
    found = default_field_maps(sync.left.kind, sync.right.kind, mapping.object_type)
    return [line.as_line() for line in found]


def _must_flow(mapping: Mapping, direction: str) -> None:
    sync = mapping.sync
    found = pairing(sync.left.kind, sync.right.kind, mapping.object_type)
    if direction not in found.directions:
        words = " or ".join(found.directions)
        raise ConfigError(
            f"{found.label} only flow {words} between these systems", path="direction"
        )


def _problems(
    mapping: Mapping, lines: Sequence[Line], direction: str
) -> Sequence[Problem]:
    """Return what is wrong with lines in these accounts, own fields included."""
    sync = mapping.sync
    specs = object_specs(sync.left, sync.right, mapping.object_type)
    return [
        *lines_check(lines, *specs, direction=direction),
        *_lost(mapping, lines),
    ]


def _lost(mapping: Mapping, lines: Sequence[Line]) -> list[Problem]:
    catalogue = catalogue_of(mapping.sync, mapping.object_type)
    return [
        Problem(f"fields[{place}].{side}", f"this account has no field “{key}”")
        for place, line in enumerate(lines)
        for side in SIDES
        for key in line_keys(line)[side]
        if is_lost(key, catalogue.spec(side), is_complete=catalogue.is_complete(side))
    ]


def _unfit(problems: Sequence[Problem], count: int) -> set[int]:
    """Return the places of the lines that something is wrong with."""
    return {
        place
        for place in range(count)
        for problem in problems
        if problem.path.startswith(f"fields[{place}]")
    }


def _name(line: Line) -> str:
    return f"{line['left'] or 'a fixed value'} – {line['right'] or 'a fixed value'}"
