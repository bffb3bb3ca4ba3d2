"""The product as an outsider drives it: commands, environment, two strict stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.outside import people
from tests.outside.conftest import serve
from tests.outside.driving import LISTS, OUTCOMES, House, config
from tests.outside.judging import converged, twice
from tests.outside.wire import HTML_503, Fault, Reply

CONTACTS = "/invoice/v3/contacts"


@dataclass
class Story:
    """What a default sync did, from the import to the second live run."""

    house: House
    ids: dict[str, dict[str, str]]
    test: Any
    writes_of_test: list[str]
    live: Any
    seen: dict[str, int]
    units: list[dict[str, Any]]
    again: Any
    writes_of_again: list[str]

    @property
    def pairs(self) -> dict[str, str]:
        """The linked pairs, left id → right id."""
        return {u["left"]: u["right"] for u in self.units if u["left"] and u["right"]}

    def unit(self, side: str, key: str) -> dict[str, Any]:
        """The unit of a person by their key."""
        return next(u for u in self.units if u[side] == self.ids[side][key])


@pytest.fixture(scope="module")
def story(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Test, go live, and run once more."""
    for house in serve(imported, tmp_path_factory.mktemp("story") / "data"):
        ids = people.populate(house.left, house.right)
        house.right.issue()  # the one that the import was given
        test = house.sync("--test")
        writes_of_test = house.writes()
        house.forget_logs()
        live = house.sync("--live")
        assert (test.code, live.code) == (0, 0), test.err + live.err
        seen, units = house.calls(), house.links()
        house.forget_logs()
        again = house.sync("--live")
        yield Story(
            house,
            ids,
            test.json,
            writes_of_test,
            live.json,
            seen,
            units,
            again.json,
            house.writes(),
        )


def outcomes(said: Any) -> dict[str, int]:
    """The outcomes that happened at all."""
    return {name: number for name, number in said["counts"].items() if number}


# --- the default sync


def test_a_test_shows_the_plan_and_writes_nothing(story: Story) -> None:
    assert story.writes_of_test == []
    assert story.test["mode"] == "test"
    assert story.test["outcome"] == "completed"
    assert story.test["counts"] == story.live["counts"]


def test_going_live_converges(story: Story) -> None:
    assert story.live["outcome"] == "completed"
    assert converged(story.house, story.units) == []


def test_nobody_is_created_twice(story: Story) -> None:
    assert twice(story.house) == ["gus@twice.example", "vic@x.example"]


def test_a_second_live_run_writes_nothing(story: Story) -> None:
    assert story.writes_of_again == []
    assert set(outcomes(story.again)) <= {"unchanged", "excluded", "review", "conflict"}


def test_the_counts_sum_to_the_units(story: Story) -> None:
    for said in (story.live, story.again):
        assert set(said["counts"]) == OUTCOMES
        assert sum(said["counts"].values()) == len(story.units)


def test_every_record_is_in_exactly_one_unit(story: Story) -> None:
    assert {u["list"] for u in story.units} <= LISTS
    for side, vendor in (("left", story.house.left), ("right", story.house.right)):
        listed = [u[side] for u in story.units if u[side]]
        assert sorted(listed) == sorted(vendor.contacts)


def test_the_calls_reported_are_the_calls_made_and_hardly_above_the_least(
    story: Story,
) -> None:
    assert story.live["calls"] == story.seen
    for name, calls in story.live["calls"].items():
        assert calls <= 1.02 * story.live["minimum_calls"][name]


def test_people_who_are_not_certain_are_left_for_review(story: Story) -> None:
    sure = story.unit("left", "eve"), story.unit("right", "eve")
    doubled = [story.unit("right", key) for key in ("vic1", "vic2")]

    assert {u["list"] for u in (*sure, *doubled)} == {"review"}


def test_out_of_scope_people_are_excluded_with_a_reason(story: Story) -> None:
    units = [story.unit("right", key) for key in ("max", "sue", "xia")]

    assert {u["list"] for u in units} == {"excluded"}
    assert all(u["reason"] for u in units)


def test_the_same_name_with_another_email_is_another_person(story: Story) -> None:
    kim, twins = (
        story.ids["left"]["kim"],
        [story.ids["left"][k] for k in ("pia", "pib")],
    )
    names = [story.house.right.contacts[story.pairs[i]]["contact_name"] for i in twins]

    assert story.pairs[kim] != story.ids["right"]["kim"]
    assert sorted(names) == ["Pia Twin", "Pia Twin (pia2@x.example)"]


def test_a_name_alone_links_when_nothing_contradicts(story: Story) -> None:
    assert story.pairs[story.ids["left"]["lou"]] == story.ids["right"]["lou"]


def test_secondary_contact_persons_stay_as_they_are(story: Story) -> None:
    persons = story.house.right.contacts[story.ids["right"]["tom"]]["persons"]

    assert [p["email"] for p in persons] == [
        "tina@x.example",
        "tom@x.example",
        "theo@x.example",
    ]
    assert [p["phone"] for p in persons] == ["+12125550122", "+12125550121", ""]
    assert persons[2]["designation"] == "CFO"


