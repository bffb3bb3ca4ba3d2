"""The row editor of a mapping: saving, publishing, and problems at their rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from crosswalk.clock import now
from integrations.models import CustomFields
from mapping.forms import chain_choices, chain_key, rows_initial
from mapping.models import Mapping
from mapping.selectors import draft_lines, is_published
from mapping.services import mapping_save
from sync.models import Sync
from tests.sync.world import World, world_make
from workspaces.models import Workspace


@pytest.fixture
def mapping(workspace: Workspace, settings: Any) -> Mapping:
    """The default mapping of a sync, published."""
    world: World = world_make(workspace, settings, seed=False)
    return Mapping.objects.get(sync=world.sync)


def url(mapping: Mapping) -> str:
    return f"/w/acme/syncs/{mapping.sync_id}/mapping/contact/form/"


def sent(mapping: Mapping, *more: dict[str, str], **changes: str) -> dict[str, Any]:
    """Return the form as a browser sends it; a change is named `row_field`."""
    rows = rows_initial(draft_lines(mapping))
    blank = {**rows[0], "left": "", "right": ""}
    rows += [{**blank, **row} for row in more]
    data: dict[str, Any] = {
        "direction": mapping.direction,
        "action": "save",
        "rows-TOTAL_FORMS": len(rows),
        "rows-INITIAL_FORMS": len(rows) - len(more),
    }
    for number, row in enumerate(rows):
        data |= {f"rows-{number}-{key}": value for key, value in row.items()}
    for name, value in changes.items():
        key = (
            name
            if name == "action"
            else f"rows-{name.lstrip('r').replace('_', '-', 1)}"
        )
        data[key] = value
    return data


def errors(page: Any) -> list[dict[str, Any]]:
    return [dict(form.errors) for form in page.context["formset"].forms if form.errors]


def text(response: Any) -> str:
    return response.content.decode()


def test_it_shows_the_fields_of_both_sides_by_group(
    as_owner: Client, mapping: Mapping
) -> None:
    page = text(as_owner.get(url(mapping)))

    assert '<optgroup label="Billing address">' in page
    assert "City (costs one call per person)" in page
    assert "Contact ID (read only)" in page


def test_saving_what_stands_there_changes_nothing(
    as_owner: Client, mapping: Mapping
) -> None:
    before = draft_lines(mapping)

    as_owner.post(url(mapping), sent(mapping, action="publish"))

    assert draft_lines(mapping) == before
    assert mapping.versions.count() == 1


def test_a_row_is_added_and_saved_as_a_draft(
    as_owner: Client, mapping: Mapping
) -> None:
    row = {"left": "city", "right": "billing_address.city", "write": "if_empty"}

    answer = as_owner.post(url(mapping), sent(mapping, row))

    assert answer.status_code == 302
    assert draft_lines(mapping)[-1]["right"] == "billing_address.city"
    assert not is_published(mapping)


def test_an_untouched_blank_row_is_nothing(as_owner: Client, mapping: Mapping) -> None:
    blank = {"to_right": "[]", "to_left": "[]"}  # as the browser sends it

    answer = as_owner.post(url(mapping), sent(mapping, blank))

    assert answer.status_code == 302
    assert len(draft_lines(mapping)) == 6


def test_a_row_is_removed_by_its_box(as_owner: Client, mapping: Mapping) -> None:
    as_owner.post(url(mapping), sent(mapping, r5_DELETE="on", action="publish"))

    mapping.refresh_from_db()
    assert len(draft_lines(mapping)) == 5
    assert is_published(mapping)


def test_a_field_that_can_only_be_read_is_refused_as_a_target(
    as_owner: Client, mapping: Mapping
) -> None:
    page = as_owner.post(url(mapping), sent(mapping, r0_right="contact_name"))

    assert "can only be read" in str(errors(page)[0]["right"])
    assert "“Zoho Invoice to HighLevel”" in str(errors(page)[0]["right"])
    assert "What is wrong stands at the row." in text(page)


def test_a_field_written_twice_is_said_at_the_second_row(
    as_owner: Client, mapping: Mapping
) -> None:
    page = as_owner.post(url(mapping), sent(mapping, r1_right="first_name"))

    assert "Row 1 already writes" in str(errors(page)[0]["right"])


def test_half_a_row_is_refused(as_owner: Client, mapping: Mapping) -> None:
    page = as_owner.post(url(mapping), sent(mapping, {"left": "city"}))

    assert errors(page) == [{"right": ["Choose a field."]}]


def test_a_mapping_without_rows_is_refused(as_owner: Client, mapping: Mapping) -> None:
    removed = {f"r{number}_DELETE": "on" for number in range(6)}

    page = as_owner.post(url(mapping), sent(mapping, **removed))

    assert "Map at least one field." in text(page)


@pytest.mark.parametrize("value", ["[1]", "nonsense", '[{"name":"eval"}]'])
def test_a_chain_that_does_not_exist_is_refused(
    as_owner: Client, mapping: Mapping, value: str
) -> None:
    page = as_owner.post(url(mapping), sent(mapping, r0_to_right=value))

    assert "to_right" in errors(page)[0]


def test_a_longer_chain_from_a_file_survives_the_page(
    as_owner: Client, mapping: Mapping
) -> None:
    chain = [{"name": "trim"}, {"name": "email"}]
    lines = draft_lines(mapping)
    lines[2]["to_right"] = chain
    mapping_save(
        sync=mapping.sync,
        object_type="contact",
        direction="both",
        lines=lines,
        actor=None,
    )

    as_owner.post(url(mapping), sent(mapping))

    assert draft_lines(mapping)[2]["to_right"] == chain
    assert chain_choices(chain_key(chain))[-1][1] == (
        "Remove extra spaces, then E-mail in lower case"
    )


def test_publishing_a_live_sync_says_what_follows(
    as_owner: Client, mapping: Mapping
) -> None:
    Sync.objects.update(state=Sync.State.LIVE)

    assert "the next run brings existing people in line" in text(
        as_owner.get(url(mapping))
    )


def test_a_viewer_sees_it_and_changes_nothing(
    client: Client, viewer: Any, mapping: Mapping
) -> None:
    client.force_login(viewer)

    page = text(client.get(url(mapping)))

    assert "disabled" in page
    assert "Publish</button>" not in page
    assert client.post(url(mapping), sent(mapping)).status_code == 403


def test_a_mapping_of_another_workspace_is_not_found(
    client: Client, stranger: Any, mapping: Mapping
) -> None:
    client.force_login(stranger)
    theirs = f"/w/elsewhere/syncs/{mapping.sync_id}/mapping/contact/"

    assert client.get(url(mapping)).status_code == 404
    assert client.get(theirs).status_code == 404


def test_an_object_type_that_is_not_mapped_is_not_found(
    as_owner: Client, mapping: Mapping
) -> None:
    page = url(mapping).replace("contact", "invoice")

    assert as_owner.get(page).status_code == 404


# --- an account's own fields --------------------------------------------------------------

TIER = {
    "key": "customFields.tier1",
    "label": "Tier",
    "type": "choice",
    "reads": ["list", "detail"],
    "writes": ["create", "update"],
    "options": ["Gold", "Silver"],
    "is_custom": True,
}
SCORE = {**TIER, "key": "customFields.score", "label": "Score", "type": "number"}


def own(mapping: Mapping, *fields: dict[str, Any]) -> None:
    CustomFields.objects.update_or_create(
        connection=mapping.sync.left,
        object_type="contact",
        defaults={"fields": list(fields), "read_at": now()},
    )


def test_own_fields_are_on_offer_with_type_options_and_reason(
    as_owner: Client, mapping: Mapping
) -> None:
    own(mapping, TIER, {**SCORE, "writes": [], "help": "Made by a formula."})
    save_line(mapping, "customFields.tier1", "company_name")
    save_line(mapping, "customFields.score", "website", direction="left_to_right")

    page = text(as_owner.get(url(mapping)))

    assert '<optgroup label="Custom fields">' in page
    assert "One of: Gold, Silver." in page
    assert "Score (read only)" in page
    assert "Number. Read only. Made by a formula." in page
    assert "2 fields of your own" in page


def test_writing_to_a_field_that_is_only_read_is_refused_with_the_reason(
    as_owner: Client, mapping: Mapping
) -> None:
    own(mapping, {**SCORE, "writes": [], "help": "Made by a formula."})
    row = {"left": "customFields.score", "right": "website"}

    page = as_owner.post(url(mapping), sent(mapping, row))

    assert "can only be read (Made by a formula)" in str(errors(page))


def test_a_mapped_field_that_is_gone_is_said_and_kept(
    as_owner: Client, mapping: Mapping
) -> None:
    save_line(mapping, "customFields.gone", "website")
    own(mapping, TIER)

    page = text(as_owner.get(url(mapping)))

    assert "HighLevel has no field “customFields.gone” any more." in page
    assert "customFields.gone (no longer there)" in page
    assert "customFields.gone" in str(draft_lines(mapping))


def test_nothing_is_called_gone_before_the_fields_were_read(
    as_owner: Client, mapping: Mapping
) -> None:
    save_line(mapping, "customFields.unknown", "website")

    page = text(as_owner.get(url(mapping)))

    assert "any more" not in page
    assert "not read yet" in page


def test_a_system_that_does_not_name_all_its_fields_calls_none_gone(
    as_owner: Client, mapping: Mapping
) -> None:
    save_line(mapping, "website", "custom_fields.cf_rare")
    CustomFields.objects.create(
        connection=mapping.sync.right, object_type="contact", read_at=now()
    )

    assert "any more" not in text(as_owner.get(url(mapping)))


def save_line(mapping: Mapping, left: str, right: str, **more: str) -> None:
    """Put one line in place of the draft's line to the same field."""
    kept = [
        line
        for line in draft_lines(mapping)
        if left != line["left"] and right != line["right"]
    ]
    mapping_save(
        sync=mapping.sync,
        object_type="contact",
        direction="both",
        lines=[*kept, {"left": left, "right": right, **more}],
        actor=None,
    )


