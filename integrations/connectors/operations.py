"""What an operation is: one thing a system tells of, finds or does, as pure data.

    key        "hl.add_tags": stable; names the page, the route and the event type
    kind       trigger (something happened), search (reads), action (writes)
    inputs     what it is told, typed; `Options` are what an account has to choose from
    call       the one documented call behind a search or an action
    trigger    which change of which records a trigger tells of
    outputs    what comes back or is told of a record, typed

One declaration serves the catalogue page, its "try it" form, the checks of what is
given, the preview, the call, the JSON schemas, rules and other programs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from integrations.connectors.base import JSONValue, Values

Kind = Literal["trigger", "search", "action"]
Place = Literal["path", "query", "body"]
InputType = Literal[
    "text",
    "long_text",
    "email",
    "phone",
    "url",
    "bool",
    "number",
    "date",
    "datetime",
    "choice",
    "texts",  # a list of words
    "ids",  # a list of ids
    "id",  # the id of one record, see `Input.record`
]
OutputType = Literal["text", "number", "bool", "datetime", "list", "object"]
Change = Literal["created", "updated", "deleted"]
Row = Mapping[str, Any]
CREATED: frozenset[Change] = frozenset({"created"})
UPDATED: frozenset[Change] = frozenset({"updated"})
DELETED: frozenset[Change] = frozenset({"deleted"})


@dataclass(frozen=True, slots=True)
class Call:
    """One documented call. `{account}` and the names of path inputs stand in `path`.

    `params` and `body` are sent as they are, "{account}" replaced. `rows` is where in
    the answer the record or the records are, "" for the whole, "a|b" where spellings
    differ; `read` takes the
    place of it where an answer is no list of records. `api` names a part of the vendor's
    API that is spoken to differently. `what` is what the call counts of quotas call it.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    what: str
    rows: str = ""
    params: Values = field(default_factory=dict)
    body: Values = field(default_factory=dict)
    api: str = ""
    repeatable: bool | None = None  # None: as HTTP has it, see integrations.http.Api
    read: Callable[[JSONValue], Sequence[Row]] | None = None
    sends_body: bool = False  # an empty one too, where a DELETE must have one


@dataclass(frozen=True, slots=True)
class Options:
    """What an account has to choose from, loaded live by one call.

    `value` and `label` name the keys of its rows. `inputs` fills path inputs of the call
    from inputs of the operation that come before: its options depend on them.
    """

    call: Call
    value: str = "id"
    label: str = "name"
    scope: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """One thing an operation is told.

    `name` is how the vendor calls it, dotted inside objects and lists ("people.0.email");
    by default its key. `sends`: "ms" a moment as milliseconds since 1970. `when_empty`
    "null" sends a null, so that nothing given means "none". `record` says what kind of
    record an id is of. With `item` the value goes into a list of the name, as the
    `value` of such an object: one filter among others.
    """

    key: str
    label: str
    type: InputType = "text"
    place: Place = "body"
    name: str = ""
    required: bool = False
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    options: Options | None = None
    record: str = ""
    default: JSONValue = None
    max_length: int = 0
    minimum: int | None = None
    maximum: int | None = None
    sends: Literal["", "ms"] = ""
    when_empty: Literal["", "null"] = ""
    item: Values = field(default_factory=dict)

    @property
    def wire(self) -> str:
        return self.name or self.key


@dataclass(frozen=True, slots=True)
class Output:
    """One thing that comes back of a record. `key` is dotted inside objects."""

    key: str
    label: str
    type: OutputType = "text"


@dataclass(frozen=True, slots=True)
class OwnFields:
    """Where an action takes the account's own fields of an object type.

    They go out as a list under `name`, each with its id under `key` and its value under
    `value`; `prefix` is what the field catalogue puts before the id.
    """

    object_type: str
    name: str
    key: str
    value: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """Which change of a record is told of, however it was learned.

    `changes`: of these kinds. `fields`: only when one of them changed (empty: any);
    `but`: not when nothing but these did. `turns`: what must have come into a list
    ("added"), gone from it ("removed"), or become true ("true").
    `notices`: the vendor's names of the deliveries that hint at it; `poll` how it is
    found without them: by what changed since ("changes"), by reading all ("listing"),
    by reading what hangs under changed records ("children"), or not at all ("").
    """

    object_type: str
    changes: frozenset[Change]
    fields: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    turns: Literal["", "added", "removed", "true"] = ""
    notices: tuple[str, ...] = ()
    poll: Literal["", "changes", "listing", "children"] = "changes"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a system, declared once.

    `row` is its number in docs/operations.md. `sentence` says what it does, beginning
    with a verb. `calls` is what one use costs. `is_idempotent`: doing it twice is the
    same as once. `is_dangerous`: what it does cannot be taken back there. `one_of`: sets
    of inputs of which at least one must be given. `sample` is one record as it comes
    back, real in shape, of nobody. `unavailable`: why it cannot be used, as a sentence.
    """

    key: str
    row: int
    kind: Kind
    object_type: str
    label: str
    sentence: str
    outputs: tuple[Output, ...]
    inputs: tuple[Input, ...] = ()
    call: Call | None = None
    trigger: Trigger | None = None
    scopes: tuple[str, ...] = ()
    calls: int = 1
    is_idempotent: bool = True
    is_dangerous: bool = False
    one_of: tuple[tuple[str, ...], ...] = ()
    own_fields: OwnFields | None = None
    sample: Values = field(default_factory=dict)
    unavailable: str = ""
    noun: str = "record"  # what a sentence calls the record meant
    # what its answer leaves of a record, for the mirror: "record" the record itself,
    # "read" nothing, so it is read again where somebody watches, "gone" nothing at all
    leaves: Literal["", "record", "read", "gone"] = ""
    leaves_id: str = ""  # input that names that record; "" where the answer does

    @property
    def writes(self) -> bool:
        return self.kind == "action"

    def input(self, key: str) -> Input:
        """Return an input by key; KeyError when there is none."""
        for each in self.inputs:
            if each.key == key:
                return each
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Absent:
    """Something people look for that a system lets no app do, with the reason."""

    object_type: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Request:
    """A call with everything filled in: what is shown before it is sent."""

    method: str
    path: str
    params: Values
    body: Values | None
    what: str
    scope: str = ""
    noun: str = "record"
    api: str = ""
    repeatable: bool | None = None


class Sends(Protocol):
    """A connector that can send the call of an operation."""

    def send(self, request: Request) -> Any:
        """Make the call; return its `integrations.http.Answer`."""
        ...


def path_id(
    key: str,
    label: str,
    record: str,
    *,
    name: str = "",
    options: Options | None = None,
    help: str = "",
) -> Input:
    """Return the required input of an id that stands in the path."""
    return Input(
        key,
        label,
        "id",
        "path",
        name,
        required=True,
        record=record,
        options=options,
        help=help,
    )


def optional(inputs: Sequence[Input]) -> tuple[Input, ...]:
    """Return inputs none of which is required: what is left out stays as it is."""
    return tuple(replace(each, required=False, default=None) for each in inputs)
