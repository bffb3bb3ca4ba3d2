"""What both stand-ins share: a loopback server with a log, faults and a list of sins."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PORTS = range(8400, 8500)
HTML_503 = "<html><body><h1>503 Service Unavailable</h1></body></html>"


@dataclass
class Call:
    """One request as it came in."""

    method: str
    path: str
    raw_query: str
    headers: dict[str, str]
    raw_body: bytes
    status: int = 0

    @property
    def query(self) -> dict[str, str]:
        """Its query, decoded."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def body(self) -> Any:
        """Its JSON body, or None."""
        try:
            return json.loads(self.raw_body) if self.raw_body else None
        except ValueError:
            return None


@dataclass
class Reply:
    """One answer. A reset closes the connection instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False


@dataclass
class Fault:
    """A misfortune that befalls the next `times` calls to an address."""

    method: str
    path: str
    reply: Reply | None = None
    times: int = 1
    skip: int = 0
    commit: bool = False
    delay: float = 0.0

    def fits(self, call: Call) -> bool:
        """Tell whether this call is the unlucky one, and count it."""
        if self.times < 1 or call.method != self.method:
            return False
        if not re.fullmatch(self.path, call.path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Refused(Exception):
    """The vendor says no, with an answer of its own."""

    def __init__(self, reply: Reply) -> None:
        """Keep the answer."""
        super().__init__(reply.status)
        self.reply = reply


class Vendor:
    """A vendor's API in memory. Subclasses answer; this serves, logs and breaks."""

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self.log: list[Call] = []
        self.sins: list[str] = []
        self.faults: list[Fault] = []
        self.down: Reply | None = None
        self.lock = threading.RLock()
        self.latency = 0.0
        self.in_flight = self.most_in_flight = 0

    def sin(self, what: str, call: Call) -> None:
        """Write down that a call broke the vendor's rules."""
        self.sins.append(f"{call.method} {call.path}: {what}")

    def answer(self, call: Call) -> Reply:
        """Answer one call: each vendor's own."""
        raise NotImplementedError

    def dressed(self, call: Call, reply: Reply) -> Reply:
        """Add the headers that every answer carries."""
        return reply

    def handle(self, call: Call) -> Reply:
        """Answer one call, unless a fault comes first."""
        with self.lock:
            self.log.append(call)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            fault = next((f for f in self.faults if f.fits(call)), None)
        try:
            time.sleep(self.latency + (fault.delay if fault else 0))
            return self.decide(call, fault)
        finally:
            with self.lock:
                self.in_flight -= 1

    def decide(self, call: Call, fault: Fault | None) -> Reply:
        """Answer, or fail as told: before the change is kept, or after it."""
        if self.down:
            return self.down
        if fault and fault.reply and not fault.commit:
            return self.dressed(call, fault.reply)
        with self.lock:
            try:
                reply = self.answer(call)
            except Refused as refused:
                reply = refused.reply
        if fault and fault.reply and fault.commit:
            reply = fault.reply
        return self.dressed(call, reply)

    def calls(self) -> Counter[str]:
        """Count the calls so far by method and shape of the path."""
        return Counter(f"{c.method} {self.shape(c.path)}" for c in self.log)

    def shape(self, path: str) -> str:
        """Name the endpoint of a path: ids become a star."""
        return re.sub(r"/(?=[^/]*\d)[A-Za-z0-9]{12,}", "/*", path)

    def writes(self) -> list[Call]:
        """List the calls that could have changed something."""
        return [c for c in self.log if self.is_write(c)]

    def is_write(self, call: Call) -> bool:
        """Tell whether a call changes something."""
        return call.method != "GET"

    def api_calls(self) -> int:
        """Count the calls that go against the account's quota."""
        return len(self.log)

    def forget_log(self) -> None:
        """Begin counting anew."""
        self.log.clear()
        self.faults.clear()
        self.down = None


class _Handler(BaseHTTPRequestHandler):
    """Carries bytes between the socket and the vendor."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    vendor: Vendor

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else b""
        split = urlsplit(self.path)
        headers = {k.lower(): v for k, v in self.headers.items()}
        call = Call(self.command, split.path, split.query, headers, body)
        reply = self.vendor.handle(call)
        call.status = reply.status
        self._abort() if reply.reset else self._send(reply)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def _send(self, reply: Reply) -> None:
        text = isinstance(reply.body, str)
        raw = reply.body.encode() if text else json.dumps(reply.body).encode()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(reply.status)
            kind = "text/html" if text else "application/json;charset=UTF-8"
            self.send_header("Content-Type", kind)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    def _abort(self) -> None:
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def finish(self) -> None:
        """Close, also where the socket is gone already."""
        with suppress(OSError, ValueError):
            super().finish()

    def handle(self) -> None:
        """Serve a connection until it ends, however it ends."""
        with suppress(OSError, ValueError):
            super().handle()

    def log_message(self, *_: Any) -> None:
        """Say nothing: the vendor keeps the log."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def shutdown_request(self, request: Any) -> None:
        with suppress(OSError):
            super().shutdown_request(request)


class Serving:
    """A vendor on a free loopback port, for as long as the block lasts."""

    def __init__(self, vendor: Vendor) -> None:
        """Take the first free port."""
        handler = type("Handler", (_Handler,), {"vendor": vendor})
        self.server = _bind(lambda port: _Quiet(("127.0.0.1", port), handler))
        self.root = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Serving:
        """Serve from a thread."""
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and give the port back."""
        self.server.shutdown()
        self.server.server_close()


def _bind(make: Callable[[int], _Quiet]) -> _Quiet:
    for port in PORTS:
        with suppress(OSError):
            return make(port)
    return make(0)