TAGS = {"left": "tags", "right": "custom_fields.cf_kinds"}


@pytest.fixture
def kinds(mapping: Mapping) -> Mapping:
    """The mapping, with a field of several choices at Zoho Invoice."""
    field = {
        "key": "custom_fields.cf_kinds",
        "label": "Kinds",
        "type": "choices",
        "options": ["Customer", "VIP"],
        "reads": ["list", "detail"],
        "writes": ["create", "update"],
        "is_custom": True,
    }
    CustomFields.objects.create(
        connection=mapping.sync.right,
        object_type="contact",
        fields=[field],
        read_at=now(),
    )
    return mapping


def test_a_value_map_is_typed_saved_and_shown_again(
    as_owner: Client, kinds: Mapping
) -> None:
    row = {**TAGS, "value_map": "kunde = Customer\n\n* =", "write": "append"}

    answer = as_owner.post(url(kinds), sent(kinds, row, action="publish"))

    assert answer.status_code == 302
    line = draft_lines(kinds)[-1]
    assert line["value_map"] == [["kunde", "Customer"], ["*", ""]]
    assert line["write"] == "append"
    page = text(as_owner.get(url(kinds)))
    assert "Value map of 2 rows" in page
    assert "kunde = Customer\n* =</textarea>" in page
    as_owner.post(url(kinds), sent(kinds, action="publish"))
    assert kinds.versions.count() == 2


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ({**TAGS, "value_map": "kunde"}, "value_map", "is no row of the table"),
        ({**TAGS, "value_map": "kunde = Kunde"}, "value_map", "no option “Kunde”"),
        ({**TAGS, "value_map": "a = VIP\na = VIP"}, "value_map", "twice"),
        ({**TAGS, "value_map": "* = VIP"}, "value_map", "stands for all other values"),
        ({**TAGS, "constant": "x"}, "constant", "leave out the left or the right"),
        ({"right": TAGS["right"], "constant": "x"}, "constant", "no option “x”"),
        ({"constant": "x"}, "constant", "Needs a field that takes it"),
        ({**TAGS, "default_right": "x"}, None, "no option “x”"),
        ({"left": "city", "right": "mobile", "write": "append"}, "write", "is neither"),
    ],
)
def test_a_rule_that_cannot_work_is_said_at_its_row(
    as_owner: Client, kinds: Mapping, row: dict[str, str], field: str, words: str
) -> None:
    page = as_owner.post(url(kinds), sent(kinds, row))

    found = errors(page)[-1]
    assert words in str(found[field or "__all__"])


