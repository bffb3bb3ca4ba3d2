"""A whole small world: the sandbox in process, two connections and a sync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from django.core.cache import cache
from flask import Flask

from integrations.models import Connection
from integrations.services import connection_add_refresh_token, connection_add_token
from mapping.defaults import default_field_maps
from mapping.models import MappingVersion
from mapping.services import mapping_publish, mapping_save
from sandbox.app import create_app
from sandbox.clock import Clock
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.hooks import set_webhook
from sandbox.highlevel.oauth import issue_location_token
from sandbox.highlevel.seeding import seed as highlevel_seed
from sandbox.switches import Switches
from sandbox.zoho import issue_refresh_token
from sandbox.zoho.grants import CLIENT_ID, CLIENT_SECRET
from sandbox.zoho.hooks import webhook_save
from sandbox.zoho.seeding import seed as zoho_seed
from sync.models import Sync, SyncRecord
from sync.running.execution import run_slice
from sync.services import run_request
from sync.setup.saving import sync_save
from synclog.models import SyncRun
from workspaces.models import Workspace

ORG = "700000001"


@dataclass
class World:
    """Everything a test of whole runs needs, and short words for it."""

    app: Flask
    workspace: Workspace
    left: Connection
    right: Connection
    sync: Sync
    sent: list[httpx.Request] = field(default_factory=list)
    notices: list[httpx.Request] = field(default_factory=list)

    def notify(self, url_of: Any) -> None:
        """Have both systems tell us of changes; they pile up in `notices`."""
        set_webhook(self.store, url=url_of(self.left), always=True)
        webhook_save(self.store, ORG, {"url": url_of(self.right)})

    def arrivals(self) -> list[httpx.Request]:
        """Return the deliveries sent since the last time."""
        assert self.app.extensions["sender"].drain(10)
        found, self.notices[:] = list(self.notices), []
        return found

    @property
    def store(self) -> Any:
        return self.app.extensions["store"]

    def switch(self, **changes: Any) -> None:
        """Set switches of the sandbox: faults, limits, quirks."""
        Switches.save(self.store, **changes)

    def run(self, mode: str = "live", **options: Any) -> SyncRun:
        """Run to the end (or to a wait) and return the run."""
        options.setdefault("trigger", SyncRun.Trigger.COMMAND)
        run = run_request(sync=self.sync, mode=mode, **options)
        return self.work(run)

    def work(self, run: SyncRun) -> SyncRun:
        """Work on a run until it ends or waits."""
        while True:
            worked = run_slice(run.pk, seconds=600, early=True)
            assert worked is not None
            if worked.state != SyncRun.State.QUEUED:
                return worked

    def lists(self) -> dict[str, int]:
        """Return how many units each list holds."""
        counts: dict[str, int] = {}
        for name in SyncRecord.objects.filter(sync=self.sync).values_list(
            "list", flat=True
        ):
            counts[name] = counts.get(name, 0) + 1
        return counts

    def writes(self) -> list[str]:
        """Return the writing calls sent so far."""
        return [
            f"{r.method} {r.url.path}"
            for r in self.sent
            if r.method in {"POST", "PUT", "DELETE"}
            and "/search" not in r.url.path
            and "oauth" not in r.url.path
        ]


class CountingTransport(httpx.BaseTransport):
    """Sends requests into the sandbox and keeps them."""

    def __init__(self, app: Flask, sent: list[httpx.Request]) -> None:
        self.inner = httpx.WSGITransport(app=app)
        self.sent = sent

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.inner.handle_request(request)


def taker(notices: list[httpx.Request]) -> Any:
    """Return a receiver that keeps what arrives and answers 200."""

    def take(request: httpx.Request) -> httpx.Response:
        notices.append(request)
        return httpx.Response(200)

    return take


def world_make(
    workspace: Workspace,
    settings: Any,
    *,
    seed: bool = True,
    clock: Clock | None = None,
) -> World:
    """Make a world: sandbox, two connections, a sync mapped by default."""
    cache.clear()  # another sandbox has other webhook keys
    notices: list[httpx.Request] = []
    app = create_app(
        data_path=None,
        seed=seed,
        clock=clock,
        webhook_transport=httpx.MockTransport(taker(notices)),
    )
    if not seed:
        highlevel_seed(app.extensions["store"], [])
        zoho_seed(app.extensions["store"], [])
    sent: list[httpx.Request] = []
    settings.TRANSPORT_FACTORY = lambda: CountingTransport(app, sent)
    store = app.extensions["store"]
    left = connection_add_token(
        workspace=workspace,
        kind="highlevel",
        name="GHL",
        account_id=NORTHLIGHT_ID,
        token=issue_location_token(store),
        site="sandbox",
    )
    right = connection_add_refresh_token(
        workspace=workspace,
        kind="zoho_invoice",
        name="Zoho",
        account_id=ORG,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        refresh_token=issue_refresh_token(store, client_id=CLIENT_ID),
        data_center="us",
        site="sandbox",
    )
    sync = sync_make(workspace, left, right)
    sent.clear()
    return World(app, workspace, left, right, sync, sent, notices)


def sync_make(workspace: Workspace, left: Connection, right: Connection) -> Sync:
    """Make a sync of two connections with the default mapping, published."""
    sync = sync_save(
        workspace=workspace,
        name="Contacts",
        left=left,
        right=right,
        match=["email", "phone", "name"],
        first_merge="non_empty",
        conflict="newest",
        delete="ignore",
        history="all",
        schedule={"every_minutes": 5},
        actor=None,
    )
    mapping = mapping_save(
        sync=sync,
        object_type="contact",
        direction="both",
        lines=default_field_maps("highlevel", "zoho_invoice", "contact"),
        actor=None,
    )
    mapping_publish(mapping=mapping, actor=None)
    return sync


def publish(
    world: World, *lines: Mapping[str, Any], object_type: str = "contact"
) -> MappingVersion:
    """Publish lines as the mapping of an object type, both ways."""
    saved = mapping_save(
        sync=world.sync,
        object_type=object_type,
        direction="both",
        lines=lines,
        actor=None,
    )
    return mapping_publish(mapping=saved, actor=None)
