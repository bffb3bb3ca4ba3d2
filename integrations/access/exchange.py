"""Exchange: turning an authorisation code into tokens, by requests-oauthlib.

It speaks through our own HTTP client (time-outs, no redirects, injectable). Three of
its habits are handled here, per call and without any global switch: it refuses plain
http (ours for loopback addresses of the settings only), it raises a bare Warning for
scopes that differ, and it reads an HTML 502 as a missing token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import requests
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from requests.adapters import BaseAdapter
from requests_oauthlib import OAuth2Session

from crosswalk.errors import TransientError
from integrations import registry
from integrations.connectors.oauth import Endpoints, OAuthSpec, Scope, TokenFacts
from integrations.http import client_build, parse_body
from integrations.session import default_transport


class ClientAdapter(BaseAdapter):
    """A requests adapter that sends through our own client, to one address only."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        super().__init__()
        self.client = client
        self.url = url
        self.answer: httpx.Response | None = None

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Send a request; the scheme is the real address's again."""
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() in {"content-type", "accept"}
        }
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        self.answer = self.client.post(self.url, content=content, headers=headers)
        return requests_response(request, self.answer)

    def close(self) -> None:
        """The client belongs to whoever made it."""


def requests_response(
    request: requests.PreparedRequest, answer: httpx.Response
) -> requests.Response:
    """Return an answer in the form of requests."""
    response = requests.Response()
    response.status_code = answer.status_code
    response._content = answer.content
    response.url = request.url or ""
    response.request = request
    response.headers["Content-Type"] = answer.headers.get("content-type", "")
    response.encoding = "utf-8"
    return response


def authorize_url(
    *,
    scopes: Sequence[Scope],
    oauth: OAuthSpec,
    endpoints: Endpoints,
    client_id: str,
    redirect_uri: str,
    state: str,
    verifier: str = "",
) -> str:
    """Return the vendor's consent page for these permissions."""
    scope = oauth.scope_separator.join(each.name for each in scopes)
    session = OAuth2Session(client_id, redirect_uri=redirect_uri, scope=scope)
    extra = dict(oauth.authorize_params)
    if verifier:
        challenge = WebApplicationClient(client_id).create_code_challenge(
            verifier, "S256"
        )
        extra |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    url, _state = session.authorization_url(
        as_https(endpoints.authorize), state=state, **extra
    )
    return str(url).replace(as_https(endpoints.authorize), endpoints.authorize, 1)


def code_exchange(
    *,
    kind: str,
    endpoints: Endpoints,
    app: tuple[str, str],
    code: str,
    redirect_uri: str = "",
    verifier: str = "",
    callback: Mapping[str, str] | None = None,
    transport: httpx.BaseTransport | None = None,
) -> TokenFacts:
    """Return what a code buys; raise what the vendor's refusal means.

    A self-client's code has no redirect address. TransientError when no readable
    answer came: the code may be spent, so the person starts again.
    """
    module = registry.connector(kind)
    label = module.spec.label
    with client_build(transport or default_transport()) as client:
        adapter = ClientAdapter(client, endpoints.token)
        try:
            fetch(adapter, module.spec.oauth, app, code, redirect_uri, verifier)
        except httpx.HTTPError as exc:
            raise no_answer(label, type(exc).__name__) from exc
        except (OAuth2Error, ValueError, RecursionError):
            pass  # the connector reads the same answer, in words for a person
    status, answer = answer_of(adapter.answer)
    if status >= 500 or answer is None:
        raise no_answer(label, f"HTTP {status}")
    if not 200 <= status < 300:
        raise module.token_error(status, answer)
    return module.parse_token(answer, callback or {})


def fetch(
    adapter: ClientAdapter,
    oauth: OAuthSpec,
    app: tuple[str, str],
    code: str,
    redirect_uri: str,
    verifier: str,
) -> None:
    """Let requests-oauthlib make the request; the adapter keeps the answer."""
    client_id, secret = app
    # Without a scope of its own the session has nothing to differ from.
    session = OAuth2Session(client_id, redirect_uri=redirect_uri or None)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    extra = {**oauth.token_params}
    if verifier:
        extra["code_verifier"] = verifier
    session.fetch_token(
        as_https(adapter.url),
        code=code,
        client_secret=secret,
        include_client_id=True,
        timeout=20,
        **extra,
    )


def answer_of(answer: httpx.Response | None) -> tuple[int, dict[str, Any] | None]:
    """Return status and JSON of a token answer, None when it holds no object."""
    if answer is None:
        return 0, None
    body, _ = parse_body(answer)
    return answer.status_code, body if isinstance(body, dict) else None


def no_answer(label: str, detail: str) -> TransientError:
    """Return the error of an exchange without a readable answer."""
    return TransientError(
        f"{label} did not answer. Nothing was connected. Try again in a moment.",
        detail=detail,
    )


def as_https(url: str) -> str:
    """Return an address as the library insists on it; endpoints.py allows plain http
    for loopback addresses of the settings only."""
    return url.replace("http://", "https://", 1) if url.startswith("http://") else url
