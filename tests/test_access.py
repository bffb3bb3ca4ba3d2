"""Who may reach what: every address of a workspace, asked by everybody.

The list is read from the URL configuration, so a new page is held to it by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from workspaces.models import Workspace

SAMPLES = {"int": 1, "slug": "contact", "str": "x"}
SLUGS = {"kind": "highlevel", "step": "rules", "object_type": "contact"}


def patterns(
    resolver: URLResolver, spaces: tuple[str, ...] = (), inherited: Any = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (name, arguments) of each address that has a workspace in it."""
    for entry in resolver.url_patterns:
        converters = {**(inherited or {}), **entry.pattern.converters}
        if isinstance(entry, URLResolver):
            inner = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from patterns(entry, inner, converters)
        elif isinstance(entry, URLPattern) and "workspace" in converters and entry.name:
            kinds = {k: type(c).__name__ for k, c in converters.items()}
            args = {
                key: SLUGS.get(key, SAMPLES[_short(kind)])
                for key, kind in kinds.items()
                if key != "workspace"
            }
            yield ":".join((*spaces, entry.name)), args


def _short(kind: str) -> str:
    return {"IntConverter": "int", "SlugConverter": "slug"}.get(kind, "str")


PAGES = sorted(patterns(get_resolver()), key=lambda page: page[0])


def address(name: str, args: dict[str, Any], workspace: Workspace) -> str:
    return reverse(name, kwargs={"workspace": workspace.slug, **args})


def test_there_are_pages_to_ask_for() -> None:
    assert len(PAGES) > 20


@pytest.mark.parametrize(("name", "args"), PAGES, ids=[page[0] for page in PAGES])
def test_a_stranger_finds_nothing(
    name: str, args: dict[str, Any], workspace: Workspace, stranger: User
) -> None:
    client = Client()
    client.force_login(stranger)
    url = address(name, args, workspace)

    # 405 says only that no workspace's page takes this method
    answers = {client.get(url).status_code, client.post(url).status_code}
    assert 404 in answers
    assert answers <= {404, 405}


@pytest.mark.parametrize(("name", "args"), PAGES, ids=[page[0] for page in PAGES])
def test_whoever_is_not_signed_in_is_asked_to(
    name: str, args: dict[str, Any], workspace: Workspace
) -> None:
    answer = Client().get(address(name, args, workspace))

    if answer.status_code == 405:
        answer = Client().post(address(name, args, workspace))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize(("name", "args"), PAGES, ids=[page[0] for page in PAGES])
def test_a_viewer_changes_nothing(
    name: str, args: dict[str, Any], workspace: Workspace, viewer: User
) -> None:
    client = Client()
    client.force_login(viewer)

    assert client.post(address(name, args, workspace)).status_code in {403, 405}


@pytest.mark.parametrize(("name", "args"), PAGES, ids=[page[0] for page in PAGES])
def test_every_form_needs_its_token(
    name: str, args: dict[str, Any], workspace: Workspace, owner: User
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)

    assert client.post(address(name, args, workspace)).status_code in {403, 405}


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\e"]
)
def test_signing_in_leads_nowhere_else(elsewhere: str, owner: User) -> None:
    form = {"login": owner.email, "password": "a-long-password", "next": elsewhere}

    answer = Client().post("/account/login/", form)

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/account/login/", "/hooks/c/nothing/", "/nothing"])
def test_every_answer_forbids_frames_and_strange_scripts(
    path: str, owner: User
) -> None:
    answer = Client().get(path)

    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
