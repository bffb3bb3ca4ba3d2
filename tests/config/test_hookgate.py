"""The short way for deliveries: what it takes, what it leaves to Django's."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError

from config.hookgate import HookGate
from integrations.models import Connection
from sync.inbox.hookroutes import Routes
from sync.inbox.intake import Intake, Parcel
from sync.models import InboxEvent
from sync.webhooks import Receiver
from tests.config.rows import pair_make
from workspaces.models import Workspace

BODY = b'{"contact_id": "42"}'


@pytest.fixture
def zoho(workspace: Workspace) -> Connection:
    return pair_make(workspace)[1]


class Pages:
    """Stands for Django: keeps what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.asked.append(environ["PATH_INFO"])
        start_response("299 Django", [])
        return [b""]


def gate(pages: Any, intake: Intake | None = None) -> HookGate:
    receiver = Receiver(Routes(), intake or Intake(wake=lambda: None))
    return HookGate(pages, receiver, before=lambda: None)  # the test's own connection


def ask(app: Any, path: str, body: bytes = BODY, **environ: str) -> tuple[int, bytes]:
    """Send a request as a web server does; return status and body."""
    status: list[str] = []
    given = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "localhost",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        **environ,
    }
    answer = b"".join(app(given, lambda line, headers: status.append(line)))
    return int(status[0].split()[0]), answer


def test_it_takes_a_delivery_itself(zoho: Connection) -> None:
    pages = Pages()

    status, body = ask(gate(pages), f"/hooks/c/{zoho.webhook_token}/")

    assert (status, body) == (200, b'{"status": "stored"}')
    assert InboxEvent.objects.get().record_id == "42"
    assert pages.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/hooks/",
        "/hooks/c//",
        "/hooks/c/a\0b/",
        "/hooks/a/b/",
        "/w/acme/",
        "/hooks/c/ä/",
    ],
)
def test_other_addresses_are_the_pages(path: str, db: None) -> None:
    pages = Pages()

    assert ask(gate(pages), path)[0] == 299
    assert pages.asked == [path]


def test_other_methods_and_hosts_are_the_pages(zoho: Connection, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    pages, path = Pages(), f"/hooks/c/{zoho.webhook_token}/"
    app = gate(pages)

    for changes in ({"REQUEST_METHOD": "GET"}, {"HTTP_HOST": "evil.example"}):
        assert ask(app, path, **changes)[0] == 299
    assert ask(app, path)[0] == 200
    assert ask(app, path, HTTP_HOST="evil.example")[0] == 299


def test_plain_http_behind_an_https_address_is_led_there(
    zoho: Connection, settings: Any
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    app, path = gate(Pages()), f"/hooks/c/{zoho.webhook_token}/"

    assert ask(app, path)[0] == 299
    assert ask(app, path, HTTP_X_FORWARDED_PROTO="https")[0] == 200


def test_an_unknown_host_is_refused_by_the_whole_application(
    zoho: Connection, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    path = f"/hooks/c/{zoho.webhook_token}/"

    status, _ = ask(gate(get_wsgi_application()), path, HTTP_HOST="evil.example")

    assert status == 400


@pytest.mark.parametrize(
    ("body", "changes", "status"),
    [
        (b"{nonsense", {}, 400),
        (b"<a/>", {"CONTENT_TYPE": "text/xml"}, 415),
        (b"{}", {"CONTENT_LENGTH": "5000000"}, 413),
        (b"{}", {"CONTENT_LENGTH": "many"}, 400),
        (b"{}", {"CONTENT_LENGTH": "9" * 5000}, 400),
    ],
)
def test_it_refuses_as_the_views_do(
    zoho: Connection, body: bytes, changes: dict[str, str], status: int
) -> None:
    path = f"/hooks/c/{zoho.webhook_token}/"

    assert ask(gate(Pages()), path, body, **changes)[0] == status


def test_a_wrong_token_and_a_missing_signature_are_refused(zoho: Connection) -> None:
    app = gate(Pages())

    assert ask(app, "/hooks/c/nobody/")[0] == 404
    assert ask(app, "/hooks/nobody/")[0] == 404
    assert ask(app, "/hooks/crm/", b'{"type": "ContactUpdate"}')[0] == 401


class Away(Intake):
    """An intake whose database does not answer."""

    def put(self, parcel: Parcel) -> None:
        raise OperationalError("the database is away")


def test_what_could_not_be_stored_is_asked_for_again(zoho: Connection) -> None:
    app = gate(Pages(), Away(wake=lambda: None))

    assert ask(app, f"/hooks/c/{zoho.webhook_token}/")[0] == 503


def test_no_log_line_shows_the_token(
    zoho: Connection, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    """Whatever goes wrong; the log of the installation hides it in every line."""
    app = gate(get_wsgi_application(), Away(wake=lambda: None))
    path = f"/hooks/c/{zoho.webhook_token}/"
    handler = logging.StreamHandler(stream := io.StringIO())
    for name in configured.LOGGING["handlers"]["stderr"]["filters"]:
        maker = configured.LOGGING["filters"][name]["()"]
        module, _, cls = maker.rpartition(".")
        handler.addFilter(getattr(__import__(module, fromlist=[cls]), cls)())
    logging.getLogger().addHandler(handler)
    try:
        ask(app, path)
        ask(app, path, b"{nonsense")
        ask(app, path, REQUEST_METHOD="GET")
        ask(app, path + "more/")
    finally:
        logging.getLogger().removeHandler(handler)

    assert stream.getvalue()
    assert zoho.webhook_token not in stream.getvalue()


def test_the_web_server_keeps_no_access_log() -> None:
    """Its lines would hold the tokens in the paths."""
    from config.processes import web

    assert not [word for word in web().command if "access-log" in word]
