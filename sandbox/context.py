"""What a stand-in needs to do its work: store, clock, sender, limiter, switches."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from sandbox.clock import Clock
from sandbox.limits import RateLimiter
from sandbox.store import Store
from sandbox.switches import Switches
from sandbox.webhooks import Sender


@dataclass(frozen=True, slots=True)
class Context:
    store: Store
    clock: Clock
    sender: Sender
    limiter: RateLimiter

    def switches(self) -> Switches:
        """Read anew each time: a switch works from the next request on."""
        return Switches.load(self.store)


def current_context() -> Context:
    context: Context = current_app.extensions["context"]
    return context
