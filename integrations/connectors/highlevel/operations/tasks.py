"""Tasks of a contact: found, made, changed, ticked off, deleted."""

from __future__ import annotations

from integrations.connectors.highlevel.child_specs import TASK, TASKS_SCOPE
from integrations.connectors.highlevel.operations.contacts import CONTACT_ID
from integrations.connectors.highlevel.operations.lists import USERS
from integrations.connectors.highlevel.spec import READ_SCOPE, WRITE_SCOPE
from integrations.connectors.operations import (
    Call,
    Input,
    Operation,
    Output,
    optional,
    path_id,
)

OUTPUTS = (
    Output("id", "Task ID"),
    Output("title", "Title"),
    Output("body", "Description"),
    Output("dueDate", "Due", "datetime"),
    Output("completed", "Done", "bool"),
    Output("assignedTo", "Assigned to"),
    Output("contactId", "Contact ID"),
)
SAMPLE = {
    "id": "TskSample00000000001",
    "title": "Call back",
    "body": "About the offer of Monday",
    "dueDate": "2026-03-02T09:00:00.000Z",
    "completed": False,
    "assignedTo": "UsrSample00000000001",
    "contactId": "ConSample00000000001",
}
TASK_ID = path_id("task_id", "Task ID", TASK)
ALL, ONE = "/contacts/{contact_id}/tasks", "/contacts/{contact_id}/tasks/{task_id}"
WRITTEN = (
    Input("title", "Title", required=True, max_length=500),
    Input("due", "Due", "datetime", name="dueDate", required=True),
    Input("body", "Description", "long_text"),
    Input("assigned_to", "Assigned to", "choice", name="assignedTo", options=USERS),
)
DONE = Input("completed", "Done", "bool", required=True, default=False)

SEARCHES = (
    Operation(
        "hl.list_tasks",
        25,
        "search",
        TASK,
        "List a contact’s tasks",
        "Lists the tasks of one contact.",
        OUTPUTS,
        (CONTACT_ID,),
        Call("GET", ALL, "list tasks", "tasks"),
        scopes=(READ_SCOPE,),
        sample=SAMPLE,
        noun="contact",
    ),
    Operation(
        "hl.get_task",
        26,
        "search",
        TASK,
        "Get one task",
        "Gets one task of a contact.",
        OUTPUTS,
        (CONTACT_ID, TASK_ID),
        Call("GET", ONE, "get task", "task"),
        scopes=(READ_SCOPE,),
        sample=SAMPLE,
        noun="task",
    ),
    Operation(
        "hl.search_tasks",
        27,
        "search",
        TASK,
        "Search tasks",
        "Finds tasks of the whole location.",
        OUTPUTS,
        (
            Input("query", "Words", max_length=75),
            Input("completed", "Done", "bool"),
            Input(
                "assigned_to", "Assigned to", "ids", name="assignedTo", options=USERS
            ),
            Input("limit", "At most", "number", minimum=1, maximum=100, default=25),
            Input("skip", "Leave out the first", "number", minimum=0),
        ),
        Call(
            "POST",
            "/locations/{account}/tasks/search",
            "search tasks",
            "tasks",
            repeatable=True,
        ),
        scopes=(TASKS_SCOPE,),
        sample=SAMPLE,
    ),
)
ACTIONS = (
    Operation(
        "hl.create_task",
        47,
        "action",
        TASK,
        "Create task",
        "Creates a task for a contact.",
        OUTPUTS,
        (CONTACT_ID, *WRITTEN, DONE),
        Call("POST", ALL, "create task", "task"),
        scopes=(WRITE_SCOPE,),
        is_idempotent=False,
        sample=SAMPLE,
        noun="contact",
        leaves="record",
    ),
    Operation(
        "hl.update_task",
        48,
        "action",
        TASK,
        "Update task",
        "Changes the given fields of a task and leaves the others.",
        OUTPUTS,
        (CONTACT_ID, TASK_ID, *optional((*WRITTEN, DONE))),
        Call("PUT", ONE, "update task", "task"),
        scopes=(WRITE_SCOPE,),
        sample=SAMPLE,
        noun="task",
        leaves="record",
        leaves_id="task_id",
    ),
    Operation(
        "hl.complete_task",
        49,
        "action",
        TASK,
        "Complete or reopen task",
        "Ticks a task off, or opens it again.",
        OUTPUTS,
        (CONTACT_ID, TASK_ID, Input("completed", "Done", "bool", required=True)),
        Call("PUT", f"{ONE}/completed", "complete task", "task"),
        scopes=(WRITE_SCOPE,),
        sample={**SAMPLE, "completed": True},
        noun="task",
        leaves="record",
        leaves_id="task_id",
    ),
    Operation(
        "hl.delete_task",
        50,
        "action",
        TASK,
        "Delete task",
        "Deletes a task for good.",
        (Output("succeded", "Done", "bool"),),
        (CONTACT_ID, TASK_ID),
        Call("DELETE", ONE, "delete task"),
        scopes=(WRITE_SCOPE,),
        is_dangerous=True,
        sample={"succeded": True},
        noun="task",
        leaves="gone",
        leaves_id="task_id",
    ),
)
OPERATIONS = (*SEARCHES, *ACTIONS)
