"""What is wrong with a configuration file, as one sentence and a dotted path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from crosswalk.errors import ConfigError

NOT_YET = "not_yet"
# what is named first: a key of a later version, then an unknown one, then the rest
RANK = {NOT_YET: 0, "extra_forbidden": 1}
WORDS = {
    "missing": "is missing",
    "model_type": "must hold keys of its own",
    "model_attributes_type": "must hold keys of its own",
    "dict_type": "must hold keys of its own",
    "list_type": "must be a list",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "invalid_key": "is not a key that Crosswalk knows",
}


def config_error(error: ValidationError) -> ConfigError:
    """Return the first problem that a check of the file found."""
    problems = error.errors(
        include_url=False, include_context=True, include_input=False
    )
    problems.sort(key=lambda problem: RANK.get(problem["type"], 2))
    first = problems[0]
    message = _message(first)
    if len(problems) > 1:
        others = ", ".join(dotted(problem["loc"]) for problem in problems[1:6])
        message = f"{message} (also look at {others})"
    return ConfigError(message, path=dotted(first["loc"]))


def dotted(loc: tuple[int | str, ...]) -> str:
    """Return a place as "syncs[0].objects.contact"; marks of forms (~) are left out."""
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part and not part.startswith("~"):
            path += f".{part}"
    return path.lstrip(".")


@contextmanager
def placed(path: str) -> Iterator[None]:
    """Put the place of a part before the path of what is wrong in it."""
    try:
        yield
    except ConfigError as error:
        inner = f".{error.path}" if error.path else ""
        raise ConfigError(
            error.message, path=path + inner, detail=error.detail
        ) from error


def _message(problem: Any) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        if "objects" in problem["loc"][-2:-1]:
            return "not supported yet"
        return "is not a key that Crosswalk knows"
    if kind == "literal_error":
        return f"must be {context['expected']}".replace("'", "")
    if kind in WORDS:
        return WORDS[kind]
    words = str(problem["msg"])
    return words[:1].lower() + words[1:]
