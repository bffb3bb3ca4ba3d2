"""Contacts of the HighLevel sandbox: create, read, change, delete, upsert, list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from sandbox.highlevel import service
from tests.sandbox.test_highlevel_support import (
    LOCATION,
    OTHER_LOCATION,
    Desk,
    new_contact,
)

DUPLICATE = "This location does not allow duplicated contacts."


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def api(desk: Desk) -> httpx.Client:
    return desk.client()


def created(api: httpx.Client, **fields: object) -> dict[str, object]:
    answer = api.post("/contacts/", json=new_contact(**fields))
    assert answer.status_code == 201, answer.text
    contact: dict[str, object] = answer.json()["contact"]
    return contact


def read(api: httpx.Client, contact: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = api.get(f"/contacts/{contact['id']}").json()["contact"]
    return found


def test_create_answers_201_in_the_create_shape(api: httpx.Client) -> None:
    answer = api.post("/contacts", json=new_contact(firstName="Ada", lastName="L"))

    contact = answer.json()["contact"]
    assert answer.status_code == 201
    assert len(contact["id"]) == 20
    assert contact["fullNameLowerCase"] == "ada l"
    assert contact["deleted"] is False
    assert "name" not in contact
    assert contact["dateAdded"] == contact["dateUpdated"] == "2026-06-01T12:00:00.000Z"
    assert answer.json()["traceId"]


def test_create_under_v3_answers_the_read_shape(desk: Desk) -> None:
    api = desk.client(version="v3")

    contact = created(
        api, name="Ada Lovelace", dndSettings={"sms": {"status": "active"}}
    )

    assert contact == read(api, contact)
    assert contact["dndSettings"] == {"sms": {"status": "active"}}


def test_empty_fields_are_left_out(api: httpx.Client) -> None:
    contact = created(api, firstName="", lastName=None, tags=[])

    found = read(api, contact)

    absent = {"firstName", "lastName", "name", "phone", "tags", "customFields"}
    assert not absent & found.keys()
    assert found["dnd"] is False


def test_values_are_normalised(api: httpx.Client) -> None:
    contact = created(
        api,
        email="Ada@Lovelace.example",
        phone="020 7946 0958",
        tags=["VIP", "vip", " Film "],
        dateOfBirth="10/12/1985",
        name="Ada King Lovelace",
    )

    found = read(api, contact)

    assert found["email"] == "Ada@Lovelace.example"
    assert found["emailLowerCase"] == "ada@lovelace.example"
    assert found["phone"] == "+442079460958"
    assert found["tags"] == ["vip", "film"]
    assert found["dateOfBirth"] == "1985-10-12"
    assert (found["firstName"], found["lastName"]) == ("Ada", "King Lovelace")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("0044 20 7946 0958", "+442079460958"),
        ("+1 (212) 555-0143", "+12125550143"),
        (" call the office ", "call the office"),
    ],
)
def test_phones_are_read_with_the_locations_country(
    desk: Desk, api: httpx.Client, sent: str, kept: str
) -> None:
    desk.switch(invalid_phone="keep")

    assert created(api, phone=sent)["phone"] == kept


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ssn": "1"}, "property ssn should not exist"),
        ({"firstName": 1}, "firstName must be a string"),
        ({"email": "nobody"}, "email must be an email"),
        ({"postalCode": None}, "postalCode must be a string"),
        ({"tags": "vip"}, "tags must be an array"),
        ({"dateOfBirth": "yesterday"}, "dateOfBirth must be a valid date"),
        (
            {"country": "England"},
            "country must be a valid ISO 3166-1 alpha-2 country code",
        ),
    ],
)
def test_bad_bodies_are_refused_with_all_messages(
    api: httpx.Client, fields: dict[str, object], message: str
) -> None:
    answer = api.post("/contacts/", json=new_contact(**fields, zzz=1))

    assert answer.status_code == 422
    assert answer.json()["error"] == "Unprocessable Entity"
    assert {message, "property zzz should not exist"} <= set(answer.json()["message"])


def test_create_needs_a_location(api: httpx.Client) -> None:
    answer = api.post("/contacts/", json={"email": "ada@lovelace.example"})

    assert answer.status_code == 422
    assert "locationId must be a string" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/contacts/", "/contacts/upsert"])
def test_a_contact_needs_an_email_or_a_phone(api: httpx.Client, path: str) -> None:
    answer = api.post(path, json=new_contact(email=None, firstName="Ada"))

    assert answer.status_code == 400
    assert answer.json()["message"] == "Email or Phone are required"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "ADA@lovelace.example"}, "email"),
        ({"email": None, "phone": "020 7946 0958"}, "phone"),
    ],
)
def test_a_duplicate_is_refused_and_named(
    api: httpx.Client, fields: dict[str, object], field: str
) -> None:
    first = created(api, firstName="Ada", phone="+442079460958")

    answer = api.post("/contacts/", json=new_contact(**fields))

    assert answer.status_code == 400
    assert answer.json()["message"] == DUPLICATE
    assert answer.json()["meta"] == {
        "contactId": first["id"],
        "contactName": "Ada",
        "matchingField": field,
    }


def test_duplicates_are_let_in_where_the_location_allows_them(
    desk: Desk, api: httpx.Client
) -> None:
    desk.switch(allow_duplicates=True)

    one, other = created(api), created(api)

    assert one["id"] != other["id"]
    settings = api.get(f"/locations/{LOCATION}").json()["location"]["settings"]
    assert settings["allowDuplicateContact"] is True


def test_two_equal_creates_at_once_make_one_contact(desk: Desk) -> None:
    def create(_: int) -> int:
        return desk.client().post("/contacts/", json=new_contact()).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(create, range(8)))

    assert statuses == [201] + [400] * 7


def test_a_missing_contact_is_a_400(api: httpx.Client) -> None:
    answer = api.get("/contacts/lookup")

    assert answer.status_code == 400
    assert answer.json()["message"] == "Contact with id lookup not found"


def test_update_changes_what_was_sent_and_the_date(
    desk: Desk, api: httpx.Client
) -> None:
    contact = created(api, firstName="Ada", city="London", tags=["one"])
    desk.clock.advance(60)

    answer = api.put(f"/contacts/{contact['id']}", json={"city": None, "tags": ["Two"]})

    changed = answer.json()["contact"]
    assert answer.json()["succeded"] is True
    assert "city" not in changed
    assert changed["firstName"] == "Ada"
    assert changed["tags"] == ["two"]
    assert changed["dateUpdated"] == "2026-06-01T12:01:00.000Z"
    assert changed["dateAdded"] == "2026-06-01T12:00:00.000Z"


def test_update_under_v3_answers_the_new_key_alone(desk: Desk) -> None:
    api = desk.client(version="v3")
    contact = created(api)

    answer = api.put(f"/contacts/{contact['id']}", json={"city": "Bath"}).json()

    assert answer["succeeded"] is True
    assert "succeded" not in answer


@pytest.mark.parametrize("name", ["locationId", "companyName", "gender", "id"])
def test_update_refuses_what_put_does_not_take(api: httpx.Client, name: str) -> None:
    contact = created(api)

    answer = api.put(f"/contacts/{contact['id']}", json={name: "x"})

    assert answer.status_code == 422
    assert answer.json()["message"] == [f"property {name} should not exist"]


def test_update_takes_a_company_name_when_switched_on(
    desk: Desk, api: httpx.Client
) -> None:
    contact = created(api)
    desk.switch(companyname_on_put=True)

    answer = api.put(f"/contacts/{contact['id']}", json={"companyName": "Engines"})

    assert answer.json()["contact"]["companyName"] == "Engines"


def test_update_refuses_the_email_of_another(api: httpx.Client) -> None:
    first = created(api)
    second = created(api, email="grace@hopper.example")

    answer = api.put(
        f"/contacts/{second['id']}", json={"email": "ADA@lovelace.example"}
    )

    assert answer.status_code == 400
    assert answer.json()["meta"]["contactId"] == first["id"]
    assert read(api, second)["email"] == "grace@hopper.example"


def test_an_email_given_up_is_free_again(api: httpx.Client) -> None:
    first = created(api)
    api.put(f"/contacts/{first['id']}", json={"email": "new@lovelace.example"})

    assert created(api)["id"] != first["id"]


def test_delete_is_final(api: httpx.Client) -> None:
    contact = created(api)

    answer = api.delete(f"/contacts/{contact['id']}")

    assert answer.json()["succeded"] is True
    assert api.get(f"/contacts/{contact['id']}").status_code == 400
    assert api.delete(f"/contacts/{contact['id']}").status_code == 400


def test_upsert_creates_then_updates(api: httpx.Client) -> None:
    first = api.post("/contacts/upsert", json=new_contact(firstName="Ada"))
    again = api.post(
        "/contacts/upsert", json=new_contact(companyName="Engines", gender="female")
    )

    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json()["new"], again.json()["new"]) == (True, False)
    assert again.json()["contact"]["id"] == first.json()["contact"]["id"]
    assert again.json()["contact"]["companyName"] == "Engines"
    assert again.json()["contact"]["firstName"] == "Ada"
    assert "gender" not in again.json()["contact"]


def test_upsert_between_two_contacts_ignores_the_second_key(api: httpx.Client) -> None:
    by_email = created(api)
    by_phone = created(api, email="grace@hopper.example", phone="+442079460958")

    answer = api.post("/contacts/upsert", json=new_contact(phone="+442079460958"))

    assert answer.json()["contact"]["id"] == by_email["id"]
    assert "phone" not in answer.json()["contact"]
    assert read(api, by_phone)["phone"] == "+442079460958"


def test_upsert_makes_a_new_one_only_where_duplicates_are_allowed(
    desk: Desk, api: httpx.Client
) -> None:
    created(api)
    body = new_contact(createNewIfDuplicateAllowed=True)

    assert api.post("/contacts/upsert", json=body).json()["new"] is False

    desk.switch(allow_duplicates=True)

    assert api.post("/contacts/upsert", json=body).json()["new"] is True


def test_custom_fields_are_written_by_id_or_key_and_read_by_id(
    api: httpx.Client,
) -> None:
    contact = created(
        api,
        customFields=[
            {"key": "pet_name", "field_value": "Rex"},
            {"id": "SbxFieldBudget000002", "field_value": 1200},
            {"id": "nobody-knows-it", "field_value": "x"},
        ],
    )
    api.put(
        f"/contacts/{contact['id']}",
        json={"customFields": [{"id": "SbxFieldBudget000002", "field_value": ""}]},
    )

    assert read(api, contact)["customFields"] == [
        {"id": "SbxFieldPetName00001", "value": "Rex"}
    ]


def test_the_deprecated_list_lower_cases_names(api: httpx.Client) -> None:
    created(api, firstName="Ada", lastName="McLovelace")

    answer = api.get("/contacts/", params={"locationId": LOCATION, "query": "mclove"})

    row = answer.json()["contacts"][0]
    assert (row["firstName"], row["lastName"]) == ("ada", "mclovelace")
    assert (row["firstNameRaw"], row["lastNameRaw"]) == ("Ada", "McLovelace")
    assert row["contactName"] == "ada mclovelace"


def test_the_deprecated_list_pages_to_its_end() -> None:
    api = Desk(people=True).client()
    parameters: dict[str, str | int] = {"locationId": LOCATION, "limit": 100}
    seen: list[str] = []
    while True:
        body = api.get("/contacts", params=parameters).json()
        seen += [row["id"] for row in body["contacts"]]
        if "startAfter" not in body["meta"]:
            break
        parameters |= {n: body["meta"][n] for n in ("startAfter", "startAfterId")}

    assert len(seen) == len(set(seen)) == body["meta"]["total"] == 300


def test_the_deprecated_list_refuses_more_than_100(api: httpx.Client) -> None:
    answer = api.get("/contacts/", params={"locationId": LOCATION, "limit": 101})

    assert answer.status_code == 422


def test_another_locations_contact_is_a_403(desk: Desk, api: httpx.Client) -> None:
    with desk.app.app_context():
        foreign = service.contact_save(
            desk.ctx, None, {"locationId": OTHER_LOCATION, "email": "x@y.example"}
        )

    for answer in (
        api.get(f"/contacts/{foreign['id']}"),
        api.post("/contacts/", json=new_contact(locationId=OTHER_LOCATION)),
        api.get(f"/locations/{OTHER_LOCATION}"),
    ):
        assert answer.status_code == 403
        expected = "The token does not have access to this location."
        assert answer.json()["message"] == expected


def test_the_page_lists_and_edits_the_same_contacts(desk: Desk) -> None:
    saved = service.contact_save(desk.ctx, None, {"email": "ada@lovelace.example"})
    service.contact_save(desk.ctx, saved["id"], {"firstName": "Ada", "city": "Bath"})

    found = service.contact_list(desk.store, "ada@lovelace")

    assert [contact["name"] for contact in found] == ["Ada"]
    with pytest.raises(ValueError, match=DUPLICATE):
        service.contact_save(desk.ctx, None, {"email": "ada@lovelace.example"})
    assert service.contact_delete(desk.ctx, saved["id"]) is True
    assert service.contact_delete(desk.ctx, saved["id"]) is False
