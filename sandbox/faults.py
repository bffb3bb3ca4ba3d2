"""Faults on order: 429s, cut answers, lost connections, answers lost after a commit.

A fault is one entry of the switch `fail_next`. Both stand-ins call
`before_request_fault` before and `after_commit_fault` after their own work.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import httpx
from flask import Request, Response, g, json

from sandbox.context import current_context
from sandbox.switches import Switches

AFTER_COMMIT = {
    "truncated",
    "commit_then_timeout",
    "commit_then_500",
    "commit_then_422",
}
DEFAULT_SECONDS = {"slow": 2.0, "commit_then_timeout": 60.0}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("zoho", "429"): {
        "code": 44,
        "message": "For security reasons you have been blocked for some time as you "
        "have exceeded the maximum number of requests per minute.",
    },
    ("zoho", "500"): {"code": 1000, "message": "Internal Error"},
    ("zoho", "422"): {"code": 15, "message": "Unprocessable Entity"},
    ("highlevel", "429"): {"statusCode": 429, "message": "Too Many Requests"},
    ("highlevel", "500"): {"statusCode": 500, "message": "Internal Server Error"},
    ("highlevel", "422"): {
        "statusCode": 422,
        "message": ["Unprocessable Entity"],
        "error": "Unprocessable Entity",
    },
}
HTML_503 = (
    "<html><head><title>503 Service Temporarily Unavailable</title></head>"
    "<body><center><h1>503 Service Temporarily Unavailable</h1></center></body></html>"
)


def before_request_fault(
    system: str, request: Request, switches: Switches
) -> Response | None:
    """The answer of a fault that strikes before any work, or None to go on."""
    if switches.latency_ms:
        time.sleep(switches.latency_ms / 1000)
    g.fault = fault = _take(system, request)
    kind = fault.get("fault", "")
    if kind == "slow":
        time.sleep(_seconds(fault))
    if kind in ("429", "500"):
        return _json(system, kind, fault)
    if kind == "html503":
        return Response(HTML_503, 503, mimetype="text/html")
    if kind == "reset":
        return _broken(httpx.ReadError("connection reset by sandbox"))
    return None


def after_commit_fault(
    system: str, request: Request, response: Response, switches: Switches
) -> Response:
    """The answer as the caller gets it, after the work has been done and kept."""
    fault: dict[str, Any] = g.pop("fault", {})
    kind = fault.get("fault", "")
    if kind not in AFTER_COMMIT:
        return response
    if kind == "truncated":
        response.set_data(response.get_data()[: len(response.get_data()) // 2])
        return response
    if kind == "commit_then_timeout":
        return _timed_out(request, fault)
    return _json(system, kind.removeprefix("commit_then_"), fault)


def _take(system: str, request: Request) -> dict[str, Any]:
    """The first fault in the queue that fits this request, used up by one."""
    store = current_context().store
    if not Switches.load(store).fail_next:
        return {}
    with store.lock:
        queue = asdict(Switches.load(store))["fail_next"]
        for fault in queue:
            if _fits(fault, system, request):
                fault["times"] = int(fault.get("times", 1)) - 1
                left = [each for each in queue if int(each.get("times", 1)) > 0]
                Switches.save(store, fail_next=left)
                return dict(fault)
    return {}


def _fits(fault: dict[str, Any], system: str, request: Request) -> bool:
    if fault.get("system", system) != system:
        return False
    method, _, path = str(fault.get("match", "")).partition(" ")
    same_method = method in ("", "*", request.method)
    return same_method and re.search(path, request.path) is not None


def _seconds(fault: dict[str, Any]) -> float:
    seconds = fault.get("seconds")
    return DEFAULT_SECONDS[fault["fault"]] if seconds is None else float(seconds)


def _json(system: str, status: str, fault: dict[str, Any]) -> Response:
    """A fault may carry its own `body` and `headers`, such as code 45 for a day."""
    body = fault.get("body") or BODIES[system, status]
    response = Response(json.dumps(body), int(status), mimetype="application/json")
    response.headers.update(fault.get("headers") or {})
    return response


def _timed_out(request: Request, fault: dict[str, Any]) -> Response:
    # httpx.WSGITransport knows no time-outs: in-process the error is raised at once,
    # on a real server (which names itself) the answer just does not come.
    if request.environ.get("SERVER_SOFTWARE"):
        time.sleep(_seconds(fault))
    return _broken(httpx.ReadTimeout("no answer from sandbox"))


def _broken(error: Exception) -> Response:
    """An answer that breaks off before its first byte.

    The announced length never comes, so a real server has to drop the connection;
    in-process the same httpx exception comes out that a dropped one gives.
    """
    response = Response(_raising(error), mimetype="application/json")
    response.headers["Content-Length"] = "1000"
    return response


def _raising(error: Exception) -> Iterator[bytes]:
    yield from _raised(error)


def _raised(error: Exception) -> list[bytes]:
    raise error
