"""What of alerts is due: watches that must look, deliveries that must go out."""

from __future__ import annotations

from collections.abc import Callable

from django.core.cache import cache

from crosswalk.leases import due
from sync.alerting.watching import watches_waked
from sync.models import AlertWatch, Delivery

LOOK_SECONDS = 2.0  # how often it is asked what is due
AGAIN_SECONDS = 15.0  # a row is handed to the queue at most this often


def alerts_due(watch: Callable[[int], None], send: Callable[[int], None]) -> None:
    """Hand over what is due. Called every second, three queries every other."""
    if not cache.add("alerts-tick", 1, timeout=LOOK_SECONDS):
        return
    late = due(AlertWatch).values_list("pk", flat=True)
    for pk in {*late, *watches_waked().values_list("pk", flat=True)}:
        if cache.add(f"watch-tick-{pk}", 1, timeout=LOOK_SECONDS):
            watch(pk)
    for pk in due(Delivery).values_list("pk", flat=True):
        if cache.add(f"delivery-tick-{pk}", 1, timeout=AGAIN_SECONDS):
            send(pk)
