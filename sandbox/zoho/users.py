"""The people who work in an organization: `GET /users` (settings, §2)."""

from __future__ import annotations

from flask import Response

from sandbox.store import Document
from sandbox.zoho import history
from sandbox.zoho.listing import page_of
from sandbox.zoho.wire import Call, answer, missing, route

ROLES = {"260815000000000017": "admin", "260815000000000021": "staff"}


def user_find(user_id: str) -> Document | None:
    """Both work in every organization of the sandbox."""
    name = history.NAMES.get(user_id)
    if name is None:
        return None
    return {
        "user_id": user_id,
        "name": name,
        "email": f"{name.split()[0].lower()}@northlight.example",
        "user_role": ROLES[user_id],
    }


@route("GET", "/users", "settings.READ")
def user_list(call: Call) -> Response:
    users = [_row(call, user_id) for user_id in history.NAMES]
    found, page = page_of(users, call.args, call.largest_page)
    page |= {"report_name": "Users", "sort_column": "name", "sort_order": "A"}
    return answer(users=found, page_context=page)


@route("GET", "/users/me", "settings.READ")
def user_current(call: Call) -> Response:
    return answer(user=_detail(call, call.user_id))


@route("GET", "/users/<user_id>", "settings.READ")
def user_detail(call: Call, user_id: str) -> Response:
    return answer(user=_detail(call, user_id))


def _row(call: Call, user_id: str) -> Document:
    user = user_find(user_id)
    if user is None:
        raise missing("User")
    return user | {
        "role_id": f"26081500000000{ROLES[user_id] == 'admin':04d}",
        "status": "active",
        "is_current_user": user_id == call.user_id,
        "photo_url": "",
        "is_customer_segmented": False,
        "is_vendor_segmented": False,
        "user_type": "zoho",
    }


def _detail(call: Call, user_id: str) -> Document:
    row = _row(call, user_id)
    email = row.pop("email")
    return row | {
        "email_ids": [{"email": email, "is_selected": True}],
        "is_employee": False,
        "created_time": "2024-05-02T09:00:00+0100",
        "custom_fields": [],
    }
