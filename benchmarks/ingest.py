"""How many deliveries a second the webhook receiver takes: `make bench`.

A real web server (`crosswalk_serve`, this process only asks it) is sent authentic
deliveries over 20 connections at once, each signed beforehand, each with an id of its
own. A delivery counts when it was answered 200; in the end as many rows must be there.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.served import POSTGRES, Installation, installation

CONNECTIONS = 20
ACCOUNTS = 10
SECRET = "a-shared-secret"
FURNISH = f"""
import django; django.setup()
from crosswalk.crypto import encrypt
from integrations.models import Connection
from tests.config.rows import connection_make
from workspaces.services import workspace_create
workspace = workspace_create(name="Bench")
for n in range({ACCOUNTS}):
    connection_make(workspace, "highlevel", f"GHL {{n}}", f"location{{n}}")
    made = connection_make(workspace, "zoho_invoice", f"Zoho {{n}}", f"70000{{n}}")
    if n % 2:
        made.webhook_secret = encrypt({{"secret": "{SECRET}"}})
        made.save()
    print(made.webhook_token)
"""
COUNT = """
import django; django.setup()
from sync.models import InboxEvent
print(InboxEvent.objects.count())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--with-worker", action="store_true")
    options = parser.parse_args()
    for name, url in (("SQLite", ""), ("PostgreSQL", POSTGRES)):
        if options.database and options.database != name.lower():
            continue
        if name == "PostgreSQL" and not url:
            print("ingest, PostgreSQL: set CROSSWALK_TEST_DATABASE_URL to measure it")
            continue
        serve = [] if options.with_worker else ["--no-worker"]
        measure(name, url, options.seconds, serve)


def measure(name: str, url: str, seconds: float, serve: list[str]) -> None:
    """Run all rounds against one database, and print them."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    with installation(
        url, CROSSWALK_HIGHLEVEL_WEBHOOK_PUBLIC_KEYS=base64.b64encode(public).decode()
    ) as made:
        made.environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
        tokens = made.run("-c", FURNISH).split()
        count = int(seconds * 4000)
        rounds = {
            "Ed25519": [highlevel(made, key, n) for n in range(count)],
            "token + HMAC": [zoho(made, tokens, n) for n in range(count)],
        }
        with made.serving(*serve):
            asyncio.run(offer(made, rounds["Ed25519"][: CONNECTIONS * 5], 2))
            before = int(made.run("-c", COUNT))
            for what, requests in rounds.items():
                spent = cpu_of(made.port)
                result, accepted = asyncio.run(
                    offer(made, requests[CONNECTIONS * 5 :], seconds)
                )
                stored = int(made.run("-c", COUNT)) - before
                before += stored
                cpu = (cpu_of(made.port) - spent) / max(accepted, 1) * 1000
                print(
                    f"ingest, {name}, {what}: {result['per_second']:.0f} a second, "
                    f"p50 {result['p50']:.1f} ms, p99 {result['p99']:.1f} ms, "
                    f"max {result['max']:.0f} ms; "
                    f"{accepted} accepted, {stored} stored, {result['other']} refused; "
                    f"{cpu:.2f} ms of processor time each"
                )


def cpu_of(port: int) -> float:
    """Return the seconds of processor time that the web server has used."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
            stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if "granian" in words and str(port) in words:
            ticks += int(stat[11]) + int(stat[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def offer(
    made: Installation, requests: Sequence[bytes], seconds: float
) -> tuple[dict[str, float], int]:
    """Send requests over all connections until time or requests run out."""
    waiting = iter(requests)
    times: list[float] = []
    others: list[bytes] = []
    began = time.perf_counter()
    end = began + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
        while time.perf_counter() < end:
            request = next(waiting, None)
            if request is None:
                break
            start = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if head.startswith(b"HTTP/1.1 200"):
                times.append(time.perf_counter() - start)
            else:
                others.append(head)
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    took = time.perf_counter() - began
    ordered = sorted(times) or [0.0]
    return {
        "per_second": len(times) / took,
        "p50": ordered[len(ordered) // 2] * 1000,
        "p99": ordered[int(len(ordered) * 0.99)] * 1000,
        "max": ordered[-1] * 1000,
        "other": len(others),
    }, len(times)


def highlevel(made: Installation, key: Ed25519PrivateKey, number: int) -> bytes:
    """Return a signed delivery as HighLevel sends it."""
    body = json.dumps(
        {
            "type": "ContactUpdate",
            "locationId": f"location{number % ACCOUNTS}",
            "versionId": "66f2a1c4d3b7e80011aa22bb",
            "appId": "66f2a1c4d3b7e80011aa22cc",
            "id": f"contact{number:014d}",
            "firstName": "Anna",
            "lastName": "Berg",
            "email": f"anna{number}@example.com",
            "phone": "+441184960111",
            "tags": ["customer", "newsletter"],
            "country": "GB",
            "dateAdded": "2026-11-20T10:00:00.000Z",
            "customFields": [{"id": "abc123", "value": "blue"}],
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            "webhookId": str(uuid.uuid4()),
        }
    ).encode()
    signature = base64.b64encode(key.sign(body)).decode()
    return post(made, "/hooks/crm/", body, f"x-ghl-signature: {signature}")


def zoho(made: Installation, tokens: Sequence[str], number: int) -> bytes:
    """Return a delivery of a Zoho rule; every second connection signs its own."""
    body = json.dumps(
        {
            "event_type": "contact.updated",
            "contact_id": f"4{number:012d}",
            "contact": {"contact_id": f"4{number:012d}", "contact_name": "Anna Berg"},
        }
    ).encode()
    account = number % ACCOUNTS
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = f"x-zoho-webhook-signature: {signature}" if account % 2 else "x-plain: 1"
    return post(made, f"/hooks/c/{tokens[account]}/", body, head)


def post(made: Installation, path: str, body: bytes, head: str) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost:{made.port}\r\n"
        f"Content-Type: application/json\r\n{head}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


if __name__ == "__main__":
    main()