def test_a_fixed_value_stands_in_for_a_field(as_owner: Client, kinds: Mapping) -> None:
    row = {"right": TAGS["right"], "constant": "VIP", "default_right": "Customer"}

    answer = as_owner.post(url(kinds), sent(kinds, row))

    assert answer.status_code == 302
    line = draft_lines(kinds)[-1]
    assert (line["left"], line["constant"]) == ("", "VIP")
    assert "Fixed value “VIP”" in text(as_owner.get(url(kinds)))


def test_the_form_keeps_what_several_fields_come_to(
    as_owner: Client, kinds: Mapping
) -> None:
    several = {"template": "{firstName} {lastName}"}
    row = {"left": "firstName", "right": "twitter", "direction": "left_to_right"}

    as_owner.post(url(kinds), sent(kinds, {**row, "gather": json.dumps(several)}))
    assert draft_lines(kinds)[-1]["gather"] == several

    page = text(as_owner.get(url(kinds)))
    assert "Made of several fields" in page
    assert as_owner.post(url(kinds), sent(kinds)).status_code == 302
    assert draft_lines(kinds)[-1]["gather"] == several


@pytest.mark.parametrize("said", ['{"x": 1}', "[" * 9000, '{"template": 5}'])
def test_what_nobody_sends_of_several_fields_is_refused(
    as_owner: Client, kinds: Mapping, said: str
) -> None:
    row = {"left": "firstName", "right": "twitter", "direction": "left_to_right"}
    page = as_owner.post(url(kinds), sent(kinds, {**row, "gather": said}))
    assert page.status_code == 200
    assert "twitter" not in str(draft_lines(kinds)[-1])


def test_publishing_says_what_does_not_come_back(
    as_owner: Client, kinds: Mapping
) -> None:
    row = {**TAGS, "value_map": "a = VIP\nb = VIP"}

    page = as_owner.post(url(kinds), sent(kinds, row, action="publish"), follow=True)

    assert "“b” becomes “VIP”, and “a” on the way back" in text(page)
