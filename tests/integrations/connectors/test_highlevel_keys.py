"""HighLevel's upserts: only by a contact's own first keys; nothing else is lost."""

from __future__ import annotations

import contextlib

import pytest

from crosswalk.errors import RemoteNotFound, RemoteRejected
from integrations.connectors.base import Record
from tests.integrations.connectors.highlevel_remote import ID, Remote, detail
from tests.integrations.connectors.highlevel_world import World

KEYS = {"email": "rubika@deos.example", "phone": "+18832327657"}
BEFORE = Record(ID, KEYS, "detail")


def look_up(*answers, before=BEFORE):
    remote = Remote(*answers)
    step = remote.connector.steps("contact", before, {"companyName": "E"})[0]
    return remote, lambda: remote.connector.perform("contact", step, before)


def test_it_looks_first_by_the_read_that_matches_as_an_upsert_does():
    remote, run = look_up(detail(**KEYS))

    result = run()

    assert remote.calls == ["GET /contacts/search/duplicate"]
    params = remote.requests[0].url.params
    assert (params["email"], params["number"]) == tuple(KEYS.values())
    assert result.record_id == ID


@pytest.mark.parametrize(
    "answer",
    [
        detail(**KEYS, id="another"),
        {"contact": None},
        (404, {"message": "Not found"}, {}),
        # The key sent is an additional one by now: an upsert would lose the first.
        detail(email="new@deos.example", phone=KEYS["phone"]),
        detail(email=KEYS["email"], phone="+15550001111"),
        detail(email=KEYS["email"], phone=...),
    ],
)
def test_whatever_else_it_finds_the_upsert_is_not_sent(answer):
    fuller = detail(email="new@deos.example", phone="+15550001111")
    _, run = look_up(answer, fuller)

    with pytest.raises(RemoteRejected) as caught:
        run()

    assert caught.value.code == "company_not_writable"


@pytest.mark.parametrize("answer", [{"contact": None}, detail(**KEYS, id="another")])
def test_who_is_not_found_by_their_keys_may_be_gone_which_a_read_proves(answer):
    remote, run = look_up(answer, (404, {"message": "Not found"}, {}))

    with pytest.raises(RemoteNotFound):
        run()

    assert remote.calls == ["GET /contacts/search/duplicate", f"GET /contacts/{ID}"]


def test_a_form_that_leaves_the_keys_out_is_completed_by_the_detail():
    remote, run = look_up({"contact": {"id": ID}}, detail(**KEYS))

    run()

    assert remote.calls[1] == f"GET /contacts/{ID}"


def test_the_same_number_written_in_another_way_is_the_same_key():
    before = Record(ID, {"phone": "883-232-7657"}, "detail")
    _, run = look_up(detail(phone="+18832327657"), before=before)

    run()


# Against the stand-in, which takes the former first e-mail as the vendor does (#337)


def test_an_additional_email_is_never_taken_for_the_first():
    world = World()
    person = world.contact(email="old@x.example")
    record = world.connector.get("contact", person)
    world.save(
        person,
        {"email": "new@x.example", "additionalEmails": [{"email": "old@x.example"}]},
    )

    with pytest.raises(RemoteRejected):
        world.write("contact", record, {"companyName": "E"})

    assert "POST /contacts/upsert" not in world.sent
    now = world.connector.get("contact", person)
    assert now.values["email"] == "new@x.example"
    assert now.facts["additionalEmails"] == ["old@x.example"]


def test_an_email_that_is_anothers_additional_one_changes_nobody():
    world = World()
    world.switch(allow_duplicates=True)
    world.contact(
        email="other@x.example", additionalEmails=[{"email": "ada@x.example"}]
    )
    person = world.contact(email="ada@x.example")
    record = world.connector.get("contact", person)
    others = {r.id: r for r in world.connector.list_page("contact", None).records}

    with contextlib.suppress(RemoteRejected):  # whom it finds is up to the location
        world.write("contact", record, {"companyName": "E"})

    for row in world.connector.list_page("contact", None).records:
        assert row.values["email"] == others[row.id].values["email"]
        assert row.facts["additionalEmails"] == others[row.id].facts["additionalEmails"]


@pytest.mark.parametrize("order", ["email,phone", "phone,email", "email", "phone"])
def test_in_whatever_order_the_location_matches_only_the_one_meant_changes(order):
    world = World()
    world.switch(highlevel_match_order=order)
    person = world.contact(email="ada@x.example", phone="+442079460001")
    other = world.contact(email="bob@x.example", phone="+442079460002")
    record = world.connector.get("contact", person)

    record = world.write("contact", record, {"companyName": "E"})

    assert record.values["companyName"] == "E"
    assert world.connector.get("contact", other).values["companyName"] is None


# Deleting


@pytest.mark.parametrize("status", [400, 404])
def test_a_deleted_contact_is_gone_and_deleting_it_again_is_fine(status):
    world = World()
    world.switch(deleted_contact_status=status)
    person = world.contact()
    record = world.connector.get("contact", person)

    world.delete("contact", record)
    world.delete("contact", record)

    assert world.sent[-2:] == [f"DELETE /contacts/{person}"] * 2
    with pytest.raises(RemoteNotFound):
        world.connector.get("contact", person)


def test_a_delete_that_did_not_succeed_is_an_error():
    remote = Remote({"succeded": False})
    (step,) = remote.connector.delete_steps("contact", BEFORE)

    with pytest.raises(RemoteRejected):
        remote.connector.perform("contact", step, BEFORE)
