"""In a browser: what needs a person, from the sentence and its button until it is gone.

One sandbox answers the browser all the while: each journey puts its own world in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from integrations.fields.fieldreading import catalogue_refresh
from integrations.models import Connection
from mapping.models import Mapping
from mapping.selectors import published_lines
from mapping.services import mapping_publish, mapping_save
from sandbox.highlevel import service as highlevel
from sandbox.highlevel.grants import ACCESS
from sandbox.zoho.fields import field_define
from sync.choices.choosing import conflict_resolve
from sync.jobs import tick
from sync.models import RecordLink, SyncRecord
from sync.setup.saving import sync_go_live
from tests.e2e.eyes import NARROW, WIDE, Eyes, closed
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.world import ORG, CountingTransport, World, world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PACKAGE = "SbxFieldPackage00003"
QUEUE = "/w/acme/attention/"


class Stage:
    """The sandbox as browsers reach it: the one of the world that is on."""

    app: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = self.app(environ, start_response)
        return answer


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Stage, str]]:
    """A live sandbox, and its address."""
    stage = Stage()
    server = make_server("localhost", 0, stage, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield stage, f"http://localhost:{server.port}"
    server.shutdown()


@pytest.fixture
def world(
    workspace: Workspace, settings: Any, live_server: Any, stage: tuple[Stage, str]
) -> World:
    """A live sync that asks, with nobody in it."""
    settings.BASE_URL = live_server.url
    settings.SANDBOX_URL = stage[1]
    world = world_make(workspace, settings, seed=False)
    stage[0].app = world.app
    world.sync.conflict, world.sync.delete_policy = "ask", "ask"
    world.sync.save()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    return world


@pytest.fixture
def eyes(browser: Browser, live_server: Any, owner: User) -> Iterator[Eyes]:
    """A browser in which the owner is signed in."""
    eyes = Eyes(browser, live_server.url, WIDE, NARROW).sign_in(owner)
    yield eyes
    assert closed([eyes]) == []


@pytest.fixture
def page(world: World, eyes: Eyes) -> Page:
    return eyes.page


def attention(eyes: Eyes, show: str = "") -> None:
    """Open what needs attention."""
    eyes.open(f"attention-{show or 'all'}", f"{QUEUE}{'?show=' if show else ''}{show}")


def says(page: Page, heading: str, *words: str) -> None:
    """The page names what is wrong, and says what it is and what to do."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    for each in words:
        expect(page.locator("main")).to_contain_text(each)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()


def nothing_left(eyes: Eyes) -> None:
    """Nothing needs anybody any more."""
    attention(eyes)
    expect(eyes.page.get_by_role("heading", level=1)).to_have_text("Nothing needs you")


def preview_and_apply(page: Page) -> None:
    """Show what becomes of the only one who fails, and have that done."""
    press(page, "Preview it")
    page.wait_for_url("**/plan/")
    expect(page.locator("main")).to_contain_text("just the people you asked about")
    page.get_by_role("button", name=re.compile("^Approve all 1")).click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    expect(page.locator("main")).to_contain_text("Completed")


def at_highlevel(world: World, name: str) -> dict[str, Any]:
    """Return the person of a first name as HighLevel has them."""
    found = highlevel.contact_list(world.store, name)
    assert len(found) == 1
    return dict(found[0])


def customer(world: World, name: str, email: str, **fields: Any) -> str:
    """Make a customer at Zoho Invoice, of one person."""
    first, _, last = name.partition(" ")
    person = {"first_name": first, "last_name": last, "email": email}
    person |= {key: fields.pop(key) for key in ("phone",) if key in fields}
    return zoho_add(world, contact_name=name, contact_persons=[person], **fields)


# --- what went wrong ------------------------------------------------------------------


def test_an_expired_connection_is_reconnected_and_what_waits_goes_through(
    world: World, eyes: Eyes, page: Page
) -> None:
    world.run()
    customer(world, "Anna Berg", "anna@x.example")
    for token in world.store.all(ACCESS):
        world.store.delete(ACCESS, token["id"])
    assert world.run(trigger="schedule", scope="dirty").state == "failed"

    attention(eyes)
    says(page, "HighLevel must be connected again", "links stay as they are")
    page.get_by_role("link", name="Reconnect HighLevel").click()
    page.get_by_role("link", name="Reconnect HighLevel").click()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(re.compile(r"/connections/\d+/"))
    expect(page.locator(".notes").first).to_contain_text("“GHL” is connected")
    assert Connection.objects.get(pk=world.left.pk).health == "active"

    tick()  # as the supervisor does each second

    assert at_highlevel(world, "Anna")["email"] == "anna@x.example"
    nothing_left(eyes)


