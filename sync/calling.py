"""Calls side by side: threads that do nothing but HTTP, for as long as a slice lasts.

They are kept from call to call, with the database connection that permits and tokens
need: opening both for each call costs more than all that is remembered of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from django.db import DatabaseError
from django.db import connection as db_connection

from crosswalk.closing import Closing

Ticket = TypeVar("Ticket")
Job = tuple[Callable[[Ticket], None], Ticket]


class Callers(Closing, Generic[Ticket]):
    """Makes up to `count` calls at once, each in a thread; one alone in this thread.

    `start(call, ticket)` calls `call(ticket)`, which must not raise; `landed` gives
    back the tickets of calls that are over. Leaving waits for those under way.
    """

    def __init__(self, count: int) -> None:
        self.count = max(1, count)
        self.flying = 0
        self._threads: list[threading.Thread] = []
        self._jobs: SimpleQueue[Job[Ticket] | None] = SimpleQueue()
        self._landed: SimpleQueue[Ticket] = SimpleQueue()

    @property
    def free(self) -> int:
        """How many more calls may be started now."""
        return self.count - self.flying

    def start(self, call: Callable[[Ticket], None], ticket: Ticket) -> None:
        """Have a call made; `landed` tells when it is over."""
        self.flying += 1
        if self.count == 1:
            call(ticket)
            self._landed.put(ticket)
            return
        if len(self._threads) < min(self.count, self.flying):
            thread = threading.Thread(target=self._work, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put((call, ticket))

    def landed(self) -> list[Ticket]:
        """Wait for a call to end; return the tickets of all that have."""
        if not self.flying:
            return []
        found = [self._landed.get()]
        with suppress(Empty):
            while True:
                found.append(self._landed.get_nowait())
        self.flying -= len(found)
        return found

    def close(self) -> None:
        """Wait for the calls under way, and let the threads go."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        try:
            with suppress(DatabaseError):  # else each use opens its own
                db_connection.ensure_connection()
            while (job := self._jobs.get()) is not None:
                call, ticket = job
                try:
                    call(ticket)
                finally:
                    self._landed.put(ticket)
        finally:
            db_connection.close()
