"""Calls side by side: in threads, nothing but HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.conf import settings
from django.db import connection as db_connection

T = TypeVar("T")


def in_threads(call: Callable[[T], None], items: Sequence[T]) -> None:
    """Make one call for each item, side by side when there are several."""
    if settings.SYNC_CONCURRENCY == 1 or len(items) == 1:
        for item in items:
            call(item)
        return
    with ThreadPoolExecutor(max_workers=len(items)) as pool:
        list(pool.map(lambda item: _closing(call, item), items))


def _closing(call: Callable[[T], None], item: T) -> None:
    try:
        call(item)
    finally:
        db_connection.close()  # a thread's own, opened for a token at most
