"""Zoho's projects and their tasks at the stand-in (sheet §5)."""

from __future__ import annotations

import pytest

from sandbox.zoho import SECOND_ID
from tests.sandbox.zoho_client import Sandbox

USER = "260815000000000017"
OTHER_USER = "260815000000000021"
SCOPE = "ZohoInvoice.contacts.ALL,ZohoInvoice.settings.READ,ZohoInvoice.projects.ALL"


@pytest.fixture
def zoho(zoho) -> Sandbox:
    zoho.scope = SCOPE
    zoho.renew()
    return zoho


@pytest.fixture
def customer(zoho) -> str:
    return str(zoho.create("Ada")["contact_id"])


def body_for(customer: str, **more: object) -> dict[str, object]:
    return {
        "project_name": "Tasks of Ada",
        "customer_id": customer,
        "billing_type": "based_on_task_hours",
        "user_id": USER,
    } | more


def project_of(zoho: Sandbox, customer: str, **more: object) -> dict:
    body = body_for(customer, **more)
    return zoho.call("POST", "/projects", json=body).json()["project"]


def test_a_project_is_made_with_201_and_read_again(zoho, customer):
    answer = zoho.call("POST", "/projects", json=body_for(customer, rate="12.50"))
    made = answer.json()["project"]
    read = zoho.call("GET", f"/projects/{made['project_id']}").json()["project"]

    assert (answer.status_code, answer.json()["code"]) == (201, 0)
    assert answer.headers["Location"] == f"/api/v3/projects/{made['project_id']}"
    assert read == made
    assert (made["customer_name"], made["rate"], made["status"]) == (
        "Ada",
        12.5,
        "active",
    )
    assert [each["user_id"] for each in made["users"]] == [USER]
    assert made["tasks"] == []


@pytest.mark.parametrize(
    "missing", ["project_name", "customer_id", "billing_type", "user_id"]
)
def test_a_project_needs_its_four_required_fields(zoho, customer, missing):
    answer = zoho.call("POST", "/projects", json=body_for(customer, **{missing: ""}))

    assert (answer.status_code, answer.json()["code"]) == (400, 2)
    assert answer.json()["message"] == f"Invalid value passed for {missing}"


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"project_name": "x" * 101}, 400, 15),
        ({"description": "x" * 501}, 400, 15),
        ({"billing_type": "by_weather"}, 400, 2),
        ({"user_id": "1"}, 400, 2),
        ({"customer_id": "1"}, 404, 1002),
        ({"rate": "-1"}, 400, 20004),
        ({"rate": "much"}, 400, 2),
    ],
)
def test_a_wrong_project_is_refused_with_zohos_code(
    zoho, customer, wrong, status, code
):
    answer = zoho.call("POST", "/projects", json=body_for(customer, **wrong))

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_projects_are_listed_by_customer_and_by_status(zoho, customer):
    mine = project_of(zoho, customer)["project_id"]
    other = str(zoho.create("Bob")["contact_id"])
    theirs = project_of(zoho, other)["project_id"]
    zoho.call("POST", f"/projects/{mine}/inactive")

    def ids(**params: str) -> set[str]:
        listed = zoho.call("GET", "/projects", params=params).json()["projects"]
        return {each["project_id"] for each in listed}

    assert ids() == {mine, theirs}
    assert ids(customer_id=customer) == {mine}
    assert ids(filter_by="Status.Active") == {theirs}
    assert ids(filter_by="Status.Inactive", customer_id=customer) == {mine}
    assert ids(organization_id=SECOND_ID, customer_id=customer) == set()
    assert zoho.call("GET", "/projects", params={"filter_by": "x"}).json()["code"] == 2


def test_projects_come_in_pages_of_200_at_most(zoho, customer):
    made = {project_of(zoho, customer)["project_id"] for _ in range(3)}
    first = zoho.call("GET", "/projects", params={"per_page": "2"}).json()
    second = zoho.call("GET", "/projects", params={"per_page": "2", "page": "2"}).json()

    assert first["page_context"]["has_more_page"]
    assert not second["page_context"]["has_more_page"]
    both = first["projects"] + second["projects"]
    assert {each["project_id"] for each in both} == made
    assert (
        zoho.call("GET", "/projects", params={"per_page": "999"}).json()[
            "page_context"
        ]["per_page"]
        == 200
    )


def test_an_update_wants_the_required_fields_again_unless_the_switch_is_on(
    zoho, customer
):
    path = f"/projects/{project_of(zoho, customer)['project_id']}"
    refused = zoho.call("PUT", path, json={"description": "new"})
    zoho.switch(zoho_partial_project_updates=True)
    saved = zoho.call("PUT", path, json={"description": "new"})

    assert (refused.status_code, refused.json()["code"]) == (400, 2)
    assert saved.json()["message"] == "The project information has been updated."
    assert saved.json()["project"]["description"] == "new"
    assert saved.json()["project"]["project_name"] == "Tasks of Ada"


def test_a_tasks_array_in_an_update_replaces_all_tasks(zoho, customer):
    made = project_of(zoho, customer, tasks=[{"task_name": "A"}, {"task_name": "B"}])
    kept = made["tasks"][1]
    body = body_for(customer, tasks=[{"task_id": kept["task_id"], "task_name": "Bee"}])
    after = zoho.call("PUT", f"/projects/{made['project_id']}", json=body).json()

    names = [(each["task_id"], each["task_name"]) for each in after["project"]["tasks"]]
    assert names == [(kept["task_id"], "Bee")]


