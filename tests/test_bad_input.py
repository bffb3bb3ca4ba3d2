"""Bad input: nothing that can be typed into an address or a form breaks a page.

The addresses are read from the URL configuration, so a new page is held to it by itself.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from crosswalk.clock import now
from integrations.models import Connection, Grant
from sync.models import InboxEvent, Plan, PlannedChange, Setup
from synclog.models import SyncRun
from tests.sync.rows import failing, live_sync, run_make
from tests.test_access import PAGES, address
from workspaces.models import Workspace

HUGE = 2**63
NASTY = (
    "abc",
    "-1",
    str(HUGE),
    "9" * 5000,
    "²",
    "\x00",
    "a\x00b",
    "\ud800".encode("utf-8", "surrogatepass"),
    b"\xff\xfe",
    "%s{0}'\";--",
    "x" * 20_000,
)
PARAMETERS = (
    *("page", "list", "show", "q", "cause", "state", "trigger", "mode", "sync"),
    *(
        "quiet",
        "seen",
        "again",
        "before",
        "since",
        "site",
        "setup",
        "reconnect",
        "connection",
        "key",
    ),
    *("code", "accounts-server", "error", "location", "go", "next"),
)
# nonsense in the others is a 404, behind which these would hide
PLAIN = tuple(p for p in PARAMETERS if p not in {"site", "setup", "reconnect"})
FORM_FIELDS = (
    *("account", "cause", "go", "name", "email", "role", "time_zone", "secret"),
    *("left", "right", "direction", "conflict", "first_merge", "schedule", "match"),
    *("token-token", "token-account_id", "token-setup", "token-site", "code-code"),
    *("app-client_id", "app-client_secret", "app-reconnect", "code", "accounts-server"),
    *("form-TOTAL_FORMS", "form-INITIAL_FORMS", "form-0-left", "form-0-to_right"),
    *("seen", "record", "field", "candidate", "winner-0", "winner", "way"),
)


@pytest.fixture
def ids(workspace: Workspace) -> dict[str, int]:
    """A workspace with one of everything: argument of an address → its id."""
    sync = live_sync(workspace)
    run = run_make(sync)
    record = failing(sync, run)
    plan = Plan.objects.create(
        workspace=workspace, sync=sync, state=Plan.State.READY, read_at=now()
    )
    PlannedChange.objects.create(
        plan=plan, object_type="contact", unit="l1", outcome="create"
    )
    test = run_make(sync, mode=SyncRun.Mode.TEST, plan=plan)
    setup = Setup.objects.create(
        workspace=workspace,
        left_kind="highlevel",
        right_kind="zoho_invoice",
        left=sync.left,
        right=sync.right,
        sync=sync,
    )
    event = InboxEvent.objects.create(
        connection=sync.left, event_type="ContactUpdate", body="{}", record_id="1"
    )
    return {
        "sync": sync.pk,
        "grant": Grant.objects.latest("pk").pk,
        "connection": Connection.objects.latest("pk").pk,
        "run": run.pk,
        "test": test.pk,
        "setup": setup.pk,
        "record": record.pk,
        "event": event.pk,
        "entry": record.last_entry_id or 0,
        "member": workspace.memberships.get().pk,
    }


ROWS = {  # how an address begins → what its `pk` is the key of
    "syncs/": "sync",
    "people/": "record",
    "contacts/": "contact",
    r"runs/\d+/people/": "entry",
    "runs/": "run",
    "setup/": "setup",
    "connections/notices/": "event",
    "connections/": "connection",
    "workspace/members/": "member",
}


def place(
    name: str, args: dict[str, Any], workspace: Workspace, ids: dict[str, int]
) -> str:
    """Return an address with ids of rows that there are."""
    path = address(name, args, workspace).partition(f"/w/{workspace.slug}/")[2]
    kind = next((kind for start, kind in ROWS.items() if re.match(start, path)), "")
    pk = ids.get(kind, 1)
    run = ids["test"] if name.startswith("sync:plan") else ids["run"]
    known = {"pk": pk, "run": run, "sync": ids["sync"], "grant": ids["grant"]}
    return address(name, {k: known.get(k, v) for k, v in args.items()}, workspace)


@pytest.mark.parametrize(("name", "args"), PAGES, ids=[page[0] for page in PAGES])
def test_no_parameter_of_an_address_breaks_a_page(
    name: str,
    args: dict[str, Any],
    workspace: Workspace,
    ids: dict[str, int],
    as_owner: Client,
) -> None:
    url = place(name, args, workspace, ids)

    for value in NASTY:
        for names in (PARAMETERS, PLAIN):
            answer = as_owner.get(url, dict.fromkeys(names, value))
            assert answer.status_code < 500


@pytest.mark.parametrize(("name", "args"), PAGES, ids=[page[0] for page in PAGES])
def test_no_number_in_an_address_breaks_a_page(
    name: str, args: dict[str, Any], workspace: Workspace, as_owner: Client
) -> None:
    if int not in map(type, args.values()):
        pytest.skip("no number in this address")

    for number in (0, HUGE, 10**40):
        numbered = {k: number if v == 1 else v for k, v in args.items()}
        url = address(name, numbered, workspace)
        assert as_owner.get(url).status_code in {404, 405}
        assert as_owner.post(url).status_code < 500


@pytest.mark.usefixtures("busy_vendors")
@pytest.mark.parametrize(("name", "args"), PAGES, ids=[page[0] for page in PAGES])
def test_no_form_breaks_a_page(
    name: str,
    args: dict[str, Any],
    workspace: Workspace,
    ids: dict[str, int],
    as_owner: Client,
) -> None:
    url = place(name, args, workspace, ids)

    for value in NASTY:
        answer = as_owner.post(url, dict.fromkeys(FORM_FIELDS, value))
        assert answer.status_code < 500


@pytest.mark.parametrize(
    "path", ["/connect/callback/", "/welcome/", "/", "/styleguide/", "/account/login/"]
)
def test_no_parameter_breaks_a_page_without_a_workspace(
    path: str, as_owner: Client
) -> None:
    for value in NASTY:
        assert as_owner.get(path, dict.fromkeys(PARAMETERS, value)).status_code < 500
        assert as_owner.get(path, {"code": value}).status_code < 500


def test_an_address_with_a_nul_is_refused(client: Client, db: None) -> None:
    assert client.get("/hooks/c/ab%00cdefgh/").status_code < 500
    assert client.post("/hooks/c/ab%00cdefgh/").status_code == 400
