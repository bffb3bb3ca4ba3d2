"""Notes, tasks and appointments in the configuration file."""

from __future__ import annotations

import pytest

from config.configexport import sync_part
from crosswalk.errors import ConfigError
from integrations.models import Connection
from mapping.models import Mapping
from sync.models import Sync
from tests.config.test_configimport import put, results

pytestmark = pytest.mark.django_db
BEFORE = "      contact:\n"


def objects(text: str) -> tuple[str, str]:
    return BEFORE, f"      {text}\n{BEFORE}"


def exported() -> dict[str, object]:
    return dict(sync_part(Sync.objects.get())["objects"])


def test_they_are_taken_up_with_their_defaults_and_exported() -> None:
    put(objects("note: {}"), objects("appointment: {fields: default}"))

    found = exported()
    assert found["note"] == {"direction": "both", "fields": "default"}
    assert found["appointment"] == {"direction": "left_to_right", "fields": "default"}


def test_the_same_file_again_changes_nothing() -> None:
    put(objects("note: {direction: left_to_right}"))

    again = put(objects("note: {direction: left_to_right}"))

    assert results(again) == ["unchanged"] * 3


def test_what_a_file_leaves_out_stays() -> None:
    put(objects("note: {direction: left_to_right}"))
    put()
    put(objects("note: {}"))

    assert exported()["note"] == {"direction": "left_to_right", "fields": "default"}


def test_notes_in_one_text_name_their_field_and_flow_one_way() -> None:
    line = "{left: notes_text, right: notes, direction: left_to_right}"
    put(objects(f"note_text: {{fields: [{line}]}}"))

    found = exported()["note_text"]

    assert found["direction"] == "left_to_right"
    assert (found["fields"][0]["left"], found["fields"][0]["right"]) == (
        "notes_text",
        "notes",
    )


def test_tasks_need_the_choice_of_their_connection() -> None:
    with pytest.raises(ConfigError, match="switched off for this connection") as error:
        put(objects("task: {}"))
    assert error.value.path == "syncs[0].objects.task"
    put()
    Connection.objects.filter(name="Zoho").update(options={"project_tasks": True})

    put(objects("task: {}"))

    assert Mapping.objects.filter(object_type="task").exists()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("appointment: {direction: both}", "syncs[0].objects.appointment.direction"),
        ("note: {filters: {left: {}}}", "syncs[0].objects.note.filters"),
        ("note: {fields: [{left: body, right: nothing}]}", "fields[0].right"),
        ("contact_person: {}", "syncs[0].objects.contact_person"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, path: str) -> None:
    with pytest.raises(ConfigError) as error:
        put(objects(text))

    assert error.value.path.endswith(path)
    assert not Sync.objects.exists()
