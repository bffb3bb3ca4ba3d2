"""How each cause of docs/errors.md comes about: what to do to a small world, by code.

Each returns the run in which it comes about. Faults are those of the sandbox; where only
our own configuration can be the reason, that is what is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
from django.conf import settings
from django.test import Client

from integrations.models import Grant, RemoteRecord
from mapping.models import Mapping
from mapping.selectors import published_lines
from mapping.services import mapping_publish, mapping_save
from sandbox.highlevel import service as highlevel
from sandbox.highlevel.accounts import COMPANY_ID, NORTHLIGHT_ID
from sync.models import RecordLink, SyncRecord
from sync.running.execution import MAX_ATTEMPTS
from sync.services import run_request, unit_retry
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.sync.childworld import at_zoho, carry, comment, note, person
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.world import CountingTransport, World

Ways = dict[str, Callable[[World], SyncRun]]
LISTING, CREATE = "POST /contacts/search$", "POST /contacts$"
ANNA = {"firstName": "Anna", "email": "a@x.example", "companyName": "Acme"}


class Meanwhile(CountingTransport):
    """Does something at a system just before our first call of a kind arrives."""

    def __init__(self, world: World, ending: str, do: Callable[[], object]) -> None:
        super().__init__(world.app, world.sent)
        self.ending, self.do = ending, do
        self.done = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        wanted = request.method == "POST" and request.url.path.endswith(self.ending)
        if wanted and not self.done:
            self.done = True
            self.do()
        return super().handle_request(request)


class Broken(CountingTransport):
    """Has a bug of its own in every call that creates a customer or a contact."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith("/contacts"):
            raise RuntimeError("RAW-EXCEPTION-TEXT of some library")
        return super().handle_request(request)


# --- the world before ------------------------------------------------------------------


def fault(
    world: World, system: str, match: str, kind: str, code: int = 0, message: str = ""
) -> None:
    """Strike every call that fits, in words of a system's own where there are some."""
    body: dict[str, Any] = {"message": message} if message else {}
    if code:
        body["code"] = code
    struck = {"system": system, "match": match, "fault": kind, "times": 0, "seconds": 0}
    world.switch(fail_next=[{**struck, **({"body": body} if body else {})}])


def struck(system: str, match: str, kind: str, code: int = 0, message: str = "") -> Any:
    """Return a way: Anna at HighLevel is to go across, and these calls are struck."""

    def way(world: World) -> SyncRun:
        highlevel_add(world, **ANNA)
        fault(world, system, match, kind, code, message)
        return world.run()

    return way


def linked(world: World) -> tuple[str, str]:
    """Go live with Anna on both sides; return her ids."""
    highlevel_add(world, **ANNA)
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    world.run()
    link = RecordLink.objects.select_related("left", "right").get()
    return link.left.remote_id, link.right.remote_id


def crowd(world: World, count: int = 25) -> list[str]:
    """Go live with many people; return their ids at HighLevel."""
    ids = [
        highlevel_add(
            world, firstName=f"P{n}", email=f"p{n}@x.example", companyName=f"C{n}"
        )
        for n in range(count)
    ]
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    world.run()
    return ids


def poll(world: World) -> SyncRun:
    return world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")


def meanwhile(world: World, ending: str, do: Callable[[], object]) -> None:
    transport = Meanwhile(world, ending, do)
    settings.TRANSPORT_FACTORY = lambda: transport  # a fixture puts it back


# --- access ----------------------------------------------------------------------------


def needs_reconnect(world: World) -> SyncRun:
    """The access was found dead before, and a run begins nevertheless."""
    poll(world)
    Grant.objects.filter(pk=world.left.grant_id).update(
        status=Grant.Status.NEEDS_RECONNECT, reason="HighLevel withdrew the access."
    )
    world.left.health = "needs_reconnect"
    world.left.save()
    return poll(world)


def account_left(world: World) -> SyncRun:
    """HighLevel lets an agency in, and the app is removed from one of its locations."""
    owner = world.workspace.memberships.get(role="owner").user
    browser = Client()
    browser.force_login(owner)
    base = f"/w/{world.workspace.slug}/connections/connect/highlevel/"
    query = {"site": "sandbox", "reconnect": str(world.left.pk)}
    url = httpx.URL(browser.get(base, query)["Location"])
    vendor = httpx.Client(transport=httpx.WSGITransport(app=world.app))
    form = dict(parse_qsl(url.query.decode()))
    answer = vendor.post(
        url.copy_with(query=None),
        data={**form, "decision": "approve", "account": COMPANY_ID},
    )
    back = httpx.URL(answer.headers["location"])
    browser.get(back.raw_path.decode())
    uninstall = f"http://sandbox/highlevel/_sandbox/uninstall?id={NORTHLIGHT_ID}"
    assert vendor.post(uninstall).is_success
    return poll(world)


# --- the values ------------------------------------------------------------------------


def remote_rejected(world: World) -> SyncRun:
    someone = {"first_name": "Anna", "email": "a@x.example", "phone": "123"}
    zoho_add(world, contact_name="Anna", contact_persons=[someone])
    return world.run()


def duplicate_refused(world: World) -> SyncRun:
    _, right = linked(world)
    highlevel_add(world, firstName="Ben", phone="+442071838750", email="b@x.example")
    poll(world)
    persons = world.store.get("zoho.contact", right)["persons"]
    changed = [{**persons[0], "phone": "+442071838750"}]
    zoho_add(world, right, contact_persons=changed)
    return poll(world)