def test_a_project_is_marked_and_deleted_but_not_with_expenses(zoho, customer):
    project_id = project_of(zoho, customer)["project_id"]
    path = f"/projects/{project_id}"
    off = zoho.call("POST", f"{path}/inactive").json()
    on = zoho.call("POST", f"{path}/active").json()
    store = zoho.context.store
    document = store.get("zoho.project", project_id)
    store.put("zoho.project", project_id, document | {"has_expenses": True})
    refused = zoho.call("DELETE", path)
    store.put("zoho.project", project_id, document)
    gone = zoho.call("DELETE", path)

    assert off["message"] == "The selected projects have been marked as inactive"
    assert on["message"] == "The selected Projects have been marked as active."
    assert (refused.status_code, refused.json()["code"]) == (400, 20077)
    assert gone.json()["message"] == "The project has been deleted."
    assert zoho.call("GET", path).json()["code"] == 1002


def test_users_are_listed_and_assigned_to_a_project(zoho, customer):
    project_id = project_of(zoho, customer)["project_id"]
    everyone = zoho.call("GET", "/users").json()
    me = zoho.call("GET", "/users/me").json()["user"]
    path = f"/projects/{project_id}/users"
    added = zoho.call("POST", path, json={"users": [{"user_id": OTHER_USER}]})
    listed = zoho.call("GET", path).json()["users"]
    removed = zoho.call("DELETE", f"{path}/{OTHER_USER}")

    assert [each["user_id"] for each in everyone["users"]] == [USER, OTHER_USER]
    assert everyone["page_context"]["report_name"] == "Users"
    assert (me["user_id"], me["is_current_user"]) == (USER, True)
    assert (added.status_code, added.json()["message"]) == (201, "Users added")
    assert [each["user_id"] for each in listed] == [USER, OTHER_USER]
    assert removed.json()["message"] == "The staff has been removed"
    assert len(zoho.call("GET", path).json()["users"]) == 1


def test_a_task_is_added_listed_read_changed_and_deleted(zoho, customer):
    path = f"/projects/{project_of(zoho, customer)['project_id']}/tasks"
    body = {"task_name": "Call", "description": "Back by Friday", "budget_hours": 2}
    added = zoho.call("POST", path, json=body)
    task = added.json()["task"]
    one = f"{path}/{task['task_id']}"
    listed = zoho.call("GET", path).json()
    changed = zoho.call("PUT", one, json={"task_name": "Call again"}).json()
    read = zoho.call("GET", one).json()["task"]
    deleted = zoho.call("DELETE", one).json()

    assert added.status_code == 201
    assert added.json()["message"] == "The project information has been updated."
    assert (task["customer_name"], task["status"]) == ("Ada", "active")
    assert set(listed["tasks"][0]) == {
        "project_id",
        "task_id",
        "currency_id",
        "customer_id",
        "task_name",
        "project_name",
        "customer_name",
        "billed_hours",
        "log_time",
        "un_billed_hours",
    }
    assert listed["page_context"]["report_name"] == "Tasks"
    assert changed["message"] == "The task information has been updated."
    assert (read["task_name"], read["description"]) == ("Call again", "Back by Friday")
    assert deleted["message"] == "The task has been deleted successfully."
    assert zoho.call("GET", one).json()["code"] == 1002


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 2),
        ({"task_name": " "}, 2),
        ({"task_name": "x" * 101}, 15),
        ({"task_name": "A", "rate": -1}, 20004),
    ],
)
def test_a_wrong_task_is_refused(zoho, customer, body, code):
    path = f"/projects/{project_of(zoho, customer)['project_id']}/tasks"
    answer = zoho.call("POST", path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_projects_need_their_own_scope(zoho, customer):
    zoho.scope = "ZohoInvoice.contacts.ALL,ZohoInvoice.projects.READ"
    zoho.renew()

    assert zoho.call("GET", "/projects").status_code == 200
    refused = zoho.call("POST", "/projects", json=body_for(customer))
    assert (refused.status_code, refused.json()["code"]) == (401, 57)


def test_project_comments_are_added_listed_and_deleted(zoho, customer):
    path = f"/projects/{project_of(zoho, customer)['project_id']}/comments"
    added = zoho.call("POST", path, json={"description": "Hello"})
    (comment,) = zoho.call("GET", path).json()["comments"]
    zoho.call("DELETE", f"{path}/{comment['comment_id']}")

    assert added.json()["message"] == "Comments added."
    assert (comment["description"], comment["is_current_user"]) == ("Hello", True)
    assert zoho.call("GET", path).json()["comments"] == []


@pytest.mark.parametrize(("blocks", "code"), [(False, 0), (True, 3000)])
def test_a_customer_with_a_project_goes_with_it_or_not_at_all(
    zoho, customer, blocks, code
):
    project = project_of(zoho, customer)
    zoho.switch(zoho_projects_block_delete=blocks)
    answer = zoho.call("DELETE", f"/contacts/{customer}")

    assert answer.json()["code"] == code
    left = zoho.call("GET", f"/projects/{project['project_id']}").json()["code"]
    assert left == (0 if blocks else 1002)
