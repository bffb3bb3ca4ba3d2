"""Causes: grouped by the line of the mapping, cured, previewed, put aside, assigned."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from mapping.selectors import published_lines
from mapping.services import mapping_publish, mapping_save
from sync.failing import Cause
from sync.models import CauseCare, Sync, SyncRecord
from sync.selectors import attention_count
from sync.setup.saving import sync_go_live, sync_pause
from synclog.models import SyncRun
from tests.sync.rows import failing, live_sync, run_make, unit
from tests.sync.test_choosing import highlevel_add
from workspaces.models import Membership
from workspaces.services import workspace_create

PAGE = "/w/acme/attention/"


@pytest.fixture
def sync(workspace):
    return live_sync(workspace)


def text_of(client, path: str = PAGE, **query: str) -> str:
    return client.get(path, query).content.decode()


def failing_by(sync: Sync, line: str, *numbers: int) -> list[SyncRecord]:
    """Make people who fail because a value does not fit through a line."""
    return [
        unit(
            sync,
            "failing",
            number,
            reason="Zoho Invoice has no option “Studio”.",
            reason_code="mapping",
            field_map=line,
            since=now(),
        )
        for number in numbers
    ]


def post(client, sync: Sync, name: str, **sent: str):
    path = f"/w/acme/syncs/{sync.pk}/cause/{name}/"
    return client.post(path, sent, follow=True).content.decode()


def waiting(client) -> tuple[int, str]:
    """Return how many things wait: in the sidebar, and by the page's title."""
    page = text_of(client)
    side = (
        page.split('class="count">')[1].split("<")[0]
        if 'class="count">' in page
        else "0"
    )
    return int(side), page.split("<h1>")[1].split("</h1>")[0]


# --- grouping -------------------------------------------------------------------------


def test_people_of_one_line_are_one_cause_and_its_wire_is_opened(as_owner, sync):
    failing_by(sync, "customFields.plan|custom_fields.cf_plan", 1, 2)
    failing_by(sync, "phone|phone", 3)

    page = text_of(as_owner)

    assert "<h1>2 things need you</h1>" in page
    wire = "contact/edit/?left=customFields.plan&amp;right=custom_fields.cf_plan"
    assert wire.replace("contact/edit/", "") in page
    assert "Open the wire</a>" in page
    assert "Preview all 2" in page


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("forbidden", "Allow it at Zoho Invoice"),
        ("needs_reconnect", "Reconnect Zoho Invoice"),
    ],
)
def test_what_a_connection_cures_leads_there(as_owner, sync, code, words):
    record = failing(sync, run_make(sync, "completed_with_failures"))
    SyncRecord.objects.filter(pk=record.pk).update(reason_code=code)

    page = text_of(as_owner)

    assert words in page
    assert f"reconnect={sync.right_id}" in page


def test_a_sync_that_a_guard_stopped_is_one_of_them(as_owner, sync):
    said = "50 people would be created at Zoho Invoice."
    run_make(sync, "failed", reason=said, reason_code="guard")
    sync_pause(sync=sync, actor=None, reason=said)

    page = text_of(as_owner)

    for words in ("Raise the guard", said, "Resume Contacts", "1 thing needs you"):
        assert words in page
    run_make(sync)  # the next one passed
    assert "Nothing needs you" in text_of(as_owner)


def test_a_permission_that_stopped_a_sync_is_given_at_the_system_it_names(
    as_owner, sync
):
    said = "HighLevel does not allow this: the permission “contacts” is missing."
    run_make(sync, "failed", reason=said, reason_code="scope_missing")

    page = text_of(as_owner)

    assert "HighLevel has not given a permission that this needs" in page
    assert "Allow it at HighLevel" in page
    assert f"reconnect={sync.left_id}" in page


# --- putting aside, assigning ---------------------------------------------------------


def test_a_cause_put_aside_counts_no_more_until_its_time_is_over(
    as_owner, sync, workspace
):
    failing_by(sync, "phone|phone", 1)
    assert waiting(as_owner) == (1, "1 thing needs you")

    said = post(
        as_owner, sync, "aside", cause="mapping", line="phone|phone", **{"for": "day"}
    )

    assert "Put aside" in said
    assert waiting(as_owner) == (0, "Nothing needs you")
    assert "Bring it back" in text_of(as_owner)
    CauseCare.objects.update(until=now() - timedelta(seconds=1))
    assert waiting(as_owner) == (1, "1 thing needs you")


