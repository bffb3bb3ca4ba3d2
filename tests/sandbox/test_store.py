"""The sandbox's store, switches, limits and webhook sender."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox.clock import Clock
from sandbox.limits import RateLimiter
from sandbox.people import seed_people
from sandbox.store import Store
from sandbox.switches import Switches
from sandbox.webhooks import KEPT, KIND, Sender

URL = "http://product.example/hook"


class Receiver:
    """Answers what it is told and remembers the bodies."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.bodies: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.content)
        return httpx.Response(self.statuses.pop(0) if self.statuses else 200)


def sender_to(receiver: Receiver) -> Sender:
    return Sender(Store(None), Clock(), httpx.MockTransport(receiver))


def test_a_restart_with_the_same_path_restores_everything(tmp_path):
    path = str(tmp_path / "deep" / "sandbox.sqlite3")
    store = Store(path)
    store.put("person", "b", {"name": "Zoë", "tags": ["x"]})
    store.put("person", "a", {"name": "Ann"})
    store.put("person", "b", {"name": "Zoë", "tags": ["y"]})
    store.counter("id")
    store.close()

    again = Store(path)

    assert [each["name"] for each in again.all("person")] == ["Zoë", "Ann"]
    assert again.get("person", "b") == {"name": "Zoë", "tags": ["y"]}
    assert again.counter("id") == 2
    again.close()


def test_documents_go_in_and_out_as_copies():
    store = Store(None)
    document = {"tags": ["x"]}
    store.put("person", "a", document)
    document["tags"].append("y")
    (store.get("person", "a") or {})["tags"].append("z")

    assert store.get("person", "a") == {"tags": ["x"]}


def test_a_cleared_store_is_empty_after_a_restart_too(tmp_path):
    path = str(tmp_path / "sandbox.sqlite3")
    store = Store(path)
    store.put("person", "a", {})
    store.clear()
    store.close()

    again = Store(path)

    assert again.all("person") == []
    assert not again.delete("person", "a")
    again.close()


def test_switches_are_kept_and_wrong_ones_are_refused():
    store = Store(None)

    Switches.save(store, latency_ms=5)

    assert Switches.load(store).latency_ms == 5
    with pytest.raises(TypeError):
        Switches.save(store, latency_ms="5")
    with pytest.raises(TypeError):
        Switches.save(store, nonsense=True)
    with pytest.raises(ValueError, match="webhook_mode"):
        Switches.save(store, webhook_mode="odd")


def test_the_limiter_counts_a_sliding_window_and_forgets_refused_calls():
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    limiter = RateLimiter(clock)
    exceeded = [limiter.sliding("org", 2, 60).exceeded for _ in range(4)]
    clock.advance(61)

    assert exceeded == [False, False, True, True]
    assert limiter.sliding("org", 2, 60).used == 1


def test_a_day_bucket_goes_negative_and_starts_again_the_next_day():
    limiter = RateLimiter(Clock(datetime(2026, 1, 1, tzinfo=UTC)))
    end = datetime(2026, 1, 2, tzinfo=UTC)
    used = [limiter.bucket("org", 2, "1", end).remaining for _ in range(3)]

    assert used == [1, 0, -1]
    assert limiter.bucket("org", 2, "2", end + timedelta(days=1)).remaining == 1


def test_the_sender_delivers_and_notes_it():
    receiver = Receiver()
    sender = sender_to(receiver)

    sender.emit("zoho", URL, b"{}", {"X-Test": "1"})

    assert sender.drain()
    assert receiver.bodies == [b"{}"]
    (noted,) = sender.store.all(KIND)
    assert (noted["state"], noted["status"]) == ("delivered", 200)


@pytest.mark.parametrize(
    ("mode", "count"), [("normal", 1), ("duplicate", 2), ("lost", 0)]
)
def test_the_webhook_mode_decides_how_often_an_event_arrives(mode, count):
    receiver = Receiver()
    sender = sender_to(receiver)
    Switches.save(sender.store, webhook_mode=mode)

    sender.emit("zoho", URL, b"{}", {})

    assert sender.drain()
    assert len(receiver.bodies) == count


def test_shuffled_events_arrive_all_but_in_another_order():
    receiver = Receiver()
    sender = sender_to(receiver)
    Switches.save(sender.store, webhook_mode="shuffle")
    sent = [str(number).encode() for number in range(12)]

    for body in sent:
        sender.emit("zoho", URL, body, {})

    assert sender.drain()
    assert sorted(receiver.bodies) == sorted(sent)
    assert receiver.bodies != sent


def test_paused_events_are_held_until_the_switch_is_off():
    receiver = Receiver()
    sender = sender_to(receiver)
    Switches.save(sender.store, webhooks_paused=True)

    sender.emit("zoho", URL, b"{}", {})
    held = sender.drain(0.05)
    Switches.save(sender.store, webhooks_paused=False)

    assert not held
    assert sender.drain()
    assert receiver.bodies == [b"{}"]


def test_an_event_under_the_stores_lock_never_blocks_the_sender():
    receiver = Receiver()
    sender = sender_to(receiver)

    for number in range(200):
        with sender.store.lock:
            sender.store.put("person", str(number), {})
            sender.emit("zoho", URL, b"{}", {})

    assert sender.drain()
    assert len(receiver.bodies) == 200


def test_highlevel_tries_a_429_again_ten_minutes_later_and_a_500_never():
    receiver = Receiver(500, 429)
    sender = sender_to(receiver)

    sender.emit("highlevel", URL, b"lost", {})
    sender.drain()
    sender.emit("highlevel", URL, b"again", {})
    sender.drain()
    sender.clock.advance(601)

    assert sender.drain()
    assert receiver.bodies == [b"lost", b"again", b"again"]
    states = [each["state"] for each in sender.store.all(KIND)]
    assert states == ["failed", "delivered"]


def test_only_the_last_deliveries_are_kept():
    sender = sender_to(Receiver())
    Switches.save(sender.store, webhook_mode="lost")

    for _ in range(KEPT + 3):
        sender.emit("zoho", URL, b"", {})

    kept = sender.store.all(KIND)
    assert len(kept) == KEPT
    assert kept[0]["id"] == "4"


def test_the_invented_people_are_the_same_every_time():
    people = seed_people()

    assert people == seed_people()
    assert sum(each.left is not None for each in people) == 300
    assert sum(each.right is not None for each in people) == 220
    assert sum(each.same for each in people) == 120


def test_a_full_name_belongs_to_one_human():
    humans = [each for each in seed_people() if each.variant != "duplicate"]
    names = {f"{each.first_name} {each.last_name}" for each in humans}

    assert len(names) == len(humans)


def test_no_two_zoho_contacts_share_a_name_and_no_link_shares_a_key():
    people = seed_people()
    names = [each.right.contact_name.casefold() for each in people if each.right]
    emails = [each.email for each in people if each.expect == "link"]
    phones = [each.phone for each in people if each.expect == "link"]

    assert len(set(names)) == len(names)
    assert len(set(emails)) == len(emails)
    assert len(set(phones)) == len(phones)
