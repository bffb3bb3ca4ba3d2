"""The mapping editor in a browser: by click, by drag, by keyboard alone, by touch."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Locator, Page, Route, expect

from mapping.models import Mapping
from mapping.selectors import draft_lines
from mapping.services import mapping_publish
from sandbox.highlevel import service as highlevel
from sync.models import Sync
from tests.e2e.conftest import wait_until
from tests.e2e.eyes import NARROW, WIDE, Eyes
from tests.sync.world import World, world_make
from workspaces.models import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
EACH_WAY = 10


@pytest.fixture
def world(workspace: Workspace, settings: Any) -> World:
    made = world_make(workspace, settings, seed=False)
    context = made.app.extensions["context"]
    for number, name in enumerate(("Maya", "Tomasz", "Priya", "Amélie")):
        person = {
            "firstName": name,
            "lastName": "Example",
            "companyName": f"{name} Ltd",
        }
        email, phone = f"{name[:3]}@Example.com", f"+4479460000{number:02}"
        highlevel.contact_save(
            context, None, {**person, "email": email, "phone": phone}
        )
    made.run()
    return made


def opened(
    browser: Browser,
    live_server: Any,
    user: User,
    world: World,
    look: Any = WIDE,
    **options: Any,
) -> Eyes:
    eyes = Eyes(browser, live_server.url, look, **options).sign_in(user)
    base = f"/w/{world.workspace.slug}/syncs/{world.sync.pk}/mapping/contact/"
    eyes.open("editor", base)
    expect(eyes.page.locator("[data-wire-count]")).to_contain_text("wire")
    return eyes


def field(page: Page, side: str, key: str) -> Locator:
    return page.locator(f'[data-field][data-side="{side}"][data-key="{key}"]')


def free(page: Page, world: World) -> tuple[list[str], list[str]]:
    """Open every group; return the keys of fields that no wire is at."""
    for fold in page.locator("[data-fold]").all():
        fold.click()
    mapped = draft_lines(Mapping.objects.get(sync=world.sync))
    found = []
    for side in ("left", "right"):
        rows = page.locator(f'[data-field][data-side="{side}"]')
        keys = rows.evaluate_all("rows => rows.map((row) => row.dataset.key)")
        taken = {line[side] for line in mapped}
        found.append([key for key in keys if key not in taken])
    return found[0], found[1]


def saved_pairs(world: World) -> set[tuple[str, str]]:
    lines = draft_lines(Mapping.objects.get(sync=world.sync))
    return {(line["left"], line["right"]) for line in lines}


def is_asked(page: Page, held: list[Route], what: str) -> bool:
    """Whether the newest of the questions that are held back is about something: one
    before it has given way."""
    page.wait_for_timeout(20)  # questions are taken meanwhile
    return bool(held) and what in (held[-1].request.post_data or "")


def by_click(page: Page, left: str, right: str) -> None:
    field(page, "left", left).click()
    field(page, "right", right).click()


def by_drag(page: Page, left: str, right: str) -> None:
    start, end = field(page, "right", right), field(page, "left", left)
    start.scroll_into_view_if_needed()
    one = start.bounding_box()
    assert one
    page.mouse.move(one["x"] + 30, one["y"] + 20)
    page.mouse.down()
    end.scroll_into_view_if_needed()
    two = end.bounding_box()
    assert two
    page.mouse.move(two["x"] + 60, two["y"] + 20, steps=8)
    page.mouse.up()


def by_keys(page: Page, left: str, right: str) -> None:
    """Type a field's name, Enter; cross over, type its partner's, Enter."""
    for side, key in (("left", left), ("right", right)):
        find = page.locator(f'[data-head="{side}"] [data-find]')
        find.focus()
        page.keyboard.type(key)
        page.keyboard.press("Enter")
        find.focus()
        page.keyboard.press("Escape")


def test_thirty_fields_are_connected_by_click_by_drag_and_by_keyboard(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    eyes = opened(browser, live_server, owner, world)
    page = eyes.page
    lefts, rights = free(page, world)
    wanted = list(zip(lefts * 2, rights[: 3 * EACH_WAY], strict=False))
    ways = [by_click, by_drag, by_keys]
    for number, act in enumerate(ways):
        for left, right in wanted[number * EACH_WAY : (number + 1) * EACH_WAY]:
            act(page, left, right)

    expect(page.locator("[data-save-state]")).to_have_text("Saved as a draft")
    wait_until(lambda: set(wanted) <= saved_pairs(world), "the wires to be saved")
    expect(page.locator("[data-said]")).to_contain_text("Connected")
    assert eyes.wrong == []


def test_an_answer_that_comes_while_a_button_is_pressed_takes_no_click(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    eyes = opened(browser, live_server, owner, world)
    page = eyes.page
    held: list[Route] = []
    page.route("**/preview/", lambda route: held.append(route))
    by_click(page, "lastName", "facebook")
    page.locator('[data-panel] [data-direction="left_to_right"]').hover()
    wait_until(lambda: is_asked(page, held, "facebook"), "the preview to be asked")

    page.mouse.down()
    with page.expect_response("**/preview/"):
        held[-1].continue_()
    page.wait_for_timeout(200)  # the answer is painted
    page.mouse.up()

    pressed = page.locator('[data-panel] [data-direction="left_to_right"]')
    expect(pressed).to_have_attribute("aria-pressed", "true")


def test_a_wire_is_changed_undone_and_published_and_an_older_version_restored(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    Sync.objects.filter(pk=world.sync.pk).update(state="live")
    eyes = opened(browser, live_server, owner, world)
    page = eyes.page
    mapping = Mapping.objects.get(sync=world.sync)
    panel = page.locator("[data-panel]")

    by_click(page, "lastName", "facebook")
    panel.get_by_role("button", name="to Zoho Invoice", exact=True).click()
    page.get_by_role("button", name="Wire Company").click()
    panel.get_by_role("button", name="to Zoho Invoice", exact=True).click()
    panel.get_by_label("Write").select_option("if_empty")
    panel.get_by_label("Add a step").select_option("email")
    wait_until(
        lambda: line_of(mapping, "companyName")["write"] == "if_empty",
        "the write rule to be saved",
    )
    expect(panel.locator(".chain code").last).not_to_be_empty()

    page.get_by_role("button", name="Undo").click()
    wait_until(
        lambda: len(line_of(mapping, "companyName")["to_right"]) == 1,
        "the step to be saved",
    )
    page.get_by_role("button", name="Redo").click()
    wait_until(
        lambda: len(line_of(mapping, "companyName")["to_right"]) == 2,
        "the draft to be saved",
    )

    page.get_by_role("button", name="Publish…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("4 of 4 linked people would be changed")
    expect(dialog.locator("ins").first).to_have_text("Example")
    eyes.finish()
    dialog.get_by_role("button", name="Publish").click()
    expect(page.locator(".ed-title")).to_contain_text("Version 2, in force")

    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("Company → Company: changed")).to_be_visible()
    page.get_by_role("button", name="Make version 1 the draft").click()
    expect(page.locator(".ed-title")).to_contain_text("Draft")
    assert line_of(mapping, "companyName")["direction"] == "both"
    assert eyes.wrong == []


def test_three_steps_with_options_of_their_own(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    eyes = opened(browser, live_server, owner, world)
    page = eyes.page
    mapping = Mapping.objects.get(sync=world.sync)
    panel = page.locator("[data-panel]")
    page.get_by_role("button", name="Wire Company").click()
    panel.get_by_role("button", name="to Zoho Invoice", exact=True).click()

    panel.get_by_label("Add a step").select_option("replace")
    expect(page.locator("body")).to_contain_text("needs the option “find”")
    panel.get_by_label("Find").fill(" Ltd")
    panel.get_by_label("Find").press("Tab")
    panel.get_by_label("Replace with").fill(" and sons of Limited company")
    panel.get_by_label("Replace with").press("Tab")
    panel.get_by_label("Add a step").select_option("case")
    panel.get_by_label("Write", exact=True).last.select_option("upper")
    panel.get_by_label("Add a step").select_option("truncate")
    panel.get_by_label("Characters at most").fill("16")
    panel.get_by_label("Characters at most").press("Tab")

    expect(panel.locator(".chain code").last).to_contain_text("AND SONS")
    expect(panel.locator(".chain code").last).not_to_contain_text("COMPANY")
    wait_until(
        lambda: len(line_of(mapping, "companyName")["to_right"]) == 4,
        "the draft to be saved",
    )
    assert line_of(mapping, "companyName")["to_right"][1:] == [
        {"name": "replace", "find": " Ltd", "with": " and sons of Limited company"},
        {"name": "case", "to": "upper"},
        {"name": "truncate", "length": 16},
    ]
    assert eyes.wrong == []


def test_an_answer_does_not_take_what_is_being_typed(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    eyes = opened(browser, live_server, owner, world)
    page, panel = eyes.page, eyes.page.locator("[data-panel]")
    page.get_by_role("button", name="Wire Company").click()
    panel.get_by_label("Add a step").select_option("replace")

    held: list[Route] = []
    page.route("**/preview/", lambda route: held.append(route))
    panel.get_by_label("Find").fill(" Ltd")
    panel.get_by_label("Find").press("Tab")
    panel.get_by_label("Replace with").press_sequentially(" & S")
    wait_until(lambda: is_asked(page, held, '" Ltd"'), "the preview to be asked")
    with page.expect_response("**/preview/"):
        held[-1].continue_()
    page.unroute("**/preview/")
    page.wait_for_timeout(300)  # the answer is there, and did not paint the panel anew
    page.keyboard.type("ons")

    expect(panel.get_by_label("Replace with")).to_have_value(" & Sons")
    page.keyboard.press("Tab")
    expect(panel.locator(".chain code").last).to_have_text(re.compile(r"^\S+ & Sons$"))
    assert eyes.wrong == []


def test_a_text_of_several_fields_a_default_and_a_fixed_value(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    eyes = opened(browser, live_server, owner, world, (1600, "light"))
    page, panel = eyes.page, eyes.page.locator("[data-panel]")
    mapping = Mapping.objects.get(sync=world.sync)
    free(page, world)

    by_click(page, "companyName", "twitter")
    panel.get_by_label("Comes from").select_option("template")
    panel.get_by_label("Insert a field").select_option("firstName")
    expect(panel.locator(".chain code").last).to_have_text(
        re.compile(r"^(\S+) Ltd \1$")
    )
    expect(panel.get_by_text("nothing takes it apart")).to_have_count(0)
    panel.get_by_text("When the source is empty").click()
    panel.get_by_label("If empty, Zoho Invoice gets").fill("Nobody")
    panel.get_by_label("If empty, Zoho Invoice gets").press("Tab")

    field(page, "right", "facebook").click()
    panel.get_by_role("button", name="Always write a fixed value").click()
    expect(panel.locator(".note-fail")).to_contain_text("a fixed value to write")
    expect(panel.get_by_label("Always write")).to_be_focused()
    page.keyboard.type("From HighLevel")
    page.keyboard.press("Tab")
    expect(field(page, "right", "facebook")).to_contain_text("From HighLevel")
    eyes.finish()

    wait_until(lambda: "facebook" in str(saved_pairs(world)), "the draft to be saved")
    expect(page.locator("[data-save-state]")).to_have_text("Saved as a draft")
    line = next(line for line in draft_lines(mapping) if line["right"] == "twitter")
    assert line["gather"] == {"template": "{companyName} {firstName}"}
    assert line["direction"] == "left_to_right"
    assert line["default"] == {"right": "Nobody"}
    assert draft_lines(mapping)[-1]["constant"] == "From HighLevel"
    assert eyes.wrong == []


def test_what_is_wrong_is_explained_and_publishing_leads_there(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    eyes = opened(browser, live_server, owner, world)
    page = eyes.page
    by_click(page, "city", "first_name")  # a second wire into one field

    expect(page.locator("[data-errors]")).to_have_text("1 error")
    page.get_by_role("button", name="Publish…").click()
    expect(page.locator("[data-panel] .note-fail")).to_contain_text("already writes")
    page.get_by_role("button", name="1 error").click()
    page.get_by_role("dialog").get_by_role("button", name="Open the wire").first.click()
    page.locator("[data-panel] [data-remove]").click()
    expect(page.locator("[data-errors]")).to_have_text("no errors")
    assert eyes.wrong == []


def test_by_touch_on_a_narrow_screen(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    eyes = opened(browser, live_server, owner, world, NARROW, has_touch=True)
    page = eyes.page

    lefts, rights = (
        keys_on_offer(page, name) for name in ("HighLevel", "Zoho Invoice")
    )
    wanted = [("source", "twitter")]
    wanted += zip(
        [key for key in lefts if key != "source"][: EACH_WAY - 1],
        [key for key in rights if key != "twitter"][: EACH_WAY - 1],
        strict=True,
    )
    for pair in reversed(wanted):
        left, right = pair
        page.get_by_text("Connect two fields").tap()
        page.get_by_label("Field of HighLevel").select_option(left)
        page.get_by_label("Field of Zoho Invoice").select_option(right)
        page.get_by_role("button", name="Connect these two").tap()
        wait_until(lambda pair=pair: pair in saved_pairs(world), "the wire to be saved")
    page.get_by_label("Write").select_option("on_create")
    page.get_by_role("button", name="Accept Street").tap()

    wanted.append(("address1", "billing_address.address"))
    wait_until(lambda: set(wanted) <= saved_pairs(world), "the wires to be saved")
    line = line_of(Mapping.objects.get(sync=world.sync), "source")
    assert (line["right"], line["write"]) == ("twitter", "on_create")
    eyes.finish()
    assert eyes.wrong == []


def keys_on_offer(page: Page, system: str) -> list[str]:
    """Return the fields of a system that no row has yet, those of addresses aside."""
    offered = page.get_by_label(f"Field of {system}").locator("option")
    keys = offered.evaluate_all("all => all.map((option) => option.value)")
    return [key for key in keys if key and "address" not in key]


def matched(mapping: Mapping) -> list[list[str]]:
    rows: list[list[str]] = line_of(mapping, "assignedTo").get("value_map", [])
    return rows


def test_values_of_two_lists_are_matched_and_one_is_left_out(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    eyes = opened(browser, live_server, owner, world)
    page, panel = eyes.page, eyes.page.locator("[data-panel]")
    mapping = Mapping.objects.get(sync=world.sync)
    free(page, world)

    by_click(page, "assignedTo", "language_code")
    wait_until(
        lambda: ("assignedTo", "language_code") in saved_pairs(world),
        "the draft to be saved",
    )
    values = panel.locator(".v-map select")
    values.first.select_option("fr")
    wait_until(lambda: len(matched(mapping)) == 1, "one value to be matched")
    expect(values.nth(1)).to_contain_text("not matched: refused")
    values.nth(1).select_option("left out")
    wait_until(lambda: len(matched(mapping)) == 2, "two values to be matched")

    assert sorted(dict(matched(mapping)).values()) == ["", "fr"]
    expect(page.get_by_role("button", name="2 values matched")).to_be_visible()
    eyes.finish()
    assert eyes.wrong == []


def test_two_people_at_once_do_not_overwrite_each_other(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    one = opened(browser, live_server, owner, world)
    two = opened(browser, live_server, owner, world)
    by_click(one.page, "city", "twitter")
    expect(one.page.locator("[data-save-state]")).to_have_text("Saved as a draft")

    two.tabs[0].status = 409  # is to be answered so
    by_click(two.page, "city", "facebook")

    expect(two.page.locator("[data-save-state]")).to_contain_text("Reload the page")
    assert ("city", "facebook") not in saved_pairs(world)
    assert one.wrong + two.wrong == []


def line_of(mapping: Mapping, left: str) -> dict[str, Any]:
    return next(line for line in draft_lines(mapping) if line["left"] == left)


def test_axe_and_the_tree_that_is_heard(
    browser: Browser, live_server: Any, owner: User, world: World
) -> None:
    mapping_publish(mapping=Mapping.objects.get(sync=world.sync), actor=owner)
    eyes = opened(browser, live_server, owner, world, (1600, "light"))
    page = eyes.page
    page.get_by_role("button", name="Wire Phone").click()
    eyes.finish()

    tree = page.locator(".editor").aria_snapshot()
    assert 'group "Fields of HighLevel"' in tree
    assert 'button "First name, A name, connected with First name"' in tree
    assert 'group "Wires"' in tree
    assert 'complementary "Selected wire"' in tree
    assert eyes.wrong == []
