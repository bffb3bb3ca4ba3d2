"""Projects and their tasks as kept here, read from a body, and printed (§5).

Shapes, limits and messages follow the published project documents of the same engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.store import Document, Store
from sandbox.zoho import records
from sandbox.zoho.organizations import CURRENCIES
from sandbox.zoho.reading import texts
from sandbox.zoho.users import user_find
from sandbox.zoho.wire import ZohoError, invalid_value, local_time

KIND = "zoho.project"
REQUIRED = ("project_name", "customer_id", "billing_type", "user_id")
PROJECT_TEXTS = {"project_name": 100, "description": 500}
TASK_TEXTS = {"task_name": 100, "description": 500}
AMOUNTS = ("rate", "budget_hours", "budget_amount", "cost_budget_amount")
TASK_AMOUNTS = ("rate", "budget_hours")
CHOICES = {
    "billing_type": (
        "fixed_cost_for_project",
        "based_on_project_hours",
        "based_on_staff_hours",
        "based_on_task_hours",
    ),
    "budget_type": (
        "",
        "total_project_cost",
        "total_project_hours",
        "hours_per_task",
        "hours_per_staff",
    ),
}
HOURS = "00:00"


def by_organization(project: Document) -> list[str]:
    return [project["organization_id"]]


def by_customer(project: Document) -> list[str]:
    return [project["customer_id"]]


def blank_project(store: Store, organization_id: str, now: str) -> Document:
    return {
        "project_id": records.new_id(store),
        "organization_id": organization_id,
        "customer_id": "",
        "status": "active",
        **dict.fromkeys(PROJECT_TEXTS, ""),
        **dict.fromkeys(CHOICES, ""),
        **dict.fromkeys(AMOUNTS, 0),
        "tasks": [],
        "users": [],
        "has_expenses": False,
        "created_at": now,
        "modified_at": now,
    }


def project_changes(body: Mapping[str, Any], *, complete: bool) -> Document:
    """The plain fields that the body sets, checked; `complete` wants the required ones."""
    for name in REQUIRED if complete else ():
        if body.get(name) in (None, ""):
            raise invalid_value(name)
    changes = texts(body, PROJECT_TEXTS)
    if "project_name" in changes and not changes["project_name"].strip():
        raise invalid_value("project_name")
    for name, choices in CHOICES.items():
        if name in body:
            if body[name] not in choices:
                raise invalid_value(name)
            changes[name] = body[name]
    return changes | _amounts(body, AMOUNTS)


def task_changes(body: Mapping[str, Any]) -> Document:
    """A task's fields; its name is required, also to change it."""
    changes = texts(body, TASK_TEXTS)
    if not changes.get("task_name", "").strip():
        raise invalid_value("task_name")
    return changes | _amounts(body, TASK_AMOUNTS)


def new_task(store: Store, body: object, now: str) -> Document:
    if not isinstance(body, dict):
        raise invalid_value("tasks")
    return {
        "task_id": records.new_id(store),
        "description": "",
        **dict.fromkeys(TASK_AMOUNTS, 0),
        **task_changes(body),
        "status": "active",
        "created_at": now,
    }


def new_user(body: object) -> Document:
    """A person on the project: `{"user_id", "rate", "budget_hours"}`."""
    given = body if isinstance(body, dict) else {}
    user_id = str(given.get("user_id", ""))
    if user_find(user_id) is None:
        raise invalid_value("user_id")
    return {"user_id": user_id, "rate": 0, "budget_hours": 0} | _amounts(
        given, TASK_AMOUNTS
    )


def project_row(organization: Document, project: Document, name: str) -> Document:
    """A list row; `name` is the customer's."""
    return {
        "project_id": project["project_id"],
        "project_name": project["project_name"],
        "customer_id": project["customer_id"],
        "customer_name": name,
        "description": project["description"],
        "status": project["status"],
        "billing_type": project["billing_type"],
        "rate": project["rate"],
        "created_time": local_time(organization, project["created_at"]),
        "has_attachment": False,
        "total_hours": HOURS,
        "billable_hours": HOURS,
    }


def project_detail(
    organization: Document, project: Document, name: str, me: str
) -> Document:
    row = project_row(organization, project, name)
    del row["has_attachment"]
    kinds = ("billed", "un_billed", "billable", "non_billable")
    return row | {
        "currency_code": organization["currency_code"],
        "budget_type": project["budget_type"],
        **{f"{kind}_hours": HOURS for kind in kinds},
        **{f"{kind}_amount": 0.0 for kind in ("total", *kinds)},
        "cost_budget_amount": project["cost_budget_amount"],
        "is_recurrence_associated": False,
        "recurring_invoices": [],
        "show_in_dashboard": True,
        "tasks": [task_inside(task) for task in project["tasks"]],
        "users": [user_inside(user, me) for user in project["users"]],
    }


def task_inside(task: Document) -> Document:
    """A task as part of its project's detail."""
    return {
        "task_id": task["task_id"],
        "task_name": task["task_name"],
        "description": task["description"],
        "rate": task["rate"],
        "budget_hours": task["budget_hours"],
        **dict.fromkeys(
            ("total_hours", "billed_hours", "un_billed_hours", "non_billable_hours"),
            HOURS,
        ),
        "status": task["status"],
        "is_billable": True,
        "task_custom_fields": [],
    }


def task_row(
    organization: Document, project: Document, task: Document, name: str
) -> Document:
    """A list row: no description, no status."""
    return {
        "project_id": project["project_id"],
        "task_id": task["task_id"],
        "currency_id": CURRENCIES[organization["currency_code"]][0],
        "customer_id": project["customer_id"],
        "task_name": task["task_name"],
        "project_name": project["project_name"],
        "customer_name": name,
        "billed_hours": HOURS,
        "log_time": HOURS,
        "un_billed_hours": HOURS,
    }


def task_alone(
    organization: Document, project: Document, task: Document, name: str
) -> Document:
    return task_row(organization, project, task, name) | {
        "description": task["description"],
        "rate": task["rate"],
        "budget_hours": task["budget_hours"],
        "status": task["status"],
        "is_billable": True,
    }


def user_inside(user: Document, me: str) -> Document:
    found = user_find(user["user_id"]) or {}
    return {
        "user_id": user["user_id"],
        "is_current_user": user["user_id"] == me,
        "user_name": found.get("name", ""),
        "email": found.get("email", ""),
        "user_role": found.get("user_role", ""),
        "status": "active",
        "rate": user["rate"],
        "budget_hours": user["budget_hours"],
        **dict.fromkeys(("total_hours", "billed_hours", "un_billed_hours"), HOURS),
        "cost_rate": 0.0,
    }


def _amounts(body: Mapping[str, Any], names: tuple[str, ...]) -> Document:
    """Numbers, also written as text; a negative one is 20004 (§4.5)."""
    amounts: Document = {}
    for name in names:
        if body.get(name) in (None, "") or isinstance(body[name], bool):
            continue
        text = str(body[name])
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            raise invalid_value(name)
        if text.startswith("-"):
            raise ZohoError(20004, f"The {name} cannot be negative.")
        amounts[name] = float(text) if "." in text else int(text)
    return amounts
