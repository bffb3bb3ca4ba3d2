"""Tags: added and removed one by one, so that those given meanwhile stay. Pure.

PUT and upsert would replace the whole set (sheet §10.2). HighLevel keeps tags in lower
case, hence the comparison without regard to case (§10.3).
"""

from __future__ import annotations

from collections.abc import Iterable

from integrations.connectors.base import JSONValue, Record, Step
from integrations.connectors.highlevel.spec import LABEL

READ, ADD, REMOVE = "read", "add_tags", "remove_tags"
TAGS = "tags"
ARCHIVED = "archived"


def steps_of(before: Record, after: JSONValue) -> list[Step]:
    """Return the calls that make the tags those of `after`.

    Without knowing which are there: read, add all, remove what the read shows beyond.
    Only the last call writes the field: until then the tags are not as wanted.
    """
    wanted = unique(after)
    if TAGS not in before.values:
        read = Step(READ, f"{LABEL}: read the contact", writes=False)
        remove = remove_step({"keep": wanted})
        return [read, *([add_step(wanted)] if wanted else []), remove]
    now = unique(before.values[TAGS])
    added, removed = without(wanted, now), without(now, wanted)
    if added and removed:
        return [add_step(added), remove_step({TAGS: removed})]
    if removed:
        return [remove_step({TAGS: removed})]
    return [add_step(added, is_last=True)] if added else []


def archive_steps() -> list[Step]:
    """Return the call that tags a contact as archived: HighLevel has no other way."""
    return [Step(ADD, f"{LABEL}: tag as {ARCHIVED}", (), {TAGS: [ARCHIVED]})]


def restore_steps() -> list[Step]:
    """Return the call that takes that tag off again."""
    label = f"{LABEL}: remove the tag {ARCHIVED}"
    return [Step(REMOVE, label, (), {TAGS: [ARCHIVED]})]


def add_step(names: list[str], *, is_last: bool = False) -> Step:
    fields = (TAGS,) if is_last else ()
    return Step(ADD, f"{LABEL}: add tags", fields, {TAGS: names})


def remove_step(body: dict[str, list[str]]) -> Step:
    return Step(REMOVE, f"{LABEL}: remove tags", (TAGS,), body)


def to_remove(step: Step, record: Record) -> list[str]:
    """Return the tags a removal names; where it names those to keep, all others."""
    if "keep" in step.body:
        return without(unique(record.values.get(TAGS)), step.body["keep"])
    return list(step.body[TAGS])


def unique(value: JSONValue) -> list[str]:
    """Return tags each once, in their order; one alone may come as a text."""
    items = value if isinstance(value, list | tuple) else [value]
    texts = [str(item).strip() for item in items if item is not None]
    return list({text.lower(): text for text in reversed(texts) if text}.values())[::-1]


def without(names: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return the names that are not among others, whatever their case."""
    lowered = {name.lower() for name in others}
    return [name for name in names if name.lower() not in lowered]
