"""Pages of the installation: health, the style guide, accounts, errors, the shell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.utils.html import escape
from pytest_django.asserts import assertTemplateUsed

from config.context import nav
from config.styleguide import SAMPLES
from crosswalk.templatetags.elements import register as library
from workspaces.models import Workspace

ACCOUNT_PAGES = (
    "email/",
    "password/change/",
    "2fa/",
    "logout/",
    "reauthenticate/",
)
ENTRANCE_PAGES = ("login/", "signup/", "password/reset/", "password/reset/done/")


def test_it_is_alive_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_it_is_ready_with_its_migrations(client: Client) -> None:
    assert client.get("/readyz").json() == {"ready": True}


@pytest.mark.django_db
def test_it_is_not_ready_while_a_migration_is_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'mfa' AND name LIKE '0003%'"
        )

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "manage.py migrate" in answer.json()["reason"]


def test_the_style_guide_is_for_people_who_are_signed_in(
    client: Client, as_owner: Client
) -> None:
    assert Client().get("/styleguide/").status_code == 302
    assert as_owner.get("/styleguide/").status_code == 200


def test_without_sandbox_the_style_guide_is_for_staff(
    as_owner: Client, owner: User, settings: Any
) -> None:
    settings.SANDBOX = False

    assert as_owner.get("/styleguide/").status_code == 404
    User.objects.update(is_staff=True)
    assert as_owner.get("/styleguide/").status_code == 200


def test_the_style_guide_shows_each_element_in_both_themes_with_its_markup(
    as_owner: Client,
) -> None:
    page = as_owner.get("/styleguide/").content.decode()

    for path in (settings.ROOT / "templates/styleguide").glob("*.html"):
        if path.stem != "page":
            assert f'id="h-{path.stem}"' in page, path.stem
            assert escape(path.read_text().strip()) in page, path.stem
    assert page.count('data-bs-theme="dark"') == len(SAMPLES)


def test_the_style_guide_knows_every_tag() -> None:
    shown = "".join(
        path.read_text()
        for path in (settings.ROOT / "templates/styleguide").glob("*.html")
    )

    assert [tag for tag in library.tags if f"{{% {tag} " not in shown] == []


@pytest.mark.parametrize("path", ACCOUNT_PAGES)
def test_account_pages_have_our_look(as_owner: Client, path: str) -> None:
    answer = as_owner.get(f"/account/{path}")

    assert answer.status_code == 200
    assertTemplateUsed(answer, "base_root.html")
    assert "style=" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ENTRANCE_PAGES)
def test_entrance_pages_have_our_look(client: Client, path: str) -> None:
    answer = client.get(f"/account/{path}")

    assert answer.status_code == 200
    assertTemplateUsed(answer, "base_entrance.html")


@pytest.mark.django_db
def test_guessing_passwords_is_slowed_down(client: Client, owner: User) -> None:
    cache.clear()
    form = {"login": owner.email, "password": "wrong"}

    pages = [client.post("/account/login/", form).content.decode() for _ in range(12)]

    assert "Too many failed login attempts" in pages[-1]
    cache.clear()


@pytest.mark.django_db
def test_nobody_signs_up_without_an_invitation(client: Client) -> None:
    form = {"email": "x@example.com", "password1": "correct-horse-battery"}
    client.post("/account/signup/", form)

    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_page_that_is_not_here_says_so(client: Client, owner: User) -> None:
    client.force_login(owner)

    answer = client.get("/nope/")

    assert answer.status_code == 404
    assert "This page is not here" in answer.content.decode()


def test_a_form_without_its_token_is_refused_in_words(owner: User) -> None:
    browser = Client(enforce_csrf_checks=True)

    answer = browser.post("/account/login/", {})

    assert answer.status_code == 403
    assert "too old" in answer.content.decode()


def test_the_page_of_our_own_mistakes_needs_no_context() -> None:
    assert "our side" in render_to_string("500.html")


def test_the_sidebar_marks_the_page_whose_address_leads_here(
    workspace: Workspace,
) -> None:
    items = nav("/w/acme/workspace/members/add/", workspace, 3)

    assert [item.label for item in items if item.is_current] == ["Workspace"]


def _sources() -> list[Path]:
    return sorted((settings.ROOT / "templates").rglob("*.html"))


def test_no_template_has_an_inline_style_or_handler() -> None:
    found = [
        path.name
        for path in _sources()
        if re.search(r"\s(style|on[a-z]+)=\"|<style|<script>", path.read_text())
    ]

    assert found == []


def test_every_rule_of_a_style_sheet_is_closed() -> None:
    """One that is left open swallows those behind it, and no browser says so."""
    for path in sorted((settings.ROOT / "static/css").glob("*.css")):
        depth = 0
        for number, line in enumerate(path.read_text().splitlines(), 1):
            starts_rule = line.endswith("{") and not line.startswith((" ", "}"))
            assert not (starts_rule and depth), f"{path.name}:{number}"
            depth += line.count("{") - line.count("}")
        assert depth == 0, path.name


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = (settings.ROOT / "static/icons/sprite.svg").read_text()
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used = {
        name
        for path in _sources()
        for name in re.findall(r'(?:\bicon |icon=)"([a-z0-9-]+)"', path.read_text())
    }

    assert used - known == set()


def test_vendored_files_are_those_that_their_list_names() -> None:
    import hashlib

    static = settings.ROOT / "static"
    listed = (static / "vendor/README.md").read_text()
    for name in ("vendor/tabler/tabler.min.css", "icons/sprite.svg"):
        assert hashlib.sha256((static / name).read_bytes()).hexdigest() in listed


def test_a_part_of_a_page_leads_whoever_is_signed_out_to_sign_in(
    client: Client, workspace: Workspace
) -> None:
    answer = client.get(f"/w/{workspace.slug}/", headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == "/account/login/"
