"""The values of a configuration file: what each kind may be, and how it is checked."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from config.configerrors import NOT_YET
from config.secretrefs import Secret, secret_read
from mapping.gather import gather_read
from mapping.transforms import TRANSFORMS
from mapping.valuemap import MAX_LENGTH, rows_read
from sync.engine.scope import FilterError, filter_read


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


def zone_read(value: Any) -> str:
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
        raise wrong_at("name", NOT_YET, "not supported yet")
    for key, chosen in value.items():
        if key == "name":
            continue
        option = transform.options.get(key)
        if option is None:
            raise wrong_at(str(key), "extra_forbidden", "is not an option of it")
        if problem := option.problem(chosen):
            raise wrong_at(key, "option", problem)
    for key, option in transform.options.items():
        if option.needed and key not in value:
            raise wrong_at(key, "missing", "is needed")
    return dict(value)


def wrong_at(key: str, kind: str, message: str) -> ValidationError:
    # the message goes in as a value: braces in it would be read as a template
    error = PydanticCustomError(kind, "{words}", {"words": message})
    return ValidationError.from_exception_data(
        "step", [InitErrorDetails(type=error, loc=(key,), input=None)]
    )


def day_read(value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise PydanticCustomError("day", "must be a date as in 2026-01-31") from None


def _filter(value: Any) -> dict[str, Any]:
    """Return a filter; what is wrong with it has the path of its place in it."""
    try:
        return filter_read(value)
    except FilterError as error:
        raise wrong_at(error.path, "filter", str(error)) from None


def value_map_read(value: Any) -> list[list[str]]:
    """Return a value map as rows; {left value: right value} or [{left, right}]."""
    try:
        return rows_read(value)
    except ValueError as error:
        words = {"words": str(error)}
        raise PydanticCustomError("table", "{words}", words) from None


def gather_made(value: Any) -> dict[str, Any]:
    """Return how a value is made of several fields."""
    try:
        return gather_read(value)
    except ValueError as error:
        words = {"words": str(error)}
        raise PydanticCustomError("gather", "{words}", words) from None


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


def no_client_credentials(value: Any) -> Any:
    raise PydanticCustomError(
        "refused",
        "is not offered: a client id and secret alone stand for the app and reach no "
        "account; use token or oauth",
    )


def auth_type(value: Any) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else None
    return f"~{kind}" if isinstance(kind, str) else None


def form_of(words: str, *names: str) -> Discriminator:
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
