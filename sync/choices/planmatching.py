"""Who is who, said while looking at a test: nothing is written, it only counts from then on.

What is decided shows in the next test, and is carried out by the first run after going
live. So many can be decided one after the other on one page of one plan.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from crosswalk.errors import ConfigError
from sync.choices.approving import OUT_OF_DATE
from sync.choices.auditing import choice_audit
from sync.choices.pairing import keep_apart, link_by_person
from sync.choices.shown import GONE_ON, match_stamp_now, must_be_as_shown
from sync.models import Plan, PlannedChange

SAME, APART = "same", "apart"
TAKEN = (
    "This plan links that person with somebody else. Merge the doubles in that system "
    "and test again, or decide after going live."
)
DECIDED = "decided"  # key of a planned change's detail


@transaction.atomic
def planned_match_accept(
    *,
    change: PlannedChange,
    candidate: int,
    actor: AbstractBaseUser | None,
    seen: str | None = None,
) -> None:
    """Say that a person under review is one of the candidates of the other side.

    Raises ConfigError when the plan is out of date, or one of them is linked, gone or
    not as they were shown (`seen`).
    """
    mine, sides = _under_review(change, seen)
    other = "right" if change.left_id else "left"
    if sides.get(candidate) != other:
        raise ConfigError(GONE_ON)
    if candidate in planned_elsewhere(change.plan_id, [candidate]):
        raise ConfigError(TAKEN)
    pair = (mine, candidate) if other == "right" else (candidate, mine)
    sync = change.plan.sync
    link_by_person(sync=sync, object_type=change.object_type, pair=pair)
    both = Q(left_id=pair[0], right_id=None) | Q(right_id=pair[1], left_id=None)
    for each in change.plan.changes.filter(both, outcome="review"):
        _note(each, SAME)
    change.refresh_from_db()
    choice_audit(sync, actor, "match.accepted", change.label, {"pair": list(pair)})


@transaction.atomic
def planned_match_refuse(
    *, change: PlannedChange, actor: AbstractBaseUser | None, seen: str | None = None
) -> None:
    """Say that a person under review is none of the candidates.

    Raises ConfigError when the plan is out of date, that was decided before, or one of
    them is not as they were shown (`seen`).
    """
    mine, sides = _under_review(change, seen)
    others = [pk for pk in sides if pk != mine]
    sync = change.plan.sync
    keep_apart(sync=sync, mine=mine, others=others, by=actor.pk if actor else None)
    _note(change, APART)
    choice_audit(sync, actor, "match.refused", change.label, {"apart": [mine, others]})


def planned_elsewhere(plan: int, records: Iterable[int]) -> set[int]:
    """Return those of some records of which a plan says more than that they are asked
    about: what it does with them must not be undone by a decision beside it."""
    wanted = list(records)
    changes = PlannedChange.objects.filter(plan=plan).exclude(outcome="review")
    pairs = changes.filter(Q(left__in=wanted) | Q(right__in=wanted))
    found = {
        pk for pair in pairs.values_list("left_id", "right_id") for pk in pair if pk
    }
    return found & set(wanted)


def decided_count(plan: Plan) -> int:
    """Return about how many people of a plan it was said who they are."""
    return plan.changes.filter(outcome="review", detail__has_key=DECIDED).count()


def _under_review(
    change: PlannedChange, seen: str | None
) -> tuple[int, dict[int, str]]:
    """Return the record in question, and its candidates by side; locks the plan."""
    plan = Plan.objects.select_for_update().get(pk=change.plan_id)
    if plan.state != Plan.State.READY:
        raise ConfigError(OUT_OF_DATE)
    change.refresh_from_db()
    mine = change.left_id or change.right_id
    found = change.detail.get("candidates") or []
    if change.outcome != "review" or not found or mine is None:
        raise ConfigError(GONE_ON)
    if DECIDED in change.detail:
        raise ConfigError(GONE_ON)
    if seen is not None:
        must_be_as_shown(seen, match_stamp_now(mine, found))
    return mine, {each["record"]: each["side"] for each in found}


def _note(change: PlannedChange, what: str) -> None:
    change.detail = {**change.detail, DECIDED: what}
    change.save(update_fields=["detail"])
