"""The mirror: what was last read of each record, and what may not change it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from integrations.connectors.base import Record
from integrations.mirroring.mirror import (
    Cursor,
    cursor_after,
    cursor_get,
    cursor_set,
    record_gone,
    record_store,
    record_written,
    records_store,
)
from integrations.models import Connection, RecordKey, RemoteRecord
from integrations.registry import spec
from sync.policy import record_of
from tests.integrations.helpers import make_connection

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return START + minutes * MINUTE


def row(
    values: dict[str, Any], when: float | None = 0, via: Any = "list", **more: Any
) -> Record:
    modified = None if when is None else at(when)
    return Record(more.pop("id", "c1"), values, via, modified_at=modified, **more)


@pytest.fixture
def place(db: None) -> Connection:
    return make_connection(country="GB")


def store(
    place: Connection, *records: Record, read: float = 0, **more: Any
) -> list[RemoteRecord]:
    return records_store(place, "contact", records, read_at=at(read), **more)


def known(place: Connection) -> RemoteRecord:
    return RemoteRecord.objects.get(connection=place, remote_id="c1")


def test_a_child_keeps_its_parent_when_an_answer_leaves_it_out(
    place: Connection,
) -> None:
    store(place, row({"email": "a@x.example"}, parent_id="p1"))
    store(place, row({"email": "b@x.example"}, 1), read=1)

    assert known(place).parent_id == "p1"
    assert record_of(known(place)).parent_id == "p1"


# --- three states -------------------------------------------------------------------


def test_reported_but_absent_is_empty_and_unreported_is_kept(place: Connection) -> None:
    store(place, row({"email": "a@x.example", "city": "Bath"}))
    store(place, row({"email": None}, 0), read=1)

    assert known(place).values == {"email": None, "city": "Bath"}


def test_a_second_read_of_the_same_is_no_change(place: Connection) -> None:
    assert len(store(place, row({"email": "a@x.example"}))) == 1
    assert store(place, row({"email": "a@x.example"}), read=1) == []
    assert (known(place).version, known(place).read_at) == (1, at(1))


def test_keys_follow_the_values(place: Connection) -> None:
    store(place, row({"email": "A@x.example", "phone": "020 7946 0958"}))
    store(place, row({"email": "b@x.example"}, 1), read=1)

    found = set(RecordKey.objects.values_list("kind", "value"))
    assert found == {("email", "b@x.example"), ("phone", "+442079460958")}


def listed(**values: Any) -> dict[str, Any]:
    """Return a list row that shows everything but names."""
    fields = spec("highlevel").object("contact").fields
    shown = [f.key for f in fields if not f.is_detail_only and f.type != "name"]
    return {**dict.fromkeys(shown), **values}


def test_a_name_that_a_changed_row_does_not_show_is_read_anew(
    place: Connection,
) -> None:
    store(place, row(listed(firstName="Anna", timezone="UTC"), via="detail"))
    store(place, row(listed()), read=1)
    assert known(place).values["firstName"] == "Anna"

    store(place, row(listed(city="Bath"), 1), read=2)
    assert "firstName" not in known(place).values
    assert known(place).values["timezone"] == "UTC"


def test_a_row_that_shows_only_part_of_a_record_casts_no_doubt(
    place: Connection,
) -> None:
    store(place, row(listed(firstName="Anna"), via="detail"))
    store(place, row({"email": "a@x.example"}, 1), read=1)
    assert known(place).values["firstName"] == "Anna"


# --- stale rows ---------------------------------------------------------------------


@pytest.mark.parametrize("via", ["list", "webhook"])
def test_a_row_older_than_what_is_known_changes_nothing(
    place: Connection, via: Any
) -> None:
    store(place, row({"city": "Bath"}, 5))
    assert store(place, row({"city": "Rome"}, 4, via), read=6) == []
    assert known(place).values == {"city": "Bath"}


def test_a_detail_read_is_never_stale(place: Connection) -> None:
    store(place, row({"city": "Bath"}, 5))
    store(place, row({"city": "Rome"}, 4, "detail"), read=6)
    assert known(place).values == {"city": "Rome"}
    assert known(place).modified_at == at(5)


def test_a_row_of_the_same_second_is_taken(place: Connection) -> None:
    store(place, row({"city": "Bath"}, 5))
    assert len(store(place, row({"city": "Rome"}, 5), read=6)) == 1


def test_a_stale_row_still_proves_that_the_record_is_listed(place: Connection) -> None:
    store(place, row({"city": "Bath"}, 5), listing=1)
    store(place, row({"city": "Rome"}, 4), read=6, listing=2)
    assert known(place).seen_listing == 2


def test_a_record_twice_on_a_page_is_taken_once_in_its_newest_form(
    place: Connection,
) -> None:
    old, new = row({"city": "Bath"}, 1), row({"city": "Rome"}, 2)
    for page in ([old, new], [new, old]):
        store(place, *page)
        assert known(place).values == {"city": "Rome"}
    assert known(place).version == 1


# --- our own writes -------------------------------------------------------------------


def written(
    place: Connection, sent: dict[str, Any], answer: Record | None
) -> RemoteRecord:
    return record_written(place, "contact", remote_id="c1", written=sent, answer=answer)


def test_a_written_field_takes_the_answers_form_else_what_was_sent(
    place: Connection,
) -> None:
    store(place, row({"email": None, "city": "Bath", "state": None}))
    answer = row({"email": "a@x.example", "city": "Rome"}, 1, "write")

    found = written(place, {"email": "A@x.example", "state": "Avon"}, answer)

    assert found.values == {"email": "a@x.example", "city": "Rome", "state": "Avon"}


def test_a_persons_edit_that_rides_along_is_noticed_and_our_write_is_not(
    place: Connection,
) -> None:
    store(place, row({"email": None, "city": "Bath"}))
    found = written(
        place, {"email": "a@x"}, row({"email": "a@x", "city": "Rome"}, 1, "write")
    )
    assert set(found.field_times) == {"city"}


def test_rows_from_before_a_write_without_a_time_are_stale(place: Connection) -> None:
    store(place, row({"city": "Bath"}, 5))
    written(place, {"city": "Rome"}, None)

    store(place, row({"city": "Bath"}, 5), read=6)
    assert known(place).values == {"city": "Rome"}

    store(place, row({"city": "Oslo"}, 6), read=7)
    assert known(place).values == {"city": "Oslo"}


def test_the_answer_to_a_create_makes_the_record(place: Connection) -> None:
    found = written(place, {"email": "a@x.example"}, None)
    assert (found.remote_id, found.values) == ("c1", {"email": "a@x.example"})


# --- when a value changed -----------------------------------------------------------


def test_a_change_lies_between_the_last_read_and_the_first_that_showed_it(
    place: Connection,
) -> None:
    store(place, row({"city": "Bath", "state": "Avon"}), read=1)
    store(place, row({"city": "Rome", "state": "Avon"}, 3), read=4)
    assert known(place).field_times == {"city": [at(1).isoformat(), at(4).isoformat()]}


def test_a_poll_that_did_not_list_the_record_was_a_read_of_it_too(
    place: Connection,
) -> None:
    store(place, row({"city": "Bath"}), read=1)
    cursor_set(place, "contact", Cursor(polled_at=at(3)))
    store(place, row({"city": "Rome"}, 4), read=5)
    assert known(place).field_times["city"] == [at(3).isoformat(), at(5).isoformat()]


def test_a_first_read_has_no_interval(place: Connection) -> None:
    store(place, row({"city": "Bath"}))
    store(place, row({"city": "Bath", "state": "Avon"}, 1), read=1)
    assert known(place).field_times == {}


# --- tombstones -----------------------------------------------------------------------


def test_a_record_that_is_gone_has_no_keys_and_comes_back_when_it_reappears(
    place: Connection,
) -> None:
    store(place, row({"email": "a@x.example"}))
    record_gone(known(place))
    assert not RecordKey.objects.exists()

    record_store(place, "contact", row({"email": "a@x.example"}, via="detail"))
    assert known(place).gone_at is None
    assert known(place).version == 3
    assert RecordKey.objects.get().value == "a@x.example"


def test_a_record_is_gone_only_once(place: Connection) -> None:
    store(place, row({}))
    first = record_gone(known(place)).gone_at
    assert record_gone(known(place)).gone_at == first
    assert known(place).version == 2


def test_a_sure_proof_takes_the_place_of_one_in_doubt_and_of_no_other(
    place: Connection,
) -> None:
    proofs = RemoteRecord.Proof
    store(place, row({}))
    record_gone(known(place), proofs.READ)
    record_gone(known(place), proofs.WRITE)
    assert (known(place).gone_proof, known(place).version) == (proofs.READ, 2)

    record_gone(known(place), proofs.NOTICE)
    record_gone(known(place), proofs.OURS)

    assert (known(place).gone_proof, known(place).version) == (proofs.NOTICE, 3)


# --- cursors --------------------------------------------------------------------------

OVERLAP = 5 * MINUTE


def after(
    before: Cursor, *, start: float, end: float, newest: float | None, listing: bool
) -> Cursor:
    with time_machine.travel(at(end), tick=False):
        return cursor_after(
            before,
            started_at=at(start),
            newest=None if newest is None else at(newest),
            overlap=OVERLAP,
            was_listing=listing,
        )


def test_everything_is_read_until_a_listing_has_ended() -> None:
    assert Cursor().since(OVERLAP) is None
    assert Cursor(modified=at(1)).since(OVERLAP) is None


def test_a_listing_reads_again_what_changed_while_it_lasted() -> None:
    cursor = after(Cursor(), start=0, end=3, newest=-10, listing=True)
    assert cursor.modified == at(-13)
    assert cursor.since(OVERLAP) == at(-18)
    assert (cursor.listed_at, cursor.listing, cursor.settled) == (at(3), 1, False)


def test_an_empty_listing_is_followed_by_another() -> None:
    assert (
        after(Cursor(), start=0, end=1, newest=None, listing=True).since(OVERLAP)
        is None
    )


def test_the_cursor_never_goes_back() -> None:
    before = Cursor(modified=at(5), seen_at=at(6), listed_at=at(0))
    for newest in (4, 5, None):
        cursor = after(before, start=7, end=7, newest=newest, listing=False)
        assert (cursor.modified, cursor.seen_at) == (at(5), at(6))


def test_the_overlap_is_read_until_it_has_passed_once() -> None:
    listed = Cursor(modified=at(0), seen_at=at(0), listed_at=at(0))
    early = after(listed, start=4, end=4, newest=0, listing=False)
    assert early.since(OVERLAP) == at(-5)

    rested = after(early, start=5, end=5, newest=0, listing=False)
    assert rested.since(OVERLAP) == at(0)

    still = after(rested, start=6, end=6, newest=None, listing=False)
    assert still.since(OVERLAP) == at(0)


def test_news_unsettle_the_cursor() -> None:
    settled = Cursor(modified=at(0), seen_at=at(0), settled=True, listed_at=at(0))
    moved = after(settled, start=9, end=9, newest=8, listing=False)
    assert (moved.settled, moved.since(OVERLAP)) == (False, at(3))


def test_the_cursor_never_passes_our_own_clock() -> None:
    """A remote clock that ran ahead and is put back gives earlier times again."""
    listed = after(Cursor(), start=0, end=3, newest=60, listing=True)
    assert listed.modified == at(0)

    polled = after(listed, start=4, end=4, newest=60, listing=False)
    assert (polled.since(OVERLAP), polled.settled) == (at(-1), False)

    stored = Cursor(modified=at(60), settled=True, listed_at=at(0))
    healed = after(stored, start=5, end=5, newest=None, listing=False)
    assert healed.since(OVERLAP) == at(0)


def test_a_clock_that_runs_ahead_comes_to_rest_as_soon_as_ours_is_there() -> None:
    cursor = Cursor(modified=at(-9), listed_at=at(-9))
    for minute in range(4):
        cursor = after(cursor, start=minute, end=minute, newest=3, listing=False)
        assert (cursor.modified, cursor.settled) == (at(minute), False)

    rested = after(cursor, start=8, end=8, newest=3, listing=False)
    assert (rested.since(OVERLAP), rested.settled) == (at(3), True)


def test_a_cursor_is_stored_and_a_slower_process_does_not_set_it_back(
    place: Connection,
) -> None:
    ahead = Cursor(at(5), at(6), True, at(1), at(6), 2)
    cursor_set(place, "contact", ahead)
    cursor_set(place, "contact", Cursor(at(2), at(2), False, at(1), at(2), 1))

    place.refresh_from_db()
    assert cursor_get(place, "contact") == ahead


def test_our_own_write_makes_nobodys_value_the_newer_one(place: Connection) -> None:
    store(place, row({"email": "a@x.example"}, 0))
    record_written(
        place,
        "contact",
        remote_id="c1",
        written={"city": "Bath"},
        answer=row({"city": "Bath"}, 5, via="write"),
    )

    assert known(place).modified_at == at(5)
    assert known(place).edited_at == at(0)

    store(place, row({"email": "b@x.example"}, 6))
    assert known(place).edited_at == at(6)
