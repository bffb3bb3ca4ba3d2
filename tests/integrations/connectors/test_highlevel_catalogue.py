"""HighLevel's live catalogue and the location's own fields: types, values, writing."""

from __future__ import annotations

import pytest

from crosswalk.errors import AuthError, PermanentError, RemoteRejected
from integrations.connectors.base import Field, Record
from integrations.connectors.highlevel.customs import field_of, read, wire
from tests.integrations.connectors.highlevel_remote import ID, Remote, detail, search
from tests.integrations.connectors.highlevel_world import NORTHLIGHT_ID, World

TYPES = {
    "TEXT": ("text", "Gold", "Silver"),
    "LARGE_TEXT": ("long_text", "One\nTwo", "Three"),
    "EMAIL": ("email", "a@x.example", "b@x.example"),
    "PHONE": ("phone", "+442079460001", "+442079460002"),
    "NUMERICAL": ("number", 12, 12.5),
    "MONETORY": ("money", 100.5, 7),
    "DATE": ("date", "2026-03-04", "1999-12-31"),
    "SINGLE_OPTIONS": ("choice", "red", "blue"),
    "RADIO": ("choice", "red", "blue"),
    "MULTIPLE_OPTIONS": ("choices", ["red"], ["red", "blue"]),
    "CHECKBOX": ("choices", ["blue"], ["blue", "red"]),
}
READ_ONLY = {
    "FILE_UPLOAD": "file",
    "SIGNATURE": "file",
    "TEXTBOX_LIST": "long_text",
    "HOLOGRAM": "text",
}
every_type = pytest.mark.parametrize("data_type", TYPES)


def definition(data_type="TEXT", **more):
    return {
        "id": f"cf{data_type.replace('_', '').lower()}",
        "name": "Level",
        "fieldKey": "contact.level",
        "dataType": data_type,
        "picklistOptions": ["red", "blue"],
        "model": "contact",
        "locationId": NORTHLIGHT_ID,
        "position": 0,
        **more,
    }


def own(data_type="TEXT", **more):
    return field_of(definition(data_type, **more))


# The catalogue


@every_type
def test_every_type_of_own_field_is_known_and_written_like_others(data_type):
    field = own(data_type)

    assert (field.type, field.label) == (TYPES[data_type][0], "Level")
    assert field.writes == {"create", "update", "upsert"}
    assert field.reads == {"list", "detail"}
    assert field.is_custom


@pytest.mark.parametrize("data_type", READ_ONLY)
def test_what_cannot_be_written_says_why(data_type):
    field = own(data_type)

    assert field.type == READ_ONLY[data_type]
    assert not field.is_writable
    assert field.help.startswith("Read only: ")


def test_options_are_offered_unless_people_may_add_their_own():
    assert own("SINGLE_OPTIONS").options == ("red", "blue")
    assert own("SINGLE_OPTIONS", isAllowedCustomOption=True).options == ()


@pytest.mark.parametrize(
    "row",
    [
        definition(model="opportunity"),
        definition(id=""),
        {"id": "f1", "name": "Additional info", "documentType": "folder"},
    ],
)
def test_folders_and_fields_of_other_things_are_left_out(row):
    assert field_of(row) is None


def test_the_catalogue_holds_the_locations_fields_tags_and_users():
    world = World()
    world.switch(custom_field_folders=True)
    world.contact(tags=["customer"])

    fields = {field.key: field for field in world.connector.fields("contact")}

    stored = world.store.all("highlevel_custom_field")
    custom = {key for key, field in fields.items() if field.is_custom}
    assert custom == {f"customFields.{each['id']}" for each in stored}
    assert fields["tags"].options == ("customer",)
    assert "SbxUserOwenHartley01" in fields["assignedTo"].options
    assert "Owen Hartley is SbxUserOwenHartley01" in fields["assignedTo"].help


def test_tasks_and_appointments_offer_users_and_calendars():
    world = World()

    task = {field.key: field for field in world.connector.fields("task")}
    booking = {field.key: field for field in world.connector.fields("appointment")}

    assert "SbxUserOwenHartley01" in task["assignedTo"].options
    assert booking["calendarId"].options == ("SbxCalendarConsult01",)


