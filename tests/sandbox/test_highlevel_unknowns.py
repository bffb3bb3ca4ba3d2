"""What is not known of HighLevel: the sandbox behaves each way, by a switch."""

from __future__ import annotations

import httpx
import pytest

from sandbox.highlevel import hooks, service
from sandbox.switch_texts import GROUPS
from sandbox.switches import CHOICES, DEFAULTS
from tests.sandbox.test_highlevel_support import LOCATION, Desk, new_contact

ADA = "ada@lovelace.example"
UNKNOWNS = GROUPS["HighLevel: what its documents leave open"]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def api(desk: Desk) -> httpx.Client:
    return desk.client()


def made(api: httpx.Client, **fields: object) -> str:
    answer = api.post("/contacts/", json=new_contact(**fields))
    assert answer.status_code == 201, answer.text
    contact_id: str = answer.json()["contact"]["id"]
    return contact_id


def contact(api: httpx.Client, contact_id: str) -> dict[str, object]:
    found: dict[str, object] = api.get(f"/contacts/{contact_id}").json()["contact"]
    return found


def test_every_switch_and_choice_exists() -> None:
    assert all(hasattr(DEFAULTS, name) for name in UNKNOWNS)
    for name, allowed in CHOICES.items():
        assert getattr(DEFAULTS, name) in allowed


def test_the_page_shows_every_switch(desk: Desk) -> None:
    page = httpx.Client(transport=httpx.WSGITransport(app=desk.app)).get(
        "http://sandbox/switches"
    )

    assert all(f'name="{name}"' in page.text for name in UNKNOWNS)


@pytest.mark.parametrize(
    ("wanted", "status", "phone"),
    [("refuse", 400, None), ("drop", 201, None), ("keep", 201, "12")],
)
def test_an_impossible_phone(
    desk: Desk, api: httpx.Client, wanted: str, status: int, phone: str | None
) -> None:
    desk.switch(invalid_phone=wanted)

    answer = api.post("/contacts/", json=new_contact(phone="12"))

    assert answer.status_code == status
    assert answer.json().get("contact", {}).get("phone") == phone


@pytest.mark.parametrize(("refuses", "status"), [(True, 400), (False, 200)])
def test_a_put_that_takes_anothers_email(
    desk: Desk, api: httpx.Client, refuses: bool, status: int
) -> None:
    desk.switch(put_refuses_duplicates=refuses)
    holder = made(api)
    other = made(api, email="bob@babbage.example")

    answer = api.put(f"/contacts/{other}", json={"email": ADA})

    assert answer.status_code == status
    if refuses:
        assert answer.json()["meta"]["contactId"] == holder


@pytest.mark.parametrize("status", [400, 404])
def test_a_deleted_contact(desk: Desk, api: httpx.Client, status: int) -> None:
    desk.switch(deleted_contact_status=status)
    gone = made(api)
    api.delete(f"/contacts/{gone}")

    answers = [api.get(f"/contacts/{gone}"), api.get("/contacts/lookup")]

    assert [each.status_code for each in answers] == [status, 400]
    assert answers[0].json()["message"] == f"Contact with id {gone} not found"


def test_a_deleted_contact_can_be_restored_without_its_notes(
    desk: Desk, api: httpx.Client
) -> None:
    gone = made(api)
    api.post(f"/contacts/{gone}/notes", json={"body": "Pays late."})
    api.delete(f"/contacts/{gone}")

    answer = desk.bare().post("/_sandbox/restore", params={"id": gone})

    assert answer.json()["restored"] is True
    assert contact(api, gone)["email"] == ADA
    assert api.get(f"/contacts/{gone}/notes").json()["notes"] == []


@pytest.mark.parametrize("moves", [False, True])
def test_notes_tasks_and_tags_move_the_date(
    desk: Desk, api: httpx.Client, moves: bool
) -> None:
    desk.switch(children_move_contact=moves, tags_move_contact=moves)
    made_id = made(api)
    task = {"title": "Call", "dueDate": "2026-12-01T10:00:00Z", "completed": False}
    for path, body in (
        ("notes", {"body": "Pays late."}),
        ("tasks", task),
        ("tags", {"tags": ["vip"]}),
    ):
        before = contact(api, made_id)["dateUpdated"]
        desk.clock.advance(5)

        assert api.post(f"/contacts/{made_id}/{path}", json=body).status_code == 201

        assert (contact(api, made_id)["dateUpdated"] != before) is moves, path


@pytest.mark.parametrize(("wanted", "status"), [("skip", 201), ("refuse", 422)])
def test_a_custom_field_that_does_not_exist(
    desk: Desk, api: httpx.Client, wanted: str, status: int
) -> None:
    desk.switch(unknown_custom_field=wanted)
    fields = [{"id": "nobody", "field_value": "x"}]

    answer = api.post("/contacts/", json=new_contact(customFields=fields))

    assert answer.status_code == status
    assert isinstance(answer.json().get("message", []), list)


@pytest.mark.parametrize(("clamped", "status"), [(False, 422), (True, 200)])
def test_a_page_that_is_too_large(
    desk: Desk, api: httpx.Client, clamped: bool, status: int
) -> None:
    desk.switch(page_limit_clamped=clamped)
    body = {"locationId": LOCATION, "pageLimit": 501}

    search = api.post("/contacts/search", json=body)
    listed = api.get("/contacts/", params={"locationId": LOCATION, "limit": 101})

    assert (search.status_code, listed.status_code) == (status, status)


