"""Matching on stored records: all at once and one at a time come to the same."""

from __future__ import annotations

import random
from typing import Any

import pytest

from integrations.connectors.base import Record
from integrations.mirroring.mirror import record_gone, records_store
from integrations.models import Connection, RemoteRecord
from integrations.registry import spec
from sync.deciding.matching import unlinked, verdict_one, verdicts_make
from sync.engine.types import Policy, SideFacts
from sync.models import RecordLink, Sync
from tests.integrations.helpers import make_connection, make_grant

POLICY = Policy((), SideFacts("HighLevel", "GB"), SideFacts("Zoho", "GB"))
EMAILS = ["", "a@x.example", "b@x.example", "c@x.example", "d@x.example"]
PHONES = ["", *(f"020 7946 095{digit}" for digit in range(5))]
FIRST = ["", "Anna", "Bob", "Robert", "Peter"]
LAST = ["", "Fox"]


@pytest.fixture
def sync(db: None) -> Sync:
    left = make_connection(make_grant("highlevel"), country="GB")
    grant = make_grant("zoho_invoice", workspace=left.workspace)
    right = make_connection(grant, country="GB", account_id="7")
    return Sync.objects.create(
        workspace=left.workspace, name="S", left=left, right=right
    )


def people(connection: Connection, *rows: dict[str, Any]) -> list[RemoteRecord]:
    first = RemoteRecord.objects.count()
    records_store(
        connection,
        "contact",
        [
            Record(
                f"r{first + number}",
                values,
                "detail",
                excluded=values.pop("excluded", ""),
            )
            for number, values in enumerate(rows)
        ],
    )
    found = RemoteRecord.objects.filter(connection=connection).order_by("pk")
    return list(found)[-len(rows) :] if rows else []


def link(sync: Sync, left: RemoteRecord, right: RemoteRecord) -> None:
    RecordLink.objects.create(sync=sync, object_type="contact", left=left, right=right)


def anybody(kind: str, chance: random.Random) -> dict[str, Any]:
    of = spec(kind).object("contact").match_fields
    values = {key: chance.choice(PHONES) for key in of["phone"]}
    values[of["email"][0]] = chance.choice(EMAILS)
    values[of["first_name"][0]] = chance.choice(FIRST)
    values[of["last_name"][0]] = chance.choice(LAST)
    if kind == "zoho_invoice" and chance.random() < 0.1:
        values["excluded"] = "vendor"
    return values


@pytest.mark.parametrize("seed", range(12))
def test_one_at_a_time_gives_the_verdict_of_all_at_once(sync: Sync, seed: int) -> None:
    chance = random.Random(seed)
    lefts = people(sync.left, *(anybody("highlevel", chance) for _ in range(12)))
    rights = people(sync.right, *(anybody("zoho_invoice", chance) for _ in range(12)))
    for left, right in zip(
        chance.sample(lefts, 2), chance.sample(rights, 2), strict=True
    ):
        link(sync, left, right)
    record_gone(chance.choice(lefts))

    verdicts = verdicts_make(sync, "contact", POLICY)

    for side in ("left", "right"):
        for row in unlinked(sync, side, "contact"):
            assert (
                verdict_one(sync, "contact", POLICY, side, row.pk)
                == verdicts[side][row.pk]
            )


def test_a_long_chain_of_shared_keys_is_followed_to_its_end(sync: Sync) -> None:
    people(
        sync.left,
        {"firstName": "Anna", "lastName": "Fox"},
        {"firstName": "Bob", "phone": PHONES[1], "email": EMAILS[1]},
    )
    people(
        sync.right,
        {"first_name": "Anna", "last_name": "Fox", "phone": PHONES[1]},
        {"first_name": "Bob", "email": EMAILS[1], "phone": PHONES[2]},
    )
    verdicts = verdicts_make(sync, "contact", POLICY)
    for side in ("left", "right"):
        for row in unlinked(sync, side, "contact"):
            assert (
                verdict_one(sync, "contact", POLICY, side, row.pk)
                == verdicts[side][row.pk]
            )


def test_somebody_gone_is_no_longer_in_the_way(sync: Sync) -> None:
    one, two = people(sync.left, {"email": EMAILS[1]}, {"email": EMAILS[1]})
    (right,) = people(sync.right, {"email": EMAILS[1]})
    assert verdicts_make(sync, "contact", POLICY)["left"][one.pk].kind == "review"

    record_gone(two)
    assert verdicts_make(sync, "contact", POLICY)["left"][one.pk].partner == right.pk


def test_a_newcomer_who_looks_like_somebody_linked_is_reviewed(sync: Sync) -> None:
    (one,) = people(sync.left, {"email": EMAILS[1]})
    (right,) = people(sync.right, {"email": EMAILS[1]})
    link(sync, one, right)
    (two,) = people(sync.left, {"email": EMAILS[1].upper()})

    assert verdict_one(sync, "contact", POLICY, "left", two.pk).code == "partner_linked"


def test_very_long_names_find_those_linked_before(sync: Sync) -> None:
    name = "Anna " * 80
    (one,) = people(sync.left, {"firstName": name})
    (right,) = people(sync.right, {"first_name": name})
    link(sync, one, right)
    (two,) = people(sync.left, {"firstName": name})

    found = verdicts_make(sync, "contact", POLICY)["left"][two.pk]
    assert found.code == "partner_linked"
    assert verdict_one(sync, "contact", POLICY, "left", two.pk) == found
