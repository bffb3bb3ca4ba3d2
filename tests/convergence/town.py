"""The town: people who edit, two vendors, the product between them, and time.

Everything runs in this process: the product's runs against the sandbox, notices through
its own receiver. Time is virtual and flies when somebody waits.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import time_machine
from django.test import Client

from integrations.fields.fieldreading import catalogue_refresh
from integrations.selectors import webhook_url
from mapping.services import mapping_publish, mapping_save
from sandbox.clock import Clock
from sandbox.switches import Switches
from sandbox.zoho.fields import field_define
from sync.jobs import drain_inbox
from sync.models import Intent, Sync, SyncRecord
from sync.running.execution import run_slice
from sync.services import RunActive, run_active, run_request
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.convergence.childhands import APPOINTMENT, TASK, ChildHands
from tests.convergence.kin import Kin
from tests.convergence.model import Human
from tests.convergence.mortal import Fate, Line, fated
from tests.convergence.vendors import (
    FIELDS,
    LABELS,
    LEFT,
    RIGHT,
    SIDES,
    Side,
    SkewedClock,
    Values,
    Vendors,
)
from tests.sync.childworld import allow_projects, carry
from tests.sync.world import ORG, World, world_make
from workspaces.models import Workspace

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DEAD_SECONDS = 25  # a lease of a dead process has run out by then
QUIET_ROUNDS = 12
SLICES = 50
HOURS = 3600


def fresh(name: str, number: int) -> str:
    """Return a value that nobody has written yet."""
    return {
        "first": f"Ann{number}",
        "email": f"e{number}@x.example",
        "phone": f"+4479111{number:05d}",
        "company": f"Firm {number}",
        "website": f"https://w{number}.example",
    }[name]


@dataclass(frozen=True)
class Rules:
    """What the sync of a town is to do."""

    conflict: str
    delete: str = "ignore"
    labels: bool = False
    carried: tuple[str, ...] = ()  # what hangs under people, by object type
    skew: int = 0  # seconds that Zoho's clock is ahead


@dataclass
class Town:
    """One small world for one example."""

    world: World
    vendors: Vendors
    clock: SkewedClock
    traveller: Any
    policy: str
    delete_policy: str = "ignore"
    client: Client = field(default_factory=Client)
    humans: list[Human] = field(default_factory=list)
    known: dict[Side, set[str]] = field(
        default_factory=lambda: {"left": set(), "right": set()}
    )
    post: list[httpx.Request] = field(default_factory=list)
    mapped: dict[str, str] = field(default_factory=dict)  # field → direction
    fate: Fate = field(default_factory=Fate)
    activity: int = 0
    number: int = 0
    settled: set[int] = field(default_factory=set)  # runs that went through
    begun: set[int] = field(default_factory=set)  # and that did not at once
    is_labelled: bool = False  # the list is mapped
    kin: Kin | None = None  # what hangs under people, where the sync carries it
    steps: Counter[str] = field(default_factory=Counter)
    # who else looks after each piece of work
    lookers: list[Callable[[], None]] = field(default_factory=list)

    # --- people ---------------------------------------------------------------------

    def values(self, names: Any) -> Values:
        """Return values for fields that are new in the world."""
        found = {}
        for name in names:
            self.number += 1
            found[name] = fresh(name, self.number)
        return found

    def create(self, sides: tuple[Side, ...]) -> None:
        """Somebody new: at one side, or entered at both by people who do not talk."""
        human = Human(f"Person{len(self.humans)}Q")
        self.humans.append(human)
        shared = self.values(("first", "email"))
        for side in sides:
            own = self.values(("phone", "company", "website"))
            self._enter(human, side, {**shared, **own})

    def enter_across(self, human: Human, side: Side) -> None:
        """A person enters by hand at a side whom the other has; the sync would too."""
        other: Side = "right" if side == "left" else "left"
        there = self.vendors.live(other)[human.records[other]]
        own = self.values(("phone", "company", "website"))
        shared = {name: there[name] for name in ("first", "email")}
        # a run that has read and not yet written cannot know: nobody locks a vendor
        human.is_unsure |= run_active(self.world.sync, "live") is not None
        self._enter(human, side, {**shared, **own})

    def relate(self, human: Human) -> None:
        """Somebody new of the same family: another name, the same phone.

        At Zoho Invoice: HighLevel takes a phone once. What becomes of either is for a
        person to say, but nobody may take one for the other (`judging._lists_agree`).
        """
        phone = self.vendors.live("right")[human.records["right"]]["phone"]
        relative = Human(f"Person{len(self.humans)}Q", is_unsure=True)
        human.is_unsure = True
        self.humans.append(relative)
        own = self.values(("first", "email", "company", "website"))
        self._enter(relative, "right", {**own, "phone": phone})

    def _enter(self, human: Human, side: Side, values: Values) -> None:
        record = self.vendors.create(side, {**values, "last": human.name})
        self.known[side].add(record)
        human.made(side, record, values, self.moment())

    def edit(self, human: Human, side: Side, values: Values) -> None:
        """Somebody changes fields of a person."""
        self.vendors.edit(side, human.records[side], values)
        human.edited(side, values, self.moment())

    def label(self, human: Human, side: Side, adds: bool) -> None:
        """Somebody adds an item to a person's list, or takes one away.

        One item always stays: a text that is emptied as a whole takes nothing away. Not
        within the second of a write of ours: Zoho Invoice tells times in seconds, and no
        list shows this field (docs/connectors/zoho-invoice.md).
        """
        self.fly(1)
        record = human.records[side]
        items = self.vendors.labels(side, record)
        own = sorted(item for item in items if item.startswith("item"))
        if adds or len(items) < 2 or not own:
            self.number += 1
            item = f"item{self.number}"
            human.labels.added.add(item)
            self.vendors.relabel(side, record, {*items, item})
        else:
            human.labels.remove(own[0])
            self.vendors.relabel(side, record, items - {own[0]})

    def moment(self) -> int:
        """Return how much had been run by now: edits of one moment are seen together.

        What a lagging search hides, or a run that has read already, is seen apart.
        """
        is_lagging = Switches.load(self.vendors.context.store).search_lag_ms > 0
        if is_lagging or run_active(self.world.sync, "live") is not None:
            self.number += 1
            return -self.number
        return self.activity

    def delete(self, human: Human, side: Side) -> None:
        """Somebody deletes a person at a side."""
        self.vendors.delete(side, human.records.pop(side))
        human.was_deleted = True

    def here(self, side: Side) -> list[Human]:
        """Return who has a record at a side."""
        return [human for human in self.humans if side in human.records]

    # --- the product ----------------------------------------------------------------

    def work(
        self, trigger: str, scope: str, fate: Fate | None = None
    ) -> SyncRun | None:
        """Have a worker run, or go on with the run under way, until its fate."""
        self.activity += 1
        self.fate = fate or Fate()
        with fated(self.fate):
            try:
                run = run_request(
                    sync=self.world.sync, mode="live", trigger=trigger, scope=scope
                )
            except RunActive as busy:
                run = busy.run
            self._slices(run.pk)
        return self._after()

    def carry_out(self, run: SyncRun, fate: Fate | None = None) -> SyncRun | None:
        """Have a worker take a run that somebody has asked for, until its fate."""
        self.activity += 1
        self.fate = fate or Fate()
        with fated(self.fate):
            self._slices(run.pk)
        return self._after()

    def drain(self, fate: Fate | None = None) -> SyncRun | None:
        """Have a worker read what has arrived."""
        self.activity += 1
        self.fate = fate or Fate()
        with fated(self.fate):
            drain_inbox()
        return self._after()

    def _slices(self, pk: int) -> None:
        for _ in range(SLICES):
            run = run_slice(pk, early=True, seconds=600)
            if run is None or run.state != SyncRun.State.QUEUED:
                return
        raise AssertionError("a run that never ends")

    def _after(self) -> SyncRun | None:
        if self.fate.is_dead:
            self.steps["killed"] += 1
            SyncRun.objects.exclude(lease_owner="").update(
                lease_owner="", lease_until=None
            )
            self.fly(DEAD_SECONDS)
        self.fate = Fate()
        run = SyncRun.objects.order_by("pk").last()
        self.observe()
        if run is not None and run.is_active:
            self.begun.add(run.pk)
        if run is not None and run.state == SyncRun.State.COMPLETED:
            self.settle(is_seen=self._sees_all(run))
        return run

    def _sees_all(self, run: SyncRun) -> bool:
        """Whether a run that went through has seen whoever was there: one that asked
        both sides, of which neither lags nor has a clock of its own, only once, and
        just now: what goes on after a kill or a wait has read before."""
        is_new = run.pk not in self.settled | self.begun
        self.settled.add(run.pk)
        asked = run.trigger != SyncRun.Trigger.WEBHOOK and run.scope != "records"
        is_lagging = Switches.load(self.vendors.context.store).search_lag_ms > 0
        return is_new and asked and not is_lagging and not self.clock.skew

    def observe(self) -> None:
        """Look at both vendors: who is there now, and is anybody there twice?"""
        for side in SIDES:
            live = self.vendors.live(side)
            self._miss(side, live)
            names = Counter(record["last"] for record in live.values())
            twice = [n for n in names if names[n] > 1 and not self.human(n).is_unsure]
            assert not twice, f"{twice} are twice at the {side}: {live}"
            for record in live.keys() - self.known[side]:
                human = self.human(live[record]["last"])
                human.records[side] = record
            self.known[side] |= live.keys()
        if self.kin is not None:
            self.kin.observe()
        for look in self.lookers:
            look()

    def _miss(self, side: Side, live: dict[str, Values]) -> None:
        """Note whom the sync has deleted: only who was deleted before, and if it may."""
        for human in self.here(side):
            if human.records[side] not in live:
                may = self.delete_policy == "mirror" and human.was_deleted
                assert may or human.may_go, (
                    f"{human.name} was deleted at the {side}: {self.told()}"
                )
                del human.records[side]

    def settle(self, *, is_seen: bool) -> None:
        """Note who has come to rest: a run went through, and both sides agree."""
        live = {side: self.vendors.live(side) for side in SIDES}
        for human in self.humans:
            if human.records.keys() >= set(SIDES):
                now = {side: live[side][human.records[side]] for side in SIDES}
                wrong = human.settle(
                    now, self.policy, self.both_ways(), is_seen=is_seen
                )
                assert not wrong, [human.name, *wrong, *self.told()]
                lists = [
                    self.vendors.labels(side, human.records[side]) for side in SIDES
                ]
                if self.is_labelled and lists[0] == lists[1]:
                    human.labels.settle(lists[0])
        if self.kin is not None:
            self.kin.settle()

    def both_ways(self) -> list[str]:
        """Return the fields that are mapped both ways."""
        return [name for name in FIELDS if self.mapped[name] == "both"]

    def human(self, name: str) -> Human:
        """Return a person by the name that nobody edits."""
        return next(human for human in self.humans if human.name == name)

    def remap(self, name: str, direction: str) -> None:
        """Somebody changes the mapping of a live sync; "" takes a field out of it."""
        self.mapped[name] = direction
        for human in self.humans:
            human.loosen(name)
        self.publish()

    def publish(self) -> None:
        """Put the mapping in force."""
        names = {"last": "both", **self.mapped}
        lines = [
            {"left": LEFT[name], "right": RIGHT[name], "direction": direction}
            for name, direction in names.items()
            if direction
        ]
        if self.is_labelled:
            lines.append({**LABELS, "direction": "both"})
        mapping = mapping_save(
            sync=self.world.sync,
            object_type="contact",
            direction="both",
            lines=lines,
            actor=None,
        )
        mapping_publish(mapping=mapping, actor=None)

    # --- the post -------------------------------------------------------------------

    def collect(self) -> None:
        """Take what the vendors have sent since the last time."""
        self.post += self.world.arrivals()

    def deliver(self, how: str, seed: int) -> None:
        """Bring the post: all of it, twice, out of order, half of it, or none ever."""
        self.collect()
        chance = random.Random(seed)
        due, self.post = self.post, []
        if how == "twice":
            due = due + due
        if how in {"twice", "shuffled"}:
            chance.shuffle(due)
        if how == "late":
            self.post = due[1::2]
            due = due[::2]
        if how == "lost":
            due = [each for each in due if chance.random() < 0.5]
        for request in due:
            headers = {k: v for k, v in request.headers.items() if k.startswith("x-")}
            answer = self.client.post(
                request.url.path,
                data=request.content,
                content_type=request.headers["content-type"],
                headers=headers,
            )
            assert answer.status_code in {200, 503}, answer.content

    # --- time, and trouble ------------------------------------------------------------

    def fly(self, seconds: float) -> None:
        """Let time pass."""
        self.traveller.shift(timedelta(seconds=seconds))

    def switch(self, **changes: Any) -> None:
        """Set how well the vendors behave."""
        Switches.save(self.vendors.context.store, **changes)

    def fault(self, **fault: Any) -> None:
        """Have something go wrong with calls to come."""
        found = Switches.load(self.vendors.context.store).fail_next
        self.switch(fail_next=[*found, fault])

    # --- quiet ------------------------------------------------------------------------

    def quiet(self) -> None:
        """Trouble ends, the post comes, polls run until nothing is due any more."""
        self.switch(fail_next=[], search_lag_ms=0, zoho_access_token_seconds=3600)
        # comments come with a daily round, of which a part is due each day
        pause = (7 if self.kin is None else 25) * HOURS
        calm = 0
        for round_ in range(QUIET_ROUNDS):
            self.fly(400 if round_ < 3 else pause)
            before = len(self.world.writes())
            self.deliver("all", 0)
            self.drain()
            run = self.work("schedule", "dirty")
            is_calm = run is not None and not run.is_active
            calm = calm + 1 if is_calm and len(self.world.writes()) == before else 0
            if calm >= 2 and round_ >= 4 and not self.unsettled():
                return
        raise AssertionError(f"no rest: {self.unsettled()}, {self.told()}")

    def unsettled(self) -> dict[str, int]:
        """Return what is still to be done, by what it is."""
        lists = Counter(
            SyncRecord.objects.filter(sync=self.world.sync).values_list(
                "list", flat=True
            )
        )
        found = {name: lists[name] for name in ("waiting", "failing") if lists[name]}
        if pending := Intent.objects.filter(state=Intent.State.PENDING).count():
            found["intents"] = pending
        if active := run_active(self.world.sync, "live"):
            found[f"run {active.pk} {active.state} {active.reason}"] = 1
        return found

    def told(self) -> list[str]:
        """Return what the product says of each unit and of each change it ever made: for
        the message of a failure."""
        rows = SyncRecord.objects.filter(sync=self.world.sync).order_by("pk")
        entries = LogEntry.objects.filter(run__sync=self.world.sync).order_by("pk")
        return [
            *(f"{row.label}: {row.list}, {row.reason}" for row in rows),
            *(
                f"run {each.run_id}, {each.label}: {each.outcome}, {change['side']} "
                f"{change['label']}: {change['before']!r} -> {change['after']!r}"
                for each in entries
                for change in each.changes
            ),
        ]


def town_make(
    workspace: Workspace,
    settings: Any,
    traveller: time_machine.Traveller,
    rules: Rules,
) -> Town:
    """Make a town with a live sync and nobody in it."""
    clock = SkewedClock()
    world = world_make(workspace, settings, seed=False, clock=clock)
    town: Town
    inner: Callable[[], httpx.BaseTransport] = settings.TRANSPORT_FACTORY
    settings.TRANSPORT_FACTORY = lambda: Line(inner(), lambda: town.fate)
    world.app.extensions["sender"].clock = Clock()  # the post has no time of its own
    clock.skew = timedelta(seconds=rules.skew)
    vendors = Vendors(world.app.extensions["context"], clock)
    town = Town(world, vendors, clock, traveller, rules.conflict, rules.delete)
    Sync.objects.filter(pk=world.sync.pk).update(
        conflict=rules.conflict, delete_policy=rules.delete
    )
    if rules.labels:
        field_define(world.store, ORG, "cf_labels", "Labels")
        world.switch(zoho_list_custom_fields=True, tags_move_contact=True)
        assert catalogue_refresh(world.right) == []
        town.is_labelled = True
    if rules.carried:
        town.kin = kin_make(town, rules.carried)
    world.sync.refresh_from_db()
    town.mapped = dict.fromkeys(FIELDS, "both")
    town.publish()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.notify(webhook_url)
    return town


def kin_make(town: Town, kinds: tuple[str, ...]) -> Kin:
    """Have the sync of a town carry what hangs under people."""
    world = town.world
    if TASK in kinds:
        world.right.options = {"project_tasks": True}
        world.right.save()
        world.sync.refresh_from_db()
        allow_projects(world)
    for kind in kinds:
        carry(world, kind, "left_to_right" if kind == APPOINTMENT else "both")
    return Kin(town, ChildHands(world), kinds)
