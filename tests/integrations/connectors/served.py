"""The sandbox for the contract: fresh for each test, in process or behind a server.

Building the application takes longer than most tests, so one is built and given a new
memory each time. The server is the one of `python -m sandbox`, threads and all; it is
started once, on a free port, and hands requests to whatever was put in last.
"""

from __future__ import annotations

import threading
from functools import cache

import httpx
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.app import create_app
from sandbox.context import Context
from sandbox.limits import RateLimiter
from sandbox.store import Store
from sandbox.switches import Switches
from sandbox.webhooks import Sender


class Handler(WSGIRequestHandler):
    def log(self, type, message, *args):
        """Say nothing: pytest would show every request of a failing test."""


class Served:
    """The server, and the application it asks at the moment."""

    def __init__(self):
        self.app = None
        self.server = make_server(
            "127.0.0.1", 0, self.answer, threaded=True, request_handler=Handler
        )
        # A daemon: it ends with the session, and holds nothing that must be closed.
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, environ, start_response):
        return self.app(environ, start_response)

    @property
    def root(self):
        return f"http://127.0.0.1:{self.server.port}"


@cache
def server():
    return Served()


@cache
def transport():
    """The one way to the server; making one reads all certificates of the machine."""
    return httpx.HTTPTransport()


@cache
def application():
    return create_app(data_path=None, seed=False)


def fresh_app(clock):
    """Return the application with an empty store, quotas unused, nothing to send."""
    app = application()
    store = Store()
    sender, limiter = Sender(store, clock), RateLimiter(clock)
    app.extensions.update(
        store=store,
        clock=clock,
        sender=sender,
        limiter=limiter,
        switches=lambda: Switches.load(store),
        context=Context(store, clock, sender, limiter),
    )
    return app
