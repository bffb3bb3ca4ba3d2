"""Time as the sandbox sees it, so that a test can let an hour pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import current_app


class Clock:
    """The machine's time plus whatever was added by `advance`."""

    def __init__(self, start: datetime | None = None) -> None:
        self._frozen = start
        self._offset = timedelta()

    def now(self) -> datetime:
        return (self._frozen or datetime.now(UTC)) + self._offset

    def stop(self) -> None:
        """Stand still from now on; `advance` still moves it."""
        self._frozen, self._offset = self.now(), timedelta()

    def advance(self, seconds: float) -> None:
        self._offset += timedelta(seconds=seconds)


def now() -> datetime:
    """The current application's time, aware, in UTC."""
    clock: Clock = current_app.extensions["clock"]
    return clock.now()