def test_businesses_are_offered_by_name():
    world = World()
    for business_id, name in (("b1", "Sample & Co"), ("b2", "Harbour Ltd")):
        row = {"id": business_id, "name": name, "locationId": NORTHLIGHT_ID}
        world.store.put("highlevel_business", business_id, row)

    fields = {field.key: field for field in world.connector.fields("contact")}

    business = fields["businessId"]
    assert (business.options, business.names) == (
        ("b1", "b2"),
        ("Sample & Co", "Harbour Ltd"),
    )


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ("locations/tags.readonly", "tags"),
        ("users.readonly", "assignedTo"),
        ("businesses.readonly", "businessId"),
    ],
)
def test_without_a_permission_only_its_choices_are_missing(scope, key):
    fields = {f.key: f for f in World(without=(scope,)).connector.fields("contact")}

    assert fields[key].options == ()
    assert any(field.is_custom for field in fields.values())


def test_without_permission_the_own_fields_stay_as_they_were_known():
    world = World(without=("locations/customFields.readonly",))
    known = own()
    connector = world.connect({"contact": [known]})

    fields = connector.fields("contact")

    assert [field for field in fields if field.is_custom] == [known]


def test_a_refused_token_is_no_missing_permission():
    invalid = (401, {"message": "Invalid JWT"}, {})

    with pytest.raises(AuthError):
        Remote(invalid, invalid, invalid).connector.fields("contact")


def test_an_own_field_that_is_gone_is_no_longer_offered():
    remote = Remote(
        {"users": []}, {"tags": []}, {"businesses": []}, {"customFields": []}
    )
    remote.connector.catalogue.known = {own().key: own()}

    assert not [f for f in remote.connector.fields("contact") if f.is_custom]


# Reading


def contact(value, field, **more):
    row = {"customFields": [{"id": field.key.split(".")[1], "value": value}], **more}
    remote = Remote(detail(**row), catalogue={"contact": [field]})
    return remote.connector.get("contact", ID).values[field.key]


@pytest.mark.parametrize(
    ("data_type", "shown", "value"),
    [
        ("TEXT", 12, "12"),
        ("TEXT", "", None),
        ("TEXT", None, None),
        ("NUMERICAL", "12", 12),
        ("NUMERICAL", "12.50", 12.5),
        ("NUMERICAL", 0, 0),
        ("NUMERICAL", "a dozen", "a dozen"),
        ("MONETORY", 7.0, 7.0),
        ("DATE", "2026-03-04T00:00:00.000Z", "2026-03-04"),
        ("DATE", 1772582400000, "2026-03-04"),
        ("CHECKBOX", "red", ["red"]),
        ("MULTIPLE_OPTIONS", [], None),
        ("TEXTBOX_LIST", {"a": "One", "b": ""}, "One"),
        (
            "FILE_UPLOAD",
            {"f1": {"url": "https://x.example/a.pdf", "meta": {}}},
            ["https://x.example/a.pdf"],
        ),
        ("FILE_UPLOAD", {}, None),
        ("SIGNATURE", "https://x.example/s.png", ["https://x.example/s.png"]),
    ],
)
def test_values_have_the_form_of_their_type(data_type, shown, value):
    assert contact(shown, own(data_type)) == value


@pytest.mark.parametrize("answer", [detail(customFields=...), detail(customFields=[])])
def test_a_defined_field_left_out_of_the_detail_is_empty(answer):
    remote = Remote(answer, catalogue={"contact": [own()]})

    assert remote.connector.get("contact", ID).values[own().key] is None


def test_a_defined_field_left_out_of_a_row_is_empty():
    remote = Remote(search({"customFields": []}), catalogue={"contact": [own()]})

    (record,) = remote.connector.list_page("contact", None).records

    assert record.values[own().key] is None


