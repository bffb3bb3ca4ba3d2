"""Zoho's call quotas: per minute, per day, in flight (zoho-invoice.md §6).

Calls are always counted and shown in the headers; they are refused only under the
switch `published_limits`.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Response, g

from sandbox.context import Context
from sandbox.fault_answers import BODIES
from sandbox.limits import Quota
from sandbox.store import Document

Refusal = tuple[int, str, int]


def count(context: Context, organization: Document) -> Refusal | None:
    """Count one call of the organization; what to refuse it with, if so."""
    switches = context.switches()
    subject = f"zoho:{organization['organization_id']}"
    g.zoho_in_flight = (context.limiter, subject)
    in_flight = context.limiter.enter(subject)
    minute = context.limiter.sliding(
        f"{subject}:minute", switches.zoho_minute_limit, 60
    )
    g.zoho_day = day = _day(context, organization, subject, switches.zoho_daily_limit)
    if not switches.published_limits:
        return None
    # Some answers were seen to carry the code under HTTP 200 (§6).
    status = 200 if switches.zoho_limits_with_200 else 429
    if day.exceeded and switches.daily_limits:
        message = f"You have exceeded the maximum call rate limit of {day.limit}."
        return 45, message, status
    if minute.exceeded:
        return 44, str(BODIES["zoho", "429"]["message"]), status
    if in_flight > switches.zoho_concurrent_limit:
        return 1070, str(BODIES["zoho", "429_concurrent"]["message"]), status
    return None


def add_headers(response: Response) -> None:
    """`x-rate-limit-*` speak of the day; remaining may be negative (§3, §6)."""
    day: Quota | None = g.pop("zoho_day", None)
    if day:
        response.headers["x-rate-limit-limit"] = str(day.limit)
        response.headers["x-rate-limit-remaining"] = str(day.remaining)
        response.headers["x-rate-limit-reset"] = str(int(day.resets_in_seconds))


def release() -> None:
    in_flight = g.pop("zoho_in_flight", None)
    if in_flight:
        limiter, subject = in_flight
        limiter.leave(subject)


def _day(context: Context, organization: Document, subject: str, limit: int) -> Quota:
    """The day begins at midnight in the organization's time zone (§6)."""
    zone = ZoneInfo(organization["time_zone"])
    today = context.clock.now().astimezone(zone).date()
    midnight = datetime.combine(today + timedelta(days=1), time(), zone)
    return context.limiter.bucket(f"{subject}:day", limit, today.isoformat(), midnight)
