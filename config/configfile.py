"""The configuration file: its keys and what each may hold (docs/commands.md).

A key that is absent says nothing: an existing connection or sync keeps what it
has, a new one gets the default. Keys that come with a later version are refused
with their path, never ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

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

from config.configerrors import config_error
from config.configvalues import (
    Chain,
    Condition,
    Constant,
    Direction,
    Key,
    Name,
    NotYet,
    Percent,
    Plain,
    Policy,
    SecretKey,
    Text,
    auth_type,
    day_read,
    form_of,
    gather_made,
    no_client_credentials,
    value_map_read,
    wrong_at,
    zone_read,
)
from config.yamlfile import yaml_read
from crosswalk.errors import ConfigError
from integrations.quotas.subjects import MAX_RESERVE_PERCENT
from integrations.registry import CONNECTORS
from sync.engine.guards import MOST_CANARY
from sync.setup.schedules import FORMS

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
    timezone: Annotated[str, PlainValidator(zone_read)] = "UTC"


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
    type: Annotated[Any, BeforeValidator(no_client_credentials)]


Auth = Annotated[
    Annotated[TokenAuth, Tag("~token")]
    | Annotated[OAuthAuth, Tag("~oauth")]
    | Annotated[ClientCredentialsAuth, Tag("~client_credentials")],
    Discriminator(
        auth_type,
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
    value_map: Annotated[list[list[str]], PlainValidator(value_map_read)] = []
    constant: Constant = None
    default: DefaultPart = DefaultPart()
    gather: Annotated[dict[str, Any], PlainValidator(gather_made)] = {}

    @model_validator(mode="after")
    def _names_its_fields(self) -> FieldPart:
        """Both fields, or one and a constant."""
        for key in ("left", "right"):
            if getattr(self, key) is None and self.constant is None:
                raise wrong_at(key, "missing", "is missing")
        if self.left is None and self.right is None:
            raise wrong_at("right", "missing", "is missing")
        return self

    def as_line(self) -> dict[str, Any]:
        """Return the line as mappings store it."""
        return {**self.model_dump(), "conflict": self.conflict or ""}


Fields = Annotated[
    Annotated[Literal["default"], Tag("~word")]
    | Annotated[list[FieldPart], Tag("~list"), Field(min_length=1)],
    form_of("default or a list of field maps", "default"),
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
    note_text: ChildPart | None = None

    def children(self) -> dict[str, ChildPart]:
        """Return what the file says of the object types under people."""
        return {k: v for k, v in self.given().items() if isinstance(v, ChildPart)}


class SincePart(Part):
    since: Annotated[str, PlainValidator(day_read)]


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
        form_of(FORMS.removeprefix("must be "), "manual"),
    ] = "manual"
    match: list[Literal["email", "phone", "name"]] = []
    first_merge: Literal["left", "right", "newest", "non_empty"] = "non_empty"
    conflict: Policy = "newest"
    delete: Literal["ignore", "archive", "ask", "mirror"] = "ignore"
    leaving: Literal["keep", "unlink", "archive"] = "keep"
    history: Annotated[
        Annotated[Literal["all", "new"], Tag("~word")]
        | Annotated[SincePart, Tag("~keys")],
        form_of("all, new or {since: 2026-01-31}", "all", "new"),
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
