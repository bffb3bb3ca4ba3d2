"""Who may see and change what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from workspaces.access import (
    WorkspaceRequest,
    workspace_editor,
    workspace_member,
    workspace_owner,
)
from workspaces.models import Workspace

PAGE = "/w/acme/workspace/"
CHANGES = ("edit/", "members/add/", "members/1/role/", "members/1/remove/")


def ask(view, user: User, method: str = "get", slug: str = "acme") -> HttpResponse:
    request = getattr(RequestFactory(), method)("/")
    request.user = user
    request.session = {}
    return view(request, slug)


def show(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    zone = timezone.get_current_timezone_name()
    return HttpResponse(f"{request.workspace.name} {request.membership.role} {zone}")


def test_a_member_finds_workspace_and_membership_on_the_request(viewer: User) -> None:
    answer = ask(workspace_member(show), viewer)

    assert answer.content == b"Acme viewer Europe/London"


@pytest.mark.parametrize("guard", [workspace_member, workspace_editor, workspace_owner])
def test_a_stranger_gets_the_same_404_as_for_an_unknown_workspace(
    guard, workspace: Workspace, stranger: User
) -> None:
    for slug in ("acme", "nowhere"):
        with pytest.raises(Http404):
            ask(guard(show), stranger, slug=slug)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_viewer_changes_nothing_even_where_members_may_look(
    viewer: User, method: str
) -> None:
    with pytest.raises(PermissionDenied, match="not change it"):
        ask(workspace_member(show), viewer, method)


def test_an_editor_may_change_but_not_what_is_for_owners(editor: User) -> None:
    assert ask(workspace_member(show), editor, "post").status_code == 200
    assert ask(workspace_editor(show), editor).status_code == 200
    with pytest.raises(PermissionDenied, match="Only an owner"):
        ask(workspace_owner(show), editor)


def test_a_viewer_may_not_open_an_editors_page(viewer: User) -> None:
    with pytest.raises(PermissionDenied):
        ask(workspace_editor(show), viewer)


def test_the_page_asks_to_sign_in(client: Client, workspace: Workspace) -> None:
    answer = client.get(PAGE)

    assert answer.status_code == 302
    assert answer.url.startswith("/account/login/")


def test_a_stranger_does_not_find_the_page(
    client: Client, workspace: Workspace, stranger: User
) -> None:
    client.force_login(stranger)

    assert client.get(PAGE).status_code == 404
    assert [client.post(PAGE + path).status_code for path in CHANGES] == [404] * 4


def test_a_viewer_sees_the_page_without_its_buttons(
    client: Client, viewer: User
) -> None:
    client.force_login(viewer)

    page = client.get(PAGE).content.decode()

    assert "owner@example.com" in page
    assert "Save the workspace" not in page
    assert "Add the person" not in page


@pytest.mark.parametrize("who", ["viewer", "editor"])
def test_only_an_owner_changes_people(request, client: Client, who: str) -> None:
    client.force_login(request.getfixturevalue(who))

    answers = [client.post(PAGE + path) for path in CHANGES]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert "Only an owner" in answers[0].content.decode()
