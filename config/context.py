"""What every page's shell shows: the workspace, the pages, the worker, the counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from sync.selectors import attention_count, worker_state
from workspaces.models import Workspace
from workspaces.selectors import workspace_current, workspaces_of


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the sidebar."""

    label: str
    icon: str
    url: str
    is_current: bool
    key: str = ""  # "g" and this letter lead there
    count: int = 0
    starts_group: bool = False


# label, icon, URL name, starts a group
PAGES = (
    ("Home", "home", "sync:home", False),
    ("Needs attention", "alert-circle", "sync:attention", False),
    ("Syncs", "arrows-left-right", "sync:sync_list", False),
    ("Contacts", "users", "sync:contact_list", False),
    ("Runs", "list-details", "sync:run_list", False),
    ("Connections", "plug-connected", "integrations:connection_list", True),
    ("Catalogue", "bolt", "integrations:catalogue", False),
    ("Workspace", "settings", "workspaces:workspace_page", False),
)
KEYS = {
    "sync:home": "h",
    "sync:attention": "a",
    "sync:sync_list": "s",
    "sync:contact_list": "p",
    "sync:run_list": "r",
    "integrations:connection_list": "c",
    "integrations:catalogue": "o",
    "workspaces:workspace_page": "w",
}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return `shell`, read from the database only by a page that shows it."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    workspace = workspace_current(request)
    if workspace is None:
        return {}
    return {
        "workspace": workspace,
        "others": [w for w in workspaces_of(user) if w.pk != workspace.pk],
        "nav": nav(request.path, workspace, attention_count(workspace)),
        "worker": worker_state(),
    }


def nav(path: str, workspace: Workspace, waiting: int = 0) -> list[NavItem]:
    """Return the sidebar; current is the page whose address leads to this one."""
    found = [
        (label, icon, reverse(name, args=[workspace.slug]), group, KEYS.get(name, ""))
        for label, icon, name, group in PAGES
    ]
    home = f"/w/{workspace.slug}/"
    fits = [
        u for _, _, u, *_ in found if path == u or (u != home and path.startswith(u))
    ]
    current = max(fits, key=len, default="")
    return [
        NavItem(
            label=label,
            icon=icon,
            url=url,
            is_current=url == current,
            key=key,
            count=waiting if label == "Needs attention" else 0,
            starts_group=group,
        )
        for label, icon, url, group, key in found
    ]
