"""The long outside tests: each quirk of a vendor by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.outside.driving import House
from tests.outside.judging import converged, twice
from tests.outside.test_outside import CONTACTS
from tests.outside.wire import Fault, Reply


def stops(house: House) -> None:
    """Quota refusals in the middle of batches, again and again."""
    crowded = Reply(429, {"code": 1070, "message": "too many concurrent calls"})
    burst = Reply(429, {"statusCode": 429}, {"Retry-After": "1"})
    house.left.faults.append(Fault("POST", "/contacts/", burst, skip=1))
    for skip in (1, 4, 6):
        house.right.faults.append(Fault("PUT", f"{CONTACTS}/.*", crowded, skip=skip))
    for skip in (1, 4):
        house.right.faults.append(Fault("POST", CONTACTS, crowded, skip=skip))


def names_without_capitals(house: House) -> None:
    """Search lower-cases names and has no raw ones: each must be read by id."""
    house.left.lower_names = True


def no_scope_to_look_around(house: House) -> None:
    """Neither the location nor the organizations may be read."""
    house.left.location_scope = house.right.settings_scope = False


def slow_enough_for_several_slices(house: House) -> None:
    """Every answer takes so long that the run is cut into slices."""
    house.left.latency = house.right.latency = 1.6


def search_far_behind(house: House) -> None:
    """The search index shows a write only five seconds later."""
    house.left.lag = 5.0


def duplicates_allowed(house: House) -> None:
    """The location takes a second contact with the same e-mail."""
    house.left.allow_duplicates = True
    house.left.headers_on = False


def tokens_that_expire(house: House) -> None:
    """An access token is good for a few calls; the code is the other one."""
    house.right.token_uses, house.right.unauthorized_code = 9, 14


@pytest.mark.soak
@pytest.mark.parametrize(
    "quirk",
    [
        stops,
        names_without_capitals,
        no_scope_to_look_around,
        slow_enough_for_several_slices,
        search_far_behind,
        duplicates_allowed,
        tokens_that_expire,
    ],
    ids=lambda quirk: quirk.__name__,
)
def test_it_converges_with(ready: House, quirk: Callable[[House], None]) -> None:
    ready.forget_logs()
    quirk(ready)

    done = ready.sync("--live", "--wait", "90", seconds=300)
    units = ready.links()

    assert done.code == 0, done.out + done.err
    assert converged(ready, units) == []
    assert sum(done.json["counts"].values()) == len(units)
    assert done.json["calls"] == ready.calls()
    assert twice(ready) == ["gus@twice.example", "vic@x.example"]
    ready.forget_logs()
    assert ready.sync("--live", "--wait", "30").code == 0
    assert ready.writes() == []


@pytest.mark.soak
def test_exactly_full_pages_lose_nobody_and_ask_for_no_page_too_many(
    ready: House,
) -> None:
    left, right = ready.left, ready.right
    for number in range(400 - len(right.contacts)):
        name = f"Vendor {number}"
        right.put(
            contact_name=name, contact_type="vendor", email=f"v{number}@v.example"
        )
    for number in range(500 - len(left.contacts)):
        left.put(firstName="P", email=f"p{number}@p.example")
    ready.forget_logs()

    done = ready.sync("--test")

    assert done.code == 0, done.err
    assert ready.calls()["Zoho"] == 2
    assert ready.calls()["GHL"] <= 2
    assert sum(done.json["counts"].values()) >= 850
    assert ready.sins() == []
