"""Exporting a mapping as a file, importing one, and copying from another sync."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from config.mappingfile import mapping_text
from crosswalk.clock import now
from integrations.models import CustomFields
from mapping.models import Mapping
from mapping.selectors import draft_lines
from mapping.services import mapping_publish, mapping_save
from tests.config.rows import connection_make, mapped, sync_make
from workspaces.models import Workspace

RICH: list[dict[str, Any]] = [
    {"left": "email", "right": "email"},
    {"left": "firstName", "right": "twitter", "direction": "left_to_right",
     "gather": {"template": "{firstName} {lastName}"}, "default": {"right": "Nobody"}},
    {"left": "tags", "right": "department", "direction": "left_to_right",
     "gather": {"by_tag": [["vip", "Gold"]], "otherwise": "no"}},
    {"left": "", "right": "facebook", "constant": "From HighLevel"},
    {"left": "city", "right": "designation", "value_map": [["a", "b"], ["*", ""]],
     "to_right": [{"name": "replace_pattern", "pattern": r"\d+", "with": "#"}]},
]  # fmt: skip


@pytest.fixture
def mapping(workspace: Workspace) -> Mapping:
    return made(workspace, "Spa", RICH)


def made(workspace: Workspace, name: str, lines: Any = None) -> Mapping:
    """Return the published mapping of a new sync between two new accounts."""
    left = connection_make(workspace, "highlevel", f"{name} L", f"{name}-l")
    right = connection_make(workspace, "zoho_invoice", f"{name} R", f"{name}-r")
    sync = mapped(sync_make(workspace, name=name, pair=(left, right)))
    if lines:
        saved = mapping_save(
            sync=sync, object_type="contact", direction="both", lines=lines, actor=None
        )
        mapping_publish(mapping=saved, actor=None)
    return Mapping.objects.get(sync=sync)


def url(mapping: Mapping, part: str = "") -> str:
    return f"/w/acme/syncs/{mapping.sync_id}/mapping/contact/file/{part}"


def sent(client: Client, mapping: Mapping, text: str, **more: Any) -> Any:
    mapping.refresh_from_db()
    data = {"action": "import", "text": text, "revision": mapping.revision, **more}
    return client.post(url(mapping), data)


def test_a_file_comes_back_as_it_went(
    as_owner: Client, workspace: Workspace, mapping: Mapping
) -> None:
    there = made(workspace, "Gym")
    answer = as_owner.get(url(mapping, "download/"))
    assert answer["Content-Disposition"] == (
        'attachment; filename="spa-contact-fields.yaml"'
    )
    file = SimpleUploadedFile("spa.yaml", answer.content)
    assert sent(as_owner, there, "", file=file).status_code == 302
    assert draft_lines(there) == draft_lines(mapping)
    assert mapping_text(there) == mapping_text(mapping)
    there.refresh_from_db()
    assert there.published is not None
    assert there.published.lines != draft_lines(there)  # nothing flows by it yet


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Choose a file, or paste its text"),
        ("- 1", "must hold keys"),
        ("fields: [", "not valid YAML"),
        ("fields: []", "fields: must not be empty"),
        ("direction: up\nfields: default", "direction:"),
        ("fields: default\nsecret: x", "secret: is not a key"),
        ("fields: [{left: nope, right: email}]", "fields[0].left: there is no field"),
        ("fields: [{left: email, right: email, write: x}]", "fields[0].write"),
        (
            "fields: [{left: a, right: b, to_right: [{name: x}]}]",
            "fields[0].to_right[0].name: not supported yet",
        ),
        (
            "fields: [{left: email, right: email, gather: {template: '{email}'}}]",
            "choose one direction",
        ),
        ("fields: [{left: customFields.gone, right: email}]", "no field “customFields"),
        ("fields: &a [*a]", "must hold keys"),
        (r'fields: [{right: twitter, constant: "\ud800"}]', "cannot be stored"),
        (r'fields: [{right: twitter, constant: "a\0"}]', "cannot be stored"),
        ("fields: " + "[" * 3000, ""),
    ],
)
def test_a_file_that_does_not_fit_changes_nothing_and_says_why(
    as_owner: Client, mapping: Mapping, text: str, words: str
) -> None:
    CustomFields.objects.create(
        connection=mapping.sync.left, object_type="contact", read_at=now()
    )
    before = draft_lines(mapping)
    page = sent(as_owner, mapping, text)
    assert page.status_code == 400
    assert words in page.context["error"]
    assert draft_lines(mapping) == before


def test_a_file_too_large_is_refused(as_owner: Client, mapping: Mapping) -> None:
    file = SimpleUploadedFile("x.yaml", b"#" * 1_000_001)
    page = sent(as_owner, mapping, "", file=file)
    assert "larger than 1,000 kB" in page.context["error"]


def test_a_draft_that_changed_meanwhile_is_not_overwritten(
    as_owner: Client, mapping: Mapping
) -> None:
    page = sent(as_owner, mapping, "fields: default", revision=0)
    assert "Somebody else has changed this draft" in page.context["error"]


def test_a_copy_takes_what_fits_and_names_the_rest(
    as_owner: Client, workspace: Workspace, mapping: Mapping
) -> None:
    lines = [*RICH, {"left": "customFields.gone", "right": "last_name"}]
    source = made(workspace, "Gym", lines)
    CustomFields.objects.create(
        connection=mapping.sync.left, object_type="contact", read_at=now()
    )
    data = {"action": "copy", "source": source.pk, "revision": mapping.revision}
    page = as_owner.post(url(mapping), data, follow=True).content.decode()
    assert "Left out, for these accounts cannot take them: customFields.gone" in page
    assert draft_lines(mapping) == draft_lines(source)[:-1]


@pytest.mark.parametrize("chosen", ["", "x", "9" * 30, "own"])
def test_only_another_sync_of_this_workspace_can_be_copied(
    as_owner: Client, mapping: Mapping, stranger: Any, chosen: str
) -> None:
    theirs = made(Workspace.objects.get(slug="elsewhere"), "Theirs")
    for source in (chosen, str(theirs.pk)):
        pk = mapping.pk if source == "own" else source
        data = {"action": "copy", "source": pk, "revision": mapping.revision}
        page = as_owner.post(url(mapping), data)
        assert page.context["error"] == "Choose the sync to copy from."
        assert "Theirs" not in page.content.decode()


def test_viewers_export_and_change_nothing(
    client: Client, viewer: Any, stranger: Any, mapping: Mapping
) -> None:
    client.force_login(viewer)
    page = client.get(url(mapping)).content.decode()
    assert "Download the draft" in page
    assert "Import as the draft" not in page
    assert sent(client, mapping, "fields: default").status_code == 403
    client.force_login(stranger)
    assert client.get(url(mapping)).status_code == 404
    assert client.get(url(mapping, "download/")).status_code == 404
