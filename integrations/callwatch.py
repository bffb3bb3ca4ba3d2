"""Watching calls: how long each kind takes, the slowest, and what went over the wire.

One watch a session. Times cost a few numbers a kind of call; requests and answers are
kept only where somebody asks for them (`recording`), redacted and cut to a size.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from crosswalk.clock import now
from crosswalk.foreign import json_read
from crosswalk.redact import redact, redact_text

SLOWEST = 5  # calls that a run remembers, of each session
MAX_BODY = 4000  # characters of a request or an answer that are kept
MOST_CALLS = 20  # of one unit
CUT = "… (cut here)"


@dataclass(frozen=True, slots=True)
class Sent:
    """One call as it was made; `response` is None when no answer came."""

    operation: str
    method: str
    path: str
    body: Any
    response: httpx.Response | None
    seconds: float

    @property
    def status(self) -> int:
        return self.response.status_code if self.response is not None else 0


@dataclass
class CallWatch:
    """Collects what a session's calls took, and of a thread what it sent meanwhile."""

    timed: dict[str, list[float]] = field(default_factory=dict)  # calls, sum, longest
    slowest: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _tape: threading.local = field(default_factory=threading.local)

    def seen(self, sent: Sent) -> None:
        """Learn of a call that is over, answered or not."""
        with self._lock:
            took = self.timed.setdefault(sent.operation, [0, 0.0, 0.0])
            took[0] += 1
            took[1] += sent.seconds
            took[2] = max(took[2], sent.seconds)
            if len(self.slowest) < SLOWEST or sent.seconds > self._least():
                self.slowest = slowest_of([*self.slowest, _brief(sent)])
        tape: list[dict[str, Any]] | None = getattr(self._tape, "calls", None)
        if tape is not None and len(tape) < MOST_CALLS:
            tape.append(_whole(sent))

    def _least(self) -> float:
        return float(self.slowest[-1]["seconds"])

    @contextmanager
    def recording(self) -> Iterator[list[dict[str, Any]]]:
        """Keep the calls that this thread makes, as `synclog.Exchange` stores them."""
        calls: list[dict[str, Any]] = []
        self._tape.calls = calls
        try:
            yield calls
        finally:
            self._tape.calls = None

    def taken(self) -> tuple[dict[str, list[float]], list[dict[str, Any]]]:
        """Return what came together since the last time, and begin anew."""
        with self._lock:
            found = (self.timed, self.slowest)
            self.timed, self.slowest = {}, []
        return found


def slowest_of(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the slowest few of some calls, the slowest first."""
    return sorted(calls, key=lambda call: -call["seconds"])[:SLOWEST]


def times_add(
    stored: dict[str, Any], name: str, watch: tuple[dict[str, list[float]], list[Any]]
) -> None:
    """Bring what a watch has taken onto what a run stores of a connection's calls.

    `stored`: {"timed": {"name: operation": [calls, seconds, longest]}, "slowest":
    {name: [{"operation", "method", "path", "status", "seconds", "at"}]}}.
    """
    timed, slowest = watch
    rows = stored.setdefault("timed", {})
    for operation, (calls, seconds, longest) in timed.items():
        before = rows.get(f"{name}: {operation}", [0, 0.0, 0.0])
        rows[f"{name}: {operation}"] = [
            int(before[0] + calls),
            round(before[1] + seconds, 4),
            round(max(before[2], longest), 4),
        ]
    if slowest:
        known = stored.setdefault("slowest", {})
        known[name] = slowest_of([*known.get(name, []), *slowest])


def _brief(sent: Sent) -> dict[str, Any]:
    return {
        "operation": sent.operation,
        "method": sent.method,
        "path": redact_text(sent.path)[:200],
        "status": sent.status,
        "seconds": round(sent.seconds, 4),
        "at": now().isoformat(),
    }


def _whole(sent: Sent) -> dict[str, Any]:
    return {
        **_brief(sent),
        "request": _text(sent.body),
        "answer": _answer(sent.response),
    }


def _answer(response: httpx.Response | None) -> str:
    if response is None:
        return ""
    if len(response.content) > 40 * MAX_BODY:  # not worth parsing only to cut it
        return _cut(redact_text(response.text[: MAX_BODY + 1]))
    try:
        return _text(json_read(response.content))
    except ValueError:
        return _cut(redact_text(response.text[: 2 * MAX_BODY]))


def _text(body: Any) -> str:
    """Return a body as it is shown: JSON, one field a line, nothing secret in it."""
    if body is None or body == {}:
        return ""
    hidden = redact(body if isinstance(body, Mapping | list) else str(body))
    return _cut(json.dumps(hidden, ensure_ascii=False, indent=1, default=str))


def _cut(text: str) -> str:
    text = text.replace("\x00", "")  # which PostgreSQL cannot store
    return text if len(text) <= MAX_BODY else text[:MAX_BODY] + CUT
