"""Seeding: the same invented people every time, in both systems."""

from __future__ import annotations

import sandbox.highlevel.seeding
import sandbox.zoho.seeding
from sandbox.people import seed_people
from sandbox.store import Store


def seed_once(store: Store) -> None:
    """Fill an empty store; one that has been filled before is left alone."""
    with store.lock:
        if store.get("seeded", "all") is None:
            seed_all(store)


def seed_all(store: Store) -> None:
    people = seed_people()
    with store.lock:
        sandbox.highlevel.seeding.seed(store, people)
        sandbox.zoho.seeding.seed(store, people)
        store.put("seeded", "all", {"people": len(people)})


def reset(store: Store) -> None:
    """Back to the first day: everything forgotten, grants included, then seeded."""
    with store.lock:
        store.clear()
        seed_all(store)
