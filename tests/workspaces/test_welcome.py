"""The first visit: one owner, made once, by whom it should be."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from workspaces import owner as first
from workspaces.models import Membership, Workspace

FORM = {
    "workspace_name": "Northlight Studio",
    "email": "Dana@Example.com",
    "password": "correct-horse-battery",
    "time_zone": "Europe/Madrid",
}


@pytest.fixture
def reachable(settings, tmp_path: Path) -> Path:
    """An installation that other machines reach."""
    settings.IS_LOOPBACK = False
    settings.DATA_DIR = tmp_path
    return tmp_path / "owner-link"


@pytest.mark.django_db
def test_the_first_visitor_is_led_to_the_welcome_page(client: Client) -> None:
    assert client.get("/").url == "/welcome/"
    assert client.get("/welcome/").status_code == 200


@pytest.mark.django_db
def test_the_first_visitor_becomes_owner_and_is_signed_in(client: Client) -> None:
    answer = client.post("/welcome/", FORM)

    assert answer.url == "/w/northlight-studio/"
    workspace = Workspace.objects.get()
    assert workspace.time_zone == "Europe/Madrid"
    assert workspace.memberships.get().role == Membership.Role.OWNER
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
    assert User.objects.get().email == "dana@example.com"


@pytest.mark.django_db
def test_the_first_owner_gets_what_the_command_line_made(client: Client) -> None:
    imported = Workspace.objects.create(name="Northlight Studio", slug="imported")

    assert client.post("/welcome/", FORM).url == "/w/imported/"
    assert imported.memberships.get().role == Membership.Role.OWNER


@pytest.mark.django_db
def test_a_time_zone_nobody_knows_becomes_utc(client: Client) -> None:
    client.post("/welcome/", FORM | {"time_zone": "Mars/Olympus"})

    assert Workspace.objects.get().time_zone == "UTC"


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "password1234", "dana@example.com"])
def test_a_weak_password_is_refused(client: Client, password: str) -> None:
    answer = client.post("/welcome/", FORM | {"password": password})

    assert answer.status_code == 200
    assert not User.objects.exists()


def test_the_welcome_page_is_gone_once_there_is_an_owner(
    client: Client, owner: User
) -> None:
    assert client.get("/welcome/").status_code == 404
    assert client.post("/welcome/", FORM).status_code == 404
    assert client.get("/").url == "/account/login/"


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?key=", "?key=wrong"])
def test_a_reachable_server_needs_the_printed_link(
    client: Client, reachable: Path, query: str
) -> None:
    answer = client.post(f"/welcome/{query}", FORM)

    assert answer.status_code == 403
    assert "one-time link" in answer.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_printed_link_works_once(client: Client, reachable: Path) -> None:
    link = first.owner_link() or ""
    assert reachable.stat().st_mode & 0o777 == 0o600

    answer = client.post(link.partition("localhost:8000")[2], FORM)

    assert answer.url == "/w/northlight-studio/"
    assert not reachable.exists()
    assert first.owner_link() is None


@pytest.mark.django_db
def test_a_public_address_in_front_of_a_loopback_bind_needs_the_link(
    client: Client, settings, tmp_path: Path
) -> None:
    settings.BASE_URL = "https://sync.example.com"
    settings.DATA_DIR = tmp_path

    assert client.get("/welcome/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_first_visitors_make_one_owner() -> None:
    gate, answers = threading.Barrier(2), []

    def visit(name: str) -> None:
        try:
            gate.wait(timeout=10)
            form = FORM | {"email": f"{name}@example.com"}
            answers.append(Client().post("/welcome/", form).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=visit, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert User.objects.count() == Workspace.objects.count() == 1
    assert len(answers) == 2
    assert set(answers) <= {302, 404}


def test_the_way_home_leads_to_the_workspace_last_used(
    as_owner: Client, owner: User
) -> None:
    other = Workspace.objects.create(name="Zebra", slug="zebra")
    Membership.objects.create(workspace=other, user=owner, role="viewer")
    assert as_owner.get("/").url == "/w/acme/"

    as_owner.get("/w/zebra/workspace/")

    assert as_owner.get("/").url == "/w/zebra/"


@pytest.mark.django_db
def test_somebody_without_a_workspace_is_told_what_to_do(client: Client) -> None:
    client.force_login(User.objects.create_user("lost", "lost@example.com"))

    assert "Ask an owner" in client.get("/").content.decode()
