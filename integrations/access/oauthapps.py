"""OAuth apps: which client id and secret a kind is connected with.

The environment's wins over the one entered in the workspace; the sandbox knows its
own, which protect nothing.
"""

from __future__ import annotations

from django.conf import settings

from crosswalk.crypto import decrypt
from integrations.models import OAuthApp, Site
from workspaces.models import Workspace

# The sandbox's registered clients (sandbox/highlevel/oauth.py, sandbox/zoho/oauth.py).
SANDBOX_APPS = {
    "highlevel": (
        "66aa0000000000000000cafe-sandbox1",
        "11111111-2222-3333-4444-555555555555",
    ),
    "zoho_invoice": ("1000.SANDBOXCLIENT", "sandbox-zoho-secret"),
}
ENVIRONMENT_NAMES = {"highlevel": "HIGHLEVEL", "zoho_invoice": "ZOHO"}


def oauth_app_for(workspace: Workspace, kind: str, site: str) -> tuple[str, str] | None:
    """Return (client id, secret) of a kind in a workspace, None when there are none."""
    if site == Site.SANDBOX:
        return SANDBOX_APPS.get(kind)
    return environment_app(kind) or workspace_app(workspace, kind)


def environment_app(kind: str) -> tuple[str, str] | None:
    """Return the installation's app, set in the environment."""
    name = ENVIRONMENT_NAMES.get(kind, "")
    client_id = getattr(settings, f"{name}_CLIENT_ID", "")
    secret = getattr(settings, f"{name}_CLIENT_SECRET", "")
    return (client_id, secret) if client_id and secret else None


def workspace_app(workspace: Workspace, kind: str) -> tuple[str, str] | None:
    """Return the app entered in this workspace."""
    app = OAuthApp.objects.filter(workspace=workspace, kind=kind).first()
    if app is None:
        return None
    return app.client_id, str(decrypt(app.secret).get("client_secret", ""))
