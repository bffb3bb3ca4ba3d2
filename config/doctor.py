"""The doctor: what is wrong with this installation, and what to do about it.

Looks only; makes no vendor call and leaves nothing behind.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django_q.brokers import get_broker

from config.keyrotation import outdated, unreadable
from config.settings import is_loopback
from crosswalk.clock import now
from integrations.access.expiry import expiry_forecast
from integrations.models import BudgetWindow, Connection
from sync.jobs import heartbeat_age

STALE_SECONDS = 60.0
LOW_BYTES = 500_000_000
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is and, where it is wrong, what to do."""

    check: str
    ok: bool
    message: str
    advice: str = ""


def examine() -> list[Finding]:
    """Return what every check found; one that cannot be made is a finding too."""
    found: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            found += check()
        except DatabaseError as error:
            found.append(
                Finding(
                    name,
                    ok=False,
                    message=f"The database does not answer: {type(error).__name__}.",
                    advice="Look at CROSSWALK_DATABASE_URL, then run manage.py migrate.",
                )
            )
    return found


def check_settings() -> Iterator[Finding]:
    """Where we are reached, and whether that is safe."""
    host = urlsplit(settings.BASE_URL).hostname or ""
    if settings.DEBUG and not settings.IS_LOOPBACK:
        yield Finding(
            "settings",
            ok=False,
            message="Debug pages are on and other machines can reach them.",
            advice="Unset CROSSWALK_DEBUG.",
        )
    elif not settings.IS_HTTPS and not is_loopback(host):
        yield Finding(
            "settings",
            ok=False,
            message=f"{settings.BASE_URL} is not https: passwords travel in the open, "
            "and vendors send neither sign-ins nor instant notices there.",
            advice="Put a TLS proxy in front and set CROSSWALK_BASE_URL to https://…",
        )
    elif not settings.IS_LOOPBACK and is_loopback(host):
        yield Finding(
            "settings",
            ok=False,
            message=f"Other machines can reach this one, but links lead to {host}.",
            advice="Set CROSSWALK_BASE_URL to the address that people open.",
        )
    else:
        yield Finding("settings", ok=True, message=f"Reached at {settings.BASE_URL}.")


def check_database() -> Iterator[Finding]:
    """Whether the database takes a row (which is taken back)."""
    with transaction.atomic():
        BudgetWindow.objects.create(subject="doctor", window="day", limit=0)
        transaction.set_rollback(True)
    yield Finding("database", ok=True, message=f"{connection.vendor} takes rows.")


def check_migrations() -> Iterator[Finding]:
    """Whether the tables are those of this version."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Finding(
        "migrations",
        ok=not missing,
        message=f"{len(missing)} changes of the tables are missing."
        if missing
        else "The tables are up to date.",
        advice="Run manage.py migrate." if missing else "",
    )


def check_keys() -> Iterator[Finding]:
    """Whether every stored secret can be read."""
    lost, old = unreadable(), outdated()
    if lost:
        yield Finding(
            "keys",
            ok=False,
            message=f"{len(lost)} stored secrets cannot be read ({', '.join(lost[:5])}).",
            advice="Add the key they were written with to CROSSWALK_ENCRYPTION_KEYS, or "
            "reconnect those connections.",
        )
    else:
        words = f"; {old} are under an older key" if old else ""
        advice = "Run crosswalk_rotate_keys to move them to the first key."
        yield Finding(
            "keys",
            ok=True,
            message=f"Every stored secret can be read{words}.",
            advice=advice if old else "",
        )


def check_broker() -> Iterator[Finding]:
    """Whether the queue's broker answers."""
    kind = "Redis" if settings.REDIS_URL else "The database"
    try:
        answers = bool(get_broker().ping())
    except Exception:  # each broker has errors of its own
        answers = False
    yield Finding(
        "broker",
        ok=answers,
        message=f"{kind} {'answers' if answers else 'does not answer'} as the queue.",
        advice="" if answers else "Look at CROSSWALK_REDIS_URL and start Redis.",
    )


def check_worker() -> Iterator[Finding]:
    """Whether a worker lives."""
    age = heartbeat_age()
    if age is not None and age < STALE_SECONDS:
        yield Finding("worker", ok=True, message=f"Last heard {age:.0f} seconds ago.")
        return
    message = "No worker was ever heard of."
    if age is not None:
        message = f"The worker was last heard {age / 60:,.0f} minutes ago."
    yield Finding(
        "worker",
        ok=False,
        message=f"{message} Nothing runs by itself.",
        advice="Start crosswalk_serve, or look at its output.",
    )


def check_connections() -> Iterator[Finding]:
    """How each connection is, and whether its authorisation will last."""
    for row in Connection.objects.select_related("grant__workspace").order_by("pk"):
        if row.health == Connection.Health.DISABLED:
            continue
        forecast = expiry_forecast(row.grant)
        ends = forecast.ends_at
        if row.health != Connection.Health.ACTIVE:
            label, reason = row.get_health_display(), row.health_reason
            yield Finding(
                f"connection {row.name}",
                ok=False,
                message=f"{label}: {reason or 'no reason is known'}",
                advice="Open Connections and reconnect it."
                if row.health == Connection.Health.NEEDS_RECONNECT
                else "Wait; if it stays so, check it on the Connections page.",
            )
        elif ends and ends < now() + SOON:
            yield Finding(
                f"connection {row.name}",
                ok=False,
                message=forecast.sentence,
                advice="Open Connections and reconnect it before then.",
            )
        else:
            yield Finding(f"connection {row.name}", ok=True, message="Working.")


def check_disk(low: int = LOW_BYTES) -> Iterator[Finding]:
    """Whether there is room to write."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    yield Finding(
        "disk",
        ok=free >= low,
        message=f"{free / 1e9:,.1f} GB free in {settings.DATA_DIR}.",
        advice="" if free >= low else "Make room: a full disk stops every sync.",
    )


CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "settings": check_settings,
    "database": check_database,
    "migrations": check_migrations,
    "keys": check_keys,
    "broker": check_broker,
    "worker": check_worker,
    "connections": check_connections,
    "disk": check_disk,
}
