"""A WSGI application behind a real server on a free port, for tests over sockets.

The server is the one of `python -m sandbox`, threads and all. It is started once and
hands each request to whatever application was put in last.
"""

from __future__ import annotations

import threading
from functools import cache

from werkzeug.serving import WSGIRequestHandler, make_server


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
