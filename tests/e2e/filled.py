"""Workspaces in every state that a page shows: at work, stopped, being set up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User

from crosswalk.clock import now
from integrations.fields.fieldreading import catalogue_refresh
from integrations.models import CallCount, Connection
from sandbox.highlevel import service as highlevel
from sync.choices.holding import record_pause
from sync.models import HookMeter, Setup, SyncRecord, WorkerPulse
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.integrations.helpers import make_connection, make_grant
from tests.sync.rows import failing, live_sync, run_make, unit
from tests.sync.world import World, world_make
from workspaces.models import Workspace
from workspaces.services import workspace_create

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"
NAMES = ("山田太郎", "Ελένη Παπαδοπούλου", "محمد عبد الرحمن", LONG_NAME * 2)
FACETS = "create link update delete unchanged review conflict excluded failed"
STEPS = ("systems", "left", "right", "rules", "scope", "fields", "test")


def world_at_work(workspace: Workspace, settings: Any) -> World:
    """A first run with failures, a test of what came since, a set-up to its end."""
    world = world_make(workspace, settings)
    world.run("test")
    fault = {"system": "zoho", "match": "POST .*/contacts$", "fault": "500", "times": 9}
    world.switch(fail_next=[fault])
    world.run(trigger=SyncRun.Trigger.MANUAL)
    sync_go_live(sync=world.sync, actor=None, tested=True)
    context = world.app.extensions["context"]
    for number, name in enumerate(NAMES):
        values = {"firstName": name, "lastName": "O'Neil-Ångström"}
        email = f"{'a-very-long-address-' * number}x@subdomain.example.com"
        highlevel.contact_save(context, None, {**values, "email": email})
    world.run("test")
    conflict_make(world)
    loop_make(world)
    record_pause(
        record=SyncRecord.objects.filter(list="in_sync").earliest("pk"),
        actor=None,
        reason=f"Waits for {LONG_NAME}.",
    )
    systems = {"left_kind": "highlevel", "right_kind": "zoho_invoice"}
    sites = {"left_site": "sandbox", "right_site": "sandbox"}
    both = {"left": world.left, "right": world.right, "sync": world.sync}
    Setup.objects.create(workspace=workspace, **systems, **sites, **both)
    WorkerPulse.beat()
    connections_furnish(world)
    return world


def connections_furnish(world: World) -> None:
    """Give both connections fields, two weeks of calls, and what was heard of them."""
    operations = ("list contacts", "update contact", "get contact", "create contact")
    today = now().date()
    for connection in (world.left, world.right):
        catalogue_refresh(connection)
        CallCount.objects.filter(connection=connection, day=today).delete()
        CallCount.objects.bulk_create(
            CallCount(
                connection=connection,
                day=today - timedelta(days=ago),
                operation=name,
                calls=(ago * 37 + 11 * place) % 90 * (6 - place) + 3,
            )
            for ago in range(14)
            for place, name in enumerate(operations)
            if ago not in (3, 4)
        )
    HookMeter.objects.create(connection=world.right, day=today, heard=214, missed=9)
    Connection.objects.filter(pk=world.right.pk).update(
        webhook_seen_at=now() - timedelta(minutes=3)
    )


def connections_in_trouble(workspace: Workspace) -> dict[str, Connection]:
    """A connection in every state that its page shows; without data otherwise."""
    reason = "Zoho Invoice answered with errors three times: it is asked less often."
    made = {}
    for state in Connection.Health.values:
        grant = make_grant("zoho_invoice", workspace=workspace, expires_in=3600)
        made[state] = make_connection(
            grant,
            name=f"Zoho {state} {LONG_NAME if state == 'degraded' else ''}",
            account_id=f"90{len(made)}",
            account_name="Bäckerei Grünwald & Söhne GmbH",
            health=state,
            health_reason="" if state == "active" else reason,
        )
    return made


def conflict_make(world: World) -> None:
    """Let one person have two values that nobody chose between yet."""
    record = SyncRecord.objects.filter(list="in_sync").latest("pk")
    record.list, record.reason_code = "conflict", "ask"
    record.reason = "Two different values: you choose."
    field = {"label": "Company", "reason": "Both sides changed it."}
    values = {"left_value": "Nowak Meble i Wnętrza", "right_value": LONG_NAME * 3}
    record.detail = {"conflicts": [{**field, **values}]}
    record.save()


def loop_make(world: World) -> None:
    """Let a field of one person flip back and forth."""
    record = SyncRecord.objects.filter(list="in_sync").latest("pk")
    record.list, record.reason_code = "review", "loop"
    record.reason = "Company flips back and forth: HighLevel says “A”, Zoho says “a”."
    values = {"left_value": LONG_NAME * 3, "right_value": ""}
    record.detail = {"conflicts": [{"label": "Company", **values}]}
    record.save()


def workspace_stopped(owner: User) -> Workspace:
    """A system that must be connected again, a run that waits, people who fail."""
    workspace = workspace_create(name="Wirtschaftsprüfung " + LONG_NAME, owner=owner)
    sync = live_sync(workspace, name="Contacts of " + LONG_NAME)
    run_make(sync, "failed", reason="HighLevel refused.", reason_code="auth_failed")
    ended = run_make(sync, "completed_with_failures", counts={"failed": 2, "update": 1})
    for number in (1, 2):
        failing(sync, ended, number)
    for number, name in enumerate(NAMES, 3):
        unit(sync, "waiting", number, reason=f"{name} waits for calls.")
    Connection.objects.filter(pk=sync.left_id).update(
        health=Connection.Health.NEEDS_RECONNECT,
        health_reason="HighLevel no longer accepts our access. Reconnect it.",
    )
    waits = {"phase": "write", "total_units": 269, "done_units": 171}
    run_make(
        sync,
        "waiting",
        reason="The 1,000 calls of Zoho Invoice's day are spent.",
        reason_code="quota",
        **waits,
    )
    SyncRun.objects.filter(state="waiting").update(next_at=now() + timedelta(hours=7))
    run_make(sync, "running", mode="test", phase="read")
    return workspace


def unit_settled(world: World) -> str:
    """Return the unit of a pair that is in sync."""
    return SyncRecord.objects.filter(sync=world.sync, list="in_sync").latest("pk").unit


def pages_at_work(world: World) -> dict[str, str | tuple[str, int]]:
    """Return name → address of the pages of a workspace at work."""
    base, sync = f"/w/{world.workspace.slug}/", f"syncs/{world.sync.pk}/"
    live = SyncRun.objects.filter(sync=world.sync, mode="live").latest("pk")
    old, test = SyncRun.objects.filter(sync=world.sync, mode="test").order_by("pk")
    entries = LogEntry.objects.filter(run=live)
    setup = Setup.objects.filter(sync=world.sync).latest("pk")
    plan = f"{base}runs/{test.pk}/plan/"
    run = f"{base}runs/{live.pk}/"
    found: dict[str, str | tuple[str, int]] = {
        "attention": f"{base}attention/",
        "decided": f"{base}attention/decided/",
        "decided-linked": f"{base}attention/decided/?show=linked",
        "duplicates": f"{base}{sync}duplicates/",
        "syncs": f"{base}syncs/",
        "runs": f"{base}runs/",
        "sync": base + sync,
        "people": f"{base}{sync}people/",
        "people-paused": f"{base}{sync}people/?list=excluded&cause=paused",
        "attention-loops": f"{base}attention/?show=loops",
        "objects": f"{base}{sync}objects/",
        "filters": f"{base}{sync}filters/",
        "people-failing": f"{base}{sync}people/?list=failing",
        "why": f"{base}{sync}why/",
        "why-found": f"{base}{sync}why/?unit={unit_settled(world)}",
        "why-several": f"{base}{sync}why/?q=an",
        "why-nobody": f"{base}{sync}why/?q=nemo",
        "people-nobody": f"{base}{sync}people/?q=nemo",
        "plan-old": f"{base}runs/{old.pk}/plan/",
        "runs-none": f"{base}runs/?state=failed",
        "connection-new": f"{base}connections/new/",
        "connect-highlevel": f"{base}connections/new/highlevel/",
        "connect-zoho": f"{base}connections/new/zoho_invoice/",
        "connect-sandbox": f"{base}connections/new/zoho_invoice/?site=sandbox",
        "workspace": f"{base}workspace/",
        "setup-new": f"{base}setup/",
        "not-found": (f"{base}runs/99999/", 404),
    }
    for outcome in entries.values_list("outcome", flat=True).distinct().order_by():
        entry = entries.filter(outcome=outcome).latest("pk")
        found[f"entry-{outcome}"] = f"{run}people/{entry.pk}/"
    for facet in FACETS.split():
        found[f"plan-{facet}"] = f"{plan}?show={facet}"
    for step in STEPS:
        if step != "rules":
            found[f"setup-{step}"] = f"{base}setup/{setup.pk}/{step}/"
    return found


def pages_met_most(world: World) -> dict[str, str | tuple[str, int]]:
    """Return the pages to be looked at in every size and colour."""
    base = f"/w/{world.workspace.slug}/"
    runs = SyncRun.objects.filter(sync=world.sync).order_by("-pk")
    setup = Setup.objects.filter(sync=world.sync).latest("pk")
    return {
        "home": base,
        "plan": f"{base}runs/{runs.filter(mode='test')[0].pk}/plan/",
        "run": f"{base}runs/{runs.filter(mode='live')[0].pk}/",
        "setup-rules": f"{base}setup/{setup.pk}/rules/",
        "connections": f"{base}connections/",
        "connection": f"{base}connections/{world.left.pk}/",
        "connection-zoho": f"{base}connections/{world.right.pk}/",
        "mapping": f"{base}syncs/{world.sync.pk}/mapping/contact/",
        "mapping-form": f"{base}syncs/{world.sync.pk}/mapping/contact/form/",
        "mapping-history": f"{base}syncs/{world.sync.pk}/mapping/contact/history/",
    }


def pages_stopped(workspace: Workspace) -> dict[str, str | tuple[str, int]]:
    """Return the pages of a workspace whose sync has stopped."""
    base = f"/w/{workspace.slug}/"
    runs = {run.state: run for run in SyncRun.objects.filter(workspace=workspace)}
    sync = runs["failed"].sync
    found: dict[str, str | tuple[str, int]] = {
        "stopped-home": base,
        "stopped-attention": f"{base}attention/",
        "stopped-syncs": f"{base}syncs/",
        "stopped-sync": f"{base}syncs/{sync.pk}/",
        "stopped-people": f"{base}syncs/{sync.pk}/people/?list=waiting",
        "stopped-runs": f"{base}runs/",
        "stopped-connections": f"{base}connections/",
        "stopped-connection": f"{base}connections/{sync.left_id}/",
        "stopped-test": f"{base}runs/{runs['running'].pk}/plan/",
    }
    for state, run in runs.items():
        found[f"run-{state}"] = f"{base}runs/{run.pk}/"
    return found
