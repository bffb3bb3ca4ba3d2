"""The webhook receiver: authenticate, store, answer. Nothing else in the request.

Refused and unknown deliveries are counted. An authentic delivery about a location we
do not know is answered 200: vendors switch off endpoints that answer errors.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crosswalk.clock import now
from crosswalk.crypto import decrypt
from crosswalk.errors import ConfigError, WebhookRejected
from crosswalk.foreign import storable_text
from integrations.connectors.base import ConnectorModule, Delivery, WebhookRequest
from integrations.models import Connection, Site
from integrations.registry import CONNECTORS, connector
from integrations.sandboxed import sandbox_keys
from sync.jobs import inbox_enqueue
from sync.models import HookCount, InboxEvent

logger = logging.getLogger(__name__)
LATE = timedelta(minutes=5)
MAX_ID = 80  # of a record; a longer id is none of a vendor's
CONTENT_TYPES = {"application/json", "application/x-www-form-urlencoded"}


@csrf_exempt
@require_POST
@login_not_required
def receive_for_app(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a delivery at the URL of an app; its content names the location."""
    kind = next(
        (k for k in CONNECTORS if connector(k).spec.webhooks.slug == slug), None
    )
    if kind is None:
        return refuse("unknown", "There is nothing at this address.", 404)
    module = connector(kind)
    try:
        delivery = read_request(request, module)
        site = verified_site(module, delivery)
        return store(slug, module, site, module.parse(delivery), delivery)
    except WebhookRejected as error:
        return refuse(slug, error.message, error.status)
    except ConfigError as error:
        return unready(slug, error)


@csrf_exempt
@require_POST
@login_not_required
def receive_for_connection(request: HttpRequest, token: str) -> HttpResponse:
    """Take a delivery at a connection's own URL; its path is unguessable."""
    connection = connection_of(token)
    if connection is None:
        return refuse("c", "There is nothing at this address.", 404)
    module = connector(connection.kind)
    try:
        if module.spec.webhooks.routing != "connection":
            raise WebhookRejected("There is nothing at this address.", status=404)
        delivery = read_request(request, module)
        secret = str(decrypt(connection.webhook_secret).get("secret", ""))
        module.verify(delivery, keys=(), secret=secret)
        return keep([connection], module.parse(delivery), delivery)
    except WebhookRejected as error:
        return refuse("c", error.message, error.status)
    except ConfigError as error:
        return unready("c", error)


def connection_of(token: str) -> Connection | None:
    """Return the connection of a path token, compared in constant time."""
    similar = Connection.objects.filter(webhook_token__startswith=token[:6]).exclude(
        health=Connection.Health.DISABLED
    )
    return next(
        (c for c in similar if constant_time_compare(c.webhook_token, token)), None
    )


def read_request(request: HttpRequest, module: ConnectorModule) -> WebhookRequest:
    """Return a delivery's bytes and headers; refuse what is too large or foreign."""
    limit = module.spec.webhooks.max_bytes
    length = str(request.META.get("CONTENT_LENGTH") or 0)
    if not length.isdecimal():
        raise WebhookRejected("The delivery names no length.", status=400)
    if int(length) > limit:
        raise WebhookRejected("The delivery is too large.", status=413)
    if request.content_type not in CONTENT_TYPES:
        raise WebhookRejected("Only JSON and form deliveries are read.", status=415)
    body = body_of(request, limit)
    if len(body) > limit:
        raise WebhookRejected("The delivery is too large.", status=413)
    return WebhookRequest(
        body=body,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=[(k, v) for k, values in request.GET.lists() for v in values],
    )


def body_of(request: HttpRequest, limit: int) -> bytes:
    """Return a delivery's bytes; of a chunked one, whose length Django takes for 0, no
    more than can be refused."""
    if request.headers.get("transfer-encoding") and not request.META.get(
        "CONTENT_LENGTH"
    ):
        return bytes(request.META["wsgi.input"].read(limit + 1))
    try:
        return request.body
    except RequestDataTooBig:
        raise WebhookRejected("The delivery is too large.", status=413) from None


def verified_site(module: ConnectorModule, delivery: WebhookRequest) -> str:
    """Return which site signed a delivery: the vendor, or this server's sandbox.

    The sandbox's keys count for sandbox connections alone.
    """
    kind = module.spec.kind
    own = getattr(settings, f"{kind.upper()}_WEBHOOK_PUBLIC_KEYS", ())
    try:
        module.verify(delivery, keys=own, secret="")
    except WebhookRejected:
        keys = sandbox_keys(kind)
        if not keys:
            raise
        module.verify(delivery, keys=keys, secret="")
        return Site.SANDBOX
    return Site.VENDOR


def store(
    slug: str,
    module: ConnectorModule,
    site: str,
    deliveries: Sequence[Delivery],
    request: WebhookRequest,
) -> HttpResponse:
    """Store deliveries for every connection of their locations, in all workspaces."""
    accounts = {d.account_id for d in deliveries if d.account_id}
    connections = list(
        Connection.objects.filter(
            kind=module.spec.kind, account_id__in=accounts, grant__site=site
        ).exclude(health=Connection.Health.DISABLED)
    )
    if not connections:
        count(slug, "unknown account")
        return JsonResponse({"status": "ignored"})
    return keep(connections, deliveries, request)


def keep(
    connections: Sequence[Connection],
    deliveries: Sequence[Delivery],
    request: WebhookRequest,
) -> HttpResponse:
    """Store what arrived before the 2xx; the workers read the records themselves."""
    moment = now()
    known = [d for d in deliveries if d.object_type and 0 < len(d.record_id) <= MAX_ID]
    if not known:
        count("all", "unknown type")
        return JsonResponse({"status": "ignored"})
    events = [
        InboxEvent(
            connection=connection,
            delivery_id=delivery.delivery_id[:120] or None,
            event_type=delivery.event_type[:60],
            object_type=delivery.object_type,
            record_id=delivery.record_id,
            is_delete=delivery.deleted,
            is_late=bool(delivery.sent_at and abs(moment - delivery.sent_at) > LATE),
            body=storable_text(request.body.decode(errors="replace")),
            values=dict(delivery.values),
            next_at=moment,
        )
        for connection in connections
        for delivery in known
        if not delivery.account_id or delivery.account_id == connection.account_id
    ]
    with transaction.atomic():
        # a delivery id seen before is the vendor's retry: taken once
        InboxEvent.objects.bulk_create(events, ignore_conflicts=True)
        inbox_enqueue()
    return JsonResponse({"status": "stored"})


def refuse(slug: str, message: str, status: int) -> HttpResponse:
    """Refuse a delivery, counted; nothing of it is processed."""
    count(slug, f"refused {status}")
    return JsonResponse({"status": "refused", "message": message}, status=status)


def unready(slug: str, error: ConfigError) -> HttpResponse:
    """Ask the vendor to come again: our settings cannot tell whether this is authentic."""
    logger.error("A delivery could not be checked: %s", error.message)
    return refuse(slug, "The server is not set up to check this yet.", 503)


def count(slug: str, outcome: str) -> None:
    """Count a delivery that was not stored, by day."""
    row, _ = HookCount.objects.get_or_create(
        day=now().date(), slug=slug[:40], outcome=outcome[:40]
    )
    HookCount.objects.filter(pk=row.pk).update(count=F("count") + 1)
