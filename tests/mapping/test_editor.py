"""The editor's page and what its script asks: data, drafts, samples, versions."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from mapping.drafts import draft_save, suggestion_dismiss
from mapping.editor import columns, editor_data
from mapping.finding import catalogue_of
from mapping.models import Mapping
from mapping.selectors import draft_lines
from mapping.services import mapping_publish, mapping_save
from sandbox.highlevel import service as highlevel
from sync.setup.objects import object_switch_on
from tests.sync.world import World, world_make
from workspaces.models import Workspace


@pytest.fixture
def world(workspace: Workspace, settings: Any) -> World:
    made = world_make(workspace, settings, seed=False)
    context = made.app.extensions["context"]
    for name in ("Maya", "Tomasz"):
        person = {"firstName": name, "email": f"{name}@example.com", "city": "York"}
        highlevel.contact_save(context, None, person)
    made.run()
    return made


@pytest.fixture
def mapping(world: World) -> Mapping:
    return Mapping.objects.get(sync=world.sync)


def url(mapping: Mapping, part: str = "") -> str:
    return f"/w/acme/syncs/{mapping.sync_id}/mapping/contact/{part}"


def post(client: Client, mapping: Mapping, part: str, body: Any) -> Any:
    return client.post(
        url(mapping, part), json.dumps(body), content_type="application/json"
    )


def draft(mapping: Mapping, **changes: Any) -> dict[str, Any]:
    mapping.refresh_from_db()
    body = {"direction": "both", "lines": draft_lines(mapping)}
    return {**body, "revision": mapping.revision, **changes}


# --- the page -------------------------------------------------------------------------


def test_the_page_shows_both_columns_and_its_data(
    as_owner: Client, mapping: Mapping
) -> None:
    page = as_owner.get(url(mapping)).content.decode()
    assert 'data-key="firstName"' in page
    assert 'data-key="first_name"' in page
    data = json.loads(
        page.split('id="editor-data" type="application/json">')[1].split("</script>")[0]
    )
    assert [line["left"] for line in data["lines"]][:2] == ["firstName", "lastName"]
    assert data["sample"]["left"]["values"]["firstName"] in {"Maya", "Tomasz"}
    assert data["sample"]["count"] == 2
    assert data["urls"]["preview"] == url(mapping, "preview/")


def test_what_stands_in_for_another_type_has_fields_too(
    as_owner: Client, world: World, owner: Any
) -> None:
    object_switch_on(
        sync=world.sync,
        object_type="appointment",
        direction="left_to_right",
        actor=owner,
    )
    page = as_owner.get(f"/w/acme/syncs/{world.sync.pk}/mapping/appointment/")
    assert "Fields of appointments of" in page.content.decode()


def test_a_line_without_one_end_is_kept(as_owner: Client, mapping: Mapping) -> None:
    lines = [{"right": "twitter", "constant": "x"}, *draft_lines(mapping)]
    assert post(as_owner, mapping, "preview/", draft(mapping, lines=lines)).json()
    assert post(as_owner, mapping, "draft/", draft(mapping, lines=lines)).json()
    assert draft_lines(mapping)[0]["constant"] == "x"


def test_a_change_made_in_the_form_is_told_to_the_editor(
    as_owner: Client, owner: Any, mapping: Mapping
) -> None:
    body = draft(mapping)
    mapping_save(
        sync=mapping.sync,
        object_type="contact",
        direction="both",
        lines=draft_lines(mapping)[:3],
        actor=owner,
    )
    assert post(as_owner, mapping, "draft/", body).status_code == 409


def test_a_name_from_an_account_is_never_markup(
    as_owner: Client, world: World, mapping: Mapping
) -> None:
    context = world.app.extensions["context"]
    evil = {"firstName": "</script><img src=x onerror=alert(1)>", "email": "e@x.org"}
    highlevel.contact_save(context, None, evil)
    world.run()
    page = as_owner.get(url(mapping)).content.decode()
    assert "<img src=x" not in page


def test_groups_without_a_wire_are_folded_but_not_those_with_a_suggestion(
    mapping: Mapping,
) -> None:
    catalogue = catalogue_of(mapping.sync, "contact")
    lines = draft_lines(mapping)
    hint = [{"left": "address1", "right": "billing_address.address"}]

    def folded(hints: Any) -> dict[str, bool]:
        groups = columns(catalogue, lines, hints)[1]["groups"]
        return {group["name"]: group["is_folded"] for group in groups}

    assert folded([])["Billing address"]
    assert not folded(hint)["Billing address"]
    assert folded(hint)["Shipping address"]


def test_a_viewer_gets_the_results_with_the_page_and_may_not_ask(
    client: Client, viewer: Any, mapping: Mapping
) -> None:
    client.force_login(viewer)
    page = client.get(url(mapping)).content.decode()
    assert "Publish…" not in page
    assert '"results"' in page
    assert post(client, mapping, "draft/", draft(mapping)).status_code == 403
    assert client.post(url(mapping, "publish/")).status_code == 403


@pytest.mark.parametrize(
    "part", ["", "history/", "sample/", "preview/", "report/", "draft/", "dismiss/"]
)
def test_strangers_find_nothing(
    client: Client, stranger: Any, mapping: Mapping, part: str
) -> None:
    client.force_login(stranger)
    theirs = url(mapping, part).replace("/acme/", "/elsewhere/")
    for address in (url(mapping, part), theirs):
        answer = (
            client.get(address)
            if part in ("", "history/", "sample/")
            else client.post(address, "{}", content_type="application/json")
        )
        assert answer.status_code == 404


# --- asking ---------------------------------------------------------------------------


def test_a_preview_answers_values_and_what_is_wrong(
    as_owner: Client, mapping: Mapping
) -> None:
    sample = as_owner.get(url(mapping, "sample/")).json()["sample"]
    lines = [*draft_lines(mapping), {"left": "city", "right": "first_name"}]
    body = draft(mapping, lines=lines, sample=sample["id"])
    answer = post(as_owner, mapping, "preview/", body).json()
    assert answer["wires"][0]["to_right"]["result"] == sample["label"]
    assert answer["fields"]["right"]["first_name"]["after"] == sample["label"]
    (error,) = answer["checks"]["errors"]
    assert error["line"] == 6
    assert "already writes" in error["title"]
    assert error["text"] == "City – First name"


def test_a_step_nobody_knows_is_an_error_and_breaks_nothing(
    as_owner: Client, mapping: Mapping
) -> None:
    lines = draft_lines(mapping)
    lines[0] = {**lines[0], "to_right": [{"name": "eval"}]}
    answer = post(as_owner, mapping, "preview/", draft(mapping, lines=lines))
    assert "not supported" in answer.json()["checks"]["errors"][0]["title"]


def test_a_report_tells_how_many_people_fare(
    as_owner: Client, mapping: Mapping
) -> None:
    lines = [{"left": "city", "right": "outstanding_receivable_amount"}]
    lines[0]["direction"] = "left_to_right"
    (told,) = post(as_owner, mapping, "report/", {"lines": lines}).json()["reports"]
    assert "True for 2 of 2 people tried." in told["notes"][0]["text"]
    assert told["others"][0]["value"] == "York"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("", "preview/"),
        ("[]", "preview/"),
        ('{"direction": "both", "lines": 5}', "preview/"),
        ('{"direction": "up", "lines": []}', "draft/"),
        ('{"direction": "both", "lines": [{"left": ""}]}', "draft/"),
        ('{"direction": "both", "lines": [{"left": 5, "right": "x"}]}', "draft/"),
        ('{"direction": "both", "lines": [], "sample": "x"}', "preview/"),
        ('{"lines": [{"left": "a", "right": "b", "to_right": [5]}]}', "report/"),
        ('{"left": null, "right": "b"}', "dismiss/"),
        ('{"lines": [{"left": "a", "right": []}]}', "report/"),
        ('{"lines": [{"left": "a", "right": "b", "value_map": 5}]}', "report/"),
        ('{"lines": [{"left": "a", "right": "b", "value_map": [["x"]]}]}', "report/"),
        ('{"lines": [{"left": "a", "right": "b", "default": [1]}]}', "report/"),
        ('{"lines": [{"left": "a", "right": "b", "direction": []}]}', "report/"),
        ('{"lines": [{"left": "a", "right": "b", "write": "x"}]}', "report/"),
        ('{"lines": [{"left": "a", "right": "b", "constant": {}}]}', "report/"),
    ],
)
def test_what_the_page_would_not_send_is_refused(
    as_owner: Client, mapping: Mapping, body: str, part: str
) -> None:
    address = url(mapping, part)
    answer = as_owner.post(address, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["message"]


UNSTORABLE = [
    "NaN",
    "-Infinity",
    "1e999",
    "1" * 5000,
    '"\\ud800"',
    '"\\u0000"',
    '"\\ud83d\\ude00"',
    "[" * 100_000,
    "true",
    '{"a": NaN}',
]


@pytest.mark.parametrize("part", ["preview/", "report/", "draft/", "dismiss/"])
def test_what_no_database_stores_is_left_out_or_refused(
    as_owner: Client, mapping: Mapping, part: str
) -> None:
    places = [
        '"lines": [{"left": %s, "right": "twitter"}]',
        '"lines": [{"left": "city", "right": "twitter", "default": {"right": %s}}]',
        '"lines": [{"left": "", "right": "twitter", "constant": %s}]',
        '"lines": [{"left": "city", "right": "twitter", "value_map": [[%s, "x"]]}]',
        '"lines": [{"left": "c", "right": "d", "to_right": [{"name": "x", "y": %s}]}]',
        *(f'"{end}": %s' for end in ("sample", "revision", "left", "lines")),
    ]
    for changed in (place % value for place in places for value in UNSTORABLE):
        mapping.refresh_from_db()
        body = (
            '{"direction": "both", "left": "a", "right": "b", "lines": [], '
            f'"revision": {mapping.revision}, {changed}}}'
        )
        answer = as_owner.post(url(mapping, part), body, "application/json")
        assert answer.status_code in {200, 400, 409}, changed
        json.loads(answer.content, parse_constant=pytest.fail)


def test_samples_are_asked_for_with_anything(
    as_owner: Client, mapping: Mapping
) -> None:
    for text in ("\ud800", "\x00", "%", "9" * 5000):
        query = quote(text, errors="surrogatepass")
        asked = f"q={query}&after={query}&before={query}"
        answer = as_owner.get(f"{url(mapping, 'sample/')}?{asked}")
        assert answer.status_code == (400 if text == "\x00" else 200)


def test_samples_go_round_and_are_found_by_name_and_e_mail(
    as_owner: Client, mapping: Mapping
) -> None:
    def sample(**query: Any) -> Any:
        return as_owner.get(url(mapping, "sample/"), query).json()["sample"]

    first = sample()
    second = sample(after=first["id"])
    assert {first["label"], second["label"]} == {"Maya", "Tomasz"}
    assert sample(after=second["id"])["id"] == first["id"]
    assert sample(before=first["id"])["id"] == second["id"]
    assert sample(q="tomasz@")["label"] == "Tomasz"
    assert sample(q="Tom")["label"] == "Tomasz"
    assert sample(q="nobody") is None
    assert sample(random=1)["label"] in {"Maya", "Tomasz"}
    assert sample(after="9" * 30)["label"]
    assert first["right"]["values"]["first_name"] == first["label"]


# --- the draft ------------------------------------------------------------------------


def test_a_draft_may_hold_what_cannot_be_published(
    as_owner: Client, mapping: Mapping
) -> None:
    lines = [*draft_lines(mapping), {"left": "city", "right": "first_name"}]
    answer = post(as_owner, mapping, "draft/", draft(mapping, lines=lines))
    assert answer.status_code == 200
    assert draft_lines(mapping)[-1]["left"] == "city"

    page = as_owner.post(url(mapping, "publish/"), follow=True).content.decode()
    assert "already writes" in page
    mapping.refresh_from_db()
    assert mapping.published is not None
    assert mapping.published.number == 1


def test_saving_over_somebody_elses_change_is_refused(
    as_owner: Client, mapping: Mapping
) -> None:
    body = draft(mapping, lines=draft_lines(mapping)[:2])
    saved = post(as_owner, mapping, "draft/", body).json()
    assert saved["revision"] == body["revision"] + 1
    late = post(as_owner, mapping, "draft/", {**body, "lines": []})
    assert late.status_code == 409
    assert len(draft_lines(mapping)) == 2


def test_a_dismissed_suggestion_does_not_come_back(mapping: Mapping) -> None:
    catalogue = catalogue_of(mapping.sync, "contact")

    def hints() -> list[tuple[str, str]]:
        mapping.refresh_from_db()
        found = editor_data(mapping, catalogue)["suggestions"]
        return [(each["left"], each["right"]) for each in found]

    pair = ("city", "billing_address.city")
    assert pair in hints()
    suggestion_dismiss(mapping=mapping, left=pair[0], right=pair[1])
    assert pair not in hints()


def test_versions_are_told_and_restored(
    as_owner: Client, owner: Any, mapping: Mapping
) -> None:
    lines = draft_lines(mapping)
    changed = [{**lines[0], "direction": "left_to_right"}, *lines[2:]]
    saved = draft_save(
        mapping=mapping,
        direction="both",
        lines=changed,
        revision=mapping.revision,
        actor=owner,
    )
    mapping_publish(mapping=saved, actor=owner)

    page = as_owner.get(url(mapping, "history/")).content.decode()
    assert "Removed Last name ↔ Last name" in page
    assert "First name → First name: changed direction" in page

    as_owner.post(url(mapping, "history/1/restore/"))
    assert draft_lines(mapping) == lines
    assert as_owner.post(url(mapping, "history/9/restore/")).status_code == 404
