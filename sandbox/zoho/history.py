"""What Zoho keeps about a contact's past: people's comments and its own history (§5).

One list holds both, as the vendor's list does: a comment has no `operation_type`.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.context import Context
from sandbox.store import Document, Store

KIND = "zoho.comment"
NAMES = {
    "260815000000000017": "Sam Northlight",
    "260815000000000021": "Robin Vale",
}


def by_parent(comment: Document) -> list[str]:
    return [comment["parent_id"]]


def note(
    store: Store,
    parent_id: str,
    description: str,
    *,
    at: str,
    user_id: str,
    operation: str = "",
) -> Document:
    """Keep one entry; `operation` (added, updated) marks it as the system's own."""
    comment: Document = {
        "comment_id": f"260816{store.counter('zoho.comment'):012d}",
        "parent_id": parent_id,
        "description": description,
        "operation": operation,
        "user_id": user_id,
        "at": at,
    }
    store.put(KIND, comment["comment_id"], comment)
    return comment


def entries(store: Store, parent_id: str) -> list[Document]:
    """Everything of one contact or project, newest first; for reading only."""
    return list(reversed(store.find(KIND, by_parent, parent_id)))


def comment_find(store: Store, parent_id: str, comment_id: str) -> Document | None:
    """A person's comment; the system's own entries are not to be had."""
    found = store.peek(KIND, comment_id)
    if found is None or found["parent_id"] != parent_id or found["operation"]:
        return None
    return found


def forget(store: Store, parent_id: str) -> None:
    for each in store.find(KIND, by_parent, parent_id):
        store.delete(KIND, each["comment_id"])


def shown(context: Context, organization: Document, comment: Document) -> Document:
    """Date and time are display values: there is no time stamp with a zone."""
    zone = ZoneInfo(organization["time_zone"])
    at = datetime.fromisoformat(comment["at"]).astimezone(zone)
    days = (context.clock.now().astimezone(zone).date() - at.date()).days
    return {
        "comment_id": comment["comment_id"],
        "description": comment["description"],
        "commented_by_id": comment["user_id"],
        "commented_by": NAMES.get(comment["user_id"], ""),
        "date": at.strftime("%Y-%m-%d"),
        "date_description": f"{days} days ago" if days else "few minutes ago",
        "time": at.strftime("%-I:%M %p"),
    }
