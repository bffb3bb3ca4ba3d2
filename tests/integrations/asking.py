"""Processes that ask for a token: started once, forked per question.

    python -m tests.integrations.asking < one JSON order a line

An order {"grant": id, "count": n, "die_at": k} forks n processes that ask for the
token of a grant at the same moment. With `die_at`, a process sends itself SIGKILL at
its k-th step; a step is a moment before an SQL statement, before the vendor is asked,
after the vendor has decided and before a byte of it is read, and after the answer was
read. {"rotate": true} rotates the keys instead. One JSON line answers an order: for each process its token, error, steps made,
or the signal that ended it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

import httpx

START_SECONDS = 0.3  # for all processes of an order to get ready


class Steps:
    """Counts moments, and dies at one of them."""

    def __init__(self, die_at: int) -> None:
        self.die_at = die_at
        self.names: list[str] = []

    def __call__(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def sql(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self(sql)
        return execute(sql, params, many, context)


class Stepping(httpx.BaseTransport):
    """The real transport, with a step before, in the middle of and after a call."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.steps("before the call")
        response = self.inner.handle_request(request)
        self.steps("the vendor has decided")
        response.read()
        self.steps("the answer was read")
        return response


def ask(grant: int, die_at: int, start_at: float) -> dict[str, Any]:
    """Ask for a grant's token as a worker does."""
    from django.db import connection

    from crosswalk.errors import CrosswalkError
    from integrations.access.tokens import GrantCredentials

    steps = Steps(die_at)
    client = httpx.Client(transport=Stepping(steps))
    time.sleep(max(0.0, start_at - time.time()))
    with connection.execute_wrapper(steps.sql):
        try:
            token, error = GrantCredentials(grant, client).token(), ""
        except CrosswalkError as caught:
            token, error = "", caught.message
    return {"token": token, "error": error, "steps": steps.names}


def rotate(die_at: int) -> dict[str, Any]:
    """Rotate the keys as the command does."""
    from django.db import connection

    from config.keyrotation import keys_rotate

    steps = Steps(die_at)
    with connection.execute_wrapper(steps.sql):
        done = keys_rotate()
    return {"done": done.as_json(), "steps": steps.names}


def child(order: dict[str, Any], start_at: float) -> tuple[int, int]:
    """Fork one asking process; return its id and where its answer arrives."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    try:
        die_at = int(order.get("die_at", 0))
        if order.get("rotate"):
            said = rotate(die_at)
        else:
            said = ask(int(order["grant"]), die_at, start_at)
    except BaseException as error:
        said = {"token": "", "error": repr(error), "steps": []}
    os.write(writing, json.dumps(said).encode())
    os._exit(0)


def carry_out(order: dict[str, Any]) -> list[dict[str, Any]]:
    start_at = time.time() + (START_SECONDS if order.get("count", 1) > 1 else 0.0)
    children = [child(order, start_at) for _ in range(int(order.get("count", 1)))]
    answers = []
    for pid, reading in children:
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(pid, 0)
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        answers.append({**json.loads(said or b"{}"), "signal": ended})
    return answers


def main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(carry_out(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
