"""Every cause of the table is made to happen, and its sentence is on the pages."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client

from sync.models import SyncRecord
from sync.telling.advice import CAUSES, advice
from synclog.models import LogEntry, SyncRun
from tests.sync.failures import WAYS
from tests.sync.world import World

SYSTEMS = ("HighLevel", "Zoho Invoice")


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("code", CAUSES)
def test_every_cause_is_reached_and_says_what_the_table_says(
    code: str, empty_world: World, as_owner: Client, settings: Any
) -> None:
    if CAUSES[code].barred:
        assert code not in WAYS, f"{code} can be reached: take away why it could not."
        return
    assert code in WAYS, f"{code} has no way to see it, nor a reason why not."
    settings.TRANSPORT_FACTORY = settings.TRANSPORT_FACTORY  # put back at the end

    run = WAYS[code](empty_world)

    record = SyncRecord.objects.filter(list="failing", reason_code=code).first()
    assert record or run.reason_code == code, (run.reason_code, run.reason)
    for path in pages_of(run, record):
        says(as_owner, path, code, (record.reason if record else run.reason))


def pages_of(run: SyncRun, record: SyncRecord | None) -> list[str]:
    """Return the pages on which a cause must be explained."""
    if record is None:
        return [f"runs/{run.pk}/"]
    entry = LogEntry.objects.filter(run=run, outcome="failed").get()
    return ["attention/", f"runs/{run.pk}/people/{entry.pk}/"]


def says(client: Client, path: str, code: str, said: str) -> None:
    """The page has the table's title, and each of its sentences that the system has not
    said itself, about one of the two systems by its name."""
    page = unescape(client.get(f"/w/acme/{path}").content.decode())
    found = [advice(code, system) for system in SYSTEMS]
    assert any(each.title in page for each in found), (path, code)
    for sentence in CAUSES[code].text.split(". "):
        words = [sentence.rstrip(".").format(system=system) for system in SYSTEMS]
        assert any(each in page or each in said for each in words), (path, sentence)


@pytest.mark.parametrize("code", WAYS)
def test_no_way_leads_to_a_cause_that_the_table_lacks(code: str) -> None:
    assert code in CAUSES
