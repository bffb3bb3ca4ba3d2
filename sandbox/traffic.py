"""How many calls each system has answered, and how: for benchmarks and for tests."""

from __future__ import annotations

import threading
from collections import Counter


class Traffic:
    """Counts answers by system, method and status; `lost` is one that never came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def note(self, system: str, method: str, status: str) -> None:
        with self._lock:
            self._counts[system, method, status] += 1

    def shown(self) -> dict[str, dict[str, int]]:
        """``{"zoho": {"GET 200": 12, "GET 429": 0}, …}``."""
        with self._lock:
            counts = sorted(self._counts.items())
        shown: dict[str, dict[str, int]] = {}
        for (system, method, status), count in counts:
            shown.setdefault(system, {})[f"{method} {status}"] = count
        return shown

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()
