"""A process that can die at any moment, played in one process.

From the moment of death nothing of it reaches the database or a vendor any more: what
`finally` blocks try to save is lost, as with kill -9. What it had committed stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from django.db import connection, transaction

# closing what is open belongs to the test's own transaction, not to the dead process
LEFTOVERS = ("ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT")


class Killed(BaseException):
    """Stands for kill -9."""


@dataclass
class Fate:
    """When a process dies: at its nth statement, or at its nth call (before or after)."""

    statement: int = 0
    call: int = 0
    after: bool = True
    is_dead: bool = False
    _statements: int = 0
    _calls: int = 0

    def execute(self, execute: Callable[..., Any], statement: str, *rest: Any) -> Any:
        """Stand between Django and the database (`execute_wrapper`)."""
        if self.is_dead:
            if statement.startswith(LEFTOVERS):
                return execute(statement, *rest)
            raise Killed
        self._statements += 1
        if self._statements == self.statement:
            self.die()
        return execute(statement, *rest)

    def send(self, request: httpx.Request, send: Callable[[], httpx.Response]) -> Any:
        """Stand between the product and the vendors."""
        if self.is_dead:
            raise Killed
        self._calls += 1
        is_now = self._calls == self.call
        if is_now and not self.after:
            self.die()
        answer = send()
        if is_now:
            self.die()
        return answer

    def die(self) -> None:
        """End here."""
        self.is_dead = True
        raise Killed


@contextmanager
def fated(fate: Fate) -> Iterator[None]:
    """Run a block as a process that meets its fate; what is thrown by it ends here."""
    with connection.execute_wrapper(fate.execute):
        try:
            yield
        except Killed:
            # no statement failed: what was committed before stays, as it does in life
            transaction.set_rollback(False)


class Line(httpx.BaseTransport):
    """The line to the vendors, which ends with the process that uses it."""

    def __init__(self, inner: httpx.BaseTransport, fate: Callable[[], Fate]) -> None:
        self.inner = inner
        self.fate = fate

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on, unless the process is dead."""

        def send() -> httpx.Response:
            answer = self.inner.handle_request(request)
            answer.read()
            return answer

        return self.fate().send(request, send)
