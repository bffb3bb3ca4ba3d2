"""What a caller sees of a fault: each system's error bodies, HTML pages, lost lines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
from flask import Request, Response, json

_ZOHO_DAY = "You have exceeded the maximum call rate limit of 1000."
_ZOHO_MINUTE = (
    "For security reasons you have been blocked for some time as you have exceeded the "
    "maximum number of requests per minute."
)
_ZOHO_AT_ONCE = "You have exceeded the maximum number of concurrent calls."
_TOO_MANY = {"statusCode": 429, "message": "Too Many Requests"}
_UNPROCESSABLE = "Unprocessable Entity"
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("zoho", "429"): {"code": 44, "message": _ZOHO_MINUTE},
    ("zoho", "429_day"): {"code": 45, "message": _ZOHO_DAY},
    ("zoho", "429_concurrent"): {"code": 1070, "message": _ZOHO_AT_ONCE},
    ("zoho", "500"): {"code": 1000, "message": "Internal Error"},
    ("zoho", "422"): {"code": 15, "message": _UNPROCESSABLE},
    ("highlevel", "429"): _TOO_MANY,
    ("highlevel", "429_day"): _TOO_MANY,
    ("highlevel", "429_concurrent"): _TOO_MANY,
    ("highlevel", "500"): {"statusCode": 500, "message": "Internal Server Error"},
    ("highlevel", "422"): {
        "statusCode": 422,
        "message": [_UNPROCESSABLE],
        "error": _UNPROCESSABLE,
    },
}
REFUSED = {"message": "Refused on order"}
TITLES = {
    200: "Sign in",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}


def json_answer(system: str, kind: str, fault: dict[str, Any]) -> Response:
    """A fault may carry its own `body` and `headers`, such as a Retry-After."""
    body = fault.get("body") or BODIES.get((system, kind)) or REFUSED
    response = Response(json.dumps(body), int(kind[:3]), mimetype="application/json")
    response.headers.update(fault.get("headers") or {})
    return response


def html_answer(status: int) -> Response:
    """The page of a proxy or a gateway where JSON was expected."""
    title = TITLES[status] if status == 200 else f"{status} {TITLES[status]}"
    page = (
        f"<html><head><title>{title}</title></head>"
        f"<body><center><h1>{title}</h1></center></body></html>"
    )
    return Response(page, status, mimetype="text/html")


def cut_answer(response: Response) -> Response:
    response.set_data(response.get_data()[: len(response.get_data()) // 2])
    return response


def no_answer(request: Request, seconds: float) -> Response:
    # httpx.WSGITransport knows no time-outs: in-process the error is raised at once,
    # on a real server (which names itself) the answer just does not come.
    if request.environ.get("SERVER_SOFTWARE"):
        time.sleep(seconds)
    return _broken(httpx.ReadTimeout("no answer from sandbox"))


def lost_line() -> Response:
    return _broken(httpx.ReadError("connection reset by sandbox"))


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
