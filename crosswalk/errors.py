"""Errors: one tree for everything that can go wrong and be explained.

CrosswalkError                message (for the person), detail (for the log)
├─ ConnectorError
│  ├─ TransientError          retryable: timeout, 5xx, network
│  │  ├─ RateLimited          + retry_after seconds
│  │  └─ OutcomeUnknown       a write whose answer was lost: look before trying again
│  └─ PermanentError
│     ├─ AuthError            the remote no longer accepts us → needs reconnect
│     │  └─ AccessExpired     401 on one call: refresh once, then try again
│     ├─ RemoteNotFound       → tombstone
│     ├─ RemoteRejected       the remote refused the values; its field messages kept
│     │  ├─ DuplicateRefused  + remote_id: the record it collides with
│     │  └─ NameTaken         the record's unique name is held by another
│     └─ AmbiguousMatch       a match key fits more than one record
├─ ConfigError                settings or mapping must be changed by a person, + path
│  └─ MappingError            + field map, value
└─ WebhookRejected            bad signature, malformed, too large, + status

Only two places catch broadly: around one record in a run and around one job.
No message holds a token.
"""

from __future__ import annotations

from typing import ClassVar


class CrosswalkError(Exception):
    """An expected, explained failure.

    `message` is a plain sentence for a person: what happened and what to do.
    `detail` is for the log; it may quote the remote, never a credential.
    `code` is a stable key by which failures of one cause are grouped.
    """

    retryable: ClassVar[bool] = False
    code: str = "error"

    def __init__(self, message: str, *, detail: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        if code:
            self.code = code


class ConnectorError(CrosswalkError):
    """A call to a remote system did not do what it should."""

    code = "connector"

    def __init__(
        self, message: str, *, detail: str = "", code: str = "", status: int = 0
    ) -> None:
        super().__init__(message, detail=detail, code=code)
        self.status = status
        self.request_id = ""


class TransientError(ConnectorError):
    """Failed for now: a timeout, a 5xx answer or a broken network."""

    retryable = True
    code = "remote_unavailable"


class RateLimited(TransientError):
    """The remote asked us to slow down.

    `retry_after` is in seconds; `window` names the limit: "burst", "minute", "day".
    """

    code = "rate_limited"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        window: str = "burst",
        detail: str = "",
        status: int = 429,
    ) -> None:
        super().__init__(message, detail=detail, status=status)
        self.retry_after = retry_after
        self.window = window


class OutcomeUnknown(TransientError):
    """A write was sent and its answer was lost: it may have been done."""

    code = "outcome_unknown"


class PermanentError(ConnectorError):
    """Trying again with the same values cannot help."""

    code = "remote_refused"


class AuthError(PermanentError):
    """The remote no longer accepts our credentials: a person must reconnect."""

    code = "needs_reconnect"


class AccessExpired(AuthError):
    """One call was answered 401: the access token may only be out of date."""

    code = "access_expired"


class RemoteNotFound(PermanentError):
    """The record is gone at the remote."""

    code = "remote_not_found"


class RemoteRejected(PermanentError):
    """The remote refused the values; `fields` keeps its messages per field."""

    code = "remote_rejected"

    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        code: str = "",
        status: int = 400,
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message, detail=detail, code=code, status=status)
        self.fields = fields or {}


class DuplicateRefused(RemoteRejected):
    """The remote already has such a record; `remote_id` names it."""

    code = "duplicate_refused"

    def __init__(
        self,
        message: str,
        *,
        remote_id: str,
        matching_field: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(message, detail=detail)
        self.remote_id = remote_id
        self.matching_field = matching_field


class NameTaken(RemoteRejected):
    """Another record of the remote holds the unique name."""

    code = "name_taken"


class AmbiguousMatch(PermanentError):
    """A match key fits more than one record."""

    code = "ambiguous_match"


class ConfigError(CrosswalkError):
    """Settings, a configuration file or a mapping must be changed by a person.

    `path` is the dotted place in a configuration file, where there is one.
    """

    code = "config"

    def __init__(self, message: str, *, path: str = "", detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.path = path


class MappingError(ConfigError):
    """A value does not fit through its field map."""

    code = "mapping"

    def __init__(self, message: str, *, field_map: str, value: object = None) -> None:
        super().__init__(message, path=field_map)
        self.value = value


class WebhookRejected(CrosswalkError):
    """A delivery is refused: not authentic, malformed or too large."""

    code = "webhook_rejected"

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status
