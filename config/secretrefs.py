"""Secrets in a configuration file: written there, or named as {env: NAME}."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from crosswalk.errors import ConfigError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
MAX_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret or the name of the environment variable that holds it."""

    text: str = field(default="", repr=False)
    env: str = ""

    def resolve(self, environ: Mapping[str, str], path: str) -> str:
        """Return the secret itself, from NAME or the file that NAME_FILE names.

        Raises ConfigError with the path where there is none.
        """
        if not self.env:
            return self.text
        value = self._from_file(environ, path) or environ.get(self.env, "").strip()
        if not value:
            raise ConfigError(
                f"the environment variable {self.env} (or {self.env}_FILE) is not set",
                path=path,
            )
        if len(value) > MAX_LENGTH or not value.isprintable():
            raise ConfigError(f"{self.env} does not hold one line of text", path=path)
        return value

    def is_set(self, environ: Mapping[str, str]) -> bool:
        """Whether there is something to resolve."""
        return not self.env or bool(
            environ.get(self.env) or environ.get(f"{self.env}_FILE")
        )

    def _from_file(self, environ: Mapping[str, str], path: str) -> str:
        file = environ.get(f"{self.env}_FILE", "")
        if not file:
            return ""
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as exc:
            raise ConfigError(
                f"the file that {self.env}_FILE names cannot be read", path=path
            ) from exc


def secret_read(value: Any) -> Secret:
    """Return a secret as the file gives it; its text never appears in an error."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and value.strip() and len(value) <= MAX_LENGTH:
        return Secret(text=value.strip())
    if isinstance(value, dict) and set(value) == {"env"}:
        name = value["env"]
        if isinstance(name, str) and _NAME.fullmatch(name):
            return Secret(env=name)
    raise PydanticCustomError("secret", "must be {env: NAME} or the secret itself")