def test_ignoring_needs_a_reason_and_is_taken_back(as_owner, sync):
    failing_by(sync, "phone|phone", 1)
    key = {"cause": "mapping", "line": "phone|phone"}

    assert "Say why" in post(as_owner, sync, "aside", **key, **{"for": "ever"})
    why = {"for": "ever", "reason": "Old customers"}
    assert "Old customers" in post(as_owner, sync, "aside", **key, **why)
    assert waiting(as_owner)[0] == 0

    post(as_owner, sync, "back", **key)
    assert waiting(as_owner)[0] == 1


def test_a_cause_is_given_to_a_member_of_this_workspace(as_owner, sync, editor):
    failing_by(sync, "phone|phone", 1)
    key = {"cause": "mapping", "line": "phone|phone"}
    member = Membership.objects.get(user=editor)
    other = Membership.objects.exclude(workspace=sync.workspace).first()
    assert other is None

    page = post(as_owner, sync, "assign", **key, member=str(member.pk))

    assert f"{editor.email} sees to it" in page
    assert "Nobody has it now" in post(as_owner, sync, "assign", **key, member="x")


def test_caring_for_a_cause_that_is_over_says_so(as_owner, sync):
    said = post(as_owner, sync, "aside", cause="bug", line="", **{"for": "day"})

    assert "Nobody fails of this any more" in said
    assert not CauseCare.objects.exists()


@pytest.mark.parametrize("name", ["preview", "aside", "back", "assign"])
def test_causes_are_cared_for_by_those_who_may(client, viewer, sync, name):
    client.force_login(viewer)
    foreign = live_sync(workspace_create(name="Other"))

    path = f"/w/acme/syncs/{sync.pk}/cause/{name}/"
    assert client.post(path).status_code == 403
    Membership.objects.filter(user=viewer).update(role="editor")
    path = f"/w/acme/syncs/{foreign.pk}/cause/{name}/"
    assert client.post(path).status_code == 404


# --- the fix, previewed on just those it is about -------------------------------------


def test_a_broken_mapping_is_fixed_previewed_applied_and_the_group_is_gone(
    as_owner, empty_world, workspace
):
    world = empty_world
    for name in ("anna", "ben"):
        fields = {"firstName": name, "email": f"{name}@x.example"}
        highlevel_add(world, **fields, website="https://new.example")
    highlevel_add(world, firstName="cleo", email="cleo@x.example")
    mapping = world.sync.mappings.get()
    good = published_lines(mapping)
    table = [["https://known.example", "https://known.example"]]
    bad = [
        {**line, "value_map": table} if line["left"] == "website" else line
        for line in good
    ]
    mapping_save(
        sync=world.sync, object_type="contact", direction="both", lines=bad, actor=None
    )
    mapping_publish(mapping=mapping, actor=None)
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    run = world.run()
    assert run.counts["failed"] == 2

    record = SyncRecord.objects.filter(list="failing").first()
    assert record.field_map == "website|website"
    key = {"cause": record.reason_code, "line": record.field_map}
    assert "Open the wire" in text_of(as_owner)

    mapping_save(
        sync=world.sync, object_type="contact", direction="both", lines=good, actor=None
    )
    mapping_publish(mapping=mapping, actor=None)
    post(as_owner, world.sync, "preview", **key)
    test = world.work(SyncRun.objects.get(mode="test"))
    assert test.counts["create"] == 2
    assert sum(test.counts.values()) == 2
    page = text_of(as_owner, f"/w/acme/runs/{test.pk}/plan/")
    assert "just the people you asked about" in page
    assert "Approve all 2</button>" in page

    as_owner.post(f"/w/acme/runs/{test.pk}/plan/approve/", {"which": "all"})
    applied = world.work(SyncRun.objects.get(plan=test.plan, mode="live"))
    assert applied.counts["create"] == 2
    assert attention_count(workspace) == 0
    assert "Nothing needs you" in text_of(as_owner)


def test_approving_a_preview_leaves_a_paused_sync_paused(as_owner, empty_world):
    highlevel_add(empty_world, firstName="Anna", email="a@x.example")
    run = empty_world.run()
    record = SyncRecord.objects.get()
    SyncRecord.objects.update(list="failing", reason_code="remote_rejected")
    Sync.objects.update(state="paused")
    cause = Cause(Sync.objects.get(), "remote_rejected")
    assert run.counts["create"] == 1
    assert record.field_map == ""

    post(as_owner, cause.sync, "preview", cause=cause.code, line="")
    test = empty_world.work(SyncRun.objects.get(mode="test"))

    page = text_of(as_owner, f"/w/acme/runs/{test.pk}/plan/")
    assert "go live" not in page.lower().split("<main")[1]
    assert Sync.objects.get().state == "paused"
