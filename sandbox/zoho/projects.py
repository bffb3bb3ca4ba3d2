"""Projects of customers: kept, listed, changed, deleted, and their users (§5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from sandbox.context import Context
from sandbox.store import Document
from sandbox.zoho import history, records, service
from sandbox.zoho import project_records as shapes
from sandbox.zoho.comments import described
from sandbox.zoho.listing import page_of
from sandbox.zoho.project_records import KIND
from sandbox.zoho.wire import (
    Call,
    ZohoError,
    answer,
    created,
    invalid_value,
    missing,
    route,
)

SORTS = {
    "project_name": lambda each: each["project_name"].casefold(),
    "customer_name": lambda each: each["customer_id"],
    "rate": lambda each: each["rate"],
    "created_time": lambda each: each["created_at"],
    # Not documented, but seen to be accepted (§5).
    "last_modified_time": lambda each: each["modified_at"],
}
FILTERS = {
    "Status.All": ("active", "inactive"),
    "Status.Active": ("active",),
    "Status.Inactive": ("inactive",),
}


def project_get(context: Context, organization: Document, project_id: str) -> Document:
    """A copy, to be changed and kept."""
    project = context.store.get(KIND, project_id)
    if not project or project["organization_id"] != organization["organization_id"]:
        raise missing("Project")
    return project


def project_keep(context: Context, project: Document) -> None:
    project["modified_at"] = service.timestamp(context)
    context.store.put(KIND, project["project_id"], project)


def customer_name(context: Context, project: Document) -> str:
    contact = context.store.peek(records.KIND, project["customer_id"])
    return str(contact["contact_name"]) if contact else ""


@route("GET", "/projects", "projects.READ")
def project_list(call: Call) -> Response:
    args = call.args
    column, order = args.get("sort_column") or "created_time", args.get("sort_order")
    if column not in SORTS:
        raise invalid_value("sort_column")
    if order not in (None, "", "A", "D"):
        raise invalid_value("sort_order")
    statuses = FILTERS.get(args.get("filter_by") or "Status.All")
    if statuses is None:
        raise invalid_value("filter_by")
    found = [each for each in _of_customer(call) if each["status"] in statuses]
    found.sort(key=SORTS[column], reverse=order != "A")
    projects, page = page_of(found, args, call.largest_page)
    page |= {
        "report_name": "Projects",
        "applied_filter": args.get("filter_by") or "Status.All",
        "sort_column": column,
        "sort_order": order or "D",
    }
    rows = [
        shapes.project_row(call.organization, each, customer_name(call.context, each))
        for each in projects
    ]
    return answer(projects=rows, page_context=page)


@route("POST", "/projects", "projects.CREATE")
def project_create(call: Call) -> Response:
    body, store = call.body(), call.context.store
    with store.lock:
        changes = shapes.project_changes(body, complete=True)
        now = service.timestamp(call.context)
        project = shapes.blank_project(store, call.organization_id, now) | changes
        _assign(call, project, body)
        project_keep(call.context, project)
    path = f"projects/{project['project_id']}"
    message = "The project has been created."
    return created(message, path, project=_detail(call, project))


@route("GET", "/projects/<project_id>", "projects.READ")
def project_detail(call: Call, project_id: str) -> Response:
    project = project_get(call.context, call.organization, project_id)
    return answer(project=_detail(call, project))


@route("PUT", "/projects/<project_id>", "projects.UPDATE")
def project_update(call: Call, project_id: str) -> Response:
    """The documents want the required fields again; by switch it is partial ([U])."""
    body, context = call.body(), call.context
    partial = context.switches().zoho_partial_project_updates
    with context.store.lock:
        project = project_get(context, call.organization, project_id)
        project |= shapes.project_changes(body, complete=not partial)
        _assign(call, project, body)
        project_keep(context, project)
    message = "The project information has been updated."
    return answer(message, project=_detail(call, project))


@route("DELETE", "/projects/<project_id>", "projects.DELETE")
def project_delete(call: Call, project_id: str) -> Response:
    project = project_get(call.context, call.organization, project_id)
    if project["has_expenses"]:
        raise ZohoError(20077, "Projects with expenses cannot be deleted.")
    call.context.store.delete(KIND, project_id)
    history.forget(call.context.store, project_id)
    return answer("The project has been deleted.")


@route("POST", "/projects/<project_id>/active", "projects.CREATE")
def project_activate(call: Call, project_id: str) -> Response:
    _mark(call, project_id, "active")
    return answer("The selected Projects have been marked as active.")


@route("POST", "/projects/<project_id>/inactive", "projects.CREATE")
def project_deactivate(call: Call, project_id: str) -> Response:
    _mark(call, project_id, "inactive")
    return answer("The selected projects have been marked as inactive")


@route("GET", "/projects/<project_id>/users", "projects.READ")
def project_users(call: Call, project_id: str) -> Response:
    project = project_get(call.context, call.organization, project_id)
    users = [shapes.user_inside(each, call.user_id) for each in project["users"]]
    return answer(users=users)


@route("POST", "/projects/<project_id>/users", "projects.CREATE")
def project_users_add(call: Call, project_id: str) -> Response:
    given = call.body().get("users")
    if not isinstance(given, list):
        raise invalid_value("users")
    with call.context.store.lock:
        project = project_get(call.context, call.organization, project_id)
        _add_users(project, given)
        project_keep(call.context, project)
    users = [shapes.user_inside(each, call.user_id) for each in project["users"]]
    return created("Users added", f"projects/{project_id}/users", users=users)


@route("DELETE", "/projects/<project_id>/users/<user_id>", "projects.DELETE")
def project_user_remove(call: Call, project_id: str, user_id: str) -> Response:
    with call.context.store.lock:
        project = project_get(call.context, call.organization, project_id)
        left = [each for each in project["users"] if each["user_id"] != user_id]
        if len(left) == len(project["users"]):
            raise missing("User")
        project["users"] = left
        project_keep(call.context, project)
    return answer("The staff has been removed")


@route("GET", "/projects/<project_id>/comments", "projects.READ")
def project_comments(call: Call, project_id: str) -> Response:
    project_get(call.context, call.organization, project_id)
    found = history.entries(call.context.store, project_id)
    return answer(comments=[_comment(call, each) for each in found])


@route("POST", "/projects/<project_id>/comments", "projects.CREATE")
def project_comment_add(call: Call, project_id: str) -> Response:
    project_get(call.context, call.organization, project_id)
    now = service.timestamp(call.context)
    comment = history.note(
        call.context.store, project_id, described(call), at=now, user_id=call.user_id
    )
    path = f"projects/{project_id}/comments/{comment['comment_id']}"
    return created("Comments added.", path, comments=[_comment(call, comment)])


@route("DELETE", "/projects/<project_id>/comments/<comment_id>", "projects.DELETE")
def project_comment_delete(call: Call, project_id: str, comment_id: str) -> Response:
    project_get(call.context, call.organization, project_id)
    if history.comment_find(call.context.store, project_id, comment_id) is None:
        raise missing("Comment")
    call.context.store.delete(history.KIND, comment_id)
    return answer("The comment has been deleted.")


def _of_customer(call: Call) -> list[Document]:
    """The organization's projects, or those of one customer."""
    store, customer_id = call.context.store, call.args.get("customer_id")
    if not customer_id:
        return store.find(KIND, shapes.by_organization, call.organization_id)
    found = store.find(KIND, shapes.by_customer, customer_id)
    return [each for each in found if each["organization_id"] == call.organization_id]