def test_an_unknown_option_is_added_read_again_and_goes_through(
    world: World, eyes: Eyes, page: Page
) -> None:
    field_define(world.store, ORG, "cf_package", "Package")
    for connection in (world.left, world.right):
        assert catalogue_refresh(connection) == []
    mapping = Mapping.objects.get(sync=world.sync)
    line = {"left": f"customFields.{PACKAGE}", "right": "custom_fields.cf_package"}
    mapping_save(
        sync=world.sync,
        object_type="contact",
        direction="both",
        lines=[*published_lines(mapping), line],
        actor=None,
    )
    mapping_publish(mapping=mapping, actor=None)
    package = [{"api_name": "cf_package", "value": "Gold"}]
    customer(world, "Anna Berg", "anna@x.example", custom_fields=package)
    assert world.run().counts["failed"] == 1

    attention(eyes)
    says(
        page,
        "A value does not fit through its field",
        "at HighLevel has no option “Gold”: add the option there and read the fields "
        "again",
    )
    eyes.finish()
    page.get_by_role("link", name="Open the wire").click()
    expect(page.locator("[data-panel]")).to_contain_text("Package")
    option_add(world, "Gold")
    press(page, "Read the fields of")
    expect(page.locator(".notes").first).to_contain_text("has own fields")

    attention(eyes)
    preview_and_apply(page)
    values = at_highlevel(world, "Anna")["customFields"]
    assert [each["value"] for each in values if each["id"] == PACKAGE] == ["Gold"]
    nothing_left(eyes)


def option_add(world: World, option: str) -> None:
    """Do what a person does in HighLevel's settings: add an option to a drop-down."""
    for field in world.store.all("highlevel_custom_field"):
        if field["id"] == PACKAGE:
            options = [*field["picklistOptions"], option]
            world.store.put(
                "highlevel_custom_field",
                PACKAGE,
                {**field, "picklistOptions": options},
            )


def test_a_refused_phone_number_is_corrected_where_it_comes_from(
    world: World, eyes: Eyes, page: Page
) -> None:
    anna = customer(world, "Anna Berg", "anna@x.example", phone="123")
    assert world.run().counts["failed"] == 1

    attention(eyes)
    says(
        page,
        "HighLevel refused the values",
        "HighLevel refused the change: Invalid phone number",
        "Correct the value it names in the system it comes from",
    )
    page.get_by_role("link", name="Anna Berg").click()
    expect(page.locator("main")).to_contain_text("Invalid phone number")
    (person,) = world.store.get("zoho.contact", anna)["persons"]
    zoho_add(world, anna, contact_persons=[{**person, "phone": "+442071838750"}])

    attention(eyes)
    preview_and_apply(page)
    assert at_highlevel(world, "Anna")["phone"] == "+442071838750"
    nothing_left(eyes)


class Faster(CountingTransport):
    """Somebody makes a customer at Zoho Invoice just before we make ours."""

    world: World

    def handle_request(self, request: Any) -> Any:
        is_create = request.method == "POST" and request.url.path.endswith("/contacts")
        if is_create and not self.world.store.all("zoho.contact"):
            person = {"first_name": "Freya", "email": "anna@x.example"}
            zoho_add(self.world, contact_name="Anna Berg", contact_persons=[person])
        return super().handle_request(request)


def test_a_duplicate_name_at_zoho_is_a_question_and_they_are_linked(
    world: World, eyes: Eyes, page: Page, settings: Any
) -> None:
    faster = Faster(world.app, world.sent)
    faster.world = world
    settings.TRANSPORT_FACTORY = lambda: faster
    world.sync.conflict = "left"
    world.sync.save()
    fields = {"firstName": "Anna", "lastName": "Berg", "email": "anna@x.example"}
    highlevel_add(world, **fields)
    assert world.run().counts["review"] == 2  # they stand on both sides

    attention(eyes)
    says(page, "Same person?", "Same e-mail", "Anna Berg")
    press(page, "The same person")
    expect(page.locator(".notes").first).to_contain_text("carries it out for Anna Berg")

    (customer,) = at_zoho(world)
    assert customer["persons"][0]["first_name"] == "Anna"
    nothing_left(eyes)


