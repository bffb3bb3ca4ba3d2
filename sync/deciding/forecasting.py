"""What publishing a mapping's draft would change: its pairs decided twice, from the mirror.

No call and no write. Each linked pair is decided by the mapping in force and by the draft;
what only the draft would write is told. The engine's own guard counts along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mapping.convert import Side
from mapping.models import Mapping as FieldMapping
from mapping.preview import shown
from mapping.versions import version_next
from sync.deciding.units import UnitSource, links_until, living_links
from sync.engine.guards import Guards, Tally, Trip, change_trip
from sync.engine.types import Decision, FieldChange, Policy
from sync.models import RecordLink, Sync
from sync.policy import policy_build, system_name

TRIED = 2_000  # pairs at the most: a page waits for it
CHUNK = 200
EXAMPLES = 3
Target = tuple[Side, str]  # a side and the field that is written there


@dataclass(slots=True)
class FieldForecast:
    """What becomes of one field at one system: counts of people, and a few of them."""

    label: str
    system: str
    side: Side
    filled: int = 0  # was empty there
    replaced: int = 0  # what stands there is lost
    added: int = 0  # grows: an item of a list, a text that is appended
    refused: int = 0  # the field cannot hold it: left as it is, and said
    # (person, before, after), as a page shows them; of refusals the reason
    examples: list[tuple[str, str, str]] = field(default_factory=list)
    reason: str = ""

    @property
    def count(self) -> int:
        return self.filled + self.replaced + self.added


@dataclass(slots=True)
class Forecast:
    """What publishing would change among the linked pairs."""

    pairs: int
    tried: int = 0
    changed: int = 0  # pairs of which something would be written
    asks: int = 0  # pairs that would become a conflict for a person
    unread: int = 0  # pairs of which a field that counts has not been read yet
    fields: list[FieldForecast] = field(default_factory=list)
    trip: Trip | None = None

    @property
    def is_sample(self) -> bool:
        return self.tried < self.pairs

    @property
    def about(self) -> int:
        """Return how many of all pairs would change, judged by those tried."""
        return round(self.changed * self.pairs / self.tried) if self.tried else 0


def mapping_forecast(mapping: FieldMapping) -> Forecast:
    """Return what publishing the draft of a mapping would change."""
    sync = mapping.sync
    then = policy_build(sync, mapping, version_next(mapping))
    sources = [
        _source(sync, mapping.object_type, policy)
        for policy in (policy_build(sync, mapping), then)
    ]
    keys = list(
        living_links(sync, mapping.object_type)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    count = _Count(Forecast(len(keys)), sync)
    tally = Tally(0)
    for links in _chunks(_spread(keys)):
        decided = [source.decide_links(links) for source in sources]
        for now, later in zip(*decided, strict=True):
            count.add(later.label, now.decision, later.decision)
            tally.add(later.decision)
            tally.pairs += 1
    found = count.forecast
    found.fields = sorted(count.fields.values(), key=lambda each: -each.count)
    found.trip = change_trip(Guards.of(sync.guards), tally)
    return found


def _source(sync: Sync, object_type: str, policy: Policy) -> UnitSource:
    until = links_until(sync, object_type)
    return UnitSource(sync, object_type, policy, {"left": {}, "right": {}}, until)


def _spread(keys: Sequence[int]) -> list[int]:
    """Return all keys, or TRIED of them from beginning to end."""
    if len(keys) <= TRIED:
        return list(keys)
    step = len(keys) / TRIED
    return [keys[int(number * step)] for number in range(TRIED)]


def _chunks(keys: Sequence[int]) -> Iterator[list[RecordLink]]:
    for begin in range(0, len(keys), CHUNK):
        chosen = RecordLink.objects.filter(pk__in=keys[begin : begin + CHUNK])
        yield list(chosen.select_related("left", "right").order_by("pk"))


class _Count:
    """Counts what the draft would do that the mapping in force would not."""

    def __init__(self, forecast: Forecast, sync: Sync) -> None:
        self.forecast = forecast
        self.sync = sync
        self.fields: dict[Target, FieldForecast] = {}

    def add(self, label: str, now: Decision, later: Decision) -> None:
        found = self.forecast
        found.tried += 1
        before = {_target(c): (c.action, c.after) for c in now.changes if c.side}
        fresh = [
            change
            for change in later.changes
            if change.action in {"write", "refuse"}
            and before.get(_target(change)) != (change.action, change.after)
        ]
        found.changed += any(change.action == "write" for change in fresh)
        found.asks += _is(later, "conflict") and not _is(now, "conflict")
        found.unread += _is(later, "unread") and not _is(now, "unread")
        for change in fresh:
            self._field(label, change)

    def _field(self, label: str, change: FieldChange) -> None:
        side = change.side or "right"
        name = system_name(self.sync, side)
        blank = FieldForecast(change.rule.label(side), name, side)
        each = self.fields.setdefault(_target(change), blank)
        if change.action == "refuse":
            each.refused += 1
            each.reason = each.reason or change.reason
            return
        if change.replaces:
            each.replaced += 1
        elif shown(change.before):
            each.added += 1
        else:
            each.filled += 1
        if len(each.examples) < EXAMPLES:
            each.examples.append((label, shown(change.before), shown(change.after)))


def _target(change: FieldChange) -> Target:
    side = change.side or "right"
    return side, change.rule.key(side)


def _is(decision: Decision, action: str) -> bool:
    return any(change.action == action for change in decision.changes)


def trip_words(trip: Trip, system: str) -> str:
    """Return what the guard would say of a forecast, as a sentence."""
    return (
        f"{trip.label} would be replaced at {system} for {trip.percent} % of the people "
        f"tried. This sync asks above {trip.limit} %."
    )