def remote_unavailable(world: World) -> SyncRun:
    left, _ = linked(world)
    highlevel_add(world, left, companyName="New")
    fault(world, "zoho", "PUT .", "html503")
    return poll(world)


def remote_not_found(world: World) -> SyncRun:
    """HighLevel says of somebody that they are not there, and shows them when asked."""
    carry(world, "note")
    left = person(world)
    world.run()
    comment(world, at_zoho(world, left), "Hello")
    fault(world, "highlevel", "POST /contacts/.*/notes", "404")
    return world.run()


def parent_unknown(world: World) -> SyncRun:
    """A note is looked at of which we no longer know whose it is."""
    carry(world, "note")
    note(world, person(world), "Hello")
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    RemoteRecord.objects.filter(object_type="note").update(parent_id="")
    record = SyncRecord.objects.get(object_type="note")
    return world.work(unit_retry(record=record, actor=None))


def upsert_other_contact(world: World) -> SyncRun:
    """Anna's e-mail passes to somebody new while her company is written."""
    left, right = linked(world)
    zoho_add(world, right, company_name="New")

    def exchange() -> None:
        world.switch(allow_duplicates=True)
        highlevel_add(world, left, email="other@x.example")
        highlevel_add(world, firstName="Zed", email=ANNA["email"])

    meanwhile(world, "/upsert", exchange)
    return poll(world)


def company_not_writable(world: World) -> SyncRun:
    left, right = linked(world)
    contact = world.store.get("highlevel_contact", left)
    world.store.put("highlevel_contact", left, {**contact, "email": ""})
    highlevel_add(world, left, website="https://x.example")
    zoho_add(world, right, company_name="New")
    return poll(world)


def mapping(world: World) -> SyncRun:
    """A value map has no row for a value."""
    highlevel_add(world, **ANNA, website="https://new.example")
    kept = Mapping.objects.get(sync=world.sync)
    known = [["https://known.example", "https://known.example"]]
    lines = [
        {**line, "value_map": known} if line["left"] == "website" else line
        for line in published_lines(kept)
    ]
    mapping_save(
        sync=world.sync,
        object_type="contact",
        direction="both",
        lines=lines,
        actor=None,
    )
    mapping_publish(mapping=kept, actor=None)
    return world.run()


def config(world: World) -> SyncRun:
    """The settings of the server name an address that no secret may be sent to."""
    settings.SANDBOX_URL = "http://elsewhere.example"
    return poll(world)


# --- whole runs ------------------------------------------------------------------------


def guard(world: World) -> SyncRun:
    for left in crowd(world):
        highlevel_add(world, left, companyName="The same")
    return poll(world)


def listing_doubted(world: World) -> SyncRun:
    context = world.app.extensions["context"]
    for left in crowd(world)[:20]:
        highlevel.contact_delete(context, left)
    world.sync.delete_policy = "ask"
    world.sync.save()
    return world.run(trigger=SyncRun.Trigger.RECONCILE, scope="dirty")


def paging_stuck(world: World) -> SyncRun:
    row = {"id": "abc", "locationId": NORTHLIGHT_ID, "searchAfter": [1, "a"]}
    page = {"contacts": [row] * 500, "total": 9000}
    listing = {"system": "highlevel", "match": LISTING, "fault": "200", "times": 0}
    world.switch(fail_next=[{**listing, "body": page}])
    return world.run()


def poison(world: World) -> SyncRun:
    """A run is taken up again and again, each time by a worker that dies of it."""
    run = run_request(sync=world.sync, mode="live", trigger="manual")
    SyncRun.objects.filter(pk=run.pk).update(attempts=MAX_ATTEMPTS)
    return world.work(run)


def bug(world: World) -> SyncRun:
    highlevel_add(world, **ANNA)
    settings.TRANSPORT_FACTORY = lambda: Broken(world.app, world.sent)
    return world.run()


WAYS: Ways = {
    "needs_reconnect": needs_reconnect,
    "access_expired": struck("highlevel", LISTING, "401"),
    "wrong_location": struck(
        "highlevel", LISTING, "403", 0, "You do not have access to this location."
    ),
    "wrong_organization": struck("zoho", "GET /contacts$", "400", 6041, "No member"),
    "company_token": struck(
        "highlevel", LISTING, "401", 0, "This authClass type is not allowed here."
    ),
    "account_left": account_left,
    "scope_missing": struck(
        "highlevel", LISTING, "401", 0, "The token is not authorized for this scope."
    ),
    "forbidden": struck("zoho", CREATE, "403"),
    "wrong_address": struck(
        "highlevel", "* /contacts", "404", 0, "Cannot POST /contacts/search"
    ),
    "version_refused": struck("highlevel", LISTING, "400", 0, "Invalid API version"),
    "paging_stuck": paging_stuck,
    "unsupported_call": struck("zoho", CREATE, "400", 5, "Invalid URL Passed"),
    "remote_rejected": remote_rejected,
    "duplicate_refused": duplicate_refused,
    "name_taken": struck("zoho", CREATE, "400", 3062, "It already exists."),
    "remote_unavailable": remote_unavailable,
    "rate_limited": struck("zoho", CREATE, "429"),
    "outcome_unknown": struck("zoho", CREATE, "500"),
    "remote_refused": struck("zoho", CREATE, "302"),
    "remote_not_found": remote_not_found,
    "parent_unknown": parent_unknown,
    "upsert_other_contact": upsert_other_contact,
    "company_not_writable": company_not_writable,
    "mapping": mapping,
    "config": config,
    "guard": guard,
    "listing_doubted": listing_doubted,
    "poison": poison,
    "bug": bug,
}
