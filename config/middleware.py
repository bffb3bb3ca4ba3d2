"""What every request passes: it gets an id, NUL characters are refused, lost sessions led
to sign-in."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from crosswalk.logcontext import log_begin, log_end

Handler = Callable[[HttpRequest], HttpResponseBase]
request_finished.connect(log_end, dispatch_uid="log_end")
_ID = re.compile(r"[\w.-]{8,64}")  # of a proxy in front of us


def request_id(get_response: Handler) -> Handler:
    """Give a request the id its proxy gave it, or a new one: log lines name it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        found = given if _ID.fullmatch(given) else uuid.uuid4().hex
        # Django logs an answer's error after all middleware: until the request is over
        log_begin(request=found)
        response = get_response(request)
        response.headers["X-Request-ID"] = found
        return response

    return middleware


class NoNul:
    """Refuses NUL characters in addresses and forms: no browser sends them, and
    PostgreSQL takes them in no query."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: object, kwargs: object
    ) -> None:
        """Look before the view does; webhooks read their own bodies."""
        found = "\0" in request.path or _has_nul(request.GET)
        if not found and not getattr(view, "csrf_exempt", False):
            found = _has_nul(request.POST)
        if found:
            raise BadRequest("The request holds a NUL character.")


def _has_nul(data: QueryDict) -> bool:
    return any("\0" in text for _, texts in data.lists() for text in texts)


def htmx_login(get_response: Handler) -> Handler:
    """Turn a redirect to the sign-in page into one of the whole page, not of a part."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        location = response.headers.get("Location", "")
        is_part = request.headers.get("HX-Request") == "true"
        if is_part and location.startswith(resolve_url(settings.LOGIN_URL)):
            return HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
        return response

    return middleware
