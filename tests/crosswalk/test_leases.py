"""A lease: one worker at a time, kept by a heartbeat, taken at once from the dead."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, models
from pytest_django import DjangoDbBlocker

from crosswalk import leases
from crosswalk.clock import now
from crosswalk.leases import Heartbeat, Lease, beat, claim, due, release, sweep


class Work(Lease):
    """A row to work on, of a table that lives as long as this module."""

    name = models.CharField(max_length=20, default="work")

    class Meta:
        app_label = "crosswalk"

    def __str__(self) -> str:
        return self.name


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def table(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Work)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Work)


def work(**values: object) -> Work:
    return Work.objects.create(**{"next_at": now() - timedelta(seconds=1), **values})


def held(row: Work, owner: str, *, seconds: float = 20) -> Work:
    until = now() + timedelta(seconds=seconds)
    Work.objects.filter(pk=row.pk).update(lease_owner=owner, lease_until=until)
    return Work.objects.get(pk=row.pk)


@pytest.fixture(scope="module")
def dead_owner() -> str:
    """The owner name of a process that was killed with signal 9."""
    code = (
        "import time; from crosswalk import leases;"
        "print(leases.owner_name(), flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as lines:
        owner = lines.readline().strip()
        assert not leases.owner_is_dead(owner)
        process.kill()
        process.wait()
    return owner


ELSEWHERE = "another-host@0|1|1|aaaa"


def test_a_claim_counts_the_attempt_and_holds_the_row() -> None:
    row = claim(Work, work().pk)

    assert row is not None
    assert row.attempts == 1
    assert row.is_held
    assert claim(Work, row.pk) is None


@pytest.mark.parametrize("later", [None, timedelta(minutes=1)])
def test_a_row_that_is_done_or_not_yet_due_is_not_claimed(
    later: timedelta | None,
) -> None:
    row = work(next_at=None if later is None else now() + later)

    assert claim(Work, row.pk) is None


def test_a_person_may_claim_a_row_before_its_time() -> None:
    row = work(next_at=now() + timedelta(hours=1))

    assert claim(Work, row.pk, early=True) is not None


def test_a_row_that_does_not_exist_is_not_claimed() -> None:
    assert claim(Work, 0) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_threads_exactly_one_gets_the_row() -> None:
    row = work()
    gate = threading.Barrier(8)

    def try_it(_: int) -> bool:
        gate.wait()
        try:
            return claim(Work, row.pk) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(try_it, range(8)))

    assert sum(won) == 1
    assert Work.objects.get(pk=row.pk).attempts == 1


def test_a_row_of_a_killed_process_is_taken_at_once(dead_owner: str) -> None:
    row = held(work(), dead_owner)

    assert not row.is_held
    assert list(due(Work)) == [row]
    assert claim(Work, row.pk) is not None


def test_a_row_of_another_host_is_taken_only_when_its_lease_ran_out() -> None:
    row = held(work(), ELSEWHERE)
    assert claim(Work, row.pk) is None

    held(row, ELSEWHERE, seconds=-1)
    assert claim(Work, row.pk) is not None


def test_a_reused_process_id_does_not_pass_for_the_owner() -> None:
    host, pid, _started, nonce = leases.owner_name().split("|")

    assert leases.owner_is_dead(f"{host}|{pid}|1|{nonce}")
    assert not leases.owner_is_dead(leases.owner_name())


def test_releasing_gives_the_row_back_with_its_next_time() -> None:
    row = claim(Work, work().pk)
    assert row is not None

    assert release(row, next_at=None, name="done")

    stored = Work.objects.get(pk=row.pk)
    assert (stored.lease_owner, stored.next_at, stored.name) == ("", None, "done")


def test_a_lost_lease_is_noticed_and_nothing_is_written() -> None:
    row = claim(Work, work().pk)
    assert row is not None
    held(row, ELSEWHERE)

    assert not beat(row)
    assert not release(row, next_at=None, name="done")
    assert Work.objects.get(pk=row.pk).name == "work"


def test_a_beat_renews_the_lease() -> None:
    row = claim(Work, work().pk)
    assert row is not None
    held(row, row.lease_owner, seconds=1)

    assert beat(row)
    assert Work.objects.get(pk=row.pk).lease_until > now() + timedelta(seconds=15)


def wait_until_lost(heartbeat: Heartbeat) -> bool:
    end = time.monotonic() + 5
    while not heartbeat.lost and time.monotonic() < end:
        time.sleep(0.02)
    return heartbeat.lost


@pytest.fixture
def claimed(transactional_db: None) -> Work:
    row = claim(Work, work().pk)
    assert row is not None
    return row


def test_the_heartbeat_keeps_the_lease(claimed: Work) -> None:
    held(claimed, claimed.lease_owner, seconds=1)

    with Heartbeat(claimed, interval=0.05) as heartbeat:
        time.sleep(0.5)

    assert not heartbeat.lost
    assert Work.objects.get(pk=claimed.pk).lease_until > now() + timedelta(seconds=15)


def test_the_heartbeat_notices_that_the_lease_was_taken(claimed: Work) -> None:
    with Heartbeat(claimed, interval=0.05) as heartbeat:
        held(claimed, ELSEWHERE)
        assert wait_until_lost(heartbeat)


def test_what_is_saved_renews_a_lease_whose_heartbeat_found_no_turn(
    claimed: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "beat", busy)
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.2)
    with Heartbeat(claimed, interval=0.05) as heartbeat:
        assert wait_until_lost(heartbeat)

        heartbeat.renewed(time.monotonic() + 60)

        assert not heartbeat.lost


def busy(row: Work) -> bool:
    """A beat on a database that is busy with other things."""
    raise DatabaseError("database is locked")


def test_due_lists_open_free_rows_oldest_first() -> None:
    late = work(next_at=now() - timedelta(minutes=5))
    early = work(next_at=now() - timedelta(minutes=9))
    held(work(), ELSEWHERE)
    work(next_at=None)
    work(next_at=now() + timedelta(minutes=1))

    assert list(due(Work)) == [early, late]
    assert list(due(Work, limit=1)) == [early]


def test_the_sweep_hands_ids_to_the_queue() -> None:
    rows = [work(), work()]
    handed: list[int] = []

    assert sweep(Work, handed.append) == 2
    assert sorted(handed) == sorted(row.pk for row in rows)
