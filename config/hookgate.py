"""The short way for deliveries: what vendors send never passes the pages' middleware.

Sessions, CSRF, policies and templates are for people. A delivery needs to be checked
and stored, hundreds of times a second if a vendor imports. What is out of the ordinary
(another method, an unknown host, plain http behind an https address, a path that is no
receiver's) takes Django's way and is answered there as ever.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections, reset_queries
from django.db import connection as db_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from sync.inbox.hookroutes import Routes
from sync.inbox.intake import Intake, Waker
from sync.jobs import inbox_enqueue
from sync.webhooks import Answer, Receiver

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

PATH = re.compile(r"/hooks/(?:c/(?P<token>[\w-]{1,64})|(?P<slug>[\w-]{1,40}))/", re.A)
ROUTES_SECONDS = 1.0
WAKE_SECONDS = 0.2
# Requests of one process hand the interpreter to each other; with Python's 5 ms, those
# that wait for the database or a signature's check queue behind those that compute.
SWITCH_SECONDS = 0.0005


class HookGate:
    """Answers deliveries itself, and leaves all else to `pages`.

    `before` is called before each delivery: it lets go of database connections that
    have become unusable, as Django does before each request.
    """

    def __init__(
        self,
        pages: Application,
        receiver: Receiver,
        before: Callable[[], None] = close_old_connections,
    ) -> None:
        self._pages = pages
        self._receiver = receiver
        self._before = before
        self._hosts: set[str] = set()  # that were found allowed

    def __call__(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        found = PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is None or not self._is_ordinary(environ):
            return self._pages(environ, start_response)
        self._before()
        if settings.DEBUG:
            reset_queries()
        token, slug = found["token"], found["slug"]
        if token:
            answer = self._receiver.for_connection(environ, token)
        else:
            answer = self._receiver.for_app(environ, slug)
        return send(answer, start_response)

    def _is_ordinary(self, environ: Environ) -> bool:
        """Whether a request is one that a vendor makes at our own address."""
        if environ.get("REQUEST_METHOD") != "POST":
            return False
        host = environ.get("HTTP_HOST", "")
        if host in self._hosts:
            return self._is_secure_enough(environ)
        try:
            WSGIRequest(environ).get_host()
        except DisallowedHost:
            return False
        if host and len(self._hosts) < 100:
            self._hosts.add(host)
        return self._is_secure_enough(environ)

    def _is_secure_enough(self, environ: Environ) -> bool:
        return not settings.SECURE_SSL_REDIRECT or WSGIRequest(environ).is_secure()


def send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    """Send an answer as JSON."""
    status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(answer.body))),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response(status, headers)
    return [answer.body]


def flush_commits(
    sender: object, connection: BaseDatabaseWrapper, **kwargs: object
) -> None:
    """Have SQLite flush each commit of this process to disk, as PostgreSQL does.

    A delivery answered 2xx is never sent again: it must survive a power failure, not
    only a kill. What the workers write can be read or decided again.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")


def gate(pages: Application) -> HookGate:
    """Return the application of the web server's process, made ready for deliveries."""
    sys.setswitchinterval(SWITCH_SECONDS)
    connection_created.connect(flush_commits, dispatch_uid="flush_commits")
    db_connection.close()
    intake = Intake(wake=Waker(inbox_enqueue, WAKE_SECONDS))
    return HookGate(pages, Receiver(Routes(ROUTES_SECONDS), intake))
