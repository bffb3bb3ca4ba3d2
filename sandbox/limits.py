"""Rate limits: how many calls a subject has made in a window, and who is inside now."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import Clock


@dataclass(frozen=True, slots=True)
class Quota:
    limit: int
    used: int
    resets_in_seconds: float

    @property
    def remaining(self) -> int:
        """May be negative: Zoho really answers -80 (zoho-invoice.md §6)."""
        return self.limit - self.used

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit


class RateLimiter:
    """Counts per subject. It only counts: refusing is up to the caller."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._hits: dict[str, deque[datetime]] = defaultdict(deque)
        self._buckets: dict[str, tuple[str, int]] = {}
        self._inside: Counter[str] = Counter()

    def sliding(
        self, subject: str, limit: int, seconds: float, *, count_refused: bool = False
    ) -> Quota:
        """Count a call in the window that ends now.

        A call over the limit is not remembered unless `count_refused`.
        """
        now, span = self.clock.now(), timedelta(seconds=seconds)
        with self._lock:
            hits = self._hits[subject]
            while hits and hits[0] <= now - span:
                hits.popleft()
            used = len(hits) + 1
            if used <= limit or count_refused:
                hits.append(now)
            resets_at = (hits[0] if hits else now) + span
        return Quota(limit, used, (resets_at - now).total_seconds())

    def bucket(self, subject: str, limit: int, name: str, resets_at: datetime) -> Quota:
        """Count a call in a named fixed window, such as one calendar day."""
        with self._lock:
            current, used = self._buckets.get(subject, (name, 0))
            used = used + 1 if current == name else 1
            self._buckets[subject] = (name, used)
        return Quota(limit, used, (resets_at - self.clock.now()).total_seconds())

    def enter(self, subject: str) -> int:
        """One more call in flight; the answer is how many there are with it."""
        with self._lock:
            self._inside[subject] += 1
            return self._inside[subject]

    def leave(self, subject: str) -> None:
        with self._lock:
            self._inside[subject] -= 1

    def clear(self) -> None:
        with self._lock:
            self._hits.clear()
            self._buckets.clear()
