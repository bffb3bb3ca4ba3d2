"""An appointment in one text, for systems that have no calendar.

Appointment: Consultation
When: 2026-11-24 10:00 – 10:30 (Europe/London)
Where: 12 High Street
Status: confirmed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from integrations.connectors.base import Record
from integrations.connectors.highlevel.times import time_of

SUMMARY = "summary"
PARTS = frozenset({"title", "startTime", "endTime", "address", "appointmentStatus"})


def with_summary(record: Record, zone: tzinfo) -> Record:
    """Return an appointment with its summary, where all that belongs into it was read."""
    if not record.values.keys() >= PARTS:
        return record
    values = {**record.values, SUMMARY: summary(record.values, zone)}
    return replace(record, values=values)


def summary(values: Mapping[str, Any], zone: tzinfo) -> str:
    """Return what an appointment is, in the zone of its location."""
    lines = (
        ("Appointment", values["title"] or "(no title)"),
        ("When", _when(values["startTime"], values["endTime"], zone)),
        ("Where", values["address"]),
        ("Status", values["appointmentStatus"]),
    )
    return "\n".join(f"{name}: {text}" for name, text in lines if text)


def _when(start: Any, end: Any, zone: tzinfo) -> str:
    begins, ends = _local(start, zone), _local(end, zone)
    if begins is None:
        return ""
    text = f"{begins:%Y-%m-%d %H:%M}"
    if ends is not None:
        shape = "%H:%M" if ends.date() == begins.date() else "%Y-%m-%d %H:%M"
        text = f"{text} – {ends.strftime(shape)}"
    return f"{text} ({zone})"


def _local(raw: Any, zone: tzinfo) -> datetime | None:
    moment = time_of(raw) if raw else None
    return moment.astimezone(zone) if moment else None
