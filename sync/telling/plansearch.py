"""The changes of a plan: all, of one kind, or of the people somebody looks for."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.db.models.lookups import Exact

from crosswalk.prefix import Unindexed
from integrations.mirroring.lookup import people_keys
from sync.models import Plan, PlannedChange
from sync.selectors import of_either

MOST_PEOPLE = 250  # of each way to look for them: more words find the others


def changes_found(plan: Plan, show: str, words: str) -> QuerySet[PlannedChange]:
    """Return changes in the order they were planned; `show` is an outcome or "".

    People are found as everywhere: by how a name or e-mail begins, by phone or id.
    """
    found = PlannedChange.objects.filter(plan=plan).order_by("pk")
    if words:
        found = PlannedChange.objects.filter(pk__in=_of_people(plan, words))
        found = found.order_by("pk")
    return found.filter(outcome=show) if show else found


def _of_people(plan: Plan, words: str) -> list[int]:
    connections = [plan.sync.left, plan.sync.right]
    people = people_keys(connections, words, MOST_PEOPLE)
    # by the person, whose index is the shorter way: a plan is about everybody
    of_plan = PlannedChange.objects.filter(Exact(Unindexed(F("plan")), plan.pk))
    return [pk for (pk,) in of_either(of_plan, people, "pk")]
