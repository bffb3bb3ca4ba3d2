"""Reading settings from the environment: CROSSWALK_NAME, or CROSSWALK_NAME_FILE.

What cannot be used raises ImproperlyConfigured: a sentence that names the setting and
never quotes a secret. `manage.py` shows it without a traceback.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

PREFIX = "CROSSWALK_"
YES, NO = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


def text(name: str, default: str = "") -> str:
    """Return a setting; the file named by NAME_FILE wins where it is given."""
    file = os.environ.get(f"{PREFIX}{name}_FILE", "")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as exc:
            raise ImproperlyConfigured(
                f"{PREFIX}{name}_FILE names {file}, which cannot be read as text "
                f"({type(exc).__name__})."
            ) from exc
    return os.environ.get(PREFIX + name, default)


def flag(name: str, default: bool = False) -> bool:
    """Return a setting as yes or no."""
    value = text(name).strip().lower()
    if value and value not in YES | NO:
        raise ImproperlyConfigured(f"{PREFIX}{name} must be 1 or 0, not “{value}”.")
    return value in YES if value else default


def number(name: str, default: int, most: int = 1000) -> int:
    """Return a setting as a whole number of at least 1."""
    value = text(name).strip()
    if not value:
        return default
    if not value.isdecimal() or len(value) > 9 or not 1 <= int(value) <= most:
        raise ImproperlyConfigured(
            f"{PREFIX}{name} must be a whole number from 1 to {most}, not “{value}”."
        )
    return int(value)


def port(name: str, default: int) -> int:
    """Return a setting as the number of a port."""
    return number(name, default, most=65_535)


def address(name: str, default: str) -> str:
    """Return a setting as scheme, host and port; its pages begin at the root."""
    url = text(name).strip().rstrip("/") or default
    try:
        parts = urlsplit(url)
        is_good = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        parts, is_good = urlsplit(""), False
    is_bare = not (parts.path or parts.query or parts.fragment or parts.username)
    if not is_good or not is_bare or parts.scheme not in {"http", "https"}:
        raise ImproperlyConfigured(
            f"{PREFIX}{name} must be an address without a path, such as "
            "https://crosswalk.example.com."
        )
    return url


def database(name: str, default: str) -> dict[str, Any]:
    """Return a setting as Django's description of a database."""
    try:
        with warnings.catch_warnings():  # they would print the password
            warnings.simplefilter("ignore")
            found: dict[str, Any] = environ.Env.db_url_config(text(name) or default)
    except (ImproperlyConfigured, ValueError):
        found = {}
    if not str(found.get("ENGINE", "")).endswith(("sqlite3", "postgresql")):
        raise ImproperlyConfigured(
            f"{PREFIX}{name} must be postgres://user:password@host/name or "
            "sqlite:////path/of/a/file. Characters such as @ or / in a password are "
            "written %40 and %2F."
        )
    return found


def mail(name: str, default: str) -> dict[str, Any]:
    """Return a setting as Django's description of a mail server."""
    try:
        found: dict[str, Any] = environ.Env.email_url_config(text(name) or default)
    except (ImproperlyConfigured, ValueError) as exc:
        raise ImproperlyConfigured(
            f"{PREFIX}{name} must be smtp://user:password@host:587, with TLS "
            "smtp+tls://… or smtp+ssl://…"
        ) from exc
    return found


def fernet_keys(name: str, listed: str) -> list[str]:
    """Return the keys of a comma list, each one checked."""
    keys = [key.strip() for key in listed.split(",") if key.strip()]
    for number_, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError as exc:
            raise ImproperlyConfigured(
                f"Key {number_} of {PREFIX}{name} is no Fernet key (32 bytes in "
                "URL-safe base64). docs/running.md says how to make one."
            ) from exc
    if not keys:
        raise ImproperlyConfigured(f"{PREFIX}{name} holds no key.")
    return keys


def items(name: str, default: str = "") -> list[str]:
    """Return a comma-separated setting as a list without blanks."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def secret_file(name: str, path: Path, make: object) -> str:
    """Return a secret from the environment or a file, made on first use (0600)."""
    value = text(name)
    if value:
        return value
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    assert callable(make)  # noqa: S101 - a programming error, not input
    made = str(make())
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(made)
    return made
