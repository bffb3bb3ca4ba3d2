"""A sign-in server over a socket: single-use refresh tokens, a grace, a call count.

It hands out `access-N` with `refresh-N`; a spent token repeats its answer for
`grace` seconds and is refused afterwards, as HighLevel's does.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


class TokenServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.grace = 30.0
        self.delay = 0.0
        self.calls: list[str] = []  # the refresh token of each call
        self.current = 1
        self.spent: dict[str, tuple[float, int]] = {}

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def pairs_made(self) -> int:
        return self.current - 1

    def refresh(self, token: str) -> tuple[int, dict[str, object]]:
        """Answer a refresh; what it gives is committed before it is sent."""
        with self.lock:
            self.calls.append(token)
            if token == f"refresh-{self.current}":
                self.current += 1
                self.spent[token] = time.monotonic(), self.current
                return 200, pair(self.current)
            at, number = self.spent.get(token, (float("-inf"), 0))
            if time.monotonic() - at <= self.grace:
                return 200, pair(number)
            return 401, {"error": "UnAuthorized!", "error_description": "Invalid"}


class Handler(BaseHTTPRequestHandler):
    server: TokenServer

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = dict(parse_qsl(self.rfile.read(length).decode()))
        status, body = self.server.refresh(form.get("refresh_token", ""))
        time.sleep(self.server.delay)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def pair(number: int) -> dict[str, object]:
    return {
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "expires_in": 86399,
        "scope": "contacts.readonly contacts.write",
    }


@contextmanager
def token_server() -> Iterator[TokenServer]:
    server = TokenServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