def test_a_name_that_zoho_gives_to_nobody_is_freed_there(
    world: World, eyes: Eyes, page: Page
) -> None:
    taken = {"code": 3062, "message": "The customer already exists."}
    fault = {"system": "zoho", "match": "POST /contacts$", "fault": "400", "times": 0}
    world.switch(fail_next=[{**fault, "body": taken}])
    highlevel_add(world, firstName="Anna", lastName="Berg", email="anna@x.example")
    assert world.run().counts["failed"] == 1

    attention(eyes)
    says(
        page,
        "Zoho Invoice allows each customer name only once",
        "Another customer at Zoho Invoice already has this name.",
        "Give one of the two another name, then try again.",
    )
    world.switch(fail_next=[])  # somebody has renamed the other

    preview_and_apply(page)
    assert [each["contact_name"] for each in at_zoho(world)] == ["Anna Berg"]
    nothing_left(eyes)


# --- what a person decides ------------------------------------------------------------


def in_conflict(world: World, *names: str) -> None:
    """Make people whose company is another on each side."""
    for name in names:
        email = f"{name.lower()}@x.example"
        highlevel_add(world, firstName=name, email=email, companyName="Left Ltd")
        customer(world, name, email, company_name="Right Ltd")
    assert world.run().counts["conflict"] == len(names)


def test_a_conflict_is_decided_and_the_next_one_is_at_hand(
    world: World, eyes: Eyes, page: Page
) -> None:
    in_conflict(world, "Anna", "Ben")

    attention(eyes, "conflicts")
    says(page, "Changed on both sides", "Nothing is written until you choose")
    card = page.get_by_role("article", name="Anna")
    card.get_by_role("radio").first.check()
    card.get_by_role("button", name="Use what I chose").click()

    expect(page.locator(".notes").first).to_contain_text("carries it out for Anna")
    expect(page).to_have_url(re.compile(r"\?show=conflicts&at=\d+#card-\d+$"))
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.locator("*:focus")).to_contain_text("Ben")
    for key in ("2", "a"):
        page.keyboard.press(key)
    expect(page.locator(".notes").first).to_contain_text("carries it out for Ben")
    companies = {c["contact_name"]: c["company_name"] for c in at_zoho(world)}
    assert companies == {"Anna": "Left Ltd", "Ben": "Right Ltd"}
    nothing_left(eyes)


def at_zoho(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.store.all("zoho.contact")
    return found


def test_a_card_goes_by_itself_when_its_decision_is_carried_out(
    world: World, eyes: Eyes, page: Page
) -> None:
    in_conflict(world, "Anna", "Ben")
    anna, ben = SyncRecord.objects.filter(list="conflict").order_by("pk")
    run = conflict_resolve(record=anna, winners={0: "left"}, actor=None)

    attention(eyes, "conflicts")
    cards = page.get_by_role("article")
    expect(cards.first).to_contain_text(f"Run {run.pk} carries out what was decided")
    eyes.finish()
    cards.last.get_by_role("radio").last.check()
    world.work(run)
    expect(cards).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("1 thing needs you")
    expect(cards.get_by_role("radio").last).to_be_checked()  # is left in peace

    run = conflict_resolve(record=ben, winners={0: "right"}, actor=None)
    attention(eyes, "conflicts")
    expect(cards).to_contain_text("carries out what was decided")
    world.work(run)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing needs you")
    expect(page.locator("#queue")).to_contain_text("Everything flows by itself")


def test_a_match_is_said_to_be_the_same_person_and_merged(
    world: World, eyes: Eyes, page: Page
) -> None:
    world.sync.conflict = "left"
    world.sync.save()
    highlevel_add(world, firstName="Adam", email="us@x.example", companyName="Ours")
    customer(world, "Freya", "us@x.example")
    world.run()

    attention(eyes)
    says(page, "Same person?", "Same e-mail")
    press(page, "The same person")

    expect(page.locator(".notes").first).to_contain_text("carries it out for")
    expect(page).to_have_url(re.compile(QUEUE))
    link = RecordLink.objects.get()
    assert (link.how, link.right.label) == ("person", "Freya")
    nothing_left(eyes)


def test_a_pending_delete_is_decided_and_gone(
    world: World, eyes: Eyes, page: Page
) -> None:
    for name in ("Anna", "Ben"):
        highlevel_add(world, firstName=name, email=f"{name.lower()}@x.example")
    world.run()
    anna = at_highlevel(world, "Anna")["id"]
    highlevel.contact_delete(world.app.extensions["context"], anna)
    world.run(trigger="reconcile", scope="dirty")

    attention(eyes, "deletes")
    says(page, "Gone on one side", "Nothing happens until you decide")
    press(page, "Delete at Zoho Invoice")

    expect(page.locator(".notes").first).to_contain_text("carries it out for Anna")
    expect(page).to_have_url(re.compile(r"\?show=deletes"))
    assert [each["contact_name"] for each in at_zoho(world)] == ["Ben"]
    nothing_left(eyes)
