"""Tasks of projects: a title and a text, no due date, nobody in charge, no "done"."""

from __future__ import annotations

from integrations.connectors.operations import (
    Call,
    Input,
    Operation,
    Options,
    Output,
    optional,
    path_id,
)
from integrations.connectors.zoho_invoice.billing_spec import PROJECT_TASK

SCOPE = "ZohoInvoice.projects"
OUTPUTS = (
    Output("task_id", "Task ID"),
    Output("task_name", "Title"),
    Output("description", "Description"),
    Output("status", "Status"),
    Output("project_id", "Project ID"),
)
SAMPLE = {
    "task_id": "460000000026071",
    "task_name": "Draw the garden",
    "description": "First sketch",
    "status": "active",
    "project_id": "460000000026070",
}
PROJECTS = Options(
    Call("GET", "/projects", "list projects", "projects"),
    value="project_id",
    label="project_name",
    scope=f"{SCOPE}.READ",
)
TASKS = Options(
    Call("GET", "/projects/{project_id}/tasks", "list tasks", "tasks"),
    value="task_id",
    label="task_name",
    scope=f"{SCOPE}.READ",
    inputs=("project_id",),
)
PROJECT = path_id("project_id", "Project", "project", options=PROJECTS)
WRITTEN = (
    Input("title", "Title", name="task_name", required=True, max_length=100),
    Input("description", "Description", "long_text", max_length=500),
)

OPERATIONS = (
    Operation(
        "zi.create_project_task",
        88,
        "action",
        PROJECT_TASK,
        "Create project task",
        "Creates a task of a project. Zoho Invoice keeps no due date of it, nobody in "
        "charge and not whether it is done.",
        OUTPUTS,
        (PROJECT, *WRITTEN),
        Call("POST", "/projects/{project_id}/tasks", "create task", "task"),
        scopes=(f"{SCOPE}.CREATE",),
        is_idempotent=False,
        sample=SAMPLE,
        noun="project",
        leaves="record",
    ),
    Operation(
        "zi.update_project_task",
        89,
        "action",
        PROJECT_TASK,
        "Update project task",
        "Changes the title or the text of a project’s task.",
        OUTPUTS,
        (
            PROJECT,
            path_id("task_id", "Task", PROJECT_TASK, options=TASKS),
            *optional(WRITTEN),
        ),
        Call("PUT", "/projects/{project_id}/tasks/{task_id}", "update task", "task"),
        scopes=(f"{SCOPE}.UPDATE",),
        sample=SAMPLE,
        noun="task",
        leaves="record",
        leaves_id="task_id",
    ),
)
