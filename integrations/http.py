"""HTTP to remote systems: one client factory, one retry rule, one error table.

Knows no Django. What a vendor adds (its auth header, its own error bodies) comes
in through a `Dialect`; who may call how often comes in through a `Gate`.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from crosswalk.clock import pause
from crosswalk.errors import (
    AccessExpired,
    AuthError,
    ConnectorError,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    RemoteNotFound,
    RemoteRejected,
    TransientError,
)
from crosswalk.foreign import json_read
from integrations.callwatch import CallWatch, Sent
from integrations.connectors.base import RateSnapshot

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
MAX_ANSWER_BYTES = 20_000_000
RETRIES = 2  # of calls that are safe to repeat
BACKOFF_SECONDS = 0.5
MAX_RETRY_AFTER = 86_400.0  # whoever asks for more is asked again tomorrow
USER_AGENT = "Crosswalk (self-hosted sync)"


class Gate(Protocol):
    """Asks for permission before each call and learns from each answer."""

    def before_call(self, operation: str) -> None:
        """Count one call, waiting for it if need be.

        Raises RateLimited when the budget has none left. Each call that may be made
        is followed by one `call_ended`.
        """
        ...

    def call_ended(self) -> None:
        """Learn that a call is no longer under way, answered or not."""
        ...

    def more_to_come(self, calls: int) -> None:
        """Learn how many calls start at once when those under way end; 0 at the end."""
        ...

    def after_call(self, snapshots: Sequence[RateSnapshot]) -> None:
        """Learn what the answer's headers say of the vendor's own windows."""
        ...

    def refused(self, error: RateLimited) -> None:
        """Learn that the vendor itself refused a call."""
        ...


class Credentials(Protocol):
    """Gives the access token, and a new one when the old was refused."""

    def token(self) -> str: ...

    def renewed(self, refused: str) -> str:
        """Return a token other than `refused`; raise AuthError when there is none."""
        ...


class Dialect(Protocol):
    """What one vendor's wire adds to plain JSON over HTTP."""

    label: str

    def headers(self, token: str) -> Mapping[str, str]: ...

    def params(self) -> Mapping[str, str]: ...

    def error(
        self, status: int, body: Any, headers: Mapping[str, str]
    ) -> Exception | None:
        """Return the error an answer means, None to use the common table.

        Called for every answer: some vendors fail with HTTP 200.
        """
        ...

    def rates(self, headers: Mapping[str, str]) -> Sequence[RateSnapshot]: ...

    def request_id(self, body: Any, headers: Mapping[str, str]) -> str: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: parsed JSON and headers with lower-cased names."""

    body: Any
    headers: Mapping[str, str]
    request_id: str = ""


class OpenGate:
    """Lets everything through: for token checks in tests and tools."""

    def before_call(self, operation: str) -> None: ...

    def call_ended(self) -> None: ...

    def more_to_come(self, calls: int) -> None: ...

    def after_call(self, snapshots: Sequence[RateSnapshot]) -> None: ...

    def refused(self, error: RateLimited) -> None: ...


def client_build(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return the one kind of client all calls to remotes use."""
    return httpx.Client(
        transport=transport,
        timeout=TIMEOUT,
        follow_redirects=False,  # a redirect could carry a token to another host
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=20),
    )


