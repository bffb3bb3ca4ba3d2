"""The audit trail: filtered, page by page, and as a file."""

from __future__ import annotations

import csv
import io

import pytest

from workspaces.models import AuditEvent
from workspaces.services import audit

pytestmark = pytest.mark.django_db
PAGE = "/w/acme/workspace/audit/"


@pytest.fixture
def lines(workspace, owner):
    audit(workspace=workspace, actor=owner, action="sync.paused", subject="Contacts")
    audit(workspace=workspace, action="sync.went_live", subject="=HYPERLINK(1)")
    AuditEvent.objects.filter(action="sync.paused").update(at="2026-01-15T12:00:00Z")


def shown(client, query: str) -> str:
    return client.get(PAGE + query).content.decode().split("<tbody>")[-1]


def test_it_is_filtered_by_person_kind_name_and_day(as_owner, owner, lines):
    assert "Sync paused" in shown(as_owner, "")
    assert "Sync went live" not in shown(as_owner, f"?who={owner.pk}")
    assert "Sync paused" not in shown(as_owner, "?who=crosswalk")
    assert "Sync paused" not in shown(as_owner, "?what=sync.went_live")
    assert "Contacts" in shown(as_owner, "?q=conta")
    assert "Contacts" in shown(as_owner, "?since=2026-01-15&until=2026-01-15")
    assert "Contacts" not in shown(as_owner, "?since=2026-01-16")


@pytest.mark.parametrize(
    "query", ["?who=999999", "?who=x", "?what=x", "?since=x", "?until=9999-99-99"]
)
def test_a_choice_that_makes_no_sense_is_left_out(as_owner, lines, query):
    assert "Sync paused" in shown(as_owner, query)


def test_the_file_holds_what_is_shown_and_no_formula(as_owner, lines):
    answer = as_owner.get(f"{PAGE}export/?what=sync.went_live")

    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [row["subject"] for row in rows] == ["'=HYPERLINK(1)"]


def test_the_file_is_read_a_batch_at_a_time(as_owner, workspace):
    AuditEvent.objects.bulk_create(
        AuditEvent(workspace=workspace, action="sync.paused") for _ in range(2500)
    )

    parts = list(as_owner.get(f"{PAGE}export/"))

    assert len(parts) == 4
    assert b"".join(parts).count(b"\n") == AuditEvent.objects.count() + 1


def test_a_stranger_and_a_viewer_get_no_file(client, viewer, stranger):
    client.force_login(viewer)
    assert client.get(f"{PAGE}export/").status_code == 403
    client.force_login(stranger)
    assert client.get(f"{PAGE}export/").status_code == 404


def test_the_audit_trail_is_paged(as_owner, workspace):
    AuditEvent.objects.bulk_create(
        AuditEvent(workspace=workspace, action="sync.went_live", subject=f"No {n}.")
        for n in range(101)
    )

    first = as_owner.get(PAGE).content.decode()
    second = as_owner.get(f"{PAGE}?page=2").content.decode()

    assert "Sync went live" in first
    assert "No 100." in first
    assert "No 0." in second
    assert "No 0." not in first
