"""The Zoho Invoice stand-in: accounts server and API, as `zoho-invoice.md` says."""

from __future__ import annotations

from sandbox.zoho import (
    addresses,
    billing,
    comments,
    contacts,
    controls,
    hook_settings,
    hooks,
    oauth,
    organizations,
    persons,
    projects,
    tasks,
    users,
)
from sandbox.zoho.grants import (
    CLIENT_ID,
    CLIENT_SECRET,
    client_register,
    issue_access_token,
    issue_refresh_token,
)
from sandbox.zoho.organizations import MAIN_ID, SECOND_ID
from sandbox.zoho.wire import blueprint

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "MAIN_ID",
    "SECOND_ID",
    "addresses",
    "billing",
    "blueprint",
    "client_register",
    "comments",
    "contacts",
    "controls",
    "hook_settings",
    "hooks",
    "issue_access_token",
    "issue_refresh_token",
    "oauth",
    "organizations",
    "persons",
    "projects",
    "tasks",
    "users",
]
