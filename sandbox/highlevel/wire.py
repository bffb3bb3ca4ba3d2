"""What every HighLevel call passes through: version, bearer, quota, scope, error bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import wraps
from typing import Any

from flask import Response, g, request

from sandbox.context import Context, current_context
from sandbox.highlevel import grants, validation
from sandbox.highlevel.identifiers import uuid_id
from sandbox.highlevel.installs import install_of
from sandbox.store import Document
from sandbox.switches import Switches

VERSIONS = frozenset({"v3", "2023-02-21", "2021-07-28", "2021-04-15", "legacy"})
WINDOW_SECONDS = 10
# Without `published_limits` the sandbox hurries nobody but announces what it holds.
RELAXED_BURST, RELAXED_DAILY = 10_000, 10_000_000
ERROR_NAMES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Payload Too Large",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
}

Answer = dict[str, Any] | tuple[dict[str, Any], int]


class Refusal(Exception):
    """Ends the call with an error body of §3."""

    def __init__(self, status: int, message: str | list[str], **extra: Any) -> None:
        super().__init__(str(message))
        self.status = status
        self.message = message
        self.extra = extra


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated call."""

    ctx: Context
    token: Document
    version: str
    body: dict[str, Any]

    @property
    def is_v3(self) -> bool:
        return self.version == "v3"

    def check(self, schema: validation.Schema, required: tuple[str, ...] = ()) -> None:
        """Refuse the body with 422 and all messages."""
        if found := validation.messages_for(self.body, schema, required):
            raise Refusal(422, found)

    def location(self, location_id: str | None) -> Document:
        """The location, if the token may touch it; 403 otherwise (§3)."""
        location = self.ctx.store.get("highlevel_location", location_id or "")
        if location is None or not self.may_touch(location):
            raise no_access()
        return location

    def may_touch(self, location: Document) -> bool:
        if self.token["class"] == "Company":
            return self._is_in_agency(location)
        return bool(location["id"] == self.token["locationId"])

    def _is_in_agency(self, location: Document) -> bool:
        """An app reaches the locations it is installed in, an agency's own PIT all."""
        if location["companyId"] != self.token["companyId"]:
            return False
        if self.token.get("pit"):
            return True
        return install_of(self.ctx.store, location) is not None

    def query_location(self) -> Document:
        """The location of the ``locationId`` in the query, which is required."""
        wanted = request.args.get("locationId")
        if not wanted:
            raise Refusal(422, ["locationId can't be undefined"])
        return self.location(wanted)


def guarded(
    scope: str = "", *, company: bool = False
) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """Wrap a view: checks in HighLevel's order, then the view, then the trace id.

    `company` lets a Company token in as well; contacts refuse it (§2.2).
    """

    def decorate(view: Callable[..., Answer]) -> Callable[..., Response]:
        @wraps(view)
        def run(**arguments: str) -> Response:
            ctx = current_context()
            g.highlevel_api_call = True
            version = _version()
            token = _token(ctx)
            _count(ctx, token)
            _check_scope(token, scope, company)
            call = Call(ctx, token, version, _body())
            result = view(call, **arguments)
            body, status = result if isinstance(result, tuple) else (result, 200)
            return answer(body, status)

        return run

    return decorate


def answer(body: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer with the trace id that every answer carries (§1)."""
    text = json.dumps({**body, "traceId": uuid_id()}, ensure_ascii=False)
    return Response(text, status, mimetype="application/json")


def refused(refusal: Refusal) -> Response:
    body: dict[str, Any] = {"statusCode": refusal.status, "message": refusal.message}
    if name := ERROR_NAMES.get(refusal.status):
        body["error"] = name
    return answer({**body, **refusal.extra}, refusal.status)


def no_access() -> Refusal:
    return Refusal(403, "The token does not have access to this location.")


def no_such_address() -> Refusal:
    """Also for a name that only another version has (§1)."""
    path = "/" + request.path.partition("/highlevel/")[2]
    return Refusal(404, f"Cannot {request.method} {path}")


def quota_headers(response: Response) -> Response:
    """The five headers of §4; there is no reset header and no Retry-After."""
    response.headers.update(g.pop("quota", {}))
    return response


def _version() -> str:
    version = request.headers.get("Version", "")
    if not version:
        raise Refusal(401, "version header was not found.")
    if version in VERSIONS:
        return version
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", version):
        raise Refusal(401, "version header is invalid")
    raise Refusal(400, f"Invalid API version segment '{version}' at position 0")


def _token(ctx: Context) -> Document:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    token = grants.find_access_token(ctx, value.strip())
    if scheme.lower() != "bearer" or token is None:
        raise Refusal(401, "Invalid JWT")
    return token


def _check_scope(token: Document, scope: str, company: bool) -> None:
    if token["class"] == "Company" and not company:
        if token.get("pit"):
            raise Refusal(401, "Token's user type mismatch!")
        raise Refusal(
            401,
            "This authClass type is not allowed to access this scope. "
            "Please use a Location token.",
        )
    if scope and scope not in token["scopes"]:
        raise Refusal(401, "The token is not authorized for this scope.")


def _count(ctx: Context, token: Document) -> None:
    """Per app and location (or company); a location's PITs share one quota (§4)."""
    switches = ctx.switches()
    burst_limit, daily_limit = _limits(switches)
    subject = f"highlevel:{token['clientId']}:{token['subject']}"
    burst = ctx.limiter.sliding(subject, burst_limit, WINDOW_SECONDS)
    now = ctx.clock.now()
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    daily = ctx.limiter.bucket(
        f"{subject}:day", daily_limit, now.date().isoformat(), midnight
    )
    g.quota = {
        "X-RateLimit-Limit-Daily": str(daily.limit),
        "X-RateLimit-Daily-Remaining": str(max(0, daily.remaining)),
        "X-RateLimit-Interval-Milliseconds": str(WINDOW_SECONDS * 1000),
        "X-RateLimit-Max": str(burst.limit),
        "X-RateLimit-Remaining": str(max(0, burst.remaining)),
    }
    if burst.exceeded or daily.exceeded:
        raise Refusal(429, "Too Many Requests")


def _limits(switches: Switches) -> tuple[int, int]:
    if switches.published_limits:
        lifted = not switches.daily_limits
        daily = RELAXED_DAILY if lifted else switches.highlevel_daily_limit
        return switches.highlevel_burst_limit, daily
    return RELAXED_BURST, RELAXED_DAILY


def _body() -> dict[str, Any]:
    """The JSON object sent; nothing at all counts as an empty one."""
    raw = request.get_data()
    if not raw.strip() or not request.is_json:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Refusal(400, f"Unexpected token in JSON: {error}") from None
    if not isinstance(body, dict):
        raise Refusal(400, "The body must be a JSON object")
    return body
