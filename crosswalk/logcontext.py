"""What a log line belongs to: the request and the run, known to every line within."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from crosswalk.clock import iso, now
from crosswalk.redact import redact_text

_about: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039


@contextmanager
def log_about(**ids: object) -> Iterator[None]:
    """Let every line logged within say what it belongs to: `run=12`, `request="…"`."""
    token = _about.set({**_about.get(), **{k: str(v) for k, v in ids.items()}})
    try:
        yield
    finally:
        _about.reset(token)


def log_begin(**ids: object) -> None:
    """The same for what ends elsewhere (a request, after its answer was logged)."""
    _about.set({k: str(v) for k, v in ids.items()})


def log_end(**signal: object) -> None:
    """What `log_begin` began is over. Takes what a signal sends."""
    _about.set({})


class AboutFilter(logging.Filter):
    """Puts what a line belongs to on its record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.about = _about.get()
        return True


class JsonFormatter(logging.Formatter):
    """A line of JSON a record: at, level, logger, message, request, run, trace."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": iso(now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "about", {}),
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = redact_text(self.formatException(record.exc_info))
        if record.exc_text:
            line["trace"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


class LineFormatter(logging.Formatter):
    """A plain line that ends with what it belongs to: “… [run 12]”."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        about = getattr(record, "about", {})
        ids = " ".join(f"{name} {value}" for name, value in about.items())
        line = super().formatMessage(record)
        return f"{line} [{ids}]" if ids else line
