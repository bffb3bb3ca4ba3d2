"""The catalogue as a table in the documentation, made from the declarations."""

from __future__ import annotations

from collections.abc import Iterator

from integrations import registry
from integrations.connectors.operations import Operation
from integrations.operations.declared import absent_of, operations_of

HEAD = """# Operations

Everything that HighLevel and Zoho Invoice tell of, find and do through Crosswalk. Each
is declared once, in its connector; this page is made from the declarations by
`python manage.py crosswalk_operations --markdown > docs/operations.md`, and a test holds
it to them. The schemas of inputs, outputs and events come from
`python manage.py crosswalk_operations --openapi`.

A **trigger** tells of something that happened, a **search** reads, an **action** writes.
*Calls* is what one use takes from the vendor's quota. *Again*: using it twice is the same
as once. *Final*: what it does cannot be taken back at the vendor.
"""
COLUMNS = ("#", "Key", "What it does", "Kind", "Call", "Permission", "Calls", "Notes")


def markdown() -> str:
    """Return the page."""
    return "\n".join([HEAD, *_lines()])


def _lines() -> Iterator[str]:
    for kind, label in registry.kinds():
        yield f"## {label}\n"
        yield f"| {' | '.join(COLUMNS)} |"
        yield "| ---: | --- | --- | --- | --- | --- | ---: | --- |"
        for each in operations_of(kind):
            yield f"| {' | '.join(_cells(each))} |"
        yield f"\nNot possible at {label}:\n"
        for absent in absent_of(kind):
            yield f"- **{absent.label}.** {absent.reason}"
        yield ""


def _cells(operation: Operation) -> list[str]:
    return [
        str(operation.row),
        f"`{operation.key}`",
        operation.sentence,
        operation.kind,
        _source(operation),
        ", ".join(f"`{each}`" for each in operation.scopes) or "–",
        str(operation.calls) if operation.call else "–",
        ", ".join(_notes(operation)) or "–",
    ]


def _source(operation: Operation) -> str:
    if operation.call:
        return f"`{operation.call.method} {operation.call.path}`"
    trigger = operation.trigger
    assert trigger is not None  # noqa: S101 - what makes no call is a trigger
    ways = [f"notice {', '.join(trigger.notices)}"] if trigger.notices else []
    polls = {
        "changes": "asking what changed",
        "listing": "reading all",
        "children": "reading what hangs under changed records",
    }
    return "; ".join([*ways, *([polls[trigger.poll]] if trigger.poll else [])])


def _notes(operation: Operation) -> Iterator[str]:
    if operation.kind == "action" and operation.is_idempotent:
        yield "again"
    if operation.is_dangerous:
        yield "final"
    if operation.unavailable:
        yield f"not available: {operation.unavailable}"
