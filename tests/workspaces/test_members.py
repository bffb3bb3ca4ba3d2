"""The workspace page: its name, its people, what was done."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from workspaces.models import AuditEvent, Membership, Workspace

PAGE = "/w/acme/workspace/"


def role_of(user: User) -> str:
    return Membership.objects.get(user=user, workspace__slug="acme").role


def change(client: Client, user: User, what: str, **data: str) -> str:
    pk = Membership.objects.get(user=user, workspace__slug="acme").pk
    answer = client.post(f"{PAGE}members/{pk}/{what}/", data, follow=True)
    return answer.content.decode()


def test_an_owner_changes_name_and_time_zone(
    as_owner: Client, workspace: Workspace
) -> None:
    as_owner.post(f"{PAGE}edit/", {"name": "Acme Ltd", "time_zone": "Asia/Tokyo"})

    workspace.refresh_from_db()
    assert (workspace.name, workspace.slug) == ("Acme Ltd", "acme")
    assert workspace.time_zone == "Asia/Tokyo"
    assert AuditEvent.objects.filter(action="workspace.changed").count() == 1


def test_a_time_zone_that_does_not_exist_is_refused(as_owner: Client) -> None:
    answer = as_owner.post(f"{PAGE}edit/", {"name": "A", "time_zone": "Mars/Olympus"})

    assert answer.status_code == 400
    assert "Select a valid choice" in answer.content.decode()


def _links(text: str) -> list[str]:
    return re.findall(r"http://localhost:\d+(/account/password/[^\s\"<]+)", text)


def test_a_new_person_gets_a_link_to_choose_a_password(
    as_owner: Client, mailoutbox, django_capture_on_commit_callbacks
) -> None:
    form = {"email": "kim@example.com", "role": "editor"}
    with django_capture_on_commit_callbacks(execute=True):
        as_owner.post(f"{PAGE}members/add/", form)

    kim = User.objects.get(email="kim@example.com")
    assert not kim.has_usable_password()
    assert role_of(kim) == Membership.Role.EDITOR
    [mailed] = _links(mailoutbox[0].body)
    [shown] = _links(as_owner.get(PAGE).content.decode())
    # Each is made when it is needed (a key holds its second), and each leads in.
    for link in (mailed, shown):
        assert Client().get(link).url.endswith("-set-password/")
    assert not _links(as_owner.get(PAGE).content.decode())  # shown once


def test_the_link_leads_to_a_password_and_into_the_workspace(
    as_owner: Client, client: Client, mailoutbox, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        as_owner.post(
            f"{PAGE}members/add/", {"email": "k@example.com", "role": "viewer"}
        )
    [link] = re.findall(r"http://localhost:\d+(/account/\S+)", mailoutbox[0].body)
    visitor, password = Client(), "correct-horse-battery"

    form_url = visitor.get(link).url
    visitor.post(form_url, {"password1": password, "password2": password})
    answer = visitor.post(
        "/account/login/", {"login": "k@example.com", "password": password}
    )

    assert answer.url == "/"
    assert visitor.get("/").url == "/w/acme/"


def test_somebody_elses_account_is_added_without_a_link(
    as_owner: Client, stranger: User, mailoutbox, django_capture_on_commit_callbacks
) -> None:
    form = {"email": "Stranger@example.com", "role": "viewer"}
    with django_capture_on_commit_callbacks(execute=True):
        as_owner.post(f"{PAGE}members/add/", form)

    assert role_of(stranger) == Membership.Role.VIEWER
    assert "/account/password/reset/" not in mailoutbox[0].body
    assert "Give this link" not in as_owner.get(PAGE).content.decode()


def test_nobody_is_added_twice(as_owner: Client, viewer: User) -> None:
    form = {"email": viewer.email, "role": "owner"}
    answer = as_owner.post(f"{PAGE}members/add/", form)

    assert answer.status_code == 400
    assert "in this workspace already" in answer.content.decode()
    assert role_of(viewer) == Membership.Role.VIEWER


def test_an_owner_changes_a_role(as_owner: Client, viewer: User) -> None:
    change(as_owner, viewer, "role", role="editor")

    assert role_of(viewer) == Membership.Role.EDITOR
    assert AuditEvent.objects.filter(action="member.role_changed").count() == 1


@pytest.mark.parametrize("what", ["role", "remove"])
def test_the_last_owner_stays(as_owner: Client, owner: User, what: str) -> None:
    page = change(as_owner, owner, what, role="viewer")

    assert "needs an owner" in page
    assert role_of(owner) == Membership.Role.OWNER


def test_a_removed_person_no_longer_finds_the_workspace(
    as_owner: Client, viewer: User
) -> None:
    change(as_owner, viewer, "remove")
    browser = Client()
    browser.force_login(viewer)

    assert browser.get(PAGE).status_code == 404


def test_a_person_of_another_workspace_cannot_be_changed_from_here(
    as_owner: Client, stranger: User
) -> None:
    theirs = Membership.objects.get(user=stranger)

    assert as_owner.post(f"{PAGE}members/{theirs.pk}/remove/").status_code == 404
    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_the_page_asks_few_questions(
    as_owner: Client, viewer: User, django_assert_max_num_queries
) -> None:
    as_owner.get(PAGE)

    with django_assert_max_num_queries(12):
        as_owner.get(PAGE)


def test_somebody_who_has_not_come_in_gets_a_new_link(
    as_owner: Client, workspace: Workspace
) -> None:
    data = {"email": "new@example.com", "role": "viewer"}
    first = as_owner.post(f"{PAGE}members/add/", data, follow=True).content.decode()
    old = re.search(r"/account/password/reset/key/[\w-]+/", first)
    pk = Membership.objects.get(user__email="new@example.com").pk
    assert "has not chosen a password yet" in first

    page = as_owner.post(f"{PAGE}members/{pk}/invite/", follow=True).content.decode()

    new = re.search(r"/account/password/reset/key/[\w-]+/", page)
    assert old
    assert new
    assert old[0] != new[0]
    assert "This link no longer works" in _opened(old[0])
    assert "This link no longer works" not in _opened(new[0])


def _opened(path: str) -> str:
    return Client().get(path, follow=True).content.decode()


def test_somebody_who_is_here_gets_no_link(as_owner: Client, editor: User) -> None:
    assert "has an account already" in change(as_owner, editor, "invite")
