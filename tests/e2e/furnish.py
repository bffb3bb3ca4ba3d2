"""`python -m tests.e2e.furnish TOKEN`: a workspace, two connections and a sync.

Runs against the product's own settings, with the sandbox on its port: a process of its
own, so that the tests' process keeps to the tests' database.
"""

from __future__ import annotations

import os
import sys

import django


def main(token: str) -> None:
    from django.contrib.auth.models import User

    from integrations.services import connection_add_refresh_token, connection_add_token
    from sandbox.highlevel.accounts import NORTHLIGHT_ID
    from sandbox.highlevel.seeding import SEEDED_PIT
    from sandbox.zoho.grants import CLIENT_ID, CLIENT_SECRET
    from tests.sync.world import ORG, sync_make
    from workspaces.services import workspace_create

    owner = User.objects.create_user("owner", "owner@example.com")
    workspace = workspace_create(name="Acme", owner=owner)
    left = connection_add_token(
        workspace=workspace,
        kind="highlevel",
        name="GHL",
        account_id=NORTHLIGHT_ID,
        token=SEEDED_PIT,
        site="sandbox",
    )
    right = connection_add_refresh_token(
        workspace=workspace,
        kind="zoho_invoice",
        name="Zoho",
        account_id=ORG,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        refresh_token=token,
        data_center="us",
        site="sandbox",
    )
    sync_make(workspace, left, right)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main(sys.argv[1])
