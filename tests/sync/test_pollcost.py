"""What watching an account costs while nothing happens there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswalk.errors import ConfigError
from integrations import registry
from sync.setup.pollcost import idle_cost
from sync.setup.schedules import schedule_check

ZOHO = registry.spec("zoho_invoice")
HIGHLEVEL = registry.spec("highlevel")
CONTACT = ZOHO.object("contact")
NOTE = replace(CONTACT, key="note", parent="contact", listing="parent")
TASK = replace(CONTACT, key="task", parent="contact", listing="account")
DEEP = replace(ZOHO, objects=(CONTACT, NOTE, TASK))
ALL = ["contact", "note", "task"]


@pytest.mark.parametrize("spec", [ZOHO, HIGHLEVEL], ids=lambda spec: spec.kind)
def test_an_idle_poll_of_contacts_is_one_call_a_side(spec):
    assert idle_cost(spec, ["contact"]).poll == 1


def test_what_hangs_under_a_parent_costs_no_poll_but_a_nightly_sweep():
    cost = idle_cost(DEEP, ["contact", "note"], parents=60)

    assert (cost.poll, cost.sweep, cost.nights) == (1, 60, 1)


def test_a_sweep_keeps_to_its_budget_and_takes_more_nights():
    cost = idle_cost(DEEP, ["contact", "note"], parents=1201)

    assert (cost.sweep, cost.nights) == (100, 13)


def test_each_type_listed_for_the_account_is_one_more_call_a_poll():
    assert idle_cost(DEEP, ALL).poll == 2

    with pytest.raises(ConfigError) as refused:
        schedule_check({"every_minutes": 5}, [HIGHLEVEL, DEEP], ALL)

    for words in ("288 polls", "2 calls a side", "58%", "every 10 minutes"):
        assert words in refused.value.message
    assert schedule_check({"every_minutes": 10}, [HIGHLEVEL, DEEP], ALL)
