"""Ways through the set-up, for the tests of its pages."""

from __future__ import annotations

from typing import Any

from django.test import Client

from mapping.forms import rows_initial
from mapping.models import Mapping
from mapping.selectors import draft_lines
from sync.models import Setup, Sync

NEW = "/w/acme/setup/"
SYSTEMS = {"left": "highlevel:sandbox", "right": "zoho_invoice:sandbox"}
RULES = {
    "name": "People",
    "direction": "both",
    "match_1": "email",
    "match_2": "phone",
    "match_3": "none",
    "first_merge": "non_empty",
    "conflict": "ask",
    "history": "all",
    "schedule": "every",
    "every_minutes": "10",
    "max_change_percent": "40",
    "max_create_percent": "20",
    "max_delete_percent": "5",
    "canary": "0",
}


def begin(client: Client) -> Setup:
    client.post(NEW, SYSTEMS)
    return Setup.objects.get()


def at(setup: Setup, step: str = "") -> str:
    return f"{NEW}{setup.pk}/{step}/" if step else f"{NEW}{setup.pk}/"


def with_rules(client: Client) -> Setup:
    setup = begin(client)
    client.post(at(setup, "rules"), RULES)
    setup.refresh_from_db()
    return setup


def rows(sync: Sync) -> dict[str, Any]:
    """Return the fields form as a browser sends it, as it stands."""
    lines = rows_initial(draft_lines(Mapping.objects.get(sync=sync)))
    data: dict[str, Any] = {
        "rows-TOTAL_FORMS": len(lines),
        "rows-INITIAL_FORMS": len(lines),
    }
    for number, line in enumerate(lines):
        data |= {f"rows-{number}-{key}": value for key, value in line.items()}
    return data


def text(response: Any) -> str:
    return response.content.decode()