def test_a_field_nobody_defined_is_not_read_when_left_out():
    (record,) = (
        Remote(search({"customFields": []}))
        .connector.list_page("contact", None)
        .records
    )

    assert not [key for key in record.values if key.startswith("customFields")]


def test_in_the_answer_to_a_write_only_what_it_names_is_read():
    remote = Remote(
        {"succeded": True, "contact": {"id": ID, "customFields": []}},
        catalogue={"contact": [own()]},
    )
    before = Record(ID, {}, "detail")
    (step,) = remote.connector.steps("contact", before, {own().key: "Gold"})

    result = remote.connector.perform("contact", step, before)

    assert own().key not in result.record.values


@pytest.mark.parametrize("name", ["value", "field_value", "fieldValue"])
def test_a_value_is_found_under_each_of_its_names(name):
    item = {"id": "cftext", name: "Gold"}
    remote = Remote(detail(customFields=[item]), catalogue={"contact": [own()]})

    assert remote.connector.get("contact", ID).values[own().key] == "Gold"


# Writing


@every_type
def test_each_type_is_written_by_id_under_the_name_of_version_two(data_type):
    field = own(data_type)
    first = TYPES[data_type][1]
    remote = Remote(catalogue={"contact": [field]})

    (step,) = remote.connector.steps(
        "contact", Record(ID, {}, "detail"), {field.key: first}
    )

    assert step.body == {
        "customFields": [{"id": field.key.split(".")[1], "field_value": first}]
    }
    assert step.fields == (field.key,)


@every_type
def test_each_type_round_trips_through_every_call_and_can_be_emptied(data_type):
    field, (_, first, second) = own(data_type), TYPES[data_type]
    world = World()
    world.store.put(
        "highlevel_custom_field", definition(data_type)["id"], definition(data_type)
    )
    connector = world.connect({"contact": [field]})

    record = world.write("contact", None, {"email": "c@x.example", field.key: first})
    assert record.values[field.key] == first
    record = world.write("contact", record, {field.key: second})
    assert record.values[field.key] == second
    record = world.write("contact", record, {"companyName": "E", field.key: first})
    assert record.values[field.key] == first
    record = world.write("contact", record, {field.key: None})
    assert record.values[field.key] is None
    (row,) = connector.list_page("contact", None).records
    assert row.values[field.key] is None


@pytest.mark.parametrize(
    ("data_type", "value", "sent"),
    [
        ("TEXT", None, ""),
        ("NUMERICAL", None, ""),
        ("NUMERICAL", "12.5", 12.5),
        ("DATE", None, ""),
        ("CHECKBOX", None, []),
        ("CHECKBOX", "red", ["red"]),
        ("TEXT", 12, "12"),
    ],
)
def test_what_is_sent_has_the_form_the_vendor_names(data_type, value, sent):
    assert wire(own(data_type), value) == sent


def test_text_is_no_number_and_the_person_is_told():
    with pytest.raises(RemoteRejected, match="Level") as caught:
        wire(own("NUMERICAL"), "a dozen")

    assert caught.value.code == "not_a_number"


@pytest.mark.parametrize("data_type", READ_ONLY)
def test_a_read_only_own_field_is_refused(data_type):
    remote = Remote(catalogue={"contact": [own(data_type)]})

    with pytest.raises(RemoteRejected) as caught:
        remote.connector.steps(
            "contact", Record(ID, {}, "detail"), {own(data_type).key: "x"}
        )

    assert caught.value.code == "field_not_writable"


def test_without_a_definition_values_stay_as_they_came():
    assert read(None, {"a": 1}) == {"a": 1}


def test_standard_fields_of_a_stored_catalogue_are_none_of_the_own():
    stored = [Field("city", "City", is_custom=False), own()]

    remote = Remote(catalogue={"contact": stored})

    assert list(remote.connector.catalogue.known) == [own().key]


def test_the_other_permissions_of_the_location_are_still_needed():
    refused = (401, {"message": "The token is not authorized for this scope."}, {})

    with pytest.raises(PermanentError, match=r"contacts\.readonly"):
        Remote(refused).connector.get("contact", ID)
