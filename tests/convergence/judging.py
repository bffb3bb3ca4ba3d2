"""The judgement of a town that has come to rest: by what both vendors hold."""

from __future__ import annotations

import json
from collections import Counter
from io import StringIO
from typing import Any

from django.core.management import call_command

from sync.deciding.units import living_links
from sync.models import SyncRecord
from synclog.models import SyncRun
from tests.convergence.model import Human
from tests.convergence.town import Town
from tests.convergence.vendors import SIDES, Side, Values

Live = dict[Side, dict[str, Values]]


def judge(town: Town) -> None:
    """Say what is wrong in a town that has come to rest; raise if anything is."""
    before = len(town.world.writes())
    run = town.work("command", "all")
    assert run is not None
    assert run.state == SyncRun.State.COMPLETED, (run.state, run.reason)
    assert town.world.writes()[before:] == [], "one more run wrote"
    live: Live = {side: town.vendors.live(side) for side in SIDES}
    units = links_told(town)
    wrong = [
        f"{human.name}: {problem}"
        for human in town.humans
        for problem in problems(town, human, live, units)
    ]
    if town.kin is not None:
        wrong += town.kin.problems(paired_names(town, units), units)
    assert not wrong, "\n".join([*wrong, *town.told()])
    _lists_agree(town, live, units)
    assert sum(run.counts.values()) == len(units), (run.counts, town.told())


def links_told(town: Town) -> list[dict[str, Any]]:
    """Return what `crosswalk_links` says: a line a unit."""
    out = StringIO()
    call_command("crosswalk_links", town.world.sync.name, "--json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines() if line]


def paired_names(town: Town, units: list[dict[str, Any]]) -> set[str]:
    """Return the names of those who are one unit of two records, by the rules alone."""
    pairs = {(unit["left"], unit["right"]) for unit in units}
    return {
        human.name
        for human in town.humans
        if human.is_judged
        and (human.records.get("left"), human.records.get("right")) in pairs
    }


def problems(
    town: Town, human: Human, live: Live, units: list[dict[str, Any]]
) -> list[str]:
    """Return what is wrong with one person."""
    if not human.is_judged or not human.records:
        return []
    own = [
        unit
        for unit in units
        if any(unit[side] == record for side, record in human.records.items())
    ]
    lists = {unit["list"] for unit in own}
    if human.records.keys() != set(SIDES):
        (side,) = human.records
        values = live[side][human.records[side]]
        can_be = values["email"] or values["phone"]
        return [f"only at the {side}: {lists}"] if can_be else []
    if "review" in lists and len(own) == 2:
        return []  # entered by hand at both sides, and not surely the same
    if len(own) != 1:
        return [f"is {len(own)} units: {lists}"]
    return field_problems(town, human, live, is_listed=lists == {"conflict"})


def field_problems(
    town: Town, human: Human, live: Live, *, is_listed: bool
) -> list[str]:
    """Return what is wrong with the mapped fields of a linked person."""
    found = []
    for name, direction in town.mapped.items():
        if direction != "both":
            continue
        now = {side: live[side][human.records[side]][name] for side in SIDES}
        history = human.fields[name]
        problem = history.problem(now, town.policy, is_listed=is_listed)
        if problem:
            found.append(f"{name}: {problem}")
    if town.is_labelled:
        left, right = (town.vendors.labels(s, human.records[s]) for s in SIDES)
        if problem := human.labels.problem(left, right):
            found.append(f"labels: {problem}")
    return found


def _lists_agree(town: Town, live: Live, units: list[dict[str, Any]]) -> None:
    """Each living record is in exactly one list; a pair is linked, and one person."""
    for side in SIDES:
        listed = Counter(unit[side] for unit in units if unit[side])
        assert set(listed.values()) <= {1}, listed
        lacking = live[side].keys() - listed.keys()
        assert not lacking, f"{lacking} of the {side} are in no list"
    people = [unit for unit in units if unit["object"] == "contact"]
    pairs = {(u["left"], u["right"]) for u in people if u["left"] and u["right"]}
    links = living_links(town.world.sync, "contact")
    assert pairs == set(links.values_list("left__remote_id", "right__remote_id"))
    assert len(units) == SyncRecord.objects.filter(sync=town.world.sync).count()
    for left, right in pairs:
        names = {
            live["left"].get(left, {}).get("last"),
            live["right"].get(right, {}).get("last"),
        }
        assert len(names - {None}) <= 1, f"two people are one: {names}"
