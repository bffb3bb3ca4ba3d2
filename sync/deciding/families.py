"""Families: under which pair of parents the children of a sync hang."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.engine.kin import PARENT, Family
from sync.models import Plan, PlannedChange, RecordLink, Sync, SyncRecord
from sync.policy import remote_type, side_connection, system_name

UNKNOWN = "it was not read yet."
REMOVED = "it was removed."
GONE = "it was deleted at {name}."
TAKING_PART = ("create", "link", "update", "conflict", "failed")


@dataclass(frozen=True, slots=True)
class Kinship:
    """A family, and the link of its parents where there is one.

    `is_over`: they are no pair any more, for one of them is gone for sure.
    """

    family: Family
    link: RecordLink | None = None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Families:
    """Looks families up by the remote ids of parents.

    With a `plan` that is being made, parents count as it says that they will be.
    """

    sync: Sync
    parent: str  # the object type of parents
    plan: Plan | None = None

    def of(self, side: Side, parent_ids: Collection[str]) -> dict[str, Kinship]:
        """Return the family of each parent of a side, by its remote id."""
        wanted = {each for each in parent_ids if each}
        found = self._linked(side, wanted)
        found.update(self._planned(side, wanted - found.keys()))
        alone = wanted - found.keys()
        reasons, over = self._reasons(side, alone), self._over(side, alone)
        for each in alone:
            shut = Family(shut=reasons.get(each, UNKNOWN))
            found[each] = Kinship(shut, is_over=each in over)
        return found

    def one(self, side: Side, parent_id: str) -> Kinship:
        """Return the family of one parent."""
        return self.of(side, [parent_id]).get(parent_id, Kinship(Family(shut=UNKNOWN)))

    def _linked(self, side: Side, wanted: Collection[str]) -> dict[str, Kinship]:
        links = RecordLink.objects.filter(
            **{f"{side}__remote_id__in": wanted},
            sync=self.sync,
            object_type=self.parent,
        ).select_related("left", "right")
        listed = SyncRecord.objects.filter(
            sync=self.sync,
            left_id__in=[link.left_id for link in links],
            list=SyncRecord.List.EXCLUDED,
        )
        shut = dict(listed.values_list("left_id", "reason"))
        found = {}
        for link in links:
            parents = {"left": link.left, "right": link.right}
            name = parents[side].label or parents["left"].label or link.right.label
            why = self._gone(link) or shut.get(link.left_id, "")
            ids = (link.left.remote_id, link.right.remote_id)
            family = Family(*ids, name, why)
            is_over = bool(link.tombstoned_at) or any(map(_is_gone, parents.values()))
            found[parents[side].remote_id] = Kinship(family, link, is_over)
        return found

    def _gone(self, link: RecordLink) -> str:
        """Return that a parent is no more, "" while both are there: nothing can hang
        under one who is deleted, whatever is still to be decided of the other."""
        if link.tombstoned_at:
            return REMOVED
        sides: tuple[Side, Side] = ("left", "right")
        gone = [side for side in sides if getattr(link, side).gone_at]
        return GONE.format(name=system_name(self.sync, gone[0])) if gone else ""

    def _planned(self, side: Side, wanted: Collection[str]) -> dict[str, Kinship]:
        """Return the families of parents who will be in sync once a plan is applied."""
        if self.plan is None or not wanted:
            return {}
        changes = PlannedChange.objects.filter(
            **{f"{side}__remote_id__in": wanted},
            plan=self.plan,
            object_type=self.parent,
            outcome__in=TAKING_PART,
        ).select_related("left", "right")
        found = {}
        for change in changes:
            left = change.left.remote_id if change.left else ""
            right = change.right.remote_id if change.right else ""
            key = left if side == "left" else right
            found[key] = Kinship(Family(left, right, change.label))
        return found

    def _over(self, side: Side, wanted: Collection[str]) -> set[str]:
        """Return which of the parents without a partner are gone."""
        if not wanted:
            return set()
        rows = RemoteRecord.objects.filter(
            connection=side_connection(self.sync, side),
            object_type=remote_type(self.sync, side, self.parent),
            remote_id__in=wanted,
            gone_at__isnull=False,
        )
        return {row.remote_id for row in rows if _is_gone(row)}

    def _reasons(self, side: Side, wanted: Collection[str]) -> dict[str, str]:
        """Return why parents are not in sync, as far as it is known."""
        if not wanted:
            return {}
        connection = side_connection(self.sync, side)
        rows = SyncRecord.objects.filter(
            **{
                f"{side}__remote_id__in": wanted,
                f"{side}__connection": connection,
                f"{side}__object_type": remote_type(self.sync, side, self.parent),
            },
            sync=self.sync,
        )
        found = dict(rows.values_list(f"{side}__remote_id", "reason"))
        if self.plan is not None:
            planned = PlannedChange.objects.filter(
                **{f"{side}__remote_id__in": wanted},
                plan=self.plan,
                object_type=self.parent,
            )
            found.update(planned.values_list(f"{side}__remote_id", "reason"))
        return found


def _is_gone(parent: RemoteRecord) -> bool:
    """Whether a parent is gone, and not by one “not found” alone (0074)."""
    unsure = parent.gone_proof in RemoteRecord.UNSURE_PROOFS
    return parent.gone_at is not None and not unsure


def reopened(links: QuerySet[RecordLink], sync: Sync) -> QuerySet[RecordLink]:
    """Return the pairs of children that were left out because of their parents, and
    whose parents are in sync again: what changed meanwhile is still to be written."""
    left_out = SyncRecord.objects.filter(
        sync=sync, list=SyncRecord.List.EXCLUDED, reason_code=PARENT
    )
    shut = SyncRecord.objects.filter(sync=sync, list=SyncRecord.List.EXCLUDED)
    open_again = links.filter(
        parent__tombstoned_at__isnull=True,
        parent__left__gone_at__isnull=True,
        parent__right__gone_at__isnull=True,
        left_id__in=left_out.values("left_id"),
    )
    return open_again.exclude(parent__left_id__in=shut.values("left_id"))
