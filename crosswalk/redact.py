"""Redaction: nothing secret leaves through a log, an error or a page."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

HIDDEN = "•••"
_SECRET_NAMES = re.compile(
    r"(?i)(authorization|secret|password|token|api[-_]?key|cookie|signature"
    # a code of sign-in; those of currencies, countries and the like are no secrets
    r"|(?:^|(?<!currency)(?<!country)(?<!language)(?<!postal)(?<!zip)_)code$)"
)
_PATTERNS = (
    re.compile(r"(?i)(bearer|zoho-oauthtoken)\s+[\w\-.~+/=]+"),
    re.compile(
        r"(?i)((?:access_|refresh_|id_)?token|client_secret|secret|password|code)"
        r"([\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"
    ),
    re.compile(r"\bpit-[\w-]{8,}"),
    re.compile(r"\b1000\.[0-9a-zA-Z]{8,}\.[0-9a-zA-Z]{8,}"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    re.compile(r"\bwhsec_[\w+/=]{8,}"),
    re.compile(r"\bcwk_[\w-]{8,}"),
    re.compile(r"(/hooks/c/)[^\s/?\"']+"),
    re.compile(r"(hooks\.slack\.com/)[^\s\"']+"),
    re.compile(r"(/reconnect/)[^\s/?\"']{20,}"),
    re.compile(r"([?&]key=)[^\s&\"']+"),  # the first owner's link
    re.compile(r"(://[^\s:/@]*:)[^\s/@]+(?=@)"),  # a password in an address
)
# what each of them has in it: most texts have nothing of it, and are not gone through
# a dozen times
_HINTS = (
    "bearer",
    "token",
    "secret",
    "password",
    "code",
    "pit-",
    "1000.",
    "eyj",
    "whsec_",
    "cwk_",
    "/hooks/",
    "hooks.slack",
    "/reconnect/",
    "key=",
    "://",
)


def redact_text(text: str) -> str:
    """Return a text with anything that looks like a credential hidden."""
    if not any(map(text.casefold().__contains__, _HINTS)):
        return text
    text = _PATTERNS[0].sub(lambda m: f"{m[1]} {HIDDEN}", text)
    text = _PATTERNS[1].sub(lambda m: f"{m[1]}{m[2]}{HIDDEN}", text)
    for pattern in _PATTERNS[2:7]:
        text = pattern.sub(HIDDEN, text)
    for pattern in _PATTERNS[7:]:
        text = pattern.sub(lambda m: m[1] + HIDDEN, text)
    return text


@lru_cache(maxsize=2048)  # a vendor's rows have the same names all the time
def is_secret(name: str) -> bool:
    """Return whether a field is named like one that holds a credential."""
    return _SECRET_NAMES.search(name) is not None


def redact(data: Any) -> Any:
    """Return JSON data with the values of secret-sounding keys hidden."""
    if isinstance(data, str):
        return redact_text(data)
    if data is None or isinstance(data, int | float):
        return data
    if isinstance(data, Mapping):
        return {
            key: HIDDEN if value and is_secret(str(key)) else redact(value)
            for key, value in data.items()
        }
    return [redact(item) for item in data] if isinstance(data, list | tuple) else data


class RedactingFilter(logging.Filter):
    """Hides credentials in every log line, whoever wrote it."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit
            message = f"{record.msg} {record.args}"
        record.msg = redact_text(message)
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact_text(record.exc_text)
        return True
