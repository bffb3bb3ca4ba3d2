"""The reports on the sandbox's messy people: what is planted there is found.

Each wire below is one that a person could well draw. How many it harms is counted here
from the values themselves, not by going there and back.
"""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import RemoteRecord
from mapping.editor import reported
from mapping.finding import catalogue_of
from mapping.models import Mapping
from mapping.sampling import tried_on
from mapping.steps.base import Setting
from mapping.steps.texts import case
from sandbox.highlevel import service as highlevel
from sandbox.highlevel.seeding import FIELDS
from tests.sync.world import world_make
from workspaces.models import Workspace

PACKAGE, SINCE = (f"customFields.{FIELDS[n][0]}" for n in (2, 4))
# as people write themselves: particles, capitals within, a hyphen
NAMES = ["van der Berg", "McDonald", "de la Cruz", "O’Neill", "von Ahn", "Berg-Meier"]
DAYS = ["2026-03-01", "2026-12-31", "2024-02-29", "2026-05-05"]


@pytest.fixture
def mapping(workspace: Workspace, settings: Any) -> Mapping:
    """The mapping of a sync whose mirror holds everybody; nothing is written."""
    world = world_make(workspace, settings)
    context = world.app.extensions["context"]
    for number, name in enumerate(NAMES):
        since = {"id": FIELDS[4][0], "field_value": DAYS[number % len(DAYS)]}
        person = {"firstName": "Ada", "lastName": name, "customFields": [since]}
        email = f"trap{number}@example.com"
        highlevel.contact_save(context, None, {**person, "email": email})
    world.run(mode="test")
    assert world.writes() == []
    return Mapping.objects.get(sync=world.sync)


def told(mapping: Mapping, left: str, right: str, **more: Any) -> dict[str, str]:
    """Return the notes of a wire, title → text."""
    line = {"left": left, "right": right, "direction": "both", **more}
    catalogue = catalogue_of(mapping.sync, "contact")
    (found,) = reported(mapping, catalogue, [line])
    return {note["title"]: note["text"] for note in found["notes"]}


def steps(*names: str, **options: Any) -> list[dict[str, Any]]:
    return [{"name": name, **options} for name in names]


def test_the_planted_traps_are_found(mapping: Mapping) -> None:
    _days_read_in_another_order(mapping)
    _names_with_particles(mapping)
    _phones_without_their_plus(mapping)
    _options_that_are_not_there(mapping)
    _what_is_harmless_is_called_so(mapping)


def _values(mapping: Mapping, key: str, side: str = "left") -> list[Any]:
    people = tried_on(mapping)
    return [v for p in people if (v := p.values(side).get(key)) not in (None, "", [])]


def _days_read_in_another_order(mapping: Mapping) -> None:
    days = _values(mapping, SINCE)
    # day and month change places, or there is no such month: only 5 May comes back
    lost = [day for day in days if day[5:7] != day[8:10]]
    found = told(
        mapping,
        SINCE,
        "twitter",
        to_right=steps("write_date", form="month_day_year"),
        to_left=steps("read_date", form="day_month_year"),
    )
    text = found["There and back is not the same."]
    assert f"True for {len(lost)} of {len(days)} values tried." in text
    assert lost
    right = told(
        mapping,
        SINCE,
        "twitter",
        to_right=steps("write_date", form="month_day_year"),
        to_left=steps("read_date", form="month_day_year"),
    )
    assert list(right) == ["Comes back the same"]


def _names_with_particles(mapping: Mapping) -> None:
    found = told(
        mapping,
        "lastName",
        "twitter",
        to_right=steps("case", to="upper"),
        to_left=steps("case", to="title"),
    )
    text = found["There and back is not the same."]
    lost = [n for n in _values(mapping, "lastName") if _titled(n.upper()) != n]
    share = f"True for {len(lost):,} of {len(_values(mapping, 'lastName')):,} values"
    assert share in text
    assert set(lost) & set(NAMES)


def _titled(name: str) -> str:
    return str(case(name, {"to": "title"}, Setting()))


def _phones_without_their_plus(mapping: Mapping) -> None:
    phones = _values(mapping, "phone")
    abroad = [phone for phone in phones if not phone.startswith("+44")]
    assert abroad
    found = told(
        mapping,
        "phone",
        "phone",
        to_right=steps("replace", find="+", **{"with": ""}),
        to_left=steps("phone", format="e164"),
    )
    assert found["There and back is not the same."].startswith("“+")


def _options_that_are_not_there(mapping: Mapping) -> None:
    packages = _values(mapping, PACKAGE)
    assert packages
    found = told(mapping, PACKAGE, "language_code", direction="left_to_right")
    text = found["Zoho Invoice would refuse some values."]
    count = len(packages)
    assert f"True for {count} of {count} people tried." in text
    assert "has no option" in text
    table = [["Basic", "de"], ["Plus", "en"], ["Studio", "es"]]
    matched = told(mapping, PACKAGE, "language_code", value_map=table)
    assert list(matched) == ["Comes back the same"]


def _what_is_harmless_is_called_so(mapping: Mapping) -> None:
    assert RemoteRecord.objects.filter(connection=mapping.sync.right).count() > 200
    for left, right in (("email", "email"), ("phone", "phone")):
        chain = steps("phone" if left == "phone" else "email")
        found = told(mapping, left, right, to_right=chain, to_left=chain)
        assert list(found) == ["Comes back the same"]
