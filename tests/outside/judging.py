"""What a judge checks after a live run."""

from __future__ import annotations

from typing import Any

from tests.outside import people
from tests.outside.driving import House


def converged(house: House, units: list[dict[str, Any]]) -> list[str]:
    """Say what a judge would find wrong after a live run."""
    pairs = {(u["left"], u["right"]) for u in units if u["left"] and u["right"]}
    found = [
        f"{pair} differ: {differs}"
        for u in units
        if (pair := (u["left"], u["right"])) in pairs and u["list"] != "conflict"
        if (differs := people.differences(house.left, house.right, pair))
    ]
    for pair in people.matchable(house.left, house.right) - pairs:
        row = people.shown(house.right, pair[1])
        if row["first_name"] != "Zed":  # clearly somebody else
            found.append(f"{pair} are not linked")
    found += [f"not settled: {u}" for u in units if u["list"] in {"failing", "waiting"}]
    return found + house.sins()


def twice(house: House) -> list[str]:
    """List the e-mails that several records of one side have."""
    sides = [
        [people.email(c.get("email")) for c in house.left.contacts.values()],
        [
            people.email(people.shown(house.right, i)["email"])
            for i in house.right.contacts
        ],
    ]
    return sorted({e for side in sides for e in side if e and side.count(e) > 1})
