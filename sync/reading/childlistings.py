"""When the children of each person were last listed."""

from __future__ import annotations

from typing import Any

from crosswalk.clock import now
from integrations.models import ChildListing, RemoteRecord
from sync.context import RunContext
from sync.policy import remote_type


def children_listed(
    parent: RemoteRecord, object_type: str, swept: bool = False
) -> None:
    """Remember that all of a type under a parent was listed just now."""
    moment = now()
    values: dict[str, Any] = {"read_at": moment, "parent_edited_at": parent.edited_at}
    if swept:
        values["swept_at"] = moment
    ChildListing.objects.update_or_create(
        record=parent, object_type=object_type, defaults=values
    )


def parent_created(context: RunContext, parent: RemoteRecord, object_type: str) -> None:
    """Remember of a person made just now that nothing hangs under them yet."""
    side = "left" if parent.connection_id == context.sync.left_id else "right"
    types = {
        remote_type(context.sync, side, key)
        for key, policy in context.policies.items()
        # a field of theirs is there with them, and read before it is written
        if policy.parent == object_type and not policy.is_single
    }
    for each in types:
        children_listed(parent, each)