def test_status_tells_what_is_and_calls_nobody(story: Story) -> None:
    story.house.forget_logs()

    status = story.house.status()

    assert story.house.calls() == {"GHL": 0, "Zoho": 0}
    assert {c["health"] for c in status["connections"]} == {"active"}
    lists = status["syncs"][0]["records"]
    assert lists == {
        name: sum(u["list"] == name for u in story.units) for name in sorted(LISTS)
    }


def test_no_secret_is_shown_or_stored_in_plain(story: Story) -> None:
    assert story.house.secrets_shown() == []


@pytest.fixture
def later(story: Story, tmp_path: Path) -> Iterator[House]:
    """The converged installation again, to do with as one likes."""
    for house in serve(story.house.folder, tmp_path / "data"):
        house.left.contacts = deepcopy(story.house.left.contacts)
        house.left.index = deepcopy(house.left.contacts)
        house.right.contacts = deepcopy(story.house.right.contacts)
        house.right.issue()
        house.left.random.seed(8)  # ids of their own for whoever comes
        house.right.ids = count(9_600_000_000_310_001, 2)
        yield house


def test_edits_arrive_at_the_other_side_and_deletes_are_ignored(
    story: Story, later: House
) -> None:
    house, ids = later, story.ids
    house.left.edit(
        ids["left"]["ada"], phone="+12125550991", website="https://ada.example"
    )
    house.right.edit(ids["right"]["jose"], first_name="José María")
    house.right.edit(ids["right"]["cy"], company_name="Vance Ltd")
    house.left.edit(ids["left"]["dora"], lastName="Berg")
    house.right.edit(ids["right"]["dora"], last_name="Bergmann")
    house.left.remove(ids["left"]["fay"])
    gone = story.pairs[ids["left"]["ivan"]]
    del house.right.contacts[gone]
    before = len(house.left.contacts), len(house.right.contacts)
    house.forget_logs()

    done = house.sync("--live")
    units = house.links()

    assert (done.code, done.json["calls"]) == (0, house.calls()), done.err
    for key, field, value in (
        ("ada", "phone", "+12125550991"),
        ("ada", "website", "https://ada.example"),
    ):
        assert people.shown(house.right, ids["right"][key])[field] == value
    assert house.left.contacts[ids["left"]["jose"]]["firstName"] == "José María"
    assert house.left.contacts[ids["left"]["cy"]]["companyName"] == "Vance Ltd"
    assert (len(house.left.contacts), len(house.right.contacts)) == before
    dora = (ids["left"]["dora"], ids["right"]["dora"])
    listed = next(u["list"] for u in units if u["left"] == dora[0])
    assert listed == "conflict" or not people.differences(house.left, house.right, dora)
    assert house.sins() == []
    assert sum(done.json["counts"].values()) == len(units)


# --- trouble on the way


def test_it_converges_through_every_trouble_at_once(ready: House) -> None:
    house, left, right = ready, ready.left, ready.right
    left.lower_names = left.raw_names = left.minimal_answers = True
    left.lag, left.page_cap, left.location_scope = 2.0, 11, False
    right.person_answer_is_list, right.token_uses = True, 15
    lost = {"reset": Reply(reset=True), "422": left.error(422, ["something odd"])}
    broken = Reply(500, {"code": 1000, "message": "internal error"})
    crowded = Reply(429, {"code": 1070, "message": "too many concurrent calls"})
    house.forget_logs()
    left.faults += [
        Fault("POST", "/contacts/", lost["reset"], commit=True),
        Fault("POST", "/contacts/", lost["422"], commit=True),
        Fault("POST", "/contacts/search", Reply(502, HTML_503)),
        Fault("PUT", "/contacts/.*", Reply(429, {}, {"Retry-After": "1"})),
    ]
    right.faults += [
        Fault("POST", CONTACTS, Reply(reset=True), skip=1, commit=True),
        Fault("POST", CONTACTS, broken, skip=3, commit=True),
        Fault("GET", CONTACTS, Reply(503, HTML_503)),
        Fault("PUT", f"{CONTACTS}/.*", crowded, skip=2),
        Fault("PUT", f"{CONTACTS}/.*", Reply(reset=True), skip=4, commit=True),
    ]

    done = house.sync("--live", "--wait", "60")
    units = house.links()

    assert done.code == 0, done.out + done.err
    assert converged(house, units) == []
    assert sum(done.json["counts"].values()) == len(units)
    assert done.json["calls"] == house.calls()
    assert twice(house) == ["gus@twice.example", "vic@x.example"]
    house.forget_logs()
    assert house.sync("--live").code == 0
    assert house.writes() == []


def test_a_spent_day_waits_and_the_next_run_goes_on(ready: House) -> None:
    house = ready
    spent = {"code": 45, "message": "You have exceeded the maximum call rate limit."}
    house.right.faults.append(Fault("POST", CONTACTS, Reply(429, spent), skip=3))

    first = house.sync("--live", "--wait", "1")

    assert first.code == 4, first.out + first.err
    assert first.json["outcome"] == "waiting"
    assert first.json["resume_at"].endswith(("Z", "+00:00"))
    house.forget_logs()
    assert house.sync("--live", "--wait", "1").code == 4
    assert house.calls() == {"GHL": 0, "Zoho": 0}