def _assign(call: Call, project: Document, body: Mapping[str, Any]) -> None:
    """Customer, people and tasks of a body; a tasks array replaces all, like persons."""
    if "customer_id" in body:
        customer_id = str(body["customer_id"])
        contact = call.context.store.peek(records.KIND, customer_id)
        if not contact or contact["organization_id"] != call.organization_id:
            raise missing("Customer")
        project["customer_id"] = customer_id
    if "user_id" in body:
        _add_users(project, [{"user_id": body["user_id"]}])
    if isinstance(body.get("users"), list):
        _add_users(project, body["users"])
    if isinstance(body.get("tasks"), list):
        project["tasks"] = [_task(call, project, each) for each in body["tasks"]]


def _task(call: Call, project: Document, body: Any) -> Document:
    task = shapes.new_task(call.context.store, body, service.timestamp(call.context))
    for old in project["tasks"]:
        if old["task_id"] == str(body.get("task_id", "")):
            return {**old, **shapes.task_changes(body)}
    return task


def _add_users(project: Document, given: list[Any]) -> None:
    known = {each["user_id"]: each for each in project["users"]}
    for each in given:
        user = shapes.new_user(each)
        known[user["user_id"]] = user
    project["users"] = list(known.values())


def _mark(call: Call, project_id: str, status: str) -> None:
    with call.context.store.lock:
        project = project_get(call.context, call.organization, project_id)
        project["status"] = status
        project_keep(call.context, project)


def _detail(call: Call, project: Document) -> Document:
    name = customer_name(call.context, project)
    return shapes.project_detail(call.organization, project, name, call.user_id)


def _comment(call: Call, comment: Document) -> Document:
    return history.shown(call.context, call.organization, comment) | {
        "project_id": comment["parent_id"],
        "is_current_user": comment["user_id"] == call.user_id,
    }
