"""Tasks of customers at Zoho Invoice: tasks of one project that Crosswalk makes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from crosswalk.errors import (
    AuthError,
    ConfigError,
    OutcomeUnknown,
    PermanentError,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.base import Account, Record
from integrations.connectors.zoho_invoice import MODULE
from integrations.connectors.zoho_invoice.projects import mark, project_name
from tests.integrations.connectors.zoho_remote import (
    ACCOUNT,
    ID,
    Sandbox,
    Zoho,
    ok,
    refusal,
)

KIND = "task"
USER = "260815000000000017"
SAMPLES = {
    "task_name": ("Call back", "Send the offer"),
    "description": ("About the\nroof.", "By post."),
}
TASKS_ON = Account(
    ACCOUNT.id,
    ACCOUNT.name,
    ACCOUNT.time_zone,
    facts={"project_tasks": True, "user_id": USER},
)


@pytest.fixture
def zoho():
    return Sandbox(project_tasks=True, user_id=USER)


def made(zoho, contact_id, **values):
    record = zoho.write(KIND, None, {"task_name": "Call back", **values}, contact_id)
    return zoho.connector.get(KIND, record.id, contact_id)


def projects(zoho, contact_id):
    return zoho.call("GET", f"/projects?customer_id={contact_id}")["projects"]


def sent(zoho, method):
    return [path for verb, path, _ in zoho.sent if verb == method]


def project_row(**changes):
    row = {"project_id": "50", "customer_id": ID, "project_name": project_name(ID)}
    return row | {"description": mark(ID), "status": "active"} | changes


def project_list(*rows, more=False):
    context = {"page": 1, "per_page": 200, "has_more_page": more}
    return {"code": 0, "projects": list(rows), "page_context": context}


def test_samples_cover_all_that_can_be_written():
    spec = MODULE.spec.object(KIND)

    assert SAMPLES.keys() == {f.key for f in spec.fields if f.is_writable}


def test_what_is_lost_on_the_way_is_said():
    told = " ".join(MODULE.spec.object(KIND).not_carried)

    assert all(word in told for word in ("Due date", "Assigned", "completed"))


def test_each_field_round_trips_through_a_create(zoho):
    for key, (value, _) in SAMPLES.items():
        record = made(zoho, zoho.somebody().id, **{key: value})

        assert record.values[key] == value, key


def test_each_field_round_trips_and_leaves_the_others_alone(zoho):
    record = made(zoho, zoho.somebody().id, description="About the roof.")
    for key, values in SAMPLES.items():
        for value in values:
            zoho.write(KIND, record, {key: value})
            changed = zoho.connector.get(KIND, record.id, record.parent_id)

            assert dict(changed.values) == {**record.values, key: value}, key
            record = changed


def test_a_description_can_be_emptied(zoho):
    record = made(zoho, zoho.somebody().id, description="About the roof.")

    zoho.write(KIND, record, {"description": None})

    read = zoho.connector.get(KIND, record.id, record.parent_id)
    assert read.values["description"] is None


def test_a_task_known_from_a_list_keeps_its_text(zoho):
    made(zoho, zoho.somebody().id, description="About the roof.")
    (row,) = zoho.connector.children(KIND, zoho.somebody().id)

    steps = zoho.connector.steps(KIND, row, {"task_name": "Call again"})
    zoho.write(KIND, row, {"task_name": "Call again"})

    read = zoho.connector.get(KIND, row.id, row.parent_id)
    assert [step.kind for step in steps] == ["read", "update"]
    assert read.values["description"] == "About the roof."


def test_the_first_task_brings_the_project_and_the_second_finds_it(zoho):
    contact = zoho.somebody()

    first, second = made(zoho, contact.id), made(zoho, contact.id)

    (project,) = projects(zoho, contact.id)
    assert project["project_name"] == project_name(contact.id)
    assert first.facts["project_id"] == second.facts["project_id"]
    assert {r.id for r in zoho.connector.children(KIND, contact.id)} == {
        first.id,
        second.id,
    }


def test_a_create_takes_the_two_calls_it_says(zoho):
    contact = zoho.somebody()
    (step,) = zoho.connector.steps(KIND, None, {"task_name": "A"}, contact.id)

    for _ in range(2):
        before = len(zoho.sent)
        zoho.connector.perform(KIND, step, None)

        assert len(zoho.sent) - before == step.calls == 2


def test_a_project_is_found_again_after_a_lost_answer(zoho):
    contact = zoho.somebody()
    fault = {"system": "zoho", "match": "POST /projects", "times": 1}
    zoho.switch(fail_next=[fault | {"fault": "commit_then_500", "seconds": 0}])
    (step,) = zoho.connector.steps(KIND, None, {"task_name": "Lost"}, contact.id)

    with pytest.raises(OutcomeUnknown):
        zoho.connector.perform(KIND, step, None)

    (found,) = zoho.connector.children(KIND, contact.id)
    assert found.values["task_name"] == "Lost"
    made(zoho, contact.id)
    assert len(projects(zoho, contact.id)) == 1


def test_a_renamed_project_is_found_by_its_mark(zoho):
    contact = zoho.somebody()
    record = made(zoho, contact.id)
    zoho.switch(zoho_partial_project_updates=True)
    path = f"/projects/{record.facts['project_id']}"
    zoho.call("PUT", path, {"project_name": "My jobs"})

    made(zoho, contact.id)

    assert [p["project_name"] for p in projects(zoho, contact.id)] == ["My jobs"]


def test_somebody_elses_project_is_not_used(zoho):
    contact = zoho.somebody()
    body = {"project_name": "Roof", "customer_id": contact.id, "user_id": USER}
    zoho.call("POST", "/projects", body | {"billing_type": "based_on_task_hours"})

    assert zoho.connector.children(KIND, contact.id) == []
    made(zoho, contact.id)
    assert len(projects(zoho, contact.id)) == 2


def test_tasks_written_at_once_share_one_project(zoho):
    contact = zoho.somebody()
    steps = [
        zoho.connector.steps(KIND, None, {"task_name": f"T{n}"}, contact.id)[0]
        for n in range(8)
    ]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda step: zoho.connector.perform(KIND, step, None), steps))

    assert len(projects(zoho, contact.id)) == 1
    assert len(zoho.connector.children(KIND, contact.id)) == 8


def test_a_deleted_task_is_gone_also_when_deleted_twice(zoho):
    record = made(zoho, zoho.somebody().id)

    zoho.delete(KIND, record)
    zoho.delete(KIND, record)

    with pytest.raises(RemoteNotFound, match="task"):
        zoho.connector.get(KIND, record.id, record.parent_id)


def test_a_customer_without_a_project_has_no_tasks(zoho):
    contact = zoho.somebody()

    assert zoho.connector.children(KIND, contact.id) == []
    with pytest.raises(RemoteNotFound):
        zoho.connector.get(KIND, "9", contact.id)
    assert sent(zoho, "POST") == []


def test_nothing_happens_while_tasks_are_switched_off():
    connector = Sandbox().connector

    for attempt in (
        lambda: connector.children(KIND, ID),
        lambda: connector.get(KIND, "9", ID),
        lambda: connector.steps(KIND, None, {"task_name": "A"}, ID),
    ):
        with pytest.raises(ConfigError, match="switched off"):
            attempt()


def test_the_check_brings_the_user_that_a_project_needs(zoho):
    assert zoho.connector.check().facts["user_id"] == USER
    assert "user_id" not in Sandbox().connector.check().facts


def test_without_a_remembered_user_one_is_read():
    zoho = Sandbox(project_tasks=True)
    contact = zoho.somebody()
    (step,) = zoho.connector.steps(KIND, None, {"task_name": "A"}, contact.id)

    zoho.connector.perform(KIND, step, None)

    assert any(path.endswith("/users/me") for path in sent(zoho, "GET"))


# Oddities


def test_projects_of_others_are_passed_over_where_the_filter_is_ignored():
    stranger = project_row(project_id="1", customer_id="77", description=mark(ID))
    zoho = Zoho(
        ok(project_list(stranger, more=True)),
        ok(project_list(project_row())),
        ok({"code": 0, "tasks": [{"task_id": "9", "task_name": "A"}]}),
        account=TASKS_ON,
    )

    (task,) = zoho.connector.children(KIND, ID)

    assert (task.id, task.facts["project_id"]) == ("9", "50")
    assert zoho.params(0)["customer_id"] == ID
    assert zoho.params(1)["page"] == "2"


def test_of_two_projects_the_older_one_counts():
    rows = (project_row(project_id="100"), project_row(project_id="99"))
    zoho = Zoho(ok(project_list(*rows)), ok({"tasks": []}), account=TASKS_ON)

    zoho.connector.children(KIND, ID)

    assert zoho.sent()[1] == "/invoice/v3/projects/99/tasks"


def test_a_project_answered_without_its_task_gets_it_by_a_call_of_its_own():
    task = {"task_id": "9", "task_name": "A"}
    zoho = Zoho(
        ok(project_list()),
        (201, {"code": 0, "project": {"project_id": "50", "tasks": []}}),
        (201, {"code": 0, "task": task}),
        account=TASKS_ON,
    )
    (step,) = zoho.connector.steps(KIND, None, {"task_name": "A"}, ID)

    result = zoho.connector.perform(KIND, step, None)

    assert result.record_id == "9"
    assert zoho.sent() == ("POST", "/invoice/v3/projects/50/tasks", {"task_name": "A"})


@pytest.mark.parametrize(
    "answers",
    [
        [ok(project_list()), (201, {"code": 0})],
        [ok(project_list(project_row())), (201, {"code": 0})],
    ],
)
def test_a_create_that_names_nothing_is_of_unknown_outcome(answers):
    zoho = Zoho(*answers, account=TASKS_ON)
    (step,) = zoho.connector.steps(KIND, None, {"task_name": "A"}, ID)

    with pytest.raises(OutcomeUnknown):
        zoho.connector.perform(KIND, step, None)


def test_a_rate_that_somebody_set_is_sent_back():
    answer = {"code": 0, "task": {"task_id": "9", "task_name": "A", "rate": 30}}
    zoho = Zoho(
        ok(project_list(project_row())), ok(answer), ok(answer), account=TASKS_ON
    )
    record = zoho.connector.get(KIND, "9", ID)
    _, step = zoho.connector.steps(KIND, record, {"task_name": "B"})

    zoho.connector.perform(KIND, step, record)

    assert zoho.sent()[2] == {"task_name": "B", "description": "", "rate": 30}


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({"task_name": "B"}, ["read", "update"]),
        ({"description": "Of today"}, ["read", "update"]),
        ({"task_name": "B", "description": "Of today"}, ["update"]),
    ],
)
def test_what_goes_out_beside_a_change_is_read_first(values, kinds):
    connector = Zoho(account=TASKS_ON).connector
    record = Record("9", {"task_name": "A", "description": "Of yesterday"}, "detail")

    steps = connector.steps(KIND, record, values)

    assert [step.kind for step in steps] == kinds


def test_a_task_without_its_customer_is_not_to_be_had():
    with pytest.raises(RemoteRejected) as caught:
        Zoho(account=TASKS_ON).connector.get(KIND, "9")

    assert caught.value.code == "parent_unknown"


def test_no_project_is_made_when_the_look_for_one_fails():
    def answer(request):
        raise httpx.ReadTimeout("", request=request)

    zoho = Zoho(account=TASKS_ON)
    zoho.connector.api.client = httpx.Client(transport=httpx.MockTransport(answer))
    (step,) = zoho.connector.steps(KIND, None, {"task_name": "A"}, ID)

    with pytest.raises(Exception, match="in time"):
        zoho.connector.perform(KIND, step, None)


def test_a_missing_permission_is_no_end_of_the_connection():
    zoho = Zoho(*[refusal(57, 401)] * 2, account=TASKS_ON)

    with pytest.raises(PermanentError, match="permission for projects") as caught:
        zoho.connector.children(KIND, ID)

    assert caught.value.code == "scope_missing"
    assert not isinstance(caught.value, AuthError)
    assert zoho.connector.api.refused is None
