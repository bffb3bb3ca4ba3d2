"""Filters of a sync: checking them against what a system has, saving, saying them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from integrations.connectors.base import ObjectSpec
from mapping.checks import is_custom
from mapping.convert import Side
from sync.engine.scope import FilterError, fields_in, filter_read, sentence
from sync.models import Sync
from sync.policy import object_spec
from sync.setup.planstate import plans_outdate
from sync.setup.saving import tell

SIDES: tuple[Side, Side] = ("left", "right")


@transaction.atomic
def filters_save(
    *,
    sync: Sync,
    object_type: str,
    filters: Mapping[str, Any],
    actor: AbstractBaseUser | None,
) -> Sync:
    """Set which records of an object type a sync is about, per side. Idempotent.

    `filters`: {"left": filter, "right": filter}; a side left out has none. Raises
    ConfigError with the path of what cannot be used. All records are looked at again
    by the next run, and a plan that nobody approved is let go.
    """
    sync = Sync.objects.select_for_update(of=("self",)).get(pk=sync.pk)
    wanted = filters_checked(sync, object_type, filters)
    before = sync.filters.get(object_type, {})
    if before == wanted:
        return sync
    sync.filters = {**sync.filters, object_type: wanted}
    sync.save(update_fields=["filters"])
    changes = {"filters": [before, wanted]}
    tell(sync, "sync.config_changed", actor, {"changes": changes})
    plans_outdate(sync=sync)
    return sync


def filters_checked(
    sync: Sync, object_type: str, filters: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the filters of both sides that say something; ConfigError for the rest."""
    if unknown := set(filters) - set(SIDES):
        raise ConfigError("must be left or right", path=f"filters.{min(unknown)}")
    found: dict[str, Any] = {}
    for side in SIDES:
        connection = sync.left if side == "left" else sync.right
        spec = object_spec(connection, object_type)
        checked = _checked(filters.get(side) or {}, spec, f"filters.{side}")
        if checked:
            found[side] = checked
    return found


def _checked(raw: object, spec: ObjectSpec, path: str) -> dict[str, Any]:
    try:
        checked = filter_read(raw)
    except FilterError as error:
        where = f"{path}.{error.path}" if error.path else path
        raise ConfigError(str(error), path=where) from None
    for key in sorted(fields_in(checked)):
        if spec.field(key) is None and not is_custom(key):
            raise ConfigError(f"there is no field “{key}”", path=path)
    return checked


def filter_words(sync: Sync, object_type: str, side: str) -> str:
    """Return a side's filter as one sentence part, "" when everybody is let in."""
    wanted = sync.filters.get(object_type, {}).get(side, {})
    connection = sync.left if side == "left" else sync.right
    spec = object_spec(connection, object_type)
    labels = {field.key: field.label for field in spec.fields}
    return _words(_called(wanted, spec), labels)


def _called(wanted: Mapping[str, Any], spec: ObjectSpec) -> dict[str, Any]:
    """Return a filter with the names of what it holds the ids of, for people."""
    for word in ("and", "or"):
        if word in wanted:
            return {word: [_called(each, spec) for each in wanted[word]]}
    field = spec.field(str(wanted.get("field", "")))
    if field is None or not field.names or "value" not in wanted:
        return dict(wanted)
    names = dict(zip(field.options, field.names, strict=True))
    value = wanted["value"]
    items = value if isinstance(value, list) else [value]
    return {**wanted, "value": [names.get(item, item) for item in items]}


def _words(wanted: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    for word in ("and", "or"):
        if word in wanted:
            parts = [_words(each, labels) for each in wanted[word]]
            return f" {word} ".join(
                f"({part})" if " and " in part or " or " in part else part
                for part in parts
            )
    return sentence(wanted, labels) if wanted else ""
