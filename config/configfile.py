"""The configuration file: its keys and what each may hold (docs/commands.md).

A key that is absent says nothing: an existing connection or sync keeps what it
has, a new one gets the default. Keys that come with a later version are refused
with their path, never ignored.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from config.configerrors import NOT_YET, config_error
from config.secretrefs import Secret, secret_read
from config.yamlfile import yaml_read
from crosswalk.errors import ConfigError
from integrations.registry import CONNECTORS
from integrations.subjects import MAX_RESERVE_PERCENT
from mapping.transforms import TRANSFORMS
from mapping.valuemap import MAX_LENGTH, rows_read
from sync.engine.guards import MOST_CANARY
from sync.engine.scope import FilterError, filter_read
from sync.schedules import FORMS


def _text(value: Any) -> Any:
    """Ids and names may be written as numbers; they are text all the same."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and not value.isprintable():
        raise PydanticCustomError("text", "must not hold control characters")
    return value.strip() if isinstance(value, str) else value


def _refuse(value: Any) -> Any:
    raise PydanticCustomError(NOT_YET, "not supported yet")


def _later(*values: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        return _refuse(value) if value in values else value

    return BeforeValidator(check)


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError(
            "zone", "is not a time zone; write one as in Europe/London"
        ) from None


def _transform(value: Any) -> dict[str, Any]:
    """Return one step of a chain; each problem has the path of its key."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise PydanticCustomError("step", "must be a transform, as in {name: trim}")
    transform = TRANSFORMS.get(value["name"])
    if transform is None:
        raise _at("name", NOT_YET, "not supported yet")
    for key, chosen in value.items():
        if key == "name":
            continue
        option = transform.options.get(key)
        if option is None:
            raise _at(str(key), "extra_forbidden", "is not an option of it")
        if problem := option.problem(chosen):
            raise _at(key, "option", problem)
    for key, option in transform.options.items():
        if option.needed and key not in value:
            raise _at(key, "missing", "is needed")
    return dict(value)


def _at(key: str, kind: str, message: str) -> ValidationError:
    # the message goes in as a value: braces in it would be read as a template
    error = PydanticCustomError(kind, "{words}", {"words": message})
    return ValidationError.from_exception_data(
        "step", [InitErrorDetails(type=error, loc=(key,), input=None)]
    )


def _day(value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise PydanticCustomError("day", "must be a date as in 2026-01-31") from None


def _filter(value: Any) -> dict[str, Any]:
    """Return a filter; what is wrong with it has the path of its place in it."""
    try:
        return filter_read(value)
    except FilterError as error:
        raise _at(error.path, "filter", str(error)) from None


def _value_map(value: Any) -> list[list[str]]:
    """Return a value map as rows; {left value: right value} or [{left, right}]."""
    try:
        return rows_read(value)
    except ValueError as error:
        words = {"words": str(error)}
        raise PydanticCustomError("table", "{words}", words) from None


def _plain(value: Any) -> Any:
    """Return a value of a field as a file writes it; a text must say something."""
    if isinstance(value, str) and 0 < len(value.strip()) <= MAX_LENGTH:
        return value
    if isinstance(value, bool | int | float):
        return value
    raise PydanticCustomError(
        "plain", f"must be a text of up to {MAX_LENGTH} characters or a number"
    )


def _constant(value: Any) -> Any:
    if isinstance(value, list) and value:
        return [_plain(each) for each in value]
    return _plain(value)


def _no_client_credentials(value: Any) -> Any:
    raise PydanticCustomError(
        "refused",
        "is not offered: a client id and secret alone stand for the app and reach no "
        "account; use token or oauth",
    )


def _auth_type(value: Any) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else None
    return f"~{kind}" if isinstance(kind, str) else None


def _form(words: str, *names: str) -> Discriminator:
    """Return how to tell the forms of a value: one of some words, a list, keys."""

    def form(value: Any) -> str | None:
        if isinstance(value, dict):
            known = (key for key in ("cron", "daily", "weekly") if key in value)
            return f"~{next(known, 'keys')}"
        if isinstance(value, list):
            return "~list"
        return "~word" if value in names else None

    return Discriminator(
        form, custom_error_type="shape", custom_error_message=f"must be {words}"
    )


NotYet = Annotated[Any, BeforeValidator(_refuse)]
Text = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=200)]
Name = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=80)]
Key = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=120)]
Percent = Annotated[int, Field(ge=0, le=100)]
Condition = Annotated[dict[str, Any], PlainValidator(_filter)]
SecretKey = Annotated[Secret, PlainValidator(secret_read)]
Chain = list[Annotated[dict[str, Any], PlainValidator(_transform)]]
Direction = Literal["both", "left_to_right", "right_to_left"]
Plain = Annotated[Any, PlainValidator(_plain)]
Constant = Annotated[Any, PlainValidator(_constant)]
Policy = Literal["left", "right", "newest", "ask"]
SETTINGS = (
    *("match", "first_merge", "conflict", "delete"),
    *("leaving", "history", "schedule", "guards"),
)


class Part(BaseModel):
    """A set of keys: unknown ones are refused, values are not bent to fit."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    def given(self) -> dict[str, Any]:
        """Return the keys that the file names, with their values."""
        return {key: getattr(self, key) for key in self.model_fields_set}


class WorkspacePart(Part):
    name: Annotated[Text, Field(max_length=120)]
    timezone: Annotated[str, PlainValidator(_zone)] = "UTC"


class TokenAuth(Part):
    type: Literal["token"]
    token: SecretKey


class OAuthAuth(Part):
    type: Literal["oauth"]
    client_id: SecretKey
    client_secret: SecretKey
    refresh_token: SecretKey
    data_center: Annotated[Text, Field(max_length=8)] | None = None


class ClientCredentialsAuth(BaseModel):
    """Known and refused: it names no account (docs/decisions/0011)."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    type: Annotated[Any, BeforeValidator(_no_client_credentials)]


Auth = Annotated[
    Annotated[TokenAuth, Tag("~token")]
    | Annotated[OAuthAuth, Tag("~oauth")]
    | Annotated[ClientCredentialsAuth, Tag("~client_credentials")],
    Discriminator(
        _auth_type,
        custom_error_type="shape",
        custom_error_message="must have a type: token or oauth",
    ),
]


class ConnectionPart(Part):
    name: Name
    kind: Literal[tuple(CONNECTORS)]  # type: ignore[valid-type]
    account: Annotated[Text, Field(max_length=80)]
    site: Literal["vendor", "sandbox"] = "vendor"
    reserve_percent: Annotated[int, Field(ge=0, le=MAX_RESERVE_PERCENT)] | None = None
    auth: Auth


class DefaultPart(Part):
    left: Plain = None
    right: Plain = None


class FieldPart(Part):
    left: Key | None = None
    right: Key | None = None
    direction: Direction = "both"
    write: Literal["always", "if_empty", "on_create", "append", "never"] = "always"
    conflict: Policy | None = None
    to_right: Chain = []
    to_left: Chain = []
    value_map: Annotated[list[list[str]], PlainValidator(_value_map)] = []
    constant: Constant = None
    default: DefaultPart = DefaultPart()

    @model_validator(mode="after")
    def _names_its_fields(self) -> FieldPart:
        """Both fields, or one and a constant."""
        for key in ("left", "right"):
            if getattr(self, key) is None and self.constant is None:
                raise _at(key, "missing", "is missing")
        if self.left is None and self.right is None:
            raise _at("right", "missing", "is missing")
        return self

    def as_line(self) -> dict[str, Any]:
        """Return the line as mappings store it."""
        return {**self.model_dump(), "conflict": self.conflict or ""}


Fields = Annotated[
    Annotated[Literal["default"], Tag("~word")]
    | Annotated[list[FieldPart], Tag("~list"), Field(min_length=1)],
    _form("default or a list of field maps", "default"),
]


class FiltersPart(Part):
    left: Condition = {}
    right: Condition = {}


class ObjectPart(Part):
    direction: Direction = "both"
    filters: FiltersPart = FiltersPart()
    fields: Fields = "default"


class ChildPart(Part):
    """What hangs under people: it follows them, so it has no filters of its own."""

    direction: Direction | None = None  # None: the best that the systems allow
    filters: NotYet = None
    fields: Fields = "default"


class ObjectsPart(Part):
    contact: ObjectPart
    note: ChildPart | None = None
    task: ChildPart | None = None
    appointment: ChildPart | None = None

    def children(self) -> dict[str, ChildPart]:
        """Return what the file says of the object types under people."""
        return {k: v for k, v in self.given().items() if isinstance(v, ChildPart)}


class SincePart(Part):
    since: Annotated[str, PlainValidator(_day)]


class EveryPart(Part):
    every_minutes: int


class CronPart(Part):
    cron: str


class DailyPart(Part):
    daily: str


class WeekPart(Part):
    day: str
    at: str


class WeeklyPart(Part):
    weekly: WeekPart


class GuardsPart(Part):
    max_delete_percent: Percent = 5
    max_change_percent: Percent = 40
    max_create_percent: Percent = 20
    canary: Annotated[int, Field(ge=0, le=MOST_CANARY)] = 0


class SyncPart(Part):
    name: Name
    left: Name
    right: Name
    state: Literal["draft", "live", "paused"] = "draft"
    schedule: Annotated[
        Annotated[Literal["manual"], Tag("~word")]
        | Annotated[EveryPart, Tag("~keys")]
        | Annotated[DailyPart, Tag("~daily")]
        | Annotated[WeeklyPart, Tag("~weekly")]
        | Annotated[CronPart, Tag("~cron")],
        _form(FORMS.removeprefix("must be "), "manual"),
    ] = "manual"
    match: list[Literal["email", "phone", "name"]] = []
    first_merge: Literal["left", "right", "newest", "non_empty"] = "non_empty"
    conflict: Policy = "newest"
    delete: Literal["ignore", "archive", "ask", "mirror"] = "ignore"
    leaving: Literal["keep", "unlink", "archive"] = "keep"
    history: Annotated[
        Annotated[Literal["all", "new"], Tag("~word")]
        | Annotated[SincePart, Tag("~keys")],
        _form("all, new or {since: 2026-01-31}", "all", "new"),
    ] = "all"
    guards: GuardsPart = GuardsPart()
    objects: ObjectsPart | None = None

    def settings(self) -> dict[str, Any]:
        """Return the settings that the file names, as syncs store them."""
        return {
            key: value.model_dump(exclude_unset=True)
            if isinstance(value, Part)
            else value
            for key, value in self.given().items()
            if key in SETTINGS
        }


class ConfigFile(Part):
    version: Literal[1]
    workspace: WorkspacePart | None = None
    connections: list[ConnectionPart] = []
    syncs: list[SyncPart] = []


def config_read(data: bytes) -> ConfigFile:
    """Return a configuration file as checked data.

    Raises ConfigError with the dotted path of the first thing that is wrong.
    """
    raw = yaml_read(data)
    if not isinstance(raw, dict):
        raise ConfigError("The file must hold keys, beginning with version: 1.")
    try:
        config = ConfigFile.model_validate(raw)
    except ValidationError as exc:
        raise config_error(exc) from None  # pydantic's own may quote values
    _unique("connections", [part.name for part in config.connections])
    _unique("syncs", [part.name for part in config.syncs])
    return config


def _unique(key: str, names: list[str]) -> None:
    for number, name in enumerate(names):
        if names.index(name) != number:
            raise ConfigError("is used twice", path=f"{key}[{number}].name")
