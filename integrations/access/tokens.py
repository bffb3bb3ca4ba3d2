"""Tokens: the access token of a grant, as the HTTP client asks for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from django.db import connection as db_connection

from crosswalk.clock import pause
from crosswalk.errors import AuthError, TransientError
from integrations import registry
from integrations.access.grants import (
    Pair,
    cooling_down,
    grant_refused,
    grant_usable,
    pair_of,
)
from integrations.access.refresh import token_refresh

AHEAD_SECONDS = 300.0  # refresh this long before the access token ends
CONFIRM_SECONDS = 1.0  # before a refused static token is tried once more
TOGETHER_SECONDS = 3.0  # refusals this close are one refusal
FORGET_SECONDS = 600.0  # a refusal this old was a passing fault of the vendor


class GrantCredentials:
    """The `http.Credentials` of a grant. Safe to share between threads."""

    def __init__(
        self,
        grant_id: int,
        client: httpx.Client,
        *,
        sleep: Callable[[float], None] = pause,
    ) -> None:
        self.grant_id = grant_id
        self.client = client
        self.sleep = sleep
        self._lock = threading.Lock()
        self._pair: Pair | None = None
        self._doubted_at = 0.0

    def token(self) -> str:
        """Return a usable access token, a new one when the old one ends soon."""
        pair = self._pair
        if pair is None or not pair.is_good(AHEAD_SECONDS):
            with self._lock, borrowed_database():
                pair = self._fresh()
        return pair.access

    def renewed(self, refused: str) -> str:
        """Return another token than the refused one; AuthError when there is none."""
        with self._lock, borrowed_database():
            pair = pair_of(grant_usable(self.grant_id))
            if pair.is_static:
                return self._confirm(pair, refused)
            if pair.access == refused or not pair.is_good():
                pair = self._refresh(pair.version)
            self._pair = pair
            return pair.access

    def _fresh(self) -> Pair:
        grant = grant_usable(self.grant_id)
        pair = pair_of(grant)
        if not pair.is_good(AHEAD_SECONDS) and pair.refresh:
            pause = cooling_down(grant)
            try:
                if pause:
                    raise pause
                pair = self._refresh(pair.version)
            except TransientError:
                # Ahead of time only: what we hold still works for minutes.
                if not pair.is_good():
                    raise
        self._pair = pair
        return pair

    def _refresh(self, version: int) -> Pair:
        return token_refresh(
            grant_id=self.grant_id,
            version=version,
            client=self.client,
            sleep=self.sleep,
        )

    def _confirm(self, pair: Pair, refused: str) -> str:
        """Let a static token be tried once more before it is called dead.

        Calls that were under way together share one doubt.
        """
        if pair.access != refused:  # somebody has entered another one meanwhile
            self._pair, self._doubted_at = pair, 0.0
            return pair.access
        doubted = time.monotonic() - self._doubted_at
        if not self._doubted_at or doubted > FORGET_SECONDS:
            self._doubted_at = time.monotonic()
            self.sleep(CONFIRM_SECONDS)
        elif doubted > TOGETHER_SECONDS:
            return self._dead(pair)
        return pair.access

    def _dead(self, refused: Pair) -> str:
        """Mark the token as dead, unless somebody enters another one this moment."""
        grant = grant_usable(self.grant_id)
        label = registry.spec(grant.kind).label
        reason = (
            f"{label} refused the token twice: it was withdrawn, replaced or has "
            "expired. Enter a new one."
        )
        if pair_of(grant).access == refused.access:
            if grant_refused(grant=grant, reason=reason):
                raise AuthError(reason)
            grant = grant_usable(self.grant_id)
        self._pair, self._doubted_at = pair_of(grant), 0.0
        return self._pair.access


@contextmanager
def borrowed_database() -> Iterator[None]:
    """Leave this thread's database connection as it was found.

    Worker threads that only call a vendor would otherwise keep one open each.
    """
    was_open = db_connection.connection is not None
    try:
        yield
    finally:
        is_main = threading.current_thread() is threading.main_thread()
        if not was_open and not is_main and not db_connection.in_atomic_block:
            db_connection.close()
