"""The webhook receiver: authenticate, store, answer. Nothing else in the request.

Refused and unknown deliveries are counted. An authentic delivery about a location we
do not know is answered 200: vendors switch off endpoints that answer errors. The same
code serves Django's views here and the short way in config/hookgate.py.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseFailure
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crosswalk.clock import now
from crosswalk.errors import ConfigError, WebhookRejected
from integrations.connectors.base import ConnectorModule, Delivery, WebhookRequest
from integrations.hearing import connection_slug
from integrations.models import Site
from integrations.registry import CONNECTORS, connector
from integrations.sandboxed import sandbox_keys
from sync.inbox.deliveries import event_of, is_known, numbered, request_of
from sync.inbox.hookroutes import Route, Routes
from sync.inbox.intake import SEEN, Count, Intake, Parcel
from sync.jobs import inbox_enqueue

logger = logging.getLogger(__name__)
NOTHING_HERE = "There is nothing at this address."


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor is told."""

    status: int
    body: bytes


STORED = Answer(200, b'{"status": "stored"}')
IGNORED = Answer(200, b'{"status": "ignored"}')
LATER = Answer(
    503, b'{"status": "later", "message": "It could not be stored. Send it again."}'
)


class Receiver:
    """Takes deliveries: `routes` says whose they are, `intake` writes them."""

    def __init__(self, routes: Routes, intake: Intake) -> None:
        self._routes = routes
        self._intake = intake

    def for_app(self, environ: dict[str, Any], slug: str) -> Answer:
        """Take a delivery at the URL of an app; its content names the location."""
        module = module_of(slug)

        def take() -> Answer:
            if module is None:
                raise WebhookRejected(NOTHING_HERE, status=404)
            request = request_of(environ, module.spec.webhooks.max_bytes)
            site = verified_site(module, request)
            return self._store(slug, module, site, module.parse(request), request)

        return self._guarded(slug if module else "unknown", take)

    def for_connection(self, environ: dict[str, Any], token: str) -> Answer:
        """Take a delivery at a connection's own URL; its path is unguessable."""
        slug = "c"

        def take() -> Answer:
            nonlocal slug
            route = self._routes.of_token(token)
            if route is None:
                raise WebhookRejected(NOTHING_HERE, status=404)
            module = connector(route.kind)
            is_own = module.spec.webhooks.routing == "connection"
            if not is_own and module.parse_call is None:
                raise WebhookRejected(NOTHING_HERE, status=404)
            slug = connection_slug(route)
            request = request_of(environ, module.spec.webhooks.max_bytes)
            if not is_own and module.parse_call is not None:
                return self._keep([route], module.parse_call(request), request)
            verify_any(module, request, route.secrets)
            return self._keep([route], module.parse(request), request)

        return self._guarded(lambda: slug, take)

    def _guarded(
        self, slug: str | Callable[[], str], take: Callable[[], Answer]
    ) -> Answer:
        """Answer as `take` does; a refusal is counted under the slug."""
        try:
            try:
                return take()
            except (WebhookRejected, ConfigError) as error:
                return self._refused(slug if isinstance(slug, str) else slug(), error)
        except DatabaseFailure:
            logger.exception("A delivery could not be stored")
            return LATER

    def _store(
        self,
        slug: str,
        module: ConnectorModule,
        site: str,
        deliveries: Sequence[Delivery],
        request: WebhookRequest,
    ) -> Answer:
        """Store deliveries for every connection of their locations."""
        kind = module.spec.kind
        routes = {
            route.pk: route
            for each in deliveries
            for route in self._whose(kind, site, each)
        }
        if not routes:
            kinds = [each.event_type for each in deliveries]
            count = Count(slug, "unknown account", kinds[0] if kinds else "")
            self._intake.put(Parcel(counts=[count]))
            return IGNORED
        return self._keep(list(routes.values()), deliveries, request)

    def _whose(self, kind: str, site: str, delivery: Delivery) -> Iterable[Route]:
        """Return the connections of a delivery's account, else of its company."""
        if delivery.account_id:
            return self._routes.of_account(kind, site, delivery.account_id)
        if delivery.lifecycle and delivery.company_id:
            return self._routes.of_company(kind, site, delivery.company_id)
        return ()

    def _keep(
        self,
        routes: Sequence[Route],
        deliveries: Sequence[Delivery],
        request: WebhookRequest,
    ) -> Answer:
        """Store what arrived before the 2xx; the workers read the records themselves."""
        moment = now()
        pairs = [
            (route, delivery)
            for route in routes
            for delivery in numbered(deliveries)
            if not delivery.account_id or delivery.account_id == route.account_id
        ]
        known = [pair for pair in pairs if is_known(pair[1])]
        events = [event_of(*pair, request, moment) for pair in known]
        counts = [
            Count(connection_slug(route), "unknown type", delivery.event_type)
            for route, delivery in pairs
            if not is_known(delivery)
        ]
        seen = [r.pk for r in routes if r.seen_at is None or moment - r.seen_at > SEEN]
        self._intake.put(Parcel(events, counts, seen))
        return STORED if events else IGNORED

    def _refused(self, slug: str, error: WebhookRejected | ConfigError) -> Answer:
        """Refuse a delivery, counted; nothing of it is processed.

        Where our settings cannot tell whether it is authentic, the vendor is asked to
        come again.
        """
        if isinstance(error, WebhookRejected):
            status, message = error.status, error.message
        else:
            logger.error("A delivery could not be checked: %s", error.message)
            status, message = 503, "The server is not set up to check this yet."
        self._intake.put(Parcel(counts=[Count(slug, f"refused {status}", "", message)]))
        said = {"status": "refused", "message": message}
        return Answer(status, json.dumps(said).encode())


def module_of(slug: str) -> ConnectorModule | None:
    """Return the connector whose app's address ends so."""
    modules = (connector(kind) for kind in CONNECTORS)
    return next((m for m in modules if slug and m.spec.webhooks.slug == slug), None)


def verified_site(module: ConnectorModule, request: WebhookRequest) -> str:
    """Return which site signed a delivery: the vendor, or this server's sandbox.

    The sandbox's keys count for sandbox connections alone.
    """
    kind = module.spec.kind
    own = getattr(settings, f"{kind.upper()}_WEBHOOK_PUBLIC_KEYS", ())
    try:
        module.verify(request, keys=own, secret="")
    except WebhookRejected:
        keys = sandbox_keys(kind)
        if not keys:
            raise
        module.verify(request, keys=keys, secret="")
        return Site.SANDBOX
    return Site.VENDOR


def verify_any(
    module: ConnectorModule, request: WebhookRequest, secrets: Sequence[str]
) -> None:
    """Raise WebhookRejected unless a delivery is signed with a secret in force."""
    *others, last = secrets
    for secret in others:
        try:
            module.verify(request, keys=(), secret=secret)
            return
        except WebhookRejected:
            continue
    module.verify(request, keys=(), secret=last)


# --- as Django's views ------------------------------------------------------------------

receiver = Receiver(Routes(), Intake(wake=inbox_enqueue))


@csrf_exempt
@require_POST
@login_not_required
def receive_for_app(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a delivery at the URL of an app."""
    return response_of(receiver.for_app(request.META, slug))


@csrf_exempt
@require_POST
@login_not_required
def receive_for_connection(request: HttpRequest, token: str) -> HttpResponse:
    """Take a delivery at a connection's own URL."""
    return response_of(receiver.for_connection(request.META, token))


def response_of(answer: Answer) -> HttpResponse:
    """Return an answer as Django's."""
    return HttpResponse(
        answer.body, status=answer.status, content_type="application/json"
    )
