"""Zoho's numbered pages, read so that deletes meanwhile hide nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from random import Random

import httpx
import pytest

from integrations.connectors.zoho_invoice.overlapping import following
from tests.integrations.connectors.zoho_remote import Zoho, listing

START = datetime(2026, 1, 1, tzinfo=UTC)


class Account(Zoho):
    """An organization whose contacts are listed by number, as Zoho does."""

    def __init__(self, count, most=200):
        super().__init__()
        self.ids, self.most = [str(number) for number in range(count)], most

    def answer(self, request):
        self.requests.append(request)
        params = request.url.params
        size = min(int(params["per_page"]), self.most)
        start = (int(params["page"]) - 1) * size
        body = listing(*[{"contact_id": i} for i in self.ids[start : start + size]])
        body["page_context"] |= {
            "page": int(params["page"]),
            "per_page": size,
            "has_more_page": len(self.ids) > start + size,
        }
        return httpx.Response(200, json=body)

    def listed(self, between=lambda: None, cursor=None, look=None):
        """Return the ids that a listing shows, page by page."""
        look, met = look or partial(self.connector.list_page, "contact"), []
        while True:
            page = look(cursor)
            met += [record.id for record in page.records]
            if page.next is None:
                return met
            cursor = page.next
            between()


def test_a_page_begins_with_somebody_met_and_few_pages_are_added():
    met, pages = 200, 1
    while met < 10_000:
        page, size = following(met, 200)
        assert (page - 1) * size < met < page * size
        assert size <= 200
        met, pages = page * size, pages + 1
        assert pages <= met / 200 + 1 + met / 2500


@pytest.mark.parametrize("most", range(1, 8))
def test_every_size_of_page_gets_on(most):
    met = most
    for _ in range(50):
        page, size = following(met, most)
        assert (page - 1) * size <= met < page * size
        met = page * size


@pytest.mark.parametrize("count", [0, 1, 200, 201, 398, 399, 1000])
def test_an_account_at_rest_is_listed_once_by_a_call_a_page(count):
    account = Account(count)

    assert account.listed() == account.ids

    assert len(account.requests) <= count // 199 + 1


def test_who_moves_to_a_page_already_read_is_met_by_one_more_call():
    account = Account(500)

    def delete():
        if len(account.requests) == 1:
            del account.ids[50:80]

    met = account.listed(delete)

    assert set(account.ids) <= set(met)
    assert len(account.requests) == 4


def test_what_changed_is_not_hidden_by_a_delete_while_it_is_read():
    account = Account(500)
    changes = partial(account.connector.changes_page, "contact", START)

    def delete():
        if len(account.requests) == 1:
            del account.ids[50]

    met = account.listed(delete, look=changes)

    assert set(account.ids) <= set(met)
    assert len(account.requests) == 4


def test_changes_of_one_page_cost_one_call():
    account = Account(200)

    assert not account.connector.changes_page("contact", START, None).next
    assert len(account.requests) == 1


@pytest.mark.parametrize("seed", range(8))
def test_deletes_and_creates_at_random_hide_nobody(seed):
    chance = Random(seed)
    account = Account(1500)

    def work():
        for _ in range(chance.choice((0, 0, 1, 30, 150))):
            account.ids.remove(chance.choice(account.ids))
        account.ids += [f"new{seed}.{len(account.requests)}"]

    met = account.listed(work)

    assert {i for i in account.ids if not i.startswith("new")} <= set(met)


def test_everybody_met_last_is_deleted_and_the_next_are_met_all_the_same():
    account = Account(700)

    def delete():
        if len(account.requests) == 1:
            del account.ids[:200]

    assert set(account.ids) <= set(account.listed(delete))


@pytest.mark.parametrize("deleted", [0, 10])
def test_a_smaller_page_than_was_asked_for_loses_nobody(deleted):
    account = Account(300, most=50)

    met = account.listed(lambda: account.ids.__delitem__(slice(deleted)))

    assert set(account.ids) <= set(met)


def test_a_listing_begun_before_pages_overlapped_goes_on():
    account = Account(700)

    met = account.listed(cursor={"page": 2, "sort": "created_time"})

    assert met == account.ids[200:]
    assert account.params(0)["per_page"] == "200"
    assert int(account.params(1)["per_page"]) < 200