@dataclass(slots=True)
class Api:
    """Calls one remote's API: auth, budget, retries, errors, call counts.

    `calls` counts by operation label what was really sent, retries included;
    `wasted` counts those beyond the first try; `watch` knows how long they took.
    """

    client: httpx.Client
    root: str
    credentials: Credentials
    dialect: Dialect
    gate: Gate = field(default_factory=OpenGate)
    calls: Counter[str] = field(default_factory=Counter)
    wasted: int = 0
    watch: CallWatch = field(default_factory=CallWatch)
    sleep: Callable[[float], None] = pause
    refused: AuthError | None = None  # why this remote accepts us no longer
    has_worked: bool = False  # some call was answered with success
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        params: Mapping[str, Any] | None = None,
        json_body: Any = None,
        repeatable: bool | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one call and return its answer; raise the ConnectorError tree.

        `repeatable` says that doing it twice is the same as once; by default so
        for GET, PUT and DELETE. Others raise OutcomeUnknown when the answer is
        lost, and are never repeated here. `headers` are those of this call alone.
        """
        if repeatable is None:
            repeatable = method in {"GET", "PUT", "DELETE"}
        try:
            return self._call(
                method, path, operation, params, json_body, repeatable, headers or {}
            )
        except AuthError as error:
            self.refused = error
            raise

    def _call(
        self,
        method: str,
        path: str,
        operation: str,
        params: Mapping[str, Any] | None,
        json_body: Any,
        repeatable: bool,
        headers: Mapping[str, str],
    ) -> Answer:
        attempt = 0
        renewed = False
        token = self.credentials.token()
        while True:
            try:
                return self._send(
                    *(method, path, operation, params, json_body, token, repeatable),
                    headers,
                )
            except AccessExpired:
                if renewed:
                    raise
                renewed = True
                self.wasted += 1
                token = self.credentials.renewed(token)
            except RateLimited as error:
                self.gate.refused(error)
                raise
            except TransientError:
                if not repeatable or attempt >= RETRIES:
                    raise
                attempt += 1
                self.wasted += 1
                self.sleep(backoff(attempt))

    def _send(
        self,
        method: str,
        path: str,
        operation: str,
        params: Mapping[str, Any] | None,
        json_body: Any,
        token: str,
        repeatable: bool,
        headers: Mapping[str, str],
    ) -> Answer:
        self.gate.before_call(operation)
        with self._lock:
            self.calls[operation] += 1
        response, began = None, time.monotonic()
        try:
            response = self._request(
                method, path, params, json_body, token, repeatable, headers
            )
        finally:
            self.gate.call_ended()
            body = params if json_body is None else json_body
            took = time.monotonic() - began
            self.watch.seen(Sent(operation, method, path, body, response, took))
        return self._read(response, method, path, repeatable)

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        json_body: Any,
        token: str,
        repeatable: bool,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        label = self.dialect.label
        try:
            return self.client.request(
                method,
                self.root + path,
                params={**self.dialect.params(), **(params or {})},
                json=json_body,
                headers={**headers, **self.dialect.headers(token)},
            )
        except httpx.ConnectError as exc:  # nothing was sent: safe to try again
            raise TransientError(
                f"{label} could not be reached. Crosswalk tries again by itself.",
                detail=f"{type(exc).__name__} on {method} {path}",
            ) from exc
        except httpx.HTTPError as exc:
            raise lost_answer(label, method, path, exc, repeatable) from exc

    def _read(
        self, response: httpx.Response, method: str, path: str, repeatable: bool
    ) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.gate.after_call(self.dialect.rates(headers))
        body, readable = parse_body(response)
        error = self.dialect.error(response.status_code, body, headers)
        if error is None and response.is_success and not readable:
            error = lost_answer(self.dialect.label, method, path, None, repeatable)
        if error is None and not response.is_success:
            error = error_for_status(
                self.dialect.label, response.status_code, body, headers, repeatable
            )
        request_id = self.dialect.request_id(body, headers)
        if error is not None:
            if isinstance(error, ConnectorError):
                error.request_id = request_id
            raise error
        self.has_worked = True
        return Answer(body, headers, request_id)


def backoff(attempt: int) -> float:
    """Return seconds to wait before a repeat: doubling, with full jitter."""
    ceiling = BACKOFF_SECONDS * 2.0**attempt
    return ceiling * (0.5 + random.random() / 2)  # noqa: S311 - spreads load only


def parse_body(response: httpx.Response) -> tuple[Any, bool]:
    """Return the JSON of an answer and whether it could be read."""
    if not response.content:
        return {}, True
    if len(response.content) > MAX_ANSWER_BYTES:
        return {}, False
    try:
        return json_read(response.content), True
    except ValueError:
        return {}, False


def lost_answer(
    label: str, method: str, path: str, exc: Exception | None, repeatable: bool
) -> TransientError:
    """Return the error of a call whose answer did not arrive whole."""
    what = type(exc).__name__ if exc else "an unreadable answer"
    detail = f"{what} on {method} {path}"
    if repeatable:
        return TransientError(
            f"{label} did not answer in time. Crosswalk tries again by itself.",
            detail=detail,
        )
    return OutcomeUnknown(
        f"{label} did not confirm a change. Crosswalk looks first whether it was "
        "done, then goes on.",
        detail=detail,
    )


def retry_after_seconds(headers: Mapping[str, str], default: float) -> float:
    """Return the Retry-After of an answer in seconds (the date form is rare)."""
    try:
        return min(max(0.0, float(headers.get("retry-after", ""))), MAX_RETRY_AFTER)
    except ValueError:
        return default


def error_for_status(
    label: str,
    status: int,
    body: Any,
    headers: Mapping[str, str],
    repeatable: bool,
) -> ConnectorError:
    """The common table from HTTP status to error."""
    detail = f"HTTP {status}: {message_of(body)[:500]}"
    if status == 401:
        return AccessExpired(
            f"{label} no longer accepts our access. Reconnect it.",
            detail=detail,
            status=status,
        )
    if status == 403:
        return PermanentError(
            f"{label} does not allow this. Its permissions do not cover it.",
            detail=detail,
            status=status,
            code="forbidden",
        )
    if status == 404:
        return RemoteNotFound(
            f"{label} no longer has this person.", detail=detail, status=status
        )
    if status == 429:
        return RateLimited(
            f"{label} asked us to slow down. Crosswalk goes on by itself.",
            retry_after=retry_after_seconds(headers, 10.0),
            detail=detail,
        )
    if status in {408, 425} or status >= 500:
        kind = TransientError if repeatable else OutcomeUnknown
        return kind(
            f"{label} has a problem of its own. Crosswalk tries again by itself.",
            detail=detail,
            status=status,
        )
    if 300 <= status < 400:
        return PermanentError(
            f"{label} sent us to another address, which we do not follow.",
            detail=detail,
            status=status,
        )
    return RemoteRejected(
        f"{label} refused the change: {message_of(body) or f'HTTP {status}'}",
        detail=detail,
        status=status,
    )


def message_of(body: Any) -> str:
    """Return the words of an error body; vendors send a string or a list."""
    if not isinstance(body, dict):
        return ""
    message = body.get("message") or body.get("error_description") or body.get("error")
    if isinstance(message, list):
        return "; ".join(str(part) for part in message)
    return str(message) if message else ""
