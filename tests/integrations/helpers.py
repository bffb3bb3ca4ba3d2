"""What the tests of integrations share: grants, connections, a vendor that answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from crosswalk.clock import now
from crosswalk.crypto import encrypt
from integrations.models import Connection, Grant
from workspaces.models import Workspace
from workspaces.services import workspace_create


def make_workspace(name: str = "Acme") -> Workspace:
    return workspace_create(name=name)


def make_grant(
    kind: str = "highlevel", *, expires_in: float = 10, **more: Any
) -> Grant:
    workspace = more.pop("workspace", None) or make_workspace()
    held = more.pop("held", None) or {
        "type": "oauth",
        "client_id": "app-1",
        "client_secret": "s3cret-of-app",
        "access_token": "access-1",
        "refresh_token": "refresh-1",
    }
    return Grant.objects.create(
        workspace=workspace,
        kind=kind,
        auth_type=held["type"],
        client_id=held.get("client_id", ""),
        credentials=encrypt(held),
        credentials_version=1,
        expires_at=now() + timedelta(seconds=expires_in),
        **more,
    )


def make_connection(grant: Grant | None = None, **more: Any) -> Connection:
    grant = grant or make_grant()
    more.setdefault("name", f"{grant.kind} 1")
    more.setdefault("account_id", "acc1")
    return Connection.objects.create(
        workspace=grant.workspace, grant=grant, kind=grant.kind, **more
    )


class Vendor:
    """A sign-in server that answers with what it is given, last answer repeated."""

    def __init__(self, *answers: Callable[[httpx.Request], httpx.Response]) -> None:
        self.answers = list(answers)
        self.seen: list[dict[str, str]] = []
        self.lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            form = dict(
                pair.split("=", 1) for pair in request.content.decode().split("&")
            )
            self.seen.append(form)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request)

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self))


def answers(status: int, body: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json=body)


def breaks(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("gone", request=request)


def new_pair(number: int = 2, **more: Any) -> Callable[[httpx.Request], httpx.Response]:
    body = {
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "expires_in": 86399,
        "scope": "contacts.readonly contacts.write",
    }
    return answers(200, {**body, **more})
