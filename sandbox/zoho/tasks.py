"""Tasks of a project: a name and a text, no due date, no assignee, no "done" (§5)."""

from __future__ import annotations

from flask import Response

from sandbox.store import Document
from sandbox.zoho import project_records as shapes
from sandbox.zoho import service
from sandbox.zoho.listing import page_of
from sandbox.zoho.projects import customer_name, project_get, project_keep
from sandbox.zoho.wire import Call, answer, created, missing, route


@route("GET", "/projects/<project_id>/tasks", "projects.READ")
def task_list(call: Call, project_id: str) -> Response:
    project = project_get(call.context, call.organization, project_id)
    name = customer_name(call.context, project)
    newest = list(reversed(project["tasks"]))
    tasks, page = page_of(newest, call.args, call.largest_page)
    page |= {"report_name": "Tasks", "sort_column": "created_time", "sort_order": "D"}
    rows = [shapes.task_row(call.organization, project, each, name) for each in tasks]
    return answer(tasks=rows, page_context=page)


@route("POST", "/projects/<project_id>/tasks", "projects.CREATE")
def task_create(call: Call, project_id: str) -> Response:
    context = call.context
    with context.store.lock:
        project = project_get(context, call.organization, project_id)
        now = service.timestamp(context)
        task = shapes.new_task(context.store, call.body(), now)
        project["tasks"].append(task)
        project_keep(context, project)
    path = f"projects/{project_id}/tasks/{task['task_id']}"
    message = "The project information has been updated."
    return created(message, path, task=_alone(call, project, task))


@route("GET", "/projects/<project_id>/tasks/<task_id>", "projects.READ")
def task_detail(call: Call, project_id: str, task_id: str) -> Response:
    project = project_get(call.context, call.organization, project_id)
    return answer(task=_alone(call, project, _task(project, task_id)))


@route("PUT", "/projects/<project_id>/tasks/<task_id>", "projects.UPDATE")
def task_update(call: Call, project_id: str, task_id: str) -> Response:
    with call.context.store.lock:
        project = project_get(call.context, call.organization, project_id)
        task = _task(project, task_id)
        task |= shapes.task_changes(call.body())
        project_keep(call.context, project)
    message = "The task information has been updated."
    return answer(message, task=_alone(call, project, task))


@route("DELETE", "/projects/<project_id>/tasks/<task_id>", "projects.DELETE")
def task_delete(call: Call, project_id: str, task_id: str) -> Response:
    with call.context.store.lock:
        project = project_get(call.context, call.organization, project_id)
        project["tasks"].remove(_task(project, task_id))
        project_keep(call.context, project)
    return answer("The task has been deleted successfully.")


def _task(project: Document, task_id: str) -> Document:
    for task in project["tasks"]:
        if task["task_id"] == task_id:
            found: Document = task
            return found
    raise missing("Task")


def _alone(call: Call, project: Document, task: Document) -> Document:
    name = customer_name(call.context, project)
    return shapes.task_alone(call.organization, project, task, name)
