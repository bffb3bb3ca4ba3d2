"""The sandbox in this very process, reached by the product's own HTTP clients."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from django.test import Client

from sandbox.app import create_app

# The contract's asserts stand in modules that are no test modules themselves.
for _part in (
    *("budget", "catalogue", "children", "errors", "families", "reading"),
    *("webhooks", "writing"),
):
    pytest.register_assert_rewrite(f"tests.integrations.connectors.contract_{_part}")


class Remote:
    """A person's browser at the sandbox's consent pages."""

    def __init__(self) -> None:
        self.app = create_app(seed=True)
        self.transport = httpx.WSGITransport(app=self.app)
        self.http = httpx.Client(transport=self.transport)
        self.down = False

    def factory(self) -> httpx.BaseTransport:
        if self.down:
            return httpx.MockTransport(
                lambda request: httpx.Response(502, text="<html>")
            )
        return self.transport

    def decide(self, url: str, decision: str = "approve", **choice: str) -> str:
        """Answer a consent page; return the path and query it sends the person to."""
        parts = urlsplit(url)
        page = self.http.get(url)
        assert page.status_code == 200, page.text
        form = {**dict(parse_qsl(parts.query)), "decision": decision, **choice}
        answer = self.http.post(url.split("?")[0], data=form)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        assert back.path == "/connect/callback/"
        return f"{back.path}?{back.query}"


@pytest.fixture
def remote(settings) -> Remote:
    made = Remote()
    settings.SANDBOX = True
    settings.TRANSPORT_FACTORY = made.factory
    return made


@pytest.fixture
def as_editor(client: Client, editor) -> Client:
    """A browser in which an editor of the workspace is signed in."""
    client.force_login(editor)
    return client


def changed(path: str, **values: str | None) -> str:
    """Return an address with parameters of its query replaced, or dropped (None)."""
    parts = urlsplit(path)
    query = {**dict(parse_qsl(parts.query)), **values}
    kept = {name: value for name, value in query.items() if value is not None}
    return f"{parts.path}?{urlencode(kept)}"