def test_a_refused_token_asks_to_reconnect(ready: House) -> None:
    house = ready
    house.right.tokens.clear()
    house.right.valid_refresh = "1000.another"

    done = house.sync("--live")
    health = {c["name"]: c["health"] for c in house.status()["connections"]}

    assert (done.code, done.json["outcome"]) == (1, "failed"), done.out + done.err
    assert "connect again" in (done.out + done.err).lower()
    assert health == {"GHL": "active", "Zoho": "needs_reconnect"}
    assert house.writes() == []
    assert house.secrets_shown() == []


# --- configuration


def test_unknown_and_unsupported_keys_are_refused_with_their_path(
    house: House,
) -> None:
    wrong = config()
    wrong["syncs"][0]["objects"]["contact"]["fileds"] = "default"
    wrong["connections"][0]["colour"] = "red"

    done = house.configure(wrong, "--offline")

    assert done.code == 2
    assert "fileds" in done.err
    assert "connections" in done.err
    assert house.calls() == {"GHL": 0, "Zoho": 0}


def test_wrong_credentials_are_said_at_the_import(house: House) -> None:
    house.left.token = "pit-somebody-elses"

    done = house.configure(config())

    assert done.code == 2
    assert "connections[0].auth" in done.err
    assert "HighLevel refused" in done.err
    assert house.secrets_shown() == []


def test_what_cannot_run_is_refused(house: House) -> None:
    paused = config(state="paused")
    assert house.configure(paused, "--offline").code == 0

    unknown = house.run("crosswalk_sync", "Nobody", "--live", "--json")
    refused = house.sync("--live")

    assert (unknown.code, refused.code) == (2, 2), unknown.err + refused.err
    assert house.calls() == {"GHL": 0, "Zoho": 0}


# --- field maps, plans


def field_maps() -> list[dict[str, Any]]:
    """A list of field maps with everything the first version knows."""
    e164 = [{"name": "phone", "format": "e164"}]
    return [
        {"left": "firstName", "right": "first_name", "to_right": [{"name": "trim"}]},
        {"left": "lastName", "right": "last_name", "conflict": "ask"},
        {"left": "email", "right": "email", "to_right": [{"name": "email"}]},
        {"left": "phone", "right": "phone", "to_right": e164, "to_left": e164},
        {"left": "companyName", "right": "company_name", "direction": "left_to_right"},
        {"left": "website", "right": "website", "write": "if_empty"},
    ]


def test_each_field_map_keeps_its_own_rules(house: House) -> None:
    left, right = house.left, house.right
    amy = left.put(
        firstName="Amy",
        lastName="Pond",
        email="amy@x.example",
        phone="(212) 555-0140",
        companyName="Tardis",
    )
    hers = right.put(
        contact_name="Amy W",
        first_name="Amy",
        last_name="Williams",
        email="AMY@x.example",
        company_name="Leadworth",
        website="https://amy.example",
    )
    right.put(
        contact_name="Bea B",
        first_name=" Bea ",
        email="bea@x.example",
        phone="212 555 0141",
        company_name="Bea Ltd",
    )
    assert house.configure(config(fields=field_maps())).code == 0

    done = house.sync("--live")
    units = {u["left"]: u for u in house.links()}

    assert done.code == 0, done.out + done.err
    assert outcomes(done.json) == {"conflict": 1, "create": 1}
    assert (units[amy]["right"], units[amy]["list"]) == (hers, "conflict")
    shown = people.shown(right, hers)
    assert (shown["last_name"], left.contacts[amy]["lastName"]) == ("Williams", "Pond")
    assert (shown["company_name"], shown["phone"]) == ("Tardis", "+12125550140")
    assert left.contacts[amy]["website"] == "https://amy.example"
    bea = next(c for c in left.contacts.values() if c["email"] == "bea@x.example")
    assert (bea["phone"], "companyName" in bea) == ("+12125550141", False)
    assert house.sins() == []
    house.forget_logs()
    assert outcomes(house.sync("--live").json) == {"conflict": 1, "unchanged": 1}
    assert house.writes() == []


def test_a_sample_shows_a_few_and_a_plan_is_applied_as_shown(ready: House) -> None:
    house = ready
    sample = house.sync("--test", "--sample", "5")
    plan = house.sync("--test")
    late = house.left.put(firstName="Zoe", lastName="Late", email="zoe@x.example")
    done = house.sync("--live", "--plan", str(plan.json["run"]))

    assert sum(sample.json["counts"].values()) == 5
    assert done.code == 0, done.out + done.err
    assert done.json["counts"] == plan.json["counts"]
    assert late not in {u["left"] for u in house.links()}


def test_enqueued_runs_are_left_to_the_workers(ready: House) -> None:
    house = ready
    done = house.sync("--live", "--enqueue")

    assert (done.code, done.json["outcome"]) == (0, "queued"), done.out + done.err
    assert house.calls() == {"GHL": 0, "Zoho": 0}
    assert house.status()["queue"]["runs"] == 1