def test_the_old_list_can_be_turned_round_and_has_no_clean_end(
    desk: Desk, api: httpx.Client
) -> None:
    desk.switch(list_oldest_first=True, list_always_has_next=True)
    ids = []
    for number in range(3):
        desk.clock.advance(1)
        ids.append(made(api, email=f"ada{number}@lovelace.example"))
    params: dict[str, object] = {"locationId": LOCATION, "limit": 2}

    first = api.get("/contacts/", params=params).json()
    meta = first["meta"]
    start = {name: meta[name] for name in ("startAfter", "startAfterId")}
    second = api.get("/contacts/", params=params | start).json()

    found = [row["id"] for row in first["contacts"] + second["contacts"]]
    assert found == ids
    assert second["meta"]["nextPageUrl"]
    assert second["meta"]["nextPage"] == ""


def test_the_order_of_matching_is_the_locations(desk: Desk, api: httpx.Client) -> None:
    by_email = made(api)
    by_phone = made(api, email="bob@babbage.example", phone="+442079460001")
    both = {"email": ADA, "phone": "+442079460001", "city": "Bath"}
    met = []
    for order in ("email,phone", "phone,email", "email"):
        desk.switch(highlevel_match_order=order)
        answer = api.post("/contacts/upsert", json={"locationId": LOCATION, **both})
        assert answer.json()["new"] is False
        met.append(answer.json()["contact"]["id"])

    assert met == [by_email, by_phone, by_email]


def test_an_upsert_on_an_additional_email_loses_the_primary_one(
    desk: Desk, api: httpx.Client
) -> None:
    made_id = made(api)
    more = [{"email": "countess@lovelace.example"}, {"email": "a@byron.example"}]
    service.contact_save(desk.ctx, made_id, {"additionalEmails": more})
    assert contact(api, made_id)["additionalEmails"] == more

    answer = api.post("/contacts/upsert", json=new_contact(email="a@byron.example"))

    assert answer.json()["new"] is False
    after = contact(api, made_id)
    assert after["email"] == "a@byron.example"
    assert after["additionalEmails"] == more[:1]
    assert ADA not in str(after)


def test_folders_stand_among_the_custom_fields(desk: Desk, api: httpx.Client) -> None:
    path = f"/locations/{LOCATION}/customFields"
    plain = api.get(path).json()["customFields"]
    desk.switch(custom_field_folders=True)

    (folder,) = [
        row for row in api.get(path).json()["customFields"] if row not in plain
    ]

    assert folder["documentType"] == "folder"
    assert "dataType" not in folder


@pytest.mark.parametrize(
    ("wanted", "headers"),
    [
        ("both", {"X-GHL-Signature", "X-WH-Signature"}),
        ("current", {"X-GHL-Signature"}),
        ("legacy", {"X-WH-Signature"}),
        ("na", {"X-GHL-Signature", "X-WH-Signature"}),
        ("none", set()),
    ],
)
def test_the_signatures_of_webhooks(
    desk: Desk, api: httpx.Client, wanted: str, headers: set[str]
) -> None:
    hooks.set_webhook(desk.store, url="http://product.example/hook", always=True)
    desk.switch(webhook_signatures=wanted)

    made(api)

    desk.events()
    (request,) = desk.received
    both = ("X-GHL-Signature", "X-WH-Signature")
    assert {name for name in both if name in request.headers} == headers
    assert (request.headers.get("X-GHL-Signature") == "N/A") is (wanted == "na")


def test_a_webhook_can_wrap_its_record(desk: Desk, api: httpx.Client) -> None:
    hooks.set_webhook(desk.store, url="http://product.example/hook", always=True)
    desk.switch(webhook_body="wrapped")

    made_id = made(api)

    (event,) = desk.events()
    assert event["data"]["id"] == made_id
    assert (event["type"], event["locationId"]) == ("ContactCreate", LOCATION)
    assert "id" not in event


@pytest.mark.parametrize("echo", [True, False])
def test_writes_of_the_api_need_not_be_told(
    desk: Desk, api: httpx.Client, echo: bool
) -> None:
    hooks.set_webhook(desk.store, url="http://product.example/hook", always=True)
    desk.switch(echo_api_writes=echo)

    made_id = made(api)
    service.contact_save(desk.ctx, made_id, {"city": "Bath"})

    told = ["ContactCreate"] if echo else []
    assert [each["type"] for each in desk.events()] == [*told, "ContactUpdate"]


@pytest.mark.parametrize("lacks", [True, False])
def test_a_new_task_may_come_without_its_contact(
    desk: Desk, api: httpx.Client, lacks: bool
) -> None:
    made_id = made(api)
    hooks.set_webhook(desk.store, url="http://product.example/hook", always=True)
    desk.switch(task_create_lacks_contact=lacks)
    task = {"title": "Call", "body": "x", "dueDate": "2026-12-01", "completed": False}

    api.post(f"/contacts/{made_id}/tasks", json=task)

    (event,) = desk.events()
    assert ({"contactId", "body"} <= event.keys()) is not lacks
