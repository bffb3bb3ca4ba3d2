"""The application: both stand-ins and the sandbox's own page, on one store."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cache

import httpx
from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

import sandbox.highlevel
import sandbox.zoho
from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.control_api import blueprint as api_blueprint
from sandbox.controls import blueprint as pages_blueprint
from sandbox.limits import RateLimiter
from sandbox.seed import seed_once
from sandbox.store import Store
from sandbox.switches import Switches
from sandbox.traffic import Traffic
from sandbox.webhooks import Sender

MAX_BODY_BYTES = 6_000_000


def create_app(
    *,
    data_path: str | None = None,
    seed: bool = True,
    clock: Clock | None = None,
    webhook_transport: httpx.BaseTransport | None = None,
) -> Flask:
    """A sandbox of its own: two calls share nothing unless they share `data_path`."""
    app = copy(_routed())
    app.config = copy(app.config)
    app.extensions = dict(app.extensions)
    _add_extensions(app, Store(data_path), clock or Clock(), webhook_transport)
    if seed:
        seed_once(app.extensions["store"])
    return app


@cache
def _routed() -> Flask:
    """The application without data. Its hundreds of addresses are compiled once a process:
    they are the dearest part of a sandbox, and tests make a thousand of these.
    """
    app = Flask("sandbox")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    # A stand-in adds its prefix here to answer 404 and 405 in its own words.
    app.extensions["http_errors"] = {}
    app.register_blueprint(sandbox.highlevel.blueprint, url_prefix="/highlevel")
    app.register_blueprint(sandbox.zoho.blueprint, url_prefix="/zoho")
    app.register_blueprint(
        sandbox.zoho.blueprint, url_prefix="/zoho-eu", name="zoho_eu"
    )
    app.register_blueprint(pages_blueprint)
    app.register_blueprint(api_blueprint)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _add_extensions(
    app: Flask,
    store: Store,
    clock: Clock,
    webhook_transport: httpx.BaseTransport | None,
) -> None:
    sender = Sender(store, clock, webhook_transport)
    limiter = RateLimiter(clock)
    app.extensions.update(
        store=store,
        clock=clock,
        sender=sender,
        limiter=limiter,
        traffic=Traffic(),
        switches=lambda: Switches.load(store),
        context=Context(store, clock, sender, limiter),
    )


def _http_error(error: HTTPException) -> Response | HTTPException:
    """404, 405 and 413 in the manner of the system that was called."""
    handlers: dict[str, Callable[[HTTPException], Response]]
    handlers = current_app.extensions["http_errors"]
    for prefix, handler in handlers.items():
        if request.path.startswith(prefix + "/"):
            return handler(error)
    return error
